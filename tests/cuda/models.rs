//! All systems, as the parity tests run them. A new model is one line here.

use crate::neurons::channel_text::{example, text_of};
use overtime::models::{
    Activation, AdExIf, AdQuaIf, Channel, ChannelKind, CondNeuGroup, Conv2d, Dense, ExpIf, FitzHughNagumo, GruCell, Hh,
    HindmarshRose, Izhikevich, Lif, LstmCell, Method, MorrisLecar, Padding, PoissonGroup, QuaIf, Reset, SpikeTimeGroup,
    TraubMiles, WangBuzsaki, WhiteNoise, brainpy,
};
use overtime::{Equations, Init, Real, Scalar, Sequential, System};

/// A system of any size.
pub(crate) struct Model<T: Scalar> {
    pub(crate) name: String,
    /// The variables to record.
    pub(crate) vars: &'static [&'static str],
    /// The range of its input.
    pub(crate) scale: (f64, f64),
    make: Box<dyn Fn(usize) -> Box<dyn System<T>> + Send + Sync>,
}

impl<T: Scalar> Model<T> {
    pub(crate) fn system(&self, units: usize) -> Box<dyn System<T>> {
        (self.make)(units)
    }
}

fn model<T: Scalar, S: System<T> + 'static>(
    name: impl Into<String>,
    vars: &'static [&'static str],
    scale: (f64, f64),
    make: impl Fn(usize) -> S + Send + Sync + 'static,
) -> Model<T> {
    Model { name: name.into(), vars, scale, make: Box::new(move |units| Box::new(make(units))) }
}

/// One value for each unit.
fn each<R: Real>(units: usize, from: f64, by: f64) -> Vec<R> {
    (0..units).map(|k| R::of(from + by * (k % 97) as f64)).collect()
}

/// Potentials at and near the singularities of the rates (−40, −55; −50, −48, −23).
fn potentials(units: usize) -> Init {
    Init::Values(
        (0..units)
            .map(|k| [-65.0, -55.0, -40.0, -54.999_999, -40.000_001, -70.3, 12.0, -50.0, -48.0, -23.0][k % 10])
            .collect(),
    )
}

const HH: &[&str] = &["V", "m", "h", "n", "spike", "input", "below"];
const LIF: &[&str] = &["V", "spike", "refractory"];
const TRAUB_MILES: &[&str] = &["V", "m", "h", "n", "spike", "refractory"];
const CURRENT: (f64, f64) = (-5.0, 30.0);

/// Neurons, in the types of the integrators.
pub(crate) fn neurons<R: Real>() -> Vec<Model<R>> {
    let mut all = Vec::new();
    for method in crate::common::approximate_methods() {
        all.push(model(format!("hh {method}"), HH, CURRENT, move |n| Hh::<R>::new(n).method(method).v(potentials(n))));
        all.push(model(format!("lif {method}"), LIF, CURRENT, move |n| {
            Lif::<R>::new(n).method(method).param("tau_ref", 0.7).unwrap()
        }));
    }
    all.push(model("hh noise", HH, CURRENT, |n| Hh::<R>::new(n).noise(2.5)));
    all.push(model("hh noise rk4", HH, CURRENT, |n| Hh::<R>::new(n).noise(2.5).method(Method::Rk4)));
    all.push(model("hh scalars", HH, CURRENT, |n| {
        let hh = Hh::<R>::new(n).param("gL", 0.3).unwrap().param("gNa", 100.0).unwrap().param("ENa", 55.0).unwrap();
        hh.param("EK", -72.0).unwrap().param("C", 1.2).unwrap().param("V_th", 0.0).unwrap()
    }));
    all.push(model("hh per unit", HH, CURRENT, |n| {
        Hh::<R>::new(n).param("gL", each::<R>(n, 0.03, 0.003)).unwrap().param("C", each::<R>(n, 0.8, 0.01)).unwrap()
    }));
    for name in ["ENa", "gNa", "EK", "gK", "EL", "V_th"] {
        let from = if name.starts_with('g') { 30.0 } else { -80.0 };
        all.push(model(format!("hh {name} per unit"), HH, CURRENT, move |n| {
            Hh::<R>::new(n).param(name, each::<R>(n, from, 1.5)).unwrap()
        }));
    }
    // A conductance may be negative, if a gate is.
    all.push(model("hh of negative gates", HH, CURRENT, |n| {
        let below = |gate: f64| Init::Values((0..n).map(|unit| gate * (1.0 - 2.5 * (unit % 2) as f64)).collect());
        Hh::<R>::new(n).v(potentials(n)).gates(below(0.6), below(0.8), below(0.4))
    }));
    all.push(model("hh per unit rk4", HH, CURRENT, |n| {
        Hh::<R>::new(n).method(Method::Rk4).param("gL", each::<R>(n, 0.03, 0.003)).unwrap()
    }));
    for (name, from, by) in [
        ("tau", 5.0, 0.3),
        ("tau_ref", 0.0, 0.05),
        ("R", 0.5, 0.01),
        ("V_th", 10.0, 0.1),
        ("V_reset", -9.0, 0.05),
        ("V_rest", -2.0, 0.02),
    ] {
        all.push(model(format!("lif {name} per unit"), LIF, CURRENT, move |n| {
            Lif::<R>::new(n).param(name, each::<R>(n, from, by)).unwrap()
        }));
    }
    all.push(model("lif soft", LIF, CURRENT, |n| Lif::<R>::new(n).v(Init::Constant(19.5)).reset(Reset::Soft)));
    all.push(model("lif tau per unit heun3", LIF, CURRENT, |n| {
        Lif::<R>::new(n).method(Method::Heun3).param("tau", each::<R>(n, 5.0, 0.3)).unwrap()
    }));
    for method in [Method::ExpAuto, Method::Heun2] {
        all.push(model(format!("hh conductance {method}"), HH, CURRENT, move |n| {
            Hh::<R>::new(n).method(method).v(potentials(n)).noise(2.5).conductance()
        }));
        all.push(model(format!("lif conductance {method}"), LIF, CURRENT, move |n| {
            Lif::<R>::new(n)
                .method(method)
                .param("tau_ref", 0.7)
                .unwrap()
                .param("tau", each::<R>(n, 5.0, 0.3))
                .unwrap()
                .conductance()
        }));
    }
    for method in [Method::ExpAuto, Method::Euler, Method::Rk3] {
        all.push(model(format!("traub_miles {method}"), TRAUB_MILES, (0.0, 900.0), move |n| {
            TraubMiles::<R>::new(n).method(method).v(potentials(n)).param("tau_ref", 1.0).unwrap()
        }));
    }
    all.push(model("traub_miles per unit", TRAUB_MILES, (0.0, 900.0), |n| {
        let of_cells =
            [("ENa", 30.0, 0.3), ("gNa", 15e3, 100.0), ("EK", -90.0, 0.2), ("gK", 5e3, 20.0), ("EL", -70.0, 0.2)];
        let of_spikes =
            [("gL", 0.0, 0.2), ("C", 100.0, 2.0), ("V_th", -30.0, 0.5), ("V_T", -67.0, 0.1), ("tau_ref", 0.0, 0.05)];
        let all = of_cells.into_iter().chain(of_spikes);
        all.fold(TraubMiles::<R>::new(n), |cell, (name, from, by)| cell.param(name, each::<R>(n, from, by)).unwrap())
    }));
    all.push(model("lif white noise", LIF, CURRENT, |n| {
        WhiteNoise::new(Lif::<R>::new(n).param("tau", each::<R>(n, 5.0, 0.3)).unwrap(), 2.5)
    }));
    all.push(model("traub_miles white noise", TRAUB_MILES, (0.0, 900.0), |n| {
        WhiteNoise::new(TraubMiles::<R>::new(n).v(potentials(n)), 100.0)
    }));
    all.push(model("adex conductance white noise", &["V", "w", "spike", "refractory"], CURRENT, |n| {
        WhiteNoise::new(AdExIf::<R>::new(n).method(Method::Heun2).conductance(), 2.5)
    }));
    all.push(model("channels white noise", &["V", "INa.p", "spike"], CURRENT, |n| {
        let cell = CondNeuGroup::<R>::new(n).channel("INa", Channel::new(ChannelKind::INaHh1952));
        WhiteNoise::new(cell.v(potentials(n)), 2.5)
    }));
    all.extend(equations());
    all.push(model("channels", &["V", "INa_HH1952.p", "ICaT_HM1992.q", "Ih_HM1992.p", "spike"], CURRENT, |n| {
        use ChannelKind::{ICaTHm1992, IKHh1952, IKTm1991, IL, INaBa2002, INaHh1952, IhHm1992};
        [INaHh1952, IKHh1952, INaBa2002, IKTm1991, IL, ICaTHm1992, IhHm1992].into_iter().fold(
            CondNeuGroup::<R>::new(n).v(potentials(n)),
            |cell, kind| {
                let channel = Channel::new(kind).param("g_max", each::<R>(n, 0.5, 0.01)).unwrap();
                cell.channel(
                    kind.name(),
                    if kind.has_temperature() { channel.param("T", 31.0).unwrap() } else { channel },
                )
            },
        )
    }));
    all.push(model("channels conductance midpoint", &["V", "a.p", "b.q", "spike"], CURRENT, |n| {
        let of = |kind| Channel::<R>::new(kind);
        let cell =
            CondNeuGroup::new(n).channel("a", of(ChannelKind::IKTm1991)).channel("b", of(ChannelKind::INaTm1991));
        let cell = cell.param("C", each::<R>(n, 0.8, 0.01)).unwrap().param("A", each::<R>(n, 1e-3, 1e-5)).unwrap();
        cell.channel("l", of(ChannelKind::IL)).method(Method::Midpoint).v(potentials(n)).conductance()
    }));
    all.push(model("channels text", &["V", "Ih.m", "Ca.Ca", "IA.b", "INa.q", "spike", "below"], CURRENT, |n| {
        let potassium = example("a_type").param("g_max", each::<f64>(n, 20.0, 0.5)).unwrap();
        CondNeuGroup::<R>::new(n)
            .channel("Ih", example("hcn"))
            .channel("INa", Channel::new(ChannelKind::INaTm1991).param("V_sh", each::<R>(n, -60.0, -0.1)).unwrap())
            .channel("IK", Channel::new(ChannelKind::IKHh1952))
            .channel("IA", potassium)
            .channel("Ca", example("ca_low_threshold"))
            .v(potentials(n))
    }));
    all.push(model("channels text conductance rk4", &["V", "a.p", "b.q", "noisy.n", "spike"], CURRENT, |n| {
        let noisy = Equations::new("input V\nn' = -n/3 + 0.1*xi\nstate n = V/100*rand()\ncurrent n*(-60 - V)").unwrap();
        CondNeuGroup::new(n)
            .channel("a", text_of(ChannelKind::IKTm1991))
            .channel("b", Channel::<R>::new(ChannelKind::INaBa2002))
            .channel("c", text_of(ChannelKind::ICaTHm1992))
            .channel("l", Channel::new(ChannelKind::IL))
            .channel("noisy", noisy)
            .param("C", each::<R>(n, 0.8, 0.01))
            .unwrap()
            .method(Method::Rk4)
            .v(potentials(n))
            .conductance()
    }));
    all.push(model("poisson", &["spike"], CURRENT, |n| PoissonGroup::<R>::new(n, each::<R>(n, 0.0, 500.0))));
    all.push(model("poisson, for a time", &["spike"], CURRENT, |n| {
        PoissonGroup::<R>::new(n, each::<R>(n, 0.0, 500.0)).during(0.02..3.0)
    }));
    all.push(model("spike times", &["spike", "past"], CURRENT, |n| {
        // Times at steps of 0.02, between them, and rounded to f32.
        let time = |k: usize| 0.01 * ((k / n) * 9 + k % 8) as f64;
        let times: Vec<f64> =
            (0..3 * n).map(|k| if k % 2 == 0 { time(k) } else { f64::from(time(k) as f32) }).collect();
        SpikeTimeGroup::new(n, &(0..3 * n).map(|k| k % n).collect::<Vec<_>>(), &times).unwrap()
    }));
    all.push(model("hh, elu, lif", &["hh.V", "lif.V"], CURRENT, |n| {
        Sequential::new()
            .layer("hh", Hh::<R>::new(n).noise(1.0))
            .layer("gain", Activation::Elu.layer([n]))
            .layer("lif", Lif::new(n))
    }));
    all.push(model("stack of stacks", &["a.hh.V", "b.in.hh.V", "b.lif.V"], CURRENT, |n| {
        let noisy =
            || Sequential::new().layer("hh", Hh::<R>::new(n).noise(1.0)).layer("gain", Activation::Elu.layer([n]));
        Sequential::new()
            .layer("a", noisy())
            .layer("b", Sequential::new().layer("in", noisy()).layer("lif", Lif::new(n)))
    }));
    all.push(model("dense, hh, dense", &["hh.V", "hh.spike"], (-2.0, 2.0), |n| {
        Sequential::new().layer("in", Dense::<R>::new(n, 9)).layer("hh", Hh::new(9)).layer("out", Dense::new(9, 3))
    }));
    all
}

/// Neurons that are defined by their equations.
fn equations<R: Real>() -> Vec<Model<R>> {
    let from = |n: usize, from: f64, by: f64| Init::Values((0..n).map(|k| from + by * (k % 31) as f64).collect());
    // Integrate-and-fire neurons near and above their thresholds.
    let near = move |n| from(n, -70.0, 0.8);
    vec![
        model("izhikevich", &["V", "u", "spike", "refractory"], CURRENT, move |n| {
            Izhikevich::<R>::new(n)
                .v(from(n, -75.0, 4.0))
                .param("tau_ref", 0.1)
                .unwrap()
                .param("a", each::<R>(n, 0.02, 0.002))
                .unwrap()
        }),
        model("adex_if conductance", &["V", "w", "spike", "refractory"], CURRENT, move |n| {
            AdExIf::<R>::new(n).v(near(n)).param("tau_ref", 0.1).unwrap().conductance()
        }),
        model("adex_if conductance rk4", &["V", "w", "spike", "refractory"], CURRENT, move |n| {
            AdExIf::<R>::new(n)
                .v(near(n))
                .method(Method::Rk4)
                .param("tau_ref", each::<R>(n, 0.0, 0.05))
                .unwrap()
                .conductance()
        }),
        model("exp_if soft", &["V", "spike"], CURRENT, move |n| ExpIf::<R>::new(n).v(near(n)).reset(Reset::Soft)),
        model("qua_if heun2", &["V", "spike"], CURRENT, move |n| {
            QuaIf::<R>::new(n).v(from(n, -70.0, 2.0)).method(Method::Heun2)
        }),
        model("ad_qua_if", &["V", "w"], CURRENT, move |n| AdQuaIf::<R>::new(n).v(from(n, -70.0, 2.0))),
        model("morris_lecar conductance", &["V", "W", "spike"], (0.0, 150.0), move |n| {
            MorrisLecar::<R>::new(n).v(from(n, -70.0, 3.5)).param("V4", each::<R>(n, 10.0, 0.5)).unwrap().conductance()
        }),
        model("wang_buzsaki", &["V", "h", "n", "spike"], CURRENT, move |n| {
            WangBuzsaki::<R>::new(n).v(from(n, -64.0, 2.0))
        }),
        model("wang_buzsaki rk3", &["V", "h", "n", "spike"], CURRENT, move |n| {
            WangBuzsaki::<R>::new(n)
                .v(from(n, -64.0, 2.0))
                .method(Method::Rk3)
                .param("phi", each::<R>(n, 1.0, 0.1))
                .unwrap()
        }),
        model("fitzhugh_nagumo", &["V", "w", "spike"], (-1.0, 2.0), move |n| {
            FitzHughNagumo::<R>::new(n).v(from(n, -2.0, 0.15))
        }),
        model("hindmarsh_rose", &["V", "y", "z", "spike"], (0.0, 4.0), move |n| {
            HindmarshRose::<R>::new(n).v(from(n, -2.0, 0.15))
        }),
    ]
}

const UNIT: (f64, f64) = (-1.0, 1.0);

/// Layers, in every type.
pub(crate) fn layers<T: Scalar>() -> Vec<Model<T>> {
    let mut all = Vec::new();
    for activation in Activation::ALL {
        all.push(model(format!("{activation}"), &[], (-6.0, 6.0), move |n| activation.layer([n])));
    }
    all.push(model("softmax over the last of two axes", &[], (-6.0, 6.0), |n| Activation::Softmax.layer([3, n])));
    all.push(model("dense", &[], UNIT, |n| Dense::<T>::new(n, 17).b_init(Init::uniform(-1.0, 1.0))));
    all.push(model("dense without bias", &[], UNIT, |n| Dense::<T>::new(n, 33).bias(false)));
    let conv = |n: usize| Conv2d::<T>::new(3, 8, (3, 3), (5, n.min(40))).b_init(Init::uniform(-1.0, 1.0));
    all.push(model("conv2d", &[], UNIT, conv));
    all.push(model("conv2d stride", &[], UNIT, move |n| conv(n).stride(2, 3)));
    all.push(model("conv2d dilation", &[], UNIT, move |n| conv(n).dilation(2, 1)));
    all.push(model("conv2d explicit", &[], UNIT, move |n| conv(n).padding(Padding::Explicit([(2, 1), (1, 3)]))));
    all.push(model("conv2d valid", &[], UNIT, |n| {
        Conv2d::<T>::new(2, 5, (2, 1), (4, n.min(40))).padding(Padding::Valid).bias(false)
    }));
    all.push(model("conv2d groups", &[], UNIT, |n| Conv2d::<T>::new(4, 6, (3, 2), (4, n.min(40))).groups(2)));
    all.push(model("dense, relu, dense", &[], UNIT, |n| {
        Sequential::new()
            .layer("a", Dense::<T>::new(n, 7))
            .layer("relu", Activation::Relu.layer([7]))
            .layer("b", Dense::new(7, 5))
    }));
    all
}

/// Weights with which no state grows, and which are quick to draw.
fn small(n: usize) -> Init {
    let most = 1.2 / (n.max(1) as f64).sqrt();
    Init::uniform(-most, most)
}

/// Recurrent cells, in every type.
pub(crate) fn cells<T: Scalar>() -> Vec<Model<T>> {
    let mut all = Vec::new();
    for activation in [
        Activation::Relu,
        Activation::Tanh,
        Activation::Sigmoid,
        Activation::Gelu,
        Activation::GeluErf,
        Activation::Identity,
    ] {
        all.push(model(format!("rnn {activation}"), &["state"], UNIT, move |n| {
            brainpy::RnnCell::<T>::new(5, n).wh_init(small(n)).activation(activation)
        }));
    }
    all.push(model("rnn wide input", &["state"], UNIT, |n| {
        brainpy::RnnCell::<T>::new(n, 7).b_init(Init::uniform(-0.3, 0.3))
    }));
    all.push(model("rnn without bias", &["state"], UNIT, |n| {
        brainpy::RnnCell::<T>::new(4, n).wh_init(small(n)).bias(false).state_init(Init::uniform(-0.5, 0.5))
    }));
    all.push(model("gru", &["state"], UNIT, |n| {
        brainpy::GruCell::<T>::new(3, n).wh_init(small(n)).b_init(Init::uniform(-0.3, 0.3))
    }));
    all.push(model("gru of any size", &["state"], UNIT, |n| {
        brainpy::GruCell::<T>::new(3, n).wi_init(small(n)).wh_init(small(n))
    }));
    all.push(model("gru of torch", &["state"], UNIT, |n| {
        GruCell::<T>::new(3, n).wh_init(small(n)).b_init(Init::uniform(-0.3, 0.3))
    }));
    all.push(model("lstm", &["state", "h", "c"], UNIT, |n| brainpy::LstmCell::<T>::new(6, n).wh_init(small(n))));
    all.push(model("lstm of torch", &["state", "h", "c"], UNIT, |n| LstmCell::<T>::new(6, n).wh_init(small(n))));
    all.push(model("dense, rnn, tanh", &["rnn.state"], UNIT, |n| {
        Sequential::new()
            .layer("in", Dense::<T>::new(n, 9))
            .layer("rnn", brainpy::RnnCell::new(9, 11))
            .layer("tanh", Activation::Tanh.layer([11]))
    }));
    all.push(model("rnn, relu, lstm, softmax", &["a.state", "b.c"], UNIT, |n| {
        let stack =
            Sequential::new().layer("a", brainpy::RnnCell::<T>::new(n, 8)).layer("relu", Activation::Relu.layer([8]));
        stack.layer("b", brainpy::LstmCell::new(8, 5)).layer("soft", Activation::Softmax.layer([5]))
    }));
    all
}
