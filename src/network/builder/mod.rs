//! The builder of a network: it resolves names and checks all values.

mod receptor;

use super::describe::kinetics::{Kinetics, MAX_POTENTIAL};
use super::describe::projection::{Projection, Subgroup};
use super::describe::receptor::Kind;
use super::group::Group;
use crate::connectivity::{ConnectivitySpec, MOST_STEPS};
use crate::error::{Error, Result};
use crate::network::host::presynaptic::AMOUNT_ONE;
use crate::network::plan::plastic::PlasticPlan;
use crate::network::plan::{
    GroupPlan, NetworkPlan, PoissonDrive, Presynapse, ProjectionPlan, ReceptorKind, ReceptorPlan,
};
use crate::network::{Network, poisson};
use crate::numeric::rng::Stream;
use crate::numeric::scalar::Real;
use crate::system::System;
use crate::system::param::Param;
use crate::system::{Coupling, MAX_PORTS};
use receptor::{Of, membrane};
use std::ops::Range;
use std::sync::{Arc, OnceLock};

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
        let (mut var, mut inputs) = (0, 0);
        for group in groups {
            check_name("group", &group.name, group_plans.iter().map(|p| p.name.as_str()))?;
            let (plan, model, current) = group_plan(group, &projections, dt, &mut var, &mut inputs)?;
            group_plans.push(plan);
            models.push(model);
            currents.push(current);
        }
        let mut projection_plans: Vec<ProjectionPlan> = Vec::with_capacity(projections.len());
        for projection in projections {
            check_name("projection", &projection.name, projection_plans.iter().map(|l| l.spec.name.as_str()))?;
            let rule = projection.stdp;
            if rule.is_some() {
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
            if let Some(rule) = rule {
                let plastic = PlasticPlan::new(rule, &plan.spec, plan.table()?, &plan.delays, var)?;
                var += PlasticPlan::VARS;
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
        Ok(Network {
            plan: Arc::new(NetworkPlan { dt, groups: group_plans, projections: projection_plans }),
            models,
            currents,
        })
    }
}

fn check_name<'a>(what: &str, name: &str, mut others: impl Iterator<Item = &'a str>) -> Result<()> {
    if name.is_empty() || name.contains('.') || others.any(|other| other == name) {
        return Err(Error::value(
            format!("{what} name"),
            format!("`{name}`"),
            "is empty, has a dot, or is there twice",
        ));
    }
    Ok(())
}

/// The error for spikes that `what` adds to a graded receptor, whose value lasts for one step.
fn lasts_a_step(what: &str, group: &str, receptor: &str) -> Error {
    Error::Unsupported(format!(
        "{what} adds spikes to `{group}.{receptor}`, which keeps no value for the next step: the effect of a spike \
         would be proportional to dt. A receptor that decays, such as an exponential one, keeps it; a projection with \
         AMPA, GABAa, NMDA or BioNMDA kinetics transmits in each step"
    ))
}

/// The plan of a group, its model, and its constant current.
type ResolvedGroup<T> = (GroupPlan, Box<dyn System<T>>, Option<Param<T>>);

/// Resolves a group. Its variables are the network's from `next` on.
fn group_plan<T: Real>(
    group: Group<T>,
    projections: &[Projection],
    dt: f64,
    next: &mut usize,
    inputs: &mut usize,
) -> Result<ResolvedGroup<T>> {
    let Group { name, model, receptors, current, input, noise, poisson } = group;
    let schema = model.schema();
    let units = schema.output_len();
    if schema.coupling != Coupling::Pointwise {
        return Err(Error::Unsupported(format!(
            "group `{name}`: {} is not pointwise, but the units of a group are",
            model.kind()
        )));
    }
    if units == 0 {
        return Err(Error::value(format!("group `{name}`"), units, "neurons are too few: a group has at least one"));
    }
    schema.check()?;
    model.check()?;
    let conductance = schema.inputs.iter().position(|i| i.name == "g");
    let takes_current = schema.inputs.first().is_some_and(|i| i.name != "g");
    let driven = receptors.iter().any(|r| !matches!(r.kind, Kind::Delta { .. }))
        || current.is_some()
        || input
        || noise.is_some();
    if driven && !takes_current {
        return Err(Error::Unsupported(format!("group `{name}`: {} has no input for a current", model.kind())));
    }
    let vars = *next..*next + schema.state.len();
    *next = vars.end;
    let mut receptor_plans: Vec<ReceptorPlan> = Vec::with_capacity(receptors.len());
    for receptor in receptors {
        let taken = receptor_plans
            .iter()
            .map(|f| f.name.as_str())
            .chain(schema.state.iter().map(|v| &*v.name))
            .chain(["flight"]);
        check_name("receptor", &receptor.name, taken)?;
        let of = Of {
            label: format!("{name}.{}", receptor.name),
            model: model.kind(),
            schema: &schema,
            first: vars.start,
            dt,
        };
        receptor_plans.push(receptor.resolved(&of, next)?);
    }
    if let Some(current) = &current {
        current.check(&format!("current of group `{name}`"), units, |_| true, "")?;
    }
    if let Some(sigma) = noise.filter(|sigma| !(*sigma >= 0.0 && sigma.is_finite())) {
        return Err(Error::value(format!("noise of group `{name}`"), sigma, "is negative or not finite"));
    }
    let input = input.then(|| {
        *inputs += 1;
        *inputs - 1
    });
    if *inputs > MAX_PORTS {
        return Err(Error::value("groups with an input", *inputs, format!("are more than {MAX_PORTS}")));
    }
    let mut drives = Vec::with_capacity(poisson.len());
    for drive in poisson {
        let known = receptor_plans.iter().map(|f| f.name.as_str());
        let receptor = known.clone().position(|f| f == drive.receptor);
        let receptor = receptor.ok_or_else(|| Error::unknown("receptor", &drive.receptor, known))?;
        if matches!(receptor_plans[receptor].kind, ReceptorKind::Gap) {
            return Err(Error::Unsupported(format!(
                "the Poisson drive of `{name}` acts on gap junctions, which take no spikes"
            )));
        }
        if receptor_plans[receptor].is_graded::<T>() {
            return Err(lasts_a_step(&format!("the Poisson drive of `{name}`"), &name, &receptor_plans[receptor].name));
        }
        if !drive.weight.is_finite() {
            return Err(Error::value(
                format!("weight of the Poisson drive of `{name}`"),
                drive.weight,
                "is not finite",
            ));
        }
        let thresholds =
            poisson::thresholds(&format!("rate of the Poisson drive of `{name}`"), drive.rate * dt / 1000.0)?;
        drives.push(PoissonDrive { receptor, weight: drive.weight, thresholds });
    }
    let mut presynapses = Vec::new();
    for projection in projections.iter().filter(|p| p.from.group == name) {
        let Some(kinetics) = projection.kinetics else {
            if let Some((variable, _)) = projection.initial.first() {
                let reason = format!(
                    "projection `{}` has no kinetics, and so no variable `{variable}` to initialise",
                    projection.name
                );
                return Err(Error::Unsupported(reason));
            }
            continue;
        };
        kinetics.check(&projection.name)?;
        let init = kinetics.initial(&projection.name, &projection.initial, units)?;
        let mut own = *next..*next + kinetics.names().len();
        *next = own.end;
        if kinetics == Kinetics::Gap {
            let v = vars.start + membrane(&schema)?;
            own = v..v + 1;
        }
        presynapses.push(Presynapse {
            name: projection.name.clone(),
            kinetics,
            constants: kinetics.constants(dt),
            vars: own,
            init,
        });
    }
    let spike_ring = *next;
    *next += 1;
    let ports = schema.inputs.len();
    let receptors = receptor_plans;
    let membrane = membrane(&schema).ok();
    let plan = GroupPlan {
        name,
        units,
        vars,
        receptors,
        presynapses,
        spike_ring,
        ring_len: 1,
        input,
        noise,
        poisson: drives,
        ports,
        conductance,
        membrane,
    };
    Ok((plan, model, current))
}

fn projection_plan<T: Real>(
    projection: Projection,
    groups: &[GroupPlan],
    dt: f64,
    seed: u64,
) -> Result<ProjectionPlan> {
    let Projection { name, from, to, receptor, connect, autapses, procedural, weight, delay, kinetics, stdp, .. } =
        projection;
    let (from, pre) = part(&name, &from, groups)?;
    let (to, post) = part(&name, &to, groups)?;
    let receptor_plans = &groups[to].receptors;
    let receptor = receptor_plans.iter().position(|f| f.name == receptor).ok_or_else(|| {
        let known = receptor_plans.iter().map(|f| f.name.as_str());
        Error::unknown("receptor", &receptor, known)
    })?;
    let stream = Stream::named(seed, &name);
    let spec = ConnectivitySpec {
        name,
        connect,
        stream,
        pre,
        post,
        same_group: from == to,
        autapses,
        procedural,
        weight,
        delay,
        dt,
    };
    spec.check()?;
    let delays = spec.delays()?;
    debug_assert!(*delays.end() <= MOST_STEPS);
    let mut weight_scale = spec.weight_scale();
    let presynapse = groups[from].presynapses.iter().position(|t| t.name == spec.name);
    if let Some(kinetics) = kinetics {
        let name = &spec.name;
        let what = if kinetics == Kinetics::Gap { "gap junctions" } else { "kinetics" };
        if stdp.is_some() {
            return Err(Error::Unsupported(format!(
                "projection `{name}` has {what} and plastic weights, but can have only one of them"
            )));
        }
        if procedural {
            return Err(Error::Unsupported(format!(
                "projection `{name}` has {what}, and its synapses must be stored, but it is procedural"
            )));
        }
        if delays.start() != delays.end() {
            let reason = format!(
                "projection `{name}` has {what}, and delays of {} to {} steps: its synapses must have one delay",
                delays.start(),
                delays.end()
            );
            return Err(Error::Unsupported(reason));
        }
        if kinetics == Kinetics::Gap {
            weight_scale *= MAX_POTENTIAL;
            if *delays.end() > 0 {
                return Err(Error::Unsupported(format!("projection `{name}`: gap junctions have no delay")));
            }
        } else if kinetics.is_graded() && !receptor_plans[receptor].is_graded::<T>() {
            let to = format!("`{}.{}`", groups[to].name, receptor_plans[receptor].name);
            return Err(Error::Unsupported(format!(
                "projection `{name}` transmits in each step, but {to} is not a graded receptor"
            )));
        }
        check_name("projection with kinetics", name, groups.iter().map(|p| p.name.as_str()))?;
        if spec.has_one_weight() {
            weight_scale /= f64::from(AMOUNT_ONE);
        }
    }
    if receptor_plans[receptor].is_graded::<T>() && !kinetics.is_some_and(Kinetics::is_graded) {
        return Err(lasts_a_step(
            &format!("projection `{}`", spec.name),
            &groups[to].name,
            &receptor_plans[receptor].name,
        ));
    }
    Ok(ProjectionPlan {
        spec,
        from,
        to,
        receptor,
        var: receptor_plans[receptor].var,
        delays,
        weight_scale,
        presynapse,
        table: OnceLock::new(),
        plastic: None,
    })
}

/// The number of the group, and the range of its neurons.
fn part(projection: &str, part: &Subgroup, groups: &[GroupPlan]) -> Result<(usize, Range<usize>)> {
    let group = groups.iter().position(|p| p.name == part.group);
    let group = group.ok_or_else(|| Error::unknown("group", &part.group, groups.iter().map(|p| p.name.as_str())))?;
    let units = part.units.clone().unwrap_or(0..groups[group].units);
    if units.start >= units.end || units.end > groups[group].units {
        let reason = format!("is empty, or beyond the {} neurons of `{}`", groups[group].units, part.group);
        return Err(Error::value(format!("part of projection `{projection}`"), format!("{units:?}"), reason));
    }
    Ok((group, units))
}
