//! The memory of a slice of a run.

use super::picture;
use super::recorder::kept;
use super::session::Session;

use crate::run::element::Element;
use overtime::{Coupling, DType};

/// The allocator may keep freed blocks below this size, the largest threshold of glibc. It gives
/// them out again, but the system counts them as used.
const BLOCK: u64 = 32 << 20;

/// The bytes of the arrays that the smallest slice records: one step, or all steps of a sequence,
/// which is not divided.
#[derive(Debug)]
pub(crate) struct Slice {
    arrays: Vec<u64>,
    /// A copy in f32 of an array that is streamed in bf16.
    converted: u64,
    pub(crate) whole: bool,
}

impl Slice {
    pub(crate) fn least<T: Element>(session: &Session<T>) -> anyhow::Result<Self> {
        let (spec, schema) = (&session.spec, session.over_time.schema());
        let batch = session.over_time.batch();
        let whole = schema.coupling == Coupling::Sequence;
        let (begin, left) = (session.begin + session.done, session.steps - session.done);
        let (recorded, steps) = if whole { (kept(begin, left, spec.record_every), left) } else { (1, 1) };
        let size = |steps: u64, width: usize| {
            [width, batch.unwrap_or(1), size_of::<T>()].iter().fold(steps, |bytes, by| bytes.saturating_mul(*by as u64))
        };
        let vars = spec.recorded()?;
        let values = vars.iter().filter(|want| want.has_values()).map(|want| size(recorded, want.width(schema)));
        let mut arrays: Vec<u64> = values.collect();
        if session.keeps() || spec.files.plot.is_some() {
            arrays.push(size(recorded, schema.output_len()));
        }
        let streamed = spec.files.stream.is_some() && T::DTYPE == DType::Bf16;
        let converted = if streamed { arrays.iter().max().map_or(0, |bytes| bytes.saturating_mul(2)) } else { 0 };
        let rows = recorded.saturating_mul(batch.unwrap_or(1) as u64);
        arrays.extend(vars.iter().filter(|want| want.bits).map(|want| rows.saturating_mul(want.bytes::<T>(schema))));
        if spec.files.plot.is_some() {
            let panels = picture::panels(spec, schema, batch, None)?;
            let shown = panels.iter().filter(|panel| panel.is_recorded());
            arrays.extend(shown.map(|panel| size(steps, panel.units().len())));
        }
        arrays.push(recorded.saturating_mul(size_of::<f64>() as u64));
        Ok(Self { arrays, converted, whole })
    }

    /// The bytes of the slice.
    pub(crate) fn bytes(&self) -> u64 {
        sum(&self.arrays).saturating_add(self.converted)
    }

    /// The bytes that the system gets back when the slice is freed.
    pub(crate) fn returned(&self) -> u64 {
        self.arrays.iter().filter(|bytes| **bytes >= BLOCK).fold(0, |sum, bytes| sum.saturating_add(*bytes))
    }

    /// The bytes that the allocator keeps when the next slice is allocated. Small needs are not
    /// compared with the free memory.
    pub(crate) fn lingers(&self) -> u64 {
        if self.whole || self.bytes() < BLOCK { 0 } else { sum(&self.arrays) - self.returned() }
    }
}

fn sum(all: &[u64]) -> u64 {
    all.iter().fold(0, |sum, bytes| sum.saturating_add(*bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn large_arrays_are_given_back_and_small_ones_linger() {
        let slice = |arrays: &[u64]| Slice { arrays: arrays.to_vec(), converted: 0, whole: false };
        let parts = |slice: &Slice| (slice.bytes(), slice.returned(), slice.lingers());
        assert_eq!(parts(&slice(&[1, 2])), (3, 0, 0));
        assert_eq!(parts(&slice(&[BLOCK, 5])), (BLOCK + 5, BLOCK, 5));
        assert_eq!(parts(&slice(&[BLOCK - 1, BLOCK - 1])), (2 * BLOCK - 2, 0, 2 * BLOCK - 2));
        assert_eq!(slice(&[u64::MAX, 7]).bytes(), u64::MAX);
    }
}
