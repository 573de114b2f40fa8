//! The product panel by panel, and tile by tile within a panel.

use super::Order;
use super::packed::Shape;
use crate::numeric::scalar::Real;
use crate::numeric::simd::{SimdLoop, vectorize, wide};

/// The number of values of k that are processed before the next rows. This part of a panel (16 KiB)
/// stays in L1.
const BLOCK: usize = 128;
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
pub(super) struct Block<'a, R> {
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
pub(super) struct Tiles<'a, R, const L: usize, const N: usize, const M: usize> {
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
pub(super) fn tile<R: Real, const L: usize, const N: usize, const M: usize>(
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
pub(super) fn fma<R: Real, const L: usize>(x: R, w: &[R; L], sum: [R; L]) -> [R; L] {
    let mut out = sum;
    for l in 0..L {
        out[l] = x.mul_add(w[l], sum[l]);
    }
    out
}
