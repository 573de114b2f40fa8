//! Receptors with a rise or a magnesium block, and presynaptic kinetics: the bits of the CPU in
//! every strategy.

use crate::cuda::child::apart;
use crate::cuda::device;
use crate::cuda::networks::same_bits;
use crate::cuda::parity::STRATEGIES;
use overtime::models::{Lif, TraubMiles};
use overtime::network::{Ampa, BioNmda, Connect, Group, Magnesium, Network, Nmda, Projection, Receptor, Stp};
use overtime::{Builder, Error, Init, LoopOverTime, Real, Strategy, monitor};

/// Short and long rows, with one weight and with many, with delays below and above a warp's memory,
/// and with parts that start within a warp.
fn network<T: Real>(n: usize) -> Network<T> {
    let few = n.div_ceil(4);
    let cells = Group::new("P", TraubMiles::<T>::new(n))
        .receptor(Receptor::alpha("alpha", 1.5))
        .receptor(Receptor::delta("kick", "V"))
        .receptor(Receptor::dual_exponential("dual", 0.4, 4.0).coba(0.0).init(Init::uniform(0.0, 300.0)))
        .receptor(Receptor::graded("nmda").coba(0.0).magnesium(Magnesium::default()))
        .receptor(Receptor::graded("gaba").coba(-80.0))
        .receptor(Receptor::gap("gap"))
        .poisson("dual", 500.0, 9.0);
    let others =
        Group::new("L", Lif::<T>::new(few).v(Init::uniform(5.0, 20.0)).param("tau", 2.0).unwrap().conductance())
            .receptor(Receptor::graded("ampa"))
            .receptor(Receptor::alpha("slow", 3.0))
            .receptor(Receptor::gap("gap"))
            .current(26.0);
    let own = Init::uniform(-3.0, 9.0);
    Network::builder(0.1)
        .seed(6)
        .group(cells)
        .group(others)
        .project(
            Projection::new("S", "P", ("P", "alpha"))
                .weight(25.0)
                .kinetics(Stp { release: 0.5, tau_f: 9.0, tau_d: 40.0 })
                .delay(0.2)
                .init("u", Init::uniform(0.0, 1.0)),
        )
        .project(
            Projection::new("N", ("P", n / 3..n), ("P", "nmda"))
                .weight(own.clone())
                .kinetics(Nmda::default())
                .init("x", 0.5)
                .delay(0.1),
        )
        .project(Projection::new("B", "L", ("P", n / 2..n, "nmda")).weight(2.0).kinetics(BioNmda::default()))
        .project(
            Projection::new("G", "L", ("P", 0..few, "gaba"))
                .connect(Connect::OneToOne)
                .weight(7.0)
                .kinetics(Ampa::gaba_a()),
        )
        .project(
            Projection::new("A", "P", ("L", "ampa"))
                .connect(Connect::FixedNumPost(few.min(3)))
                .weight(own)
                .kinetics(Ampa::default()),
        )
        .project(
            Projection::new("D", "L", ("L", "slow"))
                .connect(Connect::FixedNumPost(few.min(5)))
                .weight(Init::normal(1.0, 0.5))
                .kinetics(Stp::default())
                .delay(3.3),
        )
        .project(Projection::new("F", "L", ("P", "alpha")).weight(9.0).kinetics(Stp {
            release: 0.4,
            tau_f: 0.0,
            tau_d: 0.0,
        }))
        .project(Projection::new("J", ("P", n / 5..n), ("P", "gap")).connect(Connect::FixedProb(0.1)).weight(3.0))
        .project(Projection::new("K", "P", ("L", "gap")).weight(Init::uniform(0.0, 0.002)))
        .project(Projection::new("plain", "L", ("P", "kick")).connect(Connect::FixedProb(0.2)).weight(0.5))
        .build()
        .unwrap()
}

fn builder<T: Real>(n: usize, batch: Option<usize>) -> Builder<T, Network<T>> {
    let vars = [
        "P.alpha",
        "P.alpha.rise",
        "P.dual.rise",
        "P.nmda",
        "S.u",
        "N.x",
        "B.left",
        "D.x",
        "P.gap",
        "P.gap.g",
        "L.gap",
        "L.V",
    ];
    let vars = vars.into_iter().map(monitor).chain([monitor("P.spike").events()]).collect::<Vec<_>>();
    LoopOverTime::builder(network(n)).dt(0.1).batch(batch).seed(3).out_vars(vars)
}

#[test]
fn kinetics_in_f32_have_the_cpus_bits() {
    apart("kinetics::kinetics_in_f32_have_the_cpus_bits", || {
        same_bits::<f32>(builder, &[(1, None, 2), (33, Some(2), 45)], &STRATEGIES);
        // The warps of a block share these rows.
        same_bits::<f32>(builder, &[(201, None, 14)], &[Strategy::Persistent]);
    });
}

#[test]
fn kinetics_in_f64_have_the_cpus_bits() {
    apart("kinetics::kinetics_in_f64_have_the_cpus_bits", || {
        same_bits::<f64>(builder, &[(65, None, 20)], &[Strategy::Persistent]);
    });
}

/// A potential outside the range of gap junctions is the CPU's error. If non-finite values are
/// allowed, the run has the CPU's bits.
#[test]
fn a_potential_out_of_range_is_the_cpus_error() {
    apart("kinetics::a_potential_out_of_range_is_the_cpus_error", || {
        let Some(device) = device() else { return };
        let build = |n: usize| {
            let cells = Lif::<f32>::new(n).param("V_th", 1e9).unwrap().conductance();
            let current: Vec<f32> = (0..n).map(|k| if k == n / 2 { -1000.0 } else { k as f32 }).collect();
            let network = Network::builder(0.1)
                .group(Group::new("c", cells).receptor(Receptor::gap("gap")).current(current))
                .project(
                    Projection::new("j", ("c", n / 3..n), ("c", "gap")).connect(Connect::FixedProb(0.3)).weight(1e-4),
                )
                .project(Projection::new("k", "c", ("c", "gap")).connect(Connect::OneToOne).weight(1e-4));
            LoopOverTime::builder(network.build().unwrap()).dt(0.1).batch(2).out_vars(["c.V", "c.gap"])
        };
        for n in [3, 37] {
            let expected = build(n).build().unwrap().run_steps(90).map(|r| r.i).unwrap_err();
            assert!(
                matches!(&expected, Error::OutOfRange { variable, index, .. } if variable == "c.V" && *index == n / 2),
                "{expected}"
            );
            let passed = build(n).allow_non_finite().build().unwrap().run_steps(90).unwrap();
            assert!(passed["c.V"][[89, 1, n / 2]].is_nan() && passed["c.V"][[89, 1, 0]].is_finite());
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
