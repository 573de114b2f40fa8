//! Checks of the shapes, the numbers of steps and the lengths of inputs.

use super::Expect;
use crate::error::{Error, Result};
use crate::recording::FirstAxis;
use crate::system::InputSpec;

/// Checks the axes of a series. Returns `true` if the series has one axis, and thus one value a
/// step for all units.
pub(super) fn check_axes(given: &[usize], spec: &InputSpec, expect: &Expect<'_>) -> Result<bool> {
    if spec.broadcasts && given.len() == 1 {
        return Ok(true);
    }
    let lead = 1 + usize::from(expect.batch.is_some());
    if given.len() != lead + spec.shape.len() {
        let features: Vec<String> = spec.shape.iter().map(ToString::to_string).collect();
        let axes = match (expect.batch, expect.first_axis) {
            (None, _) => "T, ".to_owned(),
            (Some(b), FirstAxis::Time) => format!("T, {b}, "),
            (Some(b), FirstAxis::Batch) => format!("{b}, T, "),
        };
        let expected = format!("[{axes}{}]", features.join(", "));
        return Err(Error::Rank { argument: format!("input `{}`", spec.name), expected, given: given.to_vec() });
    }
    let fits = |given: usize, expected: usize| given == expected || (spec.broadcasts && given == 1);
    if let Some(batch) = expect.batch {
        let given = given[usize::from(expect.first_axis == FirstAxis::Time)];
        if !fits(given, batch) {
            return Err(wrong_length(spec, "batch", batch, given));
        }
    }
    for (axis, (&given, &expected)) in given[lead..].iter().zip(&spec.shape).enumerate() {
        if !fits(given, expected) {
            return Err(wrong_length(spec, format!("feature {axis}"), expected, given));
        }
    }
    Ok(false)
}

/// The number of steps in a series of this shape, if the shape fits.
pub(super) fn steps(given: &[usize], spec: &InputSpec, expect: &Expect<'_>) -> Result<usize> {
    let broadcast = check_axes(given, spec, expect)?;
    let time = usize::from(!broadcast && expect.batch.is_some() && expect.first_axis == FirstAxis::Batch);
    Ok(given.get(time).copied().unwrap_or(0))
}

/// Checks that all series of a run have the same number of steps.
pub(super) fn same_length(steps: &mut Option<u64>, spec: &InputSpec, given: usize) -> Result<()> {
    let expected = *steps.get_or_insert(given as u64);
    if given as u64 == expected {
        Ok(())
    } else {
        Err(wrong_length(spec, "time", usize::try_from(expected).unwrap_or(usize::MAX), given))
    }
}

/// Checks that there is one length for each batch row, and that none exceeds the steps of the
/// series.
pub(super) fn check_lengths(lengths: &[usize], is_series: bool, steps: u64, batch: Option<usize>) -> Result<()> {
    if !is_series {
        return Err(Error::Unsupported(
            "lengths need a series as input, but this run has a duration or a number of steps".into(),
        ));
    }
    let Some(batch) = batch else {
        return Err(Error::Unsupported("lengths need a batch, but this loop has none: call batch(…)".into()));
    };
    if lengths.len() != batch {
        return Err(Error::Shape {
            argument: "lengths".into(),
            axis: "batch".into(),
            expected: batch,
            given: lengths.len(),
        });
    }
    match lengths.iter().position(|len| *len as u64 > steps) {
        None => Ok(()),
        Some(row) => Err(Error::value(
            format!("lengths[{row}]"),
            lengths[row],
            format!("is more than the series' {steps} steps"),
        )),
    }
}

/// The error of an axis with another length than expected.
pub(super) fn wrong_length(spec: &InputSpec, axis: impl Into<String>, expected: usize, given: usize) -> Error {
    Error::Shape { argument: format!("input `{}`", spec.name), axis: axis.into(), expected, given }
}
