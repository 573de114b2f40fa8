//! Tests of rules against a naive program, of counts, statistics and order, and of refused values.

use super::permutation::Permutation;
use super::{Connect, ConnectivitySpec, Delays, SynapseTable, Targets, Weights};
use crate::error::Error;
use crate::init::Init;
use crate::numeric::rng::Stream;
use std::collections::BTreeSet;

const SEED: u64 = 20_261_123;

fn spec(connect: Connect, pre: usize, post: usize) -> ConnectivitySpec {
    ConnectivitySpec {
        name: "test".into(),
        connect,
        stream: Stream::named(SEED, "test"),
        pre: 0..pre,
        post: 0..post,
        same_group: true,
        autapses: true,
        procedural: false,
        weight: Init::Constant(1.5),
        delay: Init::Constant(1.5),
        dt: 0.1,
    }
}

fn targets(table: &SynapseTable, source: usize) -> Vec<u32> {
    table.row(source).map(|place| table.target(place)).collect()
}

fn all_rules() -> Vec<ConnectivitySpec> {
    let mut all = Vec::new();
    for (pre, post) in [(33, 33), (1, 257), (1025, 7), (60, 60)] {
        for connect in [
            Connect::FixedProb(0.0),
            Connect::FixedProb(0.03),
            Connect::FixedProb(0.7),
            Connect::FixedProb(1.0),
            Connect::FixedNumPre(1),
            Connect::FixedNumPost(5),
            Connect::AllToAll,
        ] {
            all.push(spec(connect, pre, post));
        }
    }
    all.push(spec(Connect::FixedNumPre(20), 33, 1025));
    all.push(spec(Connect::FixedNumPost(999), 3, 1000));
    all.push(spec(Connect::FixedProb(0.001), 5, 70_000));
    all.push(spec(Connect::FixedNumPre(7), 40, 70_000));
    all.push(spec(Connect::OneToOne, 33, 33));
    let some = Connect::Arrays { pre: vec![3, 0, 3, 3, 9], post: vec![1, 8, 0, 1, 4] };
    all.push(spec(some, 10, 9));
    for k in 0..all.len() {
        let mut without = all[k].clone();
        without.autapses = false;
        without.pre = 2..without.pre.len() + 2;
        all.push(without);
    }
    all.retain(|r| r.check().is_ok());
    assert!(all.len() > 50, "{}", all.len());
    all
}

/// Tests all pairs, one by one, according to the documentation.
fn naive(spec: &ConnectivitySpec, source: u32) -> Vec<u32> {
    let (stream, pre, post) = (spec.stream, spec.pre.len() as u32, spec.post.len() as u32);
    let own = |s: u32, t: u32| !spec.autapses && spec.pre.start + s as usize == spec.post.start + t as usize;
    let first = |neuron: u32, n: u32, k: usize, not: &dyn Fn(u32) -> bool| -> BTreeSet<u32> {
        let permutation = Permutation::new(stream, neuron, n);
        let all: Vec<u32> = (0..n).map(|x| permutation.at(x)).collect();
        all.into_iter().filter(|x| !not(*x)).take(k).collect()
    };
    let taken: BTreeSet<u32> = match &spec.connect {
        Connect::FixedProb(0.0) => BTreeSet::new(),
        Connect::FixedProb(p) => {
            // A target is connected if the gap before it has ended.
            let uniform = |draw: u64| {
                let words = stream.words(source.into(), draw / 2);
                let [high, low] = if draw.is_multiple_of(2) { [words[0], words[1]] } else { [words[2], words[3]] };
                1.0 - ((u64::from(high) << 32 | u64::from(low)) >> 12) as f64 / (1_u64 << 52) as f64
            };
            let gap = |draw| if *p == 1.0 { 0 } else { (uniform(draw).ln() / (-p).ln_1p()).floor() as u64 };
            let (mut taken, mut draw, mut left) = (BTreeSet::new(), 0, gap(0));
            for target in 0..post {
                if left == 0 {
                    taken.insert(target);
                    draw += 1;
                    left = gap(draw);
                } else {
                    left -= 1;
                }
            }
            taken
        }
        Connect::FixedNumPost(k) => first(source, post, *k, &|target| own(source, target)),
        Connect::FixedNumPre(k) => {
            (0..post).filter(|target| first(*target, pre, *k, &|s| own(s, *target)).contains(&source)).collect()
        }
        Connect::OneToOne => BTreeSet::from([source]),
        Connect::AllToAll => (0..post).collect(),
        Connect::Arrays { pre, post } => {
            let mut all: Vec<u32> = pre.iter().zip(post).filter(|(s, _)| **s == source).map(|(_, t)| *t).collect();
            all.sort_unstable();
            return all;
        }
    };
    taken.into_iter().filter(|target| !own(source, *target)).collect()
}

#[test]
fn rows_equal_those_of_a_naive_program() {
    for spec in all_rules() {
        let table = spec.build().unwrap();
        assert_eq!(table.offsets.len(), spec.pre.len() + 1);
        assert_eq!(matches!(table.targets, Targets::U16(_)), spec.post.len() <= 65_536);
        for source in 0..spec.pre.len() {
            // If the naive program is slow, only some sources are compared.
            let long = matches!(spec.connect, Connect::FixedNumPre(_)) && spec.pre.len() * spec.post.len() > 5000;
            if !long || source % 32 == 31 {
                assert_eq!(targets(&table, source), naive(&spec, source as u32), "{spec:?}, source {source}");
            }
        }
        let size = spec.size();
        assert!(table.len() as u64 <= size.synapses && table.bytes() <= size.bytes, "{spec:?}: {size:?}");
        if !matches!(spec.connect, Connect::FixedProb(_)) && spec.autapses {
            assert_eq!((table.len() as u64, table.bytes()), (size.synapses, size.bytes), "{spec:?}");
        }
    }
}

#[test]
fn counts_are_as_requested() {
    let post = spec(Connect::FixedNumPost(80), 300, 1000).build().unwrap();
    assert!(post.offsets.windows(2).all(|w| w[1] - w[0] == 80));
    let pre = spec(Connect::FixedNumPre(80), 1000, 300).build().unwrap();
    let mut sources = vec![0; 300];
    (0..pre.len()).for_each(|place| sources[pre.target(place) as usize] += 1);
    assert_eq!(sources, vec![80; 300]);
    for table in [post, pre] {
        for source in 0..table.offsets.len() - 1 {
            assert!(targets(&table, source).is_sorted_by(|a, b| a < b), "a target is repeated, or not in order");
        }
    }
}

/// The χ² statistic of counts that are binomial with the same n and p: the deviation of the sum of
/// (c − np)²/np(1 − p) from its expectation, in standard deviations.
fn chi(counts: &[u32], n: f64, p: f64) -> f64 {
    let (mean, variance) = (n * p, n * p * (1.0 - p));
    let chi: f64 = counts.iter().map(|c| (f64::from(*c) - mean).powi(2) / variance).sum();
    let freedom = counts.len() as f64;
    println!("seed {SEED}: χ² {chi:.0} of {freedom}");
    (chi - freedom) / (2.0 * freedom).sqrt()
}

#[test]
fn degrees_are_binomial_and_edges_are_like_the_middle() {
    let n = 1500;
    for (rule, p) in
        [(Connect::FixedProb(0.02), 0.02), (Connect::FixedNumPost(30), 0.02), (Connect::FixedNumPre(30), 0.02)]
    {
        let table = spec(rule.clone(), n, n).build().unwrap();
        let (mut ins, mut outs) = (vec![0_u32; n], vec![0_u32; n]);
        for (source, out) in outs.iter_mut().enumerate() {
            for target in targets(&table, source) {
                ins[target as usize] += 1;
                *out += 1;
            }
        }
        // Fewer than one seed in 100,000 exceeds 4.5 deviations.
        if rule != Connect::FixedNumPost(30) {
            let far = chi(&outs, n as f64, p);
            assert!(far.abs() < 4.5, "{rule:?}: out-degrees {far}");
        }
        if rule != Connect::FixedNumPre(30) {
            let far = chi(&ins, n as f64, p);
            assert!(far.abs() < 4.5, "{rule:?}: in-degrees {far}");
        }
        // The first and the last 20 targets and sources are compared with the expectation for all.
        for (counts, what) in [(&ins, "targets"), (&outs, "sources")] {
            for edge in [0..20, n - 20..n] {
                let sum: u32 = counts[edge.clone()].iter().sum();
                let expected = 20.0 * n as f64 * p;
                let far = (f64::from(sum) - expected) / (expected * (1.0 - p)).sqrt();
                assert!(far.abs() < 4.5, "{rule:?}: {what} {edge:?} have {sum}, expected {expected}");
            }
        }
    }
}

#[test]
fn adjacent_neurons_are_independent() {
    // The test counts how often targets t and t + 1 are both connected to a source, and how often a
    // target is connected to sources s and s + 1.
    let n = 1000;
    for rule in [Connect::FixedProb(0.1), Connect::FixedNumPost(100), Connect::FixedNumPre(100)] {
        let table = spec(rule.clone(), n, n).build().unwrap();
        let rows: Vec<BTreeSet<u32>> = (0..n).map(|source| targets(&table, source).into_iter().collect()).collect();
        let beside: usize = rows.iter().map(|row| row.iter().filter(|t| row.contains(&(**t + 1))).count()).sum();
        let below: usize = rows.windows(2).map(|w| w[0].intersection(&w[1]).count()).sum();
        for both in [beside, below] {
            let expected = (n * (n - 1)) as f64 * 0.01;
            // Pairs that share a neuron are weakly dependent: twice the deviation of independent
            // pairs is still 2 % of the mean.
            let far = (both as f64 - expected) / expected.sqrt();
            println!("seed {SEED}, {rule:?}: {both}, expected {expected:.0}");
            assert!(far.abs() < 6.0, "{rule:?}: {both}, expected {expected}");
        }
    }
}

#[test]
fn weights_belong_to_pairs_under_every_rule_and_in_every_place() {
    let some = |connect| {
        let mut spec = spec(connect, 50, 60);
        spec.weight = Init::normal(2.0, 1.0);
        spec.delay = Init::uniform(0.0, 3.0);
        spec
    };
    let all = some(Connect::AllToAll);
    let whole = all.build().unwrap();
    let of = |table: &SynapseTable, source: usize, target: u32| {
        let (Weights::Each(weights), Delays::Each(delays)) = (&table.weights, &table.delays) else { panic!() };
        let place = table.row(source).find(|place| table.target(*place) == target).unwrap();
        (weights[place], delays[place])
    };
    let mut distinct = BTreeSet::new();
    let pairs = Connect::Arrays { pre: vec![7, 49, 0, 7], post: vec![59, 1, 0, 2] };
    for connect in [Connect::FixedProb(0.2), Connect::FixedNumPost(9), Connect::FixedNumPre(9), pairs] {
        let spec = some(connect);
        let table = spec.build().unwrap();
        for source in 0..50 {
            for target in targets(&table, source) {
                assert_eq!(of(&table, source, target), of(&whole, source, target));
                distinct.insert(of(&table, source, target));
            }
        }
    }
    assert!(distinct.len() > 800, "{}", distinct.len());
    // Integer weights are within half a weight scale of the weights.
    let weight_scale = all.weight_scale();
    assert_eq!(weight_scale, 2.0_f64.powi(3 - 30)); // 2 + 5.9 is below 2³
    for (source, target) in [(0_u32, 0_u32), (49, 59), (7, 31)] {
        let exact = 2.0 + f64::from(all.stream.normal(source.into(), 2 << 56 | u64::from(target)));
        let (integer_weight, _) = of(&whole, source as usize, target);
        assert!((f64::from(integer_weight) * weight_scale - exact).abs() <= weight_scale / 2.0);
    }
}

#[test]
fn rows_are_ordered_by_delay_then_target() {
    for connect in [Connect::FixedProb(0.3), Connect::FixedNumPost(100), Connect::FixedNumPre(30), Connect::AllToAll] {
        let mut spec = spec(connect, 200, 300);
        spec.delay = Init::normal(0.5, 0.4);
        let table = spec.build().unwrap();
        let Delays::Each(delays) = &table.delays else { panic!() };
        let range = spec.delays().unwrap();
        assert!(*range.start() == 0 && delays.contains(&0) && delays.iter().any(|d| *d > 8));
        // A draw below 0 becomes 0: a share Φ(−0.45 / 0.4) of all draws is below half a step.
        let at_once = delays.iter().filter(|d| **d == 0).count() as f64 / delays.len() as f64;
        assert!((at_once - 0.13).abs() <= 0.02, "{at_once}");
        for source in 0..200 {
            let row: Vec<(u16, u32)> = table.row(source).map(|place| (delays[place], table.target(place))).collect();
            assert!(row.is_sorted_by(|a, b| a < b), "{row:?}");
            assert!(row.iter().all(|(d, _)| range.contains(&u32::from(*d))));
            // The classes together are the row, each in its place.
            let mut at = table.row(source).start;
            for steps in range.clone() {
                let class = table.class(source, steps);
                assert!(class.start == at && class.clone().all(|place| u32::from(delays[place]) == steps));
                at = class.end;
            }
            assert_eq!(at, table.row(source).end);
        }
    }
}

#[test]
fn values_have_their_places() {
    let mut given = spec(Connect::Arrays { pre: vec![1, 0, 1, 1], post: vec![2, 1, 0, 2] }, 3, 3);
    given.weight = Init::Values(vec![0.5, -4.0, 2.0, 1.0]);
    given.delay = Init::Values(vec![0.3, 0.0, 0.3, 0.1]);
    let table = given.build().unwrap();
    // Since 4 is not below 2², e is 3.
    let one = 1 << 27;
    assert_eq!(given.weight_scale() * f64::from(one), 1.0);
    assert_eq!(table.offsets, [0, 1, 4, 4]);
    assert_eq!(table.targets, Targets::U16(vec![1, 2, 0, 2]));
    assert_eq!(table.delays, Delays::Each(vec![0, 1, 3, 3]));
    assert_eq!(table.weights, Weights::Each(vec![-4 * one, one, 2 * one, one / 2]));
    let mut all = spec(Connect::AllToAll, 2, 3);
    all.autapses = false;
    all.weight = Init::Values(vec![0.0, 1.0, 2.0, 3.0, 4.0, 5.0]);
    assert_eq!(all.build().unwrap().weights, Weights::Each([1, 2, 3, 5].map(|w| w * one).to_vec()));
    let mut pairs = spec(Connect::OneToOne, 3, 3);
    pairs.weight = Init::Values(vec![3.0, 0.0, 7.0]);
    assert_eq!(pairs.build().unwrap().weights, Weights::Each(vec![3 * one, 0, 7 * one]));
}

#[test]
fn synapses_do_not_depend_on_threads() {
    for connect in [Connect::FixedProb(0.05), Connect::FixedNumPost(100), Connect::FixedNumPre(100)] {
        let mut spec = spec(connect, 2000, 2000);
        spec.weight = Init::uniform(-1.0, 3.0);
        spec.delay = Init::uniform(0.0, 1.0);
        let built = [1, 2, 5].map(|threads| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            pool.install(|| spec.build().unwrap())
        });
        assert!(built[0] == built[1] && built[0] == built[2], "{:?}", spec.connect);
        assert!(built[0].len() > 150_000);
    }
}

#[test]
fn other_seeds_and_names_give_other_synapses() {
    let one = spec(Connect::FixedProb(0.5), 30, 30);
    let mut other = one.clone();
    other.stream = Stream::named(SEED, "tesu");
    assert_ne!(one.build().unwrap(), other.build().unwrap());
    other.stream = Stream::named(SEED + 1, "test");
    assert_ne!(one.build().unwrap(), other.build().unwrap());
}

#[test]
fn invalid_specifications_are_refused() {
    let refused = |spec: &ConnectivitySpec, words: &str| {
        let error = spec.check().unwrap_err();
        assert!(spec.build().is_err());
        assert!(error.to_string().contains(words) && error.to_string().contains("projection `test`"), "{error}");
        error
    };
    for p in [-0.1, 1.1, f64::NAN, f64::INFINITY] {
        refused(&spec(Connect::FixedProb(p), 3, 3), "is not in [0, 1]");
    }
    refused(&spec(Connect::FixedNumPre(4), 3, 30), "is more than there are (3)");
    refused(&spec(Connect::FixedNumPost(4), 30, 3), "is more than there are (3)");
    let mut without = spec(Connect::FixedNumPost(3), 3, 3);
    without.autapses = false;
    refused(&without, "the neuron itself does not count");
    without.same_group = false;
    without.check().unwrap();
    refused(&spec(Connect::OneToOne, 3, 4), "length 4, expected 3");
    let arrays = |pre: &[u32], post: &[u32]| spec(Connect::Arrays { pre: pre.to_vec(), post: post.to_vec() }, 3, 4);
    refused(&arrays(&[0, 1], &[0]), "length 1, expected 2");
    refused(&arrays(&[0, 3], &[0, 0]), "pre of projection `test`[1]: 3 is not below 3");
    refused(&arrays(&[0, 1], &[4, 0]), "post of projection `test`[0]: 4 is not below 4");
    let mut own = arrays(&[0], &[0]);
    own.autapses = false;
    refused(&own, "are not changed");
    let with = |weight: Init, delay: Init| ConnectivitySpec { weight, delay, ..arrays(&[0, 1], &[0, 1]) };
    let one = || Init::Constant(1.0);
    assert!(matches!(
        refused(&with(Init::Values(vec![1.0, f64::NAN]), one()), "weight"),
        Error::NotFinite { index: 1, .. }
    ));
    refused(&with(Init::Constant(f64::NAN), one()), "weight");
    refused(&with(Init::normal(0.0, f64::INFINITY), one()), "weight");
    refused(&with(Init::uniform(-f64::MAX, f64::MAX), one()), "has a width that is not");
    refused(&with(Init::Values(vec![1.0; 3]), one()), "length 3, expected 2");
    refused(&with(Init::XavierNormal, one()), "synapses have no shape");
    refused(&with(one(), Init::Constant(-0.1)), "is negative");
    refused(&with(one(), Init::uniform(-0.1, 1.0)), "is negative");
    refused(&with(one(), Init::normal(-0.1, 1.0)), "mean delay of projection `test`: -0.1 ms is negative");
    refused(
        &with(one(), Init::uniform(5.0, 1.0)),
        "delay of projection `test`: 5 is the low end of uniform values, above the high end 1",
    );
    refused(&with(Init::normal(5.0, -1.0), one()), "weight of projection `test`: -1 is a standard deviation below 0");
    refused(&with(one(), Init::Constant(1e300)), "longest delay of projection `test`: 1e300 ms is more than");
    refused(&with(one(), Init::Values(vec![1.0, -1.0])), "is negative");
    refused(&with(one(), Init::Values(vec![1.0, f64::NAN])), "delay");
    refused(&with(one(), Init::Constant(6553.56)), "more than 65535 steps");
    refused(&with(one(), Init::normal(1000.0, 1000.0)), "more than 65535 steps");
    assert_eq!(with(one(), Init::Constant(6553.5)).delays().unwrap(), 65_535..=65_535);
    let mut drawn = spec(Connect::FixedProb(0.5), 3, 3);
    drawn.weight = Init::Values(vec![1.0; 9]);
    refused(&drawn, "need Arrays");
    let mut clock = spec(Connect::AllToAll, 3, 3);
    clock.dt = f64::NAN;
    refused(&clock, "not a time step");
}

#[test]
fn synapses_that_do_not_fit_in_memory_are_refused_before_they_are_built() {
    for connect in
        [Connect::FixedProb(0.5), Connect::FixedNumPre(2_000_000), Connect::FixedNumPost(2_000_000), Connect::AllToAll]
    {
        let large = spec(connect, 4_000_000, 4_000_000);
        large.check().unwrap();
        let error = large.build().unwrap_err();
        assert!(matches!(error, Error::OutOfMemory { need, .. } if need > 30_000_000_000_000), "{error}");
    }
    let most = spec(Connect::AllToAll, u32::MAX as usize, u32::MAX as usize);
    assert_eq!(most.size().bytes, u64::MAX);
}

#[test]
fn integer_weights_contain_the_largest_weight() {
    for (weight, power) in [
        (Init::uniform(0.0, 1.0), 1 - 30),
        (Init::uniform(-0.99, 0.5), -30),
        (Init::uniform(0.0, 2.0_f64.powi(1023)), 1024 - 30),
        (Init::uniform(0.0, 1e-300), -120),
        (Init::uniform(0.0, 0.0), -120),
    ] {
        let mut spec = spec(Connect::AllToAll, 9, 9);
        spec.weight = weight.clone();
        assert_eq!(spec.weight_scale(), 2.0_f64.powi(power), "{weight:?}");
        let Weights::Each(integer_weights) = spec.build().unwrap().weights else { panic!() };
        assert!(integer_weights.iter().all(|m| m.unsigned_abs() <= 1 << 30));
    }
}
