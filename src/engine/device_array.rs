//! Arrays in a GPU's memory.

use crate::cuda::Buffer;
use crate::device::Device;
use crate::error::{Error, Result};
use crate::numeric::scalar::Scalar;
use ndarray::{ArrayD, IxDyn};
use std::marker::PhantomData;
use std::sync::Arc;

/// An array in a GPU's memory, row-major: what [`LoopOverTime::to_device`](crate::LoopOverTime::to_device) makes, and what
/// [`LoopOverTime::run_on_device`](crate::LoopOverTime::run_on_device) takes and gives. Clones share the memory.
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

    /// Its shape.
    #[must_use]
    pub fn shape(&self) -> &[usize] {
        &self.shape
    }

    /// Its elements.
    #[must_use]
    pub fn len(&self) -> usize {
        self.shape.iter().product()
    }

    /// Whether it has no elements.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The device that has it.
    #[must_use]
    pub fn device(&self) -> Device {
        self.buffer.device()
    }

    /// The device's address of its first element, in the device's primary context, for other libraries: valid as long as this array or a
    /// clone of it is, and all that runs wrote to it has been written. 0 if it has no elements.
    #[must_use]
    pub fn address(&self) -> u64 {
        self.buffer.address(0)
    }

    pub(crate) fn buffer(&self) -> &Buffer {
        &self.buffer
    }

    /// A copy in the host's memory.
    ///
    /// # Errors
    /// If the device was lost, or memory is short.
    pub fn to_host(&self) -> Result<ArrayD<T>> {
        let mut values = crate::memory::zeroed("an array of a device", self.len())?;
        self.buffer.fetch(&mut values)?;
        ArrayD::from_shape_vec(IxDyn(&self.shape), values).map_err(|e| Error::Unsupported(format!("an array of a device: {e}")))
    }
}

/// What a run on a device kept, all of it still there. Arrays are time-major.
#[derive(Clone, Debug)]
pub struct DeviceRecording<T> {
    /// The outputs, `[T, B, …]` or `[T, …]`; of length 0 in time where the loop was told not to keep them.
    pub output: DeviceArray<T>,
    /// Steps this run made.
    pub steps: u64,
    /// Index of the next step.
    pub i: u64,
    /// Time of the next step.
    pub t: f64,
    pub(crate) entries: Vec<(String, DeviceArray<T>)>,
}

impl<T: Scalar> DeviceRecording<T> {
    /// The monitored variable of this name.
    ///
    /// # Errors
    /// If it was not monitored.
    pub fn get(&self, name: &str) -> Result<&DeviceArray<T>> {
        let found = self.entries.iter().find(|(n, _)| n == name);
        found.map(|(_, a)| a).ok_or_else(|| Error::unknown("recorded variable", name, self.entries.iter().map(|(n, _)| n)))
    }

    /// All monitored variables, in the order they were asked for.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &DeviceArray<T>)> {
        self.entries.iter().map(|(n, a)| (n.as_str(), a))
    }
}
