//! The kinds of recurrent layers.

use super::Recurrent;
use crate::models::cells::frame::Gates;
use crate::models::cells::{gru_cell, gru_cell_brainpy, lstm_cell, lstm_cell_brainpy, rnn_cell};

/// Plain recurrent layers: `torch.nn.RNN`. Their cell is [`RnnCell`](crate::models::RnnCell).
///
/// ```text
/// h ← φ(b + x·Wi + h·Wh)
/// ```
///
/// φ is tanh by default, and all weights start uniform within ±1/√H, as in torch. [`Recurrent`] has
/// shapes, names and options.
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
#[doc(alias = "torch.nn.RNN")]
pub type Rnn<T> = Recurrent<T, rnn_cell::Rnn>;

/// Layers of gated recurrent units, with the reset after the product: `torch.nn.GRU`. Their cell is
/// [`GruCell`](crate::models::GruCell).
///
/// ```text
/// r = σ(b_r + x·Wi_r + h·Wh_r)
/// z = σ(b_z + x·Wi_z + h·Wh_z)
/// n = φ(b_n + x·Wi_n + r∘(bh + h·Wh_n))
/// h ← (1 − z)∘n + z∘h
/// ```
///
/// φ is tanh by default, and all weights start uniform within ±1/√H. [`Recurrent`] has shapes,
/// names and options. [`brainpy::Gru`](crate::models::brainpy::Gru) has layers of brainpy's unit,
/// with the reset before the product.
#[doc(alias = "torch.nn.GRU")]
pub type Gru<T> = Recurrent<T, gru_cell::Gru>;

/// Layers of long short-term memory: `torch.nn.LSTM`. Their cell is
/// [`LstmCell`](crate::models::LstmCell).
///
/// ```text
/// (i, g, f, o) = b + x·Wi + h·Wh
/// c ← σ(f)∘c + σ(i)∘φ(g)
/// h ← σ(o)∘φ(c)
/// ```
///
/// φ is tanh by default, and all weights start uniform within ±1/√H. [`Recurrent`] has shapes,
/// names and options. [`brainpy::Lstm`](crate::models::brainpy::Lstm) has layers of brainpy's cell,
/// with 1 added to f.
#[doc(alias = "torch.nn.LSTM")]
pub type Lstm<T> = Recurrent<T, lstm_cell::Lstm>;

/// A cell that has layers in [`Recurrent`]. This trait is sealed: layers are stacks of torch's and
/// brainpy's cells, with torch's names of weights, and a name of their own in model files. A cell of
/// your own ([`Gates`]) makes a [`Cell`](crate::models::Cell); a
/// [`Sequential`](crate::Sequential) stacks such cells.
pub trait Layered: Gates {
    /// The name of the layers.
    const LAYERS: &'static str;
    /// A description of the layers in one line.
    const ABOUT_LAYERS: &'static str;
}

impl Layered for rnn_cell::Rnn {
    const LAYERS: &'static str = "RNN";
    const ABOUT_LAYERS: &'static str =
        "num_layers layers of h ← f(x Wi + h Wh + b), in one direction of time or both, as PyTorch has them (tanh)";
}

impl Layered for gru_cell::Gru {
    const LAYERS: &'static str = "GRU";
    const ABOUT_LAYERS: &'static str = "num_layers layers of GRUCell, in one direction of time or both";
}

impl Layered for lstm_cell::Lstm {
    const LAYERS: &'static str = "LSTM";
    const ABOUT_LAYERS: &'static str = "num_layers layers of LSTMCell, in one direction of time or both";
}

impl Layered for gru_cell_brainpy::GruBrainpy {
    const LAYERS: &'static str = "GRUBrainpy";
    const ABOUT_LAYERS: &'static str = "as GRU, of GRUCellBrainpy";
}

impl Layered for lstm_cell_brainpy::LstmBrainpy {
    const LAYERS: &'static str = "LSTMBrainpy";
    const ABOUT_LAYERS: &'static str = "as LSTM, of LSTMCellBrainpy";
}
