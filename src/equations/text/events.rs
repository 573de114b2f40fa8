//! Spikes and the assignments of a text: after a spike, and in each step.

use super::definitions::{MISTAKES, Symbol};
use super::elaborate::Elaboration;
use super::syntax::{Assignment, Item, Named, Operator, Whole};
use super::units::Unit;
use crate::equations::graph::{Binary, Id, Leaf};
use crate::equations::model::Spike;
use crate::error::nearest::nearest;
use std::collections::{HashMap, HashSet};
use std::ops::Range;

/// The place of assignments.
fn place(assignments: &[Assignment]) -> Range<usize> {
    assignments.first().map(|assignment| assignment.to.at.clone()).unwrap_or_default()
}

impl Elaboration<'_> {
    pub(super) fn events(&mut self) {
        let syntax = self.syntax;
        let (mut reset, mut refractory, mut each_step) = (false, false, false);
        for item in &syntax.items {
            match item {
                Item::Crossing { name, threshold } => {
                    let Some(state) = self.state(name, "`crosses`") else { continue };
                    self.set_spike(name.at.clone());
                    let Some(value) = self.value(*threshold) else { continue };
                    let unit = self.units.states[state].clone();
                    if let Some(threshold_id) = self.fitted(&value, &unit, *threshold, &format!("`{}`", name.name)) {
                        self.without_noise(threshold_id, *threshold);
                        self.model.spike = Some(Spike::Crosses { state, threshold: threshold_id });
                    }
                }
                Item::Condition(whole) => {
                    self.set_spike(syntax.expressions.at(whole.root));
                    let Some(value) = self.value(*whole) else { continue };
                    if let Some(id) = self.fitted(&value, &Unit::default(), *whole, "a condition") {
                        self.without_noise(id, *whole);
                        self.model.spike = Some(Spike::When(id));
                    }
                }
                Item::Reset(assignments) => {
                    self.once(&mut reset, "reset", place(assignments));
                    self.model.reset = self.assigned(assignments, &mut HashMap::new());
                }
                Item::EachStep(assignments) => {
                    self.once(&mut each_step, "each step", place(assignments));
                    self.model.each_step = self.assigned(assignments, &mut HashMap::new());
                }
                Item::Refractory { time, holds } => {
                    self.once(&mut refractory, "refractory", syntax.expressions.at(time.root));
                    self.refractory(*time, holds);
                }
                _ => {}
            }
        }
        let needs_spike = |item: &Item| match item {
            Item::Reset(all) => all.first().map(|assignment| assignment.to.at.clone()),
            Item::Refractory { time, .. } => Some(syntax.expressions.at(time.root)),
            _ => None,
        };
        if self.model.spike.is_none()
            && self.mistakes.is_empty()
            && let Some(at) = syntax.items.iter().find_map(needs_spike)
        {
            self.mistake(at, "without a line `spike when …` there are no spikes, and nothing follows them");
        }
        let held = self.definitions.states.iter().find(|state| state.held).map(|state| state.named.at.clone());
        if let (Some(at), None) = (held, self.model.refractory)
            && self.mistakes.is_empty()
        {
            self.mistake(at, "without a line `refractory …` no variable is held");
        }
    }

    /// Checks that a line is the only one of its kind.
    fn once(&mut self, seen: &mut bool, kind: &str, at: Range<usize>) {
        if std::mem::replace(seen, true) {
            let hint = if kind == "refractory" { "" } else { "; `;` joins assignments" };
            self.mistake(at, format!("a model has one line `{kind}`{hint}"));
        }
    }

    fn set_spike(&mut self, at: Range<usize>) {
        if self.model.spike.is_some() {
            self.mistake(at, "a model has one line `spike when …`; `or` joins conditions");
        }
    }

    /// The number of the state of this name.
    fn state(&mut self, named: &Named, what: &str) -> Option<usize> {
        match self.definitions.symbols.get(named.name.as_str()) {
            Some((Symbol::State(k), _)) => Some(usize::from(*k)),
            _ if self.mistakes.len() >= MISTAKES => None,
            Some(_) => {
                let known = format!("{what} needs a state; `{}` is none", named.name);
                self.mistake(named.at.clone(), known);
                None
            }
            None => {
                let states = self.definitions.states.iter().map(|state| state.named.name.as_str());
                let hint = nearest(&named.name, states).map(|n| format!(" (did you mean `{n}`?)")).unwrap_or_default();
                let what = format!("there is no state `{}`{hint}", named.name);
                self.mistake(named.at.clone(), what);
                None
            }
        }
    }

    fn refractory(&mut self, time: Whole, holds: &[Named]) {
        if let Some(value) = self.value(time) {
            let ms = self.units.ms.clone();
            if let Some(id) = self.fitted(&value, &ms, time, "a refractory period") {
                if self.model.graph.is_fixed(id) {
                    self.model.refractory = Some(id);
                } else {
                    let at = self.syntax.expressions.at(time.root);
                    self.mistake(at, "a refractory period depends on parameters alone");
                }
            }
        }
        for named in holds {
            if let Some(k) = self.state(named, "`holds`") {
                self.model.states[k].held = true;
            }
        }
    }

    /// The values of states after assignments, one after another.
    pub(super) fn assigned(&mut self, assignments: &[Assignment], changed: &mut HashMap<u16, Id>) -> Vec<(usize, Id)> {
        let mut order: Vec<usize> = Vec::new();
        let mut seen: HashSet<usize> = HashSet::new();
        for Assignment { to, operator, value: whole } in assignments {
            let Some(state) = self.state(to, "an assignment") else { continue };
            let Some(value) = self.value_after(*whole, changed) else { continue };
            let own = self.units.states[state].clone();
            let factor = matches!(operator, Some(Operator::Mul | Operator::Div));
            let unit = if factor { Unit::default() } else { own };
            let Some(id) = self.fitted(&value, &unit, *whole, &format!("`{}`", to.name)) else { continue };
            self.without_noise(id, *whole);
            let key = state as u16;
            if *operator == Some(Operator::Div) && self.model.graph.value(id) == Some(0.0) {
                self.mistake(self.syntax.expressions.at(whole.root), "a division by 0");
                continue;
            }
            let graph = &mut self.model.graph;
            let before = changed.get(&key).copied().unwrap_or_else(|| graph.leaf(Leaf::State(key)));
            let after = match operator {
                None => id,
                Some(Operator::Add) => graph.binary(Binary::Add, before, id),
                Some(Operator::Sub) => graph.binary(Binary::Sub, before, id),
                Some(Operator::Mul) => graph.binary(Binary::Mul, before, id),
                Some(_) => graph.binary(Binary::Div, before, id),
            };
            changed.insert(key, after);
            if seen.insert(state) {
                order.push(state);
            }
        }
        order.into_iter().filter_map(|state| Some((state, *changed.get(&(state as u16))?))).collect()
    }
}
