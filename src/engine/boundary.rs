//! The types that a loop and the engine of a device exchange. They are independent of the element
//! type: series and recordings are bytes, and the size of an element is that of the loop's type.

use crate::cuda::Buffer;
use crate::device::{Products, Strategy};
use crate::numeric::scalar::Scalar;
use crate::recording::{Events, Handle};
use crate::system::clock::Clock;
use crate::system::state::Layout;
use crate::system::{Schema, Shared};
use ndarray::{ArrayView3, ArrayViewMut3, Axis, s};
use std::ops::Range;
use std::sync::Arc;

/// The configuration of an engine.
#[derive(Clone, Copy)]
pub(crate) struct EngineConfig<'w> {
    pub(crate) schema: &'w Schema,
    pub(crate) layout: &'w Layout,
    pub(crate) handles: &'w [Handle],
    /// Record the output at steps whose index is a multiple of this number; `None` means no step.
    pub(crate) output_every: Option<u64>,
    /// The maximum number of steps in a chunk, if it is set.
    pub(crate) chunk: Option<u64>,
    pub(crate) strategy: Strategy,
    pub(crate) products: Products,
    /// The length of a step.
    pub(crate) dt: f64,
}

/// The inputs, recordings and options of a run.
pub(crate) struct RunRequest<'r> {
    pub(crate) feed: RunIo<'r>,
    pub(crate) steps: u64,
    /// The number of steps that each row makes; `None` if all rows make all steps.
    pub(crate) lengths: Option<&'r [usize]>,
    pub(crate) shared: &'r Shared,
    /// Look for values that are not finite.
    pub(crate) check: bool,
    /// Whether there is a progress callback. Chunks are then short.
    pub(crate) reports: bool,
}

/// The inputs and recordings of a run.
pub(crate) enum RunIo<'r> {
    HostIo(HostIo<'r>),
    Device(DeviceIo),
}

/// Arrays on the host.
pub(crate) struct HostIo<'r> {
    /// The input of each port, `[steps, rows, features]`; `None` for a port without input.
    pub(crate) views: Vec<Option<&'r dyn Series>>,
    /// The part of each recording of values or bits that is not yet written: the output, then one
    /// for each handle.
    pub(crate) places: Vec<&'r mut [u8]>,
    pub(crate) events: &'r mut [Events],
    pub(crate) handles: &'r [Handle],
}

/// Arrays on the device: all inputs and recordings of the run are there.
pub(crate) struct DeviceIo {
    /// For each port the address of its first element, and the strides in elements of steps, rows
    /// and features; `None` for a port without input.
    pub(crate) inputs: Vec<Option<(u64, [usize; 3])>>,
    /// For each recording its memory, and the number of bytes that are already written.
    pub(crate) records: Vec<(Arc<Buffer>, usize)>,
}

/// The result of a chunk.
pub(crate) struct ChunkResult {
    /// The number of steps since the start of the run, including this chunk.
    pub(crate) steps: u64,
    /// The clock of the chunk's first step.
    pub(crate) clock: Clock,
    /// The number of steps in the chunk.
    pub(crate) len: u64,
    /// The index of the chunk's buffers; two sets of buffers alternate.
    pub(crate) set: usize,
    pub(crate) found: Option<NonFinite>,
}

/// A value that is not finite.
#[derive(Clone, Copy)]
pub(crate) struct NonFinite {
    /// The smallest index of such a value within the state, or within the chunk's recorded output
    /// if the system has no state.
    pub(crate) index: usize,
    /// The bytes of the value in the output; `None` if the value is in the state.
    pub(crate) value: Option<[u8; 8]>,
}

/// A series `[steps, rows, features]` of any element type, with any strides.
pub(crate) trait Series {
    /// For each axis its length, and whether it broadcasts: one element then stands for all.
    fn axes(&self) -> [(usize, bool); 3];

    /// Copies these steps of the first `rows` rows and `features` features to a contiguous array.
    fn copy(&self, steps: Range<usize>, rows: usize, features: usize, to: &mut [u8]);
}

impl<T: Scalar> Series for ArrayView3<'_, T> {
    fn axes(&self) -> [(usize, bool); 3] {
        [0, 1, 2].map(|axis| (self.len_of(Axis(axis)), self.strides()[axis] == 0))
    }

    fn copy(&self, steps: Range<usize>, rows: usize, features: usize, to: &mut [u8]) {
        let from = self.slice(s![steps, ..rows, ..features]);
        if let Ok(to) = bytemuck::try_cast_slice_mut::<u8, T>(to)
            && let Ok(mut to) = ArrayViewMut3::from_shape(from.dim(), to)
        {
            to.assign(&from);
        }
    }
}
