//! Where the output of a block and its monitored variables are kept.

use crate::numeric::scalar::Scalar;
use crate::recording::every::Stride;
use crate::system::scan::{OutputSink, StateRecorder};
use crate::system::state::State;

/// Where a block's output is kept: rows of the recording, or nowhere.
pub(crate) struct OutputRows<'a, T> {
    pub(crate) rows: Vec<&'a mut [T]>,
    pub(crate) every: Stride,
    /// Steps that are not kept are written here; made when first needed, that is, while the block runs.
    pub(crate) scratch: Vec<T>,
    /// Elements of the block's output.
    pub(crate) width: usize,
}

impl<T: Scalar> OutputSink<T> for OutputRows<'_, T> {
    #[inline]
    fn output(&mut self, k: usize) -> &mut [T] {
        match self.every.row(k).and_then(|row| self.rows.get_mut(row)) {
            Some(row) => row,
            None => {
                self.scratch.resize(self.width, T::zeroed());
                &mut self.scratch
            }
        }
    }
}

/// One monitored variable: what is kept of it after each step.
pub(crate) struct VarRecorder<'a, T> {
    pub(crate) var: usize,
    pub(crate) every: Stride,
    /// The block's rows of the recording.
    pub(crate) rows: Vec<&'a mut [T]>,
    /// Which of the block's elements are kept (all if none is named).
    pub(crate) pick: Option<Vec<usize>>,
    /// Instead of rows: (step, block element) wherever the variable is not zero.
    pub(crate) events: Option<Vec<(u64, usize)>>,
}

impl<T: Scalar> VarRecorder<'_, T> {
    #[inline]
    fn record(&mut self, k: usize, step: u64, value: &[T]) {
        if let Some(events) = &mut self.events {
            let zero = T::zeroed();
            match &self.pick {
                None => {
                    // Spikes are rare: look at sixteen at a time.
                    for (chunk, part) in value.chunks(16).enumerate() {
                        if part.iter().fold(false, |any, v| any | (*v != zero)) {
                            events.extend((0..part.len()).filter(|&j| part[j] != zero).map(|j| (step, chunk * 16 + j)));
                        }
                    }
                }
                Some(pick) => events.extend(pick.iter().filter(|&&j| value[j] != zero).map(|&j| (step, j))),
            }
            return;
        }
        let Some(row) = self.every.row(k).and_then(|row| self.rows.get_mut(row)) else { return };
        match &self.pick {
            None => row.copy_from_slice(value),
            Some(pick) => {
                for (kept, &j) in row.iter_mut().zip(pick) {
                    *kept = value[j];
                }
            }
        }
    }
}

impl<T: Scalar> StateRecorder<T> for Vec<VarRecorder<'_, T>> {
    #[inline]
    fn record(&mut self, k: usize, step: u64, first_var: usize, state: &State<'_, T>) {
        for probe in self {
            if let Some(var) = probe.var.checked_sub(first_var).filter(|v| *v < state.len()) {
                probe.record(k, step, state.var(var));
            }
        }
    }
}
