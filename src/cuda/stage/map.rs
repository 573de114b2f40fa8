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
use crate::cuda::structs::launch_args::Job;
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
    Plain(Kernel<signature::Whole>),
    Gemm(GemmStage),
}

impl RowWiseStage {
    /// `to_work`: the function belongs to a cell, and its results go to the memory for products
    /// with the input.
    pub(crate) fn prepare(map: RowFunction, to_work: bool, node: &Node, builder: &mut StageBuilder<'_>) -> Result<Self> {
        let weights = builder.weights(node, &map.weights);
        let request = Request::map(builder.dtype, &map);
        let how = match map.product.as_ref().filter(|product| GemmStage::suits(product, builder)) {
            Some(product) => RowKernel::Gemm(GemmStage::prepare(product, to_work, node, builder)?),
            None => RowKernel::Plain(builder.kernel(Some(node), request.clone(), 0)?),
        };
        let products = (node.from as u64).saturating_mul(map.threads as u64);
        let part = FusedPart { request, params: map.source.params.clone(), products, shared: 0 };
        Ok(Self { map, how, weights, part })
    }

    /// Elements of a row of the result.
    pub(crate) fn width(&self) -> usize {
        self.map.threads
    }

    /// The job of a cell's product with its input.
    pub(crate) fn of_cell(&self, call: &StageCall<'_>) -> Job {
        Job { units: self.width() as u64, weights: call.weights(&self.weights), ..call.job }
    }

    /// Enqueues the launch for all rows of the job, which contains the addresses of the rows and
    /// the weights.
    pub(crate) fn ask(&self, job: &Job, stream: &Stream) -> Result<()> {
        match &self.how {
            RowKernel::Gemm(product) => product.run(job, stream),
            RowKernel::Plain(kernel) => {
                let shape = Shape::of(u64::from(job.steps) * job.rows * job.units, 256);
                kernel.run(shape, stream, job, &self.map.source.params)
            }
        }
    }

    fn job(&self, call: &StageCall<'_>) -> Option<Job> {
        let job = call.of_function(self.width())?;
        Some(Job { weights: call.weights(&self.weights), ..job })
    }
}

impl StageKernel for RowWiseStage {
    fn chosen(&self) -> (Strategy, Cow<'static, str>) {
        strategy::ONCE
    }

    fn needs(&self) -> MemoryNeeds {
        MemoryNeeds { steps: if let RowKernel::Gemm(product) = &self.how { Some(product.steps()) } else { None }, ..MemoryNeeds::default() }
    }

    fn parts(&self) -> &[FusedPart] {
        std::slice::from_ref(&self.part)
    }

    fn jobs(&self, call: &StageCall<'_>) -> Vec<Job> {
        vec![self.job(call).unwrap_or_default()]
    }

    fn run(&mut self, call: &StageCall<'_>, launch_context: &mut LaunchContext<'_>) -> Result<()> {
        self.job(call).map_or(Ok(()), |job| self.ask(&job, launch_context.stream))
    }
}
