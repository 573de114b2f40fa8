//! The variables of plastic projections: their specification and initial values.

use super::plan::plastic::PlasticPlan;
use crate::connectivity::{ConnectivitySpec, SynapseTable, Weights};
use crate::numeric::scalar::Real;
use crate::system::VarSpec;
use crate::system::state::State;

impl PlasticPlan {
    /// The variables of the projection of this name.
    pub(crate) fn vars(&self, name: &str) -> [VarSpec; Self::VARS] {
        let pre = if self.classes == 1 { vec![self.sources] } else { vec![self.classes, self.sources] };
        [("w", vec![self.synapses]), ("pre", pre), ("post", vec![self.targets])]
            .map(|(var, shape)| VarSpec::new(format!("{name}.{var}"), shape))
    }

    /// Sets the weights to the clipped weights of the specification, and the traces to 0.
    pub(crate) fn init<T: Real>(&self, spec: &ConnectivitySpec, table: &SynapseTable, state: &mut State<'_, T>) {
        let unit = spec.weight_scale();
        let clipped = |w: f64| T::of(w.clamp(self.rule.min, self.rule.max));
        let rows = state.var_mut(self.var).chunks_exact_mut(self.synapses.max(1));
        for row in rows {
            match &table.weights {
                Weights::Same => row.fill(clipped(unit)),
                Weights::Each(all) => row.iter_mut().zip(all).for_each(|(w, m)| *w = clipped(f64::from(*m) * unit)),
            }
        }
        for var in [self.var + 1, self.var + 2] {
            state.var_mut(var).fill(T::of(0.0));
        }
    }
}
