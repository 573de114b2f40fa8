//! A projection whose weights are state.

use crate::connectivity::columns::Columns;
use crate::connectivity::{ConnectivitySpec, Delays, SynapseTable, Weights, weight_scale_above};
use crate::error::{Error, Result};
use crate::network::describe::stdp::Stdp;
use crate::numeric::scalar::Real;
use std::ops::RangeInclusive;
use std::sync::Arc;

/// The data of a plastic projection beside its synapses.
#[derive(Debug)]
pub(crate) struct PlasticPlan {
    pub(crate) rule: Stdp,
    /// The network's variable with the weights. The sources' and the targets' traces follow it.
    pub(crate) var: usize,
    pub(crate) synapses: usize,
    pub(crate) sources: usize,
    pub(crate) targets: usize,
    /// The number of delays that a synapse may have. Each source has one trace for each delay.
    pub(crate) classes: usize,
    /// The weight scale of delivered weights.
    pub(crate) weight_scale: f64,
    pub(crate) columns: Arc<Columns>,
}

/// Returns an error if all weights are out of bounds: then the bounds are probably wrong. Some
/// drawn weights may be out of bounds.
fn within_bounds(rule: &Stdp, spec: &ConnectivitySpec, table: &SynapseTable) -> Result<()> {
    let unit = spec.weight_scale();
    let (low, high) = match &table.weights {
        Weights::Same => (unit, unit),
        Weights::Each(all) => {
            let ends = all.iter().fold((i32::MAX, i32::MIN), |(low, high), m| (low.min(*m), high.max(*m)));
            (f64::from(ends.0) * unit, f64::from(ends.1) * unit)
        }
    };
    // A tolerance for the rounding of initial weights to the weight scale.
    let near = 1e-6 * rule.min.abs().max(rule.max.abs());
    if table.len() == 0 || (low <= rule.max + near && high >= rule.min - near) {
        return Ok(());
    }
    let given = if low < high { format!("{low} to {high}") } else { low.to_string() };
    let reason = format!(
        "are all out of the bounds of its plasticity, {} to {}: set bounds that contain them (min, max)",
        rule.min, rule.max
    );
    Err(Error::value(format!("weights of projection `{}`", spec.name), given, reason))
}

impl PlasticPlan {
    /// The number of its variables.
    pub(crate) const VARS: usize = 3;

    /// The plan for a projection with these synapses. Its variables are the network's from `var`
    /// on.
    pub(crate) fn new(
        rule: Stdp,
        spec: &ConnectivitySpec,
        table: &SynapseTable,
        delays: &RangeInclusive<u32>,
        var: usize,
    ) -> Result<Self> {
        rule.check(&spec.name)?;
        let (sources, targets) = (spec.pre.len(), spec.post.len());
        let least = *delays.start();
        let one = matches!(table.delays, Delays::Same(_));
        let classes = if one { 1 } else { (*delays.end() - least) as usize + 1 };
        let what = format!("synapses of projection `{}`", spec.name);
        if u32::try_from(sources.saturating_mul(classes)).is_err() {
            return Err(Error::value(
                what,
                format!("{sources} sources of {classes} delays"),
                "have more than 2³² − 1 traces",
            ));
        }
        let class = |source, place| if one { 0 } else { (table.delay(source, place) - least) as usize };
        let trace = |place: usize, source: usize| source + class(source, place) * sources;
        within_bounds(&rule, spec, table)?;
        let columns = Arc::new(Columns::of(&what, table, targets, trace)?);
        let weight_scale = weight_scale_above(rule.min.abs().max(rule.max.abs()));
        Ok(Self { rule, var, synapses: table.len(), sources, targets, classes, weight_scale, columns })
    }
}

/// The constants of a plastic projection, in the network's type.
#[derive(Clone, Copy, Debug)]
pub(crate) struct StdpConstants<T> {
    /// The decay factors of a step: of the sources' and of the targets' traces.
    pub(crate) decay: [T; 2],
    pub(crate) steps: [T; 2],
    pub(crate) min: T,
    pub(crate) max: T,
}

impl<T: Real> StdpConstants<T> {
    pub(crate) fn of(plastic: &PlasticPlan, dt: f64) -> Self {
        let rule = &plastic.rule;
        Self {
            decay: rule.tau.map(|tau| T::of(crate::numeric::math::exp(-dt / tau))),
            steps: rule.steps().map(T::of),
            min: T::of(rule.min),
            max: T::of(rule.max),
        }
    }

    /// A weight, clipped after a change. The counterpart is `clipped` in `stdp.cuh`.
    #[inline(always)]
    pub(crate) fn clipped(&self, w: T) -> T {
        if w < self.min {
            self.min
        } else if w > self.max {
            self.max
        } else {
            w
        }
    }
}
