//! Locates the step, variable and index of a value that is not finite.

use crate::cpu::Chunk;
use crate::cuda::Engine;
use crate::engine::boundary::{ChunkResult, NonFinite};
use crate::error::{Error, Result};
use crate::memory::threads;
use crate::numeric::scalar::Scalar;
use crate::recording::stride::Stride;
use crate::system::state::Layout;
use crate::system::{Coupling, Schema, Shared, System};
use ndarray::{ArrayView3, s};
use rayon::ThreadPool;

/// The maximum number of units or rows that the CPU computes again.
const SUSPECTS: usize = 4096;

/// The search for the step at which a value first was not finite. The device reports only that
/// there is such a value at the end of a chunk. The CPU repeats the steps of the chunk for the
/// affected units or rows. It gets the same bits, or nearly the same where the device does not sum
/// products in order.
pub(super) struct NonFiniteSearch<'s, T: Scalar> {
    pub(super) engine: &'s Engine,
    pub(super) done: &'s ChunkResult,
    pub(super) system: &'s dyn System<T>,
    pub(super) schema: &'s Schema,
    pub(super) layout: &'s Layout,
    pub(super) shared: &'s Shared,
    /// The threads of the loop; `None` for the shared ones.
    pub(super) pool: Option<&'s ThreadPool>,
    pub(super) views: &'s [Option<ArrayView3<'s, T>>],
    pub(super) lengths: Option<&'s [usize]>,
    /// The interval between recorded outputs, in steps.
    pub(super) every: u64,
}

impl<T: Scalar> NonFiniteSearch<'_, T> {
    /// Makes the error from the device's report: an index of the state, or of the output if the
    /// system has no state.
    pub(super) fn error(&self, found: NonFinite) -> Error {
        match found.value {
            Some(value) => self.in_output(found.index, &value),
            None => self.in_state(found.index).unwrap_or_else(|error| error),
        }
    }

    /// A stateless system shows such a value in its output.
    fn in_output(&self, found: usize, value: &[u8]) -> Error {
        let step = self.layout.rows * self.schema.output_len().max(1);
        let value = bytemuck::pod_read_unaligned::<T>(&value[..size_of::<T>()]).to_f64();
        let first = self.done.clock.i();
        let step_index = first + Stride::new(self.every, first).step(found / step);
        Error::NotFinite { variable: "output".into(), step: Some(step_index), index: found % step, value }
    }

    fn in_state(&self, found: usize) -> Result<Error> {
        let mut before = self.engine.state_before(self.done.set)?;
        let after = self.engine.state::<T>()?;
        let mut suspects = self.suspects(&after);
        suspects.extend(self.item(found));
        suspects.sort_unstable();
        suspects.dedup();
        suspects.truncate(SUSPECTS);
        let ChunkResult { steps, len, clock, .. } = self.done;
        let (end, len) = (*steps as usize, *len as usize);
        let left: Option<Vec<usize>> =
            self.lengths.map(|all| all.iter().map(|l| l.saturating_sub(end - len).min(len)).collect());
        let again = Chunk {
            steps: len,
            lengths: left.as_deref(),
            inputs: self.views.iter().map(|v| v.map(|v| v.slice_move(s![end - len..end, .., ..]))).collect(),
            arena: &mut before,
            only: Some(&suspects),
            ..Chunk::new(self.system, self.schema, self.layout, *clock, self.shared)
        };
        let again = threads::run_in(self.pool, || again.run())?;
        match again {
            Err(error) => Ok(error),
            // The CPU finds only finite values, which can happen where sums are rounded
            // differently. The error then names the value on the device after the last step.
            Ok(_) => {
                let (variable, index) = self.variable(found);
                let value = after.get(found).map_or(f64::NAN, |v| v.to_f64());
                let error =
                    Error::NotFinite { variable, step: Some(clock.i() + (len as u64).saturating_sub(1)), index, value };
                Ok(self.system.explain(error))
            }
        }
    }

    /// The variable that contains an element of the state, and the index within the variable.
    fn variable(&self, element: usize) -> (String, usize) {
        let var = self.layout.vars.iter().rev().find(|(_, at)| *at <= element);
        var.map_or_else(|| ("state".to_owned(), element), |(spec, at)| (spec.name.to_string(), element - at))
    }

    /// The unit or row that contains an element of the state, counted over the batch.
    fn item(&self, element: usize) -> Option<usize> {
        let (spec, at) = self.layout.vars.iter().rev().find(|(_, at)| *at <= element)?;
        Some(match self.schema.coupling {
            Coupling::Pointwise => element - at,
            Coupling::Row | Coupling::Sequence => (element - at) / spec.len().max(1),
            Coupling::Network => 0,
        })
    }

    /// The units or rows that contain a value that is not finite.
    fn suspects(&self, state: &[T]) -> Vec<usize> {
        let bad = state.iter().enumerate().filter(|(_, v)| !v.is_finite());
        bad.filter_map(|(element, _)| self.item(element)).take(SUSPECTS).collect()
    }
}
