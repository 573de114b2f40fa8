//! The spikes of a group's last steps as lists of neurons, made once from the masks of the spike
//! ring. Projections whose synapses have delays of their own read the list of each step many times.

use super::deliver::each_spike;
use crate::network::plan::GroupPlan;
use crate::numeric::scalar::Real;

/// The spikes that may still arrive over some synapse.
#[derive(Debug)]
pub(super) struct SpikeLists {
    /// For each batch row and slot of the spike ring, the neurons that spiked, ascending.
    lists: Vec<Vec<u32>>,
    ring_len: usize,
    /// The shortest delay of a projection that reads the lists. Masks are complete this many steps
    /// after their step.
    shortest: u64,
    /// Steps before this one are listed; `None` before the first step.
    listed: Option<u64>,
}

impl SpikeLists {
    pub(super) fn new(plan: &GroupPlan, rows: usize, shortest: u32) -> Self {
        let ring_len = plan.ring_len;
        Self { lists: vec![Vec::new(); rows * ring_len], ring_len, shortest: shortest.into(), listed: None }
    }

    /// Lists the spikes that may arrive in step `i`, from the group's spike ring.
    pub(super) fn update<T: Real>(&mut self, plan: &GroupPlan, spike_ring: &[T], i: u64) {
        let end = (i + 1).saturating_sub(self.shortest);
        // Before the first step, all slots are listed. A slot may belong to a step that is not
        // complete; it is listed again when it is.
        let all = self.listed.is_none_or(|listed| end < listed || end - listed >= self.ring_len as u64);
        let steps = if all { 0..self.ring_len as u64 } else { self.listed.unwrap_or_default()..end };
        for step in steps {
            for row in 0..self.lists.len() / self.ring_len {
                let slot = (step % self.ring_len as u64) as usize;
                let list = &mut self.lists[row * self.ring_len + slot];
                list.clear();
                let words = &spike_ring[plan.slot(row, step)..][..plan.mask_words()];
                each_spike(words, &(0..plan.units), |unit| list.push(unit as u32));
            }
        }
        self.listed = Some(end);
    }

    /// The spikes of a batch row that arrive in step `i` after each delay from `shortest` on.
    pub(super) fn arriving(&self, row: usize, i: u64, shortest: u32) -> impl Iterator<Item = &[u32]> {
        let lists = &self.lists[row * self.ring_len..][..self.ring_len];
        let ring_len = self.ring_len as u64;
        let slot = (i % ring_len + ring_len - u64::from(shortest) % ring_len) % ring_len;
        let (until, after) = lists.split_at(slot as usize + 1);
        until.iter().rev().chain(after.iter().rev()).map(Vec::as_slice)
    }
}
