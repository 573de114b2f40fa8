//! The colours of curves: a unit has the same colour in all panels of a picture.

use super::{Form, Hue, Panel, Source};
use crate::plot::colour::{COLOURS, SHADES};
use std::collections::BTreeMap;

/// What a curve is of: the group or projection of a network, the batch row, and the unit.
type Owner = (String, usize, usize);

/// Gives a unit the colour that it has in a panel above, and another unit a colour that no curve
/// has yet. In a network a neuron has a shade of its population's colour.
pub(crate) fn paint(panels: &mut [Panel], is_network: bool) {
    let mut given: BTreeMap<Owner, Hue> = BTreeMap::new();
    for panel in panels.iter_mut().filter(|panel| has_curves(panel)) {
        let of = match &panel.source {
            Source::Var { var, .. } if is_network => var.split_once('.').map_or("", |(of, _)| of).to_owned(),
            _ => String::new(),
        };
        let mut used: Vec<Hue> = Vec::new();
        for ((row, unit), hue) in panel.cells.iter().zip(&mut panel.hues) {
            let owner = (of.clone(), *row, *unit);
            let own = given.get(&owner).copied().filter(|own| !used.contains(own));
            let is_new = |hue: &Hue| !used.contains(hue) && given.values().all(|other| other != hue);
            let choices = || choices(*hue, is_network);
            let other = || choices().find(is_new).or_else(|| choices().find(|hue| !used.contains(hue)));
            *hue = own.or_else(other).unwrap_or(*hue);
            given.entry(owner).or_insert(*hue);
            used.push(*hue);
        }
    }
}

/// Whether the panel has curves of units. A single input, which may be that of all units, has no
/// colour.
fn has_curves(panel: &Panel) -> bool {
    let is_curve = matches!(panel.source, Source::Var { .. } | Source::Output | Source::Input);
    is_curve && panel.form != Form::Heat && !panel.is_single_input()
}

/// The colours that a curve may have, the planned one first: its shades where a population has the
/// colour, otherwise all colours.
fn choices(planned: Hue, is_network: bool) -> impl Iterator<Item = Hue> {
    let colours = if is_network { 1 } else { COLOURS.len() };
    let first = if is_network { planned.shade } else { 0 };
    (0..SHADES.len()).flat_map(move |shade| {
        let shade = (first + shade) % SHADES.len();
        (0..colours).map(move |colour| Hue { colour: (planned.colour + colour) % COLOURS.len(), shade })
    })
}
