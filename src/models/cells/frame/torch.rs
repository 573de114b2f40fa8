//! Conversion of torch's weights to the weights of a cell.

use super::{Cell, Gates};
use crate::error::Result;
use crate::numeric::scalar::Scalar;
use crate::system::torch::{Given, Weights};
use ndarray::{ArrayD, IxDyn};

/// The reason why brainpy's GRU takes no weights of torch.
pub(crate) const NOT_TORCH: &str =
    "resets before the product, and torch's cell after it: torch's weights are for Gru and GruCell of `models`";

impl<T: Scalar, K: Gates> Cell<T, K> {
    /// torch's names of the weights, if torch has such a cell. They end in `suffix`, which is `_l0`
    /// in layers.
    pub(in crate::models) fn torch_names(&self, suffix: &str) -> Option<Vec<String>> {
        let kinds: &[&str] = if self.b.is_some() {
            &["weight_ih", "weight_hh", "bias_ih", "bias_hh"]
        } else {
            &["weight_ih", "weight_hh"]
        };
        K::TORCH.map(|_| kinds.iter().map(|kind| format!("{kind}{suffix}")).collect())
    }

    /// Converts torch's weights to the cell's weights, with the cell's names. The order of gates
    /// changes. A number that only this cell adds to a gate is subtracted from its bias.
    pub(in crate::models) fn torch_arrays(&self, given: &Given<'_>, suffix: &str) -> Result<Weights> {
        let gates = K::TORCH.unwrap_or_default();
        let (hidden, rows) = (self.num_out, self.num_out.saturating_mul(gates.len()));
        // The row of torch's arrays that belongs to a column of ours.
        let row = |column: usize| gates[column / hidden] * hidden + column % hidden;
        let matrix = |kind: &str, depth: usize| -> Result<ArrayD<f64>> {
            let all = given.get(&format!("{kind}{suffix}"), &[rows, depth])?;
            Ok(ArrayD::from_shape_fn(IxDyn(&[depth, rows]), |at| all[[row(at[1]), at[0]]]))
        };
        let mut own =
            vec![("Wi".to_owned(), matrix("weight_ih", self.num_in)?), ("Wh".to_owned(), matrix("weight_hh", hidden)?)];
        if self.b.is_some() {
            let [ih, hh] = ["bias_ih", "bias_hh"].map(|kind| given.get(&format!("{kind}{suffix}"), &[rows]));
            let (ih, hh) = (ih?, hh?);
            let last = if K::HIDDEN_BIAS { gates.len() - 1 } else { gates.len() };
            let bias = |column: usize| {
                let gate = column / hidden;
                let shift = K::SHIFT.filter(|(shifted, _)| *shifted == gate).map_or(0.0, |(_, by)| by);
                ih[[row(column)]] + if gate < last { hh[[row(column)]] } else { 0.0 } - shift
            };
            own.push(("b".to_owned(), ArrayD::from_shape_fn(IxDyn(&[rows]), |at| bias(at[0]))));
            if K::HIDDEN_BIAS {
                own.push(("bh".to_owned(), ArrayD::from_shape_fn(IxDyn(&[hidden]), |at| hh[[last * hidden + at[0]]])));
            }
        }
        Ok(own)
    }
}
