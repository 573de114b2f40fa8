//! Converts the text of a model file to a system and settings. Every broken rule is an error with
//! its line. The conversion reads no other file.

use crate::neurons::check::{Keys, neurons as one_group};
use crate::rules::{Line, Result, at_least_one, choice, error, file_only, finite, get, known, number_or_file, start};
use crate::settings::Signal;
use crate::system_spec::SystemSpec;
use crate::toml_file;
use crate::toml_inputs;
use crate::value::Value;
use crate::{Axis, Input, Neurons, Settings, Type, layers, network, neurons, out_vars};
use overtime::Strategy;
use std::path::PathBuf;
use toml::Spanned;

pub(crate) fn model(file: toml_file::File, line: Line<'_>) -> Result<(SystemSpec, Settings)> {
    if let (Some(_), Some(steps)) = (&file.duration, &file.steps) {
        return error(line, start(steps), "`duration` and `steps` are both given; one determines the other");
    }
    let stray = file.of_neurons();
    let input_at = file.input.as_ref().map_or(0, start);
    let named: Vec<(String, usize)> = match file.input.as_ref().map(Spanned::get_ref) {
        Some(toml_inputs::Input::Named(all)) => {
            all.iter().map(|(name, _)| (name.get_ref().clone(), start(name))).collect()
        }
        _ => Vec::new(),
    };
    let settings = Settings {
        title: get(file.title),
        batch: file.batch.map(|rows| at_least_one(rows, line, "batch", "rows")).transpose()?,
        duration: file.duration.map(|d| finite(d, line, "duration", 0.0)).transpose()?,
        steps: get(file.steps),
        input: file.input.map(|v| input(v, line)).transpose()?,
        lengths: file.lengths.map(|v| file_only(v, line, "lengths")).transpose()?,
        first_axis: file
            .first_axis
            .map(|v| choice(v, line, "first_axis", &[("T", Axis::T), ("B", Axis::B)]))
            .transpose()?,
        dt: file.dt.map(|d| finite(d, line, "dt", f64::MIN_POSITIVE)).transpose()?,
        t0: file.t0.map(|t| finite(t, line, "t0", f64::MIN)).transpose()?,
        dtype: file.dtype.map(|v| choice(v, line, "dtype", TYPES)).transpose()?,
        device: file.device.map(|v| device(v, line)).transpose()?,
        strategy: known::<Strategy>(file.strategy, line)?,
        seed: get(file.seed),
        weights: get(file.weights).map(PathBuf::from),
        state: get(file.state).map(PathBuf::from),
        out_vars: file.out_vars.map(|v| out_vars(v, line)).transpose()?,
        record_every: file.record_every.map(|k| at_least_one(k, line, "record_every", "steps")).transpose()?,
        statistics_from: file.statistics_from.map(|t| finite(t, line, "statistics_from", f64::MIN)).transpose()?,
        plot: crate::plot::plot(file.plot, line)?,
    };
    let first = |list: &[usize]| list.first().copied().unwrap_or(0);
    if let (None, Some(list)) = (&file.group, &file.projection) {
        return error(
            line,
            first(&list.iter().map(start).collect::<Vec<_>>()),
            "a projection, and no `[[group]]` in this file",
        );
    }
    if let (None, Some(named)) = (&file.group, &file.populations) {
        let at = named.keys().map(start).min().unwrap_or(0);
        return error(line, at, "`populations` are parts of groups, and this file has no `[[group]]`");
    }
    let system = match (file.kind, file.layer) {
        (kind, layers) if file.group.is_some() => {
            let others = stray.into_iter().chain([
                ("kind", kind.as_ref().map(start)),
                ("layer", layers.map(|l| first(&l.iter().map(start).collect::<Vec<_>>()))),
            ]);
            if let Some((key, Some(at))) = others.into_iter().find(|(_, at)| at.is_some()) {
                return error(line, at, format!("`{key}` stands outside of `[[group]]`, and this file has groups"));
            }
            let (groups, projections) = (file.group.unwrap_or_default(), file.projection.unwrap_or_default());
            let populations = file.populations.unwrap_or_default();
            SystemSpec::Network(network::check::network(groups, populations, projections, line)?)
        }
        (kind, None) if kind.is_some() || file.equations.is_some() => {
            let at = file.equations.as_ref().map_or(0, start);
            let (parameters, initial, channel) = (file.parameters, file.initial, file.channel);
            let group = Keys {
                equations: file.equations,
                size: file.size,
                method: file.method,
                noise: file.noise,
                reset: file.reset,
                parameters,
                initial,
                channel,
                input: match &settings.input {
                    Some(Input::One(signal)) => signal.units().map(|units| (units, line(input_at))),
                    _ => None,
                },
            };
            let group = one_group(kind.as_ref(), group, at, line)?;
            if settings.input.is_some() && group.info().is_ok_and(|info| info.inputs.is_empty()) {
                return error(line, input_at, format!("`input` is not for {}", group.kind));
            }
            SystemSpec::Neurons(group)
        }
        (None, Some(list)) => {
            if let Some((key, Some(at))) = stray.into_iter().find(|(_, at)| at.is_some()) {
                return error(line, at, format!("`{key}` belongs to a group of neurons, and this file has layers"));
            }
            SystemSpec::Sequential(layers::sequential(list, line)?)
        }
        (Some(kind), Some(_)) => {
            return error(
                line,
                start(&kind),
                "`kind` makes a group of neurons, `[[layer]]` a Sequential; a file describes one of them",
            );
        }
        (_, None) => {
            let kinds = neurons::names();
            let none = format!(
                "neither a group of neurons (`kind = …`: {kinds}) nor layers (`[[layer]]`) nor a network (`[[group]]`) in this file"
            );
            return error(line, 0, none);
        }
    };
    if let (Some(given), SystemSpec::Network(net)) = (&settings.input, &system) {
        for (name, at) in &named {
            net.takes_input(&[name]).or_else(|message| error(line, *at, message))?;
        }
        net.takes_input(&[]).or_else(|message| error(line, input_at, message))?;
        input_sizes(given, net).or_else(|message| error(line, input_at, message))?;
    } else if let (
        Some(Input::One(Signal::Stimulus(_) | Signal::Value(Value::Sequence { .. }))),
        SystemSpec::Sequential(_),
    ) = (&settings.input, &system)
    {
        return error(
            line,
            input_at,
            "a sequence or a stimulus is an input of neurons; layers take a number or a file",
        );
    } else if let SystemSpec::Neurons(group @ Neurons { equations: Some(_), .. }) = &system {
        for (name, at) in &named {
            group.takes_input(&[name]).or_else(|message| error(line, *at, message))?;
        }
        if let Some(Input::Named(all)) = &settings.input {
            sizes_of_ports(all, group.size).or_else(|message| error(line, input_at, message))?;
        }
    } else if let Some((name, at)) = named.first() {
        return error(line, *at, toml_inputs::no_group(name).unwrap_or_default());
    }
    Ok((system, settings))
}

/// Checks that inputs with one value for each neuron have as many as their groups have neurons.
fn input_sizes(input: &Input, net: &network::Network) -> std::result::Result<(), String> {
    let all: Vec<(&str, &Signal)> = match input {
        Input::One(signal) => net.with_input().first().map(|name| (*name, signal)).into_iter().collect(),
        Input::Named(all) => all.iter().map(|(name, signal)| (name.as_str(), signal)).collect(),
    };
    for (name, signal) in all {
        let size = net.groups.iter().find(|group| group.name == name).map(|group| group.neurons.size);
        if let (Some(units), Some(size)) = (signal.units(), size)
            && units != size
        {
            return Err(format!("the input of `{name}` has {units} values, and the group has {size} neurons"));
        }
    }
    Ok(())
}

/// The same for the inputs of equations, of a group of `size` units.
fn sizes_of_ports(all: &[(String, Signal)], size: u64) -> std::result::Result<(), String> {
    let counts = all.iter().filter_map(|(name, signal)| Some((name, signal.units()?)));
    match counts.clone().find(|(_, units)| *units != size) {
        Some((name, units)) => Err(format!("the input `{name}` has {units} values, and there are {size} units")),
        None => Ok(()),
    }
}

fn input(v: Spanned<toml_inputs::Input>, line: Line<'_>) -> Result<Input> {
    let at = v.span();
    match v.into_inner() {
        toml_inputs::Input::One(value) => signal(Spanned::new(at, value), line, "input").map(Input::One),
        toml_inputs::Input::Named(values) => {
            let value = |(name, value): (Spanned<String>, Spanned<toml_inputs::Signal>)| {
                let value = signal(value, line, &format!("input.{}", name.get_ref()))?;
                Ok((name.into_inner(), value))
            };
            values.into_iter().map(value).collect::<Result<_>>().map(Input::Named)
        }
    }
}

fn signal(v: Spanned<toml_inputs::Signal>, line: Line<'_>, key: &str) -> Result<Signal> {
    let at = v.span();
    match v.into_inner() {
        toml_inputs::Signal::Value(value) => number_or_file(Spanned::new(at, value), line, key).map(Signal::Value),
        toml_inputs::Signal::Stimulus(stimulus) => match stimulus.check() {
            Ok(()) => Ok(Signal::Stimulus(stimulus)),
            Err(e) => error(line, at.start, format!("`{key}`: {e}")),
        },
    }
}

const TYPES: &[(&str, Type)] = &[("f64", Type::F64), ("f32", Type::F32), ("f16", Type::F16), ("bf16", Type::Bf16)];

// A parsed `Device` would need the GPU, and a file must parse on a machine without one.
fn device(name: Spanned<String>, line: Line<'_>) -> Result<String> {
    let cuda = name.get_ref().strip_prefix("cuda:").is_some_and(|n| n.parse::<usize>().is_ok());
    if cuda || ["auto", "cpu", "cuda"].contains(&name.get_ref().as_str()) {
        return Ok(name.into_inner());
    }
    error(line, start(&name), format!("`device` is one of auto, cpu, cuda:N, not `{}`", name.get_ref()))
}

fn out_vars(names: Spanned<Vec<String>>, line: Line<'_>) -> Result<String> {
    let text = names.get_ref().join(",");
    match out_vars::parse(&text) {
        Ok(_) => Ok(text),
        Err(e) => error(line, start(&names), e.to_string()),
    }
}
