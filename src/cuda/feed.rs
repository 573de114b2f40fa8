//! Where a run's inputs come from and its recordings go: arrays of the host, by way of pinned memory, or memory of the device.

use super::engine::Side;
use super::job::{MAX_PORTS, Port};
use super::memory::ALIGN;
use super::plan::Recording;
use super::stream::Stream;
use crate::clock::Clock;
use crate::error::Result;
use crate::recording::{Events, Handle};
use crate::scalar::Scalar;
use ndarray::{ArrayView3, ArrayViewMut3, Axis, s};
use std::ops::Range;

/// Inputs and recordings of a run.
pub(crate) enum Feed<'r, T> {
    Host(Host<'r, T>),
    Device(OnDevice),
}

/// Arrays of the host.
pub(crate) struct Host<'r, T> {
    /// For each port `[steps, rows, features]`, of any strides (0 where it stretches), or nothing.
    pub(crate) views: &'r [Option<ArrayView3<'r, T>>],
    /// What is still to be written of each dense recording: the output, then one for each handle.
    pub(crate) places: Vec<&'r mut [T]>,
    pub(crate) events: &'r mut [Events],
    pub(crate) handles: &'r [Handle],
}

impl<'r, T> From<Host<'r, T>> for Feed<'r, T> {
    fn from(host: Host<'r, T>) -> Self {
        Self::Host(host)
    }
}

/// Memory of the device: all of the run's inputs and recordings lie there.
pub(crate) struct OnDevice {
    pub(crate) ports: [Port; MAX_PORTS],
    pub(crate) given: u32,
    /// For each recording where it begins; what of it has been written, in bytes, is kept here.
    pub(crate) records: Vec<(u64, u64)>,
    pub(crate) element: usize,
}

/// A chunk's inputs and recordings on the device.
pub(super) struct Shipment {
    pub(super) ports: [Port; MAX_PORTS],
    pub(super) given: u32,
    pub(super) records: Vec<u64>,
    /// For each recording where it begins in the side's memory, in bytes, and how many steps it keeps.
    regions: Vec<(usize, usize)>,
    /// Bytes of all of them.
    bytes: usize,
    /// The first recording, and its elements: what is looked at where there is no state.
    pub(super) output: Option<(u64, usize)>,
}

/// How many elements of each axis have to be there: 1 where the view stretches, unless it is to be there `whole`.
fn extents<T>(view: &ArrayView3<'_, T>, whole: bool) -> [usize; 3] {
    [0, 1, 2].map(|axis| {
        let len = view.len_of(Axis(axis));
        if !whole && view.strides()[axis] == 0 { len.min(1) } else { len }
    })
}

impl<T: Scalar> Feed<'_, T> {
    pub(super) fn is_recorded_on_device(&self) -> bool {
        matches!(self, Self::Device(_))
    }

    /// Most steps whose inputs fit into this many bytes.
    pub(super) fn most(&self, bytes: usize, whole: bool) -> u64 {
        let Self::Host(host) = self else { return u64::MAX };
        let (mut fixed, mut each) = (0_usize, 0_usize);
        for view in host.views.iter().flatten() {
            let [steps, rows, units] = extents(view, whole);
            let one = rows * units * size_of::<T>();
            fixed += ALIGN;
            if steps > 1 { each += one } else { fixed += one }
        }
        (bytes.saturating_sub(fixed).checked_div(each)).map_or(u64::MAX, |n| (n as u64).max(1))
    }

    /// Asks for the inputs of `steps` steps, `before` steps into the run, to be put where the device finds them.
    pub(super) fn ship(
        &mut self,
        side: &mut Side,
        stream: &Stream,
        clock: Clock,
        before: u64,
        steps: u64,
        (recordings, whole): (&[Recording], bool),
    ) -> Result<Shipment> {
        let kept = |r: &Recording| r.kept(clock.i(), steps);
        match self {
            Self::Host(host) => {
                let (ports, given) = host.upload(side, stream, before as usize..(before + steps) as usize, whole)?;
                let (mut bytes, mut regions) = (0_usize, Vec::with_capacity(recordings.len()));
                for recording in recordings {
                    let kept = kept(recording) as usize;
                    regions.push((bytes, kept));
                    bytes = (bytes + kept * recording.bytes(size_of::<T>())).next_multiple_of(ALIGN);
                }
                // The last region ends where it ends, and not where the next one would begin.
                bytes = bytes.min(side.record.len());
                let records: Vec<u64> = regions.iter().map(|(at, _)| side.record.address(*at)).collect();
                let output =
                    (records.first().zip(regions.first()).zip(recordings.first())).map(|((at, (_, kept)), r)| (*at, kept * r.stride));
                Ok(Shipment { ports, given, records, regions, bytes, output })
            }
            Self::Device(device) => {
                let mut ports = device.ports;
                for port in ports.iter_mut().filter(|p| p.at != 0) {
                    port.at += before * port.step * device.element as u64;
                }
                let records: Vec<u64> = device.records.iter().map(|(at, written)| at + written).collect();
                let output = records.first().zip(recordings.first()).map(|(at, r)| (*at, kept(r) as usize * r.stride));
                for ((_, written), recording) in device.records.iter_mut().zip(recordings) {
                    *written += kept(recording) * recording.bytes(device.element) as u64;
                }
                Ok(Shipment { ports, given: device.given, records, regions: Vec::new(), bytes: 0, output })
            }
        }
    }

    /// Asks for the recordings to be brought to the host.
    pub(super) fn fetch(&self, side: &mut Side, stream: &Stream, shipment: &Shipment) -> Result<()> {
        side.record.download(0, &mut side.host_record, 0, shipment.bytes, stream)
    }

    /// Hands out what was brought.
    pub(super) fn unpack(
        &mut self,
        side: &Side,
        clock: Clock,
        shipment: &Shipment,
        recordings: &[Recording],
        has_output: bool,
    ) -> Result<()> {
        let Self::Host(host) = self else { return Ok(()) };
        for (r, ((at, kept), recording)) in shipment.regions.iter().zip(recordings).enumerate() {
            // Places begin with the output's, whether it is kept or not.
            let place = if has_output { r } else { r + 1 };
            match recording.bits {
                None => {
                    let len = kept * recording.stride;
                    let Some(all) = host.places.get_mut(place) else { continue };
                    let (here, rest) = std::mem::take(all).split_at_mut_checked(len).unwrap_or_default();
                    here.copy_from_slice(&side.host_record.slice::<T>(*at, len)?[..here.len()]);
                    *all = rest;
                }
                Some(groups) => {
                    let words = side.host_record.slice::<u32>(*at, kept * recording.stride)?;
                    if let Some((events, handle)) = host.events.get_mut(place - 1).zip(host.handles.get(place - 1)) {
                        events.extend(decode(words, recording, groups, clock.i(), handle), recording.width);
                    }
                }
            }
        }
        Ok(())
    }
}

impl<T: Scalar> Host<'_, T> {
    fn upload(&self, side: &mut Side, stream: &Stream, steps: Range<usize>, whole: bool) -> Result<([Port; MAX_PORTS], u32)> {
        let (mut ports, mut given, mut bytes) = ([Port::default(); MAX_PORTS], 0, 0_usize);
        for (p, (port, view)) in ports.iter_mut().zip(self.views).enumerate() {
            let Some(view) = view else { continue };
            let [all, rows, units] = extents(view, whole);
            let some = if all > 1 { s![steps.clone(), ..rows, ..units] } else { s![..all, ..rows, ..units] };
            let from = view.slice(some);
            let to = side.host_input.slice_mut::<T>(bytes, from.len())?;
            if let Ok(mut to) = ArrayViewMut3::from_shape(from.dim(), to) {
                to.assign(&from);
            }
            let stride = |extent: usize, stride: usize| if extent > 1 { stride as u64 } else { 0 };
            *port =
                Port { at: side.input.address(bytes), step: stride(all, rows * units), row: stride(rows, units), unit: stride(units, 1) };
            given |= 1 << p;
            bytes = (bytes + from.len() * size_of::<T>()).next_multiple_of(ALIGN);
        }
        side.input.upload(0, &side.host_input, 0, bytes.min(side.input.len()), stream)?;
        Ok((ports, given))
    }
}

/// Set bits as (step, flat element).
fn decode(words: &[u32], recording: &Recording, (groups, len): (usize, usize), i: u64, handle: &Handle) -> Vec<(u64, usize)> {
    let each = len.div_ceil(32);
    let mut found = Vec::new();
    if recording.stride == 0 {
        return found;
    }
    for (k, step) in words.chunks_exact(recording.stride).enumerate() {
        let index = i + recording.first(i) + k as u64 * recording.every;
        for (w, word) in step.iter().enumerate().filter(|(_, w)| **w != 0) {
            let (group, start) = (w / each, w % each * 32);
            let bits = (0..32).filter(|b| word >> b & 1 == 1).map(|b| start + b).filter(|e| *e < len && group < groups);
            let wanted =
                |cell: &usize| handle.pick.as_ref().is_none_or(|pick| pick.binary_search(&(cell % recording.width.max(1))).is_ok());
            found.extend(bits.map(|e| group * len + e).filter(wanted).map(|cell| (index, cell)));
        }
    }
    found
}
