//! Builds a projection's synapses in parallel: first the lengths of rows, then the rows. No bit
//! depends on the number of threads.

use super::rng_streams::{DELAY, WEIGHT};
use super::rows::Rows;
use super::spec::ConnectivitySpec;
use super::synapse_table::{Delays, Index, SynapseTable, Weights};
use super::value_rule::ValueRule;
use super::values::Values;
use super::{Connect, fixed_indegree, from_arrays};
use crate::error::{Error, Result};
use crate::memory;
use crate::memory::threads;
use rayon::prelude::*;
use std::mem::take;
use std::ops::Range;

/// The approximate number of synapses of a piece of work.
const PIECE: u64 = 1 << 16;

impl ConnectivitySpec {
    /// Builds the synapses.
    ///
    /// # Errors
    /// If [`ConnectivitySpec::check`] refuses the specification, or memory is short.
    pub(crate) fn build(&self) -> Result<SynapseTable> {
        self.check()?;
        memory::require(&self.of("synapses"), self.estimate())?;
        threads::run(|| match &self.connect {
            Connect::Arrays { pre, post } => from_arrays::build(self, pre, post),
            _ if self.narrow() => self.make::<u16>(),
            _ => self.make::<u32>(),
        })?
    }

    fn make<X: Index>(&self) -> Result<SynapseTable> {
        let rows = Rows::of(self);
        let what = self.of("synapses");
        let made = if let Connect::FixedNumPre(k) = self.connect {
            Some(fixed_indegree::make::<X>(self, &rows, k)?)
        } else {
            None
        };
        let there = made.is_some();
        let (offsets, mut targets) = match made {
            Some(made) => made,
            None => {
                let offsets = self.offsets(lengths(&rows, &what)?)?;
                let targets = zeroed::<X>(&what, offsets.last().copied().unwrap_or(0))?;
                (offsets, targets)
            }
        };
        let finish = Finish::of(self)?;
        let len = targets.len() as u64;
        let mut integer_weights: Vec<i32> = zeroed(&what, if finish.weigh { len } else { 0 })?;
        let mut delays: Vec<u16> = zeroed(&what, if finish.delay { len } else { 0 })?;
        if !there || finish.weigh || finish.delay {
            let pieces = pieces(&offsets, &mut targets, &mut integer_weights, &mut delays);
            pieces.into_par_iter().for_each_init(Scratch::default, |scratch, piece| {
                piece.each(|source, row| {
                    if there {
                        scratch.row.clear();
                        scratch.row.extend(row.targets.iter().map(|target| target.wide()));
                    } else {
                        rows.row(source, &mut scratch.row);
                    }
                    finish.row(source, scratch, row);
                });
            });
        }
        let weights = if finish.weigh { Weights::Each(integer_weights) } else { Weights::Same };
        let delays = if finish.delay { Delays::Each(delays) } else { Delays::Same(*self.delays()?.start()) };
        Ok(SynapseTable { offsets, targets: X::pack(targets), weights, delays })
    }

    /// Returns the start of each row, for rows of these lengths.
    pub(crate) fn offsets(&self, lengths: Vec<u32>) -> Result<Vec<u64>> {
        let mut offsets = memory::room(&self.of("synapses"), lengths.len() + 1)?;
        let mut at = 0_u64;
        offsets.push(0);
        offsets.extend(lengths.iter().map(|len| {
            at += u64::from(*len);
            at
        }));
        Ok(offsets)
    }
}

/// Returns the number of synapses of each row.
fn lengths(rows: &Rows, what: &str) -> Result<Vec<u32>> {
    let mut lengths: Vec<u32> = zeroed(what, rows.pre.into())?;
    lengths.par_iter_mut().enumerate().with_min_len(64).for_each_init(Vec::new, |row, (source, len)| {
        *len = rows.known_len(source as u32).unwrap_or_else(|| {
            rows.row(source as u32, row);
            row.len() as u32
        });
    });
    Ok(lengths)
}

pub(super) fn zeroed<V: bytemuck::Zeroable>(what: &str, len: u64) -> Result<Vec<V>> {
    memory::zeros(what, index(what, len)?)
}

fn index(what: &str, len: u64) -> Result<usize> {
    usize::try_from(len).map_err(|_| Error::OutOfMemory { what: what.into(), need: u64::MAX, free: memory::free() })
}

/// Memory that a thread uses again for each row.
#[derive(Default)]
struct Scratch {
    row: Vec<u32>,
    steps: Vec<u32>,
    /// The delay in the upper half, the target in the lower half.
    keys: Vec<u64>,
}

/// Adds delays to the targets of a row, sorts them, and adds weights.
struct Finish<'a> {
    spec: &'a ConnectivitySpec,
    weights: ValueRule<'a>,
    inv_scale: f64,
    weigh: bool,
    times: ValueRule<'a>,
    delay: bool,
}

impl<'a> Finish<'a> {
    fn of(spec: &'a ConnectivitySpec) -> Result<Self> {
        let (weights, times) = (spec.weights()?, spec.times()?);
        let weigh = !matches!(weights, ValueRule::Same(_));
        let delay = !matches!(times, ValueRule::Same(_));
        Ok(Self { spec, weights, inv_scale: 1.0 / spec.weight_scale(), weigh, times, delay })
    }

    /// Writes the targets in `scratch` into their row.
    fn row<X: Index>(&self, source: u32, scratch: &mut Scratch, row: Row<'_, X>) {
        let Self { spec, weights, inv_scale, times, .. } = self;
        if self.delay {
            let values = Values { rule: *times, stream: spec.stream, purpose: DELAY, source, targets: &scratch.row };
            values.steps(spec.dt, spec.lead, &mut scratch.steps);
            scratch.keys.clear();
            let keys = scratch
                .steps
                .iter()
                .zip(&scratch.row)
                .map(|(steps, target)| u64::from(*steps) << 32 | u64::from(*target));
            scratch.keys.extend(keys);
            scratch.keys.sort_unstable();
            scratch.row.clear();
            scratch.row.extend(scratch.keys.iter().map(|key| *key as u32));
            row.delays.iter_mut().zip(&scratch.keys).for_each(|(delay, key)| *delay = (key >> 32) as u16);
        }
        row.targets.iter_mut().zip(&scratch.row).for_each(|(place, target)| *place = X::of(*target));
        if self.weigh {
            let values = Values { rule: *weights, stream: spec.stream, purpose: WEIGHT, source, targets: &scratch.row };
            values.integer_weights(*inv_scale, row.integer_weights);
        }
    }
}

/// A row that is to be filled. Arrays that the projection does not have are empty.
pub(super) struct Row<'a, X> {
    pub(super) targets: &'a mut [X],
    pub(super) integer_weights: &'a mut [i32],
    pub(super) delays: &'a mut [u16],
}

/// A piece of work: some adjacent rows.
pub(super) struct Piece<'a, X> {
    sources: Range<u32>,
    offsets: &'a [u64],
    rows: Row<'a, X>,
}

impl<X> Piece<'_, X> {
    /// Calls `with` for each row, with its source.
    pub(super) fn each(self, mut with: impl FnMut(u32, Row<'_, X>)) {
        let Row { mut targets, mut integer_weights, mut delays } = self.rows;
        for (source, ends) in self.sources.zip(self.offsets.windows(2)) {
            let len = (ends[1] - ends[0]) as usize;
            with(
                source,
                Row {
                    targets: cut(&mut targets, len),
                    integer_weights: cut(&mut integer_weights, len),
                    delays: cut(&mut delays, len),
                },
            );
        }
    }
}

/// Splits off the first `len` elements of a slice, or nothing if the slice is empty.
fn cut<'a, V>(from: &mut &'a mut [V], len: usize) -> &'a mut [V] {
    let all = take(from);
    let (first, rest) = all.split_at_mut(len.min(all.len()));
    *from = rest;
    first
}

/// Divides all rows into pieces of about the same number of synapses.
pub(super) fn pieces<'a, X>(
    offsets: &'a [u64],
    mut targets: &'a mut [X],
    mut integer_weights: &'a mut [i32],
    mut delays: &'a mut [u16],
) -> Vec<Piece<'a, X>> {
    let mut pieces = Vec::new();
    let mut from = 0;
    while from + 1 < offsets.len() {
        let within = offsets[from + 1..].partition_point(|end| end - offsets[from] <= PIECE);
        // The number of rows in a piece is limited, because rows without synapses take time, too.
        let to = from + within.clamp(1, PIECE as usize);
        let len = (offsets[to] - offsets[from]) as usize;
        let rows = Row {
            targets: cut(&mut targets, len),
            integer_weights: cut(&mut integer_weights, len),
            delays: cut(&mut delays, len),
        };
        pieces.push(Piece { sources: from as u32..to as u32, offsets: &offsets[from..=to], rows });
        from = to;
    }
    pieces
}
