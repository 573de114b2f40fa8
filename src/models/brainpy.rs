//! Recurrent cells and layers with brainpy's equations and defaults, where these differ from
//! PyTorch's. The types of the same names in [`models`](super) are PyTorch's.

#[cfg(doc)]
use super::Activation;
use super::cells::frame::Cell;
use super::cells::{gru_cell_brainpy, lstm_cell_brainpy, rnn_cell_brainpy};
use super::layers::recurrent::Recurrent;
#[cfg(doc)]
use crate::init::Init;

/// The plain recurrent cell (Elman, Cognitive Science 14, 1990, 179-211), with brainpy's defaults:
/// `brainpy.dyn.RNNCell`.
///
/// ```text
/// h ← φ(b + x·Wi + h·Wh)
/// ```
///
/// | | shape | default |
/// |---|---|---|
/// | input `x` | `[in]` | |
/// | output, the new h | `[H]` | |
/// | variable `state`: h | `[H]` | zeros |
/// | weight `Wi` | `[in, H]` | [`Init::XavierNormal`] |
/// | weight `Wh` | `[H, H]` | [`Init::XavierNormal`] |
/// | weight `b`, optional | `[H]` | zeros |
/// | φ | | [`Activation::Relu`] |
///
/// Names, layouts and defaults are brainpy's, except for the normal distribution of the
/// initialiser, which brainpy truncates at two standard deviations. The equation is that of
/// [`models::RnnCell`](crate::models::RnnCell).
pub type RnnCell<T> = Cell<T, rnn_cell_brainpy::RnnBrainpy>;

/// The gated recurrent unit (Chung, Gulcehre, Cho & Bengio, arXiv:1412.3555):
/// `brainpy.dyn.GRUCell`.
///
/// ```text
/// z = σ(b_z + x·Wi_z + h·Wh_z)
/// r = σ(b_r + x·Wi_r + h·Wh_r)
/// a = φ(b_a + x·Wi_a + (r∘h)·Wh_a)
/// h ← (1 − z)∘h + z∘a
/// ```
///
/// | | shape | default |
/// |---|---|---|
/// | input `x` | `[in]` | |
/// | output, the new h | `[H]` | |
/// | variable `state`: h | `[H]` | zeros |
/// | weight `Wi`, columns z, r, a | `[in, 3H]` | [`Init::Orthogonal`] |
/// | weight `Wh`, columns z, r, a | `[H, 3H]` | [`Init::Orthogonal`] |
/// | weight `b`, optional | `[3H]` | zeros |
/// | φ | | [`Activation::Tanh`] |
///
/// Names, layouts and defaults are brainpy's. The reset r is applied **before** the product with
/// `Wh_a`. torch and cuDNN apply it after the product, as
/// [`models::GruCell`](crate::models::GruCell) does.
pub type GruCell<T> = Cell<T, gru_cell_brainpy::GruBrainpy>;

/// Long short-term memory (Hochreiter & Schmidhuber, Neural Computation 9, 1997, 1735-1780; in the
/// form of Zaremba, Sutskever & Vinyals, arXiv:1409.2329): `brainpy.dyn.LSTMCell`.
///
/// ```text
/// (i, g, f, o) = b + x·Wi + h·Wh
/// c ← σ(f + 1)∘c + σ(i)∘φ(g)
/// h ← σ(o)∘φ(c)
/// ```
///
/// | | shape | default |
/// |---|---|---|
/// | input `x` | `[in]` | |
/// | output, the new h | `[H]` | |
/// | variable `state`: h, then c; its views are called `h` and `c` | `[2H]` | zeros |
/// | weight `Wi`, columns i, g, f, o | `[in, 4H]` | [`Init::XavierNormal`] |
/// | weight `Wh`, columns i, g, f, o | `[H, 4H]` | [`Init::XavierNormal`] |
/// | weight `b`, optional | `[4H]` | zeros |
/// | φ | | [`Activation::Tanh`] |
///
/// The 1 added to f keeps the cell from forgetting early in training (Jozefowicz, Zaremba &
/// Sutskever, ICML 2015). Names, layouts and defaults are brainpy's, except for the normal
/// distribution of the initialiser, which brainpy truncates at two standard deviations. torch's
/// cell, which adds nothing, is [`models::LstmCell`](crate::models::LstmCell).
pub type LstmCell<T> = Cell<T, lstm_cell_brainpy::LstmBrainpy>;

/// Layers of brainpy's gated recurrent units, [`GruCell`], with the defaults of this cell. The
/// reset comes before the product. [`Recurrent`] has shapes, names and options.
pub type Gru<T> = Recurrent<T, gru_cell_brainpy::GruBrainpy>;

/// Layers of brainpy's long short-term memory, [`LstmCell`], with the defaults of this cell. The
/// cell adds 1 to the forget gate. [`Recurrent`] has shapes, names and options.
pub type Lstm<T> = Recurrent<T, lstm_cell_brainpy::LstmBrainpy>;
