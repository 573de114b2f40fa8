//! Correlations of the spike counts of pairs of neurons, which grow with the spikes.

use crate::error::{Error, Result};
use crate::memory;
use crate::recording::Events;
use std::ops::Range;

/// The name of this memory in an error.
const SUMS: &str = "the sums of spike counts";

/// The spike counts of some neurons in bins of equal width, and the sums from which Pearson's
/// correlation coefficients of all pairs follow. The spikes of a run can be added part by part. The
/// sums are whole numbers, so that no result depends on the parts. They take about `4·n²` bytes for
/// `n` neurons ([`SpikeCountCorrelations::bytes`]), whatever the length of the run.
///
/// ```
/// use overtime::spikes::SpikeCountCorrelations;
/// use overtime::{Init, Input, LoopOverTime, models::Lif, monitor};
///
/// # fn main() -> overtime::Result<()> {
/// let neurons = Lif::<f64>::new(50).v(Init::uniform(0.0, 15.0));
/// let mut over_time = LoopOverTime::builder(neurons).out_vars([monitor("spike").events()]).build()?;
///
/// // Neurons 0 to 9 of a run of 200 ms, whose first 50 ms are left out, in bins of 20 steps (2 ms).
/// let mut correlations = SpikeCountCorrelations::new((0, 0..10), 500..2000, 20)?;
/// for _ in 0..4 {
///     let part = over_time.run(Input::duration(50.0).constant(25.0))?;
///     correlations.add(part.events("spike")?)?;
/// }
/// println!("mean of {:?}: {:?}", correlations.coefficients()?, correlations.mean());
/// # Ok(()) }
/// ```
#[derive(Clone, Debug)]
pub struct SpikeCountCorrelations {
    row: usize,
    units: Range<usize>,
    steps: Range<u64>,
    width: u64,
    /// The bin of the latest spike, its counts, and the neurons that spiked in it.
    bin: u64,
    counts: Vec<u64>,
    spiked: Vec<usize>,
    /// The sums over the bins before: of each neuron's counts, and of the products of each pair's,
    /// for neurons `i` and `j >= i` row by row.
    sums: Vec<u64>,
    products: Vec<u64>,
}

impl SpikeCountCorrelations {
    /// No spikes yet of the neurons (batch row, units); the row is 0 without a batch. `steps` are the
    /// indices of the first step and of the step after the last. They are divided into bins of
    /// `width` steps. A shorter bin at the end is left out.
    ///
    /// # Errors
    /// If a bin has no steps, or memory is short.
    pub fn new((row, units): (usize, Range<usize>), steps: Range<u64>, width: u64) -> Result<Self> {
        if width == 0 {
            return Err(Error::value("steps of a bin", 0, "are too few for a correlation"));
        }
        let (n, pairs) = (units.len(), pairs(units.len()));
        Ok(Self {
            row,
            units,
            steps,
            width,
            bin: 0,
            counts: memory::zeros(SUMS, n)?,
            spiked: memory::room(SUMS, n)?,
            sums: memory::zeros(SUMS, n)?,
            products: memory::zeros(SUMS, pairs)?,
        })
    }

    /// The bytes of the sums of `n` neurons.
    #[must_use]
    pub const fn bytes(n: usize) -> u64 {
        (pairs(n) as u64).saturating_add((n as u64).saturating_mul(3)).saturating_mul(8)
    }

    /// Adds spikes, which come after those that were added before. Spikes of other neurons or steps
    /// do not count.
    ///
    /// # Errors
    /// If a spike belongs to a bin before that of the last spike. The spikes before it have been
    /// added.
    pub fn add(&mut self, events: &Events) -> Result<()> {
        for (step, (row, unit)) in events.step.iter().zip(events.row.iter().zip(&events.unit)) {
            if !self.add_spike(*step, (*row, *unit)) {
                return Err(Error::value("spike", format!("step {step}"), "is before the bin of the last spike"));
            }
        }
        Ok(())
    }

    /// Adds a spike of the neuron (batch row, unit). Returns `false`, without a change, if the spike
    /// belongs to a bin before that of the last spike.
    #[must_use]
    pub fn add_spike(&mut self, step: u64, (row, unit): (usize, usize)) -> bool {
        if row != self.row || !self.units.contains(&unit) || !self.steps.contains(&step) {
            return true;
        }
        let bin = (step - self.steps.start) / self.width;
        if bin >= self.bins() {
            return true;
        }
        if bin < self.bin {
            return false;
        }
        if bin > self.bin {
            self.close();
            self.bin = bin;
        }
        let neuron = unit - self.units.start;
        if self.counts[neuron] == 0 {
            self.spiked.push(neuron);
        }
        self.counts[neuron] = self.counts[neuron].saturating_add(1);
        true
    }

    /// Adds the counts of the bin to the sums.
    fn close(&mut self) {
        for (k, i) in self.spiked.iter().enumerate() {
            self.sums[*i] = self.sums[*i].saturating_add(self.counts[*i]);
            for j in &self.spiked[k..] {
                let at = pair(self.counts.len(), *i.min(j), *i.max(j));
                let product = self.counts[*i].saturating_mul(self.counts[*j]);
                self.products[at] = self.products[at].saturating_add(product);
            }
        }
        self.spiked.drain(..).for_each(|neuron| self.counts[neuron] = 0);
    }

    /// The number of whole bins.
    fn bins(&self) -> u64 {
        self.steps.end.saturating_sub(self.steps.start) / self.width
    }

    /// Pearson's correlation coefficients of all pairs of neurons, in the order (0, 1), (0, 2), …,
    /// (1, 2), …: the covariance of the counts over the product of their standard deviations. A pair
    /// with a neuron whose counts are all equal, such as a silent neuron, has none and is left out.
    ///
    /// # Errors
    /// If memory is short.
    pub fn coefficients(&self) -> Result<Vec<f64>> {
        let mut all = memory::room("correlation coefficients", self.all().count())?;
        all.extend(self.all());
        Ok(all)
    }

    /// The mean of [`SpikeCountCorrelations::coefficients`]; `None` without a pair.
    #[must_use]
    pub fn mean(&self) -> Option<f64> {
        let (sum, pairs) = self.all().fold((0.0, 0.0), |(sum, pairs), r| (sum + r, pairs + 1.0));
        (pairs > 0.0).then(|| sum / pairs)
    }

    fn all(&self) -> impl Iterator<Item = f64> {
        let n = self.counts.len();
        (0..n).flat_map(move |i| (i + 1..n).filter_map(move |j| self.coefficient(i, j)))
    }

    fn coefficient(&self, i: usize, j: usize) -> Option<f64> {
        let (own, other) = (self.covariance(i, i), self.covariance(j, j));
        (own > 0.0 && other > 0.0).then(|| (self.covariance(i, j) / (own * other).sqrt()).clamp(-1.0, 1.0))
    }

    /// The covariance of the counts of neurons `i` and `j >= i`, times the square of the number of
    /// bins: a whole number, which is rounded only once.
    fn covariance(&self, i: usize, j: usize) -> f64 {
        let open = self.counts[i].saturating_mul(self.counts[j]);
        let product = self.products[pair(self.counts.len(), i, j)].saturating_add(open);
        let sum = |k: usize| u128::from(self.sums[k].saturating_add(self.counts[k]));
        let (mean_product, product_of_means) = (u128::from(self.bins()) * u128::from(product), sum(i) * sum(j));
        let size = mean_product.abs_diff(product_of_means) as f64;
        if mean_product < product_of_means { -size } else { size }
    }

    /// All numbers that grow with the spikes, to be saved.
    ///
    /// # Errors
    /// If memory is short.
    pub fn numbers(&self) -> Result<Vec<u64>> {
        let all = [&[self.bin], &self.counts[..], &self.sums, &self.products];
        let mut numbers = memory::room(SUMS, all.iter().map(|part| part.len()).sum())?;
        all.iter().for_each(|part| numbers.extend_from_slice(part));
        Ok(numbers)
    }

    /// Sets the numbers of [`SpikeCountCorrelations::numbers`], of the same neurons and bins.
    ///
    /// # Errors
    /// If there are more or fewer of them, or the bin of the last spike does not exist.
    pub fn set_numbers(&mut self, numbers: &[u64]) -> Result<()> {
        let n = self.counts.len();
        let expected = 1 + 2 * n + self.products.len();
        if numbers.len() != expected {
            return Err(Error::value("sums of spike counts", numbers.len(), format!("are not {expected} numbers")));
        }
        if numbers[0] > self.bins().saturating_sub(1) {
            return Err(Error::value("bin of the last spike", numbers[0], "does not exist"));
        }
        self.bin = numbers[0];
        let (counts, rest) = numbers[1..].split_at(n);
        let (sums, products) = rest.split_at(n);
        self.counts.copy_from_slice(counts);
        self.sums.copy_from_slice(sums);
        self.products.copy_from_slice(products);
        self.spiked.clear();
        self.spiked.extend((0..n).filter(|neuron| counts[*neuron] > 0));
        Ok(())
    }
}

/// The number of pairs of `n` neurons, each with itself too.
const fn pairs(n: usize) -> usize {
    n.saturating_mul(n.saturating_add(1)) / 2
}

/// The place of the pair (i, j) with `i <= j` of `n` neurons.
const fn pair(n: usize, i: usize, j: usize) -> usize {
    i * (2 * n - i + 1) / 2 + (j - i)
}
