//! The happens-before order between blocks: vector clocks that atomic accesses pass on by release
//! and acquire.

use std::collections::HashMap;

/// For each block, the latest time up to which its accesses are known to be complete.
pub(crate) type Known = HashMap<u32, u32>;

pub(crate) fn join(to: &mut Known, from: &Known) {
    for (&block, &time) in from {
        let t = to.entry(block).or_insert(0);
        *t = (*t).max(time);
    }
}

/// One block's knowledge of the others.
#[derive(Default)]
pub(crate) struct View {
    pub(crate) block: u32,
    pub(crate) now: u32,
    seen: Known,
    /// The knowledge at the last fence, which the next relaxed write passes on.
    fenced: Option<Known>,
    /// The knowledge that relaxed reads have seen, which the next fence takes over.
    pending: Known,
    /// The version of the released clock that this block has last taken over, by address.
    taken: HashMap<u64, (u64, bool)>,
}

impl View {
    pub(crate) fn new(block: u32) -> View {
        View { block, now: 1, ..View::default() }
    }

    pub(crate) fn knows(&self, block: u32, time: u32) -> bool {
        block == self.block || self.seen.get(&block).is_some_and(|&t| t >= time)
    }

    fn snapshot(&mut self) -> Known {
        let mut c = self.seen.clone();
        c.insert(self.block, self.now);
        self.now += 1;
        c
    }

    /// Arrives at a barrier, and adds all the block's knowledge to the barrier's.
    pub(crate) fn hand(&mut self, to: &mut Known) {
        join(to, &self.snapshot());
    }

    /// Takes over the knowledge that other blocks added to a barrier.
    pub(crate) fn take(&mut self, from: &Known) {
        join(&mut self.seen, from);
    }

    /// A `fence` or `membar` of device scope.
    pub(crate) fn fence(&mut self) {
        let pending = std::mem::take(&mut self.pending);
        join(&mut self.seen, &pending);
        self.fenced = Some(self.snapshot());
    }
}

/// The knowledge that has been released at each address.
#[derive(Default)]
pub(crate) struct Released {
    at: HashMap<u64, (u64, Known)>,
}

impl Released {
    /// An atomic or volatile write.
    pub(crate) fn write(&mut self, address: u64, view: &mut View, release: bool) {
        let clock = if release { view.snapshot() } else { view.fenced.clone().unwrap_or_default() };
        if !clock.is_empty() {
            let (version, to) = self.at.entry(address).or_default();
            *version += 1;
            join(to, &clock);
        }
    }

    /// An atomic or volatile read.
    pub(crate) fn read(&mut self, address: u64, view: &mut View, acquire: bool) {
        let Some((version, clock)) = self.at.get(&address) else { return };
        if view.taken.get(&address) != Some(&(*version, acquire)) {
            view.taken.insert(address, (*version, acquire));
            join(if acquire { &mut view.seen } else { &mut view.pending }, clock);
        }
    }
}
