//! The inputs of a block, step by step.

use crate::numeric::scalar::Scalar;
use crate::system::scan::InputSource;
use crate::system::{Inputs, MAX_PORTS};
use ndarray::{ArrayView2, ArrayView3, Axis, s};
use std::ops::Range;

/// The inputs of one block, read from the caller's arrays.
pub(crate) struct InputReaders<'a, T> {
    pub(crate) ports: Vec<InputReader<'a, T>>,
}

impl<T: Scalar> InputSource<T> for InputReaders<'_, T> {
    #[inline]
    fn inputs(&mut self, k: usize) -> Inputs<'_, T> {
        let mut inputs = Inputs { ports: [&[]; MAX_PORTS], given: [false; MAX_PORTS] };
        for (port, reader) in self.ports.iter_mut().enumerate() {
            inputs.given[port] = !matches!(reader, InputReader::Zeros(..));
            inputs.ports[port] = reader.at(k);
        }
        inputs
    }
}

/// One input port over the steps of a chunk, for one block.
pub(crate) enum InputReader<'a, T> {
    /// A port without input: `len` zeros, allocated at the first use, on the thread that computes
    /// the block.
    Zeros(Vec<T>, usize),
    /// A series `[steps, rows, features]` with any strides (0 where it broadcasts). The block reads
    /// the flat range `elements` of `[rows, features]`. `scratch` holds a copy of a step that is
    /// not contiguous in memory.
    Series { view: ArrayView3<'a, T>, elements: Range<usize>, scratch: Vec<T>, constant: bool },
}

impl<'a, T: Scalar> InputReader<'a, T> {
    pub(crate) fn series(view: ArrayView3<'a, T>, elements: Range<usize>) -> Self {
        let constant = view.strides()[0] == 0;
        Self::Series { view, elements, scratch: Vec::new(), constant }
    }

    #[inline]
    fn at(&mut self, k: usize) -> &[T] {
        match self {
            Self::Zeros(zeros, len) => {
                zeros.resize(*len, T::zeroed());
                zeros
            }
            Self::Series { view, elements, scratch, constant } => {
                if *constant && !scratch.is_empty() {
                    return scratch;
                }
                let step = view.index_axis_move(Axis(0), k);
                if let Some(all) = step.to_slice() {
                    return &all[elements.clone()];
                }
                scratch.resize(elements.len(), T::zeroed());
                gather(step, elements, scratch);
                scratch
            }
        }
    }
}

/// Copies the flat range `elements` of `[rows, features]` to `out`.
fn gather<T: Scalar>(step: ArrayView2<'_, T>, elements: &Range<usize>, out: &mut [T]) {
    let features = step.ncols().max(1);
    let (mut element, mut rest) = (elements.start, out);
    while element < elements.end {
        let (row, from) = (element / features, element % features);
        let to = features.min(from + elements.end - element);
        let (part, later) = rest.split_at_mut(to - from);
        let given = step.slice_move(s![row, from..to]);
        match (given.to_slice(), given.first()) {
            (Some(given), _) => part.copy_from_slice(given),
            (None, Some(same)) if given.strides() == [0] => part.fill(*same),
            _ => part.iter_mut().zip(given).for_each(|(o, x)| *o = *x),
        }
        element += to - from;
        rest = later;
    }
}
