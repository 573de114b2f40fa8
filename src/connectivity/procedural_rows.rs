//! Rows of procedural connectivity: generated for each spike.

use super::rng_streams::WEIGHT;
use super::rows::Rows;
use super::spec::ConnectivitySpec;
use super::value_rule::ValueRule;
use super::values::{Numbers, Values};
use super::{Connect, total_number};
use crate::error::{Error, Result};
use crate::init::Init;

/// Generates a projection's rows.
#[derive(Clone, Copy)]
pub(crate) struct RowGenerator<'a> {
    rows: Rows<'a>,
    weights: ValueRule<'a>,
    inv_scale: f64,
    numbers: Numbers<'a>,
    /// The delay of all synapses, in steps.
    pub(crate) delay: u32,
    /// Whether weights differ.
    pub(crate) weigh: bool,
    /// An upper bound of the mean number of synapses of a row.
    pub(crate) mean: usize,
}

/// A row, in no particular order.
#[derive(Clone, Default)]
pub(crate) struct GeneratedRow {
    pub(crate) targets: Vec<u32>,
    /// The integer weights; empty if all are 1.
    pub(crate) integer_weights: Vec<i32>,
}

impl ConnectivitySpec {
    /// Checks that rows can be generated one by one.
    pub(super) fn check_procedural(&self) -> Result<()> {
        let refuse = |reason: &str| {
            Err(Error::Unsupported(format!("projection `{}`: a procedural projection {reason}", self.name)))
        };
        match self.connect {
            Connect::FixedNumPre(_) => {
                return refuse(
                    "generates the targets of each source, but FixedNumPre chooses the sources of each target: FixedNumPost",
                );
            }
            Connect::Arrays { .. } => return refuse("stores no synapses, but Arrays must be stored"),
            _ => {}
        }
        if matches!(self.weights()?, ValueRule::Given { .. }) {
            return refuse("stores no weights: give one value or a distribution");
        }
        if !matches!(self.times()?, ValueRule::Same(_)) {
            return refuse("has one delay for all synapses");
        }
        Ok(())
    }

    /// Whether each synapse has a weight of its own.
    pub(crate) fn weighs(&self) -> bool {
        !matches!(self.weights(), Ok(ValueRule::Same(_)))
    }

    /// Whether procedural connectivity draws weights within bounds.
    #[cfg_attr(not(feature = "cuda"), allow(dead_code, reason = "only the CUDA engine calls it"))]
    pub(crate) fn makes_bounded_weights(&self) -> bool {
        self.procedural && matches!(self.weight, Init::Random(bounded) if bounded.is_bounded())
    }

    /// The start of each row if the lengths of rows are drawn; else nothing, because rows need no
    /// other row.
    ///
    /// # Errors
    /// If memory is short.
    pub(crate) fn drawn_offsets(&self) -> Result<Vec<u64>> {
        match self.connect {
            Connect::FixedTotalNumber(n) => self.offsets(total_number::lengths(self, n as u64)?),
            _ => Ok(Vec::new()),
        }
    }

    /// The generator of the rows, for procedural connectivity; `offsets` are
    /// [`ConnectivitySpec::drawn_offsets`].
    ///
    /// # Errors
    /// If [`ConnectivitySpec::check`] refuses the specification.
    pub(crate) fn row_generator<'a>(&'a self, offsets: &'a [u64]) -> Result<RowGenerator<'a>> {
        let weights = self.weights()?;
        let mean = self.size().synapses.div_ceil(self.pre.len().max(1) as u64) as usize;
        Ok(RowGenerator {
            rows: Rows::of(self, offsets),
            weights,
            numbers: if self.repeats() { Numbers::Places } else { Numbers::Zero },
            inv_scale: 1.0 / self.weight_scale(),
            delay: *self.delays()?.start(),
            weigh: self.weighs(),
            mean,
        })
    }
}

impl RowGenerator<'_> {
    /// Generates a source's row in `into`, and replaces its previous content.
    pub(crate) fn row(&self, source: u32, into: &mut GeneratedRow) {
        self.rows.targets(source, &mut into.targets);
        if self.weigh {
            into.integer_weights.resize(into.targets.len(), 0);
            let values = Values {
                rule: self.weights,
                stream: self.rows.stream,
                purpose: WEIGHT,
                source,
                sources: self.rows.pre,
                targets: &into.targets,
                numbers: self.numbers,
            };
            values.integer_weights(self.inv_scale, &mut into.integer_weights);
        }
    }
}
