//! What is gathered for box plots: the intervals of each neuron, and the spike counts of pairs.

use super::boxplot::{BoxStatistics, Quantity};
use super::plan::{Panel, Source};
use super::raster::RasterPopulation;
use overtime::memory;
use overtime::spikes::{IntervalStatistics, SpikeCountCorrelations, SpikeStatistics};
use std::ops::Range;

/// The most neurons of a population whose pairs have correlations: the first.
pub(crate) const PAIRED: usize = 200;
/// The width of the bins of their spike counts, ms.
const BIN: f64 = 2.0;
/// The name of values in an error of memory.
const VALUES: &str = "the values of a box plot";

/// What is gathered of the populations.
#[derive(Clone, Debug)]
pub(crate) struct Samples {
    populations: Vec<Sample>,
    /// The steps whose spikes count, and their length, ms.
    steps: Range<u64>,
    dt: f64,
}

/// What is gathered of a population, as far as panels show it.
#[derive(Clone, Debug)]
pub(crate) struct Sample {
    of: RasterPopulation,
    /// Of the neurons in all batch rows.
    pub(crate) neurons: Option<SpikeStatistics>,
    /// Of the first neurons in the first batch row.
    pub(crate) pairs: Option<SpikeCountCorrelations>,
}

/// Room for the spike counts of a population's first neurons in the first batch row, in these steps of
/// `dt` ms.
///
/// # Errors
/// If memory is short.
pub(crate) fn pairs_of(units: &Range<usize>, steps: Range<u64>, dt: f64) -> overtime::Result<SpikeCountCorrelations> {
    let first = units.start..units.end.min(units.start.saturating_add(PAIRED));
    SpikeCountCorrelations::new((0, first), steps, (BIN / dt).round().max(1.0) as u64)
}

/// Whether panels have rates or CVs, and whether they have correlations.
fn shown(panels: &[Panel]) -> (bool, bool) {
    let has = |of: &[Quantity]| panels.iter().any(|p| matches!(p.source, Source::Boxplot(q) if of.contains(&q)));
    (has(&[Quantity::Rate, Quantity::Cv]), has(&[Quantity::Correlation]))
}

impl Samples {
    /// Room for the spikes of these steps of `dt` ms.
    pub(super) fn new(
        panels: &[Panel],
        populations: &[RasterPopulation],
        steps: Range<u64>,
        dt: f64,
    ) -> anyhow::Result<Self> {
        let (has_neurons, has_pairs) = shown(panels);
        let sample = |of: &RasterPopulation| {
            let pairs = || pairs_of(&of.units, steps.clone(), dt);
            Ok(Sample {
                of: of.clone(),
                neurons: has_neurons.then(|| SpikeStatistics::new(of.rows, of.units.len())).transpose()?,
                pairs: has_pairs.then(pairs).transpose()?,
            })
        };
        let any = if has_neurons || has_pairs { populations } else { &[] };
        Ok(Self { populations: any.iter().map(sample).collect::<anyhow::Result<_>>()?, steps, dt })
    }

    /// The bytes of what is gathered, and of the values of the largest population. Each of the
    /// populations has a number of neurons, in so many batch rows.
    pub(crate) fn bytes(panels: &[Panel], populations: &[usize], rows: usize) -> (u64, u64) {
        let (has_neurons, has_pairs) = shown(panels);
        let cells = |neurons: &usize| (*neurons as u64).saturating_mul(rows as u64);
        let of = |neurons: &usize| {
            let own =
                if has_neurons { cells(neurons).saturating_mul(size_of::<IntervalStatistics>() as u64) } else { 0 };
            let pairs = if has_pairs { SpikeCountCorrelations::bytes((*neurons).min(PAIRED)) } else { 0 };
            own.saturating_add(pairs)
        };
        let gathered = populations.iter().map(of).fold(0, u64::saturating_add);
        let largest = populations.iter().map(cells).max().filter(|_| has_neurons).unwrap_or(0);
        (gathered, largest.max((PAIRED * PAIRED / 2) as u64).saturating_mul(8))
    }

    /// Takes over the spikes of a recording, in the order of time.
    pub(super) fn feed(&mut self, recording: &str, spikes: impl Iterator<Item = (u64, usize, usize)>) {
        let mut own: Vec<&mut Sample> = self.populations.iter_mut().filter(|s| s.of.spikes == recording).collect();
        if own.is_empty() {
            return;
        }
        for (step, row, unit) in spikes.filter(|spike| self.steps.contains(&spike.0)) {
            let Some(sample) = own.iter_mut().find(|sample| sample.of.units.contains(&unit)) else { continue };
            // Spikes of rows that the run does not have, and out of order, do not count.
            if let Some(neurons) = &mut sample.neurons {
                let _ = neurons.add_spike(step, (row, unit - sample.of.units.start));
            }
            if let Some(pairs) = &mut sample.pairs {
                let _ = pairs.add_spike(step, (row, unit));
            }
        }
    }

    /// The populations, with all that is to be saved.
    pub(crate) fn populations(&self) -> &[Sample] {
        &self.populations
    }

    /// The same, to be set to saved values.
    pub(crate) fn populations_mut(&mut self) -> &mut [Sample] {
        &mut self.populations
    }

    /// The box of each population.
    pub(super) fn boxes(&self, quantity: Quantity) -> anyhow::Result<Vec<Option<BoxStatistics>>> {
        let ms = self.steps.end.saturating_sub(self.steps.start) as f64 * self.dt;
        self.populations.iter().map(|sample| Ok(BoxStatistics::new(sample.values(quantity, ms)?))).collect()
    }
}

impl Sample {
    fn values(&self, quantity: Quantity, ms: f64) -> anyhow::Result<Vec<f64>> {
        Ok(match (quantity, &self.neurons, &self.pairs) {
            (Quantity::Rate, Some(neurons), _) => neurons.rates(ms)?,
            (Quantity::Cv, Some(neurons), _) => {
                let cvs = || neurons.neurons().iter().filter_map(IntervalStatistics::cv);
                let mut values = memory::room(VALUES, cvs().count())?;
                values.extend(cvs());
                values
            }
            (Quantity::Correlation, _, Some(pairs)) => pairs.coefficients()?,
            _ => Vec::new(),
        })
    }
}
