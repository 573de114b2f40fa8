//! The plan of a projection.

use super::checks::{check_name, lasts_a_step};
use crate::connectivity::{ConnectivitySpec, MOST_STEPS};
use crate::error::{Error, Result};
use crate::network::host::kinetics::AMOUNT_ONE;
use crate::network::plan::release::MAX_POTENTIAL;
use crate::network::plan::{GroupPlan, ProjectionPlan};
use crate::network::projections::kinetics::Kinetics;
use crate::network::projections::projection::{Projection, Subgroup};
use crate::numeric::rng::Stream;
use crate::numeric::scalar::Real;
use std::ops::Range;
use std::sync::OnceLock;

pub(super) fn projection_plan<T: Real>(
    projection: Projection,
    groups: &[GroupPlan],
    dt: f64,
    seed: u64,
) -> Result<ProjectionPlan> {
    let Projection {
        name,
        from,
        to,
        receptor,
        connect,
        autapses,
        multapses,
        procedural,
        weight,
        delay,
        kinetics,
        plasticity,
        ..
    } = projection;
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
        multapses,
        procedural,
        weight,
        delay,
        dt,
        sum_scale: 0.0,
        lead: u32::from(receptor_plans[receptor].acts_before_threshold()),
    };
    spec.check()?;
    let delays = spec.delays()?;
    debug_assert!(*delays.end() <= MOST_STEPS);
    let mut weight_scale = spec.weight_scale();
    if plasticity.is_some() && spec.lead > 0 {
        return Err(Error::Unsupported(format!(
            "projection `{}` has plastic weights, and its receptor `{}` is a delta of a group that is integrated exactly",
            spec.name, receptor_plans[receptor].name
        )));
    }
    let kinetics_index = groups[from].kinetics.iter().position(|t| t.name == spec.name);
    if let Some(kinetics) = &kinetics {
        let name = &spec.name;
        let is_gap = matches!(kinetics, Kinetics::Gap);
        let what = if is_gap { "gap junctions" } else { "kinetics" };
        if plasticity.is_some() {
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
        if is_gap {
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
        if kinetics.reads_potential() && *delays.end() > 0 {
            return Err(Error::Unsupported(format!(
                "projection `{name}`: its kinetics read the present potential of the source, and so have no delay"
            )));
        }
        check_name("projection with kinetics", name, groups.iter().map(|p| p.name.as_str()))?;
        if spec.has_one_weight() {
            weight_scale /= f64::from(AMOUNT_ONE);
        }
    }
    if receptor_plans[receptor].is_graded::<T>() && !kinetics.as_ref().is_some_and(Kinetics::is_graded) {
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
        sum: 0,
        kinetics: kinetics_index,
        table: OnceLock::new(),
        row_offsets: OnceLock::new(),
        plastic: None,
    })
}

/// The number of the group, and the range of its neurons.
pub(super) fn part(projection: &str, part: &Subgroup, groups: &[GroupPlan]) -> Result<(usize, Range<usize>)> {
    let group = groups.iter().position(|p| p.name == part.group);
    let group = group.ok_or_else(|| Error::unknown("group", &part.group, groups.iter().map(|p| p.name.as_str())))?;
    let units = part.units.clone().unwrap_or(0..groups[group].units);
    if units.start >= units.end || units.end > groups[group].units {
        let reason = format!("is empty, or beyond the {} neurons of `{}`", groups[group].units, part.group);
        return Err(Error::value(format!("part of projection `{projection}`"), format!("{units:?}"), reason));
    }
    Ok((group, units))
}
