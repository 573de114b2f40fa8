//! The integer sums that a receptor adds in each step.
//!
//! Projections onto one receptor whose synapses have weights of their own share a sum, so that each
//! target adds one number for all of them. A shared sum has one weight scale, the largest of its
//! projections. A projection with much smaller weights keeps a sum of its own, because the scale
//! would make its weights coarse. Log-normal weights and given ones can differ by orders of
//! magnitude, so that even a little coarser scale could round the small ones to 0. They share a sum
//! only with the scale that they have on their own.

use super::{GroupPlan, ProjectionPlan};
use std::ops::Range;

/// A projection of similar weights shares a sum if they lose at most this factor of their resolution.
const LOSS: f64 = 256.0;

/// A sum of each target of a receptor.
#[derive(Debug)]
pub(crate) struct SumPlan {
    /// The targets' group, and the index of the receptor in it.
    pub(crate) group: usize,
    pub(crate) receptor: usize,
    /// The network's variable that the sum is added to.
    pub(crate) var: usize,
    /// The numbers of the targets in their group: the shortest range with the targets of all
    /// projections.
    pub(crate) targets: Range<usize>,
    /// The weight that one unit of the sum stands for.
    pub(crate) weight_scale: f64,
    /// The projections that add to it.
    pub(crate) projections: Vec<usize>,
}

impl SumPlan {
    fn of(projection: &ProjectionPlan, number: usize) -> Self {
        Self {
            group: projection.to,
            receptor: projection.receptor,
            var: projection.var,
            targets: projection.spec.post.clone(),
            weight_scale: projection.weight_scale,
            projections: vec![number],
        }
    }

    fn add(&mut self, projection: &ProjectionPlan, number: usize) {
        let post = &projection.spec.post;
        self.targets = self.targets.start.min(post.start)..self.targets.end.max(post.end);
        self.projections.push(number);
    }
}

/// Returns the sums of all receptors, and gives the projections that share a sum its weight scale.
/// Sums are in the order of groups and receptors, and then of their first projections.
pub(crate) fn sums(groups: &[GroupPlan], projections: &mut [ProjectionPlan]) -> Vec<SumPlan> {
    let mut all: Vec<SumPlan> = Vec::with_capacity(projections.len());
    for (group, plan) in groups.iter().enumerate() {
        for receptor in 0..plan.receptors.len() {
            let onto: Vec<usize> = (0..projections.len())
                .filter(|p| (projections[*p].to, projections[*p].receptor) == (group, receptor))
                .collect();
            let widest = onto.iter().map(|p| &projections[*p]).filter(|p| p.may_share_its_sum());
            let scale = widest.map(|p| p.weight_scale).fold(0.0, f64::max);
            let mut shared: Option<usize> = None;
            for number in onto {
                let projection = &mut projections[number];
                let loss = if projection.spec.has_similar_weights() { LOSS } else { 1.0 };
                let shares = projection.may_share_its_sum() && projection.weight_scale * loss >= scale;
                if shares {
                    projection.share_sum(scale);
                }
                projection.sum = shared.filter(|_| shares).unwrap_or(all.len());
                match all.get_mut(projection.sum) {
                    Some(sum) => sum.add(projection, number),
                    None => {
                        if shares {
                            shared = Some(all.len());
                        }
                        all.push(SumPlan::of(projection, number));
                    }
                }
            }
        }
    }
    all
}

impl ProjectionPlan {
    /// Whether the projection adds integer weights that are not state, whenever a spike arrives.
    pub(crate) fn may_share_its_sum(&self) -> bool {
        self.spec.weighs() && self.kinetics.is_none() && self.plastic.is_none()
    }

    fn share_sum(&mut self, weight_scale: f64) {
        self.spec.sum_scale = weight_scale;
        self.weight_scale = weight_scale;
    }
}
