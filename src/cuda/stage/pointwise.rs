//! Pointwise models: a loop over steps, or, without state, one launch for all steps.

use super::{FusedPart, StageCall, StageKernel};
use crate::cuda::compiler::compile::Request;
use crate::cuda::driver::graph::Graph;
use crate::cuda::driver::launch::Shape;
use crate::cuda::driver::memory::Buffer;
use crate::cuda::driver::module::Kernel;
use crate::cuda::driver::signature;
use crate::cuda::schedule::plan::Node;
use crate::cuda::schedule::stage_builder::StageBuilder;
use crate::cuda::schedule::strategy;
use crate::cuda::schedule::strategy::{LaunchContext, StepLaunches};
use crate::cuda::structs::launch_args::{LaunchArgs, MAX_EACH};
use crate::device::Strategy;
use crate::error::{Error, Result};
use crate::system::program::CudaSource;
use std::borrow::Cow;

/// A loop over the steps of a model.
#[derive(Debug)]
pub(crate) struct PointwiseStage {
    model: Model<strategy::CellLoop>,
    strategy: (Strategy, Cow<'static, str>),
    /// The graph of captured steps, once there is one.
    graph: Option<Graph>,
}

/// A function of units without state. The steps become rows of the batch, and there is one step.
#[derive(Debug)]
pub(crate) struct ElementWiseStage {
    model: Model<Kernel<signature::Whole>>,
    part: Option<FusedPart>,
}

/// A model's kernel and its arguments.
#[derive(Debug)]
struct Model<K> {
    kernel: K,
    params: Vec<u8>,
    /// Fields of `Params` that differ between units: the index of the field, and the offset of its
    /// values in the constants.
    each: Vec<(usize, usize)>,
    /// The offset of the model's table in the constants, if it has one.
    table: Option<usize>,
}

impl<K> Model<K> {
    /// `make` compiles and loads the kernel.
    fn prepare(
        source: &CudaSource,
        node: &Node,
        builder: &mut StageBuilder<'_>,
        make: impl FnOnce(&mut StageBuilder<'_>) -> Result<K>,
    ) -> Result<Self> {
        let mut each = Vec::with_capacity(source.each.len());
        for (field, values) in &source.each {
            let len = values.len() / builder.dtype.acc_size();
            if *field as usize >= MAX_EACH || len != node.to {
                let what = format!("the program's values for field {field} of Params");
                return Err(Error::value(what, len, format!("values do not match the {} units", node.to)));
            }
            each.push((*field as usize, builder.constant(values)));
        }
        let table = (!source.table.is_empty()).then(|| builder.constant(&source.table));
        Ok(Self { kernel: make(builder)?, params: source.params.clone(), each, table })
    }

    fn complete(&self, args: &mut LaunchArgs, constants: &Buffer) {
        for (field, at) in &self.each {
            if let Some(each) = args.each.get_mut(*field) {
                *each = constants.address(*at);
            }
        }
        if let Some(at) = self.table {
            args.weights[0] = constants.address(at);
        }
    }
}

fn request(source: &CudaSource, node: &Node, whole: bool, builder: &StageBuilder<'_>) -> Request {
    let probes: Vec<_> = node.probes.iter().map(|p| (p.var, p.mode as usize)).collect();
    Request::pointwise(builder.dtype, source, whole, [node.vars.len(), node.ports], &probes)
}

impl PointwiseStage {
    pub(crate) fn prepare(
        source: CudaSource,
        node: &Node,
        is_last: bool,
        builder: &mut StageBuilder<'_>,
    ) -> Result<Self> {
        let strategy = strategy::choose(builder.strategy, "units are independent, and stay in registers for all steps");
        let whole = strategy.0 == Strategy::Persistent;
        let request = request(&source, node, whole, builder);
        let request = if is_last { request.unread() } else { request };
        let model = Model::prepare(&source, node, builder, |builder| builder.steps(node, request, 0, whole))?;
        Ok(Self { model, strategy, graph: None })
    }
}

impl ElementWiseStage {
    pub(crate) fn prepare(source: CudaSource, node: &Node, builder: &mut StageBuilder<'_>) -> Result<Self> {
        let request = request(&source, node, true, builder);
        // The loop over a single row does not read parameters that differ between units.
        let part = source.each.is_empty().then(|| FusedPart {
            request: request.clone(),
            params: source.params.clone(),
            products: node.to as u64,
            shared: 0,
        });
        let model = Model::prepare(&source, node, builder, |builder| builder.kernel(Some(node), request, 0))?;
        Ok(Self { model, part })
    }
}

impl StageKernel for PointwiseStage {
    fn chosen(&self) -> (Strategy, Cow<'static, str>) {
        self.strategy.clone()
    }

    fn accepts_broadcast(&self) -> bool {
        true
    }

    fn run(&mut self, call: &StageCall<'_>, launch_context: &mut LaunchContext<'_>) -> Result<()> {
        let mut args = call.args;
        let Self { model, graph, .. } = self;
        model.complete(&mut args, call.memory.constants);
        let shape = shape(args.rows * args.units, launch_context.context.sms);
        let steps = StepLaunches {
            kernel: &model.kernel,
            graph,
            args: &args,
            shape,
            params: &model.params,
            phases: 1,
            before: None,
        };
        strategy::run(self.strategy.0, steps, launch_context)
    }
}

impl StageKernel for ElementWiseStage {
    fn chosen(&self) -> (Strategy, Cow<'static, str>) {
        strategy::ONCE
    }

    fn parts(&self) -> &[FusedPart] {
        self.part.as_slice()
    }

    fn launch_args(&self, call: &StageCall<'_>) -> Vec<LaunchArgs> {
        vec![call.of_function(call.node.to).unwrap_or_default()]
    }

    fn run(&mut self, call: &StageCall<'_>, launch_context: &mut LaunchContext<'_>) -> Result<()> {
        let Some(mut args) = call.of_function(call.node.to) else { return Ok(()) };
        self.model.complete(&mut args, call.memory.constants);
        args.rows *= u64::from(call.chunk.steps);
        args.steps = 1;
        args.ports[0].row = call.node.from as u64;
        args.ports[0].step = 0;
        let shape = shape(args.rows * args.units, launch_context.context.sms);
        self.model.kernel.run(shape, launch_context.stream, &args, &self.model.params)
    }
}

/// The shape of a launch for this number of units. Thread blocks are small if that is necessary to
/// give every SM some.
fn shape(units: u64, sms: u32) -> Shape {
    let each = units.div_ceil(u64::from(sms) * 2);
    let threads = if each <= 32 {
        32
    } else if each <= 64 {
        64
    } else {
        128
    };
    Shape::of(units, threads)
}
