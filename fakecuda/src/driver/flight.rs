//! Work in flight. Two pieces of work in different streams are unordered if neither waits for the
//! other, so a GPU may run them at the same time. If both access the same bytes and one writes,
//! that is a race, regardless of their order in this driver.

use super::Failure;
use super::code::Code;
use super::queue::{End, Op};
use super::state::{Outcome, State};

/// The bytes of the device that a copy or a fill accesses, with its description.
#[derive(Clone)]
pub(crate) struct Touch {
    at: u64,
    bytes: usize,
    writes: bool,
    what: String,
}

/// A completed copy or fill, and the work that is unordered with it: for each stream, all work up
/// to a position.
pub(crate) struct Trail {
    touch: Touch,
    beside: Vec<(usize, u64)>,
}

/// A checksum, which practically always differs where bytes differ.
pub(super) fn checksum(bytes: &[u8]) -> u64 {
    let mix = |sum: u64, word: u64| (sum.rotate_left(5) ^ word).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    let (words, rest) = bytes.as_chunks::<8>();
    let sum = words.iter().fold(bytes.len() as u64, |sum, word| mix(sum, u64::from_le_bytes(*word)));
    rest.iter().fold(sum, |sum, byte| mix(sum, u64::from(*byte)))
}

/// The device memory that a piece of work other than a launch accesses.
fn touched(op: &Op, stream: usize) -> Vec<Touch> {
    let touch = |at, bytes, writes, what: &str| Touch {
        at,
        bytes,
        writes,
        what: format!("{what} of {bytes} bytes in stream {stream:#x}"),
    };
    match op {
        Op::Copy { to: End::Device(to), from: End::Device(from), bytes, .. } => {
            vec![
                touch(*to, *bytes, true, "the copy on the device"),
                touch(*from, *bytes, false, "the copy on the device"),
            ]
        }
        Op::Copy { to: End::Device(to), from: End::Taken(_), bytes, .. } => {
            vec![touch(*to, *bytes, true, "the copy from pageable memory")]
        }
        Op::Copy { to: End::Device(to), bytes, .. } => vec![touch(*to, *bytes, true, "the copy from pinned memory")],
        Op::Copy { from: End::Device(from), bytes, .. } => vec![touch(*from, *bytes, false, "the copy to the host")],
        Op::Set { at, value, count } => vec![touch(*at, value.len() * count, true, "the fill")],
        _ => Vec::new(),
    }
}

impl Touch {
    fn meets(&self, other: &Touch) -> bool {
        let apart = self.at + self.bytes as u64 <= other.at || other.at + other.bytes as u64 <= self.at;
        !apart && (self.writes || other.writes) && self.bytes > 0 && other.bytes > 0
    }
}

impl State {
    /// The work of another stream that is unordered with this piece of work: everything before the
    /// first operation that waits, because that operation may wait for this piece of work. So
    /// nothing is reported about two pieces that may be ordered by way of a third stream.
    fn beside(&self, (stream, n): (usize, u64), other: usize) -> impl Iterator<Item = &(u64, Op)> {
        let of = |handle: usize| self.streams.get(&handle);
        let independent = |handle: usize| handle != 0 && of(handle).is_some_and(|s| s.independent);
        // The legacy stream's work waits for all blocking streams, and blocking streams wait for
        // the legacy stream.
        let after = match (stream, other) {
            (a, b) if independent(a) || independent(b) => u64::MAX,
            (0, _) | (_, 0) => n,
            _ => of(0).into_iter().flat_map(|s| &s.queue).map(|(m, _)| *m).find(|m| *m > n).unwrap_or(u64::MAX),
        };
        let queue =
            of(other).filter(|_| other != stream && !self.waiting.contains(&other)).into_iter().flat_map(|s| &s.queue);
        queue.take_while(move |(m, op)| {
            let blocked = match op {
                Op::Wait { event, turn } => self.events.get(event).is_some_and(|e| e.done < *turn),
                _ => false,
            };
            *m < after && !blocked
        })
    }

    /// The copies and fills of other streams that are unordered with this piece of work.
    fn in_flight(&self, stream: usize, n: u64) -> Vec<Touch> {
        let others = self.streams.keys().filter(|h| **h != stream);
        let mut found: Vec<Touch> =
            others.flat_map(|&h| self.beside((stream, n), h).flat_map(move |(_, op)| touched(op, h))).collect();
        let done = self.trails.iter().filter(|t| t.beside.iter().any(|(s, last)| *s == stream && n <= *last));
        found.extend(done.map(|t| t.touch.clone()));
        found
    }

    /// Checks a copy or fill before it runs: no unordered work may access the same bytes.
    pub(super) fn meet(&mut self, op: &Op, stream: usize, n: u64) -> Outcome {
        let mine = touched(op, stream);
        if mine.is_empty() {
            return Ok(());
        }
        let others = self.in_flight(stream, n);
        if let Some((me, other)) = mine.iter().find_map(|me| others.iter().find(|o| me.meets(o)).map(|o| (me, o))) {
            let what = format!("{} and {} touch the same bytes, and neither waits for the other", me.what, other.what);
            return Err(self.race(what));
        }
        let beside: Vec<_> = (self.streams.keys().filter(|h| **h != stream))
            .filter_map(|&h| self.beside((stream, n), h).last().map(|(last, _)| (h, *last)))
            .collect();
        let pending = |(h, last): &(usize, u64)| {
            self.streams.get(h).is_some_and(|s| s.queue.front().is_some_and(|(m, _)| m <= last))
        };
        let mut trails = std::mem::take(&mut self.trails);
        trails.retain(|t| t.beside.iter().any(pending));
        if !beside.is_empty() {
            trails.extend(mine.into_iter().map(|touch| Trail { touch, beside: beside.clone() }));
        }
        self.trails = trails;
        Ok(())
    }

    /// Before a launch, marks the bytes that the kernel must not access. Returns the marked
    /// regions.
    pub(super) fn take_off(&mut self, stream: usize, n: u64) -> Vec<usize> {
        let flights = self.in_flight(stream, n);
        flights.into_iter().filter_map(|t| self.memory.fly(t.at, t.bytes, t.writes, t.what)).collect()
    }

    /// Reports a race outside a kernel. The device is lost, as after a kernel's fault.
    pub(super) fn race(&mut self, what: String) -> Failure {
        self.lost = Some(Code::ERROR_LAUNCH_FAILED);
        Code::ERROR_LAUNCH_FAILED.why(what)
    }

    /// Adds to a copy the checksum of the pinned memory that it will read, unless queued work will
    /// write to that memory first.
    pub(super) fn remember(&self, mut op: Op) -> Op {
        if let Op::Copy { from: End::Host(at), bytes, sum, .. } = &mut op {
            // SAFETY: the memory is pinned, and its size was checked when the copy was enqueued.
            *sum = (!self.writes_host(*at, *bytes))
                .then(|| checksum(unsafe { std::slice::from_raw_parts(*at as *const u8, *bytes) }));
        }
        op
    }

    fn any_queued(&self, what: impl Fn(&Op) -> bool) -> bool {
        self.streams.values().any(|s| s.queue.iter().any(|(_, op)| what(op)))
    }

    /// Whether queued work still reads these bytes of the host.
    pub(crate) fn reads_host(&self, at: usize, bytes: usize) -> bool {
        self.any_queued(|op| {
            matches!(op, Op::Copy { from: End::Host(a), bytes: n, .. } if *a < at + bytes && at < a + n)
                || matches!(op, Op::Call { .. })
        })
    }

    /// Whether queued work still writes to these bytes of the host.
    pub(crate) fn writes_host(&self, at: usize, bytes: usize) -> bool {
        self.any_queued(|op| {
            matches!(op, Op::Copy { to: End::Host(a), bytes: n, .. } if *a < at + bytes && at < a + n)
                || matches!(op, Op::Call { .. })
        })
    }
}
