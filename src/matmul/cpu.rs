//! The matrix product on the CPU. B is packed in panels of columns; rows of A are processed in
//! groups that fit in L2; threads share the groups, or the panels.

use crate::engine::gemm_shape::Shape;
use crate::error::Result;
use crate::models::Activation;
use crate::numeric::gemm::{Packed, Rows, product};
use crate::numeric::scalar::Scalar;
use crate::numeric::simd::{SimdLoop, vectorize};
use rayon::prelude::*;
use std::ops::Range;

/// Rows of a group. Each packed element of B is used for all of them once it is loaded.
const ROWS: usize = 64;
/// Columns of a panel.
const COLUMNS: usize = 256;
/// Number of multiply-adds below which threads cost more than they save.
const ALONE: usize = 1 << 16;

/// B, packed in panels of columns.
type Panels<R> = Vec<Packed<R>>;

/// C ← act(A·B + bias). All lengths have been checked.
pub(super) fn run<T: Scalar>(shape: &Shape, a: &[T], b: &[T], bias: Option<&[T]>, c: &mut [T]) -> Result<()> {
    let Shape { m, k, n, batch, share_b, .. } = *shape;
    if m == 0 || n == 0 || batch == 0 {
        return Ok(());
    }
    let work = m.saturating_mul(n).saturating_mul(k.max(1)).saturating_mul(batch);
    let parallel = work >= ALONE;
    let packed_bytes = k.saturating_mul(n.next_multiple_of(16)).saturating_mul(size_of::<T::Acc>());
    let copies = if share_b || !parallel { 1 } else { rayon::current_num_threads().min(batch) };
    crate::memory::require("a product's packed matrix", packed_bytes.saturating_mul(copies) as u64)?;
    let [apart_a, apart_b] = shape.apart();
    let shared = share_b.then(|| pack(shape, b, parallel));
    let one = |(i, c): (usize, &mut [T])| {
        let own;
        let panels = match &shared {
            Some(panels) => panels,
            None => {
                own = pack(shape, &b[i * apart_b..][..k * n], parallel);
                &own
            }
        };
        multiply(shape, &a[i * apart_a..][..m * k], panels, bias, c, parallel);
    };
    if parallel && batch > 1 {
        c.par_chunks_mut(m * n).enumerate().for_each(one);
    } else {
        c.chunks_mut(m * n).enumerate().for_each(one);
    }
    Ok(())
}

fn columns(n: usize) -> impl Iterator<Item = Range<usize>> {
    (0..n).step_by(COLUMNS).map(move |from| from..n.min(from + COLUMNS))
}

fn pack<T: Scalar>(shape: &Shape, b: &[T], parallel: bool) -> Panels<T::Acc> {
    let pack = |columns: Range<usize>| {
        if shape.transpose_b { Packed::turned(b, shape.k, columns) } else { Packed::new(b, shape.n, &[columns]) }
    };
    let all: Vec<_> = columns(shape.n).collect();
    if parallel { all.into_par_iter().map(pack).collect() } else { all.into_iter().map(pack).collect() }
}

fn multiply<T: Scalar>(
    shape: &Shape,
    a: &[T],
    panels: &Panels<T::Acc>,
    bias: Option<&[T]>,
    c: &mut [T],
    parallel: bool,
) {
    let Shape { m, n, .. } = *shape;
    // With few rows, smaller groups give each thread some.
    let lot = if parallel { m.div_ceil(rayon::current_num_threads()).clamp(1, ROWS) } else { ROWS };
    let rows = |(l, c): (usize, &mut [T])| {
        let first = l * lot;
        let a = rows_of(shape, a, first..m.min(first + lot));
        let count = c.len() / n;
        let make = |(panel, columns): (&Packed<T::Acc>, Range<usize>)| {
            let mut sums = Rows::new(count, panel.width());
            if let Some(bias) = bias {
                sums.rows_mut(0)
                    .for_each(|row| row.iter_mut().zip(&bias[columns.clone()]).for_each(|(to, b)| *to = b.to_acc()));
            }
            let stride = sums.stride();
            product(&a, count, panel, sums.all_mut(), stride);
            (sums, columns)
        };
        let mut store = |(mut sums, columns): (Rows<T::Acc>, Range<usize>)| {
            for (row, c) in sums.rows_mut(0).zip(c.chunks_exact_mut(n)) {
                vectorize(Finish {
                    activation: shape.activation,
                    sums: &mut row[..columns.len()],
                    to: &mut c[columns.clone()],
                });
            }
        };
        let all = panels.iter().zip(columns(n));
        if parallel && m <= lot {
            // There is only one group: threads share the panels.
            let all: Vec<_> = all.collect();
            all.into_par_iter().map(make).collect::<Vec<_>>().into_iter().for_each(store);
        } else {
            all.map(make).for_each(&mut store);
        }
    };
    if parallel {
        c.par_chunks_mut(lot * n).enumerate().for_each(rows);
    } else {
        c.chunks_mut(lot * n).enumerate().for_each(rows);
    }
}

/// Converts rows of A to the type of arithmetic.
fn rows_of<T: Scalar>(shape: &Shape, a: &[T], rows: Range<usize>) -> Rows<T::Acc> {
    let Shape { m, k, transpose_a, .. } = *shape;
    let mut to = Rows::new(rows.len(), k);
    let stride = to.stride();
    if transpose_a {
        for (j, a) in a.chunks_exact(m).enumerate() {
            let column = to.all_mut().iter_mut().skip(j).step_by(stride);
            column.zip(&a[rows.clone()]).for_each(|(to, a)| *to = a.to_acc());
        }
    } else if k > 0 {
        let from = a[rows.start * k..].chunks_exact(k);
        to.rows_mut(0).zip(from).for_each(|(to, a)| to.iter_mut().zip(a).for_each(|(to, a)| *to = a.to_acc()));
    }
    to
}

/// Applies the activation to a row of sums, and rounds it to the element type.
struct Finish<'a, T: Scalar> {
    activation: Activation,
    sums: &'a mut [T::Acc],
    to: &'a mut [T],
}

impl<T: Scalar> SimdLoop for Finish<'_, T> {
    type Output = ();
    #[inline(always)]
    fn run(self) {
        self.activation.each(self.sums);
        self.to.iter_mut().zip(&*self.sums).for_each(|(to, sum)| *to = T::from_acc(*sum));
    }
}
