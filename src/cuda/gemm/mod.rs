//! Matrix products (GEMM): the choice of a kernel (`table`), its compile request (`request`), its
//! launch, and a product without a time loop (`alone`).

mod alone;
mod catalog;
mod request;
pub(crate) mod table;

use super::driver::tensor_maps::Maps;
pub(crate) use alone::Gemm;
pub(crate) use catalog::catalog;

use super::compiler::compile::Request;
use super::driver::context::Context;
use super::driver::launch::Shape;
use super::driver::module::{Kernel, Module};
use super::driver::signature;
use super::driver::stream::Stream;
use super::structs::gemm::GemmArgs;
use crate::error::{Error, Result};
use crate::models::Activation;
use crate::numeric::scalar::DType;
use std::sync::Arc;
use table::{Family, GemmChoice, GemmQuery};

/// The layout of a product's arrays and its activation, for which the kernel is compiled.
#[derive(Clone, Debug)]
pub(crate) struct Layout {
    pub(crate) transpose: [bool; 2],
    pub(crate) activation: Activation,
    /// C has the type of the sums (`acc_t`), without rounding to the element type.
    pub(crate) to_work: bool,
    /// A consists of the windows of a convolution, whose geometry is given as defines.
    pub(crate) windows: Vec<(&'static str, usize)>,
}

/// The loaded kernels of a product.
#[derive(Debug)]
pub(crate) struct GemmKernel {
    pub(crate) choice: GemmChoice,
    dtype: DType,
    kernel: MainKernel,
    reduce: Option<Kernel<signature::Product>>,
    /// Whether A and B are stored transposed, as the kernel was compiled.
    transpose: [bool; 2],
    sms: u32,
}

/// The kernel that computes the sums.
#[derive(Debug)]
enum MainKernel {
    Plain(Kernel<signature::Product>),
    ByMaps(Kernel<signature::ByMaps>),
}

/// Whether operands can be loaded through tensor maps: the compiler knows sm_90a (since CUDA 12.0),
/// and a thread block can have the shared memory that such a kernel needs.
pub(crate) fn makes_maps(context: &Context) -> bool {
    context.compiler.as_ref().is_ok_and(|compilers| compilers.first().version >= (12, 0))
        && context.shared >= table::HOPPER.block(DType::Bf16).1 as usize
}

/// Converts a size to the 32 bits in which kernels count.
pub(crate) fn count(what: &str, n: usize) -> Result<u32> {
    let fits = u32::try_from(n).ok().filter(|n| *n < 1 << 31);
    fits.ok_or_else(|| Error::value(what, n, "is too large for a product on a GPU, whose sizes must be below 2³¹"))
}

impl GemmKernel {
    /// Chooses a kernel from the table. `make` compiles and loads a request.
    pub(crate) fn new(
        ask: &GemmQuery,
        layout: &Layout,
        mut make: impl FnMut(Request) -> Result<Arc<Module>>,
    ) -> Result<Self> {
        let choice = table::choose(ask);
        let (_, shared) = choice.tile.block(ask.dtype);
        let request = Request::product(ask.dtype, layout, ask.wide, &choice.tile);
        let entry = request.entry();
        let module = make(request)?;
        let kernel = match choice.tile.family {
            Family::Hopper(_) => MainKernel::ByMaps(module.kernel(entry, shared as usize)?),
            Family::Simt(_) | Family::Mma(_) => MainKernel::Plain(module.kernel(entry, shared as usize)?),
        };
        let reduce = (choice.splits > 1).then(|| Request::reduce(ask.dtype, layout));
        let reduce = reduce
            .map(|request| (request.entry(), request))
            .map(|(entry, request)| make(request)?.kernel(entry, 0))
            .transpose()?;
        Ok(Self { choice, dtype: ask.dtype, kernel, reduce, transpose: layout.transpose, sms: ask.sms })
    }

    /// Returns the bytes of the partial sums of several thread blocks, for products of at most
    /// these sizes.
    pub(crate) fn parts(&self, m: usize, n: usize, batch: usize) -> usize {
        let each = m.saturating_mul(n).saturating_mul(batch).saturating_mul(self.dtype.acc_size());
        if self.choice.splits > 1 { each.saturating_mul(self.choice.splits as usize) } else { 0 }
    }

    /// Enqueues the product. `parts` is the address of memory for partial sums, with the size that
    /// [`GemmKernel::parts`] returns.
    pub(crate) fn run(&self, mut product: GemmArgs, parts: u64, stream: &Stream) -> Result<()> {
        if product.m == 0 || product.n == 0 || product.batch == 0 {
            return Ok(());
        }
        let GemmChoice { tile, splits } = self.choice;
        if matches!(tile.family, Family::Hopper(_)) {
            product.align_lots();
        }
        // Each split has whole tiles of k; the last may have fewer, or none.
        product.depth = if splits > 1 { product.k.div_ceil(splits).next_multiple_of(tile.k) } else { product.k.max(1) };
        product.splits = product.k.div_ceil(product.depth).max(1);
        product.parts = if product.splits > 1 { parts } else { 0 };
        let (down, across) = (product.m.div_ceil(tile.m), product.n.div_ceil(tile.n));
        let blocks = [across, product.batch, product.splits]
            .iter()
            .try_fold(down, |all, n| all.checked_mul(*n))
            .filter(|n| *n < 1 << 31);
        let blocks = blocks.ok_or_else(|| {
            Error::Unsupported(format!(
                "a product of {down}·{across} tiles, {} times, has too many thread blocks",
                product.batch
            ))
        })?;
        let (threads, shared) = tile.block(self.dtype);
        let shape = Shape { blocks, threads, shared, ..Shape::default() };
        match &self.kernel {
            MainKernel::ByMaps(kernel) => {
                // A thread block on each SM computes one tile after another.
                let shape = Shape { blocks: blocks.min(self.sms.max(1)), ..shape };
                let maps = Maps::of(&product, self.dtype, self.transpose, kernel.context())?;
                kernel.product_by_maps(shape, stream, &product, &maps, blocks)?;
            }
            MainKernel::Plain(kernel) => kernel.product(shape, stream, &product)?,
        }
        match &self.reduce {
            Some(reduce) if product.splits > 1 => {
                let elements = u64::from(product.m) * u64::from(product.n) * u64::from(product.batch);
                reduce.product(Shape::of(elements.min(1 << 20), 256), stream, &product)
            }
            _ => Ok(()),
        }
    }

    /// The kernel's name in the table, with the sizes of its tile.
    pub(crate) fn name(&self) -> String {
        let GemmChoice { tile, splits } = self.choice;
        let shared = if splits > 1 { format!(", each sum by {splits} blocks") } else { String::new() };
        format!("{} {} ({} × {} × {}{shared})", tile.file().trim_end_matches(".cu"), tile.name, tile.m, tile.n, tile.k)
    }
}

/// Compiles and loads a request.
pub(crate) fn load(context: &Arc<Context>, request: &Request) -> Result<Arc<Module>> {
    Ok(Module::make(context, request)?.0)
}
