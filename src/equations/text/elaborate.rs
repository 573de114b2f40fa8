//! The items of a text to a model: names are found, units are checked, and expressions become nodes.

use super::definitions::{Definitions, MISTAKES, MOST, State, Symbol};
use super::kind::{TextKind, kind};
use super::kinetics::POTENTIAL;
use super::syntax::{Item, Kind, Syntax, Whole};
use super::units::Unit;
use super::values::{Names, Value, evaluate, shown};
use crate::equations::graph::{Graph, Id, Leaf};
use crate::equations::model::{InputSpec, Model, ParamSpec, StateSpec};
use crate::error::Mistake;
use crate::error::nearest::nearest;
use std::collections::{BTreeSet, HashMap, HashSet};
use std::ops::Range;

/// Makes the model of a text.
pub(super) fn elaborate(syntax: &Syntax) -> Result<Model, Vec<Mistake>> {
    let mut definitions = Definitions::default();
    for item in &syntax.items {
        definitions.add(item);
        if definitions.mistakes.len() >= MISTAKES {
            break;
        }
    }
    if !definitions.mistakes.is_empty() {
        return Err(definitions.mistakes);
    }
    let (kind, mistakes) = kind(syntax);
    if !mistakes.is_empty() {
        return Err(mistakes);
    }
    let mut all = Elaboration::new(syntax, definitions, kind);
    all.lets();
    all.slopes();
    all.initial();
    all.events();
    all.release();
    all.plasticity();
    all.current();
    if all.mistakes.is_empty() { Ok(all.model) } else { Err(all.mistakes) }
}

pub(super) struct Elaboration<'s> {
    pub(super) syntax: &'s Syntax,
    pub(super) definitions: Definitions<'s>,
    pub(super) model: Model,
    /// Whether the text has units.
    checked: bool,
    /// What the text describes.
    pub(super) kind: TextKind,
    /// Whether the present expression is an initial value.
    is_initial: bool,
    pub(super) units: Units,
    /// The values of named values between.
    pub(super) lets: Vec<Option<Value>>,
    /// The numbers of the noises by name.
    noises: HashMap<String, u16>,
    pub(super) mistakes: Vec<Mistake>,
}

/// The units of names.
pub(super) struct Units {
    pub(super) ms: Unit,
    params: Vec<Unit>,
    inputs: Vec<Unit>,
    pub(super) states: Vec<Unit>,
}

/// The values of names at one place of a step.
struct Scope<'e, 's> {
    all: &'e mut Elaboration<'s>,
    /// The present values of states that assignments have changed.
    changed: HashMap<u16, Id>,
}

/// A hint at the way in which a text says what a word of Brian2 says.
fn of_brian2(name: &str) -> Option<&'static str> {
    Some(match name {
        "not_refractory" => "; `refractory 2 ms holds V` holds a variable",
        "lastspike" => "; a variable that `reset` sets to `t` is the time of the last spike",
        "i" | "N" => "; a parameter with one value for each unit tells the units apart",
        "inf" => "; a large number stands for it",
        _ => return None,
    })
}

/// A hint for the name of a unit in the place of a value.
fn of_unit(name: &str) -> Option<String> {
    Unit::of_name(name)?;
    Some(format!(
        "; as a unit it stands behind a number: `2 {name}`; a unit of several parts has brackets: `2 [mV/ms]`"
    ))
}

impl Names for Scope<'_, '_> {
    fn graph(&mut self) -> &mut Graph {
        &mut self.all.model.graph
    }

    fn random(&mut self, normal: bool) -> Result<Leaf, String> {
        match (self.all.kind, self.all.kind.follows()) {
            (TextKind::Kinetics, Some(follow)) if !self.all.is_initial => {
                return Err(format!("kinetics have random numbers in lines `state …` alone: {follow}"));
            }
            (TextKind::Plasticity, Some(follow)) => return Err(format!("plasticity has no random numbers: {follow}")),
            _ => {}
        }
        let count = if normal { &mut self.all.model.normals } else { &mut self.all.model.uniforms };
        let number = *count;
        if usize::from(number) == MOST {
            return Err(format!("more than {MOST} random numbers"));
        }
        *count += 1;
        Ok(if normal { Leaf::Normal(number) } else { Leaf::Uniform(number) })
    }

    fn value(&mut self, name: &str) -> Result<Value, String> {
        let all = &mut *self.all;
        let leaf = |all: &mut Elaboration<'_>, leaf, unit: Unit| {
            Ok(Value { id: all.model.graph.leaf(leaf), unit: Some(unit) })
        };
        let time = if all.checked { all.units.ms.clone() } else { Unit::default() };
        let is_noise = name == "xi" || name.starts_with("xi_");
        if let (Some(follow), true) = (all.kind.follows(), is_noise || name == "t") {
            return Err(format!("{} no `{name}`: {follow}", all.kind.has()));
        }
        match name {
            "t" => return leaf(all, Leaf::Time, time),
            "dt" => return leaf(all, Leaf::Dt, time),
            "pi" => {
                return Ok(Value { id: all.model.graph.constant(std::f64::consts::PI), unit: Some(Unit::default()) });
            }
            _ => {}
        }
        if is_noise {
            let number = match all.noises.get(name) {
                Some(number) => *number,
                None => {
                    let number = all.model.normals;
                    if usize::from(number) == MOST {
                        return Err(format!("more than {MOST} random numbers"));
                    }
                    all.model.normals += 1;
                    all.model.noises.push(number);
                    all.noises.insert(name.to_owned(), number);
                    number
                }
            };
            return leaf(all, Leaf::Normal(number), time.to_power(-1).unwrap_or_default());
        }
        let symbol = all.definitions.symbols.get(name).map(|(symbol, _)| *symbol);
        match symbol {
            Some(Symbol::Param(k)) => leaf(all, Leaf::Param(k), all.units.params[usize::from(k)].clone()),
            Some(Symbol::Input(k)) => {
                let from = match all.kind {
                    // Each target keeps its potential in a state behind those of the text.
                    TextKind::Plasticity => Leaf::State(all.definitions.states.len() as u16),
                    _ => Leaf::Input(k),
                };
                leaf(all, from, all.units.inputs[usize::from(k)].clone())
            }
            Some(Symbol::State(k)) => {
                let unit = all.units.states[usize::from(k)].clone();
                match self.changed.get(&k) {
                    Some(id) => Ok(Value { id: *id, unit: Some(unit) }),
                    None => leaf(all, Leaf::State(k), unit),
                }
            }
            Some(Symbol::Let(k)) => {
                let Some(mut value) = all.lets[k].clone() else { return Err(String::new()) };
                if !self.changed.is_empty() {
                    let changed = &self.changed;
                    let graph = &mut all.model.graph;
                    let new = graph.replaced(&[value.id], |leaf| match leaf {
                        Leaf::State(k) => changed.get(&k).copied(),
                        _ => None,
                    });
                    value.id = new[0];
                }
                Ok(value)
            }
            None => {
                let known = all.definitions.symbols.keys().copied().chain(["t", "dt", "pi", "xi"]);
                let near = nearest(name, known).map(|name| format!(" (did you mean `{name}`?)"));
                let potential = match all.kind {
                    TextKind::Kinetics if name == POTENTIAL => Some("; `input V : mV` is the potential of the source"),
                    TextKind::Channel if name == POTENTIAL => Some("; `input V : mV` is the potential of the neuron"),
                    TextKind::Plasticity if name == POTENTIAL => {
                        Some("; `input V : mV` is the potential of the target")
                    }
                    _ => None,
                };
                let near = near.or(potential.map(str::to_owned));
                let hint = || of_brian2(name).map(str::to_owned).or_else(|| of_unit(name));
                Err(format!("`{name}` is not defined{}", near.or_else(hint).unwrap_or_default()))
            }
        }
    }
}

impl<'s> Elaboration<'s> {
    fn new(syntax: &'s Syntax, definitions: Definitions<'s>, kind: TextKind) -> Self {
        let of_item = |item: &Item| match item {
            Item::Param { unit, .. } | Item::Input { unit, .. } => unit.is_some(),
            Item::State { unit, .. } | Item::Slope { unit, .. } | Item::Let { unit, .. } => unit.is_some(),
            Item::Weight { unit, .. } | Item::Current { unit, .. } => unit.is_some(),
            _ => false,
        };
        let in_number = |kind: &Kind| matches!(kind, Kind::Number(_, Some(_)));
        let checked = syntax.items.iter().any(of_item) || syntax.expressions.all.iter().any(|e| in_number(&e.kind));
        let unit = |unit: &Option<&Unit>| unit.cloned().unwrap_or_default();
        let units = Units {
            ms: Unit::of_name("ms").unwrap_or_default(),
            params: definitions.params.iter().map(|(_, _, u)| unit(u)).collect(),
            inputs: definitions.inputs.iter().map(|(_, u)| unit(u)).collect(),
            states: definitions.states.iter().map(|state| unit(&state.unit)).collect(),
        };
        let mut graph = Graph::default();
        let zero = graph.constant(0.0);
        let params = (definitions.params.iter().zip(&units.params)).map(|((named, default, _), unit)| ParamSpec {
            name: named.name.clone(),
            default: *default,
            unit: unit.to_string(),
        });
        let inputs = (definitions.inputs.iter().zip(&units.inputs))
            .map(|((named, _), unit)| InputSpec { name: named.name.clone(), unit: unit.to_string() });
        let states = (definitions.states.iter().zip(&units.states)).map(|(state, unit)| StateSpec {
            name: state.named.name.clone(),
            unit: unit.to_string(),
            initial: zero,
            slope: None,
            held: state.held,
        });
        let model = Model {
            params: params.collect(),
            inputs: inputs.collect(),
            states: states.collect(),
            graph,
            ..Model::default()
        };
        let lets = definitions.lets.iter().map(|_| None).collect();
        Self {
            syntax,
            definitions,
            model,
            checked,
            kind,
            is_initial: false,
            units,
            lets,
            noises: HashMap::new(),
            mistakes: Vec::new(),
        }
    }

    pub(super) fn mistake(&mut self, at: Range<usize>, what: impl Into<String>) {
        self.mistakes.push(Mistake::new(at, what));
    }

    /// The value of an expression at a place where no assignment has changed a state.
    pub(super) fn value(&mut self, whole: Whole) -> Option<Value> {
        self.value_after(whole, &mut HashMap::new())
    }

    pub(super) fn value_after(&mut self, whole: Whole, changed: &mut HashMap<u16, Id>) -> Option<Value> {
        let is_too_large = self.model.graph.is_too_large() && !self.mistakes.is_empty();
        if is_too_large || self.mistakes.len() >= MISTAKES {
            return None;
        }
        let syntax = self.syntax;
        let mut scope = Scope { all: self, changed: std::mem::take(changed) };
        let value = evaluate(&syntax.expressions, whole, &mut scope);
        *changed = scope.changed;
        match value {
            Ok(value) => Some(value),
            Err(mistake) => {
                // Another line has the mistake if this one has no words.
                if !mistake.message.is_empty() {
                    self.mistakes.push(mistake);
                }
                None
            }
        }
    }

    /// The node of a value in a unit; `what` is what has this unit.
    pub(super) fn fitted(&mut self, value: &Value, unit: &Unit, whole: Whole, what: &str) -> Option<Id> {
        if !self.checked {
            return Some(value.id);
        }
        let id = value.in_unit(&mut self.model.graph, unit);
        if id.is_none() {
            let at = self.syntax.expressions.at(whole.root);
            self.mistake(at, format!("{what} is {}, and this is {}", shown(unit, "in "), value.shown_in()));
        }
        id
    }

    fn slopes(&mut self) {
        for k in 0..self.definitions.states.len() {
            let State { named, slope, .. } = &self.definitions.states[k];
            let (named, Some(whole)) = (*named, *slope) else { continue };
            let Some(value) = self.value(whole) else { continue };
            let at = || self.syntax.expressions.at(whole.root);
            let Some(unit) = self.units.states[k].over(&self.units.ms) else {
                self.mistake(at(), "the unit of a slope has too large powers");
                continue;
            };
            let Some(id) = self.fitted(&value, &unit, whole, &format!("`{}'`", named.name)) else {
                self.hint_at_unit(k, &value);
                continue;
            };
            let noises: HashSet<u16> = self.model.noises.iter().copied().collect();
            let is_noise = |leaf| matches!(leaf, Leaf::Normal(number) if noises.contains(&number));
            if self.model.graph.degree(id, is_noise) > 1 {
                self.mistake(at(), "an equation is linear in `xi`: white noise has no square and no other function");
            }
            self.model.states[k].slope = Some(id);
        }
    }

    /// Adds to the last mistake, that of the slope of a state without a unit, the unit that would fit.
    fn hint_at_unit(&mut self, state: usize, slope: &Value) {
        let State { named, unit: None, .. } = &self.definitions.states[state] else { return };
        let fitting = slope.unit.as_ref().and_then(|unit| unit.times(&self.units.ms));
        if let (Some(unit), Some(last)) = (fitting, self.mistakes.last_mut()) {
            last.message += &format!("; `: {unit}` at the end of the line gives `{}` this unit", named.name);
        }
    }

    /// The initial values, and an order of them.
    fn initial(&mut self) {
        self.is_initial = true;
        let count = self.definitions.states.len();
        let mut needs: Vec<Vec<usize>> = vec![Vec::new(); count];
        for (k, needs) in needs.iter_mut().enumerate() {
            let State { named, initial, declares, .. } = &self.definitions.states[k];
            let (named, Some(whole), declares) = (*named, *initial, *declares) else { continue };
            let Some(mut value) = self.value(whole) else { continue };
            let unit = self.units.states[k].clone();
            // A number takes the unit that its line declares.
            if declares && value.is_plain() {
                value.unit = Some(unit.clone());
            }
            let Some(id) = self.fitted(&value, &unit, whole, &format!("`{}`", named.name)) else { continue };
            let at = self.syntax.expressions.at(whole.root);
            for leaf in self.model.graph.leaves(&[id]) {
                match leaf {
                    Leaf::State(state) => needs.push(usize::from(state)),
                    // Gates can start at their steady state.
                    Leaf::Input(_) if self.kind == TextKind::Channel => {}
                    Leaf::Input(_) | Leaf::Time | Leaf::Dt => {
                        self.mistake(at, "an initial value depends on parameters, states and random numbers alone");
                        break;
                    }
                    Leaf::Normal(number) if self.model.noises.binary_search(&number).is_ok() => {
                        self.mistake(at, "`xi` is noise over time; `randn()` is a random number for an initial value");
                        break;
                    }
                    _ => {}
                }
            }
            self.model.states[k].initial = id;
        }
        // A state comes as soon as all that it needs have come.
        let mut missing: Vec<usize> = needs.iter().map(Vec::len).collect();
        let mut needed_by: Vec<Vec<usize>> = vec![Vec::new(); count];
        for (k, needs) in needs.iter().enumerate() {
            needs.iter().for_each(|need| needed_by[*need].push(k));
        }
        let mut ready: BTreeSet<usize> = (0..count).filter(|k| missing[*k] == 0).collect();
        let mut order: Vec<usize> = Vec::with_capacity(count);
        while let Some(next) = ready.pop_first() {
            order.push(next);
            for later in &needed_by[next] {
                missing[*later] -= 1;
                if missing[*later] == 0 {
                    ready.insert(*later);
                }
            }
        }
        if let Some(left) = (0..count).find(|k| missing[*k] > 0) {
            let named = self.definitions.states[left].named;
            self.mistake(named.at.clone(), format!("the initial value of `{}` needs itself", named.name));
        }
        self.model.order = order;
        self.is_initial = false;
    }

    /// Checks that an expression has no white noise.
    pub(super) fn without_noise(&mut self, id: Id, whole: Whole) {
        if self.model.noises.is_empty() {
            return;
        }
        let leaves = self.model.graph.leaves(&[id]);
        let noises = &self.model.noises;
        if leaves.iter().any(|leaf| matches!(leaf, Leaf::Normal(number) if noises.binary_search(number).is_ok())) {
            let at = self.syntax.expressions.at(whole.root);
            self.mistake(at, "`xi` is noise over time, which only an equation has; `randn()` is a random number");
        }
    }
}
