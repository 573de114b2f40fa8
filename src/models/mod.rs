//! The models: each one's equations, parameters with units and defaults, and source stand in its own file.

mod activation;
mod array;
mod cell;
mod conv2d;
mod dense;
mod gru_cell;
mod gru_cell_torch;
mod hh;
mod lif;
mod lstm_cell;
mod method;
mod param;
mod recurrent;
mod rnn_cell;
mod traub_miles;

pub use activation::Activation;
pub use cell::Cell;
pub use conv2d::{Conv2d, Padding};
pub use dense::Dense;
pub use gru_cell::GruCell;
pub use gru_cell_torch::GruCellTorch;
pub use hh::Hh;
pub use lif::Lif;
pub use lstm_cell::{LstmCell, LstmCellTorch};
pub use method::Method;
pub use param::Param;
pub use recurrent::{Gru, GruBrainpy, Lstm, LstmBrainpy, Recurrent, Rnn};
pub use rnn_cell::RnnCell;
pub use traub_miles::TraubMiles;
