//! A matrix product without a time loop: its kernels, its stream, and device memory for host
//! arrays.

use super::table::GemmQuery;
use super::{GemmKernel, Layout, count, load};
use crate::cuda::driver::context::Context;
use crate::cuda::driver::memory::{Buffer, aligned};
use crate::cuda::driver::stream::Stream;
use crate::cuda::structs::gemm::GemmArgs;
use crate::device::Products;
use crate::engine::gemm_shape::Shape;
use crate::error::{Error, Result};
use crate::numeric::scalar::{DType, Scalar};
use std::sync::Arc;

/// A matrix product on a GPU. Fields are dropped in this order: values that refer to the context
/// are dropped before it.
#[derive(Debug)]
pub(crate) struct Gemm {
    stream: Stream,
    ready: GemmKernel,
    parts: Buffer,
    /// Device memory for A, B, bias and C, with the byte offset of each; allocated at the first
    /// product of host arrays.
    own: Option<(Buffer, [usize; 4])>,
    shape: Shape,
    product: GemmArgs,
    context: Arc<Context>,
}

impl Gemm {
    /// Compiles the kernels, and allocates the memory for partial sums of several thread blocks.
    ///
    /// # Errors
    /// If a size is 2³¹ or more, a kernel does not compile or load, or memory is short.
    pub(crate) fn new(context: Arc<Context>, dtype: DType, shape: &Shape, products: Products) -> Result<Self> {
        context.bind()?;
        let Shape { m, k, n, batch, transpose_a, transpose_b, activation, .. } = *shape;
        let rows = [if transpose_a { m } else { k }, if transpose_b { k } else { n }];
        let lanes = 16 / dtype.size();
        let ask = GemmQuery {
            dtype,
            products,
            capability: context.gpu.capability,
            sms: context.sms,
            m,
            n,
            k,
            batch,
            wide: rows.map(|len| len.is_multiple_of(lanes)),
            split: true,
            maps: super::makes_maps(&context),
        };
        let layout = Layout { transpose: [transpose_a, transpose_b], activation, to_work: false, windows: Vec::new() };
        let ready = GemmKernel::new(&ask, &layout, |request| load(&context, &request))?;
        let [a_batch, b_batch] = shape.apart().map(|n| n as u64);
        let product = GemmArgs {
            m: count("m", m)?,
            n: count("n", n)?,
            k: count("k", k)?,
            batch: count("batch", batch)?,
            lot: count("m", m)?.max(1),
            a_row: rows[0] as u64,
            b_row: rows[1] as u64,
            c_row: n as u64,
            a_batch,
            b_batch,
            c_batch: (m * n) as u64,
            ..GemmArgs::default()
        };
        let parts = Buffer::new(&context, "sums that blocks share", ready.parts(m, n, batch))?;
        Ok(Self { stream: Stream::new(&context)?, ready, parts, own: None, shape: *shape, product, context })
    }

    /// Computes the product of host arrays into `c`. All lengths have been checked.
    pub(crate) fn run<T: Scalar>(&mut self, a: &[T], b: &[T], bias: Option<&[T]>, c: &mut [T]) -> Result<()> {
        self.context.bind()?;
        if self.own.is_none() {
            let [a, b, c] = self.shape.lens();
            let mut all = 0_usize;
            let places = [a, b, self.shape.n, c].map(|len| {
                let at = all;
                all = all.saturating_add(aligned(len.saturating_mul(size_of::<T>())));
                at
            });
            self.own = Some((Buffer::new(&self.context, "a product", all)?, places));
        }
        let Some((own, places)) = &self.own else { return Ok(()) };
        own.write(places[0], a)?;
        own.write(places[1], b)?;
        own.write(places[2], bias.unwrap_or_default())?;
        let [a, b, at_bias, at_c] = places.map(|at| own.address(at));
        self.launch(a, b, if bias.is_some() { at_bias } else { 0 }, at_c)?;
        own.read(places[3], c)
    }

    /// Computes the product of device arrays into a new array. `element` is the size of an element
    /// in bytes.
    pub(crate) fn run_on_device(
        &mut self,
        a: &Buffer,
        b: &Buffer,
        bias: Option<&Buffer>,
        element: usize,
    ) -> Result<Arc<Buffer>> {
        for (what, buffer) in [("A", Some(a)), ("B", Some(b)), ("the bias", bias)] {
            if buffer.is_some_and(|b| b.len() > 0 && !b.is_of(&self.context)) {
                return Err(Error::Unsupported(format!("{what} is not an array of {}", self.context.name())));
            }
        }
        self.context.bind()?;
        let c = Buffer::new(&self.context, "a product", self.shape.lens()[2].saturating_mul(element))?;
        self.launch(a.address(0), b.address(0), bias.map_or(0, |b| b.address(0)), c.address(0))?;
        Ok(Arc::new(c))
    }

    fn launch(&self, a: u64, b: u64, bias: u64, c: u64) -> Result<()> {
        self.ready.run(GemmArgs { a, b, bias, c, ..self.product }, self.parts.address(0), &self.stream)?;
        self.stream.wait()
    }

    pub(crate) fn upload<T: Scalar>(&self, values: &[T]) -> Result<Arc<Buffer>> {
        self.context.bind()?;
        let buffer = Buffer::new(&self.context, "an array", size_of_val(values))?;
        buffer.write(0, values)?;
        Ok(Arc::new(buffer))
    }

    pub(crate) fn kernel(&self) -> String {
        self.ready.name()
    }
}
