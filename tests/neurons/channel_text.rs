//! Channels that are texts, compared with the channels of the library, and with Brian2.

use crate::common::{close, golden, widen};
use ndarray::{Array2, Axis, Slice};
use overtime::models::{Channel, ChannelKind, CondNeuGroup, Method, Param};
use overtime::{Equations, Error, Init, Input, LoopOverTime, Real, Recording};

/// A text of `examples/equations/channels`.
pub(crate) fn example(name: &str) -> Equations {
    let path = format!("{}/../examples/equations/channels/{name}.eq", env!("CARGO_MANIFEST_DIR"));
    Equations::new(&std::fs::read_to_string(path).unwrap()).unwrap()
}

const CURRENT: [(&str, &str); 4] = [
    ("p3q", "current g_max*p^3*q*(E - V)"),
    ("p4", "current g_max*p^4*(E - V)"),
    ("p2q", "current g_max*p^2*q*(E - V)"),
    ("p", "current g_max*p*(E - V)"),
];

/// The lines of a kind of the library: those of the rates, and the open gates.
fn lines(kind: ChannelKind) -> (&'static str, &'static str) {
    match kind {
        ChannelKind::INaHh1952 => (
            "a_p = 1/exprel(-(w - 5)/10)\nb_p = 4*exp(-(w + 20)/18)\na_q = 0.07*exp(-(w + 20)/20)\n\
             b_q = 1/(1 + exp(-(w - 10)/10))\n",
            "p3q",
        ),
        ChannelKind::IKHh1952 => ("a_p = 0.1/exprel(-(w + 10)/10)\nb_p = 0.125*exp(-(w + 20)/80)\n", "p4"),
        ChannelKind::INaTm1991 | ChannelKind::INaBa2002 => (
            "a_p = 0.32*(w - 13)/(1 - exp(-(w - 13)/4))\nb_p = 0.28*(w - 40)/(exp((w - 40)/5) - 1)\n\
             a_q = 0.128*exp(-(w - 17)/18)\nb_q = 4/(1 + exp(-(w - 40)/5))\n",
            "p3q",
        ),
        ChannelKind::IKTm1991 | ChannelKind::IKdrBa2002 => {
            ("a_p = 0.032*(w - 15)/(1 - exp(-(w - 15)/5))\nb_p = 0.5*exp(-(w - 10)/40)\n", "p4")
        }
        ChannelKind::ICaTHm1992 => (
            "p_inf = 1/(1 + exp(-(w + 59)/6.2))\n\
             tau_p = (0.612 + 1/(exp(-(w + 132)/16.7) + exp((w + 16.8)/18.2)))\n\
             q_inf = 1/(1 + exp((w + 83)/4))\n\
             tau_q = where(w >= -80, exp(-(w + 22)/10.5) + 28, exp((w + 467)/66.6))\n",
            "p2q",
        ),
        ChannelKind::IhHm1992 => {
            ("p_inf = 1/(1 + exp((V + 75)/5.5))\ntau_p = 1/(exp(-0.086*V - 14.59) + exp(0.0701*V - 1.87))\n", "p")
        }
        _ => ("", "1"),
    }
}

/// A kind of the library as a text.
pub(crate) fn text_of(kind: ChannelKind) -> Equations {
    let (rates, open) = lines(kind);
    let mut text = "input V\n".to_owned();
    for parameter in kind.parameters() {
        text += &format!("param {} = {}\n", parameter.name, parameter.default);
    }
    if text.contains("V_sh") {
        text += "w = V - V_sh\n";
    }
    text += rates;
    for gate in kind.gates() {
        let phi = if text.contains("phi_p") { format!("phi_{gate}") } else { "phi".to_owned() };
        text += &if rates.contains("tau_p") {
            format!("{gate}' = {phi}*({gate}_inf - {gate})/tau_{gate}\nstate {gate} = {gate}_inf\n")
        } else {
            format!(
                "{gate}' = {phi}*(a_{gate}*(1 - {gate}) - b_{gate}*{gate})\nstate {gate} = a_{gate}/(a_{gate} + b_{gate})\n"
            )
        };
    }
    let current = CURRENT.iter().find(|(gates, _)| *gates == open).map_or("current g_max*(E - V)", |(_, line)| line);
    Equations::new(&(text + current)).unwrap()
}

/// The channels of a neuron: each a name, a kind, and parameters.
type Given = (&'static str, ChannelKind, &'static [(&'static str, f64)]);

const HH: &[Given] = &[
    ("INa", ChannelKind::INaHh1952, &[]),
    ("IK", ChannelKind::IKHh1952, &[("g_max", 36.0), ("E", -77.0)]),
    ("IL", ChannelKind::IL, &[("g_max", 0.3), ("E", -54.4)]),
];
const RELAY: &[Given] = &[
    ("INa", ChannelKind::INaTm1991, &[]),
    ("IK", ChannelKind::IKTm1991, &[("g_max", 30.0), ("phi", 1.5)]),
    ("IL", ChannelKind::IL, &[("g_max", 0.06)]),
    ("ICaT", ChannelKind::ICaTHm1992, &[("phi_q", 2.0)]),
    ("Ih", ChannelKind::IhHm1992, &[("g_max", 0.05), ("phi", 2.0)]),
];

const UNITS: usize = 37;

/// A neuron whose channels are texts where `is_text` has their number.
fn neuron<R: Real>(channels: &[Given], is_text: impl Fn(usize) -> bool, method: Method) -> CondNeuGroup<R> {
    let v0 = Init::Values((0..UNITS).map(|k| -70.0 + 0.5 * k as f64).collect());
    let mut all = CondNeuGroup::<R>::new(UNITS).v(v0).method(method).conductance().param("C", 1.2).unwrap();
    for (k, (name, kind, params)) in channels.iter().enumerate() {
        let channel = if is_text(k) { Channel::from(text_of(*kind)) } else { Channel::new(*kind) };
        let mut channel = params.iter().fold(channel, |channel, (name, value)| channel.param(name, *value).unwrap());
        if *name == "IK" {
            let each = (0..UNITS).map(|k| R::of(20.0 + 0.5 * k as f64)).collect();
            channel = channel.param("g_max", Param::Each(each)).unwrap();
        }
        all = all.channel(*name, channel);
    }
    all
}

fn run<R: Real>(neuron: CondNeuGroup<R>, vars: &[String], steps: usize) -> Recording<R> {
    let x = Array2::from_shape_fn((steps, UNITS), |(k, unit)| R::of(6.0 + 6.0 * (k as f64 * 0.03 + unit as f64).sin()));
    let g = x.mapv(|x| R::of(0.01 * x.to_f64()));
    let mut over_time = LoopOverTime::builder(neuron).dt(0.05).out_vars(vars.to_vec()).build().unwrap();
    over_time.run(Input::from(&x).named("g", &g)).unwrap()
}

fn is_the_librarys<R: Real>(channels: &[Given], method: Method, steps: usize, tolerance: f64) {
    let gates =
        channels.iter().flat_map(|(name, kind, _)| kind.gates().iter().map(move |gate| format!("{name}.{gate}")));
    let vars: Vec<String> = ["V", "spike", "below"].map(str::to_owned).into_iter().chain(gates).collect();
    let right = run(neuron::<R>(channels, |_| false, method), &vars, steps);
    // The numbers of the channels that are texts.
    for (what, texts) in [("all", &[0, 1, 2, 3, 4][..]), ("first", &[0]), ("odd", &[1, 3])] {
        let found = run(neuron::<R>(channels, |k| texts.contains(&k), method), &vars, steps);
        for var in &vars {
            let scale = if var == "V" { 1.0 } else { 0.1 };
            let what = format!("{what} {method} {} {var}", R::DTYPE);
            let worst = close(&what, &widen(&found[var.as_str()]), &widen(&right[var.as_str()]), scale * tolerance);
            println!("{what}: {worst:e}");
        }
    }
    assert!(steps < 400 || widen(&right["spike"]).sum() > 20.0);
}

#[test]
fn texts_are_the_channels_of_the_library_within_rounding() {
    is_the_librarys::<f64>(HH, Method::Euler, 100, 1e-9);
    for (channels, tolerance) in [(HH, 1e-9), (RELAY, 1e-6)] {
        // Each spike enlarges differences.
        is_the_librarys::<f64>(channels, Method::ExpAuto, 600, tolerance);
        is_the_librarys::<f64>(channels, Method::Rk4, 600, tolerance);
        is_the_librarys::<f64>(channels, Method::ExpAuto, 100, 1e-9);
        is_the_librarys::<f64>(channels, Method::Heun2, 100, 1e-9);
        is_the_librarys::<f32>(channels, Method::ExpAuto, 40, 5e-3);
        is_the_librarys::<f32>(channels, Method::Rk4, 40, 5e-3);
    }
}

/// Each kind alone, far from rest: its gates under a potential that a large leak holds.
#[test]
fn each_kind_is_its_text() {
    for kind in ChannelKind::ALL {
        let cell = |channel: Channel<f64>| {
            let leak = Channel::new(ChannelKind::IL).param("g_max", 50.0).unwrap();
            let leak = leak.param("E", (0..61).map(|k| -110.0 + 2.5 * f64::from(k)).collect::<Vec<_>>()).unwrap();
            CondNeuGroup::new(61).channel("c", channel).channel("L", leak)
        };
        let gates: Vec<String> = kind.gates().iter().map(|gate| format!("c.{gate}")).collect();
        let vars: Vec<String> = gates.iter().cloned().chain(["V".to_owned()]).collect();
        let run = |channel| {
            let built = LoopOverTime::builder(cell(channel)).dt(0.02).out_vars(vars.clone()).build();
            built.unwrap().run_steps(300).unwrap()
        };
        let (found, right) = (run(text_of(kind).into()), run(Channel::new(kind)));
        for var in &vars {
            close(&format!("{kind} {var}"), &found[var.as_str()], &right[var.as_str()], 1e-9);
        }
    }
}

/// exp_auto takes the derivative of the whole membrane equation by V: for a current that is no product with
/// E − V, the step follows it as the formula says.
#[test]
fn the_slope_of_the_membrane_has_the_derivative_of_each_current() {
    let text = Equations::new("param k = 0.02\ninput V\ncurrent -k*exp((V + 60)/8)").unwrap();
    let leak = Channel::new(ChannelKind::IL).param("g_max", 0.3).unwrap();
    let cell = CondNeuGroup::<f64>::new(1).channel("E", text).channel("L", leak).v(Init::Constant(-40.0));
    let mut over_time = LoopOverTime::builder(cell).dt(0.5).out_vars("V").build().unwrap();
    let run = over_time.run(Input::steps(20).constant(2.0)).unwrap();
    let mut v = -40.0_f64;
    for step in 0..20 {
        let own = 0.02 * ((v + 60.0) / 8.0).exp();
        let (f, s) = (0.3 * (-70.0 - v) - own + 2.0, 0.3 + own / 8.0);
        v += f * (1.0 - (-s * 0.5).exp()) / s;
        assert!((run["V"][[step, 0]] - v).abs() < 1e-11, "step {step}: {} and {v}", run["V"][[step, 0]]);
    }
}

/// Noise, random numbers, time and assignments in each step: they are those of the text, beside those of
/// another channel with the same text.
#[test]
fn channels_have_noise_and_assignments() {
    let text = "input V\nn' = -n/5 + 0.1*xi\nstate n = 0.5*rand()\nstate last = 0\neach step: last = V + t\ncurrent n";
    let of = || Equations::new(text).unwrap();
    let cell = CondNeuGroup::<f64>::new(400).channel("a", of()).channel("b", of().init("n", 1.5.into()).unwrap());
    let vars = ["V", "a.n", "b.n", "a.last"];
    let mut over_time = LoopOverTime::builder(cell).dt(0.1).seed(4).out_vars(vars).build().unwrap();
    let run = over_time.run_steps(300).unwrap();
    let (v, a, b, last) = (&run["V"], &run["a.n"], &run["b.n"], &run["a.last"]);
    assert!((last[[100, 3]] - (v[[100, 3]] + 10.0)).abs() < 1e-9);
    let (mut product, mut square) = (0.0, 0.0);
    for unit in 0..400 {
        let [a, b] = [a, b].map(|n| n[[250, unit]]);
        product += a * b / 400.0;
        square += a * a / 400.0;
        assert!(a.abs() < 1.0 && (run["b.n"][[0, unit]] - 1.5).abs() < 0.3);
    }
    // The stationary variance is 0.01·5/2.
    assert!((square - 0.025).abs() < 0.006 && product.abs() < 0.006, "{square} {product}");
    let white = Equations::new("input V\nn' = -n/5 + V*xi\ncurrent n").unwrap();
    let cell = CondNeuGroup::<f64>::new(1).channel("a", white).method(Method::Rk4);
    let said = LoopOverTime::builder(cell).build().err().unwrap().to_string();
    assert!(said.contains("the white noise of `a.n` has a factor that depends on a state"), "{said}");
}

#[test]
fn impossible_channels_are_errors() {
    let said = |cell: CondNeuGroup<f64>| match LoopOverTime::builder(cell).build() {
        Err(error) => error.to_string(),
        Ok(_) => String::new(),
    };
    let none = || CondNeuGroup::<f64>::new(3);
    let text = |text: &str| Equations::new(text).unwrap();
    let plain = "param g = 1\ninput V\nn' = (1 - n)/g\ncurrent g*n*(-70 - V)";
    for (cell, expected) in [
        (none().channel("a", text("n' = -n")), "the channel `a` is a text without `current`"),
        (none().channel("a", text("on spike: transmit 1")), "the channel `a` is a text without `current`"),
        (none().channel("a", text(plain).method(Method::Rk4)), "the channel `a` has the method of its neurons"),
        (none().channel("a.b", text(plain)), "`a.b`"),
        (none().channel("a", text(plain)).channel("a", text(plain)), "two variables named `a.n`"),
        (none().channel("a", text(plain).param("g", vec![1.0, 2.0]).unwrap()), "`a.g`: axis units has length 2"),
        (none().channel("a", text(plain).param("g", f64::NAN).unwrap()), "`a.g`[0] is NaN"),
        (none().channel("a", text(plain).param("g", 0.0).unwrap()), "the parameters are impossible"),
        (none().channel("a", text(plain).init("n", Init::Values(vec![0.0])).unwrap()), "initial a.n"),
        (none().channel("a", text(plain)).param("C", 0.0).unwrap(), "C"),
        (none().channel("a", text(plain)).method(Method::Exact), "method `exact`"),
        (
            (0..300)
                .fold(none(), |all, k| all.channel(format!("c{k}"), text(&format!("input V\n{}current a", many())))),
            "variables of a neuron",
        ),
    ] {
        let found = said(cell);
        assert!(found.contains(expected), "{found}: {expected}");
    }
    let error = LoopOverTime::<f64, _>::builder(text(plain)).build().err().unwrap().to_string();
    assert!(error.contains("`CondNeuGroup::channel` takes it"), "{error}");
    let channel = Channel::<f64>::from(text(plain));
    assert!(channel.kind().is_none() && channel.equations().is_some());
    assert!(matches!(channel.clone().param("h", 1.0), Err(Error::Unknown { .. })));
    assert!(matches!(channel.init("h", 1.0.into()), Err(Error::Unknown { .. })));
    let leak = Channel::<f64>::new(ChannelKind::IL);
    assert!(leak.kind() == Some(ChannelKind::IL) && leak.equations().is_none());
    assert!(matches!(leak.init("p", 1.0.into()), Err(Error::Unknown { .. })));
    let empty = CondNeuGroup::<f64>::new(0).channel("a", text(plain));
    assert_eq!(
        LoopOverTime::builder(empty).out_vars("a.n").build().unwrap().run_steps(3).unwrap()["a.n"].shape(),
        [3, 0]
    );
}

/// Lines of ten variables.
fn many() -> String {
    ["a", "b", "c", "d", "e", "f", "g", "h", "i", "j"].map(|name| format!("{name}' = -{name}\n")).concat()
}

/// A group that is changed after its facts were read has the changes.
#[test]
fn a_group_may_change_after_its_facts_were_read() {
    use overtime::System;
    let cell = CondNeuGroup::<f64>::new(2).channel("a", text_of(ChannelKind::IL));
    assert!(cell.check().is_ok());
    let cell = cell.param("C", 3.0).unwrap().v(Init::Constant(-50.0)).channel("b", text_of(ChannelKind::IKHh1952));
    let run = LoopOverTime::builder(cell).dt(0.1).out_vars(["V", "b.p"]).build().unwrap().run_steps(1).unwrap();
    assert!((run["V"][[0, 0]] + 50.0).abs() < 5.0 && run["b.p"].shape() == [1, 2]);
}

/// Runs of Brian2 by RK4 of neurons with the example texts, made by `tests/golden/make_channel_texts.py`.
#[test]
fn the_examples_agree_with_brian2() {
    let reference = golden("channels/texts");
    for name in ["a_type", "hcn", "ca_low_threshold"] {
        let states: &[&str] = match name {
            "a_type" => &["a", "b"],
            "hcn" => &["m"],
            _ => &["m", "h", "Ca"],
        };
        let (v0, x) = (reference.array("v0"), reference.array(&format!("{name}.in")));
        let cell = CondNeuGroup::<f64>::new(3)
            .channel("INa", Channel::new(ChannelKind::INaTm1991))
            .channel("IK", Channel::new(ChannelKind::IKTm1991))
            .channel("IL", Channel::new(ChannelKind::IL))
            .channel("c", example(name))
            .v(Init::Values(v0.iter().copied().collect()))
            .method(Method::Rk4);
        let vars: Vec<String> =
            ["V".to_owned()].into_iter().chain(states.iter().map(|state| format!("c.{state}"))).collect();
        let mut over_time = LoopOverTime::builder(cell).dt(0.01).out_vars(vars.clone()).build().unwrap();
        let run = over_time.run(Input::from(&Array2::from_shape_fn((10_000, 3), |(_, unit)| x[unit]))).unwrap();
        for var in &vars {
            let right = reference.array(&format!("{name}.{}", var.trim_start_matches("c.")));
            let found = run[var.as_str()].slice_axis(Axis(0), Slice::from(99..).step_by(100)).to_owned();
            let scale = right.iter().fold(1e-12_f64, |most, x| most.max(x.abs()));
            println!("{name} {var}: {:e}", close(&format!("{name} {var}"), &found, right, 1e-6 * scale));
        }
        assert!(reference.array(&format!("{name}.V")).iter().any(|v| *v > 0.0), "{name}: no spike");
    }
}
