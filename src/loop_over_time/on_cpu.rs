//! Runs on the CPU: in chunks, or at once for a stateless system.

use super::AnyLoop;
use super::chunk_length::ChunkLength;
use super::progress::Report;
use super::run_records::RunRecords;
use crate::cpu::Chunk;
use crate::error::{Error, Result};
use crate::memory::threads;
use crate::numeric::scalar::Scalar;
use crate::recording::Buffer;
use crate::recording::stride::Stride;
use crate::system::state::Layout;
use crate::system::{Coupling, System};
use ndarray::{ArrayView3, s};
use std::time::Instant;

impl<T: Scalar> AnyLoop<'_, T> {
    /// The number of bytes that a run needs on the CPU in addition to its recordings. For a
    /// sequence, which is not divided into chunks, these are the data between its layers. For a
    /// network this is the copy of the state from which a chunk that ends with a NaN is repeated.
    pub(super) fn extra_bytes(&self, steps: usize) -> u64 {
        let product = |all: &[usize]| all.iter().fold(size_of::<T>() as u64, |all, n| all.saturating_mul(*n as u64));
        match self.schema.coupling {
            _ if self.engine.is_some() => 0,
            Coupling::Sequence => product(&[steps, self.layout.rows, widest(&self.system), 2]),
            Coupling::Network if !self.allow_non_finite => product(&[self.layout.len]),
            _ => 0,
        }
    }

    /// Makes the steps in chunks, and advances the clock and the recordings. `alone` is false if the
    /// run is part of other parallel work.
    #[allow(clippy::too_many_arguments)]
    pub(super) fn chunks(
        &mut self,
        views: &[Option<ArrayView3<'_, T>>],
        steps: usize,
        lengths: Option<&[usize]>,
        records: &mut RunRecords<T>,
        report: &mut Report<'_>,
        alone: bool,
    ) -> Result<()> {
        let RunRecords { buffers, bits, events, .. } = records;
        let mut places: Vec<&mut [T]> = buffers.iter_mut().map(|b| b.values.as_mut_slice()).collect();
        let reports = report.is_wanted(&self.progress);
        let mut length = match self.schema.coupling {
            Coupling::Sequence => ChunkLength::whole(steps),
            _ => ChunkLength::new(self.chunk, reports),
        };
        let mut done = 0;
        while done < steps {
            let started = Instant::now();
            let n = length.steps().min(steps - done);
            let mut parts = Vec::with_capacity(places.len());
            for (b, place) in places.iter_mut().enumerate() {
                let (every, width) = match b.checked_sub(1) {
                    None => (self.every, self.schema.output_len()),
                    Some(h) => (self.handles[h].every, self.handles[h].width(&self.layout)),
                };
                let kept = Stride::new(every, self.clock.i()).count(n) * width * self.layout.rows;
                let (part, rest) = std::mem::take(place).split_at_mut_checked(kept).unwrap_or_default();
                *place = rest;
                parts.push(part);
            }
            let kept: Vec<usize> = self.handles.iter().map(|h| Stride::new(h.every, self.clock.i()).count(n)).collect();
            let mut parts = parts.into_iter();
            let left: Option<Vec<usize>> =
                lengths.map(|all| all.iter().map(|len| len.saturating_sub(done).min(n)).collect());
            let pool = self.pool.clone();
            let chunk = Chunk {
                steps: n,
                lengths: left.as_deref(),
                inputs: views.iter().map(|v| v.map(|v| v.slice_move(s![done..done + n, .., ..]))).collect(),
                arena: self.arena.get_mut().map(|state| &mut **state).unwrap_or_default(),
                output: parts.next().unwrap_or_default(),
                output_every: self.every,
                handles: &self.handles,
                buffers: parts.collect(),
                bits: bits.iter_mut().zip(&kept).map(|(bits, kept)| bits.chunk(*kept)).collect(),
                allow_non_finite: self.allow_non_finite,
                block: self.block,
                alone,
                ..Chunk::new(&self.system, &self.schema, &self.layout, self.clock, &self.shared)
            };
            let result = threads::run_in(pool.as_deref(), || chunk.run())?;
            self.clock.done += n as u64;
            done += n;
            let found = result?;
            for ((all, found), handle) in events.iter_mut().zip(found.events).zip(&self.handles) {
                all.extend(found, self.layout.vars[handle.var].0.len())?;
            }
            for (handle, shared) in found.bits {
                if let Some(bits) = bits.get_mut(handle) {
                    bits.add(shared.at, &shared.bits);
                }
            }
            bits.iter_mut().zip(kept).for_each(|(bits, kept)| bits.advance(kept));
            if reports {
                report.call(&mut self.progress, done as u64, steps as u64)?;
                length.made(started.elapsed());
            }
        }
        Ok(())
    }

    /// Runs a stateless system: time becomes part of the batch, and the run is a single step.
    pub(super) fn flattened(
        &mut self,
        views: &[Option<ArrayView3<'_, T>>],
        steps: usize,
        buffers: &mut [Buffer<T>],
    ) -> Result<()> {
        let rows = self.layout.rows;
        let all = steps
            .checked_mul(rows)
            .ok_or_else(|| Error::value("steps", steps, "times the batch are more than can be addressed"))?;
        let mut flat = Vec::with_capacity(views.len());
        for view in views {
            flat.push(match view {
                None => None,
                Some(view) => {
                    let features = view.dim().2;
                    let flat = view.to_shape((1, all, features)).map_err(|e| Error::Internal(format!("input: {e}")))?;
                    Some(flat)
                }
            });
        }
        let layout = Layout { rows: all, vars: Vec::new(), len: 0 };
        let pool = self.pool.clone();
        let chunk = Chunk {
            steps: 1,
            inputs: flat.iter().map(|v| v.as_ref().map(|v| v.view())).collect(),
            output: buffers.first_mut().map(|b| b.values.as_mut_slice()).unwrap_or_default(),
            allow_non_finite: self.allow_non_finite,
            block: self.block,
            ..Chunk::new(&self.system, &self.schema, &layout, self.clock, &self.shared)
        };
        let result = threads::run_in(pool.as_deref(), || chunk.run())?;
        let first = self.clock.i();
        self.clock.done += steps as u64;
        match result {
            Err(Error::NotFinite { variable, index, value, .. }) => {
                let step = rows * self.schema.output_len().max(1);
                Err(Error::NotFinite {
                    variable,
                    step: Some(first + (index / step) as u64),
                    index: index % step,
                    value,
                })
            }
            other => other.map(|_| ()),
        }
    }
}

/// The number of elements of the widest output that one part of a system passes to another; 0 if it
/// has no parts.
fn widest<T: Scalar>(system: &dyn System<T>) -> usize {
    let of = |(_, part): &(&str, &dyn System<T>)| widest(*part).max(part.schema().output_len());
    system.nodes().iter().map(of).max().unwrap_or(0)
}
