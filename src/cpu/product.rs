//! Products of rows with a packed weight matrix, each element a sum in one fixed order.
//!
//! c[r, j] ← c[r, j] + Σₖ a[r, k]·w[k, j]: one chain of fused multiply-adds with k ascending, whatever the number of rows, the
//! tile, the thread or the vector width. So a row alone has the bits of that row in a batch, and a step those of a scan.
//! General-purpose products promise neither, and pack their weights anew at every call.

use super::simd::{Kernel, vectorize, wide};
use crate::scalar::{Real, Scalar};
use std::array::from_fn;
use std::ops::Range;

/// Bytes of a vector: a panel's unit of width. Narrower machines use several registers for it.
const VECTOR: usize = 64;
/// Steps of k unrolled; depths are padded to it with zeros.
const UNROLL: usize = 4;
/// Steps of k before moving on to other rows: so much of a panel stays in the first cache (16 KiB).
const BLOCK: usize = 128;

/// Elements of `R` in a vector.
const fn lanes<R>() -> usize {
    VECTOR / size_of::<R>()
}

/// Columns that a product with `columns` columns writes: all vectors are whole.
pub(crate) fn padded<R>(columns: usize) -> usize {
    columns.next_multiple_of(lanes::<R>())
}

/// Rows to be multiplied, padded with zeros, and so that rows of a power of two do not meet in the same cache lines.
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

    /// Everything, the padding included.
    pub(crate) fn all_mut(&mut self) -> &mut [R] {
        &mut self.values
    }

    /// Elements from one row to the next.
    pub(crate) fn stride(&self) -> usize {
        self.stride
    }

    /// Row `r` and those after it.
    pub(crate) fn rows_mut(&mut self, r: usize) -> impl Iterator<Item = &mut [R]> {
        let len = self.len;
        self.values[r * self.stride..].chunks_exact_mut(self.stride).map(move |row| &mut row[..len])
    }
}

/// Some columns of a matrix `[depth, columns]`, in panels: for each panel and each k, its columns side by side.
#[derive(Clone)]
pub(crate) struct Packed<R> {
    /// Depth, padded.
    depth: usize,
    /// Columns, padded.
    width: usize,
    /// Columns of a panel (the last may have fewer).
    panel: usize,
    values: Vec<R>,
}

impl<R> std::fmt::Debug for Packed<R> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Packed").field("depth", &self.depth).field("width", &self.width).finish_non_exhaustive()
    }
}

impl<R: Real> Packed<R> {
    /// Packs these columns of `w`, which has `stride` of them.
    pub(crate) fn new<T: Scalar<Acc = R>>(w: &[T], stride: usize, columns: &[Range<usize>]) -> Self {
        let rows = w.len() / stride.max(1);
        let count: usize = columns.iter().map(ExactSizeIterator::len).sum();
        let (depth, width) = (rows.next_multiple_of(UNROLL), padded::<R>(count));
        // Two vectors where there are registers for eight rows of them.
        let panel = lanes::<R>() * if wide() { 2 } else { 1 };
        let mut values: Vec<R> = bytemuck::zeroed_vec(depth * width);
        for (j, column) in columns.iter().flat_map(Clone::clone).enumerate() {
            let start = j / panel * panel;
            let step = panel.min(width - start);
            let to = values[start * depth..].iter_mut().skip(j - start).step_by(step);
            to.zip(w.iter().skip(column).step_by(stride.max(1))).for_each(|(to, w)| *to = w.to_acc());
        }
        Self { depth, width, panel, values }
    }

    /// Columns that a product writes, those of the padding included.
    pub(crate) fn width(&self) -> usize {
        self.width
    }

    /// The panel that starts at column `start`, at the steps `k`.
    #[inline(always)]
    fn panel(&self, start: usize, k: &Range<usize>) -> &[R] {
        let width = self.panel.min(self.width - start);
        &self.values[start * self.depth + k.start * width..][..k.len() * width]
    }
}

/// c ← c + a·w for these rows of a, where the first of them goes to `c[0]`, the next to `c[stride]`, …: `w.width()` elements each.
pub(crate) fn product<R: Real>(a: &Rows<R>, rows: Range<usize>, w: &Packed<R>, c: &mut [R], stride: usize) {
    vectorize(Product { a, rows, w, c, stride });
}

struct Product<'a, R> {
    a: &'a Rows<R>,
    rows: Range<usize>,
    w: &'a Packed<R>,
    c: &'a mut [R],
    stride: usize,
}

impl<R: Real> Kernel for Product<'_, R> {
    type Output = ();
    #[inline(always)]
    fn run(self) {
        match size_of::<R>() {
            4 => self.panels::<16>(),
            _ => self.panels::<8>(),
        }
    }
}

impl<R: Real> Product<'_, R> {
    #[inline(always)]
    fn panels<const L: usize>(mut self) {
        let (panel, width) = (self.w.panel, self.w.width);
        let mut start = 0;
        while start < width {
            // A few rows have few sums in flight: they take two panels at once.
            let pair = self.rows.len() < 4 && start + 2 * panel <= width;
            for from in (0..self.w.depth).step_by(BLOCK) {
                let k = from..self.w.depth.min(from + BLOCK);
                match (pair, (width - start).min(panel) / L) {
                    (true, 2) => self.rows::<L, 2, 2>(start, &k),
                    (true, _) => self.rows::<L, 2, 1>(start, &k),
                    (false, 2) => self.rows::<L, 1, 2>(start, &k),
                    (false, _) => self.rows::<L, 1, 1>(start, &k),
                }
            }
            start += if pair { 2 * panel } else { panel };
        }
    }

    /// All rows, in tiles as high as there are registers for.
    #[inline(always)]
    fn rows<const L: usize, const P: usize, const N: usize>(&mut self, start: usize, k: &Range<usize>) {
        let (mut r, rows) = (0, self.rows.len());
        if P == 1 {
            while N == 2 && r + 8 <= rows {
                self.tile::<L, 1, N, 8>(r, start, k);
                r += 8;
            }
            while r + 4 <= rows {
                self.tile::<L, 1, N, 4>(r, start, k);
                r += 4;
            }
        }
        while r + 2 <= rows {
            self.tile::<L, P, N, 2>(r, start, k);
            r += 2;
        }
        while r < rows {
            self.tile::<L, P, N, 1>(r, start, k);
            r += 1;
        }
    }

    /// M rows by P panels of N vectors of L lanes, over a stretch of k, with the sums in registers.
    #[inline(always)]
    fn tile<const L: usize, const P: usize, const N: usize, const M: usize>(&mut self, r: usize, start: usize, k: &Range<usize>) {
        let place = |m: usize, p: usize, n: usize| (r + m) * self.stride + start + (p * N + n) * L;
        let mut sums = [[[[R::of(0.0); L]; N]; P]; M];
        for (m, sums) in sums.iter_mut().enumerate() {
            for (p, sums) in sums.iter_mut().enumerate() {
                for (n, sums) in sums.iter_mut().enumerate() {
                    sums.copy_from_slice(&self.c[place(m, p, n)..][..L]);
                }
            }
        }
        let first = self.rows.start + r;
        let a: [&[[R; UNROLL]]; M] = from_fn(|m| self.a.values[(first + m) * self.a.stride + k.start..][..k.len()].as_chunks::<UNROLL>().0);
        let w: [&[[[[R; L]; N]; UNROLL]]; P] =
            from_fn(|p| self.w.panel(start + p * N * L, k).as_chunks::<L>().0.as_chunks::<N>().0.as_chunks::<UNROLL>().0);
        for q in 0..k.len() / UNROLL {
            let a: [&[R; UNROLL]; M] = from_fn(|m| &a[m][q]);
            let w: [&[[[R; L]; N]; UNROLL]; P] = from_fn(|p| &w[p][q]);
            for u in 0..UNROLL {
                for m in 0..M {
                    for p in 0..P {
                        for n in 0..N {
                            for l in 0..L {
                                sums[m][p][n][l] = a[m][u].mul_add(w[p][u][n][l], sums[m][p][n][l]);
                            }
                        }
                    }
                }
            }
        }
        for (m, sums) in sums.iter().enumerate() {
            for (p, sums) in sums.iter().enumerate() {
                for (n, sums) in sums.iter().enumerate() {
                    self.c[place(m, p, n)..][..L].copy_from_slice(sums);
                }
            }
        }
    }
}
