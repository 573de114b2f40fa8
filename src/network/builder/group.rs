//! The plan of a group.

use super::checks::{check_name, lasts_a_step};
use super::receptor::{Of, membrane};
use crate::equations::Release;
use crate::error::{Error, Result};
use crate::network::describe::receptor::Kind;
use crate::network::group::Group;
use crate::network::plan::release::KineticsPlan;
use crate::network::plan::{GroupPlan, PoissonDrive, ReceptorKind, ReceptorPlan};
use crate::network::poisson;
use crate::network::projections::kinetics::Kinetics;
use crate::network::projections::projection::Projection;
use crate::numeric::scalar::Real;
use crate::system::param::Param;
use crate::system::{Coupling, MAX_PORTS, System};

/// The plan of a group, its model, and its constant current.
pub(super) type ResolvedGroup<T> = (GroupPlan, Box<dyn System<T>>, Option<Param<T>>);

/// Resolves a group. Its variables are the network's from `next` on. The programs of kinetics that
/// are texts are added to `releases`.
pub(super) fn group_plan<T: Real>(
    group: Group<T>,
    projections: &[Projection],
    dt: f64,
    releases: &mut Vec<Release<T>>,
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
    let of_group = |error: Error| error.within(&format!("group `{name}`"));
    schema.check().map_err(of_group)?;
    model.check().map_err(of_group)?;
    let conductance = schema.inputs.iter().position(|i| i.name == "g");
    let current_of = [
        ("a receptor", receptors.iter().any(|r| !matches!(r.kind, Kind::Delta { .. }))),
        ("a current", current.is_some()),
        ("noise", noise.is_some()),
        ("an input", input && !schema.takes_spikes()),
    ];
    if let Some((what, _)) = current_of.iter().find(|(_, is_given)| *is_given && !schema.takes_current()) {
        let kind = model.kind();
        return Err(Error::Unsupported(format!("{what} of group `{name}`: {kind} has no input for a current")));
    }
    let linear = model.linear_membrane();
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
            membrane: linear.as_ref(),
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
        drive.active.check(&format!(" of the Poisson drive of `{name}`"))?;
        drives.push(PoissonDrive { receptor, weight: drive.weight, thresholds, active: drive.active });
    }
    let mut kinetics_plans = Vec::new();
    for projection in projections.iter().filter(|p| p.from.group == name) {
        let Some(kinetics) = &projection.kinetics else {
            if let (None, Some((variable, _))) = (&projection.plasticity, projection.initial.first()) {
                let reason = format!(
                    "projection `{}` has no kinetics and no plasticity, and so no variable `{variable}` to initialise",
                    projection.name
                );
                return Err(Error::Unsupported(reason));
            }
            continue;
        };
        kinetics.check(&projection.name)?;
        let init = kinetics.initial(&projection.name, &projection.initial, units)?;
        let model = kinetics.model(releases.len());
        if let Kinetics::Equations(text) = kinetics {
            let of_projection = |error: Error| error.within(&format!("projection `{}`", projection.name));
            releases.push(text.to_release(&projection.name, units, &projection.initial, dt).map_err(of_projection)?);
        }
        let names: Vec<String> = kinetics.names().into_iter().map(str::to_owned).collect();
        let mut own = *next..*next + names.len();
        *next = own.end;
        if kinetics.reads_potential() {
            let reads = format!("the kinetics of projection `{}` read the potential `V` of `{name}`", projection.name);
            membrane(&schema).map_err(|error| Error::Unsupported(format!("{reads}: {error}")))?;
        }
        if matches!(kinetics, Kinetics::Gap) {
            let v = vars.start + membrane(&schema)?;
            own = v..v + 1;
        }
        kinetics_plans.push(KineticsPlan {
            name: projection.name.clone(),
            model,
            constants: kinetics.constants(dt),
            reads_potential: kinetics.reads_potential(),
            names,
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
        kinetics: kinetics_plans,
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
