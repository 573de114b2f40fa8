//! Kinetics that are texts of equations: the bits of the CPU in every strategy.

use crate::cuda::child::apart;
use crate::cuda::device;
use crate::cuda::networks::same_bits;
use crate::cuda::parity::STRATEGIES;
use crate::networks::kinetics_text::example;
use overtime::models::{Lif, TraubMiles};
use overtime::network::{Connect, Group, Network, Projection, Receptor, Stp};
use overtime::{Builder, Equations, Init, LoopOverTime, Real, Strategy, monitor};

/// A text with all functions.
const FUNCTIONS: &str = "
    param k = 0.7
    input V
    a' = -a/5 + k*tanh(V/40)/9
    b' = where(a > 0, exp(-abs(a)), log(1 + a*a)) - b*sqrt(1 + a^2)
    state a = 0.3*randn()
    state b = rand()
    each step: c = max(min(b, 0.9), -0.9); b = clip(b, -2, 2)
    state c = 0
    on spike: a += 0.5*cos(b); b = -b*sin(a)
    transmit clip(c*sigmoid(a), -1, 1)
";

/// Texts beside kinetics of the library, short and long delays, parts that start within a warp, gap
/// junctions and deltas onto the potential that a text reads.
fn network<T: Real>(n: usize) -> Network<T> {
    let few = n.div_ceil(4);
    let cells = Group::new("P", TraubMiles::<T>::new(n))
        .receptor(Receptor::exponential("e", 4.0))
        .receptor(Receptor::delta("kick", "V"))
        .receptor(Receptor::graded("gaba").coba(-80.0))
        .receptor(Receptor::gap("gap"))
        .poisson("e", 500.0, 150.0)
        .poisson("kick", 300.0, 1.5);
    let others =
        Group::new("L", Lif::<T>::new(few).v(Init::uniform(5.0, 20.0)).param("tau", 2.0).unwrap().conductance())
            .receptor(Receptor::graded("ampa"))
            .receptor(Receptor::alpha("slow", 3.0))
            .current(26.0);
    let own = Init::uniform(-3.0, 9.0);
    Network::builder(0.1)
        .seed(6)
        .group(cells)
        .group(others)
        .project(Projection::new("J", ("P", n / 5..n), ("P", "gap")).connect(Connect::FixedProb(0.1)).weight(3.0))
        .project(
            Projection::new("S", "P", ("P", "e"))
                .weight(25.0)
                .kinetics(example("stp").param("tau_d", 40.0).unwrap().param("tau_f", 9.0).unwrap())
                .delay(0.2)
                .init("u", Init::uniform(0.0, 1.0)),
        )
        .project(Projection::new("B", "P", ("P", "e")).weight(9.0).kinetics(Stp::default()).delay(0.5))
        .project(Projection::new("G", ("P", n / 3..n), ("P", "gaba")).weight(own.clone()).kinetics(example("graded")))
        .project(
            Projection::new("A", "P", ("L", "ampa"))
                .connect(Connect::FixedNumPost(few.min(3)))
                .weight(own.clone())
                .delay(0.3)
                .kinetics(example("ampa")),
        )
        .project(Projection::new("F", "P", ("L", "ampa")).weight(own).kinetics(Equations::new(FUNCTIONS).unwrap()))
        .project(
            Projection::new("D", "L", ("L", "slow"))
                .connect(Connect::FixedNumPost(few.min(5)))
                .weight(Init::normal(1.0, 0.5))
                .kinetics(example("stp"))
                .delay(3.3),
        )
        .project(
            Projection::new("T", "L", ("P", 0..few, "gaba"))
                .connect(Connect::OneToOne)
                .weight(7.0)
                .kinetics(example("tsodyks_2000")),
        )
        .project(Projection::new("plain", "L", ("P", "kick")).connect(Connect::FixedProb(0.2)).weight(0.5))
        .build()
        .unwrap()
}

fn builder<T: Real>(n: usize, batch: Option<usize>) -> Builder<T, Network<T>> {
    let vars = [
        "S.u",
        "S.x",
        "S.transmitted",
        "B.x",
        "G.s",
        "G.transmitted",
        "A.left",
        "F.a",
        "F.b",
        "F.transmitted",
        "D.x",
        "T.z",
        "P.gaba",
        "L.ampa",
        "P.V",
        "L.V",
    ];
    let vars = vars.into_iter().map(monitor).chain([monitor("P.spike").events()]).collect::<Vec<_>>();
    LoopOverTime::builder(network(n)).dt(0.1).batch(batch).seed(3).out_vars(vars)
}

#[test]
fn texts_of_kinetics_in_f32_have_the_cpus_bits() {
    apart("kinetics_text::texts_of_kinetics_in_f32_have_the_cpus_bits", || {
        same_bits::<f32>(builder, &[(1, None, 2), (37, Some(2), 45)], &STRATEGIES);
        // The warps of a block share these rows.
        same_bits::<f32>(builder, &[(201, None, 14)], &[Strategy::Persistent]);
    });
}

#[test]
fn texts_of_kinetics_in_f64_have_the_cpus_bits() {
    apart("kinetics_text::texts_of_kinetics_in_f64_have_the_cpus_bits", || {
        same_bits::<f64>(builder, &[(65, None, 20)], &[Strategy::Persistent]);
    });
}

#[test]
fn an_amount_out_of_range_is_the_cpus_error() {
    apart("kinetics_text::an_amount_out_of_range_is_the_cpus_error", || {
        let Some(device) = device() else { return };
        let build = |n: usize| {
            let cells = Lif::<f32>::new(n).param("V_th", 1e9).unwrap();
            let current: Vec<f32> = (0..n).map(|k| if k == n / 2 { 1000.0 } else { k as f32 / 100.0 }).collect();
            let text = "input V\nx' = V/1000\ntransmit where(x > 1 and x < 1.5, x, 0.5)";
            let network = Network::builder(0.1)
                .group(Group::new("c", cells).receptor(Receptor::graded("s")).current(current))
                .project(
                    Projection::new("j", ("c", n / 3..n), ("c", "s"))
                        .weight(1e-4)
                        .kinetics(Equations::new(text).unwrap()),
                );
            LoopOverTime::builder(network.build().unwrap()).dt(0.1).batch(2).out_vars(["j.transmitted", "c.V"])
        };
        for n in [3, 37] {
            let expected = build(n).build().unwrap().run_steps(90).map(|r| r.i).unwrap_err();
            let named = matches!(&expected, overtime::Error::OutOfRange { variable, index, .. }
                if variable == "j.transmitted" && *index == n / 2);
            assert!(named, "{expected}");
            let passed = build(n).allow_non_finite().build().unwrap().run_steps(90).unwrap();
            assert!(passed["j.transmitted"][[89, 1, n / 2]].is_nan());
            for strategy in STRATEGIES {
                let on = || build(n).device(device).strategy(strategy);
                let found = on().build().unwrap().run_steps(90).map(|r| r.i).unwrap_err();
                assert_eq!(found.to_string(), expected.to_string(), "{strategy}");
                let allowed = on().allow_non_finite().build().unwrap().run_steps(90).unwrap();
                crate::cuda::bits::same_runs(&format!("{n}, {strategy}"), &allowed, &passed);
            }
        }
    });
}

/// Oscillators with two sums of their sources, and rates without spikes that they act on.
fn oscillators<T: Real>(n: usize, batch: Option<usize>) -> Builder<T, Network<T>> {
    let text = |text: &str| Equations::new(text).unwrap();
    let phases = text(
        "input S\ninput g\nV' = 0.6 + 0.3*(S*cos(V) - g*sin(V))\nstate V = 6.28*rand()\nspike when V >= 6.28\nreset V -= 6.28",
    );
    let rates = text("input S\nV' = (S - V)/5\nstate V = rand()");
    let project = |from: &str, to: (&str, &str), amount: &str| {
        let kinetics = text(&format!("input V\ntransmit {amount}"));
        Projection::new(format!("{from}_{}", to.1), from, to).weight(1.0 / n as f64).kinetics(kinetics)
    };
    let network = Network::builder(0.1)
        .group(
            Group::new("P", phases.units(n)).receptor(Receptor::graded("S")).receptor(Receptor::graded("C").coba(0.0)),
        )
        .group(Group::new("R", rates.units(n)).receptor(Receptor::graded("T")).current(0.5))
        .project(project("P", ("P", "S"), "sin(V)"))
        .project(project("P", ("P", "C"), "cos(V)"))
        .project(project("P", ("R", "T"), "sin(V)"))
        .project(project("R", ("P", "S"), "clip(V, 0, 1)"));
    let vars = ["P.V", "R.V", "R.spike"].map(monitor);
    LoopOverTime::builder(network.build().unwrap()).dt(0.1).batch(batch).seed(8).out_vars(vars)
}

#[test]
fn groups_without_spikes_have_the_cpus_bits() {
    apart("kinetics_text::groups_without_spikes_have_the_cpus_bits", || {
        same_bits::<f32>(oscillators, &[(37, Some(2), 30)], &STRATEGIES);
        same_bits::<f64>(oscillators, &[(5, None, 60)], &[Strategy::Persistent]);
    });
}
