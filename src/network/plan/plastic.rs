//! A projection whose weights are state.

use crate::connectivity::columns::Columns;
use crate::connectivity::{ConnectivitySpec, Delays, SynapseTable, Weights, weight_scale_above};
use crate::error::{Error, Result};
use crate::network::plan::rule::RuleShape;
use std::ops::RangeInclusive;
use std::sync::Arc;

/// The data of a plastic projection beside its synapses.
#[derive(Debug)]
pub(crate) struct PlasticPlan {
    /// The number of its rule in the network.
    pub(crate) rule: usize,
    pub(crate) shape: RuleShape,
    /// The network's variable with the weights. The other variables of the rule follow it.
    pub(crate) var: usize,
    pub(crate) synapses: usize,
    pub(crate) sources: usize,
    pub(crate) targets: usize,
    /// The number of delays that a synapse may have. Each source has its variables for each
    /// delay.
    pub(crate) classes: usize,
    /// The shortest delay, in steps.
    least: u32,
    /// The weight scale of delivered weights.
    pub(crate) weight_scale: f64,
    pub(crate) columns: Arc<Columns>,
}

/// Returns an error if all weights are out of bounds: then the bounds are probably wrong. Some
/// drawn weights may be out of bounds.
fn within_bounds([min, max]: [f64; 2], spec: &ConnectivitySpec, table: &SynapseTable) -> Result<()> {
    let unit = spec.weight_scale();
    let (low, high) = match &table.weights {
        Weights::Same => (unit, unit),
        Weights::Each(all) => {
            let ends = all.iter().fold((i32::MAX, i32::MIN), |(low, high), m| (low.min(*m), high.max(*m)));
            (f64::from(ends.0) * unit, f64::from(ends.1) * unit)
        }
    };
    // A tolerance for the rounding of initial weights to the weight scale.
    let near = 1e-6 * min.abs().max(max.abs());
    if table.len() == 0 || (low <= max + near && high >= min - near) {
        return Ok(());
    }
    let given = if low < high { format!("{low} to {high}") } else { low.to_string() };
    let reason = format!("are all out of the bounds of its plasticity, {min} to {max}: set bounds that contain them");
    Err(Error::value(format!("weights of projection `{}`", spec.name), given, reason))
}

impl PlasticPlan {
    /// The plan for a projection with these synapses, whose rule has this shape and this number. Its
    /// variables are the network's from `var` on.
    pub(crate) fn new(
        (rule, shape): (usize, RuleShape),
        spec: &ConnectivitySpec,
        table: &SynapseTable,
        delays: &RangeInclusive<u32>,
        var: usize,
    ) -> Result<Self> {
        let [min, max] = shape.bounds;
        let (sources, targets) = (spec.pre.len(), spec.post.len());
        let least = *delays.start();
        let one = has_one_delay(table);
        let classes = if one { 1 } else { (*delays.end() - least) as usize + 1 };
        let what = format!("synapses of projection `{}`", spec.name);
        if u32::try_from(sources.saturating_mul(classes)).is_err() {
            return Err(Error::value(
                what,
                format!("{sources} sources of {classes} delays"),
                "have more than 2³² − 1 traces",
            ));
        }
        let variable = |place: usize, source: usize| source_variable(table, source, place, least, sources);
        within_bounds(shape.bounds, spec, table)?;
        let columns = Arc::new(Columns::of(&what, table, targets, variable)?);
        let weight_scale = weight_scale_above(min.abs().max(max.abs()));
        Ok(Self { rule, shape, var, synapses: table.len(), sources, targets, classes, least, weight_scale, columns })
    }

    /// The place of the source's variables for the synapse at a place in its row.
    pub(crate) fn source_variable(&self, table: &SynapseTable, source: usize, place: usize) -> usize {
        source_variable(table, source, place, self.least, self.sources)
    }
}

fn has_one_delay(table: &SynapseTable) -> bool {
    matches!(table.delays, Delays::Same(_))
}

/// The place of a source's variables: source + sources · (delay − shortest delay).
fn source_variable(table: &SynapseTable, source: usize, place: usize, least: u32, sources: usize) -> usize {
    if has_one_delay(table) { source } else { source + (table.delay(source, place) - least) as usize * sources }
}
