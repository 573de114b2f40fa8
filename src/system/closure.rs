//! Systems made of a closure, and a loop over one in a line.

use super::state::State;
use super::{Coupling, InputSpec, Inputs, Schema, Shared, System, Tick, VarSpec};
use crate::error::Result;
use crate::init::Init;
use crate::numeric::rng::Stream;
use crate::numeric::scalar::Scalar;
use std::borrow::Cow;
use std::marker::PhantomData;

/// A system whose step is a closure, for what is too small to have a type of its own. It runs on CPUs.
///
/// The closure is called once a step for each row of the batch, with the inputs of that row, its variables, in the order they were added in,
/// and its output, which is 0 where it writes nothing. State is what it keeps there: it is called by several threads, and has none of its own.
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
    /// A system with an output of this shape for one row, and without inputs and variables yet.
    #[must_use]
    pub fn new(output: impl Into<Vec<usize>>, step: F) -> Self {
        let schema = Schema { inputs: Vec::new(), output: output.into(), state: Vec::new(), coupling: Coupling::Row, reads_clock: true };
        Self { schema, init: Vec::new(), step, element: PhantomData }
    }

    /// Adds an input of this shape for one row, which a run must give; axes of length 1 stretch.
    #[must_use]
    pub fn input(mut self, name: impl Into<Cow<'static, str>>, shape: impl Into<Vec<usize>>) -> Self {
        self.schema.inputs.push(InputSpec { name: name.into(), shape: shape.into(), optional: false, broadcasts: true });
        self
    }

    /// Adds a variable of this shape for one row, and its initial values: a number, one for each element, or random.
    #[must_use]
    pub fn var(mut self, name: impl Into<Cow<'static, str>>, shape: impl Into<Vec<usize>>, init: impl Into<Init>) -> Self {
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
            let random = matches!(init, Init::Uniform(..) | Init::Normal(..));
            // Random values differ from row to row, all others are made for one.
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
        // A system without an output has its rows from its variables.
        let own = vars.iter().zip(state.all()).find(|(var, _)| !var.is_empty()).map(|(var, values)| values.len() / var.len());
        let rows = y.len().checked_div(width).or(own).unwrap_or(0);
        y.fill(T::zeroed());
        for row in 0..rows {
            let mut given = *x;
            for (port, spec) in inputs.iter().enumerate() {
                let len: usize = spec.shape.iter().product();
                given.ports[port] = x.ports[port].get(row * len..(row + 1) * len).unwrap_or_default();
            }
            let parts = state.all().iter_mut().zip(vars);
            let parts = parts.map(|(values, var)| values.get_mut(row * var.len()..(row + 1) * var.len()).unwrap_or_default());
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
