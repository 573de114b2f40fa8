//! The length and the batch of a run, as far as the input determines them.

use super::spec::{Length, Spec};
use ndarray::ArrayD;
use overtime::{Error, InputSpec};
use overtime_model::Axis;

/// The batch: the given one; otherwise, if an input has one axis more than an input without a
/// batch, the length of that axis.
pub(crate) fn batch(spec: &Spec, inputs: &[(&InputSpec, &[usize])]) -> anyhow::Result<Option<usize>> {
    if let Some(batch) = spec.batch {
        return Ok(Some(
            usize::try_from(batch)
                .map_err(|_| crate::exit_code::usage(format!("--batch {batch} is more than can be addressed")))?,
        ));
    }
    let Some((port, shape)) = inputs.iter().find(|(port, shape)| shape.len() == port.shape.len() + 2) else {
        return Ok(None);
    };
    let rows = shape[usize::from(spec.first_axis == Axis::T)];
    if let (&[units], Some(1)) = (port.shape.as_slice(), shape.last())
        && port.broadcasts
        && rows == units
        && units > 1
    {
        let steps = shape[usize::from(spec.first_axis == Axis::B)];
        return Err(crate::exit_code::usage(format!(
            "--input has the shape {shape:?}, which is either one value for each of {units} units, with an axis too many, or a batch of {rows} \
             rows of one value for all units: give [{steps}, {units}] for the first, or --batch {rows} (`batch = {rows}`) for the second"
        )));
    }
    Ok(Some(rows))
}

/// Refuses a list that has either a value for each step or a value for each unit.
pub(crate) fn unambiguous(spec: &Spec, inputs: &[(&InputSpec, &[usize])]) -> anyhow::Result<()> {
    for (port, shape) in inputs {
        let &[len] = shape else { continue };
        if spec.length == Length::Input && port.broadcasts && port.shape == [*len] && *len > 1 {
            return Err(crate::exit_code::usage(format!(
                "--input has {len} values for {len} units, which are either one for each unit, or one for each of {len} steps: give an array of \
                 [steps, {len}] for the first, or --steps {len} (`steps = {len}`) for the second"
            )));
        }
    }
    Ok(())
}

/// Refuses arguments for a batch if there is none.
pub(crate) fn has_rows(spec: &Spec, batch: Option<usize>) -> anyhow::Result<()> {
    if batch.is_some() {
        return Ok(());
    }
    let of_a_batch = [
        ("--first-axis B (`first_axis`)", spec.first_axis == Axis::B),
        ("--lengths (`lengths`)", spec.lengths.is_some()),
    ];
    match of_a_batch.iter().find(|(_, given)| *given) {
        Some((flag, _)) => Err(crate::exit_code::usage(format!(
            "{flag} is for a batch, and there is none: give --batch N (`batch`), or an input with a batch axis"
        ))),
        None => Ok(()),
    }
}

/// The number of the time axis of the input.
pub(crate) fn time_axis(spec: &Spec, batched: bool, input: &[usize]) -> usize {
    usize::from(spec.first_axis == Axis::B && batched && input.len() > 1)
}

/// The number of steps.
pub(crate) fn steps(
    spec: &Spec,
    input: Option<usize>,
    of: impl Fn(f64) -> overtime::Result<u64>,
) -> anyhow::Result<u64> {
    let asked = match spec.length {
        Length::Duration(d) => Some(of(d)?),
        Length::Steps(n) => Some(n),
        Length::Input => None,
    };
    match (asked, input) {
        (Some(asked), Some(given)) if asked != given as u64 => {
            let expected = usize::try_from(asked).unwrap_or(usize::MAX);
            let argument = spec.name_of("input");
            let error = Error::Shape { argument, axis: "time".into(), expected, given };
            Err(spec.of_setting("input", error.into()))
        }
        (Some(asked), _) => Ok(asked),
        (None, Some(given)) => Ok(given as u64),
        (None, None) => {
            Err(crate::exit_code::usage("how long? give --duration MS, --steps N, or --input FILE with a series"))
        }
    }
}

/// The lengths of rows, from an array of whole numbers.
pub(crate) fn of_rows(array: &ArrayD<f64>) -> anyhow::Result<Vec<usize>> {
    if array.ndim() != 1 {
        let expected = "one number for each row of the batch".to_owned();
        return Err(Error::Rank { argument: "lengths".into(), expected, given: array.shape().to_vec() }.into());
    }
    let whole = |(row, x): (usize, &f64)| {
        // The bound is 2⁵³, up to which f64 has all whole numbers.
        let fits = x.fract() == 0.0 && (0.0..=9_007_199_254_740_992.0).contains(x);
        if fits {
            Ok(*x as usize)
        } else {
            Err(crate::exit_code::usage(format!("lengths[{row}]: {} is not a number of steps", overtime::Number(*x))))
        }
    };
    array.iter().enumerate().map(whole).collect()
}
