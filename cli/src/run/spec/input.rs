//! The input of a run, from the arguments and the model file.

use super::{Given, file_and_array};
use crate::exit_code::usage;
use overtime_model::{Input, Neurons, Signal, SystemSpec as System, Value};
use std::path::Path;

/// The input, and warnings about it. Arguments override the file. An argument with a name overrides
/// the file's input of that name.
pub(super) fn of(arguments: &[String], file: Option<Input>, system: &System) -> anyhow::Result<(Given, Vec<String>)> {
    let file = file.map_or(Given::Nothing, from_file);
    let (mut named, mut unnamed) = (Vec::new(), Vec::new());
    for text in arguments {
        match name(text, system) {
            Some((group, rest)) => named.push((group.to_owned(), value(rest)?)),
            None if text.contains('=') && !Path::new(text).exists() => {
                return Err(usage(format!(
                    "--input {text}: no such file exists, and inputs by name are for the groups of a network and for equations"
                )));
            }
            None => unnamed.push(value(text)?),
        }
    }
    let given = match (unnamed.pop(), named.is_empty()) {
        (Some(given), true) if unnamed.is_empty() => given,
        (Some(_), true) => {
            return Err(usage(
                "--input is given twice; several are for groups of a network by name: --input A=1.0 --input B=x.npz",
            ));
        }
        (Some(_), false) => return Err(usage("--input is given with a group's name and without one")),
        (None, true) => file,
        (None, false) => {
            let of_file = match file {
                Given::Named(all) => all,
                _ => Vec::new(),
            };
            let kept =
                of_file.into_iter().filter(|(group, _)| named.iter().all(|(own, _)| own != group)).collect::<Vec<_>>();
            Given::Named(named.into_iter().chain(kept).collect())
        }
    };
    let names: Vec<&str> = match &given {
        Given::Nothing => return Ok((given, Vec::new())),
        Given::Named(all) => all.iter().map(|(name, _)| name.as_str()).collect(),
        _ => Vec::new(),
    };
    match system {
        System::Network(net) => net.takes_input(&names).map_err(usage)?,
        System::Neurons(group) => group.takes_input(&names).map_err(usage)?,
        System::Sequential(_) => {}
    }
    if let Some(twice) = names.iter().enumerate().find_map(|(k, name)| names.get(..k)?.contains(name).then_some(name)) {
        return Err(usage(format!("--input is given twice for `{twice}`")));
    }
    let net = match system {
        System::Network(net) => net,
        System::Neurons(group) => return Ok((of_only_port(given, group), Vec::new())),
        System::Sequential(_) => return Ok((given, Vec::new())),
    };
    // The first group with `input = true` takes an input without a name.
    match (net.with_input().as_slice(), names.is_empty()) {
        ([first, others @ ..], true) if !others.is_empty() => {
            let others = others.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ");
            let warning = format!(
                "the input goes to `{first}`, the first group with `input = true`, and none to {others}: \
                 name the groups, input = {{ {first} = … }} in the file or --input {first}=…, to say otherwise"
            );
            Ok((Given::Named(vec![((*first).to_owned(), given)]), vec![warning]))
        }
        _ => Ok((given, Vec::new())),
    }
}

/// The input of equations that have one input, without its name.
fn of_only_port(given: Given, group: &Neurons) -> Given {
    let is_only = group.info().is_ok_and(|info| info.inputs.len() == 1);
    match given {
        Given::Named(mut all) if is_only && all.len() == 1 => all.pop().map_or(Given::Nothing, |(_, given)| given),
        given => given,
    }
}

/// The name of the group or of the input of equations at the start of an argument such as `A=1.0`, and the rest.
fn name<'t>(text: &'t str, system: &System) -> Option<(&'t str, &'t str)> {
    let (name, rest) = text.split_once('=')?;
    let has_names = match system {
        System::Network(_) => true,
        System::Neurons(group) => group.equations.is_some(),
        System::Sequential(_) => false,
    };
    (has_names && !Path::new(text).exists()).then_some((name, rest))
}

fn from_file(input: Input) -> Given {
    let one = |signal: Signal| match signal {
        Signal::Value(Value::Number(x)) => Given::Constant(x),
        Signal::Value(Value::File { file, array, .. }) => Given::Series(file, array),
        Signal::Value(Value::Sequence { values, .. }) => Given::Sequence(values),
        Signal::Value(_) => Given::Nothing,
        Signal::Stimulus(stimulus) => Given::Stimulus(stimulus),
    };
    match input {
        Input::One(signal) => one(signal),
        Input::Named(all) => Given::Named(all.into_iter().map(|(name, signal)| (name, one(signal))).collect()),
    }
}

/// A number, a file, or an array in it.
fn value(text: &str) -> anyhow::Result<Given> {
    if let Ok(x) = text.parse::<f64>() {
        if x.is_finite() {
            return Ok(Given::Constant(x));
        }
        let error = overtime::Error::NotFinite { variable: "--input".into(), step: None, index: 0, value: x };
        return Err(error.into());
    }
    if text.is_empty() {
        return Err(usage("--input is empty: it is a number or a file"));
    }
    let (file, name) = file_and_array(text);
    Ok(Given::Series(file, name))
}
