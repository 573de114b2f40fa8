//! Synapses with repetition: compared with a naive program, counted, and tested by their
//! statistics.

use super::super::{Connect, ConnectivitySpec, Delays, GeneratedRow, SynapseTable, Weights};
use super::{SEED, spec, targets};
use crate::init::{Bounded, Init};
use std::collections::BTreeMap;

/// The rules with repetition, as `N` synapses, or as a number for each neuron.
fn all_rules() -> Vec<ConnectivitySpec> {
    let mut all = Vec::new();
    let parts = [[0..40, 0..40], [0..9, 3..5], [3..5, 0..9], [4..90, 0..30], [0..1, 1..2], [0..5, 0..70_000]];
    for [pre, post] in parts {
        for connect in [Connect::FixedTotalNumber(777), Connect::FixedNumPost(35), Connect::FixedNumPre(7)] {
            for autapses in [true, false] {
                for values in 0..4 {
                    let mut spec = spec(connect.clone(), 1, 1);
                    (spec.pre, spec.post, spec.autapses, spec.multapses) =
                        (pre.clone(), post.clone(), autapses, Some(true));
                    if values & 1 != 0 {
                        spec.weight = Init::uniform(-1.0, 3.0);
                    }
                    if values & 2 != 0 {
                        spec.delay = Init::uniform(0.0, 0.5);
                    }
                    all.push(spec);
                }
            }
        }
    }
    all
}

fn drawn(init: &Init) -> Option<Bounded> {
    if let Init::Random(bounded) = init { Some(*bounded) } else { None }
}

/// A synapse: delay in steps, target, number, integer weight.
type Synapse = (u32, u32, u32, i32);

/// All synapses, row by row, one by one, according to the documentation.
fn naive(spec: &ConnectivitySpec) -> Vec<Vec<Synapse>> {
    let (stream, pre, post) = (spec.stream, spec.pre.len() as u32, spec.post.len() as u32);
    let own = |s: u32, t: u32| !spec.autapses && spec.pre.start + s as usize == spec.post.start + t as usize;
    // Draw number k of a unit.
    let uniform = |unit: u64, purpose: u64, k: u64, n: usize| {
        let [a, b, c, d] = stream.words(unit, (purpose << 56) | (k / 2));
        let [high, low] = if k.is_multiple_of(2) { [a, b] } else { [c, d] };
        ((u128::from(u64::from(high) << 32 | u64::from(low)) * n as u128) >> 64) as usize
    };
    let partner = |neuron: u32, k: u32, n: u32, not: &dyn Fn(u32) -> bool| {
        let allowed: Vec<u32> = (0..n).filter(|x| !not(*x)).collect();
        allowed[uniform(neuron.into(), 5, k.into(), allowed.len())]
    };
    let target = |s: u32, k| partner(s, k, post, &|t| own(s, t));
    let mut pairs = Vec::new();
    match spec.connect {
        Connect::FixedTotalNumber(n) => {
            let allowed: Vec<u32> =
                (0..pre).flat_map(|s| (0..post).filter(move |t| !own(s, *t)).map(move |_| s)).collect();
            let mut lengths = vec![0; pre as usize];
            for k in 0..n as u64 {
                let [a, b, c, d] = stream.words(k / 2, 4 << 56);
                let [high, low] = if k.is_multiple_of(2) { [a, b] } else { [c, d] };
                let word = u128::from(u64::from(high) << 32 | u64::from(low));
                lengths[allowed[((word * allowed.len() as u128) >> 64) as usize] as usize] += 1;
            }
            pairs.extend((0..pre).flat_map(|s| (0..lengths[s as usize]).map(move |k| (s, target(s, k), k))));
        }
        Connect::FixedNumPost(n) => {
            pairs.extend((0..pre).flat_map(|s| (0..n as u32).map(move |k| (s, target(s, k), k))))
        }
        Connect::FixedNumPre(n) => {
            let source = |t: u32, k| partner(t, k, pre, &|s| own(s, t));
            pairs.extend((0..post).flat_map(|t| (0..n as u32).map(move |k| (source(t, k), t, k))));
        }
        _ => unreachable!(),
    }
    let mut rows = vec![Vec::new(); pre as usize];
    for (source, target, number) in pairs {
        let unit = u64::from(source) + u64::from(pre) * u64::from(number);
        let value = |init: &Init, purpose: u64| {
            drawn(init).map(|bounded| bounded.draw(stream, unit, purpose << 56 | u64::from(target)))
        };
        let steps = value(&spec.delay, 3).map_or(0, |ms| (ms / spec.dt).round_ties_even() as u32);
        let weight = value(&spec.weight, 2).map_or(0, |w| (w / spec.weight_scale()).round_ties_even() as i32);
        rows[source as usize].push((steps, target, number, weight));
    }
    rows.iter_mut().for_each(|row| row.sort_unstable());
    rows
}

/// The synapses of a row, without their numbers.
fn row(table: &SynapseTable, source: usize) -> Vec<(u32, u32, i32)> {
    let delay = |place: usize| if let Delays::Each(all) = &table.delays { u32::from(all[place]) } else { 0 };
    let weight = |place: usize| if let Weights::Each(all) = &table.weights { all[place] } else { 0 };
    table.row(source).map(|place| (delay(place), table.target(place), weight(place))).collect()
}

#[test]
fn rows_equal_those_of_a_naive_program() {
    let mut compared = 0;
    for spec in all_rules().into_iter().filter(|spec| spec.check().is_ok()) {
        let table = spec.build().unwrap();
        // The naive program is slow with many targets.
        if spec.post.len() > 1000 && matches!(spec.connect, Connect::FixedNumPre(_)) {
            continue;
        }
        for (source, synapses) in naive(&spec).into_iter().enumerate() {
            let synapses: Vec<_> =
                synapses.into_iter().map(|(steps, target, _, weight)| (steps, target, weight)).collect();
            assert_eq!(row(&table, source), synapses, "{spec:?}, source {source}");
        }
        let size = spec.size();
        assert_eq!((table.len() as u64, table.bytes()), (size.synapses, size.bytes), "{spec:?}");
        assert_eq!(matches!(table.weights, Weights::Each(_)), drawn(&spec.weight).is_some());
        compared += 1;
    }
    assert!(compared > 100, "{compared}");
}

#[test]
fn generated_rows_are_the_stored_rows() {
    let mut compared = 0;
    for mut spec in all_rules() {
        spec.procedural = true;
        if spec.check().is_err() {
            continue;
        }
        let offsets = spec.drawn_offsets().unwrap();
        let generator = spec.row_generator(&offsets).unwrap();
        let (mut made, table) = (GeneratedRow::default(), spec.build().unwrap());
        for source in 0..spec.pre.len() {
            generator.row(source as u32, &mut made);
            let weight = |k: usize| made.integer_weights.get(k).copied().filter(|_| generator.weigh).unwrap_or(0);
            let mut synapses: Vec<_> = (0..).zip(&made.targets).map(|(k, target)| (0, *target, k, weight(k))).collect();
            synapses.sort_unstable();
            let synapses: Vec<_> =
                synapses.into_iter().map(|(steps, target, _, weight)| (steps, target, weight)).collect();
            assert_eq!(row(&table, source), synapses, "{spec:?}, source {source}");
        }
        compared += 1;
    }
    assert!(compared > 30, "{compared}");
}

/// The deviation of χ² from its expectation, in standard deviations. The counts are multinomial:
/// `n` draws from equally likely classes.
fn chi(what: &str, counts: impl ExactSizeIterator<Item = u32>, n: f64) -> f64 {
    let classes = counts.len() as f64;
    let mean = n / classes;
    let chi: f64 = counts.map(|c| (f64::from(c) - mean).powi(2) / mean).sum();
    let freedom = classes - 1.0;
    println!("seed {SEED}, {what}: χ² {chi:.0} of {freedom}");
    (chi - freedom) / (2.0 * freedom).sqrt()
}

#[test]
fn pairs_are_uniform_and_independent() {
    // 60 sources and 50 targets of one group, of which 40 are both.
    let (pre, post, n) = (20..80, 0..60, 90_000);
    for autapses in [true, false] {
        for rule in [Connect::FixedTotalNumber(n), Connect::FixedNumPost(n / 60), Connect::FixedNumPre(n / 60)] {
            let mut spec = spec(rule.clone(), 1, 1);
            (spec.pre, spec.post, spec.autapses, spec.multapses) = (pre.clone(), post.clone(), autapses, Some(true));
            let table = spec.build().unwrap();
            assert_eq!(table.len(), n);
            let mut counts = BTreeMap::new();
            for s in 0..60 {
                for t in 0..60 {
                    counts.insert((s, t), 0_u32);
                }
                targets(&table, s).into_iter().for_each(|t| *counts.get_mut(&(s, t as usize)).unwrap() += 1);
            }
            let own = |s: usize, t: usize| s + 20 == t;
            assert!(autapses || counts.iter().all(|((s, t), c)| *c == 0 || !own(*s, *t)));
            let allowed: Vec<u32> =
                counts.iter().filter(|((s, t), _)| autapses || !own(*s, *t)).map(|(_, c)| *c).collect();
            let sum = |of: &dyn Fn(usize, usize) -> bool| {
                counts.iter().filter(|((s, t), _)| of(*s, *t)).map(|(_, c)| c).sum()
            };
            // Each source (target) of both parts has one partner less without autapses; the test
            // compares the neurons of one part alone.
            let sources: Vec<u32> = (0..40).map(|k| sum(&|s, _| s == k)).collect();
            let ins: Vec<u32> = (20..60).map(|k| sum(&|_, t| t == k)).collect();
            let deviations = if matches!(rule, Connect::FixedTotalNumber(_)) {
                vec![
                    chi("pairs", allowed.iter().copied(), n as f64),
                    chi("sources", sources.iter().copied(), f64::from(sources.iter().sum::<u32>())),
                    chi("targets", ins.iter().copied(), f64::from(ins.iter().sum::<u32>())),
                ]
            } else if matches!(rule, Connect::FixedNumPost(_)) && autapses {
                assert!((0..60).all(|k| sum(&|s, _| s == k) == n as u32 / 60));
                vec![chi("targets", ins.iter().copied(), f64::from(ins.iter().sum::<u32>()))]
            } else if autapses {
                assert!((0..60).all(|k| sum(&|_, t| t == k) == n as u32 / 60));
                vec![chi("sources", sources.iter().copied(), f64::from(sources.iter().sum::<u32>()))]
            } else {
                Vec::new()
            };
            // Fewer than one seed in 100,000 exceeds 4.5 deviations.
            assert!(deviations.iter().all(|far| far.abs() < 4.5), "{rule:?}, autapses {autapses}: {deviations:?}");
        }
    }
}

#[test]
fn the_number_of_multapses_is_expected() {
    // N synapses of M pairs: M(1 − 1/M)ᴺ pairs have none, so that N − M + M(1 − 1/M)ᴺ synapses are
    // not the first of their pair.
    let (neurons, n) = (1000, 100_000);
    for autapses in [true, false] {
        let mut spec = spec(Connect::FixedTotalNumber(n), neurons, neurons);
        spec.autapses = autapses;
        let table = spec.build().unwrap();
        let repeated = |source| targets(&table, source).windows(2).filter(|pair| pair[0] == pair[1]).count();
        let found: usize = (0..neurons).map(repeated).sum();
        let pairs = if autapses { 1e6 } else { 999e3 };
        let expected = n as f64 - pairs + pairs * (1.0 - 1.0 / pairs).powi(n as i32);
        println!("seed {SEED}: {found} multapses, expected {expected:.0}");
        // The number is nearly Poisson.
        assert!((found as f64 - expected).abs() <= 4.5 * expected.sqrt(), "{found}, not {expected}");
    }
}

#[test]
fn synapses_do_not_depend_on_threads() {
    for connect in [Connect::FixedTotalNumber(300_001), Connect::FixedNumPost(150), Connect::FixedNumPre(150)] {
        let mut spec = spec(connect, 2000, 1800);
        spec.weight = Init::uniform(-1.0, 3.0);
        spec.delay = Init::uniform(0.0, 1.0);
        (spec.autapses, spec.multapses) = (false, Some(true));
        let built = [1, 2, 3].map(|threads| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            pool.install(|| spec.build().unwrap())
        });
        assert!(built[0] == built[1] && built[0] == built[2], "{:?}", spec.connect);
        assert!(built[0].len() >= 270_000);
    }
}

#[test]
fn parallel_synapses_have_values_of_their_own() {
    // Two neurons with rows longer than 2¹⁶, whose numbers need more than 16 bits.
    for connect in [Connect::FixedTotalNumber(200_000), Connect::FixedNumPost(100_000), Connect::FixedNumPre(100_000)] {
        let mut spec = spec(connect, 2, 2);
        spec.multapses = Some(true);
        spec.weight = Init::uniform(0.0, 1.0);
        let table = spec.build().unwrap();
        let Weights::Each(weights) = &table.weights else { panic!() };
        let mut distinct = weights.clone();
        distinct.sort_unstable();
        distinct.dedup();
        // 200,000 of 2³⁰ values: 19 pairs of equal values are expected.
        assert!(weights.len() == 200_000 && distinct.len() > 199_950, "{:?}: {}", spec.connect, distinct.len());
    }
}

#[test]
fn repeated_pairs_of_arrays_have_values_of_their_own() {
    let arrays = |pre: &[u32], post: &[u32]| {
        let mut spec = spec(Connect::Arrays { pre: pre.to_vec(), post: post.to_vec() }, 3, 4);
        spec.weight = Init::normal(2.0, 1.0);
        spec.delay = Init::uniform(0.0, 40.0);
        spec.build().unwrap()
    };
    let repeated = arrays(&[1, 0, 1, 1, 1, 0], &[2, 1, 2, 3, 2, 0]);
    let once = arrays(&[1, 0, 1, 0], &[2, 1, 3, 0]);
    assert_eq!(row(&repeated, 0), row(&once, 0));
    let [mut many, few] = [row(&repeated, 1), row(&once, 1)];
    assert!(many.is_sorted() && few.iter().all(|synapse| many.contains(synapse)));
    assert!(many.iter().filter(|(_, target, _)| *target == 2).count() == 3);
    many.sort_unstable_by_key(|(_, _, weight)| *weight);
    many.dedup_by_key(|(_, _, weight)| *weight);
    assert_eq!(many.len(), 4);
    many.sort_unstable();
    many.dedup_by_key(|(steps, ..)| *steps);
    assert_eq!(many.len(), 4);
}

#[test]
fn without_multapses_the_option_changes_nothing() {
    for connect in [Connect::FixedNumPost(9), Connect::FixedNumPre(9), Connect::FixedProb(0.3)] {
        let mut spec = spec(connect, 33, 40);
        (spec.weight, spec.delay) = (Init::normal(1.0, 0.5), Init::uniform(0.0, 1.0));
        let table = spec.build().unwrap();
        spec.multapses = Some(false);
        assert_eq!(spec.build().unwrap(), table);
        for source in 0..33 {
            assert!(targets(&table, source).len() <= 40);
        }
    }
    let mut spec = spec(Connect::FixedNumPost(0), 3, 3);
    spec.multapses = Some(true);
    assert_eq!(spec.build().unwrap().len(), 0);
    spec.connect = Connect::FixedNumPre(0);
    assert_eq!(spec.build().unwrap().len(), 0);
}
