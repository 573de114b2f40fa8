//! Texts of plasticity: the weight and its bounds, and the assignments after a spike of the source or of
//! the target.

use super::definitions::Symbol;
use super::elaborate::Elaboration;
use super::kind::{TextKind, is_of_neuron};
use super::kinetics::POTENTIAL;
use super::syntax::{Assignment, Item, Syntax, Whole};
use crate::equations::graph::{Id, Leaf};
use crate::equations::model::{Model, Plasticity};
use crate::error::Mistake;
use crate::network::plan::rule::{Owner, RULE_VARS};
use std::collections::{HashMap, HashSet};
use std::ops::Range;

/// Whether only plasticity has this line.
pub(super) fn is_own(item: &Item) -> bool {
    place(item).is_some()
}

/// The place of a line that only plasticity has.
fn place(item: &Item) -> Option<Range<usize>> {
    match item {
        Item::Weight { name, .. } => Some(name.at.clone()),
        Item::OnPre { at, .. } | Item::OnPost { at, .. } => Some(at.clone()),
        _ => None,
    }
}

/// The mistakes of the lines that plasticity has or lacks.
pub(super) fn check(syntax: &Syntax) -> Vec<Mistake> {
    let first = syntax.items.iter().find_map(place).unwrap_or_default();
    if syntax.items.iter().any(is_of_neuron) {
        let what = "`weight`, `on pre` and `on post` belong to synapses; a neuron has `spike when` and `reset`";
        return vec![Mistake::new(first, what)];
    }
    let mut mistakes = Vec::new();
    let (mut weight, mut pre, mut post) = (None, false, false);
    for item in &syntax.items {
        match item {
            Item::OnSpike { at, .. } | Item::Transmit { at, .. } => {
                let what = "a text has `on spike` and `transmit`, which are kinetics, or `weight`, `on pre` and \
                            `on post`, which are plasticity";
                mistakes.push(Mistake::new(at.clone(), what));
            }
            Item::Weight { name, .. } if weight.replace(&name.name).is_some() => {
                mistakes.push(Mistake::new(name.at.clone(), "a text has one line `weight`"));
            }
            Item::OnPre { at, .. } if std::mem::replace(&mut pre, true) => {
                mistakes.push(Mistake::new(at.clone(), "a text has one line `on pre`; `;` joins assignments"));
            }
            Item::OnPost { at, .. } if std::mem::replace(&mut post, true) => {
                mistakes.push(Mistake::new(at.clone(), "a text has one line `on post`; `;` joins assignments"));
            }
            Item::Input { name, .. } if name.name != POTENTIAL => {
                let what = format!(
                    "a text of plasticity has one input, the potential of the target, and its name is `{POTENTIAL}`"
                );
                mistakes.push(Mistake::new(name.at.clone(), what));
            }
            _ => {}
        }
    }
    let Some(weight) = weight else {
        if mistakes.is_empty() {
            let what = "`weight` is missing: `weight w from 0 to w_max` declares the weight and its bounds";
            mistakes.push(Mistake::new(first, what));
        }
        return mistakes;
    };
    for item in &syntax.items {
        if let Item::State { name, .. } = item
            && name.name == *weight
        {
            let what = format!("the projection gives the initial weights: no line `state {weight} = …` is needed");
            mistakes.push(Mistake::new(name.at.clone(), what));
        }
    }
    mistakes
}

impl Elaboration<'_> {
    /// The rule of a text of plasticity.
    pub(super) fn plasticity(&mut self) {
        if self.kind != TextKind::Plasticity {
            return;
        }
        let syntax = self.syntax;
        let (mut weight, mut on_pre, mut on_post) = (None, Vec::new(), Vec::new());
        for item in &syntax.items {
            match item {
                Item::Weight { name, low, high, .. } => {
                    let Some((Symbol::State(state), _)) = self.definitions.symbols.get(name.name.as_str()) else {
                        continue;
                    };
                    let state = usize::from(*state);
                    let bounds = [*low, *high].map(|bound| self.bound(state, bound));
                    if let [Some(low), Some(high)] = bounds {
                        weight = Some((state, [low, high], name.at.clone()));
                    }
                }
                Item::OnPre { assignments, .. } => on_pre = self.after_event(assignments),
                Item::OnPost { assignments, .. } => on_post = self.after_event(assignments),
                _ => {}
            }
        }
        self.initial_values_of_parameters();
        let Some((weight, bounds, at)) = weight else { return };
        let same = self.model.graph.leaf(Leaf::State(weight as u16));
        let mut assigned = on_pre.iter().chain(&on_post).chain(&self.model.each_step);
        let is_changed =
            assigned.any(|(state, id)| *state == weight && *id != same) || self.model.states[weight].slope.is_some();
        if !is_changed && self.mistakes.is_empty() {
            let name = &self.model.states[weight].name;
            self.mistake(at.clone(), format!("nothing changes the weight `{name}`: `on post: {name} += …` does"));
        }
        let most = RULE_VARS - 1;
        if self.model.states.len() > most {
            self.mistake(at, format!("a text of plasticity has more than {most} variables"));
        }
        let owners = owners(&mut self.model, weight, &on_pre, &on_post);
        self.model.plasticity = Some(Plasticity { weight, bounds, on_pre, on_post, owners });
    }

    fn after_event(&mut self, assignments: &[Assignment]) -> Vec<(usize, Id)> {
        self.assigned(assignments, &mut HashMap::new())
    }

    /// A bound of the weight, in its unit.
    fn bound(&mut self, weight: usize, whole: Whole) -> Option<Id> {
        let mut value = self.value(whole)?;
        let unit = self.units.states[weight].clone();
        // A number takes the unit that its line declares.
        if value.is_plain() {
            value.unit = Some(unit.clone());
        }
        let id = self.fitted(&value, &unit, whole, "a bound of the weight")?;
        if !self.model.graph.is_fixed(id) || self.model.graph.leaves(&[id]).contains(&Leaf::Dt) {
            let at = self.syntax.expressions.at(whole.root);
            self.mistake(at, "a bound of the weight depends on parameters alone");
            return None;
        }
        Some(id)
    }

    /// Checks that initial values depend on parameters alone.
    fn initial_values_of_parameters(&mut self) {
        for k in 0..self.model.states.len() {
            let (id, whole) = (self.model.states[k].initial, self.definitions.states[k].initial);
            let Some(whole) = whole else { continue };
            if !self.model.graph.is_fixed(id) {
                let at = self.syntax.expressions.at(whole.root);
                self.mistake(at, "an initial value of plasticity depends on parameters alone");
            }
        }
    }
}

/// What has a value of each state. A state that only spikes of the source change belongs to the source, and
/// one that only spikes of the target change to the target, unless it depends on a state of others. A state
/// that no spike changes belongs to those on whose states it depends, or else to the target.
fn owners(model: &mut Model, weight: usize, on_pre: &[(usize, Id)], on_post: &[(usize, Id)]) -> Vec<Owner> {
    let count = model.states.len();
    let has = |assigned: &[(usize, Id)], state: usize| assigned.iter().any(|(own, _)| *own == state);
    let mut owners: Vec<Option<Owner>> = (0..count)
        .map(|k| match (has(on_pre, k), has(on_post, k)) {
            _ if k == weight => Some(Owner::Synapse),
            (true, true) => Some(Owner::Synapse),
            (true, false) => Some(Owner::Source),
            (false, true) => Some(Owner::Target),
            (false, false) => None,
        })
        // The potential, behind the states, belongs to the target.
        .chain([Some(Owner::Target)])
        .collect();
    let needs: Vec<HashSet<usize>> = (0..count)
        .map(|k| {
            let assigned = on_pre.iter().chain(on_post).chain(&model.each_step);
            let values = assigned.filter(|(state, _)| *state == k).map(|(_, id)| *id);
            let values: Vec<Id> = values.chain(model.states[k].slope).collect();
            let leaves = model.graph.leaves(&values).into_iter();
            leaves.filter_map(|leaf| if let Leaf::State(k) = leaf { Some(usize::from(k)) } else { None }).collect()
        })
        .collect();
    loop {
        let mut is_same = true;
        for (k, needs) in needs.iter().enumerate() {
            let of_needs =
                needs.iter().filter(|need| **need != k).filter_map(|need| owners.get(*need).copied().flatten());
            let new = of_needs.fold(owners[k], |own, need| match own {
                Some(own) if own != need => Some(Owner::Synapse),
                _ => Some(need),
            });
            is_same &= new == owners[k];
            owners[k] = new;
        }
        if is_same {
            // States that depend on no others.
            match owners.iter_mut().find(|owner| owner.is_none()) {
                Some(owner) => *owner = Some(Owner::Target),
                None => return owners.into_iter().flatten().take(count).collect(),
            }
        }
    }
}
