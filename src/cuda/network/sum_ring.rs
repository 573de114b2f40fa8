//! The two ways in which spikes reach synapses with delays of their own: *by delay*, a search in
//! the synapse row in each step in which the spike arrives, or *ahead*, one read of the row in the
//! step of the spike, into a ring of sums by the step of arrival (`kernels/include/sum_ring.cuh`).
//! Sums are integers and do not depend on the way.
//!
//! A row has K synapses with D different delays. A round is one read by a warp, as in
//! `row_strategy.rs`. A target takes 2 bytes, a delay 2 and a weight 4. A search reads up to 32
//! places in a round, each in a sector of 32 bytes.
//!
//! | | rounds | bytes read |
//! |---|---|---|
//! | by delay | D·(1 + 2·⌈log₃₂ K⌉ + ⌈K/(32·D)⌉) | 6·K, and 2·D searches of min(K/16, 32) sectors or more |
//! | ahead | 1 + ⌈K/32⌉ | 8·K |
//! | K = 480, D = 45: by delay | 270 | 90 kB |
//! | K = 480, D = 45: ahead | 16 | 4 kB |
//!
//! A spike makes K additions either way. An addition is an atomic in L2 as long as the sums stay
//! there. Otherwise a sector comes from memory and goes back: 64·K bytes, 31 kB for K = 480. Two
//! copies of the sums always fit, but a ring has a copy for each step up to the longest delay. It
//! is therefore used if all sums of the network fit in L2, for all batch rows. State and rows may
//! displace a part of them; most of all the copies of delays that few synapses have.

use crate::network::plan::sums::SumPlan;
use crate::network::plan::{NetworkPlan, ProjectionPlan};

/// Whether a projection adds ahead in a network with a ring: its synapses are stored, have delays
/// of their own, and have weights that are constant. A release model advances when spikes arrive,
/// and such a projection has one delay.
pub(super) fn adds_ahead(projection: &ProjectionPlan) -> bool {
    let spec = &projection.spec;
    spec.delays_differ() && !spec.procedural && projection.plastic.is_none() && projection.kinetics.is_none()
}

/// Returns the copies of each sum in the ring: the steps in which a spike can arrive, and the step
/// whose sums are read at the same time. `None` if no projection adds ahead, or if the sums of
/// `rows` batch rows exceed an L2 of this size.
pub(super) fn slots(plan: &NetworkPlan, rows: usize, l2: u32) -> Option<u32> {
    let longest = plan.projections.iter().filter(|p| adds_ahead(p)).map(|p| *p.delays.end()).max()?;
    let slots = longest.saturating_add(2);
    let copy = plan.sums.iter().map(|sum| bytes(plan, sum)).fold(0, u64::saturating_add);
    let ring = copy.saturating_mul(rows as u64).saturating_mul(slots.into());
    (ring <= l2.into()).then_some(slots)
}

/// The size of one copy of a sum for one batch row, in bytes.
fn bytes(plan: &NetworkPlan, sum: &SumPlan) -> u64 {
    let wide = |p: &ProjectionPlan| p.spec.weighs() || p.plastic.is_some() || p.kinetics.is_some();
    let each = if sum.projections.iter().any(|p| wide(&plan.projections[*p])) { 8 } else { 4 };
    (sum.targets.len() as u64).saturating_mul(each)
}

#[cfg(test)]
mod tests {
    use super::slots;
    use crate::init::Init;
    use crate::models::Lif;
    use crate::network::{Connect, Group, Network, Projection, Receptor, Stdp, Stp};
    use crate::system::System;
    use crate::system::program::ProgramBody;

    const LARGE: u32 = 1 << 30;

    fn of(change: impl Fn(Projection) -> Projection, rows: usize, l2: u32) -> Option<u32> {
        let group = Group::new("A", Lif::<f32>::new(100)).receptor(Receptor::exponential("s", 5.0));
        let group = group.receptor(Receptor::exponential("t", 5.0));
        let one = Projection::new("one", "A", ("A", "t")).delay(9.0);
        let some = change(Projection::new("some", "A", ("A", 10..20, "s")).connect(Connect::FixedProb(0.5)));
        let network = Network::builder(0.1).group(group).project(one).project(some).build().unwrap();
        let ProgramBody::Network(network) = network.program(0.1).unwrap().body else { panic!("no network") };
        slots(&network.plan, rows, l2)
    }

    #[test]
    fn stored_synapses_with_delays_of_their_own_have_a_ring() {
        let each = |p: Projection| p.delay(Init::uniform(0.0, 1.5));
        assert_eq!(of(|p| p.delay(2.0), 1, LARGE), None);
        assert_eq!(of(each, 1, LARGE), Some(17));
        assert_eq!(of(|p| p.delay(Init::uniform(0.0, 0.01)), 1, LARGE), Some(2));
        assert_eq!(of(|p| each(p).stdp(Stdp::new(1.0)), 1, LARGE), None);
        assert_eq!(of(|p| p.delay(0.2).procedural(), 1, LARGE), None);
        assert_eq!(of(|p| p.delay(0.2).kinetics(Stp::default()), 1, LARGE), None);
    }

    /// 100 sums of 4 bytes, and 10 sums of 4 or 8 bytes, in 17 copies for each batch row.
    #[test]
    fn a_ring_fits_in_l2() {
        let equal = |p: Projection| p.delay(Init::uniform(0.0, 1.5));
        let weighted = |p: Projection| equal(p).weight(Init::normal(0.0, 1.0));
        for rows in [1, 3] {
            let all = 17 * rows as u32;
            assert_eq!(of(equal, rows, all * 440), Some(17));
            assert_eq!(of(equal, rows, all * 440 - 1), None);
            assert_eq!(of(weighted, rows, all * 480), Some(17));
            assert_eq!(of(weighted, rows, all * 480 - 1), None);
        }
        assert_eq!(of(equal, 0, 0), Some(17));
        assert_eq!(of(equal, usize::MAX, u32::MAX), None);
    }
}
