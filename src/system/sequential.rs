//! A chain of systems: the output of each layer is the input of the next one.

use super::program::{LayerProgram, Program, ProgramBody};
use super::scan::Scan;
use super::state::{State, StatePart};
use super::torch;
use super::torch::Module;
use super::{Coupling, Inputs, Schema, Shared, Start, System, Tick, Weight, WeightMut};
use crate::device::Device;
use crate::error::{Error, Result};
use crate::numeric::scalar::Scalar;
use ndarray::ArrayD;
use std::ops::Range;

/// A chain of named systems, like `brainpy.Sequential`. The names appear in paths such as
/// `l1.state` and `l1.Wi`.
pub struct Sequential<T> {
    layers: Vec<(String, Box<dyn System<T>>)>,
}

impl<T> std::fmt::Debug for Sequential<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_list().entries(self.layers.iter().map(|(n, _)| n)).finish()
    }
}

impl<T> Default for Sequential<T> {
    fn default() -> Self {
        Self { layers: Vec::new() }
    }
}

/// The maximum number of elements, over all steps, that one layer passes to the next at a time.
/// They fit in L2.
pub(crate) const BETWEEN: usize = 1 << 16;

impl<T: Scalar> Sequential<T> {
    /// Creates an empty chain.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a system under a name.
    #[must_use]
    pub fn layer(mut self, name: impl Into<String>, system: impl System<T> + 'static) -> Self {
        self.layers.push((name.into(), Box::new(system)));
        self
    }

    /// The systems with their names.
    pub fn layers(&self) -> impl Iterator<Item = (&str, &dyn System<T>)> {
        self.layers.iter().map(|(n, l)| (n.as_str(), &**l))
    }

    /// Loads the weights of a torch model's `state_dict`. [`torch`] describes how names are matched
    /// to layers.
    ///
    /// # Errors
    /// If names are missing or unexpected, an array has another shape, or torch has no such layer.
    pub fn torch_weights<N: AsRef<str>, S: Scalar>(mut self, weights: &[(N, ArrayD<S>)]) -> Result<Self> {
        let own = torch::weights::<T>(&self, &torch::collected(weights)?)?;
        torch::set(&mut self, &own);
        Ok(self)
    }

    fn stages(&self) -> Stages {
        let mut from = 0;
        let mut stages = Vec::with_capacity(self.layers.len());
        for (_, layer) in &self.layers {
            let schema = layer.schema();
            let to = from + schema.state.len();
            stages.push((schema, from..to));
            from = to;
        }
        let pointwise = stages.iter().all(|(s, _)| s.coupling == Coupling::Pointwise);
        let whole = stages.iter().any(|(s, _)| s.coupling == Coupling::Sequence);
        Stages { stages, pointwise, whole }
    }
}

impl<T: Scalar> System<T> for Sequential<T> {
    fn schema(&self) -> Schema {
        let Stages { stages, pointwise, whole } = self.stages();
        let coupling = if stages.iter().any(|(s, _)| s.coupling == Coupling::Network) {
            Coupling::Network
        } else if whole {
            Coupling::Sequence
        } else if pointwise {
            Coupling::Pointwise
        } else {
            Coupling::Row
        };
        let state = (stages.iter().zip(&self.layers))
            .flat_map(|((schema, _), (name, _))| schema.state.iter().map(move |var| var.within(name)))
            .collect();
        Schema {
            inputs: stages.first().map_or_else(Vec::new, |(s, _)| s.inputs.clone()),
            output: stages.last().map_or_else(Vec::new, |(s, _)| s.output.clone()),
            state,
            coupling,
            reads_clock: stages.iter().any(|(s, _)| s.reads_clock),
        }
    }

    fn init(&self, shared: &Shared, state: &mut State<'_, T>) {
        let stages = self.stages();
        for (k, (_, layer)) in self.layers.iter().enumerate() {
            layer.init(shared, &mut state.part(&stages.part(k, state.first())));
        }
    }

    fn step(&self, at: Tick<'_>, x: &Inputs<'_, T>, state: &mut State<'_, T>, y: &mut [T]) {
        let stages = self.stages();
        let items = stages.items(y.len());
        let mut between: Vec<T> = Vec::new();
        for (k, (_, layer)) in self.layers.iter().enumerate() {
            let mut state = state.part(&stages.part(k, state.first()));
            let previous = std::mem::take(&mut between);
            let from = if k == 0 { *x } else { Inputs::new(&[&previous]) };
            if k + 1 == self.layers.len() {
                layer.step(at, &from, &mut state, y);
            } else {
                between = bytemuck::zeroed_vec(stages.width(k, items));
                layer.step(at, &from, &mut state, &mut between);
            }
        }
    }

    /// Runs stage-major: each layer makes a batch of steps, and then the next layer makes them.
    /// There is no feedback between layers, so this order gives the same results as step after
    /// step.
    fn scan(&self, scan: &mut Scan<'_, T>) {
        let stages = self.stages();
        let steps = scan.steps();
        if steps.is_empty() {
            return;
        }
        let items = stages.items(scan.at(steps.start).3.len());
        let count = self.layers.len();
        let widest = (0..count).map(|k| stages.width(k, items)).max().unwrap_or(1).max(1);
        let batch = if stages.whole { steps.len() } else { (BETWEEN / widest).clamp(1, steps.len()) };
        let (mut input, mut output): (Vec<T>, Vec<T>) = (Vec::new(), Vec::new());
        for from in steps.clone().step_by(batch) {
            let range = from..steps.end.min(from + batch);
            for (k, (_, layer)) in self.layers.iter().enumerate() {
                std::mem::swap(&mut input, &mut output);
                let (is_first, is_last) = (k == 0, k + 1 == count);
                if !is_last {
                    output.resize(range.len() * stages.width(k, items), T::zeroed());
                }
                let from = (!is_first).then_some(input.as_slice());
                let to = (!is_last).then_some(output.as_mut_slice());
                let part = stages.part(k, scan.state().first());
                scan.part(&part, range.clone(), from, to, |scan| layer.scan(scan));
            }
        }
    }

    fn takes_lengths(&self) -> bool {
        self.layers.iter().all(|(_, layer)| layer.takes_lengths())
    }

    fn program(&self, dt: f64) -> Option<Program> {
        let layers =
            self.layers.iter().zip(self.stages().stages).enumerate().map(|(index, ((name, layer), (schema, vars)))| {
                Some(LayerProgram { name: name.clone(), index, vars, schema, program: layer.program(dt)? })
            });
        Some(Program { body: ProgramBody::Sequence(layers.collect::<Option<_>>()?) })
    }

    fn prepare(&self, dt: f64, device: Device) -> Result<()> {
        self.layers.iter().try_for_each(|(_, layer)| layer.prepare(dt, device))
    }

    fn check_start(&self, start: &Start) -> Result<()> {
        self.layers.iter().try_for_each(|(name, layer)| layer.check_start(start).map_err(|e| e.within(name)))
    }

    fn explain(&self, error: Error) -> Error {
        self.layers.iter().fold(error, |error, (name, layer)| error.explained_by(name, |error| layer.explain(error)))
    }

    fn kind(&self) -> &str {
        "Sequential"
    }

    fn nodes(&self) -> Vec<(&str, &dyn System<T>)> {
        self.layers().collect()
    }

    fn weights(&self) -> Vec<Weight<'_, T>> {
        let all = self.layers.iter().flat_map(|(name, layer)| {
            layer.weights().into_iter().map(move |w| Weight { name: format!("{name}.{}", w.name), ..w })
        });
        all.collect()
    }

    fn weights_mut(&mut self) -> Vec<WeightMut<'_, T>> {
        let all = self.layers.iter_mut().flat_map(|(name, layer)| {
            layer.weights_mut().into_iter().map(move |w| WeightMut { name: format!("{name}.{}", w.name), ..w })
        });
        all.collect()
    }

    fn torch(&self) -> Vec<Module<'_>> {
        self.layers
            .iter()
            .flat_map(|(name, layer)| layer.torch().into_iter().map(|module| module.within(name)))
            .collect()
    }

    fn check(&self) -> Result<()> {
        if self.layers.is_empty() {
            return Err(Error::Unsupported("a Sequential needs at least one layer".into()));
        }
        for (k, (name, _)) in self.layers.iter().enumerate() {
            if name.is_empty() || name.contains('.') || self.layers[..k].iter().any(|(n, _)| n == name) {
                return Err(Error::value("layer name", format!("`{name}`"), "is empty, has a dot, or is used twice"));
            }
        }
        let Stages { stages, whole, .. } = self.stages();
        if whole && stages.iter().any(|(s, _)| s.coupling == Coupling::Network) {
            return Err(Error::Unsupported("a Sequential cannot combine a network with a bidirectional layer".into()));
        }
        for ((before, after), (name, _)) in stages.iter().zip(&stages[1..]).zip(&self.layers[1..]) {
            let (given, ports) = (&before.0.output, &after.0.inputs);
            let [port] = ports.as_slice() else {
                return Err(Error::Unsupported(format!(
                    "layer `{name}` has {} inputs; within a Sequential it must have exactly one",
                    ports.len()
                )));
            };
            if port.shape.len() != given.len() {
                return Err(Error::Rank {
                    argument: format!("input of layer `{name}`"),
                    expected: format!("{:?}", port.shape),
                    given: given.clone(),
                });
            }
            if let Some(axis) = (0..given.len()).find(|&a| given[a] != port.shape[a]) {
                return Err(Error::Shape {
                    argument: format!("input of layer `{name}`"),
                    axis: format!("feature {axis}"),
                    expected: port.shape[axis],
                    given: given[axis],
                });
            }
        }
        self.layers.iter().try_for_each(|(_, layer)| layer.check())
    }
}

/// The layers: for each one its schema and the range of its variables.
struct Stages {
    stages: Vec<(Schema, Range<usize>)>,
    /// Whether all layers are pointwise. Blocks then consist of units, and otherwise of batch rows.
    pointwise: bool,
    /// Whether a layer needs all steps of a run at once. All layers then make all steps at once.
    whole: bool,
}

impl Stages {
    /// The number of units or batch rows in an output of `len` elements.
    fn items(&self, len: usize) -> usize {
        match self.stages.last() {
            Some((last, _)) if !self.pointwise => len / last.output_len().max(1),
            _ => len,
        }
    }

    /// The number of output elements of layer `k` for this number of units or batch rows.
    fn width(&self, k: usize, items: usize) -> usize {
        if self.pointwise { items } else { items * self.stages[k].0.output_len() }
    }

    /// Layer `k` of the block whose first unit or batch row is `first`.
    fn part(&self, k: usize, first: usize) -> StatePart {
        let (schema, vars) = &self.stages[k];
        let units = schema.output_len();
        let rows_to_units = !self.pointwise && schema.coupling == Coupling::Pointwise;
        StatePart { index: k, vars: vars.clone(), units, first: if rows_to_units { first * units } else { first } }
    }
}
