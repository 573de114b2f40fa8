//! The input of a run, port by port, after the checks of names, shapes and lengths.

use super::Values;
use crate::engine::device_array::DeviceArray;
use crate::error::{Error, Result};
use crate::numeric::scalar::Scalar;
use crate::system::{MAX_PORTS, Schema};
use ndarray::{ArrayView3, Axis, CowArray, Ix3, s};
use rayon::prelude::*;

/// An input with valid names, shapes and lengths: the values of each port as they were given.
pub(crate) struct ValidInput<'a, T> {
    pub(crate) steps: u64,
    pub(super) ports: [Option<Values<'a, T>>; MAX_PORTS],
    pub(crate) lengths: Option<Vec<usize>>,
}

/// A valid input, with the values of each port in the engine's axes.
pub(crate) struct InputByPort<'a, T> {
    pub(crate) steps: u64,
    pub(crate) ports: Vec<Option<PortValues<'a, T>>>,
    /// The number of steps of each batch row; `None` if all rows make all steps.
    pub(crate) lengths: Option<Vec<usize>>,
}

/// The values for one port.
pub(crate) enum PortValues<'a, T> {
    /// Values on the host: `[time or 1, rows or 1, features or 1]`.
    Host(CowArray<'a, T, Ix3>),
    /// An array on a device, with the strides in elements of steps, rows and features. A stride is
    /// 0 where the array broadcasts.
    Device(&'a DeviceArray<T>, [usize; 3]),
}

impl<T: Scalar> InputByPort<'_, T> {
    /// Sets the padding beyond the length of each row to 0 if it contains NaN or infinity. Padding
    /// is never used, and may have any values.
    pub(crate) fn pad(&mut self, lengths: &[usize]) -> Result<()> {
        for given in self.ports.iter_mut().flatten() {
            let PortValues::Host(values) = given else { continue };
            if values.len_of(Axis(0)) as u64 != self.steps || values.len_of(Axis(1)) != lengths.len() {
                continue;
            }
            let padding = |row: usize| s![lengths[row].., row, ..];
            if (0..lengths.len()).any(|row| values.slice(padding(row)).iter().any(|x| !x.is_finite())) {
                let mut owned = crate::memory::copied("a padded input", values.view())?;
                (0..lengths.len()).for_each(|row| owned.slice_mut(padding(row)).fill(T::zeroed()));
                *values = owned.into();
            }
        }
        Ok(())
    }

    /// The input of each port as `[time, rows, features]`, with any strides (0 where it
    /// broadcasts); `None` for a port without input.
    pub(crate) fn views(&self, rows: usize, schema: &Schema) -> Result<Vec<Option<ArrayView3<'_, T>>>> {
        let steps = usize::try_from(self.steps)
            .map_err(|_| Error::value("steps", self.steps, "are more than can be addressed"))?;
        (self.ports.iter().enumerate())
            .map(|(port, values)| {
                let values = match values {
                    None => return Ok(None),
                    Some(PortValues::Host(values)) => values,
                    Some(PortValues::Device(array, _)) => {
                        let reason = format!(
                            "is in the memory of {}; use run_on_device, or copy it to the host with to_host()",
                            array.device()
                        );
                        return Err(Error::value("input", &schema.inputs[port].name, reason));
                    }
                };
                let whole = (steps, rows, schema.input_len(port));
                let view = values.broadcast(whole);
                view.map(Some).ok_or_else(|| {
                    Error::value("input", format!("{:?}", values.shape()), format!("does not broadcast to {whole:?}"))
                })
            })
            .collect()
    }

    /// Rejects NaN and infinity. The check runs in parallel over time.
    pub(crate) fn check_finite(&self, schema: &Schema, first_step: u64) -> Result<()> {
        for (values, spec) in self.ports.iter().zip(&schema.inputs) {
            let Some(PortValues::Host(values)) = values else { continue };
            // The loop has no branch and no sum of floats, whose order the compiler would have to
            // preserve. It therefore runs at the speed of memory.
            let finite = |step: ndarray::ArrayView2<'_, T>| match step.to_slice() {
                Some(all) => all.iter().fold(true, |all, x| all & x.is_finite()),
                None => step.iter().all(|x| x.is_finite()),
            };
            let (steps, at) = (values.len_of(Axis(0)), |k: usize| values.index_axis(Axis(0), k));
            let bad = if values.len() > 1 << 16 {
                let few = (1 << 14) / (values.len() / steps.max(1)).max(1);
                crate::memory::threads::run(|| {
                    (0..steps).into_par_iter().with_min_len(few + 1).position_first(|k| !finite(at(k)))
                })?
            } else {
                (0..steps).position(|k| !finite(at(k)))
            };
            if let Some(k) = bad {
                let step = values.index_axis(Axis(0), k);
                let found = step.iter().enumerate().find(|(_, x)| !x.is_finite());
                let (index, value) = found.map_or((0, f64::NAN), |(index, x)| (index, x.to_f64()));
                let variable = format!("input `{}`", spec.name);
                return Err(Error::NotFinite { variable, step: Some(first_step + k as u64), index, value });
            }
        }
        Ok(())
    }
}
