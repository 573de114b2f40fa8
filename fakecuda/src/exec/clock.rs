//! What happened before what within a cluster: a vector clock for each warp, and for each engine that copies or
//! multiplies beside them.

/// The last time of each actor whose accesses to shared memory are known to be done.
#[derive(Clone, Default, Debug)]
pub(crate) struct Clock {
    known: Vec<u32>,
    /// The part that a `fence.proxy.async` has made ready for the asynchronous engines; empty where a kernel has none.
    fenced: Vec<u32>,
}

fn join(to: &mut [u32], from: &[u32]) {
    for (t, f) in to.iter_mut().zip(from) {
        *t = (*t).max(*f);
    }
}

impl Clock {
    /// Of nobody, who knows nothing.
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

    /// What `who` does from now on is later than all before.
    #[inline]
    pub(crate) fn tick(&mut self, who: u32) {
        self.known[who as usize] += 1;
    }

    pub(crate) fn join(&mut self, other: &Clock) {
        join(&mut self.known, &other.known);
        join(&mut self.fenced, &other.fenced);
    }

    /// One actor's accesses up to a time are known.
    pub(crate) fn learn(&mut self, who: u32, time: u32) {
        let k = &mut self.known[who as usize];
        *k = (*k).max(time);
    }

    /// `fence.proxy.async`: all that is known now is ready for the engines.
    pub(crate) fn fence(&mut self) {
        join(&mut self.fenced, &self.known);
    }

    pub(crate) fn is_fenced(&self, who: u32, time: u32) -> bool {
        self.fenced.get(who as usize).is_some_and(|&t| t >= time)
    }

    /// Nothing known any more; keeps the room.
    pub(crate) fn clear(&mut self) {
        self.known.fill(0);
        self.fenced.fill(0);
    }

    /// Whether anything is known of some of the actors.
    pub(crate) fn has_met(&self, mut actors: std::ops::Range<u32>) -> bool {
        actors.any(|a| self.known[a as usize] > 0)
    }
}
