//! Matrix products, C = act(A·B + bias), on the CPU and on NVIDIA GPUs.
//!
//! ```
//! use overtime::matmul::{Matmul, matmul};
//! use overtime::models::Activation;
//! # fn main() -> overtime::Result<()> {
//! // [[1, 2], [3, 4]]·[[1], [10]]
//! let mut product = Matmul::<f32>::new(2, 2, 1).activation(Activation::Relu).build()?;
//! assert_eq!(product.run(&[1.0, 2.0, 3.0, 4.0], &[1.0, 10.0], Some(&[-30.0]))?, [0.0, 13.0]);
//!
//! let a = ndarray::array![[1.0, 2.0], [3.0, 4.0]];
//! assert_eq!(matmul(&a, &a.t())?, ndarray::array![[5.0, 11.0], [11.0, 25.0]]);
//! # Ok(()) }
//! ```
//!
//! Matrices are row-major. On the CPU, and on a GPU with [`Products::Ordered`], each element is a
//! chain of fused multiply-adds in [`Scalar::Acc`]. The chain starts from the bias and k ascends,
//! for any number of rows or threads, so that CPU and GPU give the same bits. With
//! [`Products::Fast`], the default, a GPU sums in the fastest order, which is the same in every
//! run. Results in `f32` and `f64` then differ from the CPU only for products with few elements and
//! long sums, which several thread blocks share.

mod cpu;
mod product;

use crate::device::{Device, Products};
use crate::error::{Error, Result};
use crate::models::Activation;
use crate::numeric::scalar::Scalar;
use ndarray::{Array2, ArrayBase, Data, Ix2};
use std::marker::PhantomData;

pub(crate) use crate::engine::gemm_shape::Shape;
pub use product::Product;

/// A builder of [`Product`].
///
/// | array | shape as stored | default |
/// |---|---|---|
/// | A | `[batch, m, k]`, transposed `[batch, k, m]`, shared without `batch` | not transposed, not shared |
/// | B | `[batch, k, n]`, transposed `[batch, n, k]`, shared without `batch` | not transposed, not shared |
/// | bias, optional | `[n]`, added to every row | none |
/// | C | `[batch, m, n]` | |
///
/// Each size can be 0; with k = 0, C is act(bias).
#[derive(Clone, Debug)]
#[must_use]
pub struct Matmul<T> {
    shape: Shape,
    products: Products,
    device: Device,
    element: PhantomData<T>,
}

impl<T: Scalar> Matmul<T> {
    /// A product of an m × k matrix and a k × n matrix.
    pub fn new(m: usize, k: usize, n: usize) -> Self {
        Self { shape: Shape::new(m, k, n), products: Products::default(), device: Device::Cpu, element: PhantomData }
    }

    /// Sets the number of products in a batch, which are contiguous in memory. The default is 1.
    pub fn batch(mut self, batch: usize) -> Self {
        self.shape.batch = batch;
        self
    }

    /// Sets whether A is stored transposed, as `[k, m]`. The default is `false`.
    pub fn transpose_a(mut self, transposed: bool) -> Self {
        self.shape.transpose_a = transposed;
        self
    }

    /// Sets whether B is stored transposed, as `[n, k]`. The default is `false`.
    pub fn transpose_b(mut self, transposed: bool) -> Self {
        self.shape.transpose_b = transposed;
        self
    }

    /// Sets whether all products of the batch use one A. The default is `false`.
    pub fn share_a(mut self, shared: bool) -> Self {
        self.shape.share_a = shared;
        self
    }

    /// Sets whether all products of the batch use one B. The default is `false`.
    pub fn share_b(mut self, shared: bool) -> Self {
        self.shape.share_b = shared;
        self
    }

    /// Sets the function that is applied to each element; [`Activation::Identity`] by default.
    /// [`Activation::Softmax`] is not possible, since it is not a function of one element.
    pub fn activation(mut self, activation: Activation) -> Self {
        self.shape.activation = activation;
        self
    }

    /// Sets the order in which a GPU sums; [`Products::Fast`] by default.
    pub fn products(mut self, products: Products) -> Self {
        self.products = products;
        self
    }

    /// Sets the device; [`Device::Cpu`] by default.
    pub fn device(mut self, device: Device) -> Self {
        self.device = device;
        self
    }

    /// Checks the sizes; for a GPU, also compiles the kernels.
    ///
    /// # Errors
    /// If the bytes of an array would exceed the address space, the activation is softmax, a size
    /// for a GPU is 2³¹ or more, or the device cannot be used.
    pub fn build(self) -> Result<Product<T>> {
        self.shape.check()?;
        Product::new(self.shape, self.products, self.device)
    }
}

/// Computes A·B of two matrices on the CPU.
///
/// # Errors
/// If A has not as many columns as B has rows, or memory is short.
pub fn matmul<T: Scalar, A: Data<Elem = T>, B: Data<Elem = T>>(
    a: &ArrayBase<A, Ix2>,
    b: &ArrayBase<B, Ix2>,
) -> Result<Array2<T>> {
    let ((m, k), (rows, n)) = (a.dim(), b.dim());
    if rows != k {
        return Err(Error::Shape { argument: "B".into(), axis: "rows".into(), expected: k, given: rows });
    }
    // A column-major matrix is a transposed row-major matrix.
    let turned = |strides: &[isize], standard: bool| !standard && strides.first() == Some(&1);
    let (turn_a, turn_b) = (turned(a.strides(), a.is_standard_layout()), turned(b.strides(), b.is_standard_layout()));
    let mut product = Matmul::<T>::new(m, k, n).transpose_a(turn_a).transpose_b(turn_b).build()?;
    let (a, b) = (if turn_a { a.t() } else { a.view() }, if turn_b { b.t() } else { b.view() });
    let (a, b) = (a.as_standard_layout(), b.as_standard_layout());
    let c = product.run(a.as_slice().unwrap_or_default(), b.as_slice().unwrap_or_default(), None)?;
    Array2::from_shape_vec((m, n), c).map_err(|e| Error::Internal(format!("a product: {e}")))
}
