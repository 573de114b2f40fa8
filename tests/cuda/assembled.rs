//! A network of neurons assembled from channels, and of sources, has the bits of the CPU.

use crate::cuda::child::apart;
use crate::cuda::networks::same_bits;
use crate::neurons::channel_text::example;
use overtime::models::{Channel, ChannelKind, CondNeuGroup, InputGroup, Lif, PoissonGroup, SpikeTimeGroup};
use overtime::network::{Connect, Group, Network, Projection, Receptor};
use overtime::{Builder, Init, LoopOverTime, Real, Strategy, monitor};

/// A thalamic relay neuron with conductances, and a second neuron whose CUDA texts have the same
/// names with other contents.
fn network<T: Real>(n: usize) -> Network<T> {
    let channel = |kind: ChannelKind| Channel::<T>::new(kind);
    let few = n.div_ceil(2);
    let relay = CondNeuGroup::<T>::new(n)
        .channel("INa", channel(ChannelKind::INaBa2002))
        .channel("IT", channel(ChannelKind::ICaTHm1992))
        .channel(
            "IL",
            channel(ChannelKind::IL)
                .param("E", (0..n).map(|k| T::of(-70.0 - (k % 5) as f64)).collect::<Vec<_>>())
                .unwrap(),
        )
        .v(Init::Constant(-62.0))
        .conductance();
    let plain =
        CondNeuGroup::<T>::new(few).channel("IK", channel(ChannelKind::IKHh1952)).v(Init::uniform(-70.0, -50.0));
    let text = CondNeuGroup::<T>::new(few)
        .channel("IA", example("a_type"))
        .channel("IL", channel(ChannelKind::IL))
        .v(Init::uniform(-70.0, -50.0))
        .conductance();
    let times: Vec<f64> = (0..3 * few).map(|k| 0.1 * (k % 11) as f64).collect();
    let indices: Vec<usize> = (0..3 * few).map(|k| k * 7 % few).collect();
    let freqs: Vec<T> = (0..n).map(|k| T::of(if k % 3 == 0 { 10_000.0 } else { 900.0 })).collect();
    Network::builder(0.1)
        .group(
            Group::new("R", relay)
                .receptor(Receptor::exponential("e", 2.0).coba(0.0))
                .receptor(Receptor::exponential("i", 4.0)),
        )
        .group(Group::new("K", plain).receptor(Receptor::exponential("e", 3.0)).current(2.0))
        .group(Group::new("Q", text).receptor(Receptor::exponential("e", 2.0).coba(0.0)).current(4.0))
        .group(Group::new("L", Lif::<T>::new(few)).receptor(Receptor::delta("jump", "V")))
        .group(Group::new("P", PoissonGroup::<T>::new(n, freqs)))
        .group(Group::new("T", SpikeTimeGroup::new(few, &indices, &times).unwrap()))
        .group(Group::new("X", InputGroup::new(few)).input())
        .project(Projection::new("PR", "P", ("R", "e")).connect(Connect::OneToOne).weight(0.3))
        .project(Projection::new("TR", "T", ("R", "i")).connect(Connect::AllToAll).weight(0.7).delay(0.2))
        .project(Projection::new("PQ", "P", ("Q", "e")).connect(Connect::AllToAll).weight(0.05))
        .project(Projection::new("PK", "P", ("K", "e")).connect(Connect::AllToAll).weight(0.2))
        .project(Projection::new("XL", "X", ("L", "jump")).connect(Connect::OneToOne).weight(30.0))
        .build()
        .unwrap()
}

fn builder<T: Real>(n: usize, batch: Option<usize>) -> Builder<T, Network<T>> {
    let vars = ["R.V", "R.INa.p", "R.IT.q", "R.e", "K.V", "K.IK.p", "Q.V", "Q.IA.a", "L.V"];
    let spikes = ["P", "T", "X"].map(|name| monitor(format!("{name}.spike")).events());
    // The input of the InputGroup goes up to 6. A value that is not 0 or 1 makes its variable NaN.
    let builder = LoopOverTime::builder(network(n)).allow_non_finite();
    builder.dt(0.1).batch(batch).seed(3).out_vars(vars.map(monitor).into_iter().chain(spikes).collect::<Vec<_>>())
}

#[test]
fn a_network_of_assembled_neurons_and_sources_has_the_cpus_bits() {
    apart("assembled::a_network_of_assembled_neurons_and_sources_has_the_cpus_bits", || {
        let strategies = [Strategy::HostLoop, Strategy::Persistent];
        same_bits::<f32>(builder, &[(1, None, 1), (37, Some(2), 15)], &strategies);
        same_bits::<f64>(builder, &[(37, None, 9)], &strategies[1..]);
    });
}
