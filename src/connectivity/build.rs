//! Builds a projection's synapses in parallel: first the lengths of rows, then the rows. No bit
//! depends on the number of threads.

use super::finish_row::{Finish, Scratch};
use super::fixed_indegree::SortedRows;
use super::rows::Rows;
use super::spec::ConnectivitySpec;
use super::synapse_table::{Delays, Index, SynapseTable, Weights};
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
        let drawn = self.drawn_offsets()?;
        let rows = Rows::of(self, &drawn);
        let what = self.of("synapses");
        let there = matches!(self.connect, Connect::FixedNumPre(_));
        let SortedRows { offsets, mut targets, numbers } = match self.connect {
            Connect::FixedNumPre(k) => fixed_indegree::make::<X>(self, &rows, k)?,
            _ => {
                let offsets = self.offsets(lengths(&rows, &what)?)?;
                let targets = zeroed(&what, offsets.last().copied().unwrap_or(0))?;
                SortedRows { offsets, targets, numbers: Vec::new() }
            }
        };
        let (finish, numbered) = (Finish::of(self)?, self.numbered());
        let len = targets.len() as u64;
        // A weight replaces the number of its synapse.
        let mut integer_weights =
            if numbers.is_empty() { zeroed(&what, if finish.weigh { len } else { 0 })? } else { numbers };
        let mut delays: Vec<u16> = zeroed(&what, if finish.delay { len } else { 0 })?;
        if !there || finish.weigh || finish.delay {
            let pieces = pieces(&offsets, &mut targets, &mut integer_weights, &mut delays);
            pieces.into_par_iter().for_each_init(Scratch::default, |scratch, piece| {
                piece.each(|source, row| {
                    scratch.numbers.clear();
                    if there {
                        scratch.row.clear();
                        scratch.row.extend(row.targets.iter().map(|target| target.wide()));
                        if numbered {
                            scratch.numbers.extend(row.integer_weights.iter().map(|number| *number as u32));
                        }
                    } else if numbered {
                        rows.targets(source, &mut scratch.row);
                        scratch.numbers.extend(0..scratch.row.len() as u32);
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
fn lengths(rows: &Rows<'_>, what: &str) -> Result<Vec<u32>> {
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
pub(super) fn cut<'a, V>(from: &mut &'a mut [V], len: usize) -> &'a mut [V] {
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
