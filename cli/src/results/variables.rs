//! The variables of a model, as far as they are known without its synapses and arrays.

use overtime::Schema;
use overtime_model::network::{Group, Network};
use overtime_model::{Neurons, SystemSpec as System, out_vars};

/// How many elements a variable has in one batch row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Elements {
    Known(usize),
    /// The number of synapses, or of the words of a spike ring.
    Unknown,
}

/// The elements of the variable `var` of the system; none if the system has no such variable.
/// `layers` is the schema of layers, and `units` the number of neurons of a single group.
pub(super) fn elements(system: &System, layers: Option<&Schema>, units: usize, var: &str) -> Option<Elements> {
    match (system, layers) {
        (System::Sequential(_), Some(schema)) => out_vars::elements(schema, var).map(Elements::Known),
        (System::Sequential(_), None) => None,
        (System::Neurons(group), _) => has(group, var).then_some(Elements::Known(units)),
        (System::Network(net), _) => of_network(net, var),
    }
}

fn of_network(net: &Network, var: &str) -> Option<Elements> {
    let (of, var) = var.split_once('.')?;
    let projection = net.projections.iter().find(|projection| projection.name == of);
    if projection.is_some_and(|projection| projection.stdp.is_some() || projection.kinetics.is_some()) {
        return Some(Elements::Unknown);
    }
    let group = net.groups.iter().find(|group| group.name == of)?;
    if var == out_vars::RING {
        return Some(Elements::Unknown);
    }
    let units = usize::try_from(group.neurons.size).unwrap_or(usize::MAX);
    (has(&group.neurons, var) || of_receptor(group, var)).then_some(Elements::Known(units))
}

/// Whether it is a variable of these neurons, or of one of their channels.
fn has(group: &Neurons, var: &str) -> bool {
    let of_model = group.info().is_ok_and(|info| info.variable(var).is_some());
    let of_channel = || var.split_once('.').is_some_and(|(of, _)| group.channels.iter().any(|own| own.name == of));
    of_model || of_channel()
}

/// Whether it is a receptor, or the second variable of one.
fn of_receptor(group: &Group, var: &str) -> bool {
    let of = var.split_once('.').map_or(var, |(of, _)| of);
    group.receptors.iter().any(|receptor| receptor.name == of)
}
