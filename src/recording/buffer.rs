//! The memory of a recording during a run, and its conversion to an array.

use super::Handle;
use crate::error::{Error, Result};
use crate::numeric::scalar::Scalar;
use ndarray::{ArrayD, Axis, IxDyn};

/// The first axis of input and results.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum FirstAxis {
    /// Time-major, `[T, B, …]`: brainpy's `data_first_axis='T'`.
    #[default]
    Time,
    /// Batch-major, `[B, T, …]`: brainpy's `data_first_axis='B'`.
    Batch,
}

/// The memory of a recording: `[kept steps, rows, width]`, flat.
pub(crate) struct Buffer<T> {
    pub(crate) values: Vec<T>,
    pub(crate) kept: usize,
}

impl<T: Scalar> Buffer<T> {
    /// Converts the recording to an array with the shape that the user receives.
    pub(crate) fn into_array(
        self,
        batch: Option<usize>,
        first_axis: FirstAxis,
        handle: Option<&Handle>,
        shape: &[usize],
    ) -> Result<ArrayD<T>> {
        let stored = match handle.and_then(|h| h.pick.as_ref()) {
            Some(pick) => vec![pick.len()],
            None => shape.to_vec(),
        };
        let mut axes = vec![self.kept];
        axes.extend(batch);
        axes.extend(stored);
        let array = ArrayD::from_shape_vec(IxDyn(&axes), self.values);
        let mut array = array.map_err(|e| Error::Internal(format!("the recording of shape {axes:?}: {e}")))?;
        if let Some(order) = handle.and_then(|h| h.order.as_ref()) {
            array = array.select(Axis(array.ndim() - 1), order);
        }
        if batch.is_some() && first_axis == FirstAxis::Batch {
            array.swap_axes(0, 1);
        }
        Ok(array)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A buffer of another length than its shape is an error of the library, and not of its caller.
    #[test]
    fn a_buffer_of_another_length_is_an_internal_error() {
        let buffer = Buffer::<f32> { values: vec![0.0; 3], kept: 2 };
        let error = buffer.into_array(None, FirstAxis::Time, None, &[2]).unwrap_err();
        assert!(matches!(error, Error::Internal(_)));
        let text = error.to_string();
        assert!(text.starts_with("internal error: the recording of shape [2, 2]"), "{text}");
        assert!(text.ends_with("please report it"), "{text}");
    }
}
