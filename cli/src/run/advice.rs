//! Advice about numbers that are not finite and about too little memory, in terms of the command's
//! flags.

use super::spec::{Given, Spec, place};
use crate::exit_code::{Failure, not_finite};
use crate::paths::extension;
use ndarray::ArrayD;
use overtime::{Error, Number, Scalar};
use overtime_model::{Arrays, Neurons, SystemSpec as System, Value};
use std::path::Path;

/// The error of a run with advice.
pub(crate) fn of_run(error: anyhow::Error, spec: &Spec) -> anyhow::Error {
    if let Some(Error::OutOfMemory { what, need, free }) = error.downcast_ref() {
        return Failure::Memory { what: what.to_string(), need: *need, free: *free, ways: of_memory(spec) }.into();
    }
    let Some(Error::NotFinite { variable, .. }) = error.downcast_ref::<Error>() else { return error };
    let Some(what) = error.downcast_ref::<Error>().and_then(|e| not_finite(e)) else { return error };
    if variable.starts_with("input `") {
        let file = match &spec.input {
            Given::Series(path, _) => format!("{}: ", path.display()),
            _ => String::new(),
        };
        let error = Failure::Numerical(format!("{file}{what}; inputs must be finite"));
        return spec.of_setting("input", error.into());
    }
    let dt = Number(spec.dt);
    let advice = match (&spec.system, group_of(&spec.system, variable)) {
        (System::Sequential(_), _) => {
            "weights or inputs are too large for these layers; --dtype f32 or f64 has a wider range than f16".to_owned()
        }
        (_, Some((neurons, way))) if neurons.info().is_ok_and(|info| info.takes("method")) => {
            match neurons.method.as_deref().unwrap_or("exp_auto") {
                "exp_auto" => {
                    let noise = if neurons.noise.is_some() { "noise, " } else { "" };
                    format!(
                        "dt = {dt} ms may be too long for {}, or its currents, {noise}weights or parameters are out of range; try a smaller --dt",
                        neurons.kind
                    )
                }
                explicit => format!(
                    "the explicit method {explicit} is unstable where dt = {dt} ms is too long for {}: try a smaller --dt ({} ms) or {way}",
                    neurons.kind,
                    Number(spec.dt / 4.0)
                ),
            }
        }
        _ => format!(
            "dt = {dt} ms may be too long, or currents, weights or parameters are out of range; try a smaller --dt"
        ),
    };
    Failure::Numerical(format!("{what}; {advice}")).into()
}

/// The flags that reduce the memory of a run, as the end of a sentence.
pub(crate) fn of_memory(spec: &Spec) -> String {
    let files = &spec.files;
    let mut ways = Vec::new();
    // Variables for a picture alone take little memory.
    if files.out.is_some() || files.checkpoint.is_some() || spec.out_vars.is_some() && files.plot.is_none() {
        if files.stream.is_none() {
            ways.push("--stream (with --out FILE.npz) writes recordings to disk while the run goes on");
            ways.push("--record-every K keeps one step in K");
        }
        ways.push(
            "--out-vars takes fewer variables, or some units of them, V[0..5], or events or bits, \
             spike:events, spike:bits",
        );
    }
    if files.plot.as_deref().is_some_and(|path| extension(path) == "png") {
        ways.push("--plot FILE.svg takes less than a .png");
    }
    if ways.is_empty() { String::new() } else { format!(". {}", ways.join("; ")) }
}

/// The neurons that have the variable, and the way to set their method.
fn group_of<'s>(system: &'s System, variable: &str) -> Option<(&'s Neurons, &'static str)> {
    match system {
        System::Neurons(neurons) => Some((neurons, "--method exp_auto")),
        System::Network(net) => {
            let name = variable.split('.').next()?;
            net.groups
                .iter()
                .find(|group| group.name == name)
                .map(|group| (&group.neurons, "method = \"exp_auto\" in its [[group]]"))
        }
        System::Sequential(_) => None,
    }
}

/// Refuses an array with a NaN or an infinity, in the file or in the type of the run. `what` names
/// the array in an error: `an input`.
pub(super) fn check_array<T: Scalar>(
    path: &Path,
    name: Option<&str>,
    array: &ArrayD<f64>,
    what: &str,
) -> anyhow::Result<()> {
    let Some((at, value)) = array.indexed_iter().find(|(_, x)| !T::from_f64(**x).is_finite()) else { return Ok(()) };
    let name = name.map_or_else(String::new, |name| format!(", array `{name}`"));
    let at: Vec<usize> = (0..array.ndim()).map(|axis| at[axis]).collect();
    let message =
        format!("{}{name}: the element at {at:?} is {}; {what} must be finite", path.display(), unfit::<T>(*value));
    Err(Failure::Numerical(message).into())
}

/// Refuses constant inputs that are too large for the type of the run.
pub(super) fn check_constants<T: Scalar>(given: &Given) -> anyhow::Result<()> {
    match given {
        Given::Constant(x) if !T::from_f64(*x).is_finite() => {
            Err(Failure::Numerical(format!("the input is {}; an input must be finite", unfit::<T>(*x))).into())
        }
        Given::Named(all) => all.iter().try_for_each(|(_, given)| check_constants::<T>(given)),
        _ => Ok(()),
    }
}

/// Refuses numbers of a model that are too large for the type of the run. The reader or the model
/// refuses numbers that are not finite.
pub(super) fn check_values<T: Scalar>(spec: &Spec, arrays: &Arrays) -> anyhow::Result<()> {
    let Some((name, x)) = too_large::<T>(&spec.system, arrays) else { return Ok(()) };
    let error = anyhow::Error::from(Failure::Numerical(format!("`{name}` has {}", unfit::<T>(x))));
    Err(match &spec.model {
        Some(path) => error.context(place(path, &name)),
        None => error,
    })
}

/// A number that is too large for the type of the run, and the name of its value.
fn too_large<T: Scalar>(system: &System, arrays: &Arrays) -> Option<(String, f64)> {
    let large = |x: &f64| x.is_finite() && !T::from_f64(*x).is_finite();
    let numbers = system.numbers().into_iter().filter(|(_, x)| large(x));
    // Delays are numbers of steps in every type.
    let values = system.values().into_iter().filter(|(name, _)| !name.ends_with(".delay"));
    let value = values.filter_map(|(name, value)| {
        let found = match value {
            Value::Number(x) | Value::Orthogonal(x) => Some(*x).filter(large),
            Value::Random(bounded) => {
                let (low, high) = bounded.bounds();
                bounded.distribution.parameters().into_iter().chain([low, high]).find(large)
            }
            Value::File { .. } | Value::Sequence { .. } => {
                arrays.0.get(&name).and_then(|array| array.iter().copied().find(large))
            }
            Value::Zeros | Value::XavierNormal => None,
        };
        Some((name, found?))
    });
    numbers.chain(value).next()
}

/// A number that is not finite in this type.
fn unfit<T: Scalar>(x: f64) -> String {
    if x.is_finite() { format!("{}, too large for {}", Number(x), T::DTYPE) } else { x.to_string() }
}
