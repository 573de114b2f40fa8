//! Panels of a network.

use super::curves::{of_cells, units};
use super::neurons::marks;
use super::{CURVES, Hue, PANELS, Panel, Source, Subject, source_of, with_unit};
use crate::spikes::spikes_of;
use overtime_model::network::{Group, Network};
use overtime_model::out_vars::OutVar;
use std::collections::BTreeMap;

pub(super) fn usual(subject: &Subject<'_>, net: &Network, asked: &[OutVar]) -> Vec<Panel> {
    let known = asked.iter().filter(|want| !want.events && (subject.elements)(want).is_some());
    let own = ["spike", "rate"].map(|name| own(net, name));
    own.into_iter().chain(known.take(PANELS).map(|want| variable(subject, net, want))).collect()
}

pub(super) fn own(net: &Network, name: &str) -> Panel {
    let populations = net.populations(|_| 0);
    let cells = (0..populations.len()).map(|p| (0, p)).collect();
    let legend = populations.iter().map(|p| p.name.clone()).collect();
    match name {
        "spike" => Panel { weight: 7, ..of_cells("neuron", Source::Raster, cells, legend) },
        _ => of_cells("rate (Hz)", Source::Rates, cells, legend),
    }
}

/// A variable of a group, in shades of its populations' colours, or of a projection, in colours
/// that no population has. Neurons count as in the panel's name: those of `E.V` from the first of
/// population `E`, those of `P.V` from the first of group `P`.
pub(super) fn variable(subject: &Subject<'_>, net: &Network, want: &OutVar) -> Panel {
    let len = (subject.elements)(want).unwrap_or(0);
    let units = units(len, Some(want), CURVES);
    let populations = net.populations(|_| 0);
    let named = want.name.split_once('.').map_or("", |(named, _)| named);
    let (of, name) = want.var.split_once('.').unwrap_or((want.var.as_str(), ""));
    let group = net.groups.iter().find(|group| group.name == of);
    let label = with_unit(&want.name, group.map_or("", |group| unit(group, name)));
    let mut shades = BTreeMap::new();
    let (mut hues, mut legend) = (Vec::new(), Vec::new());
    for unit in &units {
        let own = populations
            .iter()
            .enumerate()
            .find(|(_, p)| group.is_some() && p.of == of && p.units.contains(&(*unit as u64)));
        let (colour, text) = match own {
            Some((colour, p)) if p.name != named => {
                (colour, format!("neuron {} ({})", unit.saturating_sub(want.first), p.name))
            }
            Some((colour, _)) => (colour, format!("neuron {}", unit.saturating_sub(want.first))),
            None => {
                let what = if subject.columns.contains(&want.name) { "column" } else { "synapse" };
                (populations.len() + hues.len(), format!("{what} {unit}"))
            }
        };
        let shade = shades.entry(colour).or_insert(0);
        hues.push(Hue { colour, shade: *shade });
        *shade += 1;
        legend.push(text);
    }
    let spikes = group.filter(|_| name == "V").and_then(|group| marks(&group.neurons, spikes_of(&group.name)));
    let cells = units.into_iter().map(|unit| (0, unit)).collect();
    Panel { hues, spikes, ..of_cells(&label, source_of(want), cells, legend) }
}

/// The unit of a variable, where the model says it. That of a receptor depends on the weights.
fn unit(group: &Group, name: &str) -> &'static str {
    group.neurons.info().ok().and_then(|info| info.variable(name)).map_or("", |variable| variable.unit)
}
