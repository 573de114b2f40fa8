//! What a loop and the engine of a device hand each other. Nothing here knows an element type: series and recordings are bytes, of as
//! many an element as the loop's type has.

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

/// What a loop asks of its engine.
#[derive(Clone, Copy)]
pub(crate) struct EngineConfig<'w> {
    pub(crate) schema: &'w Schema,
    pub(crate) layout: &'w Layout,
    pub(crate) handles: &'w [Handle],
    /// Keep the output of the steps whose index is a multiple of this; none: of no step.
    pub(crate) output_every: Option<u64>,
    /// Most steps of a chunk, if somebody has said so.
    pub(crate) chunk: Option<u64>,
    pub(crate) strategy: Strategy,
    pub(crate) products: Products,
    /// Length of a step.
    pub(crate) dt: f64,
}

/// What a run is given, and whom it tells.
pub(crate) struct RunRequest<'r> {
    pub(crate) feed: RunIo<'r>,
    pub(crate) steps: u64,
    /// How many of them each row takes, if not all.
    pub(crate) lengths: Option<&'r [usize]>,
    pub(crate) shared: &'r Shared,
    /// Refuse what is not finite.
    pub(crate) check: bool,
    /// Whether somebody is told after each chunk, so that chunks are to be short.
    pub(crate) told: bool,
}

/// Inputs and recordings of a run.
pub(crate) enum RunIo<'r> {
    HostIo(HostIo<'r>),
    Device(DeviceIo),
}

/// Arrays of the host.
pub(crate) struct HostIo<'r> {
    /// For each port `[steps, rows, features]`, or nothing.
    pub(crate) views: Vec<Option<&'r dyn Series>>,
    /// What is still to be written of each dense recording: the output, then one for each handle.
    pub(crate) places: Vec<&'r mut [u8]>,
    pub(crate) events: &'r mut [Events],
    pub(crate) handles: &'r [Handle],
}

/// Memory of the device: all of the run's inputs and recordings lie there.
pub(crate) struct DeviceIo {
    /// For each port where its values begin, and the elements from one step, row and feature to the next; or nothing.
    pub(crate) inputs: Vec<Option<(u64, [usize; 3])>>,
    /// For each recording its memory, and how many bytes of it have been written.
    pub(crate) records: Vec<(Arc<Buffer>, usize)>,
}

/// What has become of a chunk.
pub(crate) struct ChunkResult {
    /// Steps since the run began, this chunk's included.
    pub(crate) steps: u64,
    /// The first step's clock.
    pub(crate) clock: Clock,
    /// How many steps it had.
    pub(crate) len: u64,
    pub(crate) side: usize,
    pub(crate) found: Option<NonFinite>,
}

/// Something that is not finite.
#[derive(Clone, Copy)]
pub(crate) struct NonFinite {
    /// Its index within the state, or within the chunk's recorded output where there is no state: the least.
    pub(crate) index: usize,
    /// That element of the output; nothing that is known, where it is the state's.
    pub(crate) value: Option<[u8; 8]>,
}

/// `[steps, rows, features]` of some element type, of any strides.
pub(crate) trait Series {
    /// For each axis its length, and whether it stretches: one element then stands for all.
    fn axes(&self) -> [(usize, bool); 3];

    /// Copies these steps of the first so many rows and features, densely.
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
