//! Neurons assembled from ion channels, compared with brainpy, with the Hodgkin-Huxley neuron, and
//! with their own documentation.

use crate::common::{close, close_mostly, golden, narrow, widen};
use ndarray::Axis;
use overtime::models::{Channel, ChannelKind, CondNeuGroup, Hh, Method, Param};
use overtime::{Error, Init, Input, LoopOverTime, Real};
use std::str::FromStr;

type Given<'a> = (&'a str, &'a str, &'a [(&'a str, f64)]);

fn with<R: Real>(mut cell: CondNeuGroup<R>, channels: &[Given<'_>]) -> CondNeuGroup<R> {
    for (name, kind, parameters) in channels {
        let channel = Channel::new(ChannelKind::from_str(kind).unwrap());
        cell = cell.channel(*name, parameters.iter().fold(channel, |c, (name, value)| c.param(name, *value).unwrap()));
    }
    cell
}

const HH: &[Given<'_>] = &[
    ("INa", "INa_HH1952", &[]),
    ("IK", "IK_HH1952", &[("g_max", 36.0), ("E", -77.0)]),
    ("IL", "IL", &[("g_max", 0.3), ("E", -54.4)]),
];
const TM: &[Given<'_>] =
    &[("INa", "INa_TM1991", &[]), ("IK", "IK_TM1991", &[("g_max", 30.0), ("phi", 1.5)]), ("IL", "IL", &[])];
const RELAY: &[Given<'_>] = &[
    ("INa", "INa_Ba2002", &[("T", 34.0)]),
    ("IK", "IKDR_Ba2002", &[("T", 34.0)]),
    ("IL", "IL", &[("g_max", 0.06)]),
    ("ICaT", "ICaT_HM1992", &[("T", 35.0)]),
    ("Ih", "Ih_HM1992", &[("g_max", 0.05), ("phi", 2.0)]),
];

fn brainpys<R: Real>(name: &str) {
    let reference = golden("channels/brainpy");
    let v0 = Init::Values(reference.array("v0").iter().copied().collect());
    let none = CondNeuGroup::<R>::new(3).v(v0);
    let none = [("C", 1.2), ("A", 8e-4), ("V_th", -10.0)]
        .iter()
        .fold(none, |cell, (name, value)| cell.param(name, *value).unwrap());
    let cell = match name {
        "hh" => with(none, HH),
        "euler" => with(none, HH).method(Method::Euler),
        "tm" => with(none, TM),
        "relay" => with(none, RELAY),
        _ => {
            let each = |values: [f64; 3]| Param::Each(values.map(R::of).to_vec());
            let sodium = Channel::new(ChannelKind::INaBa2002).param("T", 34.0).unwrap();
            let sodium = sodium
                .param("g_max", each([80.0, 90.0, 100.0]))
                .unwrap()
                .param("V_sh", each([-52.0, -50.0, -49.0]))
                .unwrap();
            with(none.channel("INa", sodium), &RELAY[1..])
        }
    };
    let all = ["INa.p", "INa.q", "IK.p", "ICaT.p", "ICaT.q", "Ih.p"];
    let gates: Vec<&str> = all.into_iter().filter(|var| reference.get(&format!("{name}.{var}")).is_some()).collect();
    assert!(gates.len() == 3 || gates == all, "{name}: {gates:?}");
    let mut over_time = LoopOverTime::builder(cell)
        .dt(0.05)
        .out_vars(gates.iter().copied().chain(["V"]).collect::<Vec<_>>())
        .build()
        .unwrap();
    let run = over_time.run(Input::from(&narrow::<R>(reference.array("in")))).unwrap();
    let (what, found, right) =
        (format!("{name} {}", R::DTYPE), widen(&run["V"]), reference.array(&format!("{name}.V")));
    if size_of::<R>() == 8 {
        println!("{what}: {:e} mV", close(&what, &found, right, 1e-8));
        assert_eq!(widen(&run.output), *reference.array(&format!("{name}.out")), "{what}");
        let spikes = run.output.iter().filter(|y| y.to_f64() == 1.0).count();
        assert!(spikes >= 3, "{what}: {spikes} spikes are too few for a comparison");
    } else {
        close_mostly(&what, &found, right, 1e-3, 0.3);
    }
    for var in gates {
        let found = widen(&run[var].index_axis(Axis(0), 399).to_owned());
        let tol = if size_of::<R>() == 8 { 1e-9 } else { 1e-2 };
        close(&format!("{what} {var}"), &found, reference.array(&format!("{name}.{var}")), tol);
    }
}

#[test]
fn runs_agree_with_brainpy() {
    for name in ["hh", "tm", "relay", "euler", "each"] {
        brainpys::<f64>(name);
        brainpys::<f32>(name);
    }
}

/// The same equations, summed in another order. With the parameters of `Hh`, the result is that of
/// `Hh`, for every method, and with conductances.
#[test]
fn three_channels_make_the_hodgkin_huxley_neuron() {
    let (units, steps) = (37, 400);
    let v0 = Init::Values((0..units).map(|k| -70.0 + 0.5 * k as f64).collect());
    let x =
        ndarray::Array2::from_shape_fn((steps, units), |(k, unit)| 8.0 + 6.0 * (k as f64 * 0.03 + unit as f64).sin());
    let g = x.mapv(|x| 0.01 * x);
    for method in crate::common::approximate_methods() {
        let right = Hh::<f64>::new(units).method(method).v(v0.clone()).conductance().param("V_th", 0.0).unwrap();
        let channels: &[Given<'_>] = &[
            ("K", "IK_HH1952", &[("g_max", 36.0), ("E", -77.0)]),
            ("Na", "INa_HH1952", &[]),
            ("L", "IL", &[("g_max", 0.03), ("E", -54.387)]),
        ];
        let cell = with(CondNeuGroup::<f64>::new(units), channels).method(method).v(v0.clone()).conductance();
        let mut right = LoopOverTime::builder(right).dt(0.05).out_vars(["V", "m", "h", "n", "spike"]).build().unwrap();
        let mut found =
            LoopOverTime::builder(cell).dt(0.05).out_vars(["V", "Na.p", "Na.q", "K.p", "spike"]).build().unwrap();
        let right = right.run(Input::from(&x).named("g", &g)).unwrap();
        let found = found.run(Input::from(&x).named("g", &g)).unwrap();
        for (ours, theirs) in [("V", "V"), ("Na.p", "m"), ("Na.q", "h"), ("K.p", "n")] {
            close(&format!("{method} {ours}"), &found[ours], &right[theirs], 1e-8);
        }
        assert_eq!(found["spike"], right["spike"], "{method}");
        assert_eq!(found.output, found["spike"], "{method}");
        assert!(found["spike"].sum() > 20.0);
    }
}

/// The error of a smooth solution without a spike, compared with a fine solution, decreases with dt
/// to the power of the method's order.
#[test]
fn every_method_converges_with_its_order() {
    let end = |method: Method, steps: u32| {
        let cell = with(CondNeuGroup::<f64>::new(1), &[RELAY[1], RELAY[2], RELAY[4]])
            .method(method)
            .v(Init::Constant(-66.0))
            .conductance();
        let mut over_time = LoopOverTime::builder(cell).dt(6.0 / f64::from(steps)).out_vars("V").build().unwrap();
        over_time.run(Input::steps(steps.into()).constant(2.0).named_constant("g", 0.3)).unwrap()["V"]
            [[steps as usize - 1, 0]]
    };
    let exact = end(Method::Rk4, 8192);
    assert!((exact - end(Method::Ralston4, 8192)).abs() <= 1e-11);
    for method in crate::common::approximate_methods() {
        let order = f64::from(method.order());
        let steps = if method.order() == 4 { 128 } else { 256 };
        let error = |steps| (end(method, steps) - exact).abs();
        let found = (error(steps) / error(2 * steps)).log2();
        assert!((found - order).abs() <= 0.15, "{method}: order {found}, not {order}");
    }
}

/// A unit with its own parameters gives the same result alone.
#[test]
fn a_unit_alone_is_that_unit() {
    let run = |units: std::ops::Range<usize>, method: Method| {
        let each =
            |from: f64, by: f64| Param::Each(units.clone().map(|unit| from + by * ((unit * 5) % 7) as f64).collect());
        let mut cell = CondNeuGroup::<f64>::new(units.len()).method(method).v(Init::Constant(-63.0));
        for (k, kind) in ChannelKind::ALL.into_iter().enumerate() {
            let mut channel = Channel::new(kind).param("g_max", each(0.1, 0.03)).unwrap();
            for parameter in kind.parameters().iter().filter(|parameter| parameter.name != "g_max") {
                channel = channel.param(&parameter.name, each(parameter.default, 0.01 * (k + 1) as f64)).unwrap();
            }
            if kind.has_temperature() {
                channel = channel.param("T", each(34.0, 0.3)).unwrap();
            }
            cell = cell.channel(kind.name(), channel);
        }
        let cell = cell
            .param("C", each(1.0, 0.1))
            .unwrap()
            .param("A", each(1e-3, 1e-4))
            .unwrap()
            .param("V_th", each(-40.0, 1.0))
            .unwrap();
        let mut over_time =
            LoopOverTime::builder(cell).dt(0.02).out_vars(["V", "ICaT_HM1992.q", "spike"]).build().unwrap();
        let run = over_time.run(Input::steps(100).constant(6.0)).unwrap();
        ["V", "ICaT_HM1992.q", "spike"].map(|name| run[name].clone())
    };
    for method in [Method::ExpAuto, Method::Rk4] {
        // The number of units exceeds a SIMD tile and a network tile.
        let all = run(0..67, method);
        for unit in [0, 17, 33, 63, 64, 66] {
            for (all, alone) in all.iter().zip(run(unit..unit + 1, method)) {
                let column = |run: &ndarray::ArrayD<f64>, unit| run.index_axis(Axis(1), unit).to_owned();
                assert_eq!(column(all, unit), column(&alone, 0), "{method}, unit {unit}");
            }
        }
    }
}

#[test]
fn invalid_channels_and_parameters_are_refused() {
    let said = |cell: CondNeuGroup<f64>| LoopOverTime::builder(cell).build().err().unwrap().to_string();
    let of = |kind: &str| Channel::<f64>::new(kind.parse().unwrap());
    let none = || CondNeuGroup::<f64>::new(3);
    assert!(matches!("INa".parse::<ChannelKind>(), Err(Error::Unknown { .. })));
    assert!(of("IL").param("T", 30.0).unwrap_err().to_string().contains("E, g_max"));
    assert!(of("INa_Ba2002").param("t", 30.0).unwrap_err().to_string().contains("V_sh, T"));
    assert!(none().param("gL", 1.0).is_err());
    for (name, value, part) in
        [("phi", 0.0, "INa.phi"), ("g_max", -1.0, "is negative"), ("E", f64::NAN, "INa.E"), ("T", 1e3, "INa.phi")]
    {
        let error = said(none().channel("INa", of("INa_Ba2002").param(name, value).unwrap()));
        assert!(error.contains(part), "{error}");
    }
    for name in ["", "a.b", "twice"] {
        let error = said(none().channel("twice", of("IL")).channel(name, of("IL")));
        assert!(error.contains("channel name"), "{error}");
    }
    let error = said(none().channel("IL", of("IL").param("E", vec![1.0; 2]).unwrap()));
    assert!(error.contains("IL.E"), "{error}");
    let many = |n: usize| (0..n).fold(none(), |cell, k| cell.channel(format!("c{k}"), of("ICaT_HM1992")));
    assert!(said(many(9)).contains("more than 16"), "{}", said(many(9)));
    LoopOverTime::builder(many(8)).build().unwrap().run_steps(3).unwrap();
    for (name, value) in [("C", 0.0), ("A", 0.0), ("C", f64::INFINITY)] {
        assert!(said(none().param(name, value).unwrap()).contains(name));
    }
}

/// A capacitor without channels, a group without neurons, and a run without current.
#[test]
fn a_neuron_without_channels_is_a_capacitor() {
    let cell = CondNeuGroup::<f64>::new(2).v(Init::Constant(-10.0)).param("C", 2.0).unwrap();
    let run =
        LoopOverTime::builder(cell).dt(0.5).out_vars("V").build().unwrap().run(Input::steps(8).constant(4.0)).unwrap();
    assert_eq!(run["V"].iter().copied().collect::<Vec<_>>()[..6], [-9.0, -9.0, -8.0, -8.0, -7.0, -7.0]);
    assert_eq!(run.output.iter().copied().collect::<Vec<_>>().len(), 16);
    let empty = with(CondNeuGroup::<f64>::new(0), HH);
    LoopOverTime::builder(empty).build().unwrap().run_steps(3).unwrap();
}
