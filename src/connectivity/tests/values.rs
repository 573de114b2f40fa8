//! Weights, delays and the order of a row.

use super::super::{Connect, Delays, SynapseTable, Targets, Weights};
use super::{spec, targets};
use crate::init::{Distribution, Init};
use std::collections::BTreeSet;

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

/// The delays of NEST's cortical microcircuit: no delay is 0 steps.
#[test]
fn a_bounded_delay_is_at_least_its_min() {
    let shares = |delay: Init, connect: Connect| {
        let mut spec = spec(connect, 200, 300);
        spec.delay = delay;
        let table = spec.build().unwrap();
        let Delays::Each(delays) = table.delays else { panic!() };
        let range = spec.delays().unwrap();
        assert!(delays.iter().all(|d| range.contains(&u32::from(*d))), "{range:?}");
        assert!(delays.contains(&(*range.start() as u16)), "{range:?}");
        (range, delays)
    };
    let normal = Distribution::Normal(1.5, 0.75);
    for connect in [Connect::FixedProb(0.3), Connect::FixedNumPre(30), Connect::AllToAll] {
        let (range, delays) = shares(normal.redrawn(0.05..).into(), connect.clone());
        // 1.5 + 5.9·0.75 is 59.25 steps.
        assert_eq!(range, 1..=59);
        let mean = delays.iter().map(|d| f64::from(*d)).sum::<f64>() / delays.len() as f64;
        // σ·φ(α)/Φ(−α) with α = −1.45/0.75 lies above the mean of the normal distribution.
        assert!((mean - 15.475).abs() <= 5.0 * 7.1 / (delays.len() as f64).sqrt(), "{mean}");
        // Half a step is the later step, also where it is drawn.
        let (range, clipped) = shares(normal.clipped(0.05..).into(), connect.clone());
        assert_eq!(range, 1..=59);
        let share = clipped.iter().filter(|d| **d == 1).count() as f64 / clipped.len() as f64;
        // Φ(−1.35/0.75), the share of all draws below 0.15 ms.
        assert!((share - 0.036).abs() <= 0.01, "{share}");
        assert_eq!(shares(normal.clipped(0.25..=0.3).into(), connect.clone()).0, 3..=3);
        // A min below half a step gives delays of 0 steps.
        assert_eq!(shares(normal.clipped(0.04..=2.0).into(), connect).0, 0..=20);
    }
    // 0.15 / 0.1 is below 1.5 in f64, and 2.5 alone would be rounded to 2.
    for (min, steps) in [(0.15, 2), (0.25, 3), (0.35, 4), (0.95, 10), (1.15, 12)] {
        let (range, delays) = shares(normal.clipped(min..=min).into(), Connect::AllToAll);
        assert!(range == (steps..=steps) && delays.iter().all(|d| u32::from(*d) == steps), "{min}");
    }
    // One value, which counts as the later step although the nearest steps are equally far.
    let (range, delays) = shares(normal.clipped(0.05..=0.05).into(), Connect::AllToAll);
    assert!(range == (1..=1) && delays.iter().all(|d| *d == 1));
    // Spikes onto a delta of an exact group arrive a step early, and half a step is enough.
    let mut early = spec(Connect::AllToAll, 3, 3);
    (early.delay, early.lead) = (normal.redrawn(0.05..).into(), 1);
    assert_eq!(early.delays().unwrap(), 0..=58);
    early.delay = normal.redrawn(0.04..).into();
    early.delays().unwrap_err();
    // With a min, the mean may be negative, and no draw becomes 0.
    assert_eq!(shares(Distribution::Normal(-0.2, 1.0).redrawn(0.3..=0.5).into(), Connect::AllToAll).0, 3..=5);
}

/// Bounds make the weight scale finer.
#[test]
fn bounds_set_the_weight_scale() {
    let of = |weight: Init| {
        let mut spec = spec(Connect::AllToAll, 40, 50);
        spec.weight = weight;
        let Weights::Each(weights) = spec.build().unwrap().weights else { panic!() };
        (spec.weight_scale(), weights)
    };
    let log_normal = Distribution::LogNormal(0.0, 1.0);
    let (free, all) = of(log_normal.into());
    let (bounded, some) = of(log_normal.redrawn(..=1.9).into());
    assert_eq!((free, bounded), (2.0_f64.powi(9 - 30), 2.0_f64.powi(1 - 30)));
    let mut inside = 0;
    for (a, b) in all.into_iter().zip(some) {
        assert!(f64::from(b) * bounded <= 1.9);
        if f64::from(a) * free < 1.89 {
            inside += 1;
            assert!((f64::from(a) * free - f64::from(b) * bounded).abs() <= free);
        }
    }
    assert!(inside > 1000);
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
