//! How long a run is, and which batch it has: what the specification leaves to the input.

use super::spec::{Length, Spec};
use crate::args::Axis;
use ndarray::ArrayD;
use overtime::{Error, Schema};

/// The batch: as given; or, if an input has one axis more than it would have without a batch, that axis's length.
pub(crate) fn batch<'a>(spec: &Spec, schema: &Schema, inputs: impl Iterator<Item = &'a [usize]>) -> anyhow::Result<Option<usize>> {
    if let Some(batch) = spec.batch {
        return Ok(Some(usize::try_from(batch).map_err(|_| crate::exit::usage(format!("--batch {batch} is more than can be addressed")))?));
    }
    let features = schema.inputs.first().map_or(0, |i| i.shape.len());
    let axis = if spec.first_axis == Axis::B { 0 } else { 1 };
    let mut inputs = inputs;
    Ok(inputs.find(|shape| shape.len() == features + 2).and_then(|shape| shape.get(axis).copied()))
}

/// Which axis of the input is time.
pub(crate) fn time_axis(spec: &Spec, batched: bool, input: &[usize]) -> usize {
    usize::from(spec.first_axis == Axis::B && batched && input.len() > 1)
}

/// The number of steps.
pub(crate) fn steps(spec: &Spec, input: Option<usize>, of: impl Fn(f64) -> overtime::Result<u64>) -> anyhow::Result<u64> {
    let asked = match spec.length {
        Length::Duration(d) => Some(of(d)?),
        Length::Steps(n) => Some(n),
        Length::Input => None,
    };
    match (asked, input) {
        (Some(asked), Some(given)) if asked != given as u64 => {
            let expected = usize::try_from(asked).unwrap_or(usize::MAX);
            Err(Error::Shape { argument: "--input".into(), axis: "time".into(), expected, given }.into())
        }
        (Some(asked), _) => Ok(asked),
        (None, Some(given)) => Ok(given as u64),
        (None, None) => Err(crate::exit::usage("how long? give --duration MS, --steps N, or --input FILE with a series")),
    }
}

/// The lengths of rows: an array of whole numbers.
pub(crate) fn of_rows(array: &ArrayD<f64>) -> anyhow::Result<Vec<usize>> {
    if array.ndim() != 1 {
        let expected = "one number for each row of the batch".to_owned();
        return Err(Error::Rank { argument: "lengths".into(), expected, given: array.shape().to_vec() }.into());
    }
    let whole = |(row, x): (usize, &f64)| {
        // 2⁵³: all whole numbers up to it are exact.
        let fits = x.fract() == 0.0 && (0.0..=9_007_199_254_740_992.0).contains(x);
        if fits { Ok(*x as usize) } else { Err(crate::exit::usage(format!("lengths[{row}]: {x} is not a number of steps"))) }
    };
    array.iter().enumerate().map(whole).collect()
}
