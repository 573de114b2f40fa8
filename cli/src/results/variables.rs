//! The variables of a model, as far as they are known without its synapses and arrays.

use overtime::Schema;
use overtime_model::network::{Connect, Group, Network, Part, Projection};
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
    let has_state = |own: &&Projection| own.is_plastic() || own.kinetics.is_some();
    if let Some(projection) = projection.filter(has_state) {
        return Some(of_projection(net, projection, var).map_or(Elements::Unknown, Elements::Known));
    }
    let group = net.groups.iter().find(|group| group.name == of)?;
    if var == out_vars::RING {
        return Some(Elements::Unknown);
    }
    let units = usize::try_from(group.neurons.size).unwrap_or(usize::MAX);
    (has(&group.neurons, var) || of_receptor(group, var)).then_some(Elements::Known(units))
}

/// The elements of a variable of a projection, as far as they do not depend on random numbers.
fn of_projection(net: &Network, projection: &Projection, var: &str) -> Option<usize> {
    let size = |part: &Part| match &part.units {
        Some(units) => usize::try_from(units.end.saturating_sub(units.start)).ok(),
        None => usize::try_from(net.groups.iter().find(|group| group.name == part.group)?.neurons.size).ok(),
    };
    let (from, to) = (size(&projection.from)?, size(&projection.to)?);
    if projection.plasticity.is_some() {
        // The text says which of its variables belong to synapses, sources and targets.
        return None;
    }
    // Without autapses some pairs have no synapse.
    let all_pairs = projection.autapses || projection.from.group != projection.to.group;
    match (var, &projection.connect) {
        ("pre", _) => Some(from),
        ("post", _) => Some(to),
        ("w", Connect::AllToAll) if all_pairs => from.checked_mul(to),
        ("w", Connect::OneToOne) if all_pairs => Some(from),
        ("w", Connect::FixedTotalNumber(n)) => usize::try_from(*n).ok(),
        _ => None,
    }
}

/// The names of the variables of a single group or of a network, for errors.
pub(super) fn names(system: &System, layers: Option<&Schema>) -> Vec<String> {
    let of_group = |group: &Neurons| -> Vec<String> {
        group.info().map_or_else(|_| Vec::new(), |info| info.variables.iter().map(|v| v.name.to_string()).collect())
    };
    match system {
        System::Sequential(_) => layers.map_or_else(Vec::new, |schema| system.names(schema)),
        System::Neurons(group) => of_group(group),
        System::Network(net) => {
            let of = |group: &Group| {
                let receptors = group.receptors.iter().map(|receptor| receptor.name.clone());
                let all = of_group(&group.neurons).into_iter().chain(receptors);
                all.map(|var| format!("{}.{var}", group.name)).collect::<Vec<_>>()
            };
            net.groups.iter().flat_map(of).collect()
        }
    }
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
