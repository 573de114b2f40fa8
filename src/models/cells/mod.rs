//! Recurrent cells, and the frame that they share.

pub(crate) mod frame;
pub(crate) mod gru_cell;
pub(crate) mod gru_cell_brainpy;
pub(crate) mod lstm_cell;
pub(crate) mod lstm_cell_brainpy;
pub(crate) mod rnn_cell;
pub(crate) mod rnn_cell_brainpy;
