//! The facts of a cell, and its options, by name.

use super::{Cell, Gates};
use crate::error::Result;
use crate::init::Init;
use crate::models::Activation;
use crate::models::info;
use crate::models::info::{Family, ModelInfo, Port, Variable, WeightInfo};
use crate::models::layer_options::{LayerOptions, unknown_init};
use crate::numeric::scalar::Scalar;

impl<T: Scalar, K: Gates> Cell<T, K> {
    /// The facts of the model: names, variables, parameters and settings.
    #[must_use]
    pub fn info() -> ModelInfo {
        let mut all = ModelInfo::new(Family::Cell, K::NAME, K::ABOUT);
        all.aliases = K::ALIASES;
        all.source = K::REFERENCE;
        all.inputs = vec![Port::new("x", "", "features")];
        all.variables = vec![Self::state_info("state", "num_out")];
        all.weights = Self::weight_infos("", "num_in", "num_out");
        all.options = info::required(&["num_in", "num_out"]);
        all.options.extend(info::optional(&["activation", "bias", "Wi_init", "Wh_init", "b_init", "state_init"]));
        all
    }

    /// The state as a variable of this name.
    pub(in crate::models) fn state_info(name: &'static str, units: &str) -> Variable {
        let about = if K::STATES.len() > 1 { "h, then c, by its views h and c" } else { "h" };
        Variable { shape: format!("[{}]", times(K::STATES.len(), units)), ..Variable::new(name, "", about) }
    }

    /// The weights, with `prefix` before their names.
    pub(in crate::models) fn weight_infos(prefix: &str, inputs: &str, units: &str) -> Vec<WeightInfo> {
        let columns = times(K::GATES, units);
        let mut all = vec![
            ("Wi", format!("[{inputs}, {columns}]")),
            ("Wh", format!("[{units}, {columns}]")),
            ("b", format!("[{columns}]")),
        ];
        all.extend(K::HIDDEN_BIAS.then(|| ("bh", format!("[{units}]"))));
        all.into_iter().map(|(name, shape)| WeightInfo { name: format!("{prefix}{name}"), shape }).collect()
    }
}

/// A multiple of a size, as text.
fn times(n: usize, size: &str) -> String {
    if n == 1 { size.to_owned() } else { format!("{n}·{size}") }
}

impl<T: Scalar, K: Gates> LayerOptions<T> for Cell<T, K> {
    fn set_activation(&mut self, activation: Activation) -> Result<()> {
        self.activation = activation;
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
        let cell = self.clone();
        *self = match name {
            "Wi" => cell.wi_init(init),
            "Wh" => cell.wh_init(init),
            "b" => cell.b_init(init),
            "state" => cell.state_init(init),
            _ => return Err(unknown_init(name, &["Wi", "Wh", "b", "state"])),
        };
        Ok(())
    }
}
