//! The projections with joint rows.

use super::{NetworkPlan, ProjectionPlan};
use crate::connectivity::JointRows;
use crate::error::Result;
use std::sync::OnceLock;

/// Projections from the same sources whose rows are joined on the host, ascending by their sums.
#[derive(Debug)]
pub(crate) struct JointPlan {
    pub(crate) projections: Vec<usize>,
    /// The rows, once they are needed; `None` if these projections cannot have joint rows.
    rows: OnceLock<Option<JointRows>>,
}

/// Returns the projections whose rows are joined.
pub(crate) fn joint(projections: &[ProjectionPlan]) -> Vec<JointPlan> {
    let mut all: Vec<Vec<usize>> = Vec::new();
    for (number, plan) in projections.iter().enumerate().filter(|(_, plan)| plan.may_join()) {
        let joins = |others: &&mut Vec<usize>| {
            let other = &projections[others[0]];
            other.from == plan.from && other.spec.joins(&plan.spec)
        };
        match all.iter_mut().find(joins) {
            Some(others) => others.push(number),
            None => all.push(vec![number]),
        }
    }
    all.retain(|numbers| numbers.len() > 1);
    all.iter_mut().for_each(|numbers| numbers.sort_by_key(|number| projections[*number].sum));
    all.into_iter().map(|projections| JointPlan { projections, rows: OnceLock::new() }).collect()
}

impl ProjectionPlan {
    /// Whether the projection adds to a sum on the host, and its rows may be joined with others.
    fn may_join(&self) -> bool {
        self.kinetics.is_none() && self.plastic.is_none() && self.table.get().is_none() && self.spec.may_join()
    }
}

impl NetworkPlan {
    /// The joint rows of these projections; the first call builds them.
    pub(crate) fn joint_rows<'n>(&'n self, joint: &'n JointPlan) -> Result<Option<&'n JointRows>> {
        if let Some(rows) = joint.rows.get() {
            return Ok(rows.as_ref());
        }
        let projections = joint.projections.iter().map(|number| &self.projections[*number]);
        let (shortest, longest) = projections.clone().fold((u32::MAX, 0), |(shortest, longest), projection| {
            (shortest.min(*projection.delays.start()), longest.max(*projection.delays.end()))
        });
        let specs: Vec<_> = projections.map(|projection| &projection.spec).collect();
        let rows = JointRows::build(&specs, &(shortest..=longest))?;
        Ok(joint.rows.get_or_init(|| rows).as_ref())
    }

    /// Builds the synapses that are not built yet, and draws the lengths of procedural rows.
    pub(crate) fn build_synapses(&self) -> Result<()> {
        let mut joined = vec![false; self.projections.len()];
        for joint in &self.joint {
            if self.joint_rows(joint)?.is_some() {
                joint.projections.iter().for_each(|number| joined[*number] = true);
            }
        }
        for (projection, joined) in self.projections.iter().zip(joined) {
            if projection.row_generator()?.is_none() && !joined {
                projection.table()?;
            }
        }
        Ok(())
    }
}
