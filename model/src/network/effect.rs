//! Which populations excite their targets, and which inhibit them.

use super::{Network, Population, Projection, ReceptorKind};
use crate::{Neurons, Value};

/// The effect of spikes on the potential of their targets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effect {
    /// The potential rises.
    Excitatory,
    /// The potential falls.
    Inhibitory,
}

/// The parameters of neurons that are their potential at rest, or the reversal potential of their
/// leak.
const REST: [&str; 3] = ["V_rest", "EL", "V_leak"];

impl Network {
    /// The effect of the spikes of a population, if all projections that start from it have the same
    /// effect. A current has the sign of its weights. A conductance is excitatory if its reversal
    /// potential is above the potential of the targets at rest. `None` without a projection, and if
    /// the effect does not follow from the model, as with weights from a file or gap junctions.
    #[must_use]
    pub fn effect(&self, population: &Population) -> Option<Effect> {
        let own = &population.units;
        let starts_here = |p: &&Projection| {
            let all = p.from.units.as_ref();
            p.from.group == population.of && all.is_none_or(|all| all.start <= own.start && own.end <= all.end)
        };
        let mut effects = self.projections.iter().filter(starts_here).map(|p| self.effect_of(p));
        let first = effects.next()??;
        effects.all(|effect| effect == Some(first)).then_some(first)
    }

    fn effect_of(&self, projection: &Projection) -> Option<Effect> {
        let group = self.groups.iter().find(|group| group.name == projection.to.group)?;
        let receptor = group.receptors.iter().find(|receptor| receptor.name == projection.receptor)?;
        let force = match &receptor.kind {
            ReceptorKind::Exponential { reversal: None, .. } | ReceptorKind::Shaped { reversal: None, .. } => 1.0,
            ReceptorKind::Exponential { reversal: Some(reversal), .. }
            | ReceptorKind::Shaped { reversal: Some(reversal), .. } => {
                if *reversal > rest(&group.neurons)? {
                    1.0
                } else {
                    -1.0
                }
            }
            ReceptorKind::Delta(variable) if variable == "V" => 1.0,
            ReceptorKind::Delta(_) | ReceptorKind::Gap => return None,
        };
        match force * middle(&projection.weight)? {
            up if up > 0.0 => Some(Effect::Excitatory),
            down if down < 0.0 => Some(Effect::Inhibitory),
            _ => None,
        }
    }
}

/// The potential at rest.
fn rest(neurons: &Neurons) -> Option<f64> {
    let info = neurons.info().ok()?;
    let parameter = info.parameters.iter().find(|parameter| REST.contains(&&*parameter.name))?;
    let given = neurons.parameters.iter().find(|(name, _)| *name == parameter.name);
    given.map_or(Some(parameter.default), |(_, value)| middle(value))
}

/// The number, or the middle of the random numbers.
fn middle(value: &Value) -> Option<f64> {
    match value {
        Value::Number(x) => Some(*x),
        Value::Random(bounded) => {
            let (low, high) = bounded.bounds();
            Some(low / 2.0 + high / 2.0)
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::Effect::{Excitatory, Inhibitory};
    use crate::{ModelFile, SystemSpec};

    /// The effects of the populations of a network in the order of its neurons.
    fn effects(text: &str) -> Vec<Option<super::Effect>> {
        let SystemSpec::Network(net) = ModelFile::parse(text).unwrap().system else { panic!("no network") };
        net.populations(|_| 0).iter().map(|population| net.effect(population)).collect()
    }

    #[test]
    fn currents_have_the_sign_of_their_weights() {
        let net = |weight: &str, receptor: &str| {
            effects(&format!(
                "[populations]\nE = 'P[0..8]'\nI = 'P[8..10]'\n[[group]]\nname = 'P'\nkind = 'LIF'\nsize = 10\n\
                 [[group.receptor]]\nname = 's'\n{receptor}\n[[projection]]\nname = 'E'\nfrom = 'E'\nto = 'P.s'\n\
                 connect = {{ kind = 'all_to_all' }}\n[[projection]]\nname = 'I'\nfrom = 'I'\nto = 'P.s'\n\
                 connect = {{ kind = 'all_to_all' }}\nweight = {weight}\n"
            ))
        };
        for receptor in ["tau = 5.0", "variable = 'V'"] {
            for weight in ["-2.0", "{ normal = [-3.0, 0.3] }", "{ uniform = [-3.0, 1.0] }"] {
                assert_eq!(net(weight, receptor), [Some(Excitatory), Some(Inhibitory)], "{weight} {receptor}");
            }
            assert_eq!(net("0.0", receptor), [Some(Excitatory), None]);
            assert_eq!(net("3.0", receptor), [Some(Excitatory); 2]);
        }
        // A conductance onto LIF, which rests at 0 mV.
        assert_eq!(net("2.0", "tau = 5.0\nreversal = 60.0"), [Some(Excitatory); 2]);
        assert_eq!(net("2.0", "tau = 5.0\nreversal = -20.0"), [Some(Inhibitory); 2]);
        assert_eq!(net("2.0", "kind = 'gap'"), [None; 2]);
    }

    #[test]
    fn populations_of_both_effects_or_none_have_none() {
        let two = "[[group]]\nname = 'A'\nkind = 'LIF'\nsize = 3\n[[group.receptor]]\nname = 's'\ntau = 5.0\n[[group]]\n\
                   name = 'B'\nkind = 'LIF'\nsize = 3\n[[group.receptor]]\nname = 's'\ntau = 5.0\n";
        let projection = |name: &str, from: &str, weight: f64| {
            format!(
                "[[projection]]\nname = '{name}'\nfrom = '{from}'\nto = 'B.s'\nconnect = {{ kind = 'all_to_all' }}\n\
                 weight = {weight}\n"
            )
        };
        assert_eq!(effects(two), [None, None]);
        assert_eq!(effects(&(two.to_owned() + &projection("a", "A", 1.0))), [Some(Excitatory), None]);
        let both = projection("a", "A", 1.0) + &projection("b", "A", -1.0);
        assert_eq!(effects(&(two.to_owned() + &both)), [None, None]);
        // A part of a group is a population of its own.
        let part = projection("a", "A", 1.0) + &projection("b", "A[1..2]", 2.0);
        assert_eq!(effects(&(two.to_owned() + &part)), [Some(Excitatory), Some(Excitatory), Some(Excitatory), None]);
    }
}
