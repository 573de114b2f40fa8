//! The items of a text to a model: names are found, units are checked, and expressions become nodes.

use super::syntax::{Assignment, Item, Kind, Named, Operator, Syntax, Whole};
use super::units::Unit;
use super::values::{FUNCTIONS, Names, Value, evaluate};
use crate::equations::graph::{Binary, Graph, Id, Leaf};
use crate::equations::model::{InputSpec, Model, ParamSpec, Spike, StateSpec};
use crate::error::Mistake;
use crate::error::nearest::nearest;
use crate::system::MAX_PORTS;
use std::collections::{BTreeSet, HashMap, HashSet};
use std::ops::Range;

/// Names that a text cannot define.
const RESERVED: [&str; 12] =
    ["t", "dt", "pi", "xi", "spike", "refractory", "below", "and", "or", "not", "holds", "crosses"];
/// The most states, the most parameters, and the most random numbers of a kind.
const MOST: usize = 1000;
/// The most named values between.
const LETS: usize = 10_000;
/// The most mistakes that are looked for.
const MISTAKES: usize = 20;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Symbol {
    Param(u16),
    Input(u16),
    State(u16),
    Let(usize),
}

/// A state while the text is read.
struct State<'s> {
    named: &'s Named,
    unit: Option<&'s Unit>,
    initial: Option<Whole>,
    /// Whether the line of the initial value declares the unit.
    declares: bool,
    slope: Option<Whole>,
    held: bool,
}

/// A named value between.
struct Let<'s> {
    named: &'s Named,
    value: Whole,
    unit: Option<&'s Unit>,
}

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
    let mut all = Elaboration::new(syntax, definitions);
    all.lets();
    all.slopes();
    all.initial();
    all.events();
    if all.mistakes.is_empty() { Ok(all.model) } else { Err(all.mistakes) }
}

/// The names of a text.
#[derive(Default)]
struct Definitions<'s> {
    symbols: HashMap<&'s str, (Symbol, Range<usize>)>,
    params: Vec<(&'s Named, f64, Option<&'s Unit>)>,
    inputs: Vec<(&'s Named, Option<&'s Unit>)>,
    states: Vec<State<'s>>,
    lets: Vec<Let<'s>>,
    mistakes: Vec<Mistake>,
}

impl<'s> Definitions<'s> {
    fn define(&mut self, named: &'s Named, symbol: Symbol) {
        let name = named.name.as_str();
        let is_function = FUNCTIONS.iter().any(|(function, _)| *function == name);
        if RESERVED.contains(&name) || name.starts_with("xi_") || is_function {
            self.mistakes.push(Mistake::new(
                named.at.clone(),
                format!("`{name}` has a meaning of its own: choose another name"),
            ));
        } else if self.symbols.contains_key(name) {
            self.mistakes.push(Mistake::new(named.at.clone(), format!("`{name}` is defined twice")));
        } else {
            self.symbols.insert(name, (symbol, named.at.clone()));
        }
    }

    /// The state of this name, which is added if there is none.
    fn state(&mut self, named: &'s Named) -> Option<&mut State<'s>> {
        let number = match self.symbols.get(named.name.as_str()) {
            Some((Symbol::State(number), _)) => usize::from(*number),
            _ => {
                let number = self.states.len();
                if number == MOST {
                    self.mistakes.push(Mistake::new(named.at.clone(), format!("more than {MOST} states")));
                    return None;
                }
                self.define(named, Symbol::State(number as u16));
                self.states.push(State { named, unit: None, initial: None, declares: false, slope: None, held: false });
                number
            }
        };
        self.states.get_mut(number)
    }

    /// Sets the unit of a state, which has the same unit in each line that declares it.
    fn unit_of_state(&mut self, named: &'s Named, unit: Option<&'s Unit>) {
        let state = self.states.iter_mut().rev().find(|state| state.named.name == named.name);
        let (Some(unit), Some(state)) = (unit, state) else { return };
        match state.unit {
            Some(other) if !other.fits(unit) || other.in_units_of(unit) != 1.0 => {
                let what = format!("`{}` is in {unit} here, and in {other} in another line", named.name);
                self.mistakes.push(Mistake::new(named.at.clone(), what));
            }
            _ => state.unit = Some(unit),
        }
    }

    fn add(&mut self, item: &'s Item) {
        match item {
            Item::Param { name, value, unit } => {
                if self.params.len() == MOST {
                    return self.mistakes.push(Mistake::new(name.at.clone(), format!("more than {MOST} parameters")));
                }
                self.define(name, Symbol::Param(self.params.len() as u16));
                self.params.push((name, *value, unit.as_ref()));
            }
            Item::Input { name, unit } => {
                if self.inputs.len() == MAX_PORTS {
                    let what = format!("a model has at most {MAX_PORTS} inputs");
                    return self.mistakes.push(Mistake::new(name.at.clone(), what));
                }
                self.define(name, Symbol::Input(self.inputs.len() as u16));
                self.inputs.push((name, unit.as_ref()));
            }
            Item::Let { name, value, unit } => {
                if self.lets.len() == LETS {
                    return self.mistakes.push(Mistake::new(name.at.clone(), format!("more than {LETS} named values")));
                }
                self.define(name, Symbol::Let(self.lets.len()));
                self.lets.push(Let { named: name, value: *value, unit: unit.as_ref() });
            }
            Item::State { name, value, unit } => {
                let Some(state) = self.state(name) else { return };
                if state.initial.replace(*value).is_some() {
                    let what = format!("`{}` has two initial values", name.name);
                    return self.mistakes.push(Mistake::new(name.at.clone(), what));
                }
                state.declares = unit.is_some();
                self.unit_of_state(name, unit.as_ref());
            }
            Item::Slope { name, value, unit, holds } => {
                let Some(state) = self.state(name) else { return };
                state.held |= holds;
                if state.slope.replace(*value).is_some() {
                    let what = format!("`{}'` is defined twice", name.name);
                    return self.mistakes.push(Mistake::new(name.at.clone(), what));
                }
                self.unit_of_state(name, unit.as_ref());
            }
            Item::Crossing { .. }
            | Item::Condition(_)
            | Item::Reset(_)
            | Item::Refractory { .. }
            | Item::EachStep(_) => {}
        }
    }
}

/// The place of assignments.
fn place(assignments: &[Assignment]) -> Range<usize> {
    assignments.first().map(|assignment| assignment.to.at.clone()).unwrap_or_default()
}

struct Elaboration<'s> {
    syntax: &'s Syntax,
    definitions: Definitions<'s>,
    model: Model,
    /// Whether the text has units.
    checked: bool,
    units: Units,
    /// The values of named values between.
    lets: Vec<Option<Value>>,
    /// The numbers of the noises by name.
    noises: HashMap<String, u16>,
    mistakes: Vec<Mistake>,
}

/// The units of names.
struct Units {
    ms: Unit,
    params: Vec<Unit>,
    inputs: Vec<Unit>,
    states: Vec<Unit>,
}

/// The values of names at one place of a step.
struct Scope<'e, 's> {
    all: &'e mut Elaboration<'s>,
    /// The present values of states that assignments have changed.
    changed: HashMap<u16, Id>,
}

impl Names for Scope<'_, '_> {
    fn graph(&mut self) -> &mut Graph {
        &mut self.all.model.graph
    }

    fn random(&mut self, normal: bool) -> Result<Leaf, String> {
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
        match name {
            "t" => return leaf(all, Leaf::Time, time),
            "dt" => return leaf(all, Leaf::Dt, time),
            "pi" => {
                return Ok(Value { id: all.model.graph.constant(std::f64::consts::PI), unit: Some(Unit::default()) });
            }
            _ => {}
        }
        if name == "xi" || name.starts_with("xi_") {
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
            Some(Symbol::Input(k)) => leaf(all, Leaf::Input(k), all.units.inputs[usize::from(k)].clone()),
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
                let hint = nearest(name, known).map(|name| format!(" (did you mean `{name}`?)")).unwrap_or_default();
                Err(format!("`{name}` is not defined{hint}"))
            }
        }
    }
}

impl<'s> Elaboration<'s> {
    fn new(syntax: &'s Syntax, definitions: Definitions<'s>) -> Self {
        let of_item = |item: &Item| match item {
            Item::Param { unit, .. } | Item::Input { unit, .. } => unit.is_some(),
            Item::State { unit, .. } | Item::Slope { unit, .. } | Item::Let { unit, .. } => unit.is_some(),
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
        Self { syntax, definitions, model, checked, units, lets, noises: HashMap::new(), mistakes: Vec::new() }
    }

    fn mistake(&mut self, at: Range<usize>, what: impl Into<String>) {
        self.mistakes.push(Mistake::new(at, what));
    }

    /// The value of an expression at a place where no assignment has changed a state.
    fn value(&mut self, whole: Whole) -> Option<Value> {
        self.value_after(whole, &mut HashMap::new())
    }

    fn value_after(&mut self, whole: Whole, changed: &mut HashMap<u16, Id>) -> Option<Value> {
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
    fn fitted(&mut self, value: &Value, unit: &Unit, whole: Whole, what: &str) -> Option<Id> {
        if !self.checked {
            return Some(value.id);
        }
        let id = value.in_unit(&mut self.model.graph, unit);
        if id.is_none() {
            let at = self.syntax.expressions.at(whole.root);
            self.mistake(at, format!("{what} is in {unit}, and this is in {}", value.unit_name()));
        }
        id
    }

    /// The named values between, each after those that it needs.
    fn lets(&mut self) {
        for k in self.ordered_lets() {
            let Let { named, value: whole, unit } = self.definitions.lets[k];
            // Later lines that use the name have no further problem for that reason.
            let Some(mut value) = self.value(whole) else { continue };
            if let Some(unit) = unit {
                // A number takes the unit that its line declares.
                if !value.is_plain() {
                    let what = format!("`{}`", named.name);
                    if let Some(id) = self.fitted(&value, unit, whole, &what) {
                        value.id = id;
                    }
                }
                value.unit = Some(unit.clone());
            }
            self.lets[k] = Some(value);
        }
        let all = self.definitions.lets.iter().zip(&self.lets).filter_map(|(of, value)| {
            let value = value.as_ref()?;
            Some((of.named.name.clone(), value.id, value.unit_name()))
        });
        self.model.lets = all.collect();
    }

    /// The numbers of the named values, each after those that it needs.
    fn ordered_lets(&mut self) -> Vec<usize> {
        let count = self.definitions.lets.len();
        let needs: Vec<Vec<usize>> = (self.definitions.lets.iter())
            .map(|Let { value, .. }| {
                let parts = &self.syntax.expressions.all[value.first..=value.root.0];
                let names = parts.iter().filter_map(|part| match &part.kind {
                    Kind::Name(name) => self.definitions.symbols.get(name.as_str()),
                    _ => None,
                });
                names.filter_map(|(symbol, _)| if let Symbol::Let(k) = symbol { Some(*k) } else { None }).collect()
            })
            .collect();
        let (mut order, mut visited, mut done) = (Vec::new(), vec![false; count], vec![false; count]);
        for start in 0..count {
            // Each value on the way, and how many of its needs have been looked at.
            let mut way = vec![(start, 0)];
            while let Some((k, seen)) = way.last_mut() {
                let k = *k;
                if done[k] {
                    way.pop();
                    continue;
                }
                visited[k] = true;
                let Some(next) = needs[k].get(*seen).copied() else {
                    done[k] = true;
                    order.push(k);
                    way.pop();
                    continue;
                };
                *seen += 1;
                if done[next] {
                    continue;
                }
                if visited[next] && way.iter().any(|(on_way, _)| *on_way == next) {
                    let from = way.iter().position(|(on_way, _)| *on_way == next).unwrap_or(0);
                    let name = |k: usize| self.definitions.lets[k].named.name.as_str();
                    let mut circle: Vec<&str> = way[from..].iter().map(|(k, _)| name(*k)).take(10).collect();
                    if circle.len() < way.len() - from {
                        circle.push("…");
                    }
                    circle.push(name(next));
                    let what = format!("these need each other: {}", circle.join(" → "));
                    let at = self.definitions.lets[next].named.at.clone();
                    self.mistake(at, what);
                    // The circle is cut here.
                    done[next] = true;
                    order.push(next);
                    continue;
                }
                way.push((next, 0));
            }
        }
        order
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
            let Some(id) = self.fitted(&value, &unit, whole, &format!("`{}'`", named.name)) else { continue };
            let noises: HashSet<u16> = self.model.noises.iter().copied().collect();
            let is_noise = |leaf| matches!(leaf, Leaf::Normal(number) if noises.contains(&number));
            if self.model.graph.degree(id, is_noise) > 1 {
                self.mistake(at(), "an equation is linear in `xi`: white noise has no square and no other function");
            }
            self.model.states[k].slope = Some(id);
        }
    }

    /// The initial values, and an order of them.
    fn initial(&mut self) {
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
    }

    /// Checks that an expression has no white noise.
    fn without_noise(&mut self, id: Id, whole: Whole) {
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

    fn events(&mut self) {
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
    fn assigned(&mut self, assignments: &[Assignment], changed: &mut HashMap<u16, Id>) -> Vec<(usize, Id)> {
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
