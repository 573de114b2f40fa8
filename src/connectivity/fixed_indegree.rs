//! Rows of the rule `FixedNumPre`, which generates columns.
//!
//! Pairs are generated for some columns at a time and sorted into buckets of adjacent sources. The
//! pairs of each bucket are then appended to the rows of its sources. So writes stay close to each
//! other, no two threads write to the same row, and rows are in order.

use super::build::{cut, zeroed};
use super::rows::Rows;
use super::spec::ConnectivitySpec;
use super::synapse_table::{Index, filled};
use crate::error::Result;
use bytemuck::Zeroable;
use rayon::prelude::*;
use std::ops::Range;
use std::sync::atomic::AtomicU32;
use std::sync::atomic::Ordering::Relaxed;

/// The approximate number of pairs that are generated at a time, and the number of parts in which
/// they are generated.
const PAIRS: usize = 1 << 22;
const PARTS: usize = 16;

/// The maximum number of buckets.
const BUCKETS: u32 = 256;

/// The bytes that this rule needs beside the rows, for columns of `column` synapses, which may be
/// numbered.
pub(super) fn bytes(pre: u64, column: u64, numbered: bool) -> u64 {
    let pair = if numbered { 24 } else { 16 };
    (column.max(1)).saturating_mul(PARTS as u64).max(PAIRS as u64).saturating_mul(pair).saturating_add(pre * 8)
}

/// Rows that are ascending by (target, number).
pub(super) struct SortedRows<X> {
    pub(super) offsets: Vec<u64>,
    pub(super) targets: Vec<X>,
    /// The number of each synapse: its place in the column. Empty if numbers do not matter.
    pub(super) numbers: Vec<i32>,
}

/// Returns the rows of all sources.
pub(super) fn make<X: Index>(spec: &ConnectivitySpec, rows: &Rows<'_>, column: usize) -> Result<SortedRows<X>> {
    if spec.numbered() { make_from::<X, 3>(spec, rows, column) } else { make_from::<X, 2>(spec, rows, column) }
}

fn make_from<X: Index, const M: usize>(spec: &ConnectivitySpec, rows: &Rows<'_>, column: usize) -> Result<SortedRows<X>>
where
    [u32; M]: Zeroable,
{
    let what = spec.of("synapses");
    let offsets = spec.offsets(lengths(rows, &what)?)?;
    let len = offsets.last().copied().unwrap_or(0);
    let mut targets: Vec<X> = zeroed(&what, len)?;
    let mut numbers: Vec<i32> = zeroed(&what, if M == 3 { len } else { 0 })?;
    let mut ends: Vec<u32> = zeroed(&what, rows.pre.into())?;
    let shift = (32 - (rows.pre.saturating_sub(1) / BUCKETS).leading_zeros()).min(31);
    let each = u32::try_from(PAIRS / PARTS / column.max(1)).unwrap_or(1).max(1);
    let mut from = 0;
    while from < rows.post {
        let to = rows.post.min(from.saturating_add(each * PARTS as u32));
        let starts: Vec<u32> = (from..to).step_by(each as usize).collect();
        let parts: Result<Vec<_>> = starts
            .into_par_iter()
            .map(|start| BucketedPairs::<M>::of(rows, start..to.min(start.saturating_add(each)), shift, &what))
            .collect();
        append(&parts?, shift, &offsets, (&mut targets, &mut numbers), &mut ends);
        from = to;
    }
    Ok(SortedRows { offsets, targets, numbers })
}

/// Returns the number of synapses of each row.
fn lengths(rows: &Rows<'_>, what: &str) -> Result<Vec<u32>> {
    let counts = filled(what, rows.pre as usize, || AtomicU32::new(0))?;
    (0..rows.post).into_par_iter().with_min_len(64).for_each_init(Vec::new, |column, target| {
        rows.column(target, column);
        for source in column {
            counts[*source as usize].fetch_add(1, Relaxed);
        }
    });
    Ok(counts.into_iter().map(AtomicU32::into_inner).collect())
}

/// The pairs (source, target) of some columns, sorted by bucket, and by target within a bucket.
/// With `M` = 3 each pair has its place in the column, by which pairs of a target are sorted.
struct BucketedPairs<const M: usize> {
    pairs: Vec<[u32; M]>,
    /// The end of each bucket in `pairs`.
    ends: Vec<usize>,
}

impl<const M: usize> BucketedPairs<M>
where
    [u32; M]: Zeroable,
{
    fn of(rows: &Rows<'_>, columns: Range<u32>, shift: u32, what: &str) -> Result<Self> {
        let mut column = Vec::new();
        let mut made = Vec::new();
        // Starts are counted one place later, so that they become the ends when the pairs are
        // written.
        let mut ends = vec![0; (rows.pre.saturating_sub(1) >> shift) as usize + 2];
        for target in columns {
            rows.column(target, &mut column);
            let all = (0_u32..).zip(&column).map(|(place, source)| [*source, target, place]);
            made.extend(all.map(|all| std::array::from_fn(|k| all[k])));
            column.iter().for_each(|source| ends[(*source >> shift) as usize + 1] += 1);
        }
        for k in 1..ends.len() {
            ends[k] += ends[k - 1];
        }
        let mut pairs: Vec<[u32; M]> = zeroed(what, made.len() as u64)?;
        for pair in made {
            let pair: [u32; M] = pair;
            let end = &mut ends[(pair[0] >> shift) as usize];
            pairs[*end] = pair;
            *end += 1;
        }
        ends.pop();
        Ok(Self { pairs, ends })
    }

    fn bucket(&self, k: usize) -> &[[u32; M]] {
        let start = if k == 0 { 0 } else { self.ends[k - 1] };
        &self.pairs[start..self.ends[k]]
    }
}

/// Appends pairs to rows, and numbers if there are any; `ends` is the number of targets that each
/// row has so far.
fn append<X: Index, const M: usize>(
    parts: &[BucketedPairs<M>],
    shift: u32,
    offsets: &[u64],
    (mut targets, mut numbers): (&mut [X], &mut [i32]),
    ends: &mut [u32],
) where
    [u32; M]: Zeroable,
{
    let mut buckets = Vec::new();
    for (k, ends) in ends.chunks_mut(1 << shift).enumerate() {
        let first = k << shift;
        let start = offsets[first];
        let len = (offsets[first + ends.len()] - start) as usize;
        buckets.push((k, first, cut(&mut targets, len), cut(&mut numbers, len), ends));
    }
    buckets.into_par_iter().for_each(|(k, first, targets, numbers, ends)| {
        for pair in parts.iter().flat_map(|part| part.bucket(k)) {
            let row = pair[0] as usize;
            let end = &mut ends[row - first];
            let place = (offsets[row] - offsets[first]) as usize + *end as usize;
            targets[place] = X::of(pair[1]);
            if M == 3 {
                numbers[place] = pair[M - 1] as i32;
            }
            *end += 1;
        }
    });
}
