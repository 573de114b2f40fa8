//! Texts of kinetics: the assignments after a spike of the source, and the amount that it transmits.

use super::elaborate::Elaboration;
use super::kind::is_of_neuron;
use super::syntax::{Assignment, Item, Syntax, Whole};
use super::units::Unit;
use crate::equations::graph::Id;
use crate::equations::model::{Release, Transmit};
use crate::equations::release::TRANSMITTED;
use crate::error::Mistake;
use std::collections::HashMap;
use std::ops::Range;

/// The one input of a text of synapses.
pub(super) const POTENTIAL: &str = "V";

/// Whether only kinetics have this line.
pub(super) fn is_own(item: &Item) -> bool {
    matches!(item, Item::OnSpike { .. } | Item::Transmit { .. })
}

/// The place of the first line that only kinetics have.
fn first(syntax: &Syntax) -> Range<usize> {
    let place = |item: &Item| match item {
        Item::OnSpike { at, .. } | Item::Transmit { at, .. } => Some(at.clone()),
        _ => None,
    };
    syntax.items.iter().find_map(place).unwrap_or_default()
}

/// The mistakes of the lines that kinetics have or lack.
pub(super) fn check(syntax: &Syntax) -> Vec<Mistake> {
    if syntax.items.iter().any(is_of_neuron) {
        let what = "`on spike` and `transmit` belong to synapses; a neuron has `spike when` and `reset`";
        return vec![Mistake::new(first(syntax), what)];
    }
    let mut mistakes = Vec::new();
    let mut transmits = false;
    let mut on_spike = false;
    for item in &syntax.items {
        let place = match item {
            Item::OnSpike { at, transmit, .. } => {
                if std::mem::replace(&mut on_spike, true) {
                    mistakes.push(Mistake::new(at.clone(), "a text has one line `on spike`; `;` joins assignments"));
                    continue;
                }
                transmit.as_ref().map(|(_, amount)| syntax.expressions.at(amount.root))
            }
            Item::Transmit { at, .. } => Some(at.clone()),
            Item::Input { name, .. } if name.name != POTENTIAL => {
                let what = format!(
                    "a text of synapses has one input, the potential of the source, and its name is `{POTENTIAL}`"
                );
                mistakes.push(Mistake::new(name.at.clone(), what));
                None
            }
            Item::State { name, .. } | Item::Slope { name, .. } | Item::Param { name, .. } | Item::Let { name, .. }
                if name.name == TRANSMITTED =>
            {
                let what = format!("`{TRANSMITTED}` is the amount that a step transmits: choose another name");
                mistakes.push(Mistake::new(name.at.clone(), what));
                None
            }
            _ => None,
        };
        if let Some(place) = place
            && std::mem::replace(&mut transmits, true)
        {
            mistakes.push(Mistake::new(place, "a text has one `transmit`"));
        }
    }
    if !transmits && mistakes.is_empty() {
        mistakes.push(Mistake::new(first(syntax), "`transmit` is missing: without it nothing reaches the targets"));
    }
    mistakes
}

impl Elaboration<'_> {
    /// The release of a text of synapses.
    pub(super) fn release(&mut self) {
        let syntax = self.syntax;
        let (mut on_spike, mut transmit) = (Vec::new(), None);
        for item in &syntax.items {
            match item {
                Item::OnSpike { assignments, transmit: within, .. } => {
                    let amount;
                    (on_spike, amount) = self.on_spike(assignments, *within);
                    transmit = transmit.or(amount.map(Transmit::AtSpikes));
                }
                Item::Transmit { amount, .. } => {
                    let amount = self.amount(*amount, &mut HashMap::new());
                    transmit = transmit.or(amount.map(Transmit::InEachStep));
                }
                _ => {}
            }
        }
        self.model.release = transmit.map(|transmit| Release { on_spike, transmit });
    }

    /// The values of states after a spike, and the amount that it transmits, at its place among the
    /// assignments.
    fn on_spike(
        &mut self,
        assignments: &[Assignment],
        transmit: Option<(usize, Whole)>,
    ) -> (Vec<(usize, Id)>, Option<Id>) {
        let mut changed = HashMap::new();
        let (before, after) = assignments.split_at(transmit.map_or(0, |(place, _)| place));
        let mut states = self.assigned(before, &mut changed);
        let amount = transmit.and_then(|(_, amount)| self.amount(amount, &mut changed));
        for (state, value) in self.assigned(after, &mut changed) {
            match states.iter_mut().find(|(own, _)| *own == state) {
                Some((_, before)) => *before = value,
                None => states.push((state, value)),
            }
        }
        (states, amount)
    }

    fn amount(&mut self, amount: Whole, changed: &mut HashMap<u16, Id>) -> Option<Id> {
        let value = self.value_after(amount, changed)?;
        self.fitted(&value, &Unit::default(), amount, "an amount that is transmitted")
    }
}
