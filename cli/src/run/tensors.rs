//! Converts lists of numbers to tensors of a safetensors file, and back.

use ndarray::{ArrayD, ArrayViewD, IxDyn};
use overtime::memory;
use overtime::states::{Tensor, Type};
use std::borrow::Borrow;

/// The name of these copies in an error of memory.
const COPY: &str = "the copy of a file";

/// Indices in the type of files.
pub(crate) fn indices(all: &[usize]) -> anyhow::Result<Vec<u64>> {
    Ok(memory::collect(COPY, all.iter().map(|x| *x as u64))?)
}

/// The indices of [`indices`].
pub(crate) fn read_indices(all: &[u64]) -> anyhow::Result<Vec<usize>> {
    Ok(memory::collect(COPY, all.iter().map(|x| *x as usize))?)
}

/// Numbers in one axis.
pub(crate) fn numbers<N: Borrow<f64>>(
    all: impl IntoIterator<Item = N, IntoIter: ExactSizeIterator>,
) -> anyhow::Result<Tensor> {
    tensor(Type::F64, all.into_iter().map(|x| x.borrow().to_le_bytes()))
}

/// Whole numbers in one axis.
pub(crate) fn whole<N: Borrow<u64>>(
    all: impl IntoIterator<Item = N, IntoIter: ExactSizeIterator>,
) -> anyhow::Result<Tensor> {
    tensor(Type::U64, all.into_iter().map(|x| x.borrow().to_le_bytes()))
}

/// Bytes of any shape.
pub(crate) fn bytes(array: ArrayViewD<'_, u8>) -> anyhow::Result<Tensor> {
    let shape = array.shape().to_vec();
    Ok(Tensor { dtype: Type::U8, shape, bytes: memory::copied(COPY, array)?.into_raw_vec_and_offset().0 })
}

/// The bytes of [`bytes`]; `None` for another type.
pub(crate) fn read_bytes(tensor: &Tensor) -> anyhow::Result<Option<ArrayD<u8>>> {
    if tensor.dtype != Type::U8 {
        return Ok(None);
    }
    let bytes = memory::collect(COPY, tensor.bytes.iter().copied())?;
    Ok(Some(ArrayD::from_shape_vec(IxDyn(&tensor.shape), bytes)?))
}

fn tensor(dtype: Type, all: impl ExactSizeIterator<Item = [u8; 8]>) -> anyhow::Result<Tensor> {
    let shape = vec![all.len()];
    let mut bytes = memory::room(COPY, all.len().saturating_mul(8))?;
    bytes.extend(all.flatten());
    Ok(Tensor { dtype, shape, bytes })
}

/// The numbers of [`whole`]; `None` for another type.
pub(crate) fn read_whole(tensor: &Tensor) -> anyhow::Result<Option<Vec<u64>>> {
    if tensor.dtype != Type::U64 {
        return Ok(None);
    }
    let number = |c: &[u8]| c.try_into().map_or(0, u64::from_le_bytes);
    Ok(Some(memory::collect(COPY, tensor.bytes.chunks_exact(8).map(number))?))
}

/// The numbers of [`numbers`].
pub(crate) fn read_numbers(tensor: &Tensor) -> anyhow::Result<Vec<f64>> {
    let array: ArrayD<f64> = tensor.to_array()?;
    Ok(array.into_raw_vec_and_offset().0)
}
