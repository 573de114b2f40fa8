//! Converts an input to the engine's axes, `[time, rows, features]`.

use super::Expect;
use super::check_shape::{check_axes, wrong_length};
use crate::error::{Error, Result};
use crate::numeric::scalar::Scalar;
use crate::recording::FirstAxis;
use crate::system::InputSpec;
use ndarray::{ArrayViewD, Axis, CowArray, Ix3};

/// Converts a series to time-major order with flat features, `[T, rows or 1, features or 1]`. It
/// copies the values unless the input has exactly one feature axis.
pub(super) fn to_time_major<'a, T: Scalar>(
    mut view: ArrayViewD<'a, T>,
    spec: &InputSpec,
    expect: &Expect<'_>,
) -> Result<CowArray<'a, T, Ix3>> {
    if check_axes(view.shape(), spec, expect)? {
        return into3(view.insert_axis(Axis(1)).insert_axis(Axis(2)));
    }
    match expect.batch {
        None => view.insert_axis_inplace(Axis(1)),
        Some(_) if expect.first_axis == FirstAxis::Batch => view.swap_axes(0, 1),
        Some(_) => {}
    }
    if spec.shape.len() == 1 {
        return into3(view);
    }
    let (steps, rows) = (view.len_of(Axis(0)), view.len_of(Axis(1)));
    let mut whole = vec![steps, rows];
    whole.extend(&spec.shape);
    let all: usize = spec.shape.iter().product();
    let broadcast = view.broadcast(whole).ok_or_else(|| wrong_length(spec, "feature 0", all, view.len()))?;
    let flat =
        broadcast.to_shape((steps, rows, all)).map_err(|e| Error::Internal(format!("input `{}`: {e}", spec.name)))?;
    // The view outlives `broadcast`, so that this must be a copy. Inputs usually have one feature
    // axis, and then this code does not run.
    Ok(CowArray::from(flat.into_owned()))
}

/// Converts values that are the same at every step, one for each unit, or one for each batch row and
/// unit, to `[1, rows or 1, features or 1]`.
pub(super) fn constants_to_time_major<'a, T: Scalar>(
    values: ArrayViewD<'a, T>,
    spec: &InputSpec,
    expect: &Expect<'_>,
) -> Result<CowArray<'a, T, Ix3>> {
    let has_rows = expect.batch.is_some() && values.ndim() == spec.shape.len() + 1;
    if values.ndim() != spec.shape.len() && !has_rows {
        let features = spec.shape.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
        let expected = match expect.batch {
            Some(rows) => format!("[{features}] or [{rows}, {features}]"),
            None => format!("[{features}]"),
        };
        return Err(Error::Rank {
            argument: format!("input `{}`", spec.name),
            expected,
            given: values.shape().to_vec(),
        });
    }
    // The first axis of a series is time; here it has one step.
    let own = Expect { batch: expect.batch.filter(|_| has_rows), first_axis: FirstAxis::Time, ..*expect };
    to_time_major(values.insert_axis(Axis(0)), spec, &own)
}

/// Does the same as [`to_time_major`] for a row-major array that stays on its device. Returns the
/// number of steps, and the strides in elements of steps, rows and features. A stride is 0 where
/// the array broadcasts.
pub(super) fn strides(given: &[usize], spec: &InputSpec, expect: &Expect<'_>) -> Result<(usize, [usize; 3])> {
    if check_axes(given, spec, expect)? {
        return Ok((given.first().copied().unwrap_or(0), [1, 0, 0]));
    }
    let lead = 1 + usize::from(expect.batch.is_some());
    let features: usize = given[lead..].iter().product();
    let all: usize = spec.shape.iter().product();
    if features != all && features != 1 {
        let reason = "broadcasts along some of its feature axes only; on a device it may broadcast along all or none";
        return Err(Error::value(format!("input `{}`", spec.name), format!("{given:?}"), reason));
    }
    let feature = usize::from(features > 1);
    let (steps, rows) = match (expect.batch, expect.first_axis) {
        (None, _) => (given[0], 1),
        (Some(_), FirstAxis::Time) => (given[0], given[1]),
        (Some(_), FirstAxis::Batch) => {
            return Err(Error::Unsupported(format!(
                "input `{}`: arrays on the device are time-major, but this loop is batch-major",
                spec.name
            )));
        }
    };
    Ok((steps, [rows * features, if rows > 1 { features } else { 0 }, feature]))
}

fn into3<T: Scalar>(view: ArrayViewD<'_, T>) -> Result<CowArray<'_, T, Ix3>> {
    let shape = view.shape().to_vec();
    match view.into_dimensionality() {
        Ok(view) => Ok(CowArray::from(view)),
        Err(_) => Err(Error::Rank { argument: "input".into(), expected: "three axes".into(), given: shape }),
    }
}
