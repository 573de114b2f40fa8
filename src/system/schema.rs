//! The [`Schema`] of a system: inputs, output, variables and coupling.

use super::MAX_PORTS;
use crate::error::{Error, Result};
use std::borrow::Cow;
use std::ops::Range;

/// The parts of a system that are independent of each other and may be computed separately.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Coupling {
    /// Every unit is independent. Inputs, state and output have one element for each unit, and the
    /// engine may call `step` with any range of units.
    Pointwise,
    /// Every batch row is independent. The engine may call `step` with any range of rows.
    Row,
    /// Every batch row is independent, as in [`Coupling::Row`], but an output depends on later
    /// inputs, as in a bidirectional layer. A run is one sequence, and `scan` receives all steps of
    /// the run at once. Therefore `run(T₁)` and then `run(T₂)` is not `run(T₁ + T₂)`, and `step` is
    /// a sequence of one step.
    Sequence,
    /// All units and rows depend on each other. The engine always calls `step` with the whole
    /// system.
    Network,
}

/// One input of a system.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InputSpec {
    /// The name. It distinguishes the inputs of a system with several.
    pub name: Cow<'static, str>,
    /// The shape for one batch row, e.g. `[N]` or `[H, W, C]`.
    pub shape: Vec<usize>,
    /// Whether a run may omit this input. An omitted input reads as zeros.
    pub optional: bool,
    /// Whether axes of length 1 broadcast over batch and units, like one current for all neurons.
    pub broadcasts: bool,
}

/// One state variable.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VarSpec {
    /// The name.
    pub name: Cow<'static, str>,
    /// The shape for one batch row.
    pub shape: Vec<usize>,
    /// Named ranges of the flattened shape, e.g. an LSTM's `h` and `c` in `state`.
    pub views: Vec<(Cow<'static, str>, Range<usize>)>,
    /// The variable that counts the steps in which this variable is constant, if there is one: see
    /// [`Schema::held`].
    pub held_by: Option<Cow<'static, str>>,
    /// Whether a loaded state may lack this variable. The variable then starts as in a new loop.
    /// [`VarSpec::new`] sets this for variables named `spike`, `input`, `refractory` and `below`.
    pub optional: bool,
    /// Whether the values depend on the step at which they were saved, as a position in a ring of
    /// steps does. A state that is loaded without its clock may then contain this variable only if
    /// it is all 0.
    pub of_its_step: bool,
}

/// Variables that a neuron's step writes for the user, or that count from 0. A start from given
/// potentials and gates does not need them.
pub(crate) const SET_BY_STEPS: [&str; 4] = ["spike", "input", "refractory", "below"];

impl VarSpec {
    /// Creates a variable of this name and shape (for one batch row).
    #[must_use]
    pub fn new(name: impl Into<Cow<'static, str>>, shape: impl Into<Vec<usize>>) -> Self {
        let name = name.into();
        let optional = SET_BY_STEPS.contains(&&*name);
        Self { name, shape: shape.into(), views: Vec::new(), optional, of_its_step: false, held_by: None }
    }

    /// Sets whether a loaded state may lack this variable.
    #[must_use]
    pub fn optional(mut self, optional: bool) -> Self {
        self.optional = optional;
        self
    }

    /// Sets whether the values depend on the step at which they were saved.
    #[must_use]
    pub fn of_its_step(mut self, of_its_step: bool) -> Self {
        self.of_its_step = of_its_step;
        self
    }

    /// The same variable, with the name of a part before its own name.
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

    /// The number of elements for one batch row.
    #[must_use]
    pub fn len(&self) -> usize {
        elements(&self.shape)
    }

    /// Whether a batch row has no elements.
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
    /// The shape of the output for one batch row.
    pub output: Vec<usize>,
    /// State variables, in the order in which `step` receives them.
    pub state: Vec<VarSpec>,
    /// The parts of the system that may be computed separately.
    pub coupling: Coupling,
    /// Whether `step` reads the clock or draws random numbers. A stateless system that does so is
    /// not flattened over time.
    pub reads_clock: bool,
}

impl Schema {
    /// A pointwise system of `units` units, without inputs and variables. Its output has one
    /// element for each unit.
    #[must_use]
    pub fn pointwise(units: usize) -> Self {
        Self {
            inputs: Vec::new(),
            output: vec![units],
            state: Vec::new(),
            coupling: Coupling::Pointwise,
            reads_clock: true,
        }
    }

    /// A system whose batch rows are independent, from `input` features to `output` features. It
    /// does not read the clock.
    #[must_use]
    pub fn row(input: impl Into<Vec<usize>>, output: impl Into<Vec<usize>>) -> Self {
        let input = InputSpec { name: "x".into(), shape: input.into(), optional: false, broadcasts: false };
        Self {
            inputs: vec![input],
            output: output.into(),
            state: Vec::new(),
            coupling: Coupling::Row,
            reads_clock: false,
        }
    }

    /// Adds an optional input with one element for each unit. The input broadcasts. An input named
    /// `g` is a conductance, one named `spikes` consists of spikes, and any other is a current.
    #[must_use]
    pub fn drive(mut self, name: impl Into<Cow<'static, str>>) -> Self {
        let shape = self.output.clone();
        self.inputs.push(InputSpec { name: name.into(), shape, optional: true, broadcasts: true });
        self
    }

    /// Adds variables with the shape of the output.
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

    /// Declares that the variable `var` stays constant in the next step if the variable `counter`
    /// is above 1 after a step. A potential behaves like this in the refractory period. Synaptic
    /// input to `var` in that step is dropped. `var` must have been added before; if the schema has
    /// no variable of this name, the call has no effect.
    #[must_use]
    pub fn held(mut self, var: &str, counter: impl Into<Cow<'static, str>>) -> Self {
        if let Some(var) = self.state.iter_mut().find(|v| v.name == var) {
            var.held_by = Some(counter.into());
        }
        self
    }

    /// Whether the system has no state.
    #[must_use]
    pub fn is_stateless(&self) -> bool {
        self.state.is_empty()
    }

    /// The number of elements of the output for one batch row.
    #[must_use]
    pub fn output_len(&self) -> usize {
        elements(&self.output)
    }

    /// Whether the first input is a current, and neither the conductance `g` nor `spikes`.
    pub(crate) fn takes_current(&self) -> bool {
        self.inputs.first().is_some_and(|input| !["g", "spikes"].contains(&&*input.name))
    }

    /// Whether the first input consists of spikes.
    pub(crate) fn takes_spikes(&self) -> bool {
        self.inputs.first().is_some_and(|input| input.name == "spikes")
    }

    /// The number of elements of input `port` for one batch row.
    #[must_use]
    pub fn input_len(&self, port: usize) -> usize {
        self.inputs.get(port).map_or(0, |i| elements(&i.shape))
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
                    return invalid(format!(
                        "view `{view}` {range:?} is outside `{}`, which has {} elements",
                        var.name,
                        var.len()
                    ));
                }
            }
        }
        let unknown = self
            .state
            .iter()
            .filter_map(|v| v.held_by.as_deref())
            .find(|counter| !self.state.iter().any(|v| v.name == *counter));
        if let Some(counter) = unknown {
            return invalid(format!("no variable `{counter}`, but another variable is held by it"));
        }
        names.sort_unstable();
        if let Some(pair) = names.windows(2).find(|w| w[0] == w[1]) {
            return invalid(format!("two variables named `{}`", pair[0]));
        }
        if self.coupling == Coupling::Pointwise {
            let units = self.output_len();
            let wrong = (self.state.iter().map(|v| (&v.name, v.len())))
                .chain(self.inputs.iter().map(|i| (&i.name, elements(&i.shape))))
                .find(|(_, len)| *len != units);
            if let Some((name, len)) = wrong {
                return invalid(format!("pointwise with {units} units, but `{name}` has {len} elements"));
            }
        }
        Ok(())
    }
}

/// The elements of a shape, which may come from a file and be more than can be addressed.
fn elements(shape: &[usize]) -> usize {
    shape.iter().fold(1, |all: usize, n| all.saturating_mul(*n))
}
