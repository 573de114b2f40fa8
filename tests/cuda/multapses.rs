//! A network with several synapses of a pair has the bits of the CPU: with a delay for each
//! synapse, plastic weights and release models.

use crate::cuda::child::apart;
use crate::cuda::networks::{SEED, same_bits};
use crate::cuda::parity::STRATEGIES;
use overtime::models::Lif;
use overtime::network::{Connect, Group, Network, Projection, Receptor, Stdp, Stp};
use overtime::{Builder, Init, LoopOverTime, Real, Strategy, monitor};

fn repeated<T: Real>(n: usize, batch: Option<usize>) -> Builder<T, Network<T>> {
    let cells = |name: &str, n: usize| {
        let lif = Lif::<T>::new(n).param("tau", 2.0).unwrap().v(Init::uniform(-5.0, 20.0));
        Group::new(name, lif).receptor(Receptor::exponential("s", 3.0)).receptor(Receptor::exponential("t", 1.0))
    };
    let few = n.div_ceil(3);
    let project = |name: &str, from: &str, to: (&str, &str), connect| {
        Projection::new(name, from, (to.0.to_owned(), to.1.to_owned())).connect(connect).multapses(true)
    };
    let drawn = Init::uniform(-0.3, 0.6);
    let network = Network::builder(0.1)
        .seed(11)
        .group(cells("E", n).current(24.0))
        .group(cells("I", few).current(27.0))
        .project(project("same", "E", ("I", "s"), Connect::FixedTotalNumber(9 * n)).weight(0.1).delay(0.2))
        .project(
            project("own", "E", ("E", "s"), Connect::FixedTotalNumber(if n > 1 { 20 * n } else { 0 }))
                .autapses(false)
                .weight(drawn.clone())
                .delay(Init::uniform(0.0, 1.5)),
        )
        .project(project("outs", "I", ("E", "t"), Connect::FixedNumPost(n + 9)).weight(drawn.clone()).delay(0.1))
        .project(
            project("ins", "I", ("I", "t"), Connect::FixedNumPre(few + 3)).weight(0.05).delay(Init::uniform(0.0, 2.0)),
        )
        .project(
            project("learned", "E", ("I", "t"), Connect::FixedTotalNumber(7 * n))
                .weight(Init::uniform(0.0, 0.4))
                .delay(Init::uniform(0.2, 0.6))
                .stdp(Stdp::new(0.5).tau(3.0, 4.0)),
        )
        .project(
            project("released", "E", ("E", "t"), Connect::FixedNumPost(12))
                .weight(Init::uniform(0.0, 0.9))
                .kinetics(Stp::default()),
        );
    let vars = [
        monitor("E.V"),
        monitor("E.s").every(2),
        monitor("I.spike").events(),
        monitor("learned.w").every(5),
        monitor("E.t").every(3),
    ];
    LoopOverTime::builder(network.build().unwrap()).dt(0.1).batch(batch).seed(SEED).out_vars(vars)
}

#[test]
fn networks_with_multapses_have_the_cpus_bits() {
    apart("multapses::networks_with_multapses_have_the_cpus_bits", || {
        same_bits::<f32>(repeated, &[(33, Some(2), 40), (1, None, 40)], &STRATEGIES);
        same_bits::<f64>(repeated, &[(35, None, 40)], &[Strategy::Persistent]);
    });
}
