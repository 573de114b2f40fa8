//! The weights of a range of units of a cell, in the layout of the product.

use crate::numeric::gemm::{Packed, padded};
use crate::numeric::scalar::{Real, Scalar};
use std::ops::Range;

/// The number of elements for which gates are computed together. Rows of gates and of state have
/// space for a whole chunk beyond their end.
pub(in crate::models) const CHUNK: usize = 16;

/// The weights of a range of units: the columns of each group of gates, and the row of biases.
#[derive(Clone, Debug)]
pub(crate) struct PackedWeights<R> {
    pub(in crate::models) units: Range<usize>,
    /// The number of all units of the cell.
    pub(super) hidden: usize,
    pub(super) wi: Vec<Packed<R>>,
    pub(super) wh: Vec<Packed<R>>,
    /// The start of each group in a row of products.
    pub(super) groups: Vec<usize>,
    /// The start of each gate in a row of products.
    pub(in crate::models) gates: Vec<usize>,
    /// The bias, which is the initial value of a row of products.
    pub(super) bias: Vec<R>,
    /// The second bias of the last gate.
    pub(super) hidden_bias: Vec<R>,
}

impl<R: Real> PackedWeights<R> {
    pub(super) fn new<T: Scalar<Acc = R>>(
        groups: &[usize],
        units: Range<usize>,
        hidden: usize,
        [wi, wh]: [&[T]; 2],
        [b, bh]: [Option<&[T]>; 2],
    ) -> Self {
        let gates = groups.iter().sum::<usize>();
        let mut packed = Self {
            hidden,
            wi: Vec::new(),
            wh: Vec::new(),
            groups: Vec::new(),
            gates: Vec::new(),
            bias: Vec::new(),
            hidden_bias: vec![R::of(0.0); padded::<R>(units.len())],
            units: units.clone(),
        };
        let mut width = 0;
        for group in groups {
            let first = packed.gates.len();
            let columns: Vec<_> =
                (first..first + group).map(|g| g * hidden + units.start..g * hidden + units.end).collect();
            let input = Packed::new(wi, gates * hidden, &columns);
            packed.groups.push(width);
            packed.gates.extend((0..columns.len()).map(|k| width + k * units.len()));
            width += input.width();
            packed.wi.push(input);
            packed.wh.push(Packed::new(wh, gates * hidden, &columns));
        }
        packed.bias = vec![R::of(0.0); width + CHUNK];
        if let Some(b) = b {
            for (gate, start) in packed.gates.iter().enumerate() {
                let from = &b[gate * hidden + units.start..][..units.len()];
                packed.bias[*start..].iter_mut().zip(from).for_each(|(to, b)| *to = b.to_acc());
            }
        }
        if let Some(bh) = bh {
            packed.hidden_bias.iter_mut().zip(&bh[units]).for_each(|(to, b)| *to = b.to_acc());
        }
        packed
    }

    /// The number of elements in a row of products.
    pub(in crate::models) fn width(&self) -> usize {
        self.bias.len()
    }
}

/// The chunk that starts at `at`.
#[inline(always)]
pub(in crate::models) fn chunk<R: Real>(row: &[R], at: usize) -> [R; CHUNK] {
    let mut chunk = [R::of(0.0); CHUNK];
    chunk.copy_from_slice(&row[at..][..CHUNK]);
    chunk
}

/// Returns the values of up to `CHUNK` units, and zeros beyond them.
#[inline(always)]
pub(in crate::models) fn take<R: Real>(units: &[R]) -> [R; CHUNK] {
    // The whole chunk is the usual case, and the compiler knows its length.
    match units.try_into() {
        Ok(chunk) => chunk,
        Err(_) => {
            let mut chunk = [R::of(0.0); CHUNK];
            chunk.iter_mut().zip(units).for_each(|(to, from)| *to = *from);
            chunk
        }
    }
}

/// Sets the values of up to `CHUNK` units.
#[inline(always)]
pub(in crate::models) fn put<R: Real>(chunk: &[R; CHUNK], units: &mut [R]) {
    match <&mut [R; CHUNK]>::try_from(&mut *units) {
        Ok(all) => *all = *chunk,
        Err(_) => units.iter_mut().zip(chunk).for_each(|(to, from)| *to = *from),
    }
}

/// Rounds the values to `T`.
#[inline(always)]
pub(in crate::models) fn round<T: Scalar>(values: &mut [T::Acc; CHUNK]) {
    if size_of::<T>() != size_of::<T::Acc>() {
        values.iter_mut().for_each(|v| *v = T::from_acc(*v).to_acc());
    }
}
