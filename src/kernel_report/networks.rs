//! The modules of networks: two groups with receptors and drives of every kind, in every kernel
//! variant.

use super::Module;
use crate::cuda::compiler::request::Probes;
use crate::cuda::network::{KernelVariant, request};
use crate::equations::Equations;
use crate::init::{Distribution, Init};
use crate::models::{Hh, Lif, Method};
use crate::network::{BioNmda, Connect, Group, Magnesium, Network, Projection, Receptor, Stdp};
use crate::numeric::scalar::Real;
use crate::system::System;
use crate::system::program::ProgramBody;

pub(super) fn list() -> Vec<Module> {
    let mut all = of_type::<f64>();
    all.extend(of_type::<f32>());
    all
}

fn of_type<T: Real>() -> Vec<Module> {
    let cut = |whole, alone, in_registers| KernelVariant { whole, alone, in_registers, ..KernelVariant::default() };
    let procedural = KernelVariant { procedural: true, ..cut(true, false, true) };
    let network = network::<T>();
    // All elements of the first variable, bits of another.
    let probes: Probes<'_> = &[(0, 0), (4, 2)];
    [
        ("network_block", cut(true, true, true), probes),
        ("network_scan", cut(true, false, true), probes),
        ("network_scan_lean", cut(true, false, true), &[]),
        ("network_large", cut(true, false, false), probes),
        ("network_step", cut(false, false, false), probes),
        ("network_procedural", procedural, &[]),
    ]
    .into_iter()
    .filter_map(|(name, cut, probes)| module(name, network.as_ref()?, cut, probes))
    .chain(delayed::<T>().and_then(|network| {
        module("network_sum_ring", &network, KernelVariant { sum_ring: true, ..cut(true, false, true) }, &[])
    }))
    .chain(bounded::<T>().and_then(|network| module("network_procedural_bounded", &network, procedural, &[])))
    .chain(
        kinetics::<T>()
            .and_then(|network| module("network_kinetics", &network, cut(true, false, true), &[(0, 0), (8, 0)])),
    )
    .chain(exact::<T>().and_then(|network| module("network_exact", &network, cut(true, false, true), &[])))
    .chain(plastic::<T>().and_then(|network| {
        module("network_plastic", &network, cut(true, false, true), &[(0, 0), (1, 2), (5, 0), (135, 0)])
    }))
    .chain(plastic_text::<T>().and_then(|network| {
        module("network_plastic_text", &network, cut(true, false, true), &[(0, 0), (5, 0), (135, 0)])
    }))
    .collect()
}

fn network<T: Real>() -> Option<Network<T>> {
    of_projection(Projection::new("p", "E", ("I", "e")))
}

/// The same groups with a projection whose synapses have delays of their own.
fn delayed<T: Real>() -> Option<Network<T>> {
    of_projection(Projection::new("p", "E", ("I", "e")).weight(Init::uniform(0.0, 1.0)).delay(Init::uniform(0.1, 4.0)))
}

/// The same groups with a procedural projection of bounded weights.
fn bounded<T: Real>() -> Option<Network<T>> {
    let weight = Distribution::Normal(1.0, 1.0).redrawn(0.0..);
    of_projection(Projection::new("p", "E", ("I", "e")).connect(Connect::AllToAll).weight(weight).procedural())
}

fn of_projection<T: Real>(projection: Projection) -> Option<Network<T>> {
    let excites = Group::new("E", Hh::<T>::new(9))
        .receptor(Receptor::exponential("e", 5.0))
        .receptor(Receptor::exponential("i", 9.0))
        .receptor(Receptor::delta("kick", "V"))
        .current(1.0)
        .noise(1.0)
        .poisson("e", 9.0, 1.0);
    let inhibits = Group::new("I", Lif::<T>::new(9)).receptor(Receptor::exponential("e", 5.0)).input();
    Network::builder(0.1).group(excites).group(inhibits).project(projection).build().ok()
}

/// A network with receptors of every time course, and with presynaptic kinetics, all of whose
/// release models are one text.
fn kinetics<T: Real>() -> Option<Network<T>> {
    let all = |group: Group<T>| {
        group
            .receptor(Receptor::dual_exponential("dual", 1.0, 5.0).coba(0.0))
            .receptor(Receptor::alpha("alpha", 2.0))
            .receptor(Receptor::graded("nmda").coba(0.0).magnesium(Magnesium::default()))
            .receptor(Receptor::gap("gap"))
    };
    let within = Projection::new("w", "E", ("E", "nmda")).kinetics(BioNmda::default());
    let joined = Projection::new("j", "E", ("I", "gap")).weight(0.5);
    let (excites, inhibits) = (Hh::<T>::new(9).conductance(), Lif::<T>::new(9).conductance());
    let network = Network::builder(0.1).group(all(Group::new("E", excites))).group(all(Group::new("I", inhibits)));
    network.project(within).project(joined).build().ok()
}

/// A network that is integrated exactly.
fn exact<T: Real>() -> Option<Network<T>> {
    let group = |name: &str| {
        Group::new(name, Lif::<T>::new(9).method(Method::Exact))
            .receptor(Receptor::exponential("e", 5.0))
            .receptor(Receptor::alpha("a", 2.0))
            .receptor(Receptor::delta("d", "V"))
            .current(1.0)
            .poisson("e", 9.0, 1.0)
    };
    let project = Projection::new("p", "E", ("I", "e"));
    Network::builder(0.1).group(group("E")).group(group("I")).project(project).build().ok()
}

/// A network with plastic weights, and recordings of its plastic variables.
fn plastic<T: Real>() -> Option<Network<T>> {
    let group = |name: &str| {
        Group::new(name, Lif::<T>::new(9)).receptor(Receptor::exponential("e", 5.0)).current(1.0).noise(1.0)
    };
    let within = Projection::new("w", "E", ("E", "e")).weight(0.5).stdp(Stdp::new(1.0));
    let to = Projection::new("p", "E", ("I", "e")).weight(0.5).delay(1.0).stdp(Stdp::new(1.0));
    Network::builder(0.1).group(group("E")).group(group("I")).project(within).project(to).build().ok()
}

/// Plasticity by the potential of the target, with variables of sources, targets and synapses.
const RULE: &str = "
    input V
    x' = -x/15
    u' = (V - u)/10
    c' = -c/20
    w' = 0.01*c + 0.001*x*max(u + 45, 0)
    weight w from 0 to 1
    on pre: w -= 0.01*max(u + 70, 0); c -= 0.1; x += 1
    on post: w += 0.01*x; c += 0.1*x
";

/// A network with a text of plasticity.
fn plastic_text<T: Real>() -> Option<Network<T>> {
    let rule = Equations::new(RULE).ok()?;
    let group = |name: &str| Group::new(name, Lif::<T>::new(9)).receptor(Receptor::exponential("e", 5.0));
    let within = Projection::new("w", "E", ("E", "e")).weight(0.5).plasticity(rule.clone());
    let to = Projection::new("p", "E", ("I", "e")).weight(0.5).delay(1.0).plasticity(rule);
    Network::builder(0.1).group(group("E")).group(group("I")).project(within).project(to).build().ok()
}

fn module<T: Real>(name: &str, network: &Network<T>, cut: KernelVariant, probes: Probes<'_>) -> Option<Module> {
    let ProgramBody::Network(network) = network.program(0.1)?.body else { return None };
    let groups = network.plan.groups.len();
    let probes: Vec<Probes<'_>> = (0..groups).map(|n| if n == 0 { probes } else { &[] }).collect();
    let places: Vec<_> = (0..groups).map(|n| n * 4096).collect();
    let request = request(T::DTYPE, &network, &probes, &places, cut).ok()?;
    Some(Module { name: name.to_owned(), dtype: T::DTYPE, request, needs: 75 })
}

#[cfg(test)]
mod tests {
    #[test]
    fn none_is_missing() {
        assert_eq!(super::list().len(), 24);
    }
}
