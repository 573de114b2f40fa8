//! The variables of plastic projections: their specification and initial values.

use super::plan::GroupPlan;
use super::plan::plastic::PlasticPlan;
use super::plan::rule::Owner;
use crate::connectivity::{ConnectivitySpec, SynapseTable, Weights};
use crate::error::{Error, Result};
use crate::init::Init;
use crate::numeric::rng::Stream;
use crate::numeric::scalar::Real;
use crate::system::VarSpec;
use crate::system::state::State;

impl PlasticPlan {
    /// The shape of the variables of synapses, sources or targets.
    fn shape_of(&self, owner: Owner) -> Vec<usize> {
        match owner {
            Owner::Synapse => vec![self.synapses],
            Owner::Source if self.classes == 1 => vec![self.sources],
            Owner::Source => vec![self.classes, self.sources],
            Owner::Target => vec![self.targets],
        }
    }

    /// The number of values of a variable of synapses, sources or targets.
    pub(crate) fn len_of(&self, owner: Owner) -> usize {
        self.shape_of(owner).iter().product()
    }

    /// The variables of the projection of this name.
    pub(crate) fn vars(&self, name: &str) -> Vec<VarSpec> {
        let shapes = Owner::ALL.into_iter().flat_map(|owner| self.shape.of(owner).map(move |_| self.shape_of(owner)));
        self.shape.names.iter().zip(shapes).map(|(var, shape)| VarSpec::new(format!("{name}.{var}"), shape)).collect()
    }

    /// Checks the rules of the initial values of the projection of this name.
    pub(crate) fn check_initial(&self, projection: &str) -> Result<()> {
        for (owner, k) in self.with_initial() {
            let what = format!("initial {} of projection `{projection}`", self.shape.names[k]);
            let init = &self.shape.initial[k - 1];
            if init.range().is_none() {
                return Err(Error::value(what, format!("{init:?}"), "is defined for matrices only"));
            }
            init.check(&what, &self.shape_of(owner))?;
        }
        Ok(())
    }

    /// The numbers of the variables with initial values, and their owners.
    fn with_initial(&self) -> impl Iterator<Item = (Owner, usize)> {
        let all = Owner::ALL.into_iter().flat_map(|owner| self.shape.of(owner).map(move |k| (owner, k)));
        all.filter(|(_, k)| (1..=self.shape.initial.len()).contains(k))
    }

    /// Sets the weights to the clipped weights of the specification, the potentials to those of the
    /// targets, and the other variables to their initial values.
    pub(crate) fn init<T: Real>(
        &self,
        (spec, table): (&ConnectivitySpec, &SynapseTable),
        to: &GroupPlan,
        (seed, node): (u64, u16),
        state: &mut State<'_, T>,
    ) {
        let unit = spec.weight_scale();
        let [low, high] = self.shape.bounds;
        let clipped = |w: f64| T::of(w.clamp(low, high));
        let rows = state.var_mut(self.var).chunks_exact_mut(self.synapses.max(1));
        for row in rows {
            match &table.weights {
                Weights::Same => row.fill(clipped(unit)),
                Weights::Each(all) => row.iter_mut().zip(all).for_each(|(w, m)| *w = clipped(f64::from(*m) * unit)),
            }
        }
        for (owner, k) in self.with_initial() {
            let var = state.var_mut(self.var + k);
            match &self.shape.initial[k - 1] {
                Init::Constant(value) => var.fill(T::of(*value)),
                init => {
                    let purpose = format!("{}.{}", spec.name, self.shape.names[k]);
                    init.fill_checked(var, &self.shape_of(owner), Stream::of_node(seed, node, &purpose));
                }
            }
        }
        if self.shape.reads_potential {
            self.keep_potential(spec, to, state);
        }
    }

    /// Sets the potentials of targets to the present ones.
    fn keep_potential<T: Real>(&self, spec: &ConnectivitySpec, to: &GroupPlan, state: &mut State<'_, T>) {
        let Some(membrane) = to.membrane else { return };
        let (before, own) = state.all().split_at_mut(self.var);
        let Some(own) = own.get_mut(self.shape.names.len() - 1) else { return };
        let rows = before[to.vars.start + membrane].chunks_exact(to.units);
        for (own, potentials) in own.chunks_exact_mut(self.targets.max(1)).zip(rows) {
            own.copy_from_slice(&potentials[spec.post.clone()]);
        }
    }
}
