//! Weights, delays and the order of a row.

use super::super::{Connect, Delays, SynapseTable, Targets, Weights};
use super::{spec, targets};
use crate::init::Init;
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
