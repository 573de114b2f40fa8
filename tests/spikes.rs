//! Statistics of a few spikes, compared with numpy's.

use overtime::spikes::{IntervalStatistics, SpikeCountCorrelations, SpikeStatistics, cv, intervals, population_rate};
use overtime::{Error, Events};
use std::ops::Range;

/// Spikes as (step, row, unit), in the order of time.
fn events(mut all: Vec<(u64, usize, usize)>) -> Events {
    all.sort_unstable();
    let mut events = Events::default();
    for (step, row, unit) in all {
        events.step.push(step);
        events.row.push(row);
        events.unit.push(unit);
    }
    events
}

const IRREGULAR: [u64; 6] = [3, 10, 12, 30, 31, 50];
const REGULAR: [u64; 4] = [0, 7, 14, 21];
const FEW: [u64; 3] = [5, 9, 40];

/// Neurons (0, 1), (1, 0) and (1, 1) spike, and neuron (0, 0) does not.
fn some() -> Events {
    let of = |steps: &[u64], row, unit| steps.iter().map(|step| (*step, row, unit)).collect::<Vec<_>>();
    events([of(&IRREGULAR, 0, 1), of(&REGULAR, 1, 0), of(&FEW, 1, 1)].concat())
}

fn close(a: f64, b: f64) -> bool {
    (a - b).abs() <= 1e-14 * b.abs()
}

#[test]
fn intervals_are_those_of_one_neuron() {
    assert_eq!(intervals(&some(), (0, 1), 0.5), [3.5, 1.0, 9.0, 0.5, 9.5]);
    assert_eq!(intervals(&some(), (1, 0), 1.0), [7.0, 7.0, 7.0]);
    assert!(intervals(&some(), (0, 0), 0.5).is_empty() && intervals(&some(), (7, 7), 0.5).is_empty());
    assert!(intervals(&events(vec![(u64::MAX, 0, 0)]), (0, 0), 0.1).is_empty());
}

/// The values are those of numpy: `d.std() / d.mean()`.
#[test]
fn the_cv_is_deviation_over_mean() {
    assert!(close(cv(&intervals(&some(), (0, 1), 0.5)).unwrap(), 0.820_184_479_463_675_9));
    assert_eq!(cv(&intervals(&some(), (1, 0), 0.5)), Some(0.0));
    assert!(close(cv(&intervals(&some(), (1, 1), 1.0)).unwrap(), 0.771_428_571_428_571_5));
    assert_eq!((cv(&[]), cv(&[3.0]), cv(&[0.0, 0.0])), (None, None, None));
    assert!(cv(&[1.0, f64::NAN]).is_some_and(f64::is_nan));
}

#[test]
fn statistics_agree_with_the_intervals_of_each_neuron() {
    let mut all = SpikeStatistics::new(2, 2).unwrap();
    all.add(&some()).unwrap();
    assert_eq!(all.neurons().iter().map(|neuron| neuron.count).collect::<Vec<_>>(), [0, 6, 4, 3]);
    for (at, neuron) in all.neurons().iter().enumerate() {
        let own = intervals(&some(), (at / 2, at % 2), 1.0);
        match (neuron.cv(), cv(&own)) {
            (Some(a), Some(b)) => assert!((a - b).abs() <= 1e-12, "{at}: {a} {b}"),
            (a, b) => assert_eq!(a, b, "{at}"),
        }
        let mean = (!own.is_empty()).then(|| own.iter().sum::<f64>() / own.len() as f64);
        assert_eq!(neuron.mean(), mean, "{at}");
    }
    // 13 spikes of 4 neurons in 25 ms.
    assert_eq!(all.mean_rate(0..2, 25.0), 13.0 / 4.0 * 40.0);
    assert_eq!(all.mean_rate(1..9, 25.0), 9.0 / 2.0 * 40.0);
    assert!(all.mean_rate(2..2, 25.0).is_nan());
    assert_eq!(all.rates(25.0).unwrap(), [0.0, 240.0, 160.0, 120.0]);
    assert!((all.mean_cv(1..2).unwrap() - (0.820_184_479_463_675_9 + 0.771_428_571_428_571_5) / 2.0).abs() <= 1e-12);
    assert_eq!((all.mean_cv(0..1), all.mean_cv(5..9)), (Some(0.0), None));
}

/// Parts of a run have the statistics of the whole, to the bit.
#[test]
fn spikes_can_be_added_part_by_part() {
    let mut whole = SpikeStatistics::new(2, 2).unwrap();
    whole.add(&some()).unwrap();
    for cut in [0, 3, 12, 30, 60] {
        let all: Vec<_> = some().step.iter().copied().zip(some().row).zip(some().unit).collect();
        let part = |keep: &dyn Fn(u64) -> bool| {
            events(all.iter().filter(|((s, _), _)| keep(*s)).map(|((s, r), u)| (*s, *r, *u)).collect())
        };
        let mut parts = SpikeStatistics::new(2, 2).unwrap();
        parts.add(&part(&|step| step < cut)).unwrap();
        parts.add(&part(&|step| step >= cut)).unwrap();
        assert_eq!(parts, whole, "{cut}");
    }
}

#[test]
fn spikes_that_cannot_be_are_errors() {
    let mut all = SpikeStatistics::new(2, 3).unwrap();
    for (step, row, unit) in [(0, 2, 0), (0, 0, 3), (0, usize::MAX, 0), (0, 1, usize::MAX)] {
        let error = all.add(&events(vec![(step, row, unit)])).unwrap_err().to_string();
        assert!(error.contains("does not exist"), "{error}");
    }
    all.add(&events(vec![(9, 1, 2)])).unwrap();
    assert!(all.add(&events(vec![(8, 1, 2)])).unwrap_err().to_string().contains("before"));
    assert!(all.add(&events(vec![(u64::MAX, 1, 2)])).is_err());
    assert_eq!(all.neurons()[5], IntervalStatistics { last: 10, count: 1, sum: 0.0, square: 0.0 });
    assert!(SpikeStatistics::new(1, 0).unwrap().add(&events(vec![(0, 0, 0)])).is_err());
    assert!(matches!(SpikeStatistics::new(usize::MAX, 2), Err(Error::OutOfMemory { .. })));
}

/// The counts are those of `numpy.histogram`.
#[test]
fn the_population_rate_counts_spikes_in_bins() {
    let rate = population_rate(&some(), (2, 0..2), 0..55, 20, 0.5).unwrap();
    // Counts of 8, 3 and 2 spikes of 4 neurons in 10, 10 and 7.5 ms.
    for (rate, right) in rate.iter().zip([200.0, 75.0, 200.0 / 3.0]) {
        assert!(close(*rate, right), "{rate} {right}");
    }
    assert_eq!(rate.len(), 3);
    // The mean over time is the mean rate.
    let mean = rate[0] * 20.0 + rate[1] * 20.0 + rate[2] * 15.0;
    assert!(close(mean / 55.0, 13.0 / 4.0 / (55.0 * 0.5 / 1000.0)));
    // Some units, some rows, some steps.
    assert_eq!(population_rate(&some(), (1, 1..2), 10..30, 10, 1.0).unwrap(), [200.0, 0.0]);
    assert_eq!(population_rate(&some(), (1, 0..1), 0..3, 1, 1.0).unwrap(), [0.0; 3]);
    assert!(population_rate(&some(), (1, 0..1), 5..5, 1, 1.0).unwrap().is_empty());
    let reversed = Range { start: 9, end: 5 };
    assert!(population_rate(&some(), (1, 0..1), reversed, 1, 1.0).unwrap().is_empty());
    // A bin may be longer than the run.
    assert_eq!(population_rate(&some(), (2, 0..2), 0..50, u64::MAX, 1.0).unwrap(), [12.0 / 4.0 / 0.05]);
}

#[test]
fn a_rate_without_neurons_steps_or_time_is_an_error() {
    let refused = |population, width, dt| population_rate(&some(), population, 0..10, width, dt).unwrap_err();
    assert!(refused((1, 3..3), 1, 0.1).to_string().contains("neurons"));
    assert!(refused((0, 0..3), 1, 0.1).to_string().contains("neurons"));
    assert!(refused((1, 0..3), 0, 0.1).to_string().contains("bin"));
    for dt in [0.0, -0.1, f64::NAN, f64::INFINITY] {
        assert!(refused((1, 0..3), 1, dt).to_string().contains("dt"), "{dt}");
    }
    let error = population_rate(&some(), (1, 0..1), 0..u64::MAX, 1, 0.1).unwrap_err();
    assert!(matches!(error, Error::OutOfMemory { .. }), "{error}");
}

/// Pearson's coefficients of the pairs, as `numpy.corrcoef` computes them from all counts.
fn corrcoef(counts: &[Vec<f64>]) -> Vec<f64> {
    let mean = |x: &[f64]| x.iter().sum::<f64>() / x.len() as f64;
    let covariance = |x: &[f64], y: &[f64]| {
        let (of_x, of_y) = (mean(x), mean(y));
        mean(&x.iter().zip(y).map(|(a, b)| (a - of_x) * (b - of_y)).collect::<Vec<_>>())
    };
    let varies = |x: &[f64]| x.iter().any(|count| *count != x[0]);
    let mut all = Vec::new();
    for (i, x) in counts.iter().enumerate() {
        for y in counts[i + 1..].iter().filter(|y| varies(x) && varies(y)) {
            all.push(covariance(x, y) / (covariance(x, x) * covariance(y, y)).sqrt());
        }
    }
    all
}

/// Random spikes of a seed, some shared by neurons, in parts: the coefficients of the counts of all
/// bins.
#[test]
fn correlations_of_random_spikes_are_those_of_all_counts() {
    let seed = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_nanos() as u64;
    println!("seed {seed}");
    let mut state = seed;
    // SplitMix64.
    let mut random = move || {
        state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let z = (state ^ (state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    };
    for _ in 0..40 {
        let (neurons, first) = (2 + random() as usize % 9, random() as usize % 4);
        let (begin, width) = (random() % 50, 1 + random() % 30);
        let bins = 2 + random() % 60;
        let end = begin + bins * width + random() % width;
        let mut spikes = Vec::new();
        for step in 0..end + 20 {
            let common = random() % 10 == 0;
            for unit in 0..first + neurons + 2 {
                // The last neuron of these is silent.
                let chance = if unit == first + neurons - 1 { 0 } else { 20 + if common { 400 } else { 0 } };
                if random() % 1000 < chance {
                    spikes.push((step, 1, unit));
                }
                if random() % 100 == 0 {
                    spikes.push((step, 0, unit));
                }
            }
        }
        let mut counts = vec![vec![0.0; bins as usize]; neurons];
        for (step, _, unit) in spikes.iter().filter(|(step, row, _)| *row == 1 && *step >= begin) {
            let bin = ((step - begin) / width) as usize;
            if let (true, Some(count)) = (bin < bins as usize, counts.get_mut(unit.wrapping_sub(first))) {
                count[bin] += 1.0;
            }
        }
        let new = || SpikeCountCorrelations::new((1, first..first + neurons), begin..end, width).unwrap();
        let (mut whole, mut parts) = (new(), new());
        whole.add(&events(spikes.clone())).unwrap();
        for part in spikes.chunks(1 + random() as usize % 200) {
            // As a run that was saved goes on.
            let mut next = new();
            next.set_numbers(&parts.numbers().unwrap()).unwrap();
            next.add(&events(part.to_vec())).unwrap();
            parts = next;
        }
        assert_eq!(parts.numbers().unwrap(), whole.numbers().unwrap());
        let (all, right) = (whole.coefficients().unwrap(), corrcoef(&counts));
        assert_eq!(all.len(), right.len());
        assert_eq!(parts.coefficients().unwrap(), all);
        for (r, right) in all.iter().zip(&right) {
            assert!((r - right).abs() <= 1e-12, "{r} {right}");
        }
        match whole.mean() {
            Some(mean) => assert!((mean - right.iter().sum::<f64>() / right.len() as f64).abs() <= 1e-12),
            None => assert!(right.is_empty()),
        }
    }
}

/// Values of `numpy.corrcoef`.
#[test]
fn correlations_of_a_few_spikes() {
    // Counts of neurons 0 to 3 in three bins of two steps: 1 0 2, 1 0 2, 0 1 0 and 1 1 1.
    let spikes = [(10, 0), (14, 0), (15, 0), (11, 1), (14, 1), (15, 1), (12, 2), (10, 3), (13, 3), (15, 3)];
    let mut all = SpikeCountCorrelations::new((0, 0..4), 10..17, 2).unwrap();
    all.add(&events(spikes.iter().map(|(step, unit)| (*step, 0, *unit)).collect())).unwrap();
    // The step of the shorter bin at the end, and others, do not count.
    assert!(all.add_spike(16, (0, 0)) && all.add_spike(9, (0, 0)) && all.add_spike(15, (1, 0)));
    let coefficients = all.coefficients().unwrap();
    let right = [1.0, -0.866_025_403_784_438_6, -0.866_025_403_784_438_6];
    assert!(coefficients.len() == 3 && coefficients.iter().zip(right).all(|(r, right)| (r - right).abs() <= 1e-15));
    assert_eq!(coefficients[0], 1.0);
    // Out of order.
    assert!(!all.add_spike(13, (0, 0)) && all.add_spike(14, (0, 2)));
    let error = all.add(&events(vec![(10, 0, 0)])).unwrap_err().to_string();
    assert!(error.contains("before the bin"), "{error}");
}

#[test]
fn correlations_that_cannot_be_are_errors_or_none() {
    for (units, steps) in [(0..0, 0..9), (0..1, 0..9), (0..3, 0..0), (0..3, 0..1), (0..3, 9..9)] {
        let mut few = SpikeCountCorrelations::new((0, units), steps, 3).unwrap();
        few.add(&events(vec![(0, 0, 0), (0, 0, 1), (u64::MAX, 0, 2)])).unwrap();
        assert!(few.coefficients().unwrap().is_empty() && few.mean().is_none());
    }
    assert!(SpikeCountCorrelations::new((0, 0..3), 0..9, 0).unwrap_err().to_string().contains("bin"));
    let error = SpikeCountCorrelations::new((0, 0..usize::MAX), 0..9, 1).unwrap_err();
    assert!(matches!(error, Error::OutOfMemory { .. }), "{error}");
    // Numbers that cannot be are refused, and any others have no overflow.
    let mut all = SpikeCountCorrelations::new((0, 0..2), 0..9, 2).unwrap();
    assert_eq!(SpikeCountCorrelations::bytes(2), 8 * (3 + 3 * 2));
    assert!(all.set_numbers(&[0; 7]).is_err() && all.set_numbers(&[4, 0, 0, 0, 0, 0, 0, 0]).is_err());
    all.set_numbers(&[3, u64::MAX, 1, u64::MAX, 2, u64::MAX, 3, u64::MAX]).unwrap();
    assert!(all.add_spike(7, (0, 0)));
    assert!(all.coefficients().unwrap().iter().all(|r| (-1.0..=1.0).contains(r)));
    assert!(SpikeCountCorrelations::bytes(usize::MAX) == u64::MAX);
}
