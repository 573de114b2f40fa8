//! Dense products: which kernel (`table`), what it is compiled with (`request`), its arguments
//! (`structs/gemm.rs`), and a product of its own without a loop (`Multiplier`).

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

/// The layout of a product's arrays, for which its kernel is compiled.
#[derive(Clone, Debug)]
pub(crate) struct Layout {
    pub(crate) transpose: [bool; 2],
    pub(crate) activation: Activation,
    /// C holds the unrounded sums.
    pub(crate) to_work: bool,
    /// The geometry of a convolution, as defines, if A holds its windows.
    pub(crate) windows: Vec<(&'static str, usize)>,
}

/// A product's kernels, loaded.
#[derive(Debug)]
pub(crate) struct GemmKernel {
    pub(crate) choice: GemmChoice,
    dtype: DType,
    kernel: MainKernel,
    reduce: Option<Kernel<signature::Product>>,
    /// The layout for which the kernel is compiled.
    transpose: [bool; 2],
    sms: u32,
}

/// The kernel that computes the sums.
#[derive(Debug)]
enum MainKernel {
    Plain(Kernel<signature::Product>),
    ByMaps(Kernel<signature::ByMaps>),
}

/// Whether operands can be loaded by tensor maps: the compiler knows sm_90a (CUDA 12.0 or later),
/// and a block has enough shared memory for such a kernel.
pub(crate) fn makes_maps(context: &Context) -> bool {
    context.compiler.as_ref().is_ok_and(|compilers| compilers.first().version >= (12, 0))
        && context.shared >= table::HOPPER.block(DType::Bf16).1 as usize
}

/// A size that a kernel counts in 32 bits.
pub(crate) fn count(what: &str, n: usize) -> Result<u32> {
    let fits = u32::try_from(n).ok().filter(|n| *n < 1 << 31);
    fits.ok_or_else(|| Error::value(what, n, "is more than a product on a GPU takes, which is below 2³¹"))
}

impl GemmKernel {
    /// Prepares the kernel that the table chooses. `make` compiles and loads.
    pub(crate) fn new(ask: &GemmQuery, layout: &Layout, mut make: impl FnMut(Request) -> Result<Arc<Module>>) -> Result<Self> {
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
        let reduce =
            reduce.map(|request| (request.entry(), request)).map(|(entry, request)| make(request)?.kernel(entry, 0)).transpose()?;
        Ok(Self { choice, dtype: ask.dtype, kernel, reduce, transpose: layout.transpose, sms: ask.sms })
    }

    /// Bytes of the partial sums of products of at most these sizes.
    pub(crate) fn parts(&self, m: usize, n: usize, batch: usize) -> usize {
        let each = m.saturating_mul(n).saturating_mul(batch).saturating_mul(self.dtype.acc_size());
        if self.choice.splits > 1 { each.saturating_mul(self.choice.splits as usize) } else { 0 }
    }

    /// Enqueues the product. `parts` is memory for the partial sums, as large as `parts` requires.
    pub(crate) fn run(&self, mut product: GemmArgs, parts: u64, stream: &Stream) -> Result<()> {
        if product.m == 0 || product.n == 0 || product.batch == 0 {
            return Ok(());
        }
        let GemmChoice { tile, splits } = self.choice;
        if matches!(tile.family, Family::Hopper(_)) {
            product.align_lots();
        }
        // Whole tiles of k for each block; the last block may have none.
        product.depth = if splits > 1 { product.k.div_ceil(splits).next_multiple_of(tile.k) } else { product.k.max(1) };
        product.splits = product.k.div_ceil(product.depth).max(1);
        product.parts = if product.splits > 1 { parts } else { 0 };
        let (down, across) = (product.m.div_ceil(tile.m), product.n.div_ceil(tile.n));
        let blocks = [across, product.batch, product.splits].iter().try_fold(down, |all, n| all.checked_mul(*n)).filter(|n| *n < 1 << 31);
        let blocks = blocks.ok_or_else(|| Error::Unsupported(format!("a product of {down}·{across} tiles, {} times", product.batch)))?;
        let (threads, shared) = tile.block(self.dtype);
        let shape = Shape { blocks, threads, shared, ..Shape::default() };
        match &self.kernel {
            MainKernel::ByMaps(kernel) => {
                // One block on each SM computes one tile after another.
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

    /// The kernel, as the table names it.
    pub(crate) fn name(&self) -> String {
        let GemmChoice { tile, splits } = self.choice;
        let shared = if splits > 1 { format!(", each sum by {splits} blocks") } else { String::new() };
        format!("{} {} ({} × {} × {}{shared})", tile.file().trim_end_matches(".cu"), tile.name, tile.m, tile.n, tile.k)
    }
}

/// A request's image, loaded.
pub(crate) fn load(context: &Arc<Context>, request: &Request) -> Result<Arc<Module>> {
    Ok(Module::make(context, request)?.0)
}
