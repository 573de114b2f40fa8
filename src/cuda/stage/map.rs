//! A function of rows without state: one launch for all rows of a chunk.

use super::product::GemmStage;
use super::{FusedPart, MemoryNeeds, StageCall, StageKernel};
use crate::cuda::compiler::compile::Request;
use crate::cuda::driver::launch::Shape;
use crate::cuda::driver::module::Kernel;
use crate::cuda::driver::signature;
use crate::cuda::driver::stream::Stream;
use crate::cuda::schedule::plan::Node;
use crate::cuda::schedule::stage_builder::StageBuilder;
use crate::cuda::schedule::strategy;
use crate::cuda::schedule::strategy::LaunchContext;
use crate::cuda::structs::launch_args::LaunchArgs;
use crate::device::Strategy;
use crate::error::Result;
use crate::system::program::RowFunction;
use std::borrow::Cow;

/// A function of rows with its kernel: the model's own kernel, or, if it is a matrix product, a
/// kernel of `gemm`.
#[derive(Debug)]
pub(crate) struct RowWiseStage {
    map: RowFunction,
    how: RowKernel,
    weights: Vec<Option<usize>>,
    part: FusedPart,
}

#[derive(Debug)]
enum RowKernel {
    PerThread(Kernel<signature::Whole>),
    Gemm(GemmStage),
}

impl RowWiseStage {
    /// `to_work`: the function belongs to a cell, and its results go to the memory for products
    /// with the input.
    pub(crate) fn prepare(
        map: RowFunction,
        to_work: bool,
        node: &Node,
        builder: &mut StageBuilder<'_>,
    ) -> Result<Self> {
        let weights = builder.weights(node, &map.weights);
        let request = Request::map(builder.dtype, &map);
        let how = match map.product.as_ref().filter(|product| GemmStage::suits(product, builder)) {
            Some(product) => RowKernel::Gemm(GemmStage::prepare(product, to_work, node, builder)?),
            None => RowKernel::PerThread(builder.kernel(Some(node), request.clone(), 0)?),
        };
        let products = (node.from as u64).saturating_mul(map.threads as u64);
        let part = FusedPart { request, params: map.source.params.clone(), products, shared: 0 };
        Ok(Self { map, how, weights, part })
    }

    /// Elements of a row of the result.
    pub(crate) fn width(&self) -> usize {
        self.map.threads
    }

    /// The launch arguments of a cell's product with its input.
    pub(crate) fn of_cell(&self, call: &StageCall<'_>) -> LaunchArgs {
        LaunchArgs { units: self.width() as u64, weights: call.weights(&self.weights), ..call.args }
    }

    /// Enqueues the launch for all rows of the job, which contains the addresses of the rows and
    /// the weights.
    pub(crate) fn ask(&self, args: &LaunchArgs, stream: &Stream) -> Result<()> {
        match &self.how {
            RowKernel::Gemm(product) => product.run(args, stream),
            RowKernel::PerThread(kernel) => {
                let shape = Shape::of(u64::from(args.steps) * args.rows * args.units, 256);
                kernel.run(shape, stream, args, &self.map.source.params)
            }
        }
    }

    fn args(&self, call: &StageCall<'_>) -> Option<LaunchArgs> {
        let args = call.of_function(self.width())?;
        Some(LaunchArgs { weights: call.weights(&self.weights), ..args })
    }
}

impl StageKernel for RowWiseStage {
    fn chosen(&self) -> (Strategy, Cow<'static, str>) {
        strategy::ONCE
    }

    fn needs(&self) -> MemoryNeeds {
        MemoryNeeds {
            steps: if let RowKernel::Gemm(product) = &self.how { Some(product.steps()) } else { None },
            ..MemoryNeeds::default()
        }
    }

    fn parts(&self) -> &[FusedPart] {
        std::slice::from_ref(&self.part)
    }

    fn launch_args(&self, call: &StageCall<'_>) -> Vec<LaunchArgs> {
        vec![self.args(call).unwrap_or_default()]
    }

    fn run(&mut self, call: &StageCall<'_>, launch_context: &mut LaunchContext<'_>) -> Result<()> {
        self.args(call).map_or(Ok(()), |args| self.ask(&args, launch_context.stream))
    }
}
