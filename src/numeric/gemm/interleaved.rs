//! The left operand of a product in the order in which tiles use its elements.

use crate::numeric::scalar::{Real, Scalar};
use crate::numeric::simd::wide;

/// The number of values of k from which on tiles have six rows. The start of such a tile takes longer.
const DEEP: usize = 64;

/// Rows in groups, one for each tile. For each k, a group has the elements of its rows side by side, so
/// that a tile reads a single stream.
pub(crate) struct Interleaved<R> {
    pub(super) values: Vec<R>,
    pub(super) rows: usize,
}

impl<R: Real> Interleaved<R> {
    /// Copies `rows` rows of `depth` elements. A row begins `stride` elements after the one before.
    pub(crate) fn of_rows<T: Scalar<Acc = R>>(a: &[T], stride: usize, rows: usize, depth: usize) -> Self {
        Self::new(rows, depth, &ByRows { a, stride, depth })
    }

    /// Copies `rows` columns of `depth` elements. The elements of a column are `stride` elements apart.
    pub(crate) fn of_columns<T: Scalar<Acc = R>>(a: &[T], stride: usize, rows: usize, depth: usize) -> Self {
        Self::new(rows, depth, &ByColumns { a, stride, depth })
    }

    fn new(rows: usize, depth: usize, source: &impl Source<R>) -> Self {
        let mut values = Vec::with_capacity(rows * depth);
        let [eights, sixes, fours, _, ones] = heights(rows, depth);
        source.groups::<8>(0..eights, &mut values);
        source.groups::<6>(eights..eights + sixes, &mut values);
        let first = eights + sixes;
        source.groups::<4>(first..first + fours, &mut values);
        source.groups::<2>(first + fours..rows - ones, &mut values);
        source.groups::<1>(rows - ones..rows, &mut values);
        Self { values, rows }
    }
}

/// The numbers of rows in tiles of eight rows, of six, of four, of two, and of one. The tallest have eight
/// rows on machines with wide vectors and six elsewhere. If two rows would be left of six, eight are: two
/// tiles of four rows have more sums at once than one of two.
pub(super) fn heights(rows: usize, depth: usize) -> [usize; 5] {
    let eights = if wide() { rows / 8 * 8 } else { 0 };
    let sixes = match rows % 6 {
        _ if wide() || depth < DEEP => 0,
        2 => rows.saturating_sub(8),
        left => rows - left,
    };
    let rest = rows - eights - sixes;
    [eights, sixes, rest / 4 * 4, rest % 4 / 2 * 2, rest % 2]
}

/// A matrix whose rows are copied in groups.
trait Source<R> {
    /// Appends the group of `M` rows from this row on.
    fn group<const M: usize>(&self, first: usize, to: &mut Vec<R>);

    /// Appends these rows.
    fn groups<const M: usize>(&self, rows: std::ops::Range<usize>, to: &mut Vec<R>) {
        rows.step_by(M).for_each(|first| self.group::<M>(first, to));
    }
}

struct ByRows<'a, T> {
    a: &'a [T],
    stride: usize,
    depth: usize,
}

impl<T: Scalar> Source<T::Acc> for ByRows<'_, T> {
    #[inline(always)]
    #[allow(clippy::needless_range_loop)]
    fn group<const M: usize>(&self, first: usize, to: &mut Vec<T::Acc>) {
        let rows: [&[T]; M] = std::array::from_fn(|m| &self.a[(first + m) * self.stride..][..self.depth]);
        for k in 0..self.depth {
            let mut group = [T::Acc::default(); M];
            for m in 0..M {
                group[m] = rows[m][k].to_acc();
            }
            to.extend_from_slice(&group);
        }
    }
}

struct ByColumns<'a, T> {
    a: &'a [T],
    stride: usize,
    depth: usize,
}

impl<T: Scalar> Source<T::Acc> for ByColumns<'_, T> {
    #[inline(always)]
    fn group<const M: usize>(&self, first: usize, to: &mut Vec<T::Acc>) {
        for k in 0..self.depth {
            let mut group = [T::Acc::default(); M];
            let from = &self.a[k * self.stride + first..][..M];
            for m in 0..M {
                group[m] = from[m].to_acc();
            }
            to.extend_from_slice(&group);
        }
    }
}
