//! Plasticity that is a text of equations: the bits of the CPU in every strategy.

use crate::cuda::child::apart;
use crate::cuda::networks::same_bits;
use crate::cuda::parity::STRATEGIES;
use crate::networks::plasticity_rules::{RULE, network};
use overtime::network::Network;
use overtime::{Builder, Equations, LoopOverTime, Real, Strategy, monitor};

fn builder<T: Real>(n: usize, batch: Option<usize>) -> Builder<T, Network<T>> {
    let rule = Equations::new(RULE).unwrap();
    let vars = ["w", "c", "n", "x", "u", "p", "q", "V"];
    let all = ["within", "to", "near"].into_iter().zip([1, 3, 2]);
    let all = all.flat_map(|(name, every)| vars.map(|var| monitor(format!("{name}.{var}")).every(every)));
    // A GPU records a limited number of variables of a group.
    let some = all.enumerate().filter(|(k, _)| (k + n).is_multiple_of(3)).map(|(_, of)| of);
    let vars: Vec<_> = some.chain([monitor("pairs.w"), monitor("I.spike").events()]).collect();
    LoopOverTime::builder(network(n, &rule)).dt(0.1).batch(batch).seed(3).out_vars(vars)
}

#[test]
fn texts_of_plasticity_in_f32_have_the_cpus_bits() {
    apart("plasticity_text::texts_of_plasticity_in_f32_have_the_cpus_bits", || {
        same_bits::<f32>(builder, &[(2, None, 3), (33, Some(2), 71), (34, None, 1), (131, None, 30)], &STRATEGIES);
    });
}

#[test]
fn texts_of_plasticity_in_f64_have_the_cpus_bits() {
    apart("plasticity_text::texts_of_plasticity_in_f64_have_the_cpus_bits", || {
        same_bits::<f64>(builder, &[(65, None, 40)], &[Strategy::Persistent]);
    });
}
