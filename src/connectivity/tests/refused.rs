//! Refused specifications.

use super::super::{Connect, ConnectivitySpec};
use super::spec;
use crate::error::Error;
use crate::init::{Distribution, Init};

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
    refused(&with(Init::XavierNormal, one()), "xavier_normal needs the shape of an array, and synapses have no shape");
    refused(&with(one(), Init::Constant(-0.1)), "is negative");
    refused(&with(one(), Init::uniform(-0.1, 1.0)), "is negative");
    refused(&with(one(), Init::normal(-0.1, 1.0)), "mean delay of projection `test`: -0.1 ms is negative");
    let normal = Distribution::Normal(1.0, 5.0);
    refused(&with(one(), normal.redrawn(-0.5..).into()), "delay of projection `test`: -0.5 ms is negative");
    refused(&with(one(), normal.clipped(..=-0.5).into()), "delay of projection `test`: -0.5 ms is negative");
    refused(&with(one(), Distribution::Normal(-1.0, 5.0).clipped(..=1.0).into()), "mean delay of projection `test`");
    refused(&with(one(), normal.clipped(..=f64::NAN).into()), "NaN is not a finite `max`");
    let long = Distribution::Normal(1000.0, 1000.0);
    refused(&with(one(), long.clipped(1.0..=6553.6).into()), "longest delay of projection `test`: 6553.6 ms is more");
    with(one(), long.redrawn(0.0..=6553.5).into()).check().unwrap();
    refused(&with(normal.redrawn(90.0..).into(), one()), "weight of projection `test`: normal(1, 5) has a value in");
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
fn multapses_are_for_some_rules_and_numbers() {
    let refused = |connect: &Connect, multapses: Option<bool>, [pre, post]: [usize; 2], autapses, words: &str| {
        let made = spec(connect.clone(), pre, post);
        let made = ConnectivitySpec { multapses, autapses, ..made };
        let error = made.check().unwrap_err().to_string();
        assert!(error.contains(words) && error.contains("projection `test`"), "{error}");
        assert_eq!(made.build().unwrap_err().to_string(), error);
    };
    let arrays = Connect::Arrays { pre: vec![0], post: vec![0] };
    for rule in [Connect::FixedProb(0.5), Connect::OneToOne, Connect::AllToAll, arrays.clone()] {
        let words = "has multapses, which only FixedNumPre, FixedNumPost and FixedTotalNumber draw";
        refused(&rule, Some(true), [3, 3], true, words);
    }
    refused(&arrays, Some(false), [3, 3], true, "omit repeated pairs");
    let total = Connect::FixedTotalNumber;
    refused(&total(5), Some(false), [3, 3], true, "which the rule FixedTotalNumber always has");
    // There is no pair, or only the pair of a neuron with itself.
    for sizes in [[0, 3], [3, 0], [0, 0]] {
        refused(&total(1), None, sizes, true, "is more than 0, without a pair of a source and a target");
        assert_eq!(spec(total(0), sizes[0], sizes[1]).build().unwrap().len(), 0);
    }
    refused(&total(1), None, [1, 1], false, "without a pair of a source and a target, and the neuron itself");
    let mut alone = spec(total(0), 1, 1);
    alone.autapses = false;
    assert_eq!(alone.build().unwrap().len(), 0);
    refused(&Connect::FixedNumPre(1), Some(true), [0, 3], true, "is more than there are (0)");
    refused(&Connect::FixedNumPost(1), Some(true), [3, 0], true, "is more than there are (0)");
    refused(&Connect::FixedNumPost(9), Some(true), [1, 1], false, "and the neuron itself does not count");
    // Numbers beyond all counters.
    refused(&total(usize::MAX), None, [3, 3], true, "is more than 2⁴⁰");
    refused(&total((1 << 40) + 1), None, [1 << 20, 1 << 20], true, "is more than 2⁴⁰");
    for sizes in [[3, 1 << 20], [1 << 20, 3]] {
        refused(&total(1 << 33), None, sizes, true, ", the most with multapses");
    }
    for rule in [Connect::FixedNumPre(usize::MAX), Connect::FixedNumPost(usize::MAX)] {
        refused(&rule, Some(true), [3, 3], true, "is more than 2⁴⁰");
    }
    refused(&Connect::FixedNumPre(1 << 16), Some(true), [u32::MAX as usize, 3], true, "is more than 32704");
    // The default of the other rules is to have none.
    for rule in [Connect::FixedProb(0.5), Connect::OneToOne, Connect::AllToAll, Connect::FixedNumPost(3)] {
        ConnectivitySpec { multapses: Some(false), ..spec(rule, 3, 3) }.check().unwrap();
    }
    ConnectivitySpec { multapses: Some(true), ..spec(total(3), 3, 3) }.check().unwrap();
    let mut procedural = spec(Connect::FixedNumPre(2), 3, 3);
    (procedural.multapses, procedural.procedural) = (Some(true), true);
    assert!(procedural.check().unwrap_err().to_string().contains("chooses the sources of each target"));
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
    let mut numbered = spec(Connect::FixedNumPre(1 << 18), 1 << 20, 1 << 20);
    (numbered.multapses, numbered.delay) = (Some(true), Init::uniform(0.0, 1.0));
    for large in [spec(Connect::FixedTotalNumber(1 << 40), 4_000_000, 4_000_000), numbered] {
        let error = large.build().unwrap_err();
        assert!(matches!(error, Error::OutOfMemory { need, .. } if need > 2 << 38), "{error}");
    }
    let most = spec(Connect::AllToAll, u32::MAX as usize, u32::MAX as usize);
    assert_eq!(most.size().bytes, u64::MAX);
}
