//! A loop on a device: its state, its kernels, and all memory that its runs need.

use super::context::Context;
use super::feed::OnDevice;
use super::job::{Job, MAX_PORTS, Port};
use super::memory::{ALIGN, Buffer, Pinned};
use super::module::Kernel;
use super::plan::Recording;
use super::stage::Ready;
use super::stream::{Event, Stream};
use crate::device::Strategy;
use crate::error::{Error, Result};
use crate::scalar::Scalar;
use crate::system::System;
use std::marker::PhantomData;
use std::sync::Arc;

/// What one chunk may take.
#[derive(Clone, Copy, Debug)]
pub(super) struct Limits {
    /// Steps.
    pub(super) steps: u64,
    /// Bytes of inputs, of recordings, of what goes from stage to stage, of products with the input.
    pub(super) input: usize,
    pub(super) record: usize,
    pub(super) between: [usize; 2],
    pub(super) work: usize,
}

/// What a chunk has of its own, so that the next one can be asked for while this one is under way.
#[derive(Debug)]
pub(super) struct Side {
    pub(super) input: Buffer,
    pub(super) record: Buffer,
    /// The state as it was before the chunk.
    pub(super) backup: Buffer,
    /// The least index of something that is not finite.
    pub(super) found: Buffer,
    pub(super) host_input: Pinned,
    pub(super) host_record: Pinned,
    pub(super) host_jobs: Pinned,
    pub(super) host_found: Pinned,
    pub(super) uploaded: Event,
    pub(super) computed: Event,
    pub(super) downloaded: Event,
}

impl Side {
    /// Bytes from one stage's job to the next one's.
    pub(super) const JOB: usize = size_of::<Job>().next_multiple_of(ALIGN);

    pub(super) fn new(context: &Arc<Context>, state: usize, limits: &Limits, stages: usize) -> Result<Self> {
        let buffer = |what: &str, len: usize| Buffer::new(context, what, len);
        let pinned = |what: &str, len: usize| Pinned::new(context, what, len);
        Ok(Self {
            input: buffer("inputs", limits.input)?,
            record: buffer("recordings", limits.record)?,
            backup: buffer("the state before a chunk", state)?,
            found: buffer("a flag", 8)?,
            host_input: pinned("inputs", limits.input)?,
            host_record: pinned("recordings", limits.record)?,
            host_jobs: pinned("jobs", stages * Self::JOB)?,
            host_found: pinned("a flag", 8)?,
            uploaded: Event::new(context)?,
            computed: Event::new(context)?,
            downloaded: Event::new(context)?,
        })
    }
}

/// A loop on a device. Fields are dropped in this order: what refers to the context before the context.
#[derive(Debug)]
pub(crate) struct Engine<T> {
    pub(super) compute: Stream,
    pub(super) copies: Stream,
    pub(super) stages: Vec<Ready>,
    pub(super) check: Kernel,
    /// None where no stage goes step by step.
    pub(super) advance: Option<Kernel>,
    pub(super) state: Buffer,
    /// Bytes from the state's start to each variable.
    pub(super) vars: Vec<usize>,
    pub(super) constants: Buffer,
    pub(super) weights: Buffer,
    /// Each weight's name, and where it lies.
    pub(super) names: Vec<(String, usize)>,
    pub(super) work: Buffer,
    pub(super) scratch: Buffer,
    pub(super) between: [Buffer; 2],
    pub(super) jobs: Buffer,
    pub(super) cursor: Buffer,
    pub(super) sides: [Side; 2],
    pub(super) rows: usize,
    pub(super) recordings: Vec<Recording>,
    pub(super) keeps_output: bool,
    /// Whether inputs are stretched on the host: all but pointwise loops take them whole.
    pub(super) whole: bool,
    pub(super) limits: Limits,
    /// Each stage's name, its strategy, and why that one.
    pub(super) chosen: Vec<(String, Strategy, &'static str)>,
    pub(super) warnings: Vec<String>,
    pub(super) context: Arc<Context>,
    pub(super) element: PhantomData<T>,
}

impl<T: Scalar> Engine<T> {
    /// Writes the whole state.
    pub(crate) fn set_state(&self, state: &[T]) -> Result<()> {
        self.context.bind()?;
        self.state.write(0, state)
    }

    /// Reads the whole state.
    pub(crate) fn state(&self) -> Result<Vec<T>> {
        self.settle();
        self.context.bind()?;
        let mut state = crate::memory::zeroed("the state", self.state.len() / size_of::<T>())?;
        self.state.read(0, &mut state)?;
        Ok(state)
    }

    /// Reads the state as it was before the chunk of this side. What is under way is waited for.
    pub(crate) fn state_before(&self, side: usize) -> Result<Vec<T>> {
        self.settle();
        self.context.bind()?;
        let mut state = crate::memory::zeroed("the state", self.state.len() / size_of::<T>())?;
        self.sides[side].backup.read(0, &mut state)?;
        Ok(state)
    }

    /// Reads one element of the output of the chunk of this side.
    pub(crate) fn output_at(&self, side: usize, index: usize) -> Result<T> {
        let mut one = [T::zeroed()];
        self.sides[side].record.read(index.saturating_mul(size_of::<T>()), &mut one)?;
        Ok(one[0])
    }

    /// Takes an array of its own and writes these values to it.
    pub(crate) fn upload(&self, values: &[T]) -> Result<Arc<Buffer>> {
        self.context.bind()?;
        let buffer = Buffer::new(&self.context, "an array", size_of_val(values))?;
        buffer.write(0, values)?;
        Ok(Arc::new(buffer))
    }

    /// Whether the engine can use this memory.
    pub(crate) fn owns(&self, buffer: &Buffer) -> bool {
        buffer.is_of(&self.context)
    }

    /// Inputs that lie on the device, each with its address and strides, and room for all that a run of `steps` from index `i` on records.
    pub(crate) fn on_device(&self, inputs: &[Option<(u64, [usize; 3])>], steps: u64, i: u64) -> Result<(OnDevice, Vec<Arc<Buffer>>)> {
        self.context.bind()?;
        let (mut ports, mut given) = ([Port::default(); MAX_PORTS], 0);
        for (p, (port, input)) in ports.iter_mut().zip(inputs).enumerate() {
            if let Some((at, [step, row, unit])) = input {
                *port = Port { at: *at, step: *step as u64, row: *row as u64, unit: *unit as u64 };
                given |= 1 << p;
            }
        }
        let room = |r: &Recording| {
            let bytes = usize::try_from(r.kept(i, steps)).unwrap_or(usize::MAX).saturating_mul(r.bytes(size_of::<T>()));
            Buffer::new(&self.context, "a recording", bytes).map(Arc::new)
        };
        let room = self.recordings.iter().map(room).collect::<Result<Vec<_>>>()?;
        let records = room.iter().map(|buffer| (buffer.address(0), 0)).collect();
        Ok((OnDevice { ports, given, records, element: size_of::<T>() }, room))
    }

    /// Whether inputs must have all their elements, stretched or not.
    pub(crate) fn takes_whole(&self) -> bool {
        self.whole
    }

    /// Writes the weights as the system has them now.
    pub(crate) fn set_weights(&self, system: &dyn System<T>) -> Result<()> {
        self.context.bind()?;
        let weights = system.weights();
        for (name, at) in &self.names {
            if let Some(weight) = weights.iter().find(|w| w.name == *name) {
                self.weights.write(*at, weight.values)?;
            }
        }
        Ok(())
    }

    /// The strategy of the loops, and why: of the first stage that has a loop, if there is one.
    pub(crate) fn strategy(&self) -> String {
        let say = |(name, strategy, why): &(String, Strategy, &str)| {
            if name.is_empty() { format!("{strategy}: {why}") } else { format!("`{name}` {strategy}: {why}") }
        };
        self.chosen.iter().map(say).collect::<Vec<_>>().join("; ")
    }

    /// What went wrong that could be done without.
    pub(crate) fn warnings(&self) -> &[String] {
        &self.warnings
    }

    /// Waits for all that is under way. What fails here has been said already, or is said by the next call.
    pub(super) fn settle(&self) {
        if self.context.bind().is_ok() {
            let _ = self.compute.wait();
            let _ = self.copies.wait();
        }
    }

    /// Keeps the state as it is before the chunk of this side.
    pub(super) fn back_up(&self, side: usize) -> Result<()> {
        self.sides[side].backup.copy(&self.state, self.state.len(), &self.compute)
    }

    /// Puts the state back to what it was before the chunk of this side. What is under way is waited for. If that fails, nobody knows what
    /// the state is, and the context counts as lost.
    pub(super) fn restore(&self, side: usize) {
        self.settle();
        let copied = (self.context.bind())
            .and_then(|()| self.state.copy(&self.sides[side].backup, self.state.len(), &self.compute))
            .and_then(|()| self.compute.wait());
        if let Err(error) = copied {
            self.context.lose(error.to_string());
        }
    }
}

impl<T> Drop for Engine<T> {
    fn drop(&mut self) {
        // Buffers are about to be given back: nothing may be writing to them.
        if self.context.bind().is_ok() {
            let _ = self.compute.wait();
            let _ = self.copies.wait();
        }
    }
}

/// `error` as one of the steps from `first` on, `steps` of them.
pub(super) fn at_steps(error: Error, first: u64, steps: u64) -> Error {
    match error {
        Error::Cuda { call, code, reason, .. } => Error::Cuda { call, code, reason, steps: Some(first..first.saturating_add(steps)) },
        other => other,
    }
}
