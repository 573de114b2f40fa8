//! A matrix product that is ready to run.

use super::cpu;
use crate::cuda::Gemm;
use crate::device::{Device, Products};
use crate::engine::device_array::DeviceArray;
use crate::engine::gemm_shape::Shape;
use crate::error::{Error, Result};
use crate::numeric::scalar::Scalar;
use std::marker::PhantomData;

/// A matrix product that is ready to run, any number of times.
/// [`Matmul::build`](super::Matmul::build) makes it.
#[derive(Debug)]
pub struct Product<T> {
    shape: Shape,
    on_device: Option<Gemm>,
    element: PhantomData<T>,
}

impl<T: Scalar> Product<T> {
    pub(super) fn new(shape: Shape, products: Products, device: Device) -> Result<Self> {
        let on_device = match device {
            Device::Cpu => None,
            Device::Cuda(ordinal) => Some(Gemm::new(crate::survey::context(ordinal)?, T::DTYPE, &shape, products)?),
        };
        Ok(Self { shape, on_device, element: PhantomData })
    }

    /// Computes C from host arrays. Returns C, `[batch, m, n]`, row-major.
    ///
    /// # Errors
    /// If an array has the wrong length, memory is short, or the device fails.
    pub fn run(&mut self, a: &[T], b: &[T], bias: Option<&[T]>) -> Result<Vec<T>> {
        self.shape.fit(a.len(), b.len(), bias.map(<[T]>::len), None)?;
        let mut c = crate::memory::zeroed("a product", self.shape.lens()[2])?;
        self.run_into(a, b, bias, &mut c)?;
        Ok(c)
    }

    /// As [`Product::run`], but writes C to an existing array, whatever its contents.
    ///
    /// # Errors
    /// As [`Product::run`].
    pub fn run_into(&mut self, a: &[T], b: &[T], bias: Option<&[T]>, c: &mut [T]) -> Result<()> {
        self.shape.fit(a.len(), b.len(), bias.map(<[T]>::len), Some(c.len()))?;
        match &mut self.on_device {
            None => crate::memory::threads::run(|| cpu::run(&self.shape, a, b, bias, c))?,
            Some(gemm) => gemm.run(a, b, bias, c),
        }
    }

    /// Computes C from device arrays, into a new device array. Returns when the product is
    /// complete.
    ///
    /// # Errors
    /// As [`Product::run`]; also if this product runs on the CPU, or an array belongs to another
    /// device.
    pub fn run_on_device(
        &mut self,
        a: &DeviceArray<T>,
        b: &DeviceArray<T>,
        bias: Option<&DeviceArray<T>>,
    ) -> Result<DeviceArray<T>> {
        self.shape.fit(a.len(), b.len(), bias.map(DeviceArray::len), None)?;
        let gemm = self.on_device.as_mut().ok_or_else(|| no_device("run_on_device"))?;
        let c = gemm.run_on_device(a.buffer(), b.buffer(), bias.map(DeviceArray::buffer), size_of::<T>())?;
        let Shape { batch, m, n, .. } = self.shape;
        Ok(DeviceArray::new(c, if batch == 1 { vec![m, n] } else { vec![batch, m, n] }))
    }

    /// Copies an array to the device of this product. Its shape there is `[values.len()]`.
    ///
    /// # Errors
    /// If this product runs on the CPU, the device has too little memory, or the device was lost.
    pub fn to_device(&self, values: &[T]) -> Result<DeviceArray<T>> {
        let gemm = self.on_device.as_ref().ok_or_else(|| no_device("to_device"))?;
        Ok(DeviceArray::new(gemm.upload(values)?, vec![values.len()]))
    }

    /// Returns the name of the GPU's kernel with the sizes of its tile; `cpu` on the CPU.
    #[must_use]
    pub fn kernel(&self) -> String {
        self.on_device.as_ref().map_or_else(|| "cpu".into(), Gemm::kernel)
    }
}

fn no_device(what: &str) -> Error {
    Error::Unsupported(format!("{what} needs a CUDA device, but this product runs on the CPU"))
}
