//! The kinds of recurrent layers: a cell, its defaults, and where torch keeps its gates.

use super::Recurrent;
use crate::models::Activation;
use crate::models::cells::frame::{Defaults, Kind};
use crate::models::cells::{gru_cell, gru_cell_torch, lstm_cell, rnn_cell};

/// Plain recurrent layers: `torch.nn.RNN`. Their cell is [`RnnCell`](crate::models::RnnCell).
///
/// ```text
/// h ← φ(b + x·Wi + h·Wh)
/// ```
///
/// φ is tanh by default, as torch's; all weights start uniform within ±1/√H, as torch's (the cell alone has brainpy's defaults, ReLU and
/// Xavier's). [`Recurrent`] has shapes, names and options.
///
/// ```
/// use overtime::{LoopOverTime, models::Rnn};
///
/// # fn main() -> overtime::Result<()> {
/// let model = Rnn::<f32>::new(10, 20).num_layers(2).bidirectional(true);
/// let mut over_time = LoopOverTime::builder(model).batch(3).out_vars("l1_reverse.state").build()?;
/// let run = over_time.run(&ndarray::Array3::<f32>::ones((5, 3, 10)))?; // [T, B, in]
/// assert_eq!(run.output.shape(), [5, 3, 40]); // [T, B, D·H]
/// assert_eq!(run["l1_reverse.state"].shape(), [5, 3, 20]);
/// # Ok(()) }
/// ```
pub type Rnn<T> = Recurrent<T, rnn_cell::Rnn>;

/// Layers of gated recurrent units, with the reset after the product: `torch.nn.GRU`. Their cell is
/// [`GruCellTorch`](crate::models::GruCellTorch).
///
/// ```text
/// r = σ(b_r + x·Wi_r + h·Wh_r)
/// z = σ(b_z + x·Wi_z + h·Wh_z)
/// n = φ(b_n + x·Wi_n + r∘(bh + h·Wh_n))
/// h ← (1 − z)∘n + z∘h
/// ```
///
/// φ is tanh by default; all weights start uniform within ±1/√H. [`Recurrent`] has shapes, names and options. Brainpy's unit, with the reset
/// before the product, is in [`GruBrainpy`].
pub type Gru<T> = Recurrent<T, gru_cell_torch::GruTorch>;

/// Layers of long short-term memory: `torch.nn.LSTM`. Their cell is [`LstmCellTorch`](crate::models::LstmCellTorch).
///
/// ```text
/// (i, g, f, o) = b + x·Wi + h·Wh
/// c ← σ(f)∘c + σ(i)∘φ(g)
/// h ← σ(o)∘φ(c)
/// ```
///
/// φ is tanh by default; all weights start uniform within ±1/√H. [`Recurrent`] has shapes, names and options. Brainpy's, with 1 added to f, is
/// in [`LstmBrainpy`].
pub type Lstm<T> = Recurrent<T, lstm_cell::LstmTorch>;

/// Layers of brainpy's gated recurrent units, [`GruCell`](crate::models::GruCell), with that cell's defaults: reset before the product.
/// [`Recurrent`] has shapes, names and options.
pub type GruBrainpy<T> = Recurrent<T, gru_cell::Gru>;

/// Layers of brainpy's long short-term memory, [`LstmCell`](crate::models::LstmCell), with that cell's defaults: 1 is added to the forget
/// gate. [`Recurrent`] has shapes, names and options.
pub type LstmBrainpy<T> = Recurrent<T, lstm_cell::Lstm>;

/// A cell that layers are made of.
pub trait Layered: Kind {
    /// The layers' name for users.
    const LAYERS: &'static str;

    /// What the layers' cells start with: what the cell alone does.
    fn layer_defaults(hidden: usize) -> Defaults {
        Self::defaults(hidden)
    }
}

impl Layered for rnn_cell::Rnn {
    const LAYERS: &'static str = "RNN";

    fn layer_defaults(hidden: usize) -> Defaults {
        Defaults::torch(hidden, Activation::Tanh)
    }
}

impl Layered for gru_cell_torch::GruTorch {
    const LAYERS: &'static str = "GRU";
}

impl Layered for lstm_cell::LstmTorch {
    const LAYERS: &'static str = "LSTM";
}

impl Layered for gru_cell::Gru {
    const LAYERS: &'static str = "GRUBrainpy";
}

impl Layered for lstm_cell::Lstm {
    const LAYERS: &'static str = "LSTMBrainpy";
}
