//! Matrix products of rows with a packed weight matrix. Each element is a sum in one fixed order.
//!
//! c[r, j] ← c[r, j] + Σₖ a[r, k]·w[k, j] is one chain of fused multiply-adds with k ascending,
//! independent of the number of rows, the tile, the thread and the vector width. A single row
//! therefore has the same bits as that row in a batch, and a step has the same bits as in a scan.
//! General-purpose libraries promise neither, and they pack the weights again in every call.

use super::scalar::{Real, Scalar};
use super::simd::{SimdLoop, vectorize, wide};
use std::ops::Range;
use std::sync::Arc;

/// The bytes of a vector, the unit of a panel's width. Machines with narrower vectors use several
/// registers for it.
const VECTOR: usize = 64;
/// The number of values of k that are processed before the next rows. This part of a panel (16 KiB)
/// stays in L1.
const BLOCK: usize = 128;
/// The bytes of weights for which another thread pays off if a single row is multiplied. Such a
/// product is bound by reading the weights, and one core cannot read from a shared cache or memory
/// faster.
const SHARE: usize = 1 << 19;

/// The number of elements of `R` in a vector.
const fn lanes<R>() -> usize {
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
    values: Vec<R>,
    len: usize,
    stride: usize,
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
struct Lines<R> {
    /// The allocation. It has room for the elements before the first used one.
    all: Vec<R>,
    start: usize,
    len: usize,
}

impl<R: Real> Lines<R> {
    fn new(len: usize) -> Self {
        let all: Vec<R> = bytemuck::zeroed_vec(len + lanes::<R>());
        let address = all.as_ptr().addr();
        Self { start: (address.next_multiple_of(VECTOR) - address) / size_of::<R>(), all, len }
    }

    fn values(&self) -> &[R] {
        &self.all[self.start..][..self.len]
    }

    fn values_mut(&mut self) -> &mut [R] {
        &mut self.all[self.start..][..self.len]
    }
}

/// Columns of a matrix `[depth, columns]`, packed in panels: for each panel and each k, the columns
/// of the panel side by side.
#[derive(Clone)]
pub(crate) struct Packed<R> {
    shape: Shape,
    /// Clones share the elements, which never change after packing.
    values: Arc<Lines<R>>,
}

#[derive(Clone, Copy, Debug)]
struct Shape {
    depth: usize,
    /// The number of columns, padded.
    width: usize,
    /// The number of columns in a panel. The last panel may have fewer.
    panel: usize,
    order: Order,
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
        for (j, column) in columns.iter().flat_map(Clone::clone).enumerate() {
            let start = j / panel * panel;
            let step = panel.min(width - start);
            let to = values[start * depth..].iter_mut().skip(j - start).step_by(step);
            to.zip(w.iter().skip(column).step_by(stride.max(1))).for_each(|(to, w)| *to = w.to_acc());
        }
        Self { shape: Shape { depth, width, panel, order: Order::There }, values: Arc::new(all) }
    }

    /// Packs these columns of a matrix that is stored column by column. Each column has `depth`
    /// elements.
    pub(crate) fn turned<T: Scalar<Acc = R>>(w: &[T], depth: usize, columns: Range<usize>) -> Self {
        let width = padded::<R>(columns.len());
        let panel = lanes::<R>() * if wide() { 2 } else { 1 };
        let mut all = Lines::new(depth * width);
        let values = all.values_mut();
        for (j, column) in columns.enumerate() {
            let start = j / panel * panel;
            let step = panel.min(width - start);
            let to = values[start * depth..].iter_mut().skip(j - start).step_by(step);
            to.zip(&w[column * depth..][..depth]).for_each(|(to, w)| *to = w.to_acc());
        }
        Self { shape: Shape { depth, width, panel, order: Order::There }, values: Arc::new(all) }
    }

    /// The number of columns that a product writes, including the padding.
    pub(crate) fn width(&self) -> usize {
        self.shape.width
    }
}

/// The order of the panels. Repeated products with the same weights alternate between the two
/// orders: the panels that were used last are then used first, while they are still in L2.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Order {
    There,
    Back,
}

/// Computes c ← c + a·w for the first `rows` rows of a. Row r of c starts at `c[r · stride]` and
/// has `w.width()` elements.
pub(crate) fn product<R: Real>(a: &Rows<R>, rows: usize, w: &Packed<R>, c: &mut [R], stride: usize) {
    product_in(Order::There, a, rows, w, c, stride);
}

/// Computes the same product with the panels in this order. The order does not affect any bit.
pub(crate) fn product_in<R: Real>(order: Order, a: &Rows<R>, rows: usize, w: &Packed<R>, c: &mut [R], stride: usize) {
    let shape = Shape { order, ..w.shape };
    // With concrete types, this code is compiled once, in this crate, and not in every crate that
    // uses a cell.
    use bytemuck::{cast_slice, cast_slice_mut};
    match size_of::<R>() {
        _ if rows == 1 => {
            let shares = (size_of_val(w.values.values()) / SHARE).min(rayon::current_num_threads());
            row(a.row(0), w.values.values(), shape, &mut c[..w.width()], shares);
        }
        4 => product_f32(
            cast_slice(&a.values),
            a.stride,
            rows,
            cast_slice(w.values.values()),
            shape,
            cast_slice_mut(c),
            stride,
        ),
        _ => product_f64(
            cast_slice(&a.values),
            a.stride,
            rows,
            cast_slice(w.values.values()),
            shape,
            cast_slice_mut(c),
            stride,
        ),
    }
}

/// The product for a single row, whose columns are divided among threads.
fn row<R: Real>(a: &[R], w: &[R], shape: Shape, c: &mut [R], shares: usize) {
    use bytemuck::{cast_slice, cast_slice_mut};
    let Shape { depth, width, panel, .. } = shape;
    let middle = width * (shares / 2) / shares.max(1) / panel * panel;
    if middle > 0 {
        let (left, right) = (Shape { width: middle, ..shape }, Shape { width: width - middle, ..shape });
        let ((w, more), (c, rest)) = (w.split_at(middle * depth), c.split_at_mut(middle));
        rayon::join(|| row(a, w, left, c, shares / 2), || row(a, more, right, rest, shares - shares / 2));
    } else if size_of::<R>() == 4 {
        product_f32(cast_slice(a), 0, 1, cast_slice(w), shape, cast_slice_mut(c), 0);
    } else {
        product_f64(cast_slice(a), 0, 1, cast_slice(w), shape, cast_slice_mut(c), 0);
    }
}

#[inline(never)]
fn product_f32(a: &[f32], a_stride: usize, rows: usize, w: &[f32], shape: Shape, c: &mut [f32], stride: usize) {
    panels::<f32, 16>(a, a_stride, rows, w, shape, c, stride);
}

#[inline(never)]
fn product_f64(a: &[f64], a_stride: usize, rows: usize, w: &[f64], shape: Shape, c: &mut [f64], stride: usize) {
    panels::<f64, 8>(a, a_stride, rows, w, shape, c, stride);
}

/// The product, panel by panel. `L` is the number of lanes in a vector.
fn panels<R: Real, const L: usize>(
    a: &[R],
    a_stride: usize,
    rows: usize,
    w: &[R],
    shape: Shape,
    c: &mut [R],
    stride: usize,
) {
    let Shape { depth: whole, width, panel, order } = shape;
    let wide = wide();
    for n in 0..width.div_ceil(panel) {
        let n = if order == Order::There { n } else { width.div_ceil(panel) - 1 - n };
        let start = n * panel;
        let columns = (width - start).min(panel);
        for from in (0..whole).step_by(BLOCK) {
            let depth = BLOCK.min(whole - from);
            let w = &w[start * whole + from * columns..][..depth * columns];
            let mut block = Block { a: &a[from..], a_stride, w, depth, c: &mut c[start..], stride, rows };
            if columns / L == 2 {
                block.tiles::<L, 2, 8>();
                block.tiles::<L, 2, 4>();
                block.tiles::<L, 2, 2>();
                block.tiles::<L, 2, 1>();
            } else {
                if wide {
                    block.tiles::<L, 1, 8>();
                }
                block.tiles::<L, 1, 4>();
                block.tiles::<L, 1, 2>();
                block.tiles::<L, 1, 1>();
            }
        }
    }
}

/// A range of k within one panel, and the rows that are not yet multiplied with it.
struct Block<'a, R> {
    a: &'a [R],
    a_stride: usize,
    w: &'a [R],
    depth: usize,
    c: &'a mut [R],
    stride: usize,
    rows: usize,
}

impl<'a, R: Real> Block<'a, R> {
    /// Multiplies as many tiles of M rows by N vectors as the rows allow.
    fn tiles<const L: usize, const N: usize, const M: usize>(&mut self) {
        let rows = self.rows / M * M;
        if rows == 0 {
            return;
        }
        let c = std::mem::take(&mut self.c);
        vectorize(Tiles::<R, L, N, M> {
            a: self.a,
            a_stride: self.a_stride,
            w: self.w,
            depth: self.depth,
            c: &mut *c,
            stride: self.stride,
            rows,
        });
        self.rows -= rows;
        if self.rows > 0 {
            (self.a, self.c) = (&self.a[rows * self.a_stride..], &mut c[rows * self.stride..]);
        }
    }
}

/// The tiles of one size. Each size is compiled as a separate kernel: in a function with several
/// tile sizes the compiler no longer keeps the sums in registers.
struct Tiles<'a, R, const L: usize, const N: usize, const M: usize> {
    a: &'a [R],
    a_stride: usize,
    w: &'a [R],
    depth: usize,
    c: &'a mut [R],
    stride: usize,
    rows: usize,
}

impl<R: Real, const L: usize, const N: usize, const M: usize> SimdLoop for Tiles<'_, R, L, N, M> {
    type Output = ();
    #[inline(always)]
    fn run(self) {
        for r in (0..self.rows).step_by(M) {
            let (a, c) = (&self.a[r * self.a_stride..], &mut self.c[r * self.stride..]);
            tile::<R, L, N, M>(a, self.a_stride, self.w, c, self.stride, self.depth);
        }
    }
}

/// M rows by N vectors of L lanes, with the sums in registers.
///
/// The sums stay in registers only if [`fma`] creates each vector as a whole and returns it by
/// value. If single lanes are changed in place, the sums stay in memory, which costs a factor of
/// 30.
#[allow(clippy::needless_range_loop)]
#[inline(always)]
fn tile<R: Real, const L: usize, const N: usize, const M: usize>(
    a: &[R],
    a_stride: usize,
    w: &[R],
    c: &mut [R],
    stride: usize,
    depth: usize,
) {
    let mut sums = [[[R::default(); L]; N]; M];
    let mut rows: [&[R]; M] = [&[]; M];
    for m in 0..M {
        rows[m] = &a[m * a_stride..][..depth];
        for n in 0..N {
            sums[m][n].copy_from_slice(&c[m * stride + n * L..][..L]);
        }
    }
    let w = &w.as_chunks::<L>().0.as_chunks::<N>().0[..depth];
    for k in 0..depth {
        for m in 0..M {
            for n in 0..N {
                sums[m][n] = fma(rows[m][k], &w[k][n], sums[m][n]);
            }
        }
    }
    for m in 0..M {
        for n in 0..N {
            c[m * stride + n * L..][..L].copy_from_slice(&sums[m][n]);
        }
    }
}

#[allow(clippy::needless_range_loop)]
#[inline(always)]
fn fma<R: Real, const L: usize>(x: R, w: &[R; L], sum: [R; L]) -> [R; L] {
    let mut out = sum;
    for l in 0..L {
        out[l] = x.mul_add(w[l], sum[l]);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Each element is one chain of fused multiply-adds, whatever the number of threads for the
    /// columns.
    #[test]
    fn a_row_is_the_same_by_any_number_of_threads() {
        for (depth, columns) in [(3, 5), (129, 1), (700, 1003)] {
            let value = |i: usize| ((i * 7919 % 2003) as f32).mul_add(1e-3, -1.0);
            let w: Vec<f32> = (0..depth * columns).map(value).collect();
            let packed = Packed::new(&w, columns, std::slice::from_ref(&(0..columns)));
            let mut a = Rows::new(1, depth);
            (0..depth).for_each(|k| a.row_mut(0)[k] = value(k + 11));
            let right = |j: usize| (0..depth).fold(0.5, |sum, k| a.row(0)[k].mul_add(w[k * columns + j], sum));
            let right: Vec<f32> = (0..columns).map(right).collect();
            for threads in 1..5 {
                let mut c = vec![0.5; packed.width()];
                let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
                for order in [Order::There, Order::Back] {
                    c.fill(0.5);
                    pool.install(|| product_in(order, &a, 1, &packed, &mut c, packed.width()));
                    assert_eq!(c[..columns], right, "{depth} x {columns}, {threads} threads, {order:?}");
                }
            }
        }
    }

    /// The panels are aligned whatever address the allocator returns.
    #[test]
    fn panels_begin_where_a_line_does() {
        for depth in 0..9 {
            let w: Vec<f32> = (0..depth * 20).map(|i| i as f32).collect();
            let all = [Packed::new(&w, 20, &[0..3, 5..20]), Packed::turned(&w, depth, 0..20)];
            for packed in &all {
                assert_eq!(packed.values.values().as_ptr().addr() % VECTOR, 0);
                assert_eq!(packed.values.values().len(), depth * 32);
            }
        }
    }
}
