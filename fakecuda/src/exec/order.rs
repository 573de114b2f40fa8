//! What happened before what, between blocks: vector clocks that atomic accesses with release and acquire hand on.

use std::collections::HashMap;

/// Of each block, the last time whose accesses are known to be done.
pub(crate) type Known = HashMap<u32, u32>;

pub(crate) fn join(to: &mut Known, from: &Known) {
    for (&block, &time) in from {
        let t = to.entry(block).or_insert(0);
        *t = (*t).max(time);
    }
}

/// One block's view.
#[derive(Default)]
pub(crate) struct View {
    pub(crate) block: u32,
    pub(crate) now: u32,
    seen: Known,
    /// What a fence made ready for the next relaxed write to hand on.
    fenced: Option<Known>,
    /// What relaxed reads saw, for the next fence to take over.
    pending: Known,
    /// Handed-on clocks this block has already taken, by address.
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

    /// Arrives at a barrier with others, to which all it knows is handed.
    pub(crate) fn hand(&mut self, to: &mut Known) {
        join(to, &self.snapshot());
    }

    /// Takes what others handed to a barrier.
    pub(crate) fn take(&mut self, from: &Known) {
        join(&mut self.seen, from);
    }

    /// `fence`, `membar` over the device.
    pub(crate) fn fence(&mut self) {
        let pending = std::mem::take(&mut self.pending);
        join(&mut self.seen, &pending);
        self.fenced = Some(self.snapshot());
    }
}

/// What was handed on at each address.
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
