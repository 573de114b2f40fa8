//! The matrix product on the CPU.
//!
//! Slices of at most [`DEPTH`] values of k follow each other. For a slice, threads pack B in panels of
//! columns, and then multiply blocks of rows of A with all panels. Sums stay in C between two slices,
//! or in memory of their own if C has another type or rows that are not whole vectors. If there are few
//! rows, threads share the panels.

use crate::engine::gemm_shape::Shape;
use crate::error::Result;
use crate::models::Activation;
use crate::numeric::gemm::{Interleaved, Packed, Rows, padded, product_of};
use crate::numeric::scalar::Scalar;
use crate::numeric::simd::{SimdLoop, vectorize};
use rayon::prelude::*;
use std::ops::Range;

/// The most values of k in a slice.
const DEPTH: usize = 512;
/// The most rows in a block. Each packed element of B is used for all of them once it is loaded. Their
/// slice of A (256 KiB in f32) stays in L2.
const ROWS: usize = 128;
/// The fewest rows for which a thread packs no panels of its own.
const FEW_ROWS: usize = 24;
/// Columns of a panel.
const COLUMNS: usize = 256;
/// Number of multiply-adds below which threads cost more than they save.
const ALONE: usize = 1 << 16;

/// C ← act(A·B + bias). All lengths have been checked.
pub(super) fn run<T: Scalar>(shape: &Shape, a: &[T], b: &[T], bias: Option<&[T]>, c: &mut [T]) -> Result<()> {
    let shape = &flat(shape);
    let Shape { m, k, n, batch, .. } = *shape;
    if m == 0 || n == 0 || batch == 0 {
        return Ok(());
    }
    let work = m.saturating_mul(n).saturating_mul(k.max(1)).saturating_mul(batch);
    let parallel = work >= ALONE;
    let at_once = if parallel { rayon::current_num_threads().min(batch) } else { 1 };
    let elements = if has_few_rows(shape, parallel) {
        k.saturating_mul(padded::<T::Acc>(n))
    } else {
        let sums = if sums_in_place::<T>(n) { 0 } else { m.saturating_mul(padded::<T::Acc>(n)) };
        k.min(DEPTH).saturating_mul(padded::<T::Acc>(n)).saturating_add(sums)
    };
    let bytes = elements.saturating_mul(size_of::<T::Acc>()).saturating_mul(at_once);
    crate::memory::require("a product's packed matrix", bytes as u64)?;
    let [apart_a, apart_b] = shape.apart();
    let one = |(i, c): (usize, &mut [T])| {
        let (a, b) = (&a[i * apart_a..][..m * k], &b[i * apart_b..][..k * n]);
        if has_few_rows(shape, parallel) {
            multiply_few_rows(shape, a, b, bias, c, parallel);
        } else {
            multiply(shape, a, b, bias, c, parallel);
        }
    };
    if parallel && batch > 1 {
        c.par_chunks_mut(m * n).enumerate().for_each(one);
    } else {
        c.chunks_mut(m * n).enumerate().for_each(one);
    }
    Ok(())
}

/// The same product with the batch as rows of A, if all products of the batch have one B.
fn flat(shape: &Shape) -> Shape {
    match *shape {
        Shape { share_b: true, share_a: false, transpose_a: false, batch, m, .. } if batch > 1 => {
            Shape { m: m * batch, batch: 1, ..*shape }
        }
        _ => *shape,
    }
}

fn threads(parallel: bool) -> usize {
    if parallel { rayon::current_num_threads() } else { 1 }
}

/// Whether threads share panels, and not rows.
fn has_few_rows(shape: &Shape, parallel: bool) -> bool {
    shape.m < FEW_ROWS * threads(parallel)
}

/// Whether C can hold the sums: they have its type, and its rows are whole vectors.
fn sums_in_place<T: Scalar>(n: usize) -> bool {
    size_of::<T>() == size_of::<T::Acc>() && padded::<T::Acc>(n) == n
}

fn columns(n: usize) -> impl Iterator<Item = Range<usize>> {
    (0..n).step_by(COLUMNS).map(move |from| from..n.min(from + COLUMNS))
}

/// Packs these columns of a slice of B.
fn pack<T: Scalar>(shape: &Shape, b: &[T], slice: &Range<usize>, columns: Range<usize>) -> Packed<T::Acc> {
    if shape.transpose_b {
        Packed::turned(b, shape.k, slice.clone(), columns)
    } else {
        Packed::new(&b[slice.start * shape.n..slice.end * shape.n], shape.n, &[columns])
    }
}

fn multiply<T: Scalar>(shape: &Shape, a: &[T], b: &[T], bias: Option<&[T]>, c: &mut [T], parallel: bool) {
    let Shape { m, n, activation, .. } = *shape;
    if sums_in_place::<T>(n) {
        let rows = |row: &mut [T]| match bias {
            Some(bias) => row.copy_from_slice(bias),
            None => row.fill(T::zeroed()),
        };
        let sums: &mut [T::Acc] = {
            if parallel {
                c.par_chunks_mut(n).for_each(rows)
            } else {
                c.chunks_mut(n).for_each(rows)
            }
            bytemuck::cast_slice_mut(c)
        };
        accumulate(shape, a, b, (sums, n), parallel);
        if activation != Activation::Identity {
            let rows = |sums: &mut [T::Acc]| vectorize(Activate(activation, sums));
            if parallel { sums.par_chunks_mut(n).for_each(rows) } else { sums.chunks_mut(n).for_each(rows) }
        }
        return;
    }
    let mut sums = Rows::new(m, n);
    if let Some(bias) = bias {
        sums.rows_mut(0).for_each(|row| row.iter_mut().zip(bias).for_each(|(to, b)| *to = b.to_acc()));
    }
    let stride = sums.stride();
    accumulate(shape, a, b, (sums.all_mut(), stride), parallel);
    let finish = |(sums, c): (&mut [T::Acc], &mut [T])| {
        vectorize(Finish { activation, sums: &mut sums[..n], to: c });
    };
    let all = sums.all_mut();
    if parallel {
        all.par_chunks_mut(stride).zip(c.par_chunks_mut(n)).for_each(finish);
    } else {
        all.chunks_mut(stride).zip(c.chunks_mut(n)).for_each(finish);
    }
}

/// Adds A·B to the sums, whose rows have this stride.
fn accumulate<T: Scalar>(shape: &Shape, a: &[T], b: &[T], (sums, stride): (&mut [T::Acc], usize), parallel: bool) {
    let Shape { m, k, n, .. } = *shape;
    let threads = threads(parallel);
    // All threads get the same number of blocks.
    let lot = m.div_ceil(threads * m.div_ceil(threads * ROWS));
    for from in (0..k).step_by(DEPTH) {
        let slice = from..k.min(from + DEPTH);
        let pack = |columns: Range<usize>| pack(shape, b, &slice, columns);
        let panels: Vec<Packed<T::Acc>> = if parallel {
            columns(n).collect::<Vec<_>>().into_par_iter().map(pack).collect()
        } else {
            columns(n).map(pack).collect()
        };
        let block = |(l, sums): (usize, &mut [T::Acc])| {
            let rows = l * lot..m.min((l + 1) * lot);
            let a = rows_of(shape, a, rows.clone(), slice.clone());
            for (panel, columns) in panels.iter().zip(columns(n)) {
                product_of(&a, panel, &mut sums[columns.start..], stride);
            }
        };
        if parallel {
            sums.par_chunks_mut(lot * stride).enumerate().for_each(block);
        } else {
            sums.chunks_mut(lot * stride).enumerate().for_each(block);
        }
    }
}

/// The product of few rows, whose panels threads share.
fn multiply_few_rows<T: Scalar>(shape: &Shape, a: &[T], b: &[T], bias: Option<&[T]>, c: &mut [T], parallel: bool) {
    let Shape { m, k, n, activation, .. } = *shape;
    let a = rows_of(shape, a, 0..m, 0..k);
    let make = |columns: Range<usize>| {
        let panel = pack(shape, b, &(0..k), columns.clone());
        let mut sums = Rows::new(m, panel.width());
        if let Some(bias) = bias {
            let bias = &bias[columns.clone()];
            sums.rows_mut(0).for_each(|row| row.iter_mut().zip(bias).for_each(|(to, b)| *to = b.to_acc()));
        }
        let stride = sums.stride();
        product_of(&a, &panel, sums.all_mut(), stride);
        (sums, columns)
    };
    let mut store = |(mut sums, columns): (Rows<T::Acc>, Range<usize>)| {
        for (row, c) in sums.rows_mut(0).zip(c.chunks_exact_mut(n)) {
            vectorize(Finish { activation, sums: &mut row[..columns.len()], to: &mut c[columns.clone()] });
        }
    };
    if parallel {
        let all: Vec<_> = columns(n).collect();
        all.into_par_iter().map(make).collect::<Vec<_>>().into_iter().for_each(store);
    } else {
        columns(n).map(make).for_each(&mut store);
    }
}

/// A slice of rows of A in the order of the tiles.
fn rows_of<T: Scalar>(shape: &Shape, a: &[T], rows: Range<usize>, slice: Range<usize>) -> Interleaved<T::Acc> {
    let Shape { m, k, transpose_a, .. } = *shape;
    if transpose_a {
        Interleaved::of_columns(&a[slice.start * m + rows.start..], m, rows.len(), slice.len())
    } else {
        Interleaved::of_rows(&a[rows.start * k + slice.start..], k, rows.len(), slice.len())
    }
}

/// Applies the activation to a row of sums.
struct Activate<'a, R>(Activation, &'a mut [R]);

impl<R: crate::numeric::scalar::Real> SimdLoop for Activate<'_, R> {
    type Output = ();
    #[inline(always)]
    fn run(self) {
        self.0.each(self.1);
    }
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
