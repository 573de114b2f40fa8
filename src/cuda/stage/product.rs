//! A matrix product with weights, over all rows of a chunk, by the kernels of `gemm`.

use crate::cuda::driver::stream::Stream;
use crate::cuda::gemm::table::GemmQuery;
use crate::cuda::gemm::{GemmKernel, Layout, count};
use crate::cuda::schedule::plan::Node;
use crate::cuda::schedule::stage_builder::StageBuilder;
use crate::cuda::structs::gemm::GemmArgs;
use crate::cuda::structs::launch_args::LaunchArgs;
use crate::device::Products;
use crate::error::{Error, Result};
use crate::models::Activation;
use crate::system::program;

/// Up to this number of weights the plain kernel is used: all of them fit in L1, where each thread
/// finds them.
const FEW: usize = 1 << 10;
/// The number of steps that is assumed for a chunk when a kernel is chosen; the actual number is
/// not known before the run.
const STEPS: usize = 256;

#[derive(Debug)]
pub(crate) struct GemmStage {
    product: program::DenseProduct,
    ready: GemmKernel,
    to_work: bool,
    element: usize,
    wide: bool,
    /// Rows of the product for each step.
    rows: usize,
}

impl GemmStage {
    /// Whether the kernels of `gemm` make this product. They do not if the user requires the CPU's
    /// bits ([`Products::Ordered`]) or there is no compiler.
    pub(crate) fn suits(product: &program::DenseProduct, builder: &StageBuilder<'_>) -> bool {
        let places = product.windows.as_ref().map_or(1, |w| w.places);
        let counts = [Some(product.inputs), Some(product.outputs), places.checked_mul(builder.rows)];
        let geometry = product.windows.iter().flat_map(|w| &w.geometry).map(|(_, n)| Some(*n));
        builder.products != Products::Ordered
            && builder.context.compiler.is_ok()
            && product.inputs.saturating_mul(product.outputs) > FEW
            && counts.into_iter().chain(geometry).all(|n| n.is_some_and(|n| n < 1 << 30))
    }

    pub(crate) fn prepare(
        product: &program::DenseProduct,
        to_work: bool,
        node: &Node,
        builder: &mut StageBuilder<'_>,
    ) -> Result<Self> {
        let windows = product.windows.as_ref();
        let rows = builder.rows.saturating_mul(windows.map_or(1, |w| w.places)).max(1);
        let lanes = 16 / builder.dtype.size();
        let along = windows.map_or(product.inputs, |w| w.channels / w.groups.max(1));
        let ask = GemmQuery {
            dtype: builder.dtype,
            products: builder.products,
            capability: builder.context.gpu.capability,
            sms: builder.context.sms,
            m: rows.saturating_mul(STEPS),
            n: product.outputs,
            k: product.inputs,
            batch: windows.map_or(1, |w| w.groups),
            wide: [along, product.outputs].map(|n| n.is_multiple_of(lanes)),
            split: false,
            maps: windows.is_none() && crate::cuda::gemm::makes_maps(builder.context),
        };
        let geometry = windows.map_or_else(Vec::new, |w| w.geometry.clone());
        let layout = Layout { transpose: [false; 2], activation: Activation::Identity, to_work, windows: geometry };
        let ready = GemmKernel::new(&ask, &layout, |request| builder.module(Some(node), request))?;
        Ok(Self { product: product.clone(), ready, to_work, element: builder.dtype.size(), wide: ask.wide[0], rows })
    }

    /// Maximum steps of a chunk: the kernels count rows in 32 bits.
    pub(crate) fn steps(&self) -> u64 {
        ((1 << 30) / self.rows as u64).max(1)
    }

    /// Enqueues the product of all rows of the job.
    pub(crate) fn run(&self, args: &LaunchArgs, stream: &Stream) -> Result<()> {
        let program::DenseProduct { inputs, outputs, windows } = &self.product;
        let [groups, places, each] = windows
            .as_ref()
            .map_or([1, 1, 0], |w| [w.groups, w.places, w.channels / w.groups.max(1)])
            .map(|n| n as u64);
        let outputs = *outputs as u64;
        let port = &args.ports[0];
        let m = u64::from(args.steps).saturating_mul(args.rows).saturating_mul(places);
        let product = GemmArgs {
            a: port.at + u64::from(args.first) * port.step * self.element as u64,
            b: args.weights[0],
            bias: args.weights[1],
            c: if self.to_work { args.work } else { args.y },
            a_row: port.row,
            a_step: port.step * u64::from(args.every),
            a_batch: each,
            b_row: outputs * groups,
            b_batch: outputs,
            bias_batch: outputs,
            c_row: outputs * groups,
            c_batch: outputs,
            m: count("rows of a chunk", usize::try_from(m).unwrap_or(usize::MAX))?,
            n: count("outputs", outputs as usize)?,
            k: count("inputs", *inputs)?,
            batch: count("groups", groups as usize)?,
            lot: count("rows", args.rows as usize)?.max(1),
            ..GemmArgs::default()
        };
        let bytes = [product.a_row, product.a_step].map(|n| n * self.element as u64);
        if self.wide && !(product.a | bytes[0] | bytes[1]).is_multiple_of(16) {
            return Err(Error::Unsupported(format!(
                "a product needs rows at multiples of 16 bytes, but they are at {:#x}, {bytes:?} bytes apart",
                product.a
            )));
        }
        self.ready.run(product, 0, stream)
    }
}
