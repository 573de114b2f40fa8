//! Rows of a projection that stores none: made whenever they are asked for.

use super::Connect;
use super::distribution::Distribution;
use super::rng_streams::WEIGHT;
use super::rows::Rows;
use super::spec::ConnectivitySpec;
use super::values::Values;
use crate::error::{Error, Result};

/// What makes a projection's rows.
#[derive(Clone, Copy)]
pub(crate) struct RowGenerator<'a> {
    rows: Rows,
    weights: Distribution<'a>,
    per_unit: f64,
    /// Of all synapses, in steps.
    pub(crate) delay: u32,
    /// Whether weights differ.
    pub(crate) weigh: bool,
    /// Synapses of a row, on average, at most.
    pub(crate) mean: usize,
}

/// A row, in no order.
#[derive(Clone, Default)]
pub(crate) struct GeneratedRow {
    pub(crate) targets: Vec<u32>,
    /// Weights in quanta, or none where all are 1.
    pub(crate) mantissas: Vec<i32>,
}

impl ConnectivitySpec {
    /// Whether rows can be made one by one.
    pub(super) fn check_procedural(&self) -> Result<()> {
        let refuse = |reason: &str| Err(Error::Unsupported(format!("projection `{}`: a procedural one {reason}", self.name)));
        match self.connect {
            Connect::FixedNumPre(_) => {
                return refuse("makes rows of targets, and FixedNumPre says the sources of each target: FixedNumPost");
            }
            Connect::Arrays { .. } => return refuse("stores no synapses, and Arrays are those to be stored"),
            _ => {}
        }
        if matches!(self.weights()?, Distribution::Values { .. }) {
            return refuse("stores no weights: one value, or a distribution");
        }
        if !matches!(self.times()?, Distribution::Same(_)) {
            return refuse("has one delay");
        }
        Ok(())
    }

    /// Whether each synapse has a weight of its own.
    pub(crate) fn weighs(&self) -> bool {
        !matches!(self.weights(), Ok(Distribution::Same(_)))
    }

    /// What makes this one's rows, if it stores none.
    ///
    /// # Errors
    /// As [`ConnectivitySpec::check`].
    pub(crate) fn growing(&self) -> Result<Option<RowGenerator<'_>>> {
        if !self.procedural {
            return Ok(None);
        }
        let weights = self.weights()?;
        let mean = self.size().synapses.div_ceil(self.pre.len().max(1) as u64) as usize;
        Ok(Some(RowGenerator {
            rows: Rows::of(self),
            weights,
            per_unit: 1.0 / self.quantum(),
            delay: *self.delays()?.start(),
            weigh: self.weighs(),
            mean,
        }))
    }
}

impl RowGenerator<'_> {
    /// A source's row, those of `into` being forgotten.
    pub(crate) fn row(&self, source: u32, into: &mut GeneratedRow) {
        self.rows.targets(source, &mut into.targets);
        if self.weigh {
            into.mantissas.resize(into.targets.len(), 0);
            let values = Values { law: self.weights, stream: self.rows.stream, purpose: WEIGHT, source, targets: &into.targets };
            values.mantissas(self.per_unit, &mut into.mantissas);
        }
    }
}
