//! The recordings of a run: allocated before its first step, and handed to the caller after its
//! last.

use super::AnyLoop;
use crate::error::{Error, Result};
use crate::numeric::scalar::Scalar;
use crate::recording::stride::Stride;
use crate::recording::{BitBuffer, Buffer, Events, Form, Handle, Recorded, Recording};

/// The recordings of a run.
pub(super) struct RunRecords<T> {
    /// The output, then one buffer for each monitor. It is empty for a monitor of events or bits.
    pub(super) buffers: Vec<Buffer<T>>,
    /// The bits of each monitor; empty for other monitors.
    pub(super) bits: Vec<BitBuffer>,
    /// The events of each monitor.
    pub(super) events: Vec<Events>,
    ts: Vec<f64>,
}

impl<T: Scalar> RunRecords<T> {
    /// Allocates the recordings of `steps` steps from the present position of the loop. `extra` is
    /// the number of other bytes that the run needs.
    pub(super) fn new(over_time: &AnyLoop<'_, T>, steps: usize, extra: u64) -> Result<Self> {
        let AnyLoop { clock, handles, layout, schema, record_output, every, .. } = over_time;
        let kept = |every: u64| Stride::new(every, clock.i()).count(steps);
        let mut wanted = Vec::with_capacity(1 + handles.len());
        wanted.push(if *record_output { (kept(*every), schema.output_len()) } else { (0, 0) });
        let size = |h: &Handle| (kept(h.every), h.width(layout));
        wanted.extend(handles.iter().map(|h| if h.form == Form::Values { size(h) } else { (0, 0) }));
        let of_bits = |h: &Handle| {
            let (kept, width) = if h.form == Form::Bits { size(h) } else { (0, 0) };
            // At the end the bits are copied in the requested order.
            let copied = h.order().filter(|_| kept > 0).map_or(0, <[usize]>::len);
            (BitBuffer::len(kept, layout.rows, width), BitBuffer::len(kept, layout.rows, copied), width)
        };
        let of_bits: Vec<_> = handles.iter().map(of_bits).collect();
        let bytes = of_bits.iter().flat_map(|(own, copied, _)| [*own, *copied]);
        let bytes = bytes.fold(0_u64, |sum, bytes| sum.saturating_add(bytes.map_or(u64::MAX, |n| n as u64)));
        let times = if *record_output || !handles.is_empty() { kept(*every) } else { 0 };
        let (buffers, mut ts) = allocate::<T>(&wanted, layout.rows, times, (bytes, extra))?;
        let bits = (of_bits.into_iter())
            .map(|(len, _, width)| {
                let bytes = crate::memory::zeros("recording of bits", len.unwrap_or(usize::MAX))?;
                Ok(BitBuffer::new(bytes, layout.rows, width))
            })
            .collect::<Result<_>>()?;
        if times > 0 {
            let every = Stride::new(*every, clock.i());
            ts.extend((0..steps).filter(|k| every.keeps(*k)).map(|k| clock.time(k as u64)));
        }
        Ok(Self { buffers, bits, events: vec![Events::default(); handles.len()], ts })
    }

    /// The recording of `steps` steps that end at the present position of the loop.
    pub(super) fn finish(
        mut self,
        over_time: &AnyLoop<'_, T>,
        steps: usize,
        lengths: Option<&[usize]>,
    ) -> Result<Recording<T>> {
        let AnyLoop { clock, handles, layout, schema, every, batch, first_axis, structure, .. } = over_time;
        if let Some((lengths, output)) = lengths.zip(self.buffers.first_mut()) {
            // The output beyond the length of a row is 0, even if the last layer computes something
            // else.
            let every = Stride::new(*every, clock.i() - steps as u64);
            blank(&mut output.values, lengths, (0..steps).filter(|k| every.keeps(*k)), schema.output_len());
        }
        let mut buffers = self.buffers.into_iter();
        let output = match buffers.next() {
            Some(buffer) => buffer.into_array(*batch, *first_axis, None, &schema.output)?,
            None => ndarray::ArrayD::default(vec![0]),
        };
        let mut entries = Vec::with_capacity(handles.len());
        let start = clock.i() - steps as u64;
        for (((handle, buffer), bits), events) in handles.iter().zip(buffers).zip(self.bits).zip(self.events) {
            let recorded = match handle.form {
                Form::Events => Recorded::Events(events),
                Form::Bits => {
                    let every = Stride::new(handle.every, start);
                    let size = (every.count(steps), layout.rows, handle.width(layout));
                    let first = start.saturating_add(every.step(0));
                    Recorded::Bits(bits.into_bits(size, *batch, *first_axis, handle, first)?)
                }
                Form::Values => {
                    Recorded::Dense(buffer.into_array(*batch, *first_axis, Some(handle), handle.shape())?)
                }
            };
            entries.push((handle.label.clone(), recorded));
        }
        let (i, t) = (clock.i(), clock.t());
        let (ts, steps, structure) = (self.ts, steps as u64, structure.clone());
        Ok(Recording { output, ts, steps, i, t, entries, structure, clock: *clock })
    }
}

/// Allocates the recordings of values and `times` times. If they, the recordings of `bits` bytes, and
/// the `extra` other bytes of the run do not fit in memory, this returns an error before it allocates
/// anything.
fn allocate<T: Scalar>(
    wanted: &[(usize, usize)],
    rows: usize,
    times: usize,
    (bits, extra): (u64, u64),
) -> Result<(Vec<Buffer<T>>, Vec<f64>)> {
    let what = if extra > 0 { "a run with its recording" } else { "recording" };
    let too_much = |need: u64| Error::OutOfMemory { what: what.into(), need, free: crate::memory::free() };
    let lengths: Option<Vec<usize>> =
        wanted.iter().map(|(kept, width)| kept.checked_mul(rows)?.checked_mul(*width)).collect();
    let lengths = lengths.ok_or_else(|| too_much(u64::MAX))?;
    let of_times = (times as u64).saturating_mul(size_of::<f64>() as u64);
    let bytes = lengths.iter().fold(of_times.saturating_add(bits).saturating_add(extra), |sum, n| {
        sum.saturating_add((*n as u64).saturating_mul(size_of::<T>() as u64))
    });
    crate::memory::require(what, bytes)?;
    let take = |((kept, _), len): (&(usize, usize), usize)| {
        Ok(Buffer { values: crate::memory::zeroed(what, len)?, kept: *kept })
    };
    let buffers = wanted.iter().zip(lengths).map(take).collect::<Result<_>>()?;
    Ok((buffers, crate::memory::room(what, times)?))
}

/// Sets the output of each row to 0 beyond the length of the row. `output` is
/// `[kept steps, rows, len]`, and `kept` lists the recorded steps.
fn blank<T: Scalar>(output: &mut [T], lengths: &[usize], kept: impl Iterator<Item = usize>, len: usize) {
    let rows = output.chunks_exact_mut((lengths.len() * len).max(1));
    for (k, step) in kept.zip(rows) {
        for (row, _) in step.chunks_exact_mut(len.max(1)).zip(lengths).filter(|(_, length)| k >= **length) {
            row.fill(T::zeroed());
        }
    }
}
