//! The constant currents that compensate the mean input that a network loses with its synapses.

use super::super::{Connect, Group, Network, Projection, ReceptorKind, synapse};
use crate::error::{Error, spec};
use crate::{Result, Value};

fn refused(what: &str, name: &str, reason: impl AsRef<str>) -> Error {
    spec(format!("--scale-in-degrees: {what} `{name}`: {}", reason.as_ref()))
}

impl Network {
    /// Adds to the currents of `scaled`, the groups of the scaled network, the part (1 − √K) of the
    /// mean input that they have in this network, where K is `in_degrees`. The weights over √K and
    /// the synapses times K keep the rest.
    pub(super) fn compensate(&self, scaled: &mut [Group], in_degrees: f64) -> Result<()> {
        for (group, scaled) in self.groups.iter().zip(scaled) {
            let added = (1.0 - in_degrees.sqrt()) * self.mean_input(group)?;
            if !added.is_finite() {
                return Err(refused("group", &group.name, "its mean input is not a finite number"));
            }
            scaled.current = match &group.current {
                same if added == 0.0 => same.clone(),
                None => Some(Value::Number(added)),
                Some(Value::Number(current)) => Some(Value::Number(current + added)),
                Some(_) => {
                    let reason = "a constant current compensates the lost input, and `current` must be a number for it";
                    return Err(refused("group", &group.name, reason));
                }
            };
        }
        Ok(())
    }

    /// The mean current of all spikes that a neuron of the group receives.
    fn mean_input(&self, group: &Group) -> Result<f64> {
        let mut sum = 0.0;
        for drive in &group.poisson {
            let charge = charge(group, &drive.receptor).map_err(|reason| {
                refused("group", &group.name, format!("its Poisson drive of `{}` {reason}", drive.receptor))
            })?;
            if drive.start.is_some() || drive.stop.is_some() {
                let reason = "acts from `start` to `stop`, and a constant current compensates constant rates only";
                let drive = format!("its Poisson drive of `{}` {reason}", drive.receptor);
                return Err(refused("group", &group.name, drive));
            }
            sum += drive.rate / 1000.0 * drive.weight * charge;
        }
        for projection in self.projections.iter().filter(|projection| projection.to.group == group.name) {
            sum += self.mean_current(projection, group)?;
        }
        Ok(sum)
    }

    /// The mean current of the spikes of a projection that a neuron of its group receives.
    fn mean_current(&self, projection: &Projection, group: &Group) -> Result<f64> {
        let refused = |reason: &str| refused("projection", &projection.name, reason);
        if projection.is_plastic() {
            let key = if projection.stdp.is_some() { "stdp" } else { "plasticity" };
            return Err(refused(&format!("`{key}` changes the weights, so that their mean input is unknown")));
        }
        if projection.kinetics.is_some() {
            return Err(refused("`kinetics` change the effect of a spike, so that the mean input is unknown"));
        }
        let charge = charge(group, &projection.receptor);
        let charge = charge.map_err(|reason| refused(&format!("receptor `{}` {reason}", projection.receptor)))?;
        let weight = match &projection.weight {
            Value::Number(weight) => *weight,
            Value::Random(bounded) => bounded.mean(),
            Value::Zeros => 0.0,
            _ => return Err(refused("weights from a file cannot be scaled: `weight` must be a number or drawn")),
        };
        let synapses = self.in_degree(projection);
        if synapses == 0.0 {
            return Ok(0.0);
        }
        let source = &projection.from.group;
        let rate = self.groups.iter().find(|group| group.name == *source).and_then(|group| group.mean_rate);
        let Some(rate) = rate else {
            return Err(refused(&format!(
                "its source, group `{source}`, needs `mean_rate`, the mean rate of its neurons in the network of full \
                 size, Hz"
            )));
        };
        let current = synapses * rate / 1000.0 * weight * charge;
        if current != 0.0 && self.size(&projection.to) != group.neurons.size {
            return Err(refused(&format!(
                "its targets are a part of group `{}`, whose neurons have one `current`: make the part a group",
                group.name
            )));
        }
        Ok(current)
    }

    /// The mean number of synapses of a target.
    fn in_degree(&self, projection: &Projection) -> f64 {
        let [pre, post] = [&projection.from, &projection.to].map(|part| self.size(part) as f64);
        let own = if projection.autapses { 0.0 } else { self.shared(projection) as f64 };
        let of_each = |synapses: f64| synapses / post.max(1.0);
        match projection.connect {
            Connect::FixedProb(p) => p * of_each(pre * post - own),
            Connect::FixedNumPre(k) => k as f64,
            Connect::FixedNumPost(k) => of_each(k as f64 * pre),
            Connect::FixedTotalNumber(n) => of_each(n as f64),
            // These rules are not scaled.
            Connect::OneToOne | Connect::AllToAll | Connect::Arrays { .. } => 0.0,
        }
    }
}

/// The integral of the current after a spike with the weight 1, in ms times the unit of the current.
/// The error is the reason why no current has the mean effect of the spikes.
fn charge(group: &Group, receptor: &str) -> std::result::Result<f64, String> {
    let Some(receptor) = group.receptors.iter().find(|own| own.name == receptor) else {
        return Err("does not exist".to_owned());
    };
    if let ReceptorKind::Delta(variable) = &receptor.kind {
        return jump(group, variable);
    }
    if synapse::is_conductance(&receptor.kind) {
        let kind = if receptor.kind == ReceptorKind::Gap { "is gap junctions" } else { "is a conductance" };
        return Err(format!("{kind}, and a constant current compensates currents only"));
    }
    let integral = synapse::of_receptor(receptor).integral().map_err(|e| format!("is not valid: {e}"))?;
    integral.ok_or_else(|| "has no current after a spike".to_owned())
}

/// The charge that lifts V by 1: tau/R, for neurons with tau·dV/dt = … + R·I.
fn jump(group: &Group, variable: &str) -> std::result::Result<f64, String> {
    let info = group.neurons.info().map_err(|e| e.to_string())?;
    let is_potential = variable == "V" && group.neurons.equations.is_none();
    let (true, Some(tau), Some(r)) = (is_potential, info.parameter("tau"), info.parameter("R")) else {
        return Err(format!(
            "adds to `{variable}` of {}, and a constant current compensates deltas on V of neurons with the parameters \
             `tau` and `R` only",
            group.neurons.kind
        ));
    };
    let value = |name: &str, default: f64| match group.neurons.parameters.iter().find(|(own, _)| own == name) {
        None => Ok(default),
        Some((_, Value::Number(x))) => Ok(*x),
        Some(_) => Err(format!("adds to V, and the parameter `{name}` must be a number for the compensation")),
    };
    Ok(value("tau", tau.default)? / value("R", r.default)?)
}
