//! What a dynamical system is: [`System`], its [`Schema`], and where in time a step stands ([`Tick`]).

pub(crate) mod clock;
pub(crate) mod closure;
pub(crate) mod param;
#[cfg_attr(not(feature = "cuda"), allow(dead_code, reason = "programs are run by the CUDA engine alone"))]
pub(crate) mod program;
pub(crate) mod scan;
pub(crate) mod sequential;
pub(crate) mod state;
pub mod torch;
pub mod tree;
use crate::device::Device;
use crate::error::{Error, Result};
use crate::numeric::scalar::Scalar;
use program::Program;
use scan::Scan;
use state::State;
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::ops::Range;
use torch::Module;

/// The most input ports a system may have.
pub const MAX_PORTS: usize = 4;

/// Values handed to every node of a system: brainpy's `shared_arg`, and the seed.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Shared {
    /// The seed of every random stream in the system.
    pub seed: u64,
    values: BTreeMap<String, f64>,
}

impl Shared {
    /// With this seed and no values.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        Self { seed, values: BTreeMap::new() }
    }

    /// The value of this name, if one was given.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<f64> {
        self.values.get(name).copied()
    }

    /// Sets a value.
    pub fn set(&mut self, name: impl Into<String>, value: f64) {
        self.values.insert(name.into(), value);
    }

    /// All values by name.
    pub fn iter(&self) -> impl Iterator<Item = (&str, f64)> {
        self.values.iter().map(|(n, v)| (n.as_str(), *v))
    }
}

/// The step being computed: `t = t0 + i·dt`, where `i` counts from the last reset; never accumulated.
#[derive(Clone, Copy, Debug)]
pub struct Tick<'a> {
    /// Index of the step.
    pub i: u64,
    /// Time at its start.
    pub t: f64,
    /// Length of a step.
    pub dt: f64,
    /// Seed and values given to every node.
    pub shared: &'a Shared,
}

/// Where a run starts from: what [`System::check_start`] is told.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Start {
    /// Index of the next step: 0 if the run starts anew, else how many steps were made before.
    pub i: u64,
    /// Time of the step that a reset goes back to. Those after it are at `t0 + k·dt`.
    pub t0: f64,
    /// Length of a step.
    pub dt: f64,
}

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

/// What a step is given as input: one slice per port of the schema.
#[derive(Clone, Copy, Debug)]
pub struct Inputs<'a, T> {
    pub(crate) ports: [&'a [T]; MAX_PORTS],
    pub(crate) given: [bool; MAX_PORTS],
}

impl<'a, T> Inputs<'a, T> {
    /// From slices, all of them given: `[batch, feature]` each. Those beyond [`MAX_PORTS`] are dropped.
    #[must_use]
    pub fn new(slices: &[&'a [T]]) -> Self {
        let mut ports: [&'a [T]; MAX_PORTS] = [&[]; MAX_PORTS];
        let mut given = [false; MAX_PORTS];
        for ((port, flag), slice) in ports.iter_mut().zip(&mut given).zip(slices) {
            (*port, *flag) = (slice, true);
        }
        Self { ports, given }
    }

    /// Port `port` as `[rows, features]` (for a pointwise system: one element per unit of this call). Zeros where nothing was
    /// given.
    ///
    /// # Panics
    /// If `port` is not below [`MAX_PORTS`].
    #[inline]
    #[must_use]
    pub fn port(&self, port: usize) -> &'a [T] {
        self.ports[port]
    }

    /// Whether the run was given this input.
    #[inline]
    #[must_use]
    pub fn is_given(&self, port: usize) -> bool {
        self.given.get(port).is_some_and(|g| *g)
    }
}

/// A trainable or fixed array of a system, row-major.
#[derive(Clone, Debug)]
pub struct Weight<'a, T> {
    /// Its name, e.g. `Wi`; with the node's path before it in a tree, e.g. `l1.Wi`.
    pub name: String,
    /// Its shape.
    pub shape: Vec<usize>,
    /// Its elements.
    pub values: &'a [T],
}

/// A [`Weight`] to be written to.
#[derive(Debug)]
pub struct WeightMut<'a, T> {
    /// Its name.
    pub name: String,
    /// Its shape.
    pub shape: Vec<usize>,
    /// Its elements.
    pub values: &'a mut [T],
}

/// One step of a discrete-time dynamical system.
///
/// The loop calls `y[i] = step(tick, x[i], state)` for every step; every right-hand side reads the state as the step before
/// left it. `step` must compute each unit (or row, see [`Coupling`]) from that unit's (row's) data alone and in a fixed order of
/// operations, so that the result does not depend on which others it is computed together with.
pub trait System<T: Scalar>: Send + Sync {
    /// Inputs, output, state and coupling. Asked for once, when the loop is built.
    fn schema(&self) -> Schema;

    /// Sets the state to its initial values: brainpy's `reset_state`.
    fn init(&self, shared: &Shared, state: &mut State<'_, T>);

    /// One step: `x` is `[rows, inputs]` for each port, every variable `[rows, …]`, and `y` `[rows, outputs]` is to be written.
    fn step(&self, at: Tick<'_>, x: &Inputs<'_, T>, state: &mut State<'_, T>, y: &mut [T]);

    /// Many steps. The default calls [`System::step`] for each; an implementation that overrides it to share work between
    /// steps must give the same bits.
    fn scan(&self, scan: &mut Scan<'_, T>) {
        for k in scan.steps() {
            let (at, x, state, y) = scan.at(k);
            self.step(at, &x, state, y);
            scan.record(k);
        }
    }

    /// Whether `scan` heeds [`Scan::lengths`], so that a run may be given the lengths of its rows
    /// ([`Input::lengths`](crate::Input::lengths)). A system without state that computes each step alone has nothing to heed.
    fn takes_lengths(&self) -> bool {
        false
    }

    /// The same step as CUDA C, for steps of `dt`; without one, the system runs on CPUs alone.
    fn program(&self, dt: f64) -> Option<Program> {
        let _ = dt;
        None
    }

    /// Gets ready for steps of `dt` on a device, when a loop is built: what is too costly for the system's own making, or depends on
    /// these two.
    ///
    /// # Errors
    /// Why the system cannot make such steps, or not there.
    fn prepare(&self, dt: f64, device: Device) -> Result<()> {
        let _ = (dt, device);
        Ok(())
    }

    /// Whether the system can start from there: times that it was given, and can keep only in steps at certain times. Called before the first
    /// run of a loop that was built, reset, or given a state.
    ///
    /// # Errors
    /// What the system was given that such steps cannot do.
    fn check_start(&self, start: &Start) -> Result<()> {
        let _ = start;
        Ok(())
    }

    /// Says more of the error of a run, [`Error::NotFinite`]: what it means that this variable is not finite.
    fn explain(&self, error: Error) -> Error {
        error
    }

    /// The kind of system, as users name it (`HH`, `LSTMCell`); nodes are numbered by it.
    fn kind(&self) -> &str {
        "System"
    }

    /// The parts of a composed system, with their names.
    fn nodes(&self) -> Vec<(&str, &dyn System<T>)> {
        Vec::new()
    }

    /// All weights, those of the parts included, named by path.
    fn weights(&self) -> Vec<Weight<'_, T>> {
        Vec::new()
    }

    /// The same weights in the same order, to be written to.
    fn weights_mut(&mut self) -> Vec<WeightMut<'_, T>> {
        Vec::new()
    }

    /// The torch modules that have the weights of this system and its parts, so that their `state_dict` can be loaded; nothing where there
    /// are no weights.
    fn torch(&self) -> Vec<Module<'_>> {
        if self.weights().is_empty() { Vec::new() } else { vec![Module::none("has weights, and torch has no module of its kind")] }
    }

    /// Whether parameters make sense (finite, positive where they must be, right lengths). Called when the loop is built.
    ///
    /// # Errors
    /// What is wrong, naming the parameter.
    fn check(&self) -> Result<()> {
        Ok(())
    }
}

impl<T: Scalar, S: System<T> + ?Sized> System<T> for Box<S> {
    fn schema(&self) -> Schema {
        (**self).schema()
    }
    fn init(&self, shared: &Shared, state: &mut State<'_, T>) {
        (**self).init(shared, state);
    }
    fn step(&self, at: Tick<'_>, x: &Inputs<'_, T>, state: &mut State<'_, T>, y: &mut [T]) {
        (**self).step(at, x, state, y);
    }
    fn scan(&self, scan: &mut Scan<'_, T>) {
        (**self).scan(scan);
    }
    fn takes_lengths(&self) -> bool {
        (**self).takes_lengths()
    }
    fn program(&self, dt: f64) -> Option<Program> {
        (**self).program(dt)
    }
    fn prepare(&self, dt: f64, device: Device) -> Result<()> {
        (**self).prepare(dt, device)
    }
    fn check_start(&self, start: &Start) -> Result<()> {
        (**self).check_start(start)
    }
    fn explain(&self, error: Error) -> Error {
        (**self).explain(error)
    }
    fn kind(&self) -> &str {
        (**self).kind()
    }
    fn nodes(&self) -> Vec<(&str, &dyn System<T>)> {
        (**self).nodes()
    }
    fn weights(&self) -> Vec<Weight<'_, T>> {
        (**self).weights()
    }
    fn weights_mut(&mut self) -> Vec<WeightMut<'_, T>> {
        (**self).weights_mut()
    }
    fn torch(&self) -> Vec<Module<'_>> {
        (**self).torch()
    }
    fn check(&self) -> Result<()> {
        (**self).check()
    }
}
