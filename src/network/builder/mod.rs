//! The builder of a network: it resolves names and checks all values.

mod checks;
mod group;
mod plasticity;
mod projection;
mod receptor;

use super::group::Group;
use super::projections::projection::Projection;
use crate::error::{Error, Result};
use crate::network::Network;
use crate::network::plan::joint::joint;
use crate::network::plan::sums::sums;
use crate::network::plan::{GroupPlan, NetworkPlan, ProjectionPlan};
use crate::numeric::scalar::Real;
use checks::check_name;
use group::group_plan;
use plasticity::{Rules, plastic_plan};
use projection::projection_plan;
use std::sync::Arc;

/// Builds a [`Network`].
#[derive(Debug)]
pub struct Builder<T> {
    dt: f64,
    seed: u64,
    groups: Vec<Group<T>>,
    projections: Vec<Projection>,
}

impl<T: Real> Builder<T> {
    pub(crate) fn new(dt: f64) -> Self {
        Self { dt, seed: 0, groups: Vec::new(), projections: Vec::new() }
    }

    /// Sets the seed of connectivity, weights and delays; 0 by default. Initial values, noise and
    /// Poisson drives depend on the loop's seed instead.
    #[must_use]
    pub fn seed(mut self, seed: u64) -> Self {
        self.seed = seed;
        self
    }

    /// Adds a group.
    #[must_use]
    pub fn group(mut self, group: Group<T>) -> Self {
        self.groups.push(group);
        self
    }

    /// Adds a projection.
    #[must_use]
    pub fn project(mut self, projection: Projection) -> Self {
        self.projections.push(projection);
        self
    }

    /// Adds several projections, as of [`Projections::list`](crate::network::Projections::list).
    #[must_use]
    pub fn project_all(mut self, projections: impl IntoIterator<Item = Projection>) -> Self {
        self.projections.extend(projections);
        self
    }

    /// Checks everything and resolves all names. Plastic synapses are built here, all others when a
    /// loop is built.
    ///
    /// # Errors
    /// If the description is invalid: unknown or repeated names, groups without neurons,
    /// connectivity out of range, delays that are negative or longer than 65,535 steps, or
    /// parameters that make no sense.
    pub fn build(self) -> Result<Network<T>> {
        let Self { dt, seed, groups, mut projections } = self;
        if !(dt > 0.0 && dt.is_finite()) {
            return Err(Error::value("dt", dt, "is not a positive number"));
        }
        if groups.is_empty() {
            return Err(Error::Unsupported("a network needs at least one group".into()));
        }
        for projection in &mut projections {
            let gap =
                groups.iter().any(|group| group.name == projection.to.group && group.has_gap(&projection.receptor));
            projection.join(gap)?;
        }
        let mut group_plans: Vec<GroupPlan> = Vec::with_capacity(groups.len());
        let (mut models, mut currents) = (Vec::with_capacity(groups.len()), Vec::with_capacity(groups.len()));
        let (mut releases, mut rules) = (Vec::new(), Rules::new());
        let (mut var, mut inputs) = (0, 0);
        for group in groups {
            check_name("group", &group.name, group_plans.iter().map(|p| p.name.as_str()))?;
            let (plan, model, current) = group_plan(group, &projections, dt, &mut releases, &mut var, &mut inputs)?;
            group_plans.push(plan);
            models.push(model);
            currents.push(current);
        }
        let mut projection_plans: Vec<ProjectionPlan> = Vec::with_capacity(projections.len());
        for projection in projections {
            check_name("projection", &projection.name, projection_plans.iter().map(|l| l.spec.name.as_str()))?;
            let plasticity = projection.plasticity.clone();
            let initial = projection.initial.clone();
            if plasticity.is_some() {
                // The names of its variables start with its name.
                check_name("projection", &projection.name, group_plans.iter().map(|p| p.name.as_str()))?;
                if projection.procedural {
                    let reason = format!(
                        "projection `{}`: a procedural projection stores no weights, but plastic weights are state",
                        projection.name
                    );
                    return Err(Error::Unsupported(reason));
                }
            }
            let mut plan = projection_plan::<T>(projection, &group_plans, dt, seed)?;
            if let Some(plasticity) = plasticity {
                let to = &group_plans[plan.to];
                let plastic = plastic_plan(&plasticity, &initial, (&plan, to), (&mut rules, var), dt)?;
                var += plastic.shape.names.len();
                plan.weight_scale = plastic.weight_scale;
                plan.plastic = Some(plastic);
            }
            if plan.is_gap(&group_plans) {
                // The initial values of the weights depend on the synapses.
                plan.table()?;
            }
            let ring_len = &mut group_plans[plan.from].ring_len;
            *ring_len = (*ring_len).max(*plan.delays.end() as usize + 1);
            projection_plans.push(plan);
        }
        let sums = sums(&group_plans, &mut projection_plans);
        let joint = joint(&projection_plans);
        Ok(Network {
            plan: Arc::new(NetworkPlan { dt, groups: group_plans, projections: projection_plans, sums, joint }),
            models,
            currents,
            releases,
            rules: rules.all,
        })
    }
}
