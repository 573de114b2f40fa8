//! Systems whose step is a closure.

use super::state::State;
use super::{Coupling, InputSpec, Inputs, Schema, Shared, System, Tick, VarSpec};
use crate::error::Result;
use crate::init::Init;
use crate::numeric::rng::Stream;
use crate::numeric::scalar::Scalar;
use std::borrow::Cow;
use std::marker::PhantomData;

/// A system whose step is a closure, for systems that are too small to need their own type. It runs
/// on CPUs only.
///
/// The loop calls the closure once for each step and batch row. The closure receives the tick, the
/// inputs of that row, the variables of that row in the order in which they were added, and the
/// output of that row. Output elements that the closure does not write are 0. Several threads call
/// the closure, so it keeps its state in these variables and has no other state.
///
/// ```
/// use overtime::{Closure, Input, LoopOverTime};
///
/// # fn main() -> overtime::Result<()> {
/// let pendulum = Closure::<f64, _>::new([1], |at, x, state, y| {
///     let [angle, speed] = state.vars();
///     let before = angle[0];
///     angle[0] += at.dt * speed[0];
///     speed[0] += at.dt * (x.port(0)[0] - before.sin());
///     y[0] = angle[0];
/// })
/// .input("push", [1])
/// .var("angle", [1], 0.5)
/// .var("speed", [1], 0.0);
/// let mut over_time = LoopOverTime::builder(pendulum).dt(0.01).out_vars("speed").build()?;
/// let run = over_time.run(Input::duration(10.0).constant(0.1))?;
/// assert_eq!((run.output.shape(), run["speed"].shape()), ([1000, 1].as_slice(), [1000, 1].as_slice()));
/// # Ok(()) }
/// ```
pub struct Closure<T, F> {
    schema: Schema,
    init: Vec<Init>,
    step: F,
    element: PhantomData<fn() -> T>,
}

impl<T, F> std::fmt::Debug for Closure<T, F> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Closure").field("schema", &self.schema).field("init", &self.init).finish_non_exhaustive()
    }
}

impl<T, F> Closure<T, F>
where
    T: Scalar,
    F: Fn(Tick<'_>, &Inputs<'_, T>, &mut State<'_, T>, &mut [T]) + Send + Sync,
{
    /// Creates a system with an output of this shape for one batch row, and without inputs and
    /// variables.
    #[must_use]
    pub fn new(output: impl Into<Vec<usize>>, step: F) -> Self {
        let schema = Schema {
            inputs: Vec::new(),
            output: output.into(),
            state: Vec::new(),
            coupling: Coupling::Row,
            reads_clock: true,
        };
        Self { schema, init: Vec::new(), step, element: PhantomData }
    }

    /// Adds an input of this shape for one batch row. Each run must provide it. Axes of length 1
    /// broadcast.
    #[must_use]
    pub fn input(mut self, name: impl Into<Cow<'static, str>>, shape: impl Into<Vec<usize>>) -> Self {
        self.schema.inputs.push(InputSpec {
            name: name.into(),
            shape: shape.into(),
            optional: false,
            broadcasts: true,
        });
        self
    }

    /// Adds a variable of this shape for one batch row, and its initial values: one number, one
    /// number for each element, or a random distribution.
    #[must_use]
    pub fn var(
        mut self,
        name: impl Into<Cow<'static, str>>,
        shape: impl Into<Vec<usize>>,
        init: impl Into<Init>,
    ) -> Self {
        self.schema.state.push(VarSpec::new(name, shape));
        self.init.push(init.into());
        self
    }
}

impl<T, F> System<T> for Closure<T, F>
where
    T: Scalar,
    F: Fn(Tick<'_>, &Inputs<'_, T>, &mut State<'_, T>, &mut [T]) + Send + Sync,
{
    fn schema(&self) -> Schema {
        self.schema.clone()
    }

    fn init(&self, shared: &Shared, state: &mut State<'_, T>) {
        for ((values, var), init) in state.all().iter_mut().zip(&self.schema.state).zip(&self.init) {
            let random = matches!(init, Init::Random(_));
            // Random values differ between batch rows. Other values repeat in each row.
            let row = if random { values.len() } else { var.len() };
            for row in values.chunks_mut(row.max(1)) {
                init.fill_checked(row, &var.shape, Stream::named(shared.seed, &var.name));
            }
        }
    }

    fn step(&self, at: Tick<'_>, x: &Inputs<'_, T>, state: &mut State<'_, T>, y: &mut [T]) {
        let Schema { inputs, output, state: vars, .. } = &self.schema;
        let width = output.iter().product::<usize>();
        let (first, units, node) = (state.first(), state.units(), state.node());
        // Without an output, the number of rows follows from the length of a variable.
        let own =
            vars.iter().zip(state.all()).find(|(var, _)| !var.is_empty()).map(|(var, values)| values.len() / var.len());
        let rows = y.len().checked_div(width).or(own).unwrap_or(0);
        y.fill(T::zeroed());
        for row in 0..rows {
            let mut given = *x;
            for (port, spec) in inputs.iter().enumerate() {
                let len: usize = spec.shape.iter().product();
                given.ports[port] = x.ports[port].get(row * len..(row + 1) * len).unwrap_or_default();
            }
            let parts = state.all().iter_mut().zip(vars);
            let parts =
                parts.map(|(values, var)| values.get_mut(row * var.len()..(row + 1) * var.len()).unwrap_or_default());
            let mut one = State::of_node(parts.collect(), first + row, units, node);
            (self.step)(at, &given, &mut one, y.get_mut(row * width..(row + 1) * width).unwrap_or_default());
        }
    }

    fn kind(&self) -> &str {
        "Closure"
    }

    fn check(&self) -> Result<()> {
        let wrong = |(var, init): (&VarSpec, &Init)| init.check(&var.name, &var.shape).err();
        self.schema.state.iter().zip(&self.init).find_map(wrong).map_or(Ok(()), Err)
    }
}
