//! Texts of ion channels: the current into the neuron, which follows from its potential.

use super::elaborate::Elaboration;
use super::kind::is_of_neuron;
use super::kinetics::POTENTIAL;
use super::syntax::{Item, Syntax};
use super::units::Unit;
use super::{kinetics, plasticity};
use crate::error::Mistake;
use std::ops::Range;

/// Whether only a channel has this line.
pub(super) fn is_own(item: &Item) -> bool {
    place(item).is_some()
}

/// The place of a line that only a channel has.
fn place(item: &Item) -> Option<Range<usize>> {
    if let Item::Current { at, .. } = item { Some(at.clone()) } else { None }
}

/// mV, the unit of the potential.
fn millivolt() -> Unit {
    Unit::of_name("mV").unwrap_or_default()
}

/// µA/cm², the unit of the current.
fn current_unit() -> Unit {
    let area = Unit::of_name("cm").and_then(|cm| cm.to_power(4));
    let current = Unit::of_name("uA");
    current.zip(area).and_then(|(current, area)| current.over(&area)).unwrap_or_default()
}

/// The mistakes of the lines that a channel has or lacks.
pub(super) fn check(syntax: &Syntax) -> Vec<Mistake> {
    let first = syntax.items.iter().find_map(place).unwrap_or_default();
    if syntax.items.iter().any(is_of_neuron) {
        let what = "`current` belongs to an ion channel; `spike when`, `reset` and `refractory` belong to a neuron";
        return vec![Mistake::new(first, what)];
    }
    if syntax.items.iter().any(|item| kinetics::is_own(item) || plasticity::is_own(item)) {
        let what = "`current` belongs to an ion channel; `transmit`, `weight` and `on …` belong to synapses";
        return vec![Mistake::new(first, what)];
    }
    let mut mistakes = Vec::new();
    let mut is_second = false;
    for item in &syntax.items {
        match item {
            Item::Current { at, .. } if std::mem::replace(&mut is_second, true) => {
                mistakes.push(Mistake::new(at.clone(), "a channel has one line `current`; `+` joins currents"));
            }
            Item::Input { name, .. } if name.name != POTENTIAL => {
                let what = format!(
                    "a text of a channel has one input, the potential of the neuron, and its name is `{POTENTIAL}`"
                );
                mistakes.push(Mistake::new(name.at.clone(), what));
            }
            Item::Input { name, unit: Some(unit) } => {
                let mv = millivolt();
                if !unit.fits(&mv) || unit.in_units_of(&mv) != 1.0 {
                    let what = format!("the potential of the neuron is in mV: `input {POTENTIAL} : mV`");
                    mistakes.push(Mistake::new(name.at.clone(), what));
                }
            }
            Item::State { name, .. } | Item::Slope { name, .. } | Item::Param { name, .. } | Item::Let { name, .. }
                if name.name == POTENTIAL =>
            {
                let what = format!("`{POTENTIAL}` is the potential of the neuron: `input {POTENTIAL} : mV`");
                mistakes.push(Mistake::new(name.at.clone(), what));
            }
            _ => {}
        }
    }
    mistakes
}

impl Elaboration<'_> {
    /// The current of a text of a channel.
    pub(super) fn current(&mut self) {
        let syntax = self.syntax;
        for item in &syntax.items {
            let Item::Current { value: whole, unit, .. } = item else { continue };
            let Some(mut value) = self.value(*whole) else { continue };
            if let Some(unit) = unit {
                if value.is_plain() {
                    // A number takes the unit that its line declares.
                    value.unit = Some(unit.clone());
                } else if self.fitted(&value, unit, *whole, "this line").is_none() {
                    continue;
                }
            }
            let Some(id) = self.fitted(&value, &current_unit(), *whole, "the current of a channel") else { continue };
            self.without_noise(id, *whole);
            self.model.current = Some(id);
        }
    }
}
