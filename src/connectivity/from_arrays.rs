//! Synapses from arrays, sorted into rows.

use super::build::{Row, pieces, zeroed};
use super::multapses::unit;
use super::rng_streams::{DELAY, WEIGHT};
use super::spec::{ConnectivitySpec, integer_weight, steps};
use super::synapse_table::{Delays, Index, SynapseTable, Weights};
use super::value_rule::ValueRule;
use crate::error::{Error, Result};
use rayon::prelude::*;

/// Builds the synapses of a checked specification. Synapses with the same pair and delay keep their
/// order. Where values are drawn, the number of a synapse is the number of synapses of its pair
/// before it.
pub(super) fn build(spec: &ConnectivitySpec, pre: &[u32], post: &[u32]) -> Result<SynapseTable> {
    if u32::try_from(pre.len()).is_err() {
        return Err(Error::value(spec.of("synapses"), pre.len(), "as arrays are more than 2³² − 1"));
    }
    if spec.narrow() { make::<u16>(spec, pre, post) } else { make::<u32>(spec, pre, post) }
}

/// A synapse of a row. The order of the fields is the order of a row.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Key {
    steps: u32,
    target: u32,
    /// The place in the arrays.
    place: u32,
    /// The number of synapses of the same pair at earlier places.
    number: u32,
}

fn make<X: Index>(spec: &ConnectivitySpec, pre: &[u32], post: &[u32]) -> Result<SynapseTable> {
    let what = spec.of("synapses");
    let mut lengths: Vec<u32> = zeroed(&what, spec.pre.len() as u64)?;
    pre.iter().for_each(|source| lengths[*source as usize] += 1);
    let offsets = spec.offsets(lengths)?;
    let len = pre.len() as u64;
    // The places in the arrays, row by row.
    let mut places: Vec<u32> = zeroed(&what, len)?;
    let mut next = crate::memory::collect(&what, offsets.iter().copied())?;
    for (place, source) in (0..).zip(pre) {
        let at = &mut next[*source as usize];
        places[*at as usize] = place;
        *at += 1;
    }
    drop(next);
    let (weights, times) = (spec.weights()?, spec.times()?);
    let value = |rule: &ValueRule<'_>, purpose, source, key: &Key| match rule {
        ValueRule::Given { values, .. } => values[key.place as usize],
        drawn => {
            let unit = unit(source, spec.pre.len() as u32, key.number);
            drawn.at(spec.stream, purpose, unit, [source, key.target])
        }
    };
    let weigh = !matches!(weights, ValueRule::Same(_));
    let delay = !matches!(times, ValueRule::Same(_));
    let inv_scale = 1.0 / spec.weight_scale();
    let mut targets: Vec<X> = zeroed(&what, len)?;
    let mut integer_weights: Vec<i32> = zeroed(&what, if weigh { len } else { 0 })?;
    let mut delays: Vec<u16> = zeroed(&what, if delay { len } else { 0 })?;
    let sort = |keys: &mut Vec<Key>, source: u32, row: Row<'_, X>| {
        let here = &places[offsets[source as usize] as usize..offsets[source as usize + 1] as usize];
        keys.clear();
        let key = |place: &u32| Key { steps: 0, target: post[*place as usize], place: *place, number: 0 };
        keys.extend(here.iter().map(key));
        keys.sort_unstable();
        for k in 1..keys.len() {
            let before = keys[k - 1];
            keys[k].number = if keys[k].target == before.target { before.number + 1 } else { 0 };
        }
        if delay {
            keys.iter_mut().for_each(|key| key.steps = steps(value(&times, DELAY, source, key), spec.dt, spec.lead));
            keys.sort_unstable();
        }
        row.targets.iter_mut().zip(&*keys).for_each(|(target, key)| *target = X::of(key.target));
        row.delays.iter_mut().zip(&*keys).for_each(|(delay, key)| *delay = key.steps as u16);
        let weight = |key| integer_weight(value(&weights, WEIGHT, source, key), inv_scale);
        row.integer_weights.iter_mut().zip(&*keys).for_each(|(m, key)| *m = weight(key));
    };
    let all = Row {
        targets: &mut targets,
        integer_weights: &mut integer_weights,
        delays: &mut delays,
        ends: &mut [],
        least: 0,
    };
    pieces(&offsets, 0, all)
        .into_par_iter()
        .for_each_init(Vec::new, |keys, piece| piece.each(|source, row| sort(keys, source, row)));
    let weights = if weigh { Weights::Each(integer_weights) } else { Weights::Same };
    let delays = if delay { Delays::Each(delays) } else { Delays::Same(*spec.delays()?.start()) };
    Ok(SynapseTable { offsets, targets: X::pack(targets), weights, delays })
}
