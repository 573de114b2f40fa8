//! The destinations of a block's output and of its monitored variables.

use super::block_bits::BlockBits;
use crate::error::Result;
use crate::memory;
use crate::numeric::scalar::Scalar;
use crate::numeric::simd::{SimdLoop, vectorize};
use crate::recording::stride::Stride;
use crate::system::scan::{OutputSink, StateRecorder};
use crate::system::state::State;

/// The destination of a block's output: rows of the recording, or a scratch buffer.
pub(crate) struct OutputRows<'a, T> {
    pub(crate) rows: Vec<&'a mut [T]>,
    pub(crate) every: Stride,
    /// The output of steps that are not recorded. It is allocated at the first use, on the thread
    /// that computes the block.
    pub(crate) scratch: Vec<T>,
    /// The number of elements in the block's output.
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

/// The recording of one monitored variable.
pub(crate) struct VarRecorder<'a, T> {
    pub(crate) var: usize,
    pub(crate) every: Stride,
    /// The recorded elements of the block; `None` means all.
    pub(crate) pick: Option<Vec<usize>>,
    pub(crate) kept: Kept<'a, T>,
}

/// What a block records of a variable.
pub(crate) enum Kept<'a, T> {
    /// The block's rows of the recording.
    Values(Vec<&'a mut [T]>),
    /// (step, element of the block) for each non-zero value, or the error of a list that does not
    /// fit in memory.
    Events(Result<Vec<(u64, usize)>>),
    /// One bit for each value.
    Bits(BlockBits<'a>),
}

/// The most events that are added at once.
const AT_ONCE: usize = 16;
/// The number of elements that are tested together.
const CHUNK: usize = 4 * AT_ONCE;

/// The first element, from this one on, of a chunk with an element that is not 0.
struct NextEvents<'a, T> {
    value: &'a [T],
    from: usize,
}

impl<T: Scalar> SimdLoop for NextEvents<'_, T> {
    type Output = Option<usize>;
    #[inline(always)]
    fn run(self) -> Option<usize> {
        let Self { value, from } = self;
        let (chunks, rest) = value[from..].as_chunks::<CHUNK>();
        for (chunk, values) in chunks.iter().enumerate() {
            let mut any = false;
            for v in values {
                any |= *v != T::zeroed();
            }
            if any {
                return Some(from + chunk * CHUNK);
            }
        }
        (!rest.is_empty()).then(|| value.len() - rest.len())
    }
}

/// Adds the events of a step. After an error there are no more.
fn add(events: &mut Result<Vec<(u64, usize)>>, step: u64, elements: impl Iterator<Item = usize>) {
    let Ok(all) = events else { return };
    if all.capacity() - all.len() < AT_ONCE
        && let Err(error) = memory::grow("recording of events", all, AT_ONCE)
    {
        *events = Err(error);
        return;
    }
    all.extend(elements.map(|element| (step, element)));
}

impl<T: Scalar> VarRecorder<'_, T> {
    #[inline]
    fn record(&mut self, k: usize, step: u64, value: &[T]) {
        let (zero, pick) = (T::zeroed(), self.pick.as_deref());
        match &mut self.kept {
            Kept::Events(events) => match pick {
                None => {
                    // Spikes are rare, so this tests many elements at a time.
                    let mut from = 0;
                    while let Some(first) = vectorize(NextEvents { value, from }) {
                        from = value.len().min(first + CHUNK);
                        for (part, values) in value[first..from].chunks(AT_ONCE).enumerate() {
                            let own = (0..values.len()).filter(|&j| values[j] != zero);
                            add(events, step, own.map(|j| first + part * AT_ONCE + j));
                        }
                    }
                }
                Some(pick) => {
                    for part in pick.chunks(AT_ONCE) {
                        add(events, step, part.iter().copied().filter(|&j| value[j] != zero));
                    }
                }
            },
            Kept::Bits(bits) => {
                let Some(kept) = self.every.row(k) else { return };
                match pick {
                    None => bits.record(kept, value, |v| *v != zero),
                    Some(pick) => bits.record(kept, pick, |&j| value[j] != zero),
                }
            }
            Kept::Values(rows) => {
                let Some(row) = self.every.row(k).and_then(|row| rows.get_mut(row)) else { return };
                match pick {
                    None => row.copy_from_slice(value),
                    Some(pick) => {
                        for (kept, &j) in row.iter_mut().zip(pick) {
                            *kept = value[j];
                        }
                    }
                }
            }
        }
    }
}

impl<T: Scalar> StateRecorder<T> for Vec<VarRecorder<'_, T>> {
    #[inline]
    fn record(&mut self, k: usize, step: u64, first_var: usize, state: &State<'_, T>) {
        for recorder in self {
            if let Some(var) = recorder.var.checked_sub(first_var).filter(|v| *v < state.len()) {
                recorder.record(k, step, state.var(var));
            }
        }
    }
}
