//! The CUDA engine of a loop: its state, its kernels, and all memory that its runs need. The engine
//! knows elements only by their size; only functions that pass values in and out have an element
//! type.

pub(crate) mod build;
pub(crate) mod chunk_limits;
pub(crate) mod fused_layers;
mod recorded_bits;
pub(crate) mod run;
pub(crate) mod transfer;
use super::driver::context::Context;
use super::driver::memory::Buffer;
use super::driver::module::Kernel;
use super::driver::signature;
use super::driver::stream::Stream;
use super::schedule::chunk_buffers::ChunkBuffers;
use super::schedule::chunk_length::ChunkLength;
use super::schedule::plan::Recording;
use super::schedule::stage_builder::in_bytes;
use super::stage::Stage;
use crate::error::Result;
use crate::numeric::scalar::{DType, Scalar};
use crate::system::{System, Weight};
use chunk_limits::ChunkLimits;
use fused_layers::FusedLayers;
use std::sync::Arc;

/// The CUDA engine of a loop. Fields are dropped in this order: values that refer to the context
/// are dropped before it.
#[derive(Debug)]
pub(crate) struct Engine {
    pub(crate) compute: Stream,
    pub(crate) copies: Stream,
    pub(crate) dtype: DType,
    pub(crate) stages: Vec<Stage>,
    /// All stages as one kernel, if they are small.
    pub(crate) stack: Option<FusedLayers>,
    pub(crate) check: Kernel<signature::Check>,
    /// `None` if no stage is launched step by step.
    pub(crate) advance: Option<Kernel<signature::Advance>>,
    pub(crate) state: Buffer,
    /// Byte offset of each variable in the state.
    pub(crate) vars: Vec<usize>,
    pub(crate) constants: Buffer,
    pub(crate) weights: Buffer,
    /// The name of each weight, and its byte offset.
    pub(crate) names: Vec<(String, usize)>,
    pub(crate) work: Buffer,
    pub(crate) scratch: Buffer,
    pub(crate) between: [Buffer; 2],
    pub(crate) launch_args: Buffer,
    pub(crate) cursor: Buffer,
    pub(crate) chunk_buffers: [ChunkBuffers; 2],
    pub(crate) rows: usize,
    pub(crate) recordings: Vec<Recording>,
    pub(crate) keeps_output: bool,
    pub(crate) limits: ChunkLimits,
    /// The length of the next chunk, from measured times.
    pub(crate) chunk_length: ChunkLength,
    /// The same for each stage, if a run is one sequence.
    pub(crate) paces: Vec<ChunkLength>,
    /// A u64 for each batch row: the row makes a step while the number of completed steps is below
    /// this value. Empty until a run has lengths.
    pub(crate) ends: Buffer,
    pub(crate) warnings: Vec<String>,
    pub(crate) context: Arc<Context>,
}

impl Engine {
    /// Writes the whole state.
    pub(crate) fn set_state<T: Scalar>(&self, state: &[T]) -> Result<()> {
        self.context.bind()?;
        self.state.write(0, state)
    }

    /// Waits for running work and reads the whole state.
    pub(crate) fn state<T: Scalar>(&self) -> Result<Vec<T>> {
        self.read(&self.state)
    }

    /// Waits for running work and reads the state as it was before a chunk. `set` is the index (0
    /// or 1) of the chunk's set of buffers.
    pub(crate) fn state_before<T: Scalar>(&self, set: usize) -> Result<Vec<T>> {
        self.read(&self.chunk_buffers[set].backup)
    }

    fn read<T: Scalar>(&self, state: &Buffer) -> Result<Vec<T>> {
        self.settle();
        self.context.bind()?;
        let mut values = crate::memory::zeroed("the state", state.len() / size_of::<T>())?;
        state.read(0, &mut values)?;
        Ok(values)
    }

    /// Allocates an array and copies these values to it.
    pub(crate) fn upload(&self, values: &[u8]) -> Result<Arc<Buffer>> {
        self.context.bind()?;
        let buffer = Buffer::new(&self.context, "an array", values.len())?;
        buffer.write(0, values)?;
        Ok(Arc::new(buffer))
    }

    /// Whether the memory belongs to this engine's context.
    pub(crate) fn owns(&self, buffer: &Buffer) -> bool {
        buffer.is_of(&self.context)
    }

    /// Allocates memory for each recording of a run of `steps` steps from index `i` on.
    pub(crate) fn room(&self, steps: u64, i: u64) -> Result<Vec<Arc<Buffer>>> {
        self.context.bind()?;
        let room = |r: &Recording| {
            let bytes =
                usize::try_from(r.kept(i, steps)).unwrap_or(usize::MAX).saturating_mul(r.bytes(self.dtype.size()));
            Buffer::new(&self.context, "a recording", bytes).map(Arc::new)
        };
        self.recordings.iter().map(room).collect()
    }

    /// Whether inputs must have all their elements, even those that are the same for all steps,
    /// rows or units.
    pub(crate) fn takes_whole(&self) -> bool {
        self.stages.first().is_none_or(|stage| !stage.accepts_broadcast())
    }

    /// Copies the system's current weights to the device.
    pub(crate) fn set_weights<T: Scalar>(&self, system: &dyn System<T>) -> Result<()> {
        self.write_weights(&in_bytes(&system.weights()))
    }

    fn write_weights(&self, weights: &[Weight<'_, u8>]) -> Result<()> {
        self.context.bind()?;
        for (name, at) in &self.names {
            if let Some(weight) = weights.iter().find(|w| w.name == *name) {
                self.weights.write(*at, weight.values)?;
            }
        }
        self.stages.iter().try_for_each(|stage| stage.pack(&self.weights, &self.compute))?;
        self.compute.wait()
    }

    /// Describes for each stage its name, its strategy, and the reason for it.
    pub(crate) fn strategy(&self) -> String {
        let say = |stage: &Stage| {
            let ((strategy, why), name) = (stage.chosen(), stage.node.name());
            if name.is_empty() { format!("{strategy}: {why}") } else { format!("`{name}` {strategy}: {why}") }
        };
        let mut all: Vec<_> = self.stages.iter().map(say).collect();
        all.extend(
            self.stack
                .as_ref()
                .map(|stack| format!("all layers in one launch, up to {} steps, because they are small", stack.steps)),
        );
        all.join("; ")
    }

    /// Warnings about failures that did not prevent building the engine.
    pub(crate) fn warnings(&self) -> &[String] {
        &self.warnings
    }

    /// Waits for all running work. An error here has been reported already, or the next call
    /// reports it.
    pub(crate) fn settle(&self) {
        if self.context.bind().is_ok() {
            let _ = self.compute.wait();
            let _ = self.copies.wait();
        }
    }

    /// Enqueues a copy of the state to the set of buffers `set` (0 or 1) of the next chunk.
    pub(crate) fn back_up(&self, set: usize) -> Result<()> {
        self.chunk_buffers[set].backup.copy(&self.state, self.state.len(), &self.compute)
    }

    /// Waits for running work and restores the state from the set of buffers `set` (0 or 1), to
    /// what it was before that chunk. If that fails, the state is undefined and the context counts
    /// as lost.
    pub(crate) fn restore(&self, set: usize) {
        self.settle();
        let copied = (self.context.bind())
            .and_then(|()| self.state.copy(&self.chunk_buffers[set].backup, self.state.len(), &self.compute))
            .and_then(|()| self.compute.wait());
        if let Err(error) = copied {
            self.context.lose(error.to_string());
        }
    }
}

impl Drop for Engine {
    fn drop(&mut self) {
        // Buffers are about to be freed: nothing may be writing to them.
        self.settle();
    }
}
