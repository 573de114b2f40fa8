//! Rows of the rule `FixedNumPre`, which generates columns.
//!
//! Pairs are generated for some columns at a time and sorted into buckets of adjacent sources. The
//! pairs of each bucket are then appended to the rows of its sources. So writes stay close to each
//! other, no two threads write to the same row, and rows are in order.

use super::build::zeroed;
use super::rows::Rows;
use super::spec::ConnectivitySpec;
use super::synapse_table::{Index, filled};
use crate::error::Result;
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

/// The bytes that this rule needs beside the rows, for columns of `column` synapses.
pub(super) fn bytes(pre: u64, column: u64) -> u64 {
    (column.max(1)).saturating_mul(PARTS as u64).max(PAIRS as u64).saturating_mul(16).saturating_add(pre * 8)
}

/// Returns offsets and targets.
pub(super) fn make<X: Index>(spec: &ConnectivitySpec, rows: &Rows, column: usize) -> Result<(Vec<u64>, Vec<X>)> {
    let what = spec.of("synapses");
    let offsets = spec.offsets(lengths(rows, &what)?)?;
    let mut targets: Vec<X> = zeroed(&what, offsets.last().copied().unwrap_or(0))?;
    let mut ends: Vec<u32> = zeroed(&what, rows.pre.into())?;
    let shift = (32 - (rows.pre.saturating_sub(1) / BUCKETS).leading_zeros()).min(31);
    let each = u32::try_from(PAIRS / PARTS / column.max(1)).unwrap_or(1).max(1);
    let mut from = 0;
    while from < rows.post {
        let to = rows.post.min(from.saturating_add(each * PARTS as u32));
        let starts: Vec<u32> = (from..to).step_by(each as usize).collect();
        let parts: Result<Vec<_>> = starts
            .into_par_iter()
            .map(|start| BucketedPairs::of(rows, start..to.min(start.saturating_add(each)), shift, &what))
            .collect();
        append(&parts?, shift, &offsets, &mut targets, &mut ends);
        from = to;
    }
    Ok((offsets, targets))
}

/// Returns the number of synapses of each row.
fn lengths(rows: &Rows, what: &str) -> Result<Vec<u32>> {
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
struct BucketedPairs {
    pairs: Vec<[u32; 2]>,
    /// The end of each bucket in `pairs`.
    ends: Vec<usize>,
}

impl BucketedPairs {
    fn of(rows: &Rows, columns: Range<u32>, shift: u32, what: &str) -> Result<Self> {
        let mut column = Vec::new();
        let mut made = Vec::new();
        // Starts are counted one place later, so that they become the ends when the pairs are
        // written.
        let mut ends = vec![0; (rows.pre.saturating_sub(1) >> shift) as usize + 2];
        for target in columns {
            rows.column(target, &mut column);
            made.extend(column.iter().map(|source| [*source, target]));
            column.iter().for_each(|source| ends[(*source >> shift) as usize + 1] += 1);
        }
        for k in 1..ends.len() {
            ends[k] += ends[k - 1];
        }
        let mut pairs: Vec<[u32; 2]> = zeroed(what, made.len() as u64)?;
        for pair in made {
            let end = &mut ends[(pair[0] >> shift) as usize];
            pairs[*end] = pair;
            *end += 1;
        }
        ends.pop();
        Ok(Self { pairs, ends })
    }

    fn bucket(&self, k: usize) -> &[[u32; 2]] {
        let start = if k == 0 { 0 } else { self.ends[k - 1] };
        &self.pairs[start..self.ends[k]]
    }
}

/// Appends pairs to rows; `ends` is the number of targets that each row has so far.
fn append<X: Index>(parts: &[BucketedPairs], shift: u32, offsets: &[u64], mut targets: &mut [X], ends: &mut [u32]) {
    let mut buckets = Vec::new();
    for (k, ends) in ends.chunks_mut(1 << shift).enumerate() {
        let first = k << shift;
        let start = offsets[first];
        let (mine, rest) = std::mem::take(&mut targets).split_at_mut((offsets[first + ends.len()] - start) as usize);
        targets = rest;
        buckets.push((k, first, mine, ends));
    }
    buckets.into_par_iter().for_each(|(k, first, targets, ends)| {
        for [source, target] in parts.iter().flat_map(|part| part.bucket(k)) {
            let row = *source as usize;
            let end = &mut ends[row - first];
            targets[(offsets[row] - offsets[first]) as usize + *end as usize] = X::of(*target);
            *end += 1;
        }
    });
}
