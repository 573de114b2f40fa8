//! Tests of rules, values and order.

mod joint;
mod multapses;
mod refused;
mod rules;
mod values;

use super::{Connect, ConnectivitySpec, SynapseTable};
use crate::init::Init;
use crate::numeric::rng::Stream;

const SEED: u64 = 20_261_123;

pub(super) fn spec(connect: Connect, pre: usize, post: usize) -> ConnectivitySpec {
    ConnectivitySpec {
        name: "test".into(),
        connect,
        stream: Stream::named(SEED, "test"),
        pre: 0..pre,
        post: 0..post,
        same_group: true,
        autapses: true,
        multapses: None,
        procedural: false,
        weight: Init::Constant(1.5),
        delay: Init::Constant(1.5),
        lead: 0,
        sum_scale: 0.0,
        dt: 0.1,
    }
}

fn targets(table: &SynapseTable, source: usize) -> Vec<u32> {
    table.row(source).map(|place| table.target(place)).collect()
}
