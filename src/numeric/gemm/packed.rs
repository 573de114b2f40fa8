//! The operands of a product: rows, and a weight matrix packed in panels.

use super::Order;
use crate::numeric::scalar::{Real, Scalar};
use crate::numeric::simd::wide;
use std::ops::Range;
use std::sync::Arc;

/// The bytes of a vector, the unit of a panel's width. Machines with narrower vectors use several
/// registers for it.
pub(super) const VECTOR: usize = 64;
/// The number of elements of `R` in a vector.
pub(super) const fn lanes<R>() -> usize {
    VECTOR / size_of::<R>()
}

/// The number of columns that a product with `columns` columns writes, rounded up to whole vectors.
pub(crate) fn padded<R>(columns: usize) -> usize {
    columns.next_multiple_of(lanes::<R>())
}
/// The rows of the left operand, padded with zeros. The stride avoids powers of two, for which the
/// rows would compete for the same cache lines.
#[derive(Clone, Debug)]
pub(crate) struct Rows<R> {
    pub(super) values: Vec<R>,
    len: usize,
    pub(super) stride: usize,
}

impl<R: Real> Rows<R> {
    pub(crate) fn new(rows: usize, len: usize) -> Self {
        let stride = len.next_multiple_of(lanes::<R>()) + lanes::<R>();
        Self { values: bytemuck::zeroed_vec(rows * stride), len, stride }
    }

    #[inline(always)]
    pub(crate) fn row(&self, r: usize) -> &[R] {
        &self.values[r * self.stride..][..self.len]
    }

    #[inline(always)]
    pub(crate) fn row_mut(&mut self, r: usize) -> &mut [R] {
        &mut self.values[r * self.stride..][..self.len]
    }

    /// All elements, including the padding.
    pub(crate) fn all_mut(&mut self) -> &mut [R] {
        &mut self.values
    }

    /// The number of elements from one row to the next.
    pub(crate) fn stride(&self) -> usize {
        self.stride
    }

    /// Row `r` and all later rows.
    pub(crate) fn rows_mut(&mut self, r: usize) -> impl Iterator<Item = &mut [R]> {
        let len = self.len;
        self.values[r * self.stride..].chunks_exact_mut(self.stride).map(move |row| &mut row[..len])
    }
}

/// Elements that start at the beginning of a cache line. The allocator seldom returns such an
/// address, and otherwise each load of a vector would touch two cache lines.
pub(super) struct Lines<R> {
    /// The allocation. It has room for the elements before the first used one.
    all: Vec<R>,
    start: usize,
    len: usize,
}

impl<R: Real> Lines<R> {
    pub(super) fn new(len: usize) -> Self {
        let all: Vec<R> = bytemuck::zeroed_vec(len + lanes::<R>());
        let address = all.as_ptr().addr();
        Self { start: (address.next_multiple_of(VECTOR) - address) / size_of::<R>(), all, len }
    }

    pub(super) fn values(&self) -> &[R] {
        &self.all[self.start..][..self.len]
    }

    pub(super) fn values_mut(&mut self) -> &mut [R] {
        &mut self.all[self.start..][..self.len]
    }
}

/// Converts the elements to the type of arithmetic.
#[inline(always)]
fn convert<T: Scalar>(from: &[T], to: &mut [T::Acc]) {
    // Without groups of a constant size, the compiler calls `memcpy` for equal types.
    let ((from, last), (to, rest)) = (from.as_chunks::<8>(), to.as_chunks_mut::<8>());
    for (to, from) in to.iter_mut().zip(from) {
        *to = from.map(T::to_acc);
    }
    rest.iter_mut().zip(last).for_each(|(to, from)| *to = from.to_acc());
}

/// Columns of a matrix `[depth, columns]`, packed in panels: for each panel and each k, the columns
/// of the panel side by side.
#[derive(Clone)]
pub(crate) struct Packed<R> {
    pub(super) shape: Shape,
    /// Clones share the elements, which never change after packing.
    pub(super) values: Arc<Lines<R>>,
}

#[derive(Clone, Copy, Debug)]
pub(super) struct Shape {
    pub(super) depth: usize,
    /// The number of columns, padded.
    pub(super) width: usize,
    /// The number of columns in a panel. The last panel may have fewer.
    pub(super) panel: usize,
    pub(super) order: Order,
}

impl<R> std::fmt::Debug for Packed<R> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Packed").field("shape", &self.shape).finish_non_exhaustive()
    }
}

impl<R: Real> Packed<R> {
    /// Packs these columns of `w`, whose rows have `stride` elements.
    pub(crate) fn new<T: Scalar<Acc = R>>(w: &[T], stride: usize, columns: &[Range<usize>]) -> Self {
        let count: usize = columns.iter().map(ExactSizeIterator::len).sum();
        let (depth, width) = (w.len() / stride.max(1), padded::<R>(count));
        // Two vectors, if there are enough registers for eight rows of them.
        let panel = lanes::<R>() * if wide() { 2 } else { 1 };
        let mut all = Lines::new(depth * width);
        let values = all.values_mut();
        let columns: Vec<usize> = columns.iter().flat_map(Clone::clone).collect();
        for (n, columns) in columns.chunks(panel).enumerate() {
            let start = n * panel;
            let step = panel.min(width - start);
            let follow = columns.windows(2).all(|pair| pair[1] == pair[0] + 1);
            let to = values[start * depth..].chunks_exact_mut(step.max(1));
            for (to, row) in to.zip(w.chunks_exact(stride.max(1))) {
                if follow {
                    convert(&row[columns[0]..][..columns.len()], &mut to[..columns.len()]);
                } else {
                    to.iter_mut().zip(columns).for_each(|(to, column)| *to = row[*column].to_acc());
                }
            }
        }
        Self { shape: Shape { depth, width, panel, order: Order::There }, values: Arc::new(all) }
    }

    /// Packs a slice of these columns of a matrix that is stored column by column. Each column has `len`
    /// elements.
    pub(crate) fn turned<T: Scalar<Acc = R>>(w: &[T], len: usize, slice: Range<usize>, columns: Range<usize>) -> Self {
        let depth = slice.len();
        let width = padded::<R>(columns.len());
        let panel = lanes::<R>() * if wide() { 2 } else { 1 };
        let mut all = Lines::new(depth * width);
        let values = all.values_mut();
        for start in (0..columns.len()).step_by(panel) {
            let some = columns.start + start..columns.end.min(columns.start + start + panel);
            let step = panel.min(width - start);
            let to = &mut values[start * depth..][..step * depth];
            // A square of 16 values of k at a time: both its rows and its columns are whole cache lines.
            for (square, to) in to.chunks_mut(16 * step).enumerate() {
                for (j, column) in some.clone().enumerate() {
                    let from = &w[column * len + slice.start + 16 * square..column * len + slice.end];
                    to.iter_mut().skip(j).step_by(step).zip(from).for_each(|(to, w)| *to = w.to_acc());
                }
            }
        }
        Self { shape: Shape { depth, width, panel, order: Order::There }, values: Arc::new(all) }
    }

    /// The number of columns that a product writes, including the padding.
    pub(crate) fn width(&self) -> usize {
        self.shape.width
    }
}
