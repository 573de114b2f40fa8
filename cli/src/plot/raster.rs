//! The spikes of populations: dots of a raster, and counts for rates.

use crate::spikes::{SPIKES, spikes_of};
use ndarray::Array2;
use overtime_model::network::Population;
use std::ops::Range;

/// Most neurons of a raster, and bins of rates.
const SHOWN: usize = 1000;
const RATES: f64 = 250.0;
/// Least length of such a bin, ms.
const SHORTEST: f64 = 1.0;
/// Most spikes of a raster.
pub(super) const DOTS: usize = 200_000;

/// A population that is drawn: one of a network, or a single group.
#[derive(Clone, Debug)]
pub(crate) struct RasterPopulation {
    /// The recording of its group's spikes.
    pub(super) spikes: String,
    /// Its neurons in the group, and the number of the first over all groups.
    pub(super) units: Range<usize>,
    first: usize,
    /// Batch rows that are shown, and all of them: a rate is of one.
    shown: usize,
    pub(super) rows: usize,
}

impl RasterPopulation {
    fn len(&self) -> usize {
        self.units.len().saturating_mul(self.shown)
    }
}

/// What is gathered of spikes.
#[derive(Clone, Debug)]
pub(crate) struct Raster {
    populations: Vec<RasterPopulation>,
    /// Step and number of the neuron over all populations, of those neurons whose number within
    /// their population is a multiple of `stride`.
    pub(crate) dots: Vec<(u64, usize)>,
    pub(super) stride: usize,
    /// Spikes of each population, `[populations, bins]`.
    pub(crate) counts: Array2<f64>,
}

impl Raster {
    /// Of a network's populations, in the first batch row.
    pub(crate) fn network(populations: &[Population], rows: usize, ms: f64) -> Self {
        let drawn = populations.iter().map(|p| {
            let units = p.units.start as usize..p.units.end as usize;
            RasterPopulation { spikes: spikes_of(&p.of), units, first: 0, shown: 1, rows }
        });
        Self::new(drawn.collect(), ms)
    }

    /// Of one group, in all rows.
    pub(crate) fn group(units: usize, rows: usize, ms: f64) -> Self {
        Self::new(
            vec![RasterPopulation { spikes: SPIKES.to_owned(), units: 0..units, first: 0, shown: rows, rows }],
            ms,
        )
    }

    fn new(mut populations: Vec<RasterPopulation>, ms: f64) -> Self {
        let mut first: usize = 0;
        for population in &mut populations {
            population.first = first;
            first = first.saturating_add(population.len());
        }
        let bins = (ms / SHORTEST).clamp(1.0, RATES) as usize;
        let counts = Array2::zeros((populations.len(), bins));
        Self { populations, dots: Vec::new(), stride: first.div_ceil(SHOWN).max(1), counts }
    }

    /// Takes over the spikes of a recording, which began at `begin` and ends `steps` later.
    pub(super) fn feed(
        &mut self,
        recording: &str,
        spikes: impl Iterator<Item = (u64, usize, usize)>,
        begin: u64,
        steps: u64,
    ) {
        let bins = self.counts.ncols() as u64;
        let own: Vec<usize> = (0..self.populations.len())
            .filter(|k| self.populations.get(*k).is_some_and(|c| c.spikes == recording))
            .collect();
        for (step, row, unit) in spikes {
            let Some(since) = step.checked_sub(begin).filter(|since| *since < steps) else { continue };
            let found =
                own.iter().find_map(|k| Some((*k, self.populations.get(*k).filter(|c| c.units.contains(&unit))?)));
            let Some((k, population)) = found else { continue };
            let within = row.saturating_mul(population.units.len()).saturating_add(unit - population.units.start);
            let neuron =
                (row < population.shown && within.is_multiple_of(self.stride)).then(|| population.first + within);
            let bin = u128::from(since) * u128::from(bins) / u128::from(steps.max(1));
            if let Some(count) = self.counts.get_mut((k, bin as usize)) {
                *count += 1.0;
            }
            if let Some(neuron) = neuron {
                self.dot((step, neuron));
            }
        }
    }

    /// Adds a spike. Where there are too many, every second neuron goes, so that the raster comes
    /// to the end of the run.
    fn dot(&mut self, dot: (u64, usize)) {
        while self.is_shown(dot.1, self.stride) {
            if self.dots.len() < DOTS {
                return self.dots.push(dot);
            }
            if self.stride >= self.neurons() {
                return;
            }
            self.stride *= 2;
            let mut dots = std::mem::take(&mut self.dots);
            dots.retain(|(_, neuron)| self.is_shown(*neuron, self.stride));
            self.dots = dots;
        }
    }

    /// Whether a neuron is among those of a stride. The first of each population always is.
    pub(super) fn is_shown(&self, neuron: usize, stride: usize) -> bool {
        let first = self.populations.get(self.population_of(neuron)).map_or(0, |population| population.first);
        (neuron - first).is_multiple_of(stride)
    }

    /// Goes on from these.
    pub(crate) fn resume(&mut self, dots: Vec<(u64, usize)>) {
        self.dots = dots;
        // So many are left where neurons have gone.
        while self.dots.len() > DOTS / 4
            && self.stride < self.neurons()
            && self.dots.iter().all(|(_, n)| self.is_shown(*n, 2 * self.stride))
        {
            self.stride *= 2;
        }
    }

    /// The recordings that its spikes are in.
    pub(super) fn recordings(&self) -> Vec<String> {
        self.populations.iter().map(|population| population.spikes.clone()).collect()
    }

    /// All neurons.
    pub(super) fn neurons(&self) -> usize {
        self.populations.last().map_or(0, |population| population.first.saturating_add(population.len()))
    }

    pub(super) fn populations(&self) -> &[RasterPopulation] {
        &self.populations
    }

    /// The numbers of the first neuron of each population and of the neuron after its last.
    pub(super) fn bands(&self) -> impl Iterator<Item = Range<usize>> {
        self.populations.iter().map(|p| p.first..p.first.saturating_add(p.len()))
    }

    /// The population of a neuron.
    pub(super) fn population_of(&self, neuron: usize) -> usize {
        self.populations.partition_point(|c| c.first <= neuron).saturating_sub(1)
    }

    /// A population's rate over time, Hz, and the steps of a bin, of a run of `steps` of `dt` ms.
    pub(super) fn rates(&self, population: usize, steps: u64, dt: f64) -> (Vec<f64>, f64) {
        let width = steps as f64 / self.counts.ncols() as f64;
        let neurons =
            self.populations.get(population).map_or(1, |c| c.units.len().saturating_mul(c.rows)).max(1) as f64;
        let hertz = 1000.0 / (neurons * width.max(f64::MIN_POSITIVE) * dt);
        (self.counts.row(population).iter().map(|n| n * hertz).collect(), width)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn raster(sizes: &[u64]) -> Raster {
        let mut from = 0;
        let one = |n: &u64| {
            let units = from..from + n;
            from += n;
            Population { name: "P".into(), group: 0, of: "P".into(), units, degree: 0.0 }
        };
        Raster::network(&sizes.iter().map(one).collect::<Vec<_>>(), 1, 100.0)
    }

    /// However many spikes there are, a raster comes to the end of the run, of fewer neurons; and a
    /// run that was resumed goes on with those.
    #[test]
    fn a_raster_of_too_many_spikes_is_of_fewer_neurons() {
        let mut whole = raster(&[100]);
        let spikes = |steps: Range<u64>| steps.flat_map(|step| (0..100).map(move |neuron| (step, neuron)));
        spikes(0..1000).for_each(|dot| whole.dot(dot));
        assert!(whole.dots == spikes(0..1000).collect::<Vec<_>>(), "all have their place");
        spikes(1000..9000).for_each(|dot| whole.dot(dot));
        let right: Vec<_> = spikes(0..9000).filter(|(_, neuron)| neuron % 8 == 0).collect();
        assert!(whole.dots == right, "{} of {}", whole.dots.len(), right.len());

        let (mut first, mut then) = (raster(&[100]), raster(&[100]));
        spikes(0..7000).for_each(|dot| first.dot(dot));
        then.resume(first.dots);
        spikes(7000..9000).for_each(|dot| then.dot(dot));
        assert!(then.dots == right, "resumed");

        // One alone is not thinned out.
        let mut alone = raster(&[1]);
        (0..300_000).for_each(|step| alone.dot((step, 0)));
        assert_eq!(alone.dots.len(), DOTS);
    }

    /// A neuron that is its whole population stays, however many the others are.
    #[test]
    fn the_first_neuron_of_each_population_stays() {
        let mut two = raster(&[1001, 1]);
        let spikes = (0..9000).flat_map(|step| (0..1002).map(move |neuron| (step, 0, neuron)));
        two.feed("spikes counted of P", spikes, 0, 9000);
        assert!(two.stride >= 64 && two.dots.iter().filter(|dot| dot.1 == 1001).count() == 9000, "{}", two.stride);
        // Nothing before the window, and nothing after it.
        let mut window = raster(&[10]);
        window.feed("spikes counted of P", (0..100).map(|step| (step, 0, 3)), 20, 30);
        assert_eq!((window.dots.len(), window.dots[0], window.counts.sum()), (30, (20, 3), 30.0));
        window.feed("spikes counted of Q", (0..100).map(|step| (step, 0, 3)), 20, 30);
        assert_eq!(window.counts.sum(), 30.0);
    }
}
