//! Memory that allocations and clusters have left, for later ones: to get fresh pages from the
//! system takes longer than most clusters run.

use crate::memory::POISON;
use crate::race::Shadow;

#[derive(Default)]
pub(crate) struct SpareMemory {
    buffers: Vec<Vec<u8>>,
    shadows: Vec<Shadow>,
    /// The number of clusters so far.
    clusters: u32,
}

/// Smaller buffers are left to the allocator, which uses their pages again.
const LEAST_BYTES: usize = 128 << 10;
const MOST_BYTES: usize = 64 << 20;
const MOST_SHADOWS: usize = 32;

impl SpareMemory {
    /// Bytes with the poison value.
    pub(crate) fn poisoned(&mut self, size: usize) -> Vec<u8> {
        let fits = |buffer: &Vec<u8>| size >= LEAST_BYTES && buffer.capacity() >= size;
        let found = self.buffers.iter().enumerate().filter(|(_, buffer)| fits(buffer));
        let Some((n, _)) = found.min_by_key(|(_, buffer)| buffer.capacity()) else { return vec![POISON; size] };
        let mut buffer = self.buffers.swap_remove(n);
        buffer.clear();
        buffer.resize(size, POISON);
        buffer
    }

    /// Keeps the bytes of an allocation that was freed, or of a cluster that has ended.
    pub(crate) fn keep(&mut self, buffer: Vec<u8>) {
        let held: usize = self.buffers.iter().map(Vec::capacity).sum();
        if buffer.capacity() >= LEAST_BYTES && held + buffer.capacity() <= MOST_BYTES {
            self.buffers.push(buffer);
        }
    }

    /// A shadow for the shared memory of a cluster, and the scope of the cluster's accesses: a
    /// number that no earlier cluster had.
    pub(crate) fn shadow(&mut self, bytes: usize) -> (u32, Shadow) {
        self.clusters = self.clusters.wrapping_add(1).max(1);
        let spare = self.shadows.iter().position(|shadow| shadow.bytes() == bytes);
        (self.clusters, spare.map_or_else(|| Shadow::new(bytes), |n| self.shadows.swap_remove(n)))
    }

    /// Keeps the shadow of a cluster that has ended.
    pub(crate) fn keep_shadow(&mut self, shadow: Shadow) {
        if self.shadows.len() == MOST_SHADOWS {
            self.shadows.remove(0);
        }
        self.shadows.push(shadow);
    }
}
