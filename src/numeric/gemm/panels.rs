//! The product panel by panel, and tile by tile within a panel.

use super::Order;
use super::packed::Shape;
use crate::numeric::scalar::Real;
use crate::numeric::simd::{SimdLoop, prefetch_l2, vectorize, wide};

/// The most values of k that are processed before the next rows. This part of a panel (16 KiB) stays
/// in L1.
const BLOCK: usize = 1 << 14;
/// The bytes of weights that stay in L2 beside other data.
const SMALL: usize = 1 << 18;
/// The number of values of k from which on tiles have six rows.
const DEEP: usize = 64;
/// The panels that are multiplied together if there is a single row. Each vector of a row is one chain
/// of dependent additions, so that a core needs some vectors at once.
const ABREAST: usize = 4;

/// The product, panel by panel. `L` is the number of lanes in a vector.
pub(super) fn panels<R: Real, const L: usize>(
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
    let most = BLOCK / (panel * size_of::<R>());
    if rows == 1 {
        let (a, c) = (&a[..whole], &mut c[..width]);
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
            let mut block = Block { a: &a[from..], a_stride, w, next, depth, c: &mut c[start..], stride, rows };
            if columns / L == 2 {
                block.tiles::<L, 2, 8>();
                block.tiles::<L, 2, 4>();
                block.tiles::<L, 2, 2>();
                block.tiles::<L, 2, 1>();
            } else {
                if wide {
                    block.tiles::<L, 1, 8>();
                } else {
                    block.sixes::<L>();
                }
                block.tiles::<L, 1, 4>();
                block.tiles::<L, 1, 2>();
                block.tiles::<L, 1, 1>();
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

/// A range of k within one panel, and the rows that are not yet multiplied with it.
pub(super) struct Block<'a, R> {
    a: &'a [R],
    a_stride: usize,
    w: &'a [R],
    /// The elements that are multiplied after these. The first tile asks for them.
    next: &'a [R],
    depth: usize,
    c: &'a mut [R],
    stride: usize,
    rows: usize,
}

impl<'a, R: Real> Block<'a, R> {
    /// Multiplies tiles of six rows. If two rows would be left, eight are: two tiles of four rows have
    /// more sums at once than one of two. If there are few values of k, none: the start of such a tile
    /// takes longer.
    fn sixes<const L: usize>(&mut self) {
        if self.depth < DEEP {
            return;
        }
        let rows = self.rows - self.rows % 6;
        self.rows_by::<L, 1, 6>(if self.rows == rows + 2 { rows.saturating_sub(6) } else { rows });
    }

    /// Multiplies as many tiles of M rows by N vectors as the rows allow.
    fn tiles<const L: usize, const N: usize, const M: usize>(&mut self) {
        self.rows_by::<L, N, M>(self.rows / M * M);
    }

    /// Multiplies this number of rows, in tiles of M rows by N vectors.
    fn rows_by<const L: usize, const N: usize, const M: usize>(&mut self, rows: usize) {
        if rows == 0 {
            return;
        }
        let c = std::mem::take(&mut self.c);
        vectorize(Tiles::<R, L, N, M> {
            a: self.a,
            a_stride: self.a_stride,
            w: self.w,
            next: std::mem::take(&mut self.next),
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
pub(super) struct Tiles<'a, R, const L: usize, const N: usize, const M: usize> {
    a: &'a [R],
    a_stride: usize,
    w: &'a [R],
    next: &'a [R],
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
            if r == 0 && !self.next.is_empty() {
                tile::<R, L, N, M, true>(a, self.a_stride, (self.w, self.next), c, self.stride, self.depth);
            } else {
                tile::<R, L, N, M, false>(a, self.a_stride, (self.w, self.next), c, self.stride, self.depth);
            }
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
fn tile<R: Real, const L: usize, const N: usize, const M: usize, const FETCH: bool>(
    a: &[R],
    a_stride: usize,
    (w, next): (&[R], &[R]),
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
        if FETCH {
            for n in 0..N {
                prefetch_l2(next, (k * N + n) * L);
            }
        }
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
pub(super) fn fma<R: Real, const L: usize>(x: R, w: &[R; L], sum: [R; L]) -> [R; L] {
    let mut out = sum;
    for l in 0..L {
        out[l] = x.mul_add(w[l], sum[l]);
    }
    out
}
