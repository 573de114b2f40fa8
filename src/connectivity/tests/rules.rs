//! Pairs: compared with a naive program, counted, and tested by their statistics.

use super::super::permutation::Permutation;
use super::super::{Connect, ConnectivitySpec, Targets};
use super::{SEED, spec, targets};
use crate::init::Init;
use crate::numeric::rng::Stream;
use std::collections::BTreeSet;

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
        Connect::FixedTotalNumber(_) => unreachable!("pairs repeat: `multapses.rs`"),
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
