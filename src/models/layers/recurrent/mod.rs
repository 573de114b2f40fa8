//! Recurrent layers: stacked cells, in one direction of time or in both.

mod kinds;
mod system;
mod torch;

pub use kinds::{Gru, Lstm, Rnn};

use crate::error::{Error, Result};
use crate::init::Init;
use crate::models::Activation;
use crate::models::cells::frame::Cell;
use crate::models::info;
use crate::models::info::{Family, ModelInfo, Port};
use crate::models::layer_options::{LayerOptions, unknown_init};
use crate::numeric::scalar::Scalar;
use kinds::Layered;

/// The maximum number of layers.
const MOST: usize = 1024;

/// Recurrent layers of the cell `K`. The usual layers have names: [`Rnn`], [`Gru`], [`Lstm`].
///
/// | | shape | |
/// |---|---|---|
/// | input | `[in]` | |
/// | output, h of the last layer | `[D·H]` | D directions, 1 or 2; the forward one first |
/// | variables `l0.state`, `l0_reverse.state`, `l1.state`, … | `[S·H]` | as the cell's: zeros at the start; an LSTM's have the views `l0.h`, `l0.c`, … |
/// | weights `l0.Wi`, `l0.Wh`, `l0.b`, `l0_reverse.Wi`, … | as the cell's | layer 0 is from `in` features, the others from D·H |
///
/// Layers in one direction are the cells in a [`Sequential`](crate::Sequential), and every
/// guarantee of a loop holds.
///
/// With both directions a run is one sequence ([`Coupling::Sequence`](crate::Coupling::Sequence)):
/// the reverse direction goes from its last step to its first. State carries over between runs, as
/// for other systems. The forward direction continues from its state. The reverse direction starts
/// at the last step of the run, with its state after the first step of the run before. torch does
/// the same if its `h_n` is passed as `h_0`. Call [`reset_state`](crate::LoopOverTime::reset_state)
/// between independent sequences. Memory holds the output of a whole run for each of two layers.
///
/// With [`Input::lengths`](crate::Input::lengths), each batch row has a length of its own, as in
/// torch's packed sequences. After a run the variables are torch's `h_n` and `c_n`, whose first
/// axis has the order `l0`, `l0_reverse`, `l1`, ….
///
/// Dropout between layers is for training and does not exist here, nor do projections
/// (`proj_size`). `batch_first=True` is [`FirstAxis::Batch`](crate::FirstAxis::Batch) of the loop.
/// brainpy has cells only.
#[derive(Clone)]
pub struct Recurrent<T: Scalar, K> {
    num_in: usize,
    hidden: usize,
    layers: usize,
    /// The number of directions, 1 or 2.
    directions: usize,
    seed: u64,
    /// The pattern for new cells.
    like: Cell<T, K>,
    /// The cells with their names, layer by layer, the forward direction first.
    cells: Vec<(String, Cell<T, K>)>,
}

impl<T: Scalar, K: Layered> std::fmt::Debug for Recurrent<T, K> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            f,
            "{}({}, {}, num_layers={}, bidirectional={})",
            K::LAYERS,
            self.num_in,
            self.hidden,
            self.layers,
            self.directions == 2
        )
    }
}

impl<T: Scalar, K: Layered> Recurrent<T, K> {
    /// One layer from `num_in` features to `hidden` units, forwards in time.
    #[must_use]
    pub fn new(num_in: usize, hidden: usize) -> Self {
        Self { num_in, hidden, layers: 1, directions: 1, seed: 0, like: Cell::new(num_in, hidden), cells: Vec::new() }
            .arranged()
    }

    /// The number of stacked layers, 1 by default. The output of a layer is the input of the next.
    #[must_use]
    pub fn num_layers(mut self, layers: usize) -> Self {
        self.layers = layers;
        self.arranged()
    }

    /// Whether each layer has a second direction, backwards in time. The default is `false`. Layers
    /// after the first then have more inputs: set weights after this option.
    #[must_use]
    pub fn bidirectional(mut self, both: bool) -> Self {
        self.directions = if both { 2 } else { 1 };
        self.arranged()
    }

    /// Makes the missing cells, and keeps the cells that fit.
    fn arranged(mut self) -> Self {
        let mut old = std::mem::take(&mut self.cells);
        for n in 0..self.layers.min(MOST) * self.directions {
            let (layer, direction) = (n / self.directions, n % self.directions);
            let from = if layer == 0 { self.num_in } else { self.width() };
            let name = format!("l{layer}{}", if direction == 0 { "" } else { "_reverse" });
            let cell = match old.iter().position(|(n, cell)| *n == name && cell.num_in() == from) {
                Some(fits) => old.swap_remove(fits).1,
                None => self.like.anew(from),
            };
            self.cells.push((name, cell));
        }
        let seed = self.seed;
        self.seed(seed)
    }

    /// The number of elements in an output row.
    fn width(&self) -> usize {
        self.hidden.saturating_mul(self.directions)
    }

    fn all(mut self, change: impl Fn(Cell<T, K>) -> Cell<T, K>) -> Self {
        self.like = change(self.like);
        self.cells = self.cells.into_iter().map(|(name, cell)| (name, change(cell))).collect();
        self
    }

    /// The activation function; the hyperbolic tangent by default.
    #[must_use]
    pub fn activation(self, activation: Activation) -> Self {
        self.all(|cell| cell.activation(activation))
    }

    /// Whether there are biases. The default is `true`.
    #[must_use]
    pub fn bias(self, bias: bool) -> Self {
        self.all(|cell| cell.bias(bias))
    }

    /// The initialiser of the input weights `Wi`.
    #[must_use]
    pub fn wi_init(self, init: Init) -> Self {
        self.all(|cell| cell.wi_init(init.clone()))
    }

    /// The initialiser of the recurrent weights `Wh`.
    #[must_use]
    pub fn wh_init(self, init: Init) -> Self {
        self.all(|cell| cell.wh_init(init.clone()))
    }

    /// The initialiser of the biases.
    #[must_use]
    pub fn b_init(self, init: Init) -> Self {
        self.all(|cell| cell.b_init(init.clone()))
    }

    /// The initialiser of the state of every layer and direction, zeros by default. An array has
    /// the values of one batch row of one layer and direction.
    #[must_use]
    pub fn state_init(self, init: Init) -> Self {
        self.all(|cell| cell.state_init(init.clone()))
    }

    /// The seed of the random weights, 0 by default. Every layer and direction has weights of its
    /// own.
    #[must_use]
    pub fn seed(mut self, seed: u64) -> Self {
        self.seed = seed;
        let directions = self.directions;
        let own = |n: usize| seed ^ ((2 * (n / directions) + n % directions) as u64).rotate_left(40);
        self.cells = self.cells.into_iter().enumerate().map(|(n, (name, cell))| (name, cell.seed(own(n)))).collect();
        self
    }

    /// The facts of the model. Variables and weights are those of the first layer in the forward
    /// direction. Further layers and the second direction have `l1.state`, `l0_reverse.state`,
    /// `l1.Wi`, `l0_reverse.Wi`, ….
    #[must_use]
    pub fn info() -> ModelInfo {
        let mut all = ModelInfo::new(Family::Layer, K::LAYERS, K::ABOUT_LAYERS);
        all.source = K::REFERENCE;
        all.inputs = vec![Port::new("x", "", "features")];
        all.variables = vec![Cell::<T, K>::state_info("l0.state", "hidden")];
        all.weights = Cell::<T, K>::weight_infos("l0.", "num_in", "hidden");
        all.options = info::required(&["num_in", "hidden"]);
        let others =
            ["num_layers", "bidirectional", "activation", "bias", "Wi_init", "Wh_init", "b_init", "state_init"];
        all.options.extend(info::optional(&others));
        all
    }

    /// Sets the values of a weight (`l0.Wi`), row-major.
    ///
    /// # Errors
    /// If there is no weight of this name, or the number of values differs from its size.
    pub fn weight<S: Scalar>(mut self, name: &str, values: &[S]) -> Result<Self> {
        if let Some((layer, weight)) = name.split_once('.')
            && let Some((_, cell)) = self.cells.iter_mut().find(|(n, _)| n == layer)
        {
            *cell = cell.clone().weight(weight, values)?;
            return Ok(self);
        }
        Err(Error::unknown("weight", name, crate::system::System::weights(&self).iter().map(|w| w.name.clone())))
    }
}

impl<T: Scalar, K: Layered> LayerOptions<T> for Recurrent<T, K> {
    fn set_activation(&mut self, activation: Activation) -> Result<()> {
        *self = self.clone().activation(activation);
        Ok(())
    }

    fn set_bias(&mut self, bias: bool) -> Result<()> {
        *self = self.clone().bias(bias);
        Ok(())
    }

    fn set_seed(&mut self, seed: u64) {
        *self = self.clone().seed(seed);
    }

    fn set_init(&mut self, name: &str, init: Init) -> Result<()> {
        let layers = self.clone();
        *self = match name {
            "Wi" => layers.wi_init(init),
            "Wh" => layers.wh_init(init),
            "b" => layers.b_init(init),
            "state" => layers.state_init(init),
            _ => return Err(unknown_init(name, &["Wi", "Wh", "b", "state"])),
        };
        Ok(())
    }

    fn set_num_layers(&mut self, layers: usize) -> Result<()> {
        *self = self.clone().num_layers(layers);
        Ok(())
    }

    fn set_bidirectional(&mut self, both: bool) -> Result<()> {
        *self = self.clone().bidirectional(both);
        Ok(())
    }
}
