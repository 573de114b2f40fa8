//! Builds a projection's synapses in parallel: first the lengths of rows, then the rows. No bit
//! depends on the number of threads.

use super::finish_row::{Finish, Scratch};
use super::fixed_indegree::SortedRows;
use super::rows::Rows;
use super::spec::ConnectivitySpec;
use super::synapse_table::{DelayClasses, Delays, Index, SynapseTable, Weights};
use super::{Connect, fixed_indegree, from_arrays};
use crate::error::{Error, Result};
use crate::memory;
use crate::memory::threads;
use rayon::prelude::*;
use std::mem::take;
use std::ops::{Range, RangeInclusive};

/// The approximate number of synapses of a piece of work.
const PIECE: u64 = 1 << 16;

impl ConnectivitySpec {
    /// Builds the synapses. Delays of their own are [`Delays::Each`].
    ///
    /// # Errors
    /// If [`ConnectivitySpec::check`] refuses the specification, or memory is short.
    pub(crate) fn build(&self) -> Result<SynapseTable> {
        self.build_with(None)
    }

    /// Builds the synapses, with [`Delays::Classes`] if these take no more memory. All delays are
    /// within `delays`.
    ///
    /// # Errors
    /// As [`ConnectivitySpec::build`].
    pub(crate) fn build_classes(&self, delays: &RangeInclusive<u32>) -> Result<SynapseTable> {
        self.build_with(Some(delays))?.with_classes(delays, &self.of("synapses"))
    }

    fn build_with(&self, classes: Option<&RangeInclusive<u32>>) -> Result<SynapseTable> {
        self.check()?;
        memory::require(&self.of("synapses"), self.estimate())?;
        threads::run(|| match &self.connect {
            Connect::Arrays { pre, post } => from_arrays::build(self, pre, post),
            _ if self.narrow() => self.make::<u16>(classes),
            _ => self.make::<u32>(classes),
        })?
    }

    fn make<X: Index>(&self, classes: Option<&RangeInclusive<u32>>) -> Result<SynapseTable> {
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
        let classes = classes.filter(|_| finish.delay).and_then(|delays| DelayClasses::of(delays, &offsets));
        let mut delays: Vec<u16> = zeroed(&what, if finish.delay && classes.is_none() { len } else { 0 })?;
        let DelayClasses { least, count } = classes.unwrap_or_default();
        let mut ends: Vec<u16> = zeroed(&what, count as u64 * (offsets.len() as u64 - 1))?;
        if !there || finish.weigh || finish.delay {
            let all = Row {
                targets: &mut targets,
                integer_weights: &mut integer_weights,
                delays: &mut delays,
                ends: &mut ends,
                least,
            };
            let pieces = pieces(&offsets, count, all);
            pieces.into_par_iter().for_each_init(Scratch::default, |scratch, piece| {
                piece.each(|source, row| {
                    if there {
                        scratch.row.clear();
                        scratch.row.extend(row.targets.iter().map(|target| target.wide()));
                        scratch.numbers.clear();
                        if numbered {
                            scratch.numbers.extend(row.integer_weights.iter().map(|number| *number as u32));
                        }
                    } else {
                        scratch.draw(&rows, numbered, source);
                    }
                    finish.row(source, scratch, row);
                });
            });
        }
        let weights = if finish.weigh { Weights::Each(integer_weights) } else { Weights::Same };
        let delays = match (finish.delay, classes) {
            (true, Some(DelayClasses { least, count })) => Delays::Classes { least, count, ends },
            (true, None) => Delays::Each(delays),
            (false, _) => Delays::Same(*self.delays()?.start()),
        };
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
pub(super) fn lengths(rows: &Rows<'_>, what: &str) -> Result<Vec<u32>> {
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
    /// The number of synapses with each delay from `least` on, which become ends, as of
    /// [`Delays::Classes`].
    pub(super) ends: &'a mut [u16],
    pub(super) least: u32,
}

/// A piece of work: some adjacent rows.
pub(super) struct Piece<'a, X> {
    sources: Range<u32>,
    offsets: &'a [u64],
    /// The number of ends of a row.
    count: usize,
    rows: Row<'a, X>,
}

impl<X> Piece<'_, X> {
    /// Calls `with` for each row, with its source.
    pub(super) fn each(self, mut with: impl FnMut(u32, Row<'_, X>)) {
        let Row { mut targets, mut integer_weights, mut delays, mut ends, least } = self.rows;
        for (source, row) in self.sources.zip(self.offsets.windows(2)) {
            let len = (row[1] - row[0]) as usize;
            with(
                source,
                Row {
                    targets: cut(&mut targets, len),
                    integer_weights: cut(&mut integer_weights, len),
                    delays: cut(&mut delays, len),
                    ends: cut(&mut ends, self.count),
                    least,
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

/// Divides all rows, each with `count` ends, into pieces of about the same number of synapses.
pub(super) fn pieces<'a, X>(offsets: &'a [u64], count: usize, all: Row<'a, X>) -> Vec<Piece<'a, X>> {
    let Row { mut targets, mut integer_weights, mut delays, mut ends, least } = all;
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
            ends: cut(&mut ends, count * (to - from)),
            least,
        };
        pieces.push(Piece { sources: from as u32..to as u32, offsets: &offsets[from..=to], count, rows });
        from = to;
    }
    pieces
}
