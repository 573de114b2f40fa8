//! Arrays in the memory of a GPU.

use crate::cuda::Buffer;
use crate::device::Device;
use crate::error::{Error, Result};
use crate::numeric::scalar::Scalar;
use ndarray::{ArrayD, IxDyn};
use std::marker::PhantomData;
use std::sync::Arc;

/// A row-major array in the memory of a GPU.
/// [`LoopOverTime::to_device`](crate::LoopOverTime::to_device) creates it, and
/// [`LoopOverTime::run_on_device`](crate::LoopOverTime::run_on_device) takes and returns such
/// arrays. Clones share the memory.
#[derive(Clone, Debug)]
pub struct DeviceArray<T> {
    buffer: Arc<Buffer>,
    shape: Vec<usize>,
    element: PhantomData<T>,
}

impl<T: Scalar> DeviceArray<T> {
    pub(crate) fn new(buffer: Arc<Buffer>, shape: Vec<usize>) -> Self {
        Self { buffer, shape, element: PhantomData }
    }

    /// The shape.
    #[must_use]
    pub fn shape(&self) -> &[usize] {
        &self.shape
    }

    /// The number of elements.
    #[must_use]
    pub fn len(&self) -> usize {
        self.shape.iter().product()
    }

    /// Whether the array has no elements.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The device that holds the array.
    #[must_use]
    pub fn device(&self) -> Device {
        self.buffer.device()
    }

    /// The address of the first element in the device's primary context, for other libraries; 0 if
    /// the array has no elements. The address is valid as long as this array or a clone of it
    /// exists. All runs that wrote to the array are complete.
    #[must_use]
    pub fn address(&self) -> u64 {
        self.buffer.address(0)
    }

    pub(crate) fn buffer(&self) -> &Buffer {
        &self.buffer
    }

    /// Copies the array to the host.
    ///
    /// # Errors
    /// If the device was lost, or memory is short.
    pub fn to_host(&self) -> Result<ArrayD<T>> {
        let mut values = crate::memory::zeroed("an array of a device", self.len())?;
        self.buffer.fetch(&mut values)?;
        ArrayD::from_shape_vec(IxDyn(&self.shape), values)
            .map_err(|e| Error::Internal(format!("an array of a device: {e}")))
    }
}

/// The recording of a run on a device. All arrays are time-major and stay on the device.
#[derive(Clone, Debug)]
pub struct DeviceRecording<T> {
    /// The output, `[T, B, …]` or `[T, …]`. Its time axis has length 0 if the loop does not record
    /// the output.
    pub output: DeviceArray<T>,
    /// The number of steps that this run made.
    pub steps: u64,
    /// The index of the next step.
    pub i: u64,
    /// The time of the next step.
    pub t: f64,
    pub(crate) entries: Vec<(String, DeviceArray<T>)>,
}

impl<T: Scalar> DeviceRecording<T> {
    /// The monitored variable of this name.
    ///
    /// # Errors
    /// If no monitor has this name.
    pub fn get(&self, name: &str) -> Result<&DeviceArray<T>> {
        let found = self.entries.iter().find(|(n, _)| n == name);
        found
            .map(|(_, a)| a)
            .ok_or_else(|| Error::unknown("recorded variable", name, self.entries.iter().map(|(n, _)| n)))
    }

    /// All monitored variables, in the order of the monitors.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &DeviceArray<T>)> {
        self.entries.iter().map(|(n, a)| (n.as_str(), a))
    }
}
