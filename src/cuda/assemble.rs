//! From a plan to an engine: kernels compiled and loaded, memory taken.

use super::compile::{self, Request};
use super::context::Context;
use super::engine::{Engine, Limits, Side};
use super::job::MAX_EACH;
use super::memory::{ALIGN, Buffer, aligned};
use super::module::{Kernel, Module, STATIC_LIMIT};
use super::plan::{Kind, Plan, Wanted};
use super::stage::{Places, Ready};
use super::strategy;
use super::stream::Stream;
use crate::device::Strategy;
use crate::error::{Error, Result};
use crate::scalar::Scalar;
use crate::system::System;
use std::marker::PhantomData;
use std::sync::Arc;

/// Memory for what goes between host and device at a time, and between stages: enough to hide what a copy costs to begin, and little
/// enough to be taken at once.
const BETWEEN_HOST: usize = 8 << 20;
const BETWEEN_STAGES: usize = 64 << 20;
/// Most steps of a chunk.
const STEPS: u64 = 1 << 16;
/// Most steps of all units together in a chunk, and most products of a cell's row: about a tenth of a second, so that a run can be stopped.
const UNIT_STEPS: u64 = 1 << 33;
const PRODUCTS: u64 = 1 << 31;

/// Constants, collected: each begins where any type may lie.
#[derive(Default)]
struct Collected {
    bytes: Vec<u8>,
}

impl Collected {
    fn add(&mut self, bytes: &[u8]) -> usize {
        let at = self.bytes.len().next_multiple_of(ALIGN);
        self.bytes.resize(at, 0);
        self.bytes.extend_from_slice(bytes);
        at
    }
}

/// What has been compiled, and what it said.
struct Workshop<'w> {
    context: &'w Arc<Context>,
    warnings: Vec<String>,
}

impl Workshop<'_> {
    /// The kernel of what is asked for, by the layer of this prefix.
    fn kernel(&mut self, prefix: &str, mut request: Request, shared: usize) -> Result<Kernel> {
        let entry = request.entry();
        if !prefix.is_empty() {
            request.name = format!("{} (`{}`)", request.name, prefix.trim_end_matches('.'));
        }
        let context = self.context;
        let image = compile::compile(&context.compiler, &request, context.gpu.capability, context.driver)?;
        self.warnings.extend(image.warnings);
        Module::load(context, &image.bytes).map_err(|error| self.of_versions(error))?.kernel(entry, shared)
    }

    /// A driver that does not take an image may be too old for the compiler: its error does not say so.
    fn of_versions(&self, error: Error) -> Error {
        match error {
            Error::Cuda { call: call @ "cuModuleLoadData", code, reason, steps } => {
                let driver = self.context.driver;
                let compiler = self.context.compiler.as_ref().map_or_else(
                    |_| "the kernel was compiled beforehand".to_owned(),
                    |compiler| format!("NVRTC is of CUDA {}.{}", compiler.version.0, compiler.version.1),
                );
                let versions = format!("{compiler}, the driver for CUDA {}.{}", driver.0, driver.1);
                Error::Cuda { call, code, reason: format!("{reason}; {versions}"), steps }
            }
            other => other,
        }
    }
}

impl<T: Scalar> Engine<T> {
    /// Compiles a system's kernels and takes all memory that runs need. `state` is what it starts from.
    pub(crate) fn new(
        context: Arc<Context>,
        system: &dyn System<T>,
        wanted: Wanted<'_>,
        dt: f64,
        asked: Strategy,
        state: &[T],
    ) -> Result<Self> {
        context.bind()?;
        let program = system.program(dt).ok_or_else(|| no_program(system, dt))?;
        let plan = Plan::new(program, &wanted)?;
        let mut workshop = Workshop { context: &context, warnings: Vec::new() };
        let mut constants = Collected::default();
        let (mut weights, mut names) = (0, Vec::new());
        let mut stages = Vec::with_capacity(plan.stages.len());
        let mut chosen = Vec::new();
        let last = plan.stages.len().saturating_sub(1);
        for (number, stage) in plan.stages.into_iter().enumerate() {
            let mut places = Places::default();
            let (strategy, why) = strategy::choose(asked, &stage.kind);
            chosen.push((stage.prefix.trim_end_matches('.').to_owned(), strategy, why));
            let whole = strategy == Strategy::Persistent;
            let mut place = |list: &[&'static str]| -> Vec<Option<usize>> {
                let all = system.weights();
                let find = |name: &&str| {
                    let path = format!("{}{name}", stage.prefix);
                    let weight = all.iter().find(|w| w.name == path)?;
                    let at = weights;
                    weights = aligned(weights + size_of_val(weight.values));
                    names.push((path, at));
                    Some(at)
                };
                list.iter().map(find).collect()
            };
            let probes: Vec<_> = stage.probes.iter().map(|p| (p.var, p.mode as usize)).collect();
            let (mut input, mut shared, mut scratch) = (None, 0, 0);
            let kernel = match &stage.kind {
                Kind::Map(map) => {
                    places.weights = place(&map.weights);
                    workshop.kernel(&stage.prefix, Request::map(T::DTYPE, map), 0)?
                }
                Kind::Pointwise(source) | Kind::MapUnits(source) => {
                    for (field, values) in &source.each {
                        if *field as usize >= MAX_EACH || values.len() / size_of::<T::Acc>() != stage.to {
                            let what = format!("the program's values for field {field} of Params");
                            return Err(Error::value(
                                what,
                                values.len() / size_of::<T::Acc>(),
                                format!("are not one for each of {} units", stage.to),
                            ));
                        }
                        places.each.push((*field as usize, constants.add(values)));
                    }
                    let counts = [stage.vars.len(), stage.ports];
                    let request = Request::pointwise(T::DTYPE, source, whole, counts, &probes);
                    let is_read = number != last || matches!(stage.kind, Kind::MapUnits(_));
                    workshop.kernel(&stage.prefix, if is_read { request } else { request.unread() }, 0)?
                }
                Kind::Cell(cell) => {
                    places.input_weights = place(&cell.input.weights);
                    places.weights = place(&cell.weights);
                    input = Some(workshop.kernel(&stage.prefix, Request::map(T::DTYPE, &cell.input), 0)?);
                    let bytes = cell.on_chip.saturating_mul(cell.hidden).saturating_mul(size_of::<T::Acc>());
                    if bytes <= STATIC_LIMIT {
                        shared = bytes
                    } else {
                        scratch = bytes.saturating_mul(wanted.layout.rows)
                    }
                    let request = Request::cell(T::DTYPE, cell, whole, stage.vars.len(), &probes);
                    workshop.kernel(&stage.prefix, request, shared)?
                }
            };
            places.slots = (stage.probes.iter()).map(|p| p.slots.as_ref().map(|s| constants.add(bytemuck::cast_slice(s)))).collect();
            stages.push(Ready { stage, places, kernel, input, strategy, shared, scratch, graph: None });
        }
        let check = workshop.kernel("", Request::tool(T::DTYPE, "check.cu"), 0)?;
        let needs_cursor = stages.iter().any(|s| s.strategy != Strategy::Persistent);
        let advance = if needs_cursor { Some(workshop.kernel("", Request::tool(T::DTYPE, "cursor.cu"), 0)?) } else { None };

        let free = context.free()?;
        let limits = Limits::new(&stages, &plan.recordings, &wanted, free, [size_of::<T>(), size_of::<T::Acc>()]);
        let rows = wanted.layout.rows;
        let state_bytes = wanted.layout.len.saturating_mul(size_of::<T>());
        let scratch = stages.iter().map(|s| s.scratch).max().unwrap_or(0);
        let fixed = [constants.bytes.len(), weights, scratch, limits.between[0], limits.between[1], limits.work];
        let each_side = [state_bytes, limits.input, limits.record, stages.len() * Side::JOB];
        let need = fixed.iter().chain(&each_side).chain(&each_side).fold(state_bytes as u64, |sum, n| sum.saturating_add(*n as u64));
        if need > free {
            return Err(Error::OutOfMemory { what: format!("this loop on {}", context.name()), need, free });
        }
        let buffer = |what: &str, len: usize| Buffer::new(&context, what, len);
        let side = || Side::new(&context, state_bytes, &limits, stages.len());
        let engine = Self {
            compute: Stream::new(&context)?,
            copies: Stream::new(&context)?,
            state: buffer("the state", state_bytes)?,
            vars: wanted.layout.vars.iter().map(|(_, at)| at * size_of::<T>()).collect(),
            constants: buffer("constants", constants.bytes.len())?,
            weights: buffer("weights", weights)?,
            names,
            work: buffer("products with the input", limits.work)?,
            scratch: buffer("a cell's scratch memory", scratch)?,
            between: [buffer("between layers", limits.between[0])?, buffer("between layers", limits.between[1])?],
            jobs: buffer("jobs", stages.len() * Side::JOB)?,
            cursor: buffer("the cursor", 8)?,
            sides: [side()?, side()?],
            rows,
            recordings: plan.recordings,
            keeps_output: plan.keeps_output,
            whole: stages.first().is_none_or(|s| !matches!(s.stage.kind, Kind::Pointwise(_))),
            stages,
            check,
            advance,
            limits,
            chosen,
            warnings: workshop.warnings,
            context,
            element: PhantomData,
        };
        engine.constants.write(0, &constants.bytes)?;
        engine.set_state(state)?;
        engine.set_weights(system)?;
        Ok(engine)
    }
}

impl Limits {
    fn new(stages: &[Ready], recordings: &[super::plan::Recording], wanted: &Wanted<'_>, free: u64, [element, acc]: [usize; 2]) -> Self {
        // Where memory is short, chunks are.
        let share = |most: usize, of: u64| most.min(usize::try_from(free / of).unwrap_or(most));
        let (between_host, between_stages) = (share(BETWEEN_HOST, 32), share(BETWEEN_STAGES, 8));
        let rows = wanted.layout.rows;
        let times = |a: usize, b: usize| a.saturating_mul(b);
        let cells = stages.iter().map(|s| s.stage.to.max(s.stage.from)).max().unwrap_or(1).max(1);
        let mut steps = (UNIT_STEPS / (times(cells, rows) as u64).max(1)).clamp(1, STEPS).min(wanted.chunk.unwrap_or(STEPS));
        for ready in stages {
            if let Kind::Cell(cell) = &ready.stage.kind {
                steps = steps.min((PRODUCTS / (times(cell.hidden, cell.input.threads) as u64).max(1)).max(1));
            }
        }
        // What one step takes of each kind of memory; one step always fits, whatever it takes.
        let last = stages.len().saturating_sub(1);
        let passing = stages.iter().take(last).map(|s| times(times(s.stage.to, rows), element)).max().unwrap_or(0);
        let product = |s: &Ready| if let Kind::Cell(cell) = &s.stage.kind { times(times(cell.input.threads, rows), acc) } else { 0 };
        let working = stages.iter().map(product).max().unwrap_or(0);
        for each in [passing, working] {
            if let Some(most) = between_stages.checked_div(each) {
                steps = steps.min((most as u64).max(1));
            }
        }
        let all = |each: usize| times(each, steps as usize);
        let input = (wanted.schema.inputs.iter())
            .fold(0_usize, |sum, i| sum.saturating_add(aligned(times(times(i.shape.iter().product(), rows), element))));
        let record = recordings.iter().fold(0_usize, |sum, r| sum.saturating_add(aligned(r.bytes(element))));
        let between = if stages.len() > 1 { all(passing) } else { 0 };
        Self {
            steps,
            input: all(input).min(between_host.max(input)),
            record: all(record).min(between_host.max(record)),
            between: [between, if stages.len() > 2 { between } else { 0 }],
            work: all(working),
        }
    }
}

fn no_program<T: Scalar>(system: &dyn System<T>, dt: f64) -> Error {
    let lacking: Vec<String> =
        system.nodes().iter().filter(|(_, s)| s.program(dt).is_none()).map(|(n, s)| format!("`{n}` ({})", s.kind())).collect();
    let who = if lacking.is_empty() { system.kind().to_owned() } else { lacking.join(", ") };
    Error::Unsupported(format!("{who} has no CUDA program and runs on CPUs alone; implement System::program, or use Device::Cpu"))
}
