//! Asynchronous products of a warp group (`wgmma`). The registers of their sums are in flight until
//! the program waits for their group.

use std::collections::HashMap;

use super::access::Exec;
use super::fault::{Kind, Violation};
use super::lanes::{Lanes, Row};
use crate::race::Access;

/// The products of one warp.
#[derive(Default)]
pub(crate) struct Products {
    /// For each register in flight, its group and its future value.
    flying: HashMap<u32, (u32, Row)>,
    /// The number of committed groups.
    groups: u32,
    pub(crate) fenced: bool,
}

impl Products {
    pub(crate) fn is_idle(&self) -> bool {
        self.flying.is_empty()
    }

    /// A register's value as the next product sees it: that product may add to a sum in flight.
    pub(crate) fn sum(&self, lanes: &Lanes, row: u32) -> Row {
        self.flying.get(&row).map_or(lanes.rows[row as usize], |f| f.1)
    }

    /// Stores a product's result for later. Until the wait, the register holds the poison value.
    pub(crate) fn send(&mut self, lanes: &mut Lanes, row: u32, value: Row) {
        self.flying.insert(row, (self.groups + 1, value));
        lanes.rows[row as usize] = [0xa5a5_a5a5; 32];
    }

    pub(crate) fn commit(&mut self) {
        self.groups += 1;
    }

    /// Completes all groups but the last `keep`, and returns the number of completed groups.
    pub(crate) fn wait(&mut self, lanes: &mut Lanes, keep: u32) -> u32 {
        let done = self.groups.saturating_sub(keep);
        self.flying.retain(|&row, (group, value)| {
            if *group <= done {
                lanes.rows[row as usize] = *value;
            }
            *group > done
        });
        done
    }

    /// Checks an instruction's registers. It must not read a register in flight, unless it only
    /// copies (renames) that register. A register that it writes is no longer in flight.
    pub(crate) fn touched(&mut self, reads: &[u32], writes: &[u32], renames: bool) -> Result<(), Violation> {
        if let Some(row) = reads.iter().find(|r| self.flying.contains_key(r)) {
            if let (true, [to]) = (renames, writes) {
                let value = self.flying[row];
                self.flying.insert(*to, value);
                return Ok(());
            }
            return Err(Violation {
                kind: Kind::Race,
                lane: None,
                what: "a sum of wgmma.mma_async is read with no wgmma.wait_group since".into(),
            });
        }
        writes.iter().for_each(|w| {
            self.flying.remove(w);
        });
        Ok(())
    }
}

impl Exec<'_> {
    /// Records that a product reads shared memory.
    pub(crate) fn note_product(&mut self, at: usize, n: usize) -> Result<(), Violation> {
        let (who, time) = (self.who(), self.products.groups + 1);
        let cluster = &mut *self.cluster;
        let (clock, first) = (&cluster.clocks[who as usize], cluster.first_slot);
        let Some(shadow) = cluster.shadow.as_mut() else { return Ok(()) };
        let actor = first + cluster.members.len() as u32 * super::jobs::SLOTS + who;
        let me = Access::new(actor, self.warp * 32, time, false);
        let ordered = |o: &Access, wrote: bool| {
            if wrote && o.who < first { clock.is_fenced(o.who, o.time) } else { clock.knows(o.who, o.time) }
        };
        shadow.touch(cluster.scope, (at, n), me, None, ordered).map_err(|c| {
            let lacks = if clock.knows(c.other.who, c.other.time) { "fence.proxy.async" } else { "barrier" };
            let other = cluster.actor(&c.other, self.rank as usize);
            Violation::new(
                Kind::Race,
                0,
                format!("byte {} of shared memory was written by {other} with no {lacks} since", at % cluster.each),
            )
        })
    }

    /// `wgmma.wait_group`: the shared memory that the completed groups read may be overwritten.
    pub(crate) fn wait_products(&mut self, keep: u32) {
        let done = self.products.wait(self.lanes, keep);
        let who = self.who();
        let actor = self.cluster.first_slot + self.cluster.members.len() as u32 * super::jobs::SLOTS + who;
        self.cluster.clocks[who as usize].learn(actor, done);
    }
}
