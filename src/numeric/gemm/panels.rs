//! The product panel by panel, and tile by tile within a panel.

use super::Order;
use super::interleaved::heights;
use super::packed::Shape;
use crate::numeric::scalar::Real;
use crate::numeric::simd::{SimdLoop, prefetch_l2, vectorize};

/// The most values of k that are processed before the next rows. This part of a panel (16 KiB) stays
/// in L1.
const BLOCK: usize = 1 << 14;
/// The bytes of weights that stay in L2 beside other data.
const SMALL: usize = 1 << 18;
/// The panels that are multiplied together if there is a single row. Each vector of a row is one chain
/// of dependent additions, so that a core needs some vectors at once.
const ABREAST: usize = 4;

/// The product, panel by panel. `L` is the number of lanes in a vector.
pub(super) fn panels<R: Real, const L: usize>(
    a: Left<'_, R>,
    rows: usize,
    w: &[R],
    shape: Shape,
    c: &mut [R],
    stride: usize,
) {
    let Shape { depth: whole, width, panel, order } = shape;
    let heights = heights(rows, whole);
    let most = BLOCK / (panel * size_of::<R>());
    if let (1, Left::Rows { values, .. } | Left::Interleaved(values)) = (rows, a) {
        let (a, c) = (&values[..whole], &mut c[..width]);
        return if panel / L == 2 {
            vectorize(Row::<R, L, 2> { a, w, c, order })
        } else {
            vectorize(Row::<R, L, 1> { a, w, c, order })
        };
    }
    for n in 0..width.div_ceil(panel) {
        let n = if order == Order::There { n } else { width.div_ceil(panel) - 1 - n };
        let start = n * panel;
        let columns = (width - start).min(panel);
        for from in (0..whole).step_by(most) {
            let depth = most.min(whole - from);
            let at = start * whole + from * columns;
            // The part of a panel that comes next, or the last one again.
            let ahead = order == Order::There || from + depth < whole;
            let next = if ahead { at + depth * columns } else { start.saturating_sub(panel) * whole };
            // Small weights are in L2 already.
            let next = if size_of_val(w) < SMALL { &[][..] } else { &w[next.min(w.len())..] };
            let w = &w[at..][..depth * columns];
            let c = &mut c[start..];
            let mut block = Block { a, whole, from, w, next, depth, c, stride, row: 0 };
            match (a, columns / L == 2) {
                (Left::Rows { .. }, false) => block.tiles::<L, 1, false>(heights),
                (Left::Rows { .. }, true) => block.tiles::<L, 2, false>(heights),
                (Left::Interleaved(_), false) => block.tiles::<L, 1, true>(heights),
                (Left::Interleaved(_), true) => block.tiles::<L, 2, true>(heights),
            }
        }
    }
}

/// A single row, times panels of N vectors of L lanes.
struct Row<'a, R, const L: usize, const N: usize> {
    a: &'a [R],
    w: &'a [R],
    c: &'a mut [R],
    order: Order,
}

impl<R: Real, const L: usize, const N: usize> SimdLoop for Row<'_, R, L, N> {
    type Output = ();
    #[inline(always)]
    fn run(self) {
        let Self { a, w, c, order } = self;
        let depth = a.len();
        let width = c.len();
        let each = ABREAST * N * L;
        let groups = width / each;
        if order == Order::Back {
            one_by_one::<R, L, N>(a, w, c, groups * each);
        }
        for n in 0..groups {
            let n = if order == Order::There { n } else { groups - 1 - n };
            let at = n * each;
            abreast::<R, L, N, ABREAST>(a, &w[at * depth..], &mut c[at..], depth);
        }
        if order == Order::There {
            one_by_one::<R, L, N>(a, w, c, groups * each);
        }
    }
}

/// The panels from column `from` on, which are too few to be multiplied together. The last one may have
/// fewer columns.
#[inline(always)]
fn one_by_one<R: Real, const L: usize, const N: usize>(a: &[R], w: &[R], c: &mut [R], from: usize) {
    let (depth, width) = (a.len(), c.len());
    let mut at = from;
    while at < width {
        if width - at >= N * L {
            abreast::<R, L, N, 1>(a, &w[at * depth..], &mut c[at..], depth);
            at += N * L;
        } else {
            abreast::<R, L, 1, 1>(a, &w[at * depth..], &mut c[at..], depth);
            at += L;
        }
    }
}

/// One row times P panels of N vectors, with the sums in registers.
#[allow(clippy::needless_range_loop)]
#[inline(always)]
fn abreast<R: Real, const L: usize, const N: usize, const P: usize>(a: &[R], w: &[R], c: &mut [R], depth: usize) {
    let mut sums = [[[R::default(); L]; N]; P];
    let mut panels: [&[[[R; L]; N]]; P] = [&[]; P];
    for p in 0..P {
        panels[p] = &w[p * depth * N * L..].as_chunks::<L>().0.as_chunks::<N>().0[..depth];
        for n in 0..N {
            sums[p][n].copy_from_slice(&c[(p * N + n) * L..][..L]);
        }
    }
    for (k, a) in a.iter().enumerate() {
        for p in 0..P {
            for n in 0..N {
                sums[p][n] = fma(*a, &panels[p][k][n], sums[p][n]);
            }
        }
    }
    for p in 0..P {
        for n in 0..N {
            c[(p * N + n) * L..][..L].copy_from_slice(&sums[p][n]);
        }
    }
}

/// The left operand.
#[derive(Clone, Copy)]
pub(super) enum Left<'a, R> {
    /// Row by row. A row begins `stride` elements after the one before.
    Rows { values: &'a [R], stride: usize },
    /// The values of an [`Interleaved`](super::Interleaved).
    Interleaved(&'a [R]),
}

impl<'a, R: Real> Left<'a, R> {
    /// The same with the name of its type.
    pub(super) fn cast<S: Real>(self) -> Left<'a, S> {
        match self {
            Left::Rows { values, stride } => Left::Rows { values: bytemuck::cast_slice(values), stride },
            Left::Interleaved(values) => Left::Interleaved(bytemuck::cast_slice(values)),
        }
    }
}

/// A range of k within one panel, and the rows that are not yet multiplied with it.
struct Block<'a, R> {
    a: Left<'a, R>,
    /// The number of all values of k, and the first one of the range.
    whole: usize,
    from: usize,
    w: &'a [R],
    /// The elements that are multiplied after these. The first tile asks for them.
    next: &'a [R],
    depth: usize,
    c: &'a mut [R],
    stride: usize,
    /// The first row that is left.
    row: usize,
}

impl<R: Real> Block<'_, R> {
    /// Multiplies all rows by N vectors. `I` says whether they are interleaved.
    fn tiles<const L: usize, const N: usize, const I: bool>(&mut self, heights: [usize; 5]) {
        let [eights, sixes, fours, twos, ones] = heights;
        self.rows::<L, N, 8, I>(eights);
        // Six rows of two vectors, of 32 bytes each, are the sums that 16 registers have room for.
        if N == 1 {
            self.rows::<L, N, 6, I>(sixes);
        }
        self.rows::<L, N, 4, I>(fours);
        self.rows::<L, N, 2, I>(twos);
        self.rows::<L, N, 1, I>(ones);
    }

    /// Multiplies this number of rows, in tiles of M rows.
    fn rows<const L: usize, const N: usize, const M: usize, const I: bool>(&mut self, rows: usize) {
        if rows == 0 {
            return;
        }
        // The elements, the stride of the rows of a tile, and the elements from one tile to the next.
        let (a, a_stride, each) = match self.a {
            Left::Rows { values, stride } => (&values[self.row * stride + self.from..], stride, M * stride),
            Left::Interleaved(values) => (&values[self.row * self.whole + self.from * M..], 0, M * self.whole),
        };
        vectorize(Tiles::<R, L, N, M, I> {
            a,
            a_stride,
            each,
            w: self.w,
            next: std::mem::take(&mut self.next),
            depth: self.depth,
            c: &mut self.c[self.row * self.stride..],
            stride: self.stride,
            rows,
        });
        self.row += rows;
    }
}

/// The tiles of one size. Each size is compiled as a separate kernel: in a function with several
/// tile sizes the compiler no longer keeps the sums in registers.
struct Tiles<'a, R, const L: usize, const N: usize, const M: usize, const I: bool> {
    a: &'a [R],
    a_stride: usize,
    /// The number of elements of A from one tile to the next.
    each: usize,
    w: &'a [R],
    next: &'a [R],
    depth: usize,
    c: &'a mut [R],
    stride: usize,
    rows: usize,
}

impl<R: Real, const L: usize, const N: usize, const M: usize, const I: bool> SimdLoop for Tiles<'_, R, L, N, M, I> {
    type Output = ();
    #[inline(always)]
    fn run(self) {
        for r in (0..self.rows).step_by(M) {
            let (a, c) = (&self.a[r / M * self.each..], &mut self.c[r * self.stride..]);
            if r == 0 && !self.next.is_empty() {
                tile::<R, L, N, M, I, true>(a, self.a_stride, (self.w, self.next), c, self.stride, self.depth);
            } else {
                tile::<R, L, N, M, I, false>(a, self.a_stride, (self.w, self.next), c, self.stride, self.depth);
            }
        }
    }
}

/// M rows by N vectors of L lanes, with the sums in registers. If `I`, the elements of A are interleaved.
///
/// The sums stay in registers only if [`fma`] creates each vector as a whole and returns it by
/// value. If single lanes are changed in place, the sums stay in memory, which costs a factor of
/// 30.
#[allow(clippy::needless_range_loop)]
#[inline(always)]
fn tile<R: Real, const L: usize, const N: usize, const M: usize, const I: bool, const FETCH: bool>(
    a: &[R],
    a_stride: usize,
    (w, next): (&[R], &[R]),
    c: &mut [R],
    stride: usize,
    depth: usize,
) {
    let mut sums = [[[R::default(); L]; N]; M];
    let mut rows: [&[R]; M] = [&[]; M];
    let columns = if I { &a.as_chunks::<M>().0[..depth] } else { &[] };
    for m in 0..M {
        if !I {
            rows[m] = &a[m * a_stride..][..depth];
        }
        for n in 0..N {
            sums[m][n].copy_from_slice(&c[m * stride + n * L..][..L]);
        }
    }
    let w = &w.as_chunks::<L>().0.as_chunks::<N>().0[..depth];
    for k in 0..depth {
        if FETCH {
            for n in 0..N {
                prefetch_l2(next, (k * N + n) * L);
            }
        }
        for m in 0..M {
            let a = if I { columns[k][m] } else { rows[m][k] };
            for n in 0..N {
                sums[m][n] = fma(a, &w[k][n], sums[m][n]);
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
pub(super) fn fma<R: Real, const L: usize>(x: R, w: &[R; L], sum: [R; L]) -> [R; L] {
    let mut out = sum;
    for l in 0..L {
        out[l] = x.mul_add(w[l], sum[l]);
    }
    out
}
