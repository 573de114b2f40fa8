//! Resolves a receptor: its variables among those of the network, and the effect of a step of `dt`
//! on them.

use crate::error::{Error, Result};
use crate::init::Init;
use crate::network::describe::receptor::{Kind, Magnesium, Receptor};
use crate::network::plan::exact::CurrentGains;
use crate::network::plan::postsynaptic::{MgBlock, SynapticFilter};
use crate::network::plan::{ReceptorKind, ReceptorPlan};
use crate::system::schema::SET_BY_STEPS;
use crate::system::{LinearMembrane, Schema};

/// The group of a receptor.
pub(crate) struct Of<'a> {
    pub(crate) label: String,
    pub(crate) model: &'a str,
    pub(crate) schema: &'a Schema,
    /// The model's first variable.
    pub(crate) first: usize,
    pub(crate) dt: f64,
    /// The membrane that is integrated exactly with the receptors' currents, if there is one.
    pub(crate) membrane: Option<&'a LinearMembrane>,
}

impl Receptor {
    /// Resolves the receptor. Its variables are the network's from `next` on.
    pub(crate) fn resolved(self, of: &Of<'_>, next: &mut usize) -> Result<ReceptorPlan> {
        let Self { name, kind, init } = self;
        let Of { label, schema, .. } = of;
        init.check(label, &[schema.output_len()])?;
        let (shape, reversal, block) = match kind {
            Kind::Delta { variable } => {
                let known = schema.state.iter().map(|v| &*v.name);
                let at = known
                    .clone()
                    .position(|v| v == variable)
                    .ok_or_else(|| Error::unknown("variable", &variable, known.clone()))?;
                if SET_BY_STEPS.contains(&&*variable)
                    || schema.state.iter().any(|v| v.held_by.as_deref() == Some(&*variable))
                {
                    let what = format!("`{label}` adds to `{variable}`, which each step of {} sets itself", of.model);
                    return Err(Error::Unsupported(format!(
                        "{what}; a delta adds to a potential or to another variable of the equations"
                    )));
                }
                if let Some(membrane) = of.membrane {
                    return exact_delta(name, &variable, init, membrane, of, next);
                }
                let counter =
                    schema.state[at].held_by.as_ref().and_then(|counter| known.clone().position(|v| v == counter));
                let held_by = counter.map(|counter| of.first + counter);
                return Ok(ReceptorPlan {
                    name,
                    var: of.first + at,
                    own: *next..*next,
                    held_by,
                    kind: ReceptorKind::Delta,
                    gains: None,
                    init,
                });
            }
            Kind::Gap => {
                has_conductance(
                    label,
                    of,
                    "conductance() adds it to models that support it, and a line `input g` to equations",
                )?;
                let own = *next..*next + 2;
                *next = own.end;
                return Ok(ReceptorPlan {
                    name,
                    var: own.start,
                    own,
                    held_by: None,
                    kind: ReceptorKind::Gap,
                    gains: None,
                    init: Init::Zeros,
                });
            }
            Kind::Filter { shape, reversal, block } => (shape, reversal, block),
        };
        let time_course = shape.time_course(label)?;
        let (decay, rise) = time_course.map_or(Ok((0.0, None)), |course| course.steps(label, of.dt))?;
        if let Some(e) = reversal.filter(|e| !e.is_finite()) {
            return Err(Error::value(format!("reversal potential of `{label}`"), e, "is not finite"));
        }
        if reversal.is_some() {
            has_conductance(label, of, "cuba() makes it a current")?;
        }
        let block = match block {
            None => None,
            Some(_) if reversal.is_none() => {
                return Err(Error::Unsupported(format!(
                    "`{label}` is a current, but magnesium blocks conductances: coba(E) makes it a conductance"
                )));
            }
            Some(block) => Some(block.of(label, schema)?),
        };
        // The current of a graded receptor is constant over a step.
        let gains = time_course
            .zip(of.membrane)
            .map(|(course, membrane)| CurrentGains::of(course, membrane.tau.values(), of.dt));
        let own = *next..*next + 1 + usize::from(rise.is_some());
        *next = own.end;
        let course = SynapticFilter { decay, rise, reversal, block };
        let kind = ReceptorKind::Filter(course);
        Ok(ReceptorPlan { name, var: own.end - 1, own, held_by: None, kind, gains, init })
    }
}

/// A delta of a group that is integrated exactly.
fn exact_delta(
    name: String,
    variable: &str,
    init: Init,
    membrane: &LinearMembrane,
    of: &Of<'_>,
    next: &mut usize,
) -> Result<ReceptorPlan> {
    let label = &of.label;
    if variable != "V" {
        return Err(Error::Unsupported(format!("`{label}` adds to `{variable}`: `exact` integrates V alone")));
    }
    let gains = CurrentGains::of_delta(membrane.tau.values(), membrane.r.values(), of.dt);
    if let Some(gain) = gains.s.iter().find(|gain| !gain.is_finite()) {
        let reason = "is the current of a potential of 1 mV: a delta of a group that is integrated exactly needs R > 0";
        return Err(Error::value(format!("gain of `{label}`"), gain, reason));
    }
    let var = *next;
    *next += 1;
    let kind = ReceptorKind::Filter(SynapticFilter { decay: 0.0, rise: None, reversal: None, block: None });
    Ok(ReceptorPlan { name, var, own: var..*next, held_by: None, kind, gains: Some(gains), init })
}

fn has_conductance(label: &str, of: &Of<'_>, else_what: &str) -> Result<()> {
    if of.membrane.is_some() {
        let why = "with which the equation of the potential is not linear; another method integrates it";
        return Err(Error::Unsupported(format!("`{label}` is a conductance, {why} than `exact`")));
    }
    if of.schema.inputs.iter().any(|i| i.name == "g") {
        return Ok(());
    }
    Err(Error::Unsupported(format!(
        "`{label}` is a conductance, and {} has no input `g` for one; {else_what}",
        of.model
    )))
}

/// The model's variable that is the membrane potential.
pub(crate) fn membrane(schema: &Schema) -> Result<usize> {
    let known = schema.state.iter().map(|v| &*v.name);
    known.clone().position(|v| v == "V").ok_or_else(|| Error::unknown("variable", "V", known))
}

impl Magnesium {
    fn of(self, label: &str, schema: &Schema) -> Result<MgBlock<f64>> {
        for (what, value) in [("mg", self.mg), ("alpha", self.alpha), ("beta", self.beta)] {
            if !(value.is_finite() && value >= 0.0) {
                return Err(Error::value(
                    format!("{what} of the magnesium block of `{label}`"),
                    value,
                    "is negative or not finite",
                ));
            }
        }
        let scale = self.mg / self.beta;
        if !scale.is_finite() {
            return Err(Error::value(
                format!("beta of the magnesium block of `{label}`"),
                self.beta,
                "is not a positive number",
            ));
        }
        Ok(MgBlock { scale, alpha: self.alpha, var: membrane(schema)? })
    }
}
