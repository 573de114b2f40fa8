//! Descriptions that a network refuses, and its messages.

use crate::networks::cell::{Cobahh, ScriptedCells};
use overtime::models::{Dense, Hh, Lif};
use overtime::network::{Builder, Connect, Group, Network, Projection, Receptor};
use overtime::{Error, Init, LoopOverTime};

fn scripted(units: usize) -> ScriptedCells {
    ScriptedCells { units, spikes: Vec::new() }
}

fn group(name: &str) -> Group<f32> {
    Group::new(name, scripted(10)).receptor(Receptor::exponential("s", 5.0))
}

fn builder() -> Builder<f32> {
    Network::builder(0.1).group(group("a"))
}

fn projection() -> Projection {
    Projection::new("p", "a", ("a", "s"))
}

#[track_caller]
fn refused(builder: Builder<f32>, says: &str) -> Error {
    let error = builder.build().map(|_| ()).expect_err("the network was accepted");
    assert!(error.to_string().contains(says), "`{error}` does not contain `{says}`");
    error
}

#[track_caller]
fn value(builder: Builder<f32>, says: &str) {
    let error = refused(builder, says);
    assert!(matches!(error, Error::Value { .. }), "{error:?}");
}

#[test]
fn connectivity_out_of_range_is_refused() {
    for p in [-0.1, 1.5, f64::NAN] {
        value(builder().project(projection().connect(Connect::FixedProb(p))), "probability");
    }
    value(builder().project(projection().connect(Connect::FixedNumPre(11))), "more than there are");
    value(builder().project(projection().connect(Connect::FixedNumPost(10)).autapses(false)), "more than there are");
    value(
        builder().project(projection().connect(Connect::Arrays { pre: vec![0, 10], post: vec![0, 0] })),
        "not below 10",
    );
    value(builder().project(projection().connect(Connect::Arrays { pre: vec![0], post: vec![12] })), "not below 10");
    let error =
        refused(builder().project(projection().connect(Connect::Arrays { pre: vec![0], post: vec![] })), "post");
    assert!(matches!(error, Error::Shape { expected: 1, given: 0, .. }));
    let uneven = Projection::new("p", ("a", 0..3), ("a", "s")).connect(Connect::OneToOne);
    assert!(matches!(refused(builder().project(uneven), "targets"), Error::Shape { .. }));
}

#[test]
fn impossible_delays_are_refused() {
    value(builder().project(projection().delay(-0.1)), "negative");
    value(builder().project(projection().delay(Init::uniform(-1.0, 1.0))), "negative");
    value(builder().project(projection().delay(Init::normal(-1.0, 1.0))), "negative");
    value(builder().project(projection().delay(6553.7)), "65535 steps");
    value(builder().project(projection().connect(Connect::OneToOne).delay(vec![7000.0; 10])), "65535 steps");
    refused(builder().project(projection().delay(f64::NAN)), "delay");
    assert!(builder().project(projection().delay(6553.5)).build().is_ok());
}

#[test]
fn weights_of_a_wrong_number_or_not_finite_are_refused() {
    let arrays = || Connect::Arrays { pre: vec![0, 1], post: vec![1, 0] };
    let error = refused(builder().project(projection().connect(arrays()).weight(vec![1.0; 3])), "weight");
    assert!(matches!(error, Error::Shape { expected: 2, given: 3, .. }), "{error:?}");
    for weight in [f64::NAN, f64::INFINITY] {
        let error = refused(builder().project(projection().weight(weight)), "weight");
        assert!(matches!(error, Error::NotFinite { .. }), "{error:?}");
    }
    refused(builder().project(projection().connect(Connect::FixedProb(0.5)).weight(vec![1.0; 3])), "weight");
}

#[test]
fn empty_groups_and_parts_are_refused() {
    value(Network::builder(0.1).group(Group::<f32>::new("a", scripted(0))), "too few");
    value(builder().project(Projection::new("p", ("a", 3..3), ("a", "s"))), "is empty");
    value(builder().project(Projection::new("p", "a", ("a", 5..11, "s"))), "beyond the 10 neurons");
    assert!(matches!(refused(Network::builder(0.1), "at least one group"), Error::Unsupported(_)));
}

#[test]
fn unknown_and_duplicate_names_are_refused() {
    for (projection, what) in [
        (Projection::new("p", "b", ("a", "s")), "group"),
        (Projection::new("p", "a", ("b", "s")), "group"),
        (Projection::new("p", "a", ("a", "t")), "receptor"),
    ] {
        assert!(
            matches!(refused(builder().project(projection), "there is"), Error::Unknown { what: w, .. } if w == what)
        );
    }
    for variable in ["spike", "refractory"] {
        let delta = Group::new("b", Lif::<f32>::new(10)).receptor(Receptor::delta("d", variable));
        assert!(
            matches!(refused(builder().group(delta), "sets itself"), Error::Unsupported(why) if why.contains(variable))
        );
    }
    for variable in ["below", "input"] {
        let delta = Group::new("b", Hh::<f32>::new(10)).receptor(Receptor::delta("d", variable));
        refused(builder().group(delta), &format!("`b.d` adds to `{variable}`"));
    }
    let delta = group("b").receptor(Receptor::delta("d", "W"));
    assert!(matches!(refused(builder().group(delta), "`W`"), Error::Unknown { what: "variable", .. }));
    assert!(matches!(
        refused(builder().group(group("b").poisson("t", 1.0, 1.0)), "`t`"),
        Error::Unknown { what: "receptor", .. }
    ));
    value(builder().group(group("a")), "twice");
    value(builder().project(projection()).project(projection()), "twice");
    value(builder().group(group("b").receptor(Receptor::exponential("s", 1.0))), "twice");
    for taken in ["x", "flight"] {
        value(builder().group(group("b").receptor(Receptor::exponential(taken, 1.0))), "twice");
    }
    value(builder().group(group("b.c")), "dot");
}

#[test]
fn invalid_parameters_are_refused() {
    for dt in [0.0, -0.1, f64::NAN] {
        value(Network::builder(dt).group(group("a")), "dt");
    }
    for tau in [0.0, -1.0, f64::NAN] {
        value(builder().group(Group::new("b", scripted(3)).receptor(Receptor::exponential("s", tau))), "time constant");
    }
    value(builder().group(group("b").noise(-1.0)), "noise");
    for rate in [-1.0, 1e9, f64::NAN] {
        value(builder().group(group("b").poisson("s", rate, 1.0)), "rate");
    }
    value(builder().group(group("b").poisson("s", 1.0, f64::NAN)), "weight");
    for (time, words) in [(f64::NAN..1.0, "`start`"), (0.0..f64::NAN, "`stop`"), (2.0..1.0, "is before `start`")] {
        value(builder().group(group("b").poisson_during("s", 1.0, 1.0, time)), words);
    }
    assert!(matches!(
        refused(builder().group(group("b").current(vec![1.0; 3])), "current"),
        Error::Shape { expected: 10, given: 3, .. }
    ));
    refused(builder().group(Group::new("b", Lif::<f32>::new(3).param("tau", -1.0).unwrap())), "tau");
    let init = Receptor::exponential("t", 1.0).init(vec![1.0; 4]);
    assert!(matches!(
        refused(builder().group(group("b").receptor(init)), "b.t"),
        Error::Shape { expected: 10, given: 4, .. }
    ));
    let many = (0..5).fold(builder(), |builder, k| builder.group(group(&format!("g{k}")).input()));
    value(many, "more than 4");
}

#[test]
fn models_and_receptors_that_do_not_fit_are_refused() {
    let coba = Receptor::exponential("c", 5.0).coba(0.0);
    let error = refused(builder().group(group("b").receptor(coba)), "has no input `g`");
    assert!(matches!(error, Error::Unsupported(_)));
    let dense = Group::new("b", Dense::<f32>::new(3, 3));
    assert!(matches!(refused(builder().group(dense), "not pointwise"), Error::Unsupported(_)));
    let reversal = Receptor::exponential("c", 5.0).coba(f64::NAN);
    value(builder().group(Group::new("b", Cobahh { v: vec![-65.0] }).receptor(reversal)), "reversal");
}

#[test]
fn a_loop_with_another_dt_is_refused() {
    let error = LoopOverTime::builder(builder().build().unwrap()).dt(0.2).build().expect_err("the loop was accepted");
    assert!(error.to_string().contains("dt: 0.2 is not the network's 0.1"), "{error}");
}

#[test]
fn a_network_that_does_not_fit_in_memory_is_refused() {
    let n = 3_000_000;
    let large =
        Network::builder(0.1).group(Group::<f32>::new("a", scripted(n)).receptor(Receptor::exponential("s", 5.0)));
    let network = large.project(projection().connect(Connect::FixedProb(0.9))).build().unwrap();
    // The network has 8.1e12 synapses of 4 bytes each.
    match LoopOverTime::builder(network).dt(0.1).build().expect_err("the loop was accepted") {
        Error::OutOfMemory { need, free, .. } => assert!(need > 29 << 40 && free < need, "{need} {free}"),
        other => panic!("{other:?}"),
    }
}
