//! Weights of recurrent layers from torch's `state_dict`.

use super::Recurrent;
use super::kinds::Layered;
use crate::error::Result;
use crate::models::cells::frame::NOT_TORCH;
use crate::numeric::scalar::Scalar;
use crate::system::torch;
use crate::system::torch::Module;
use ndarray::ArrayD;

impl<T: Scalar, K: Layered> Recurrent<T, K> {
    /// Sets the weights from the `state_dict` of a torch module of the same size. The names may
    /// have a path before them:
    ///
    /// | torch | | here |
    /// |---|---|---|
    /// | `weight_ih_l0` | `[G·H, in]`, in further layers `[G·H, D·H]` | `l0.Wi`, transposed |
    /// | `weight_hh_l0` | `[G·H, H]` | `l0.Wh`, transposed |
    /// | `bias_ih_l0`, `bias_hh_l0` | `[G·H]` | `l0.b`, their sum; a GRU's n has `bias_ih` in `l0.b` and `bias_hh` in `l0.bh` |
    /// | `weight_ih_l0_reverse`, … | | `l0_reverse.Wi`, … |
    ///
    /// Gates are stored in the order of this crate: an LSTM's i, f, g, o become i, g, f, o; a GRU's
    /// r, z, n keep their order. [`brainpy::Lstm`](crate::models::brainpy::Lstm) adds 1 to the
    /// forget gate; 1 is therefore subtracted from its bias, so that it computes the same as torch.
    ///
    /// # Errors
    /// If names are missing or unknown, an array has another shape, or torch has no such layers
    /// ([`brainpy::Gru`](crate::models::brainpy::Gru)).
    pub fn torch_weights<N: AsRef<str>, S: Scalar>(mut self, weights: &[(N, ArrayD<S>)]) -> Result<Self> {
        for (name, array) in torch::weights::<T>(&self, &torch::collected(weights)?)? {
            self = self.weight(&name, &array.iter().copied().collect::<Vec<f64>>())?;
        }
        Ok(self)
    }

    /// The layers as one module of torch, whose names contain the layer and the direction.
    pub(super) fn module(&self) -> Module<'_> {
        let names: Option<Vec<Vec<String>>> =
            self.cells.iter().map(|(name, cell)| cell.torch_names(&format!("_{name}"))).collect();
        let Some(names) = names else { return Module::none(NOT_TORCH) };
        Module::new(names.into_iter().flatten(), |given| {
            let mut all = Vec::new();
            for (name, cell) in &self.cells {
                let own = cell.torch_arrays(given, &format!("_{name}"))?;
                all.extend(own.into_iter().map(|(weight, array)| (format!("{name}.{weight}"), array)));
            }
            Ok(all)
        })
    }
}
