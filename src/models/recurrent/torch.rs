//! Weights as torch has them.

use super::Recurrent;
use super::kinds::Layered;
use crate::error::{Error, Result};
use crate::scalar::Scalar;
use ndarray::ArrayD;

impl<T: Scalar, K: Layered> Recurrent<T, K> {
    /// Takes the weights of a torch module of the same size, by the names of its `state_dict`:
    ///
    /// | torch's | | here |
    /// |---|---|---|
    /// | `weight_ih_l0` | `[G·H, in]`, of further layers `[G·H, D·H]` | `l0.Wi`, transposed |
    /// | `weight_hh_l0` | `[G·H, H]` | `l0.Wh`, transposed |
    /// | `bias_ih_l0`, `bias_hh_l0` | `[G·H]` | `l0.b`, their sum; of a GRU's n `bias_ih` alone, and `bias_hh` is `l0.bh` |
    /// | `weight_ih_l0_reverse`, … | | `l0_reverse.Wi`, … |
    ///
    /// Gates are put in the order of this crate: an LSTM's i, f, g, o become i, g, f, o; a GRU's r, z, n stay. For
    /// [`LstmBrainpy`](super::LstmBrainpy), which adds 1 to the forget gate, 1 is taken from its bias, so that it computes what torch does.
    ///
    /// # Errors
    /// If names are missing or unknown, an array has another shape, or torch has no such layers ([`GruBrainpy`](super::GruBrainpy)).
    pub fn torch_weights<N: AsRef<str>, S: Scalar>(mut self, weights: &[(N, ArrayD<S>)]) -> Result<Self> {
        let Some(gates) = K::TORCH else {
            let reason = "resets before the product, and torch's cell after it: its weights are for Gru";
            return Err(Error::value("torch_weights", K::LAYERS, reason));
        };
        let has_bias = crate::System::weights(&self.like).iter().any(|w| w.name == "b");
        let kinds: &[&str] = if has_bias { &["weight_ih", "weight_hh", "bias_ih", "bias_hh"] } else { &["weight_ih", "weight_hh"] };
        let names: Vec<String> = self.cells.iter().flat_map(|(cell, _)| kinds.iter().map(move |kind| format!("{kind}_{cell}"))).collect();
        let given = |name: &str| weights.iter().filter(|(n, _)| n.as_ref() == name).count();
        let missing: Vec<String> = names.iter().filter(|n| given(n) == 0).cloned().collect();
        let known = |name: &str| names.iter().any(|n| n == name) && given(name) == 1;
        let unexpected: Vec<String> = weights.iter().map(|(n, _)| n.as_ref()).filter(|n| !known(n)).map(str::to_owned).collect();
        if !missing.is_empty() || !unexpected.is_empty() {
            return Err(Error::Keys { missing, unexpected });
        }
        let hidden = self.hidden;
        let find = |kind: &str, cell: &str, shape: &[usize]| -> Result<Vec<f64>> {
            let name = format!("{kind}_{cell}");
            let array = weights.iter().find(|(n, _)| n.as_ref() == name).map(|(_, array)| array);
            let array = array.ok_or_else(|| Error::Keys { missing: vec![name.clone()], unexpected: Vec::new() })?;
            same_shape(&name, shape, array.shape())?;
            Ok(array.iter().map(|x| x.to_f64()).collect())
        };
        for (name, cell) in &mut self.cells {
            let rows = hidden.saturating_mul(gates.len());
            let matrix = |kind: &str, depth: usize| -> Result<Vec<f64>> {
                let all = find(kind, name, &[rows, depth])?;
                let column = |g: usize, j: usize| gates[g] * hidden + j;
                let of = |k: usize| (0..rows).map(move |c| (c / hidden, c % hidden, k));
                Ok((0..depth).flat_map(of).map(|(g, j, k)| all[column(g, j) * depth + k]).collect())
            };
            let (wi, wh) = (matrix("weight_ih", cell.num_in())?, matrix("weight_hh", hidden)?);
            let mut new = cell.clone().weight("Wi", &wi)?.weight("Wh", &wh)?;
            if has_bias {
                let (ih, hh) = (find("bias_ih", name, &[rows])?, find("bias_hh", name, &[rows])?);
                let last = if K::HIDDEN_BIAS { gates.len() - 1 } else { gates.len() };
                let bias = |c: usize| {
                    let (gate, from) = (c / hidden, gates[c / hidden] * hidden + c % hidden);
                    let own = K::SHIFT.filter(|(shifted, _)| *shifted == gate).map_or(0.0, |(_, by)| by);
                    ih[from] + if gate < last { hh[from] } else { 0.0 } - own
                };
                new = new.weight("b", &(0..rows).map(bias).collect::<Vec<_>>())?;
                if K::HIDDEN_BIAS {
                    new = new.weight("bh", &hh[last * hidden..])?;
                }
            }
            *cell = new;
        }
        Ok(self)
    }
}

fn same_shape(name: &str, expected: &[usize], given: &[usize]) -> Result<()> {
    let argument = format!("weight `{name}`");
    if expected.len() != given.len() {
        return Err(Error::Rank { argument, expected: format!("{expected:?}"), given: given.to_vec() });
    }
    match (0..given.len()).find(|&a| given[a] != expected[a]) {
        None => Ok(()),
        Some(axis) => Err(Error::Shape { argument, axis: axis.to_string(), expected: expected[axis], given: given[axis] }),
    }
}
