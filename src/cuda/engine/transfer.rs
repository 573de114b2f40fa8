//! Transfers the inputs and recordings of a run. They are host arrays, copied through pinned
//! memory, or arrays in device memory, which need no copy.

use super::recorded_bits;
use crate::cuda::driver::memory::{ALIGN, aligned};
use crate::cuda::driver::stream::Stream;
use crate::cuda::schedule::chunk_buffers::ChunkBuffers;
use crate::cuda::schedule::plan::Recording;
use crate::cuda::structs::launch_args::{MAX_PORTS, Port};
use crate::engine::boundary::{DeviceIo, HostIo, RunIo, Series};
use crate::error::Result;
use crate::recording::Form;
use crate::recording::bits::bytes_of;
use crate::system::clock::Clock;
use std::ops::Range;

/// The layout of inputs and recordings: the recordings, the bytes of an element, and whether inputs
/// need all their elements (`whole`).
#[derive(Clone, Copy)]
pub(crate) struct IoLayout<'f> {
    pub(crate) recordings: &'f [Recording],
    pub(crate) element: usize,
    pub(crate) whole: bool,
    pub(crate) keeps_output: bool,
}

/// The inputs and recordings of a chunk on the device.
pub(crate) struct ChunkTransfer {
    pub(crate) ports: [Port; MAX_PORTS],
    pub(crate) given: u32,
    pub(crate) records: Vec<u64>,
    /// For each recording its byte offset and the number of steps that it keeps.
    regions: Vec<(usize, usize)>,
    /// Bytes to download.
    bytes: usize,
}

impl ChunkTransfer {
    /// The address of the first recording and its number of elements. A system without state is
    /// checked for non-finite values there.
    pub(crate) fn output(&self, recordings: &[Recording]) -> (u64, usize) {
        let first = self.records.first().zip(self.regions.first()).zip(recordings.first());
        first.map_or((0, 0), |((at, (_, kept)), recording)| (*at, kept * recording.stride))
    }
}

/// Returns how many elements of each axis must be stored: 1 if the series is the same along this
/// axis, unless `whole` requires all.
fn extents(series: &dyn Series, whole: bool) -> [usize; 3] {
    series.axes().map(|(len, repeats)| if repeats && !whole { len.min(1) } else { len })
}

impl RunIo<'_> {
    pub(crate) fn is_recorded_on_device(&self) -> bool {
        matches!(self, Self::Device(_))
    }

    /// Returns the bytes of all inputs of the run; 0 if they are on the device.
    pub(crate) fn bytes(&self, form: IoLayout<'_>) -> usize {
        let Self::HostIo(host) = self else { return 0 };
        let one = |series: &&dyn Series| {
            extents(*series, form.whole).iter().fold(form.element, |all, n| all.saturating_mul(*n))
        };
        host.views.iter().flatten().fold(0, |sum, series| aligned(sum).saturating_add(one(series)))
    }

    /// Returns the maximum number of steps whose inputs fit into this number of bytes.
    pub(crate) fn most(&self, bytes: usize, form: IoLayout<'_>) -> u64 {
        let Self::HostIo(host) = self else { return u64::MAX };
        let (mut fixed, mut each) = (0_usize, 0_usize);
        for series in host.views.iter().flatten() {
            let [steps, rows, units] = extents(*series, form.whole);
            let one = rows * units * form.element;
            fixed += ALIGN;
            if steps > 1 { each += one } else { fixed += one }
        }
        (bytes.saturating_sub(fixed).checked_div(each)).map_or(u64::MAX, |n| (n as u64).max(1))
    }

    /// Enqueues the upload of the inputs of `steps` steps, from step `before` of the run on. Inputs
    /// in device memory are not copied.
    pub(crate) fn enqueue_upload(
        &mut self,
        buffers: &mut ChunkBuffers,
        stream: &Stream,
        clock: Clock,
        before: u64,
        steps: u64,
        form: IoLayout<'_>,
    ) -> Result<ChunkTransfer> {
        let kept = form.recordings.iter().map(|r| (r.kept(clock.i(), steps) as usize, r.bytes(form.element)));
        match self {
            Self::HostIo(host) => {
                let (ports, given) = host.upload(buffers, stream, before as usize..(before + steps) as usize, form)?;
                let (mut bytes, mut regions) = (0_usize, Vec::with_capacity(form.recordings.len()));
                for (kept, each) in kept {
                    regions.push((bytes, kept));
                    bytes = (bytes + kept * each).next_multiple_of(ALIGN);
                }
                // The last region ends at its own end, which need not be aligned.
                bytes = bytes.min(buffers.record.len());
                let records = regions.iter().map(|(at, _)| buffers.record.address(*at)).collect();
                Ok(ChunkTransfer { ports, given, records, regions, bytes })
            }
            Self::Device(device) => {
                let (ports, given) = device.ports(before, form.element);
                let (mut records, mut regions) =
                    (Vec::with_capacity(device.records.len()), Vec::with_capacity(device.records.len()));
                for ((buffer, written), (kept, each)) in device.records.iter_mut().zip(kept) {
                    records.push(buffer.address(*written));
                    regions.push((*written, kept));
                    *written += kept * each;
                }
                Ok(ChunkTransfer { ports, given, records, regions, bytes: 0 })
            }
        }
    }

    /// Enqueues the download of the recordings.
    pub(crate) fn enqueue_download(
        &self,
        buffers: &mut ChunkBuffers,
        stream: &Stream,
        transfer: &ChunkTransfer,
    ) -> Result<()> {
        buffers.record.download(0, &mut buffers.host_record, 0, transfer.bytes, stream)
    }

    /// Copies the downloaded recordings to the caller's arrays.
    pub(crate) fn unpack(
        &mut self,
        buffers: &ChunkBuffers,
        clock: Clock,
        transfer: &ChunkTransfer,
        form: IoLayout<'_>,
    ) -> Result<()> {
        let Self::HostIo(host) = self else { return Ok(()) };
        for (r, ((at, kept), recording)) in transfer.regions.iter().zip(form.recordings).enumerate() {
            // The first of `places` is the output's, even if it is not recorded.
            let place = if form.keeps_output { r } else { r + 1 };
            let handle = place.checked_sub(1).and_then(|h| host.handles.get(h));
            let of_bits = handle.filter(|handle| handle.form == Form::Bits);
            let mut next = |len: usize| {
                let all = host.places.get_mut(place).map(std::mem::take).unwrap_or_default();
                let (here, rest) = all.split_at_mut_checked(len).unwrap_or_default();
                if let Some(all) = host.places.get_mut(place) {
                    *all = rest;
                }
                here
            };
            match (recording.bits, of_bits) {
                (None, None) => {
                    let len = kept * recording.bytes(form.element);
                    let here = next(len);
                    here.copy_from_slice(&buffers.host_record.slice::<u8>(*at, len)?[..here.len()]);
                }
                (None, Some(_)) => {
                    let values = buffers.host_record.slice::<u8>(*at, kept * recording.bytes(form.element))?;
                    let rows = recording.stride.checked_div(recording.width).unwrap_or(0);
                    let here = next(kept * rows * bytes_of(recording.width));
                    recorded_bits::pack_values(values, form.element, recording.width, here);
                }
                (Some(groups), Some(handle)) => {
                    let words = buffers.host_record.slice::<u32>(*at, kept * recording.stride)?;
                    let here = next(kept * recorded_bits::bytes(recording, groups, handle));
                    recorded_bits::copy(words, recording, groups, handle, here);
                }
                (Some(groups), None) => {
                    let words = buffers.host_record.slice::<u32>(*at, kept * recording.stride)?;
                    if let Some((events, handle)) = host.events.get_mut(place - 1).zip(handle) {
                        let found = recorded_bits::decode(words, recording, groups, clock.i(), handle);
                        events.extend(found, recording.width)?;
                    }
                }
            }
        }
        Ok(())
    }

    /// Returns one element of the first recording, after the chunk has been waited for.
    pub(crate) fn element(
        &self,
        buffers: &ChunkBuffers,
        transfer: &ChunkTransfer,
        index: usize,
        form: IoLayout<'_>,
    ) -> Result<[u8; 8]> {
        let mut value = [0; 8];
        let bytes = &mut value[..form.element.min(8)];
        let at = transfer.regions.first().map_or(0, |(at, _)| *at).saturating_add(index.saturating_mul(form.element));
        match self {
            Self::HostIo(_) => bytes.copy_from_slice(buffers.host_record.slice::<u8>(at, bytes.len())?),
            Self::Device(device) => device.records.first().map_or(Ok(()), |(buffer, _)| buffer.read(at, bytes))?,
        }
        Ok(value)
    }
}

impl DeviceIo {
    /// Returns the inputs from this step of the run on.
    fn ports(&self, before: u64, element: usize) -> ([Port; MAX_PORTS], u32) {
        let (mut ports, mut given) = ([Port::default(); MAX_PORTS], 0);
        for (p, (port, input)) in ports.iter_mut().zip(&self.inputs).enumerate() {
            if let Some((at, [step, row, unit])) = input {
                let begin = if *at == 0 { 0 } else { at + before * (step * element) as u64 };
                *port = Port { at: begin, step: *step as u64, row: *row as u64, unit: *unit as u64 };
                given |= 1 << p;
            }
        }
        (ports, given)
    }
}

impl HostIo<'_> {
    fn upload(
        &self,
        buffers: &mut ChunkBuffers,
        stream: &Stream,
        steps: Range<usize>,
        form: IoLayout<'_>,
    ) -> Result<([Port; MAX_PORTS], u32)> {
        let (mut ports, mut given, mut bytes) = ([Port::default(); MAX_PORTS], 0, 0_usize);
        for (p, (port, series)) in ports.iter_mut().zip(&self.views).enumerate() {
            let Some(series) = series else { continue };
            let [all, rows, units] = extents(*series, form.whole);
            let some = if all > 1 { steps.clone() } else { 0..all };
            let len = some.len() * rows * units * form.element;
            series.copy(some, rows, units, buffers.host_input.slice_mut::<u8>(bytes, len)?);
            let stride = |extent: usize, stride: usize| if extent > 1 { stride as u64 } else { 0 };
            *port = Port {
                at: buffers.input.address(bytes),
                step: stride(all, rows * units),
                row: stride(rows, units),
                unit: stride(units, 1),
            };
            given |= 1 << p;
            bytes = (bytes + len).next_multiple_of(ALIGN);
        }
        buffers.input.upload(0, &buffers.host_input, 0, bytes.min(buffers.input.len()), stream)?;
        Ok((ports, given))
    }
}
