//! Fused layers: several small layers in one kernel. A thread block computes one batch row through
//! all layers, each layer over all steps of the chunk before the next layer. The cost of a launch
//! is then paid once, and not for each layer.
//!
//! Sums have the CPU's order, whatever [`Products`](crate::device::Products) says: such small sums
//! gain nothing from another order.

use crate::cuda::compiler::compile::Request;
use crate::cuda::compiler::source;
use crate::cuda::compiler::source::NamespacedSource;
use crate::cuda::driver::context::Context;
use crate::cuda::driver::launch::Shape;
use crate::cuda::driver::memory::{Buffer, aligned};
use crate::cuda::driver::module::{Kernel, STATIC_LIMIT};
use crate::cuda::driver::signature;
use crate::cuda::schedule::chunk_buffers::ChunkBuffers;
use crate::cuda::schedule::stage_builder::StageBuilder;
use crate::cuda::schedule::strategy::LaunchContext;
use crate::cuda::stage::{FusedPart, Stage, StageChunk, StageMemory};
use crate::cuda::structs::launch_args::LaunchArgs;
use crate::device::Strategy;
use crate::error::{Error, Result};
use crate::numeric::scalar::DType;
use std::fmt::Write;
use std::sync::Arc;

/// Threads of a block.
const THREADS: u32 = 256;
/// Maximum multiply-adds of one step of a row, and of a chunk of a row. Beyond them a row keeps a
/// block busy for longer than launches take. Derived from the work that an SM does in a
/// microsecond; not measured.
const PRODUCTS: u64 = 1 << 13;
const PRODUCTS_OF_CHUNK: u64 = 1 << 20;
/// Maximum bytes of the data between layers, if memory is not short.
const BETWEEN: usize = 16 << 20;
/// Offset of a part's parameters from its job.
const PARAMS: usize = size_of::<LaunchArgs>().next_multiple_of(16);

/// All stages of a loop as one kernel.
#[derive(Debug)]
pub(crate) struct FusedLayers {
    kernel: Kernel<signature::FusedLayers>,
    shared: usize,
    /// The parameters of each part.
    params: Vec<Vec<u8>>,
    /// Maximum steps of a chunk.
    pub(crate) steps: u64,
    /// For each stage the offsets in `memory` of its output and of its products with the input.
    /// Each has its own region, since thread blocks are in different layers at the same time.
    places: Vec<[usize; 2]>,
    pub(crate) bytes: usize,
    memory: Option<Buffer>,
}

impl FusedLayers {
    /// Fuses several stages into one kernel if they are small enough and the kernel of each can be
    /// a part. Otherwise returns `None`.
    pub(crate) fn prepare(
        stages: &[Stage],
        steps: u64,
        free: u64,
        builder: &mut StageBuilder<'_>,
    ) -> Result<Option<Self>> {
        let persistent = stages.iter().all(|s| s.chosen().0 == Strategy::Persistent && !s.parts().is_empty());
        let parts: Vec<&FusedPart> = stages.iter().flat_map(Stage::parts).collect();
        let products = parts.iter().fold(0_u64, |sum, part| sum.saturating_add(part.products)).max(1);
        let fits = |part: &&FusedPart| part.params.len() <= ChunkBuffers::ARGS - PARAMS;
        // Without a compiler, only the kernels of single layers are available.
        if stages.len() < 2
            || !persistent
            || products > PRODUCTS
            || !parts.iter().all(fits)
            || builder.context.compiler.is_err()
        {
            return Ok(None);
        }
        let each =
            |s: &Stage| [s.node.row.saturating_mul(builder.rows).saturating_mul(builder.dtype.size()), s.needs.work];
        let step = stages.iter().flat_map(each).fold(1_usize, usize::saturating_add);
        let between = usize::try_from(free / 32).map_or(BETWEEN, |share| share.min(BETWEEN));
        let steps = steps.min(PRODUCTS_OF_CHUNK / products).min(between as u64 / step as u64);
        let shared = parts.iter().map(|p| p.shared).max().unwrap_or(0);
        if steps == 0 || shared > STATIC_LIMIT {
            return Ok(None);
        }
        let mut bytes = 0;
        let mut place = |each: usize| {
            let at = bytes;
            bytes = aligned(at + each * steps as usize);
            at
        };
        let places = stages.iter().map(|s| each(s).map(&mut place)).collect();
        let requests: Vec<_> = parts.iter().map(|part| part.request.clone()).collect();
        let spots: Vec<_> =
            (0..parts.len()).map(|n| (n * ChunkBuffers::ARGS, n * ChunkBuffers::ARGS + PARAMS)).collect();
        let kernel = builder.kernel(None, request(builder.dtype, &requests, &spots)?, shared)?;
        let params = parts.iter().map(|part| part.params.clone()).collect();
        Ok(Some(Self { kernel, shared, params, steps, places, bytes, memory: None }))
    }

    /// The number of parts.
    pub(crate) fn parts(&self) -> usize {
        self.params.len()
    }

    /// Allocates the memory between layers.
    pub(crate) fn take(&mut self, context: &Arc<Context>) -> Result<()> {
        self.memory = Some(Buffer::new(context, "between layers", self.bytes)?);
        Ok(())
    }

    /// Enqueues all steps of a chunk of all stages.
    pub(crate) fn run(
        &self,
        stages: &[Stage],
        chunk: &StageChunk<'_>,
        shared: StageMemory<'_>,
        launch_context: &mut LaunchContext<'_>,
    ) -> Result<()> {
        let Some(own) = &self.memory else { return Ok(()) };
        let last = stages.iter().rposition(|s| !s.node.is_beside()).unwrap_or(0);
        let (mut part, mut from, mut to) = (0, 0, 0);
        for (s, (stage, [output, work])) in stages.iter().zip(&self.places).enumerate() {
            // A parallel branch reads and writes where the stage before it does.
            if !stage.node.is_beside() {
                (from, to) = (to, if s == last { 0 } else { own.address(*output) });
            }
            for mut args in stage.launch_args(chunk, &StageMemory { from, to, ..shared }) {
                args.work = own.address(*work);
                let at = part * ChunkBuffers::ARGS;
                let place = launch_context.host_args.slice_mut::<u8>(at, ChunkBuffers::ARGS)?;
                place[..size_of::<LaunchArgs>()].copy_from_slice(bytemuck::bytes_of(&args));
                if let Some((params, to)) =
                    self.params.get(part).and_then(|p| Some((p, place.get_mut(PARAMS..PARAMS + p.len())?)))
                {
                    to.copy_from_slice(params);
                }
                part += 1;
            }
        }
        launch_context.launch_args.upload(
            0,
            launch_context.host_args,
            0,
            part * ChunkBuffers::ARGS,
            launch_context.stream,
        )?;
        let shape =
            Shape { blocks: chunk.rows as u32, threads: THREADS, shared: self.shared as u32, ..Shape::default() };
        self.kernel.stack(shape, launch_context.stream, launch_context.launch_args.address(0))
    }
}

/// Builds the request for a kernel of these parts, in order. Each part is given as the request for
/// that part alone. The kernel takes one address; relative to it, `places` has the offsets of each
/// part's job and parameters.
///
/// # Errors
/// If a part has no loop over a single row.
pub(crate) fn request(dtype: DType, parts: &[Request], places: &[(usize, usize)]) -> Result<Request> {
    let texts: Vec<_> = parts.iter().map(row_loop).collect::<Result<_>>()?;
    let mut models = Vec::new();
    let mut calls = String::new();
    for (n, ((part, row), (args, params))) in parts.iter().zip(&texts).zip(places).enumerate() {
        let (mut opening, mut closing) = (String::new(), "\n}\n".to_owned());
        let mut size = None;
        for (name, value) in &part.defines {
            // Writing to a String never fails.
            let _ = writeln!(opening, "#define {name} {value}");
            let _ = writeln!(closing, "#undef {name}");
            size = size.or((name == "PARAMS_BYTES").then_some(value));
        }
        let _ = writeln!(opening, "namespace part{n} {{");
        models.push(NamespacedSource {
            opening,
            files: vec![(part.model.0.as_str(), part.model.1.as_ref()), *row],
            closing,
        });
        if let Some(size) = size {
            let _ = writeln!(
                calls,
                "    static_assert(sizeof(part{n}::Params) == {size}, \"struct Params of {}\");",
                part.name
            );
        }
        let _ = writeln!(
            calls,
            "    part{n}::run_row(*(const LaunchArgs*)(parts + {args}), *(const part{n}::Params*)(parts + {params}));"
        );
        // The threads of a block read values that other threads have written in the part before.
        calls.push_str("    __syncthreads();\n");
    }
    let mut text = source::flatten_apart(&[], &models)?;
    let _ = write!(
        text,
        "#line 1 \"stack.cu\"\nextern \"C\" __global__ void __launch_bounds__({THREADS}, 1) stack_scan(const char* parts) {{\n{calls}}}\n"
    );
    let request = Request {
        name: "stack".into(),
        dtype,
        model: ("stack.cu".into(), text.into()),
        loops: &[],
        defines: Vec::new(),
    };
    Ok(request)
}

/// Returns the loop over a single row that corresponds to the part's loop over all rows.
fn row_loop(part: &Request) -> Result<(&'static str, &'static str)> {
    let name = match part.loops.first().copied() {
        Some("map.cu") => "row_map.cuh",
        Some("pointwise_scan.cu") => "row_units.cuh",
        Some("cell_scan.cu") => "row_cell.cuh",
        other => {
            return Err(Error::Internal(format!("{} ({other:?}) cannot be fused with other layers", part.name)));
        }
    };
    let text = source::file(&format!("include/{name}"))
        .ok_or_else(|| Error::unknown("include", name, source::names("include/")))?;
    Ok((name, text))
}
