//! A system's [`Schema`]: inputs, output, variables and coupling.

use super::MAX_PORTS;
use crate::error::{Error, Result};
use std::borrow::Cow;
use std::ops::Range;

/// Who may run apart from whom.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Coupling {
    /// Every unit on its own: inputs, state and output have one element per unit, and `step` may be given any range of them.
    Pointwise,
    /// Every batch row on its own: `step` may be given any range of rows.
    Row,
    /// As [`Coupling::Row`], but an output depends on inputs that come after it, as in a bidirectional layer: a run is one sequence, all of
    /// whose steps `scan` is given at once. So run(T₁) then run(T₂) is not run(T₁ + T₂), and `step` is a sequence of one step.
    Sequence,
    /// Everything together: `step` is always given the whole.
    Network,
}

/// One input of a system.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InputSpec {
    /// Its name, for systems with several.
    pub name: Cow<'static, str>,
    /// Shape for one batch row, e.g. `[N]` or `[H, W, C]`.
    pub shape: Vec<usize>,
    /// Whether a run may do without it (it then reads as zeros).
    pub optional: bool,
    /// Whether axes of length 1 stretch over batch and units, as a current given to all neurons does.
    pub broadcasts: bool,
}

/// One state variable.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VarSpec {
    /// Its name.
    pub name: Cow<'static, str>,
    /// Shape for one batch row.
    pub shape: Vec<usize>,
    /// Named parts of it along its flattened shape, e.g. an LSTM's `h` and `c` in `state`.
    pub views: Vec<(Cow<'static, str>, Range<usize>)>,
    /// The variable that counts the steps for which this one stays as it is, if one does: see [`Schema::held`].
    pub held_by: Option<Cow<'static, str>>,
    /// Whether a state that is loaded may lack it: it then starts as in a new loop. [`VarSpec::new`] says so of variables named `spike`,
    /// `input`, `refractory` and `below`.
    pub optional: bool,
    /// Whether it says something of the step that it was saved at, as a place in a ring of steps does: a state that is loaded without its clock
    /// may then not have it, unless it is all 0.
    pub of_its_step: bool,
}

/// What a neuron's step leaves to be read, or counts from 0 on: a start from given potentials and gates does not need it.
const OPTIONAL: [&str; 4] = ["spike", "input", "refractory", "below"];

impl VarSpec {
    /// A variable of this name and shape (for one batch row).
    #[must_use]
    pub fn new(name: impl Into<Cow<'static, str>>, shape: impl Into<Vec<usize>>) -> Self {
        let name = name.into();
        let optional = OPTIONAL.contains(&&*name);
        Self { name, shape: shape.into(), views: Vec::new(), optional, of_its_step: false, held_by: None }
    }

    /// Whether a state that is loaded may lack it.
    #[must_use]
    pub fn optional(mut self, optional: bool) -> Self {
        self.optional = optional;
        self
    }

    /// Whether it says something of the step that it was saved at.
    #[must_use]
    pub fn of_its_step(mut self, of_its_step: bool) -> Self {
        self.of_its_step = of_its_step;
        self
    }

    /// The variable of a part of this name.
    pub(crate) fn within(&self, part: &str) -> Self {
        Self {
            name: format!("{part}.{}", self.name).into(),
            shape: self.shape.clone(),
            optional: self.optional,
            of_its_step: self.of_its_step,
            views: self.views.iter().map(|(name, range)| (format!("{part}.{name}").into(), range.clone())).collect(),
            held_by: self.held_by.as_ref().map(|counter| format!("{part}.{counter}").into()),
        }
    }

    /// Elements for one batch row.
    #[must_use]
    pub fn len(&self) -> usize {
        self.shape.iter().product()
    }

    /// Whether a row has no elements.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// A system's inputs, output, state and coupling.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Schema {
    /// Inputs, at most [`MAX_PORTS`].
    pub inputs: Vec<InputSpec>,
    /// Shape of the output for one batch row.
    pub output: Vec<usize>,
    /// State variables, in the order `step` sees them.
    pub state: Vec<VarSpec>,
    /// Who may run apart from whom.
    pub coupling: Coupling,
    /// Whether `step` reads the clock or draws random numbers: such a system is not flattened over time even if stateless.
    pub reads_clock: bool,
}

impl Schema {
    /// A pointwise system of `units` units, without inputs and variables yet; its output has one element per unit.
    #[must_use]
    pub fn pointwise(units: usize) -> Self {
        Self { inputs: Vec::new(), output: vec![units], state: Vec::new(), coupling: Coupling::Pointwise, reads_clock: true }
    }

    /// A system coupled within each batch row, from `input` features to `output` features, that does not read the clock.
    #[must_use]
    pub fn row(input: impl Into<Vec<usize>>, output: impl Into<Vec<usize>>) -> Self {
        let input = InputSpec { name: "x".into(), shape: input.into(), optional: false, broadcasts: false };
        Self { inputs: vec![input], output: output.into(), state: Vec::new(), coupling: Coupling::Row, reads_clock: false }
    }

    /// Adds an input with one element per unit that a run may do without, and that broadcasts.
    #[must_use]
    pub fn drive(mut self, name: impl Into<Cow<'static, str>>) -> Self {
        let shape = self.output.clone();
        self.inputs.push(InputSpec { name: name.into(), shape, optional: true, broadcasts: true });
        self
    }

    /// Adds variables shaped like the output.
    #[must_use]
    pub fn vars<N: Into<Cow<'static, str>>>(mut self, names: impl IntoIterator<Item = N>) -> Self {
        let shape = self.output.clone();
        self.state.extend(names.into_iter().map(|n| VarSpec::new(n, shape.clone())));
        self
    }

    /// Adds one variable.
    #[must_use]
    pub fn var(mut self, var: VarSpec) -> Self {
        self.state.push(var);
        self
    }

    /// Says that the variable `var` stays as it is in the next step where the variable `counter` is above 1 after a step, as a potential does
    /// in the refractory period. What a network's synapses would add to `var` meanwhile is dropped. `var` is one of the variables added so far;
    /// where there is none of this name, nothing is said.
    #[must_use]
    pub fn held(mut self, var: &str, counter: impl Into<Cow<'static, str>>) -> Self {
        if let Some(var) = self.state.iter_mut().find(|v| v.name == var) {
            var.held_by = Some(counter.into());
        }
        self
    }

    /// Whether there is no state.
    #[must_use]
    pub fn is_stateless(&self) -> bool {
        self.state.is_empty()
    }

    /// Elements of the output for one batch row.
    #[must_use]
    pub fn output_len(&self) -> usize {
        self.output.iter().product()
    }

    /// Elements of input `port` for one batch row.
    #[must_use]
    pub fn input_len(&self, port: usize) -> usize {
        self.inputs.get(port).map_or(0, |i| i.shape.iter().product())
    }

    pub(crate) fn check(&self) -> Result<()> {
        let invalid = |reason: String| Err(Error::Unsupported(format!("the system's schema: {reason}")));
        if self.inputs.len() > MAX_PORTS {
            return invalid(format!("{} inputs, at most {MAX_PORTS} are possible", self.inputs.len()));
        }
        let mut names: Vec<&str> = Vec::new();
        for var in &self.state {
            names.push(&var.name);
            for (view, range) in &var.views {
                names.push(view);
                if range.start > range.end || range.end > var.len() {
                    return invalid(format!("view `{view}` {range:?} is outside `{}`, which has {} elements", var.name, var.len()));
                }
            }
        }
        let unknown = self.state.iter().filter_map(|v| v.held_by.as_deref()).find(|counter| !self.state.iter().any(|v| v.name == *counter));
        if let Some(counter) = unknown {
            return invalid(format!("no variable `{counter}`, which another is held by"));
        }
        names.sort_unstable();
        if let Some(pair) = names.windows(2).find(|w| w[0] == w[1]) {
            return invalid(format!("two variables named `{}`", pair[0]));
        }
        if self.coupling == Coupling::Pointwise {
            let units = self.output_len();
            let wrong = (self.state.iter().map(|v| (&v.name, v.len())))
                .chain(self.inputs.iter().map(|i| (&i.name, i.shape.iter().product())))
                .find(|(_, len)| *len != units);
            if let Some((name, len)) = wrong {
                return invalid(format!("pointwise with {units} units, but `{name}` has {len} elements"));
            }
        }
        Ok(())
    }
}
