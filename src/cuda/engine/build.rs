//! Builds an engine from a plan: compiles and loads the kernels, and allocates the memory.

use super::Engine;
use super::chunk_limits::ChunkLimits;
use super::fused_layers::FusedLayers;
use crate::cuda::compiler::compile::Request;
use crate::cuda::driver::context::Context;
use crate::cuda::driver::memory::Buffer;
use crate::cuda::driver::stream::Stream;
use crate::cuda::schedule::chunk_buffers::ChunkBuffers;
use crate::cuda::schedule::chunk_length::ChunkLength;
use crate::cuda::schedule::plan::Plan;
use crate::cuda::schedule::stage_builder::{StageBuilder, StagedConstants, in_bytes};
use crate::cuda::stage::Stage;
use crate::device::Strategy;
use crate::engine::boundary::EngineConfig;
use crate::error::{Error, Result};
use crate::numeric::scalar::{DType, Scalar};
use crate::system::program::Program;
use crate::system::{System, Weight};
use std::sync::Arc;

impl Engine {
    /// Compiles a system's kernels and allocates all memory that runs need. `state` is the initial
    /// state.
    ///
    /// # Errors
    /// If the system has no CUDA program, a kernel does not compile or load, or memory is short.
    pub(crate) fn new<T: Scalar>(
        context: Arc<Context>,
        system: &dyn System<T>,
        wanted: EngineConfig<'_>,
        state: &[T],
    ) -> Result<Self> {
        context.bind()?;
        let program = system.program(wanted.dt).ok_or_else(|| no_program(system, wanted.dt))?;
        let engine = Self::assemble(context, T::DTYPE, program, &in_bytes(&system.weights()), &wanted)?;
        engine.set_state(state)?;
        engine.set_weights(system)?;
        Ok(engine)
    }

    fn assemble(
        context: Arc<Context>,
        dtype: DType,
        program: Program,
        given: &[Weight<'_, u8>],
        wanted: &EngineConfig<'_>,
    ) -> Result<Self> {
        let plan = Plan::new(program, wanted)?;
        let rows = wanted.layout.rows;
        let EngineConfig { strategy, products, .. } = *wanted;
        let mut builder = StageBuilder {
            context: &context,
            dtype,
            rows,
            strategy,
            products,
            given,
            made: StagedConstants::default(),
        };
        let last = plan.stages.len().saturating_sub(1);
        let stages = plan
            .stages
            .into_iter()
            .enumerate()
            .map(|(number, stage)| Stage::prepare(stage, number == last, &mut builder));
        let mut stages = stages.collect::<Result<Vec<_>>>()?;
        let check = builder.kernel(None, Request::tool(dtype, "check.cu"), 0)?;
        let needs_cursor = stages.iter().any(|s| s.chosen().0 != Strategy::Persistent);
        let advance =
            if needs_cursor { Some(builder.kernel(None, Request::tool(dtype, "cursor.cu"), 0)?) } else { None };
        let free = context.free()?;
        let limits = ChunkLimits::new(&stages, &plan.recordings, wanted, free, dtype);
        let chunk_length = ChunkLength::new(context.watched, limits.first)?;
        let paces = vec![chunk_length; if limits.whole { stages.len() } else { 0 }];
        let mut stack = FusedLayers::prepare(&stages, limits.steps, free, &mut builder)?;
        let made = builder.made;
        let state = wanted.layout.len.saturating_mul(dtype.size());
        let scratch = stages.iter().map(|s| s.needs.scratch).max().unwrap_or(0);
        let stacked = stack.as_ref().map_or(0, |stack| stack.bytes);
        let own = stages.iter().fold(stacked, |sum, s| sum.saturating_add(s.needs.own));
        let of_stages = stages.iter().map(Stage::job_bytes).sum::<usize>();
        let launch_args = of_stages.max(stack.as_ref().map_or(0, FusedLayers::parts) * ChunkBuffers::ARGS);
        let fixed = [
            state,
            made.constants.len(),
            made.weights,
            scratch,
            own,
            limits.between[0],
            limits.between[1],
            limits.work,
        ];
        let each_side = [state, limits.input, limits.record, launch_args];
        let need = fixed.iter().chain(&each_side).chain(&each_side).fold(0_u64, |sum, n| sum.saturating_add(*n as u64));
        if need > free {
            return Err(Error::OutOfMemory { what: format!("this loop on {}", context.name()), need, free });
        }
        let buffer = |what: &str, len: usize| Buffer::new(&context, what, len);
        let new = || ChunkBuffers::new(&context, state, [limits.input, limits.record], launch_args);
        let compute = Stream::new(&context)?;
        let chunk_buffers = [new()?, new()?];
        for stage in &mut stages {
            stage.take(&context, &compute)?;
        }
        if let Some(stack) = &mut stack {
            stack.take(&context)?;
        }
        let engine = Self {
            compute,
            copies: Stream::new(&context)?,
            dtype,
            state: buffer("the state", state)?,
            vars: wanted.layout.vars.iter().map(|(_, at)| at * dtype.size()).collect(),
            constants: buffer("constants", made.constants.len())?,
            weights: buffer("weights", made.weights)?,
            names: made.names,
            work: buffer("products with the input", limits.work)?,
            scratch: buffer("a cell's scratch memory", scratch)?,
            between: [buffer("between layers", limits.between[0])?, buffer("between layers", limits.between[1])?],
            launch_args: buffer("launch arguments", launch_args)?,
            cursor: buffer("the cursor", 8)?,
            chunk_buffers,
            rows,
            recordings: plan.recordings,
            keeps_output: plan.keeps_output,
            stages,
            stack,
            check,
            advance,
            limits,
            chunk_length,
            paces,
            ends: buffer("lengths", 0)?,
            warnings: made.warnings,
            context,
        };
        engine.constants.write(0, &made.constants)?;
        Ok(engine)
    }
}

fn no_program<T: Scalar>(system: &dyn System<T>, dt: f64) -> Error {
    let lacking: Vec<String> = system
        .nodes()
        .iter()
        .filter(|(_, s)| s.program(dt).is_none())
        .map(|(n, s)| format!("`{n}` ({})", s.kind()))
        .collect();
    let who = if lacking.is_empty() { system.kind().to_owned() } else { lacking.join(", ") };
    Error::Unsupported(format!(
        "{who} has no CUDA program and runs only on the CPU; implement System::program, or use Device::Cpu"
    ))
}
