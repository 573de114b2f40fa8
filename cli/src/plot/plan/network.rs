//! Panels of a network.

use super::curves::{boxplot, of_cells, units};
use super::neurons::marks;
use super::{CURVES, Hue, PANELS, Panel, Source, Subject, source_of, with_unit};
use crate::plot::boxplot::Quantity;
use crate::plot::colour::COLOURS;
use crate::spikes::spikes_of;
use overtime::models::Family;
use overtime_model::network::{Effect, Group, Network, Population};
use overtime_model::out_vars::OutVar;
use std::collections::BTreeMap;

pub(super) fn usual(subject: &Subject<'_>, net: &Network, asked: &[OutVar]) -> Vec<Panel> {
    let known = asked.iter().filter(|want| want.has_values() && (subject.elements)(want).is_some());
    let own = ["spike", "rate"].map(|name| own(net, name));
    own.into_iter().chain(known.take(PANELS).map(|want| variable(subject, net, want))).collect()
}

pub(super) fn own(net: &Network, name: &str) -> Panel {
    let populations = net.populations(|_| 0);
    let names = populations.iter().map(|p| p.name.clone()).collect();
    of_spikes(name, names, hues(net, &populations))
}

/// A panel of the spikes of these populations.
pub(super) fn of_spikes(name: &str, names: Vec<String>, hues: Vec<Hue>) -> Panel {
    if let Some(quantity) = Quantity::of_panel(name) {
        return boxplot(quantity, names, hues);
    }
    let cells = (0..names.len()).map(|p| (0, p)).collect();
    if name != "spike" {
        return Panel { hues, ..of_cells("rate (Hz)", Source::Rates, cells, names) };
    }
    // A single population needs no name: its axis has the numbers of neurons.
    let beside = if names.len() > 1 { names.clone() } else { Vec::new() };
    Panel { weight: 7, names: beside, hues, ..of_cells("neuron", Source::Raster, cells, names) }
}

/// The colours of populations. In a network with excitatory and inhibitory neurons, the former have
/// shades of the first colour, and the latter of the second. Sources of spikes have others.
fn hues(net: &Network, populations: &[Population]) -> Vec<Hue> {
    let is_source = |group: &Group| group.neurons.info().is_ok_and(|info| info.family == Family::Source);
    let effect = |p: &Population| net.effect(p).filter(|_| !net.groups.get(p.group).is_some_and(is_source));
    let effects: Vec<Option<Effect>> = populations.iter().map(effect).collect();
    let has = |effect| effects.contains(&Some(effect));
    if !(has(Effect::Excitatory) && has(Effect::Inhibitory)) {
        return (0..populations.len()).map(Hue::number).collect();
    }
    let mut before = [0; 3];
    let hue = |effect: &Option<Effect>| {
        let [excitatory, inhibitory, others] = &mut before;
        let (count, first, colours) = match effect {
            Some(Effect::Excitatory) => (excitatory, 0, 1),
            Some(Effect::Inhibitory) => (inhibitory, 1, 1),
            None => (others, 2, COLOURS.len() - 2),
        };
        let number = *count;
        *count += 1;
        Hue { colour: first + number % colours, shade: number / colours }
    };
    effects.iter().map(hue).collect()
}

/// A variable of a group, in shades of its populations' colours, or of a projection, in colours
/// that no population has. Neurons count as in the panel's name: those of `E.V` from the first of
/// population `E`, those of `P.V` from the first of group `P`.
pub(super) fn variable(subject: &Subject<'_>, net: &Network, want: &OutVar) -> Panel {
    let len = (subject.elements)(want).unwrap_or(0);
    let units = units(len, Some(want), CURVES);
    let populations = net.populations(|_| 0);
    let colours = self::hues(net, &populations);
    let free = colours.iter().map(|hue| hue.colour + 1).max().unwrap_or(0);
    let named = want.name.split_once('.').map_or("", |(named, _)| named);
    let (of, name) = want.var.split_once('.').unwrap_or((want.var.as_str(), ""));
    let group = net.groups.iter().find(|group| group.name == of);
    let label = with_unit(&want.name, &group.map_or_else(String::new, |group| unit(group, name)));
    let mut shades = BTreeMap::new();
    let (mut hues, mut legend): (Vec<Hue>, Vec<String>) = (Vec::new(), Vec::new());
    for unit in &units {
        let own = populations
            .iter()
            .enumerate()
            .find(|(_, p)| group.is_some() && p.of == of && p.units.contains(&(*unit as u64)));
        let of_population = |k: usize| colours.get(k).copied().unwrap_or(Hue::number(k));
        let (hue, text) = match own {
            Some((k, p)) if p.name != named => {
                (of_population(k), format!("neuron {} ({})", unit.saturating_sub(want.first), p.name))
            }
            Some((k, _)) => (of_population(k), format!("neuron {}", unit.saturating_sub(want.first))),
            None => {
                let what = if subject.columns.contains(&want.name) { "column" } else { "synapse" };
                (Hue { colour: free + hues.len(), shade: 0 }, format!("{what} {unit}"))
            }
        };
        let more = shades.entry((hue.colour, hue.shade)).or_insert(0);
        hues.push(Hue { shade: hue.shade + *more, ..hue });
        *more += 1;
        legend.push(text);
    }
    let spikes = group.filter(|_| name == "V").and_then(|group| marks(&group.neurons, spikes_of(&group.name)));
    let cells = units.into_iter().map(|unit| (0, unit)).collect();
    Panel { hues, spikes, ..of_cells(&label, source_of(want), cells, legend) }
}

/// The unit of a variable, where the model says it. That of a receptor depends on the weights.
fn unit(group: &Group, name: &str) -> String {
    let info = group.neurons.info().ok();
    info.and_then(|info| info.variable(name).map(|variable| variable.unit.to_string())).unwrap_or_default()
}
