//! Recordings of bits.

use super::{Events, FirstAxis, Handle};
use crate::error::{Error, Result};
use crate::memory;
use crate::numeric::simd::{SimdLoop, vectorize};
use ndarray::{ArrayD, ArrayViewD, IxDyn};

/// The name of this memory in errors.
const RECORDING: &str = "recording of bits";

/// One bit for each value of a variable: 1 if the value is not zero. NaN is not zero.
///
/// The bits of a batch row are packed into bytes. Bit k of byte j belongs to unit 8·j + k, and the
/// bits behind the last unit are 0. This is the order `'little'` of NumPy:
/// `numpy.unpackbits(bytes, axis=-1, count=units, bitorder='little')` returns the bits. They take a
/// 32nd of the memory of values in f32.
///
/// ```
/// use overtime::{Input, LoopOverTime, models::Hh, monitor};
///
/// # fn main() -> overtime::Result<()> {
/// let spikes = monitor("spike").bits();
/// let mut over_time = LoopOverTime::builder(Hh::<f32>::new(10)).out_vars([spikes]).build()?;
/// let run = over_time.run(Input::steps(500).constant(10.0))?;
/// let spikes = run.bits("spike")?;
/// assert_eq!((spikes.bytes().shape(), spikes.units()), (&[500, 2][..], 10));
/// assert_eq!(spikes.to_array()?.shape(), [500, 10]);
/// println!("{} spikes; neuron 3 spikes at step 20: {:?}", spikes.count(), spikes.get(20, 0, 3));
/// # Ok(()) }
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bits {
    bytes: ArrayD<u8>,
    /// The shape of one batch row.
    shape: Vec<usize>,
    batched: bool,
    first_axis: FirstAxis,
    /// The index of the first recorded step, and the steps from one recorded step to the next.
    first: u64,
    every: u64,
}

impl Bits {
    /// The packed bits: `[steps, batch, ⌈units/8⌉]`, or `[batch, steps, ⌈units/8⌉]` if the loop is
    /// batch-major, without the batch axis if the loop has none. The steps are the recorded ones.
    #[must_use]
    pub fn bytes(&self) -> &ArrayD<u8> {
        &self.bytes
    }

    /// The packed bits as in [`Bits::bytes`], owned by the caller, without a copy.
    #[must_use]
    pub fn into_bytes(self) -> ArrayD<u8> {
        self.bytes
    }

    /// The number of recorded units in each batch row.
    #[must_use]
    pub fn units(&self) -> usize {
        self.shape.iter().product()
    }

    /// The shape of one batch row: the variable's shape, or `[units]` if the monitor records some
    /// units.
    #[must_use]
    pub fn shape(&self) -> &[usize] {
        &self.shape
    }

    /// The bit of a value; `None` if there is no such step, batch row or unit. `step` counts the
    /// recorded steps from 0, `row` is 0 if the loop has no batch, and `unit` is an index among the
    /// recorded units.
    #[must_use]
    pub fn get(&self, step: usize, row: usize, unit: usize) -> Option<bool> {
        let byte = match (self.batched, self.first_axis) {
            (true, FirstAxis::Time) => self.bytes.get([step, row, unit / 8]),
            (true, FirstAxis::Batch) => self.bytes.get([row, step, unit / 8]),
            (false, _) if row == 0 => self.bytes.get([step, unit / 8]),
            (false, _) => None,
        };
        byte.filter(|_| unit < self.units()).map(|byte| is_set(*byte, unit))
    }

    /// The number of ones.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.bytes.iter().map(|byte| u64::from(byte.count_ones())).sum()
    }

    /// The bits as an array of the shape that a monitor of values records: `[steps, batch, …]`, or
    /// `[batch, steps, …]`, without the batch axis if the loop has none.
    ///
    /// # Errors
    /// If memory is short: the array has a byte for each value.
    pub fn to_array(&self) -> Result<ArrayD<bool>> {
        let (bytes, units) = (self.time_major(), self.units());
        let mut axes = bytes.shape().to_vec();
        axes.pop();
        axes.extend(&self.shape);
        let len = axes.iter().fold(1, |len: usize, axis| len.saturating_mul(*axis));
        let mut all = memory::room("the values of bits", len)?;
        if units > 0 {
            for row in bytes.rows() {
                all.extend((0..units).map(|unit| row.get(unit / 8).is_some_and(|byte| is_set(*byte, unit))));
            }
        }
        let mut array = ArrayD::from_shape_vec(IxDyn(&axes), all)
            .map_err(|e| Error::Internal(format!("the bits of shape {axes:?}: {e}")))?;
        if self.batched && self.first_axis == FirstAxis::Batch {
            array.swap_axes(0, 1);
        }
        Ok(array)
    }

    /// The ones as events. [`Events::unit`] is an index among the recorded units. If all units are
    /// recorded at every step, these are the events of a monitor of events.
    ///
    /// # Errors
    /// If memory is short.
    pub fn to_events(&self) -> Result<Events> {
        let bytes = self.time_major();
        let rows = if self.batched { bytes.shape().get(1).copied().unwrap_or(1).max(1) } else { 1 };
        let count = usize::try_from(self.count()).unwrap_or(usize::MAX);
        let mut events = Events {
            step: memory::room(RECORDING, count)?,
            row: memory::room(RECORDING, count)?,
            unit: memory::room(RECORDING, count)?,
        };
        for (n, row) in bytes.rows().into_iter().enumerate() {
            let step = self.first.saturating_add(((n / rows) as u64).saturating_mul(self.every));
            for (j, byte) in row.iter().enumerate().filter(|(_, byte)| **byte != 0) {
                for unit in (8 * j..8 * j + 8).filter(|unit| is_set(*byte, *unit)) {
                    events.step.push(step);
                    events.row.push(n % rows);
                    events.unit.push(unit);
                }
            }
        }
        Ok(events)
    }

    /// The same recording with other bytes, which have the axes of [`Bits::bytes`].
    pub(crate) fn with_bytes(&self, bytes: ArrayD<u8>) -> Self {
        let Self { shape, batched, first_axis, first, every, .. } = self;
        Self { bytes, shape: shape.clone(), batched: *batched, first_axis: *first_axis, first: *first, every: *every }
    }

    fn time_major(&self) -> ArrayViewD<'_, u8> {
        let mut view = self.bytes.view();
        if self.batched && self.first_axis == FirstAxis::Batch {
            view.swap_axes(0, 1);
        }
        view
    }
}

fn is_set(byte: u8, unit: usize) -> bool {
    byte >> (unit % 8) & 1 == 1
}

/// The bytes of this many bits.
pub(crate) fn bytes_of(units: usize) -> usize {
    units.div_ceil(8)
}

/// The memory of a recording of bits during a run: `[kept steps, rows, ⌈width/8⌉]`, flat.
#[derive(Default)]
pub(crate) struct BitBuffer {
    pub(crate) bytes: Vec<u8>,
    /// The bytes of a kept step.
    step: usize,
    /// The number of bytes of the steps that the chunks before have kept.
    written: usize,
}

impl BitBuffer {
    /// The bytes of the recording of a handle that records `width` units of each of `rows` batch
    /// rows at `kept` steps; `None` if the number overflows.
    pub(crate) fn len(kept: usize, rows: usize, width: usize) -> Option<usize> {
        kept.checked_mul(rows)?.checked_mul(bytes_of(width))
    }

    pub(crate) fn new(bytes: Vec<u8>, rows: usize, width: usize) -> Self {
        Self { bytes, step: rows * bytes_of(width), written: 0 }
    }

    /// The part of the next `kept` steps.
    pub(crate) fn chunk(&mut self, kept: usize) -> &mut [u8] {
        let end = self.written.saturating_add(kept.saturating_mul(self.step)).min(self.bytes.len());
        self.bytes.get_mut(self.written..end).unwrap_or_default()
    }

    /// Adds bits to the byte `at` of each of the next kept steps.
    pub(crate) fn add(&mut self, at: usize, bits: &[u8]) {
        let (from, step) = (self.written.saturating_add(at), self.step.max(1));
        for (byte, bits) in self.bytes.iter_mut().skip(from).step_by(step).zip(bits) {
            *byte |= bits;
        }
    }

    /// Leaves the next `kept` steps behind.
    pub(crate) fn advance(&mut self, kept: usize) {
        self.written = self.written.saturating_add(kept.saturating_mul(self.step));
    }

    /// Converts the recording to what the user receives. `first` is the index of the first kept
    /// step.
    pub(crate) fn into_bits(
        self,
        (kept, rows, width): (usize, usize, usize),
        batch: Option<usize>,
        first_axis: FirstAxis,
        handle: &Handle,
        first: u64,
    ) -> Result<Bits> {
        let (bytes, len) = match handle.order() {
            Some(order) => (reordered(&self.bytes, (kept.saturating_mul(rows), width), order)?, order.len()),
            None => (self.bytes, width),
        };
        let axes: Vec<usize> = [kept].into_iter().chain(batch).chain([bytes_of(len)]).collect();
        let mut bytes = ArrayD::from_shape_vec(IxDyn(&axes), bytes)
            .map_err(|e| Error::Internal(format!("the bits of shape {axes:?}: {e}")))?;
        if batch.is_some() && first_axis == FirstAxis::Batch {
            bytes.swap_axes(0, 1);
        }
        let (shape, every) = (handle.shape().to_vec(), handle.every);
        Ok(Bits { bytes, shape, batched: batch.is_some(), first_axis, first, every })
    }
}

/// Takes for each place of `order` the bit of this number out of each of `rows` rows of `width`
/// bits.
fn reordered(bytes: &[u8], (rows, width): (usize, usize), order: &[usize]) -> Result<Vec<u8>> {
    let len = rows.saturating_mul(bytes_of(order.len()));
    let mut all = memory::zeros(RECORDING, len)?;
    let (from, to) = (bytes.chunks_exact(bytes_of(width).max(1)), all.chunks_exact_mut(bytes_of(order.len()).max(1)));
    for (from, to) in from.zip(to) {
        pack(order, |unit| from.get(unit / 8).is_some_and(|byte| is_set(*byte, *unit)), to);
    }
    Ok(all)
}

/// The number of values that are packed at once.
const AT_ONCE: usize = 64;

/// Sets in `to`, which is zero, the bit of each value for which `is_one` holds. The first value has
/// bit 0 of the first byte.
pub(crate) fn pack<V>(values: &[V], is_one: impl Fn(&V) -> bool + Copy, to: &mut [u8]) {
    let pack = Pack { values, is_one, to };
    // The choice of the vectors takes longer than a short loop.
    if values.len() < 2 * AT_ONCE { pack.run() } else { vectorize(pack) }
}

struct Pack<'p, V, F> {
    values: &'p [V],
    is_one: F,
    to: &'p mut [u8],
}

impl<V, F: Fn(&V) -> bool + Copy> SimdLoop for Pack<'_, V, F> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        let Self { values, is_one, to } = self;
        let (whole, rest) = values.as_chunks::<AT_ONCE>();
        let (to, last) = to.split_at_mut_checked(whole.len() * (AT_ONCE / 8)).unwrap_or_default();
        for (values, to) in whole.iter().zip(to.chunks_exact_mut(AT_ONCE / 8)) {
            let mut flags = [0; AT_ONCE];
            for (flag, value) in flags.iter_mut().zip(values) {
                *flag = u8::from(is_one(value));
            }
            // Spikes are rare, so that most of these chunks have none.
            if flags.iter().fold(0, |any, flag| any | flag) != 0 {
                set(to, &flags);
            }
        }
        let mut flags = [0; AT_ONCE];
        for (flag, value) in flags.iter_mut().zip(rest) {
            *flag = u8::from(is_one(value));
        }
        set(last, &flags);
    }
}

/// Packs flags, each 0 or 1.
#[inline(always)]
fn set(to: &mut [u8], flags: &[u8; AT_ONCE]) {
    // The product moves bit 0 of each byte k to bit 56 + k, without carries.
    const GATHER: u64 = 0x0102_0408_1020_4080;
    let (eights, _) = flags.as_chunks::<8>();
    for (byte, eight) in to.iter_mut().zip(eights) {
        *byte = (u64::from_le_bytes(*eight).wrapping_mul(GATHER) >> 56) as u8;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 0, 1 and other values in an order without a period of 8.
    fn values(len: usize) -> Vec<f32> {
        let of = |k: usize| [0.0, 1.0, -0.0, f32::NAN, 0.0, 1e-45, -3.0, 0.0, 0.0, 0.0, 2.0][k * k % 11];
        (0..len).map(of).collect()
    }

    #[test]
    fn bit_k_of_byte_j_is_value_8j_plus_k() {
        for len in [0, 1, 7, 8, 9, 63, 64, 65, 127, 128, 129, 1003] {
            let values = values(len);
            let mut bytes = vec![0; bytes_of(len)];
            pack(&values, |v| *v != 0.0, &mut bytes);
            for bit in 0..8 * bytes.len() {
                let expected = values.get(bit).is_some_and(|v| *v != 0.0);
                assert_eq!(is_set(bytes[bit / 8], bit), expected, "bit {bit} of {len}");
            }
        }
    }

    #[test]
    fn all_bytes_occur() {
        for byte in 0..=255_u8 {
            let values: Vec<u8> = (0..8).map(|k| byte >> k & 1).collect();
            let mut to = [0];
            pack(&values, |v| *v != 0, &mut to);
            assert_eq!(to, [byte]);
        }
    }

    #[test]
    fn shared_bytes_are_added_step_by_step() {
        let mut buffer = BitBuffer::new(vec![0; 3 * 4], 2, 9);
        buffer.chunk(1).fill(1);
        buffer.advance(1);
        assert_eq!(buffer.chunk(2).len(), 8);
        buffer.add(1, &[2, 4]);
        assert_eq!(buffer.bytes, [1, 1, 1, 1, 0, 2, 0, 0, 0, 4, 0, 0]);
        buffer.advance(2);
        assert!(buffer.chunk(5).is_empty());
        assert_eq!((BitBuffer::len(3, 2, 9), BitBuffer::len(usize::MAX, 2, 9)), (Some(12), None));
    }

    #[test]
    fn bits_are_taken_in_the_requested_order() {
        // Two rows of 9 bits.
        let bytes = [0b0000_0101, 1, 0b1000_0010, 0];
        let all = reordered(&bytes, (2, 9), &[8, 0, 0, 1, 2, 7, 8, 8, 8, 3]).unwrap();
        assert_eq!(all, [0b1101_0111, 0b01, 0b0010_1000, 0]);
    }
}
