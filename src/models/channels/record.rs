//! The record of the operations of a channel, for a neuron whose channels are one model.

use super::ChannelKind;
use super::kinetics::{E, G_MAX, Kinetics, WithKinetics};
use crate::equations::graph::Leaf;
use crate::equations::traced::{Record, Traced, record};

impl ChannelKind {
    /// The record of a and s of each gate, whose slope is a − s·x, and of the current in µA/cm². The
    /// potential is the input.
    pub(crate) fn record(self) -> Option<Record> {
        let mut made = None;
        self.with(Recorded(&mut made));
        made
    }
}

struct Recorded<'r>(&'r mut Option<Record>);

impl WithKinetics for Recorded<'_> {
    fn call<K: Kinetics<G, P>, const G: usize, const P: usize>(self) {
        *self.0 = Some(record(|| {
            let (v, p) = (Traced::leaf(Leaf::Input(0)), Traced::params::<P>());
            let rates = K::rates(v, &p.into());
            let g = p[G_MAX] * K::open(Traced::states());
            rates.into_iter().flat_map(|(a, s)| [a, s]).chain([g * (p[E] - v)]).collect()
        }));
    }
}
