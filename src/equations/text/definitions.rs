//! The names that a text defines.

use super::syntax::{Item, Named, Whole};
use super::units::Unit;
use super::values::{FUNCTIONS, shown};
use crate::error::Mistake;
use crate::system::MAX_PORTS;
use std::collections::HashMap;
use std::ops::Range;

/// Names that a text cannot define.
const RESERVED: [&str; 12] =
    ["t", "dt", "pi", "xi", "spike", "refractory", "below", "and", "or", "not", "holds", "crosses"];
/// The most states, the most parameters, and the most random numbers of a kind.
pub(super) const MOST: usize = 1000;
/// The most named values between.
const LETS: usize = 10_000;
/// The most mistakes that are looked for.
pub(super) const MISTAKES: usize = 20;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Symbol {
    Param(u16),
    Input(u16),
    State(u16),
    Let(usize),
}

/// A state while the text is read.
pub(super) struct State<'s> {
    pub(super) named: &'s Named,
    pub(super) unit: Option<&'s Unit>,
    pub(super) initial: Option<Whole>,
    /// Whether the line of the initial value declares the unit.
    pub(super) declares: bool,
    pub(super) slope: Option<Whole>,
    pub(super) held: bool,
}

/// A named value between.
pub(super) struct Let<'s> {
    pub(super) named: &'s Named,
    pub(super) value: Whole,
    pub(super) unit: Option<&'s Unit>,
}

/// The names of a text.
#[derive(Default)]
pub(super) struct Definitions<'s> {
    pub(super) symbols: HashMap<&'s str, (Symbol, Range<usize>)>,
    pub(super) params: Vec<(&'s Named, f64, Option<&'s Unit>)>,
    pub(super) inputs: Vec<(&'s Named, Option<&'s Unit>)>,
    pub(super) states: Vec<State<'s>>,
    pub(super) lets: Vec<Let<'s>>,
    pub(super) mistakes: Vec<Mistake>,
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
                let what = {
                    let (here, there) = (shown(unit, "in "), shown(other, "in "));
                    format!("`{}` is {here} here, and {there} in another line", named.name)
                };
                self.mistakes.push(Mistake::new(named.at.clone(), what));
            }
            _ => state.unit = Some(unit),
        }
    }

    pub(super) fn add(&mut self, item: &'s Item) {
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
            Item::Weight { name, unit, .. } => {
                if self.state(name).is_some() {
                    self.unit_of_state(name, unit.as_ref());
                }
            }
            Item::Crossing { .. }
            | Item::Condition(_)
            | Item::Reset(_)
            | Item::Refractory { .. }
            | Item::EachStep(_)
            | Item::OnSpike { .. }
            | Item::OnPre { .. }
            | Item::OnPost { .. }
            | Item::Transmit { .. }
            | Item::Current { .. } => {}
        }
    }
}
