//! The common part of all recurrent cells: weights, builders, and the system. The equations of a
//! cell are an implementation of [`Gates`], in the cell's own file.

mod by_name;
mod gates;
mod packed_weights;
mod program;
mod run;
mod torch;

pub use gates::{Defaults, Gates};
pub(super) use packed_weights::{CHUNK, PackedWeights, chunk, put, round, take};
pub use run::CellStep;
pub(crate) use run::{load, store};
pub(crate) use torch::NOT_TORCH;

use crate::error::{Error, Result};
use crate::init::Init;
use crate::models::Activation;
use crate::models::weights;
use crate::models::weights::Array;
use crate::numeric::rng::Stream;
use crate::numeric::scalar::Scalar;
use crate::system::program::Program;
use crate::system::scan::{Scan, ScanDirection};
use crate::system::state::State;
use crate::system::torch::Module;
use crate::system::{Inputs, Schema, Shared, System, Tick, VarSpec, Weight, WeightMut};
use std::marker::PhantomData;
use std::ops::Range;
use std::sync::OnceLock;

/// A recurrent cell with the equations `K`. The usual cells have names, such as
/// [`RnnCell`](crate::models::RnnCell).
#[derive(Clone)]
pub struct Cell<T: Scalar, K> {
    num_in: usize,
    num_out: usize,
    activation: Activation,
    wi: Array<T>,
    wh: Array<T>,
    b: Option<Array<T>>,
    bh: Option<Array<T>>,
    /// The initialiser of `b`, which is kept while there is no bias.
    b_init: Init,
    seed: u64,
    state: Init,
    /// The weights in the layout of the product. They are packed when they are first needed.
    packed: OnceLock<PackedWeights<T::Acc>>,
    kind: PhantomData<K>,
}

impl<T: Scalar, K: Gates> std::fmt::Debug for Cell<T, K> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}({}, {}, {})", K::NAME, self.num_in, self.num_out, self.activation)
    }
}

impl<T: Scalar, K: Gates> Cell<T, K> {
    /// A cell from `num_in` features to `num_out` units, with the defaults of its kind.
    #[must_use]
    pub fn new(num_in: usize, num_out: usize) -> Self {
        let defaults = K::defaults(num_out);
        // `check` refuses a size that overflows.
        let columns = num_out.saturating_mul(K::GATES);
        let mut cell = Self {
            num_in,
            num_out,
            activation: defaults.activation,
            wi: Array::new("Wi", &[num_in, columns], defaults.wi),
            wh: Array::new("Wh", &[num_out, columns], defaults.wh),
            b: None,
            bh: None,
            b_init: defaults.b,
            seed: 0,
            state: Init::Zeros,
            packed: OnceLock::new(),
            kind: PhantomData,
        };
        cell.make_bias();
        cell
    }

    fn make_bias(&mut self) {
        let make = |name, len: usize| {
            let mut b = Array::new(name, &[len], self.b_init.clone());
            b.set_seed(self.seed);
            b
        };
        let (b, bh) = (make("b", self.num_out.saturating_mul(K::GATES)), make("bh", self.num_out));
        (self.b, self.bh) = (Some(b), K::HIDDEN_BIAS.then_some(bh));
    }

    fn arrays(&self) -> impl Iterator<Item = &Array<T>> {
        [&self.wi, &self.wh].into_iter().chain(&self.b).chain(&self.bh)
    }

    /// Mutable references to all weights. Packed copies are discarded.
    fn arrays_mut(&mut self) -> impl Iterator<Item = &mut Array<T>> {
        self.packed.take();
        [&mut self.wi, &mut self.wh].into_iter().chain(&mut self.b).chain(&mut self.bh)
    }

    /// The activation function.
    #[must_use]
    pub fn activation(mut self, activation: Activation) -> Self {
        self.activation = activation;
        self
    }

    /// Whether there is a bias. The default is `true`.
    #[must_use]
    pub fn bias(mut self, bias: bool) -> Self {
        self.packed.take();
        if !bias {
            (self.b, self.bh) = (None, None);
        } else if self.b.is_none() {
            self.make_bias();
        }
        self
    }

    /// The initialiser of the input weights `Wi`.
    #[must_use]
    pub fn wi_init(mut self, init: Init) -> Self {
        self.packed.take();
        self.wi.set_init(init);
        self
    }

    /// The initialiser of the recurrent weights `Wh`.
    #[must_use]
    pub fn wh_init(mut self, init: Init) -> Self {
        self.packed.take();
        self.wh.set_init(init);
        self
    }

    /// The initialiser of the bias.
    #[must_use]
    pub fn b_init(mut self, init: Init) -> Self {
        self.packed.take();
        self.b_init = init;
        if self.b.is_some() {
            self.make_bias();
        }
        self
    }

    /// The initialiser of the state, zeros by default. An array has the values of one batch row.
    #[must_use]
    pub fn state_init(mut self, init: Init) -> Self {
        self.state = init;
        self
    }

    /// The seed of the random weights, 0 by default. Cells of the same shape and seed have the same
    /// weights.
    #[must_use]
    pub fn seed(mut self, seed: u64) -> Self {
        self.seed = seed;
        self.arrays_mut().for_each(|a| a.set_seed(seed));
        self
    }

    /// Sets the values of a weight, row-major.
    ///
    /// # Errors
    /// If there is no weight of this name, or the number of values differs from its size.
    pub fn weight<S: Scalar>(mut self, name: &str, values: &[S]) -> Result<Self> {
        weights::give(self.arrays_mut(), name, values)?;
        Ok(self)
    }

    fn packed(&self) -> &PackedWeights<T::Acc> {
        self.packed.get_or_init(|| self.pack(0..self.num_out))
    }

    /// Makes all steps of a scan in this direction.
    pub(crate) fn sweep(&self, way: ScanDirection, scan: &mut Scan<'_, T>) {
        run::scan::<T, K>(self.packed(), self.activation, way, scan);
    }

    /// The same cell for `num_in` features, with weights of its own.
    pub(crate) fn anew(&self, num_in: usize) -> Self {
        let mut cell = self.clone();
        cell.packed.take();
        cell.num_in = num_in;
        let shape = [num_in, self.num_out.saturating_mul(K::GATES)];
        cell.wi = cell.wi.anew(&shape);
        cell
    }

    /// The number of input features.
    pub(crate) fn num_in(&self) -> usize {
        self.num_in
    }

    /// The program in CUDA C, for this direction.
    pub(crate) fn program_in(&self, way: ScanDirection) -> Option<Program> {
        program::program::<K>(self.num_in, self.num_out, self.activation, way)
    }

    /// The weights of these units, packed.
    fn pack(&self, units: Range<usize>) -> PackedWeights<T::Acc> {
        let [wi, wh] = [&self.wi, &self.wh].map(Array::values);
        let [b, bh] = [&self.b, &self.bh].map(|b| b.as_ref().map(Array::values));
        PackedWeights::new(K::GROUPS, units, self.num_out, [wi, wh], [b, bh])
    }
}

impl<T: Scalar, K: Gates> System<T> for Cell<T, K> {
    fn schema(&self) -> Schema {
        let units = self.num_out;
        let mut state = VarSpec::new("state", [units.saturating_mul(K::STATES.len())]);
        if K::STATES.len() > 1 {
            let views = K::STATES.iter().enumerate();
            state.views =
                views.map(|(k, name)| ((*name).into(), units.saturating_mul(k)..units.saturating_mul(k + 1))).collect();
        }
        Schema::row([self.num_in], [units]).var(state)
    }

    fn init(&self, shared: &Shared, state: &mut State<'_, T>) {
        let stream = Stream::of_node(shared.seed, state.node(), "state");
        let len = self.num_out * K::STATES.len();
        let [state] = state.vars();
        let shape = [state.len() / len.max(1), len];
        self.state.fill_checked(state, &shape, stream);
    }

    fn step(&self, _: Tick<'_>, x: &Inputs<'_, T>, state: &mut State<'_, T>, y: &mut [T]) {
        let [state] = state.vars();
        run::step::<T, K>(self.packed(), self.activation, x.port(0), state, y);
    }

    fn scan(&self, scan: &mut Scan<'_, T>) {
        self.sweep(ScanDirection::alone(self.num_out), scan);
    }

    fn takes_lengths(&self) -> bool {
        true
    }

    fn program(&self, _: f64) -> Option<Program> {
        self.program_in(ScanDirection::alone(self.num_out))
    }

    fn kind(&self) -> &str {
        K::NAME
    }

    fn weights(&self) -> Vec<Weight<'_, T>> {
        self.arrays().map(Array::weight).collect()
    }

    fn weights_mut(&mut self) -> Vec<WeightMut<'_, T>> {
        self.arrays_mut().map(Array::weight_mut).collect()
    }

    fn torch(&self) -> Vec<Module<'_>> {
        vec![match self.torch_names("") {
            Some(names) => Module::new(names, |given| self.torch_arrays(given, "")),
            None => Module::none(NOT_TORCH),
        }]
    }

    fn check(&self) -> Result<()> {
        let fits =
            K::GROUPS.iter().sum::<usize>() == K::GATES && !K::GROUPS.contains(&0) && matches!(K::STATES.len(), 1 | 2);
        if !fits
            || K::TORCH.is_some_and(|places| places.len() != K::GATES || places.iter().any(|place| *place >= K::GATES))
        {
            return Err(Error::Unsupported(format!(
                "gates of a {} that do not fit together: {} gates, groups of {:?}, parts of the state {:?}, torch's places {:?}",
                K::NAME,
                K::GATES,
                K::GROUPS,
                K::STATES,
                K::TORCH
            )));
        }
        if self.activation == Activation::Softmax {
            return Err(Error::value(
                "activation",
                "softmax",
                "is not a function of one value, which a cell's must be",
            ));
        }
        self.arrays().try_for_each(Array::check)?;
        self.state.check("state", &[self.num_out * K::STATES.len()])
    }
}
