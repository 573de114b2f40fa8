//! The happens-before order within a cluster. Each warp has a vector clock, and so has each
//! asynchronous engine that copies or multiplies while the warps run.

/// For each actor, the latest time up to which its accesses to shared memory are known to be
/// complete.
#[derive(Clone, Default, Debug)]
pub(crate) struct Clock {
    known: Vec<u32>,
    /// The part of `known` that a `fence.proxy.async` has made visible to the asynchronous engines.
    /// It is empty for a kernel that uses none.
    fenced: Vec<u32>,
}

fn join(to: &mut [u32], from: &[u32]) {
    for (t, f) in to.iter_mut().zip(from) {
        *t = (*t).max(*f);
    }
}

impl Clock {
    /// A clock that knows of no access.
    pub(crate) fn new(actors: usize, engines: bool) -> Clock {
        Clock { known: vec![0; actors], fenced: vec![0; if engines { actors } else { 0 }] }
    }

    #[inline]
    pub(crate) fn knows(&self, who: u32, time: u32) -> bool {
        self.known[who as usize] >= time
    }

    #[inline]
    pub(crate) fn time(&self, who: u32) -> u32 {
        self.known[who as usize]
    }

    /// Advances the clock, so that all later accesses of `who` come after all earlier ones.
    #[inline]
    pub(crate) fn tick(&mut self, who: u32) {
        self.known[who as usize] += 1;
    }

    pub(crate) fn join(&mut self, other: &Clock) {
        join(&mut self.known, &other.known);
        join(&mut self.fenced, &other.fenced);
    }

    /// Marks the accesses of `who` up to `time` as known.
    pub(crate) fn learn(&mut self, who: u32, time: u32) {
        let k = &mut self.known[who as usize];
        *k = (*k).max(time);
    }

    /// `fence.proxy.async`: makes everything that is known now visible to the engines.
    pub(crate) fn fence(&mut self) {
        join(&mut self.fenced, &self.known);
    }

    pub(crate) fn is_fenced(&self, who: u32, time: u32) -> bool {
        self.fenced.get(who as usize).is_some_and(|&t| t >= time)
    }

    /// Forgets everything, and keeps the allocation.
    pub(crate) fn clear(&mut self) {
        self.known.fill(0);
        self.fenced.fill(0);
    }

    /// Whether the clock knows of any access by one of the actors.
    pub(crate) fn has_met(&self, mut actors: std::ops::Range<u32>) -> bool {
        actors.any(|a| self.known[a as usize] > 0)
    }
}
