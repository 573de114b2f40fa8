//! Generates a projection's synapses on the device, by `kernels/connectivity/connect.cu`: the
//! synapses of the host, in the same order.

use crate::connectivity::device::{ConnectArgs, OnDevice};
use crate::connectivity::spec::ConnectivitySpec;
pub(crate) use crate::connectivity::synapse_table::{Delays, SynapseTable, Targets, Weights};
use crate::cuda::compiler::compile::Request;
use crate::cuda::compiler::source;
use crate::cuda::driver::context::Context;
use crate::cuda::driver::launch::Shape;
use crate::cuda::driver::memory::Buffer;
use crate::cuda::driver::module::{Kernel, Module};
use crate::cuda::driver::signature;
use crate::cuda::driver::stream::Stream;
use crate::error::Result;
use crate::memory;
use crate::numeric::scalar::DType;
use std::sync::Arc;

/// The passes, by their numbers in `connect.cu`.
const COUNT: usize = 0;
const FILL: usize = 1;
const ORDER: usize = 2;
const WEIGHTS: usize = 3;

/// Warps for each SM in a grid that generates rows, and blocks for each SM in a grid that sorts
/// rows. Each of them takes several rows in turn.
const WARPS: u64 = 64;
const SORTERS: u64 = 8;

/// A projection's synapses on the device: the arrays of a
/// [`SynapseTable`](crate::network::SynapseTable).
#[derive(Debug)]
pub(crate) struct DeviceSynapses {
    pub(crate) offsets: Buffer,
    pub(crate) targets: Buffer,
    /// Empty if all weights, or all delays, are the same.
    pub(crate) weights: Buffer,
    pub(crate) delays: Buffer,
    /// Whether the numbers of targets have 32 bits.
    pub(crate) wide_targets: bool,
    /// The number of synapses of the longest row.
    pub(crate) longest: u64,
}

/// The length of the longest row, for rows with these offsets.
pub(crate) fn longest(offsets: &[u64]) -> u64 {
    offsets.windows(2).map(|row| row[1] - row[0]).max().unwrap_or(0)
}

/// Generates synapses. Kernels are compiled once for all projections.
#[derive(Debug)]
pub(crate) struct SynapseBuilder {
    stream: Stream,
    kernels: [Option<Kernel<signature::Connect>>; 4],
    context: Arc<Context>,
}

impl SynapseBuilder {
    /// Creates a builder without kernels. The context must be bound.
    pub(crate) fn new(context: &Arc<Context>) -> Result<Self> {
        Ok(Self { stream: Stream::new(context)?, kernels: [const { None }; 4], context: context.clone() })
    }

    /// Generates the synapses of a specification; `None` for synapses or values that are given as
    /// arrays, which the host sorts. When this returns, the device is idle and temporary memory is
    /// free again.
    ///
    /// # Errors
    /// If the specification is invalid, the synapses do not fit the device, or a call fails.
    pub(crate) fn make(&mut self, spec: &ConnectivitySpec) -> Result<Option<DeviceSynapses>> {
        let Some(OnDevice { mut args, offsets, sorted, target, weigh, delay, numbered }) = spec.on_device()? else {
            return Ok(None);
        };
        self.context.bind()?;
        let what = spec.of("synapses");
        let context = self.context.clone();
        let buffer = |len: u64| Buffer::new(&context, &what, usize::try_from(len).unwrap_or(usize::MAX));
        let offsets = offsets.map_or_else(|| self.count(spec, args), Ok)?;
        let synapses = offsets.last().copied().unwrap_or(0);
        let to = buffer(8 * offsets.len() as u64)?;
        to.write(0, &offsets)?;
        let each = |has: bool, bytes: u64| buffer(if has { synapses.saturating_mul(bytes) } else { 0 });
        let (targets, weights, delays) = (each(true, target)?, each(weigh || numbered, 4)?, each(delay, 2)?);
        let mut made = DeviceSynapses {
            offsets: to,
            targets,
            weights,
            delays,
            wide_targets: target == 4,
            longest: longest(&offsets),
        };
        if synapses > 0 {
            args.offsets = made.offsets.address(0);
            args.targets = made.targets.address(0);
            args.weights = made.weights.address(0);
            args.delays = made.delays.address(0);
            let counts = self.zero_counts(spec, &mut args)?;
            self.kernel(FILL)?.connect(self.warps(args.warps()), &self.stream, &args)?;
            if sorted {
                let blocks = u64::from(args.pre).min(SORTERS * u64::from(context.sms));
                self.kernel(ORDER)?.connect(Shape::of(blocks * 128, 128), &self.stream, &args)?;
            }
            if weigh {
                self.kernel(WEIGHTS)?.connect(self.warps(args.pre.into()), &self.stream, &args)?;
            }
            self.stream.wait()?;
            drop(counts);
        }
        if !weigh {
            // They were numbers.
            made.weights = buffer(0)?;
        }
        Ok(Some(made))
    }

    /// The start of each row, on the host; the device counts the synapses of the rows. The context
    /// must be bound.
    ///
    /// # Errors
    /// If memory is short, or a call fails.
    pub(crate) fn count(&mut self, spec: &ConnectivitySpec, mut args: ConnectArgs) -> Result<Vec<u64>> {
        let counts = self.zero_counts(spec, &mut args)?;
        self.kernel(COUNT)?.connect(self.warps(args.counting_warps()), &self.stream, &args)?;
        self.stream.wait()?;
        let mut lengths = memory::zeros::<u32>(&spec.of("synapses"), args.pre as usize)?;
        counts.read(0, &mut lengths)?;
        spec.offsets(lengths)
    }

    /// Gives a pass counts of 0.
    fn zero_counts(&self, spec: &ConnectivitySpec, args: &mut ConnectArgs) -> Result<Buffer> {
        let counts = Buffer::new(&self.context, &spec.of("synapses"), 4 * args.pre as usize)?;
        counts.fill(0, 0, counts.len(), &self.stream)?;
        args.counts = counts.address(0);
        Ok(counts)
    }

    /// A grid for this number of warps, or of fewer warps that take several rows.
    fn warps(&self, warps: u64) -> Shape {
        Shape::of(warps.clamp(1, WARPS * u64::from(self.context.sms)) * 32, 256)
    }

    fn kernel(&mut self, pass: usize) -> Result<Kernel<signature::Connect>> {
        if let Some(kernel) = &self.kernels[pass] {
            return Ok(kernel.clone());
        }
        let request = Request::connect(pass);
        let kernel = Module::make(&self.context, &request)?.0.kernel(request.entry(), 0)?;
        Ok(self.kernels[pass].insert(kernel).clone())
    }
}

impl DeviceSynapses {
    /// A copy on the host. `same` is the delay of all synapses if the device stores no delays.
    pub(crate) fn download(&self, same: u32) -> Result<SynapseTable> {
        let targets =
            if self.wide_targets { Targets::U32(read(&self.targets)?) } else { Targets::U16(read(&self.targets)?) };
        let weights = if self.weights.len() > 0 { Weights::Each(read(&self.weights)?) } else { Weights::Same };
        let delays = if self.delays.len() > 0 { Delays::Each(read(&self.delays)?) } else { Delays::Same(same) };
        Ok(SynapseTable { offsets: read(&self.offsets)?, targets, weights, delays })
    }
}

fn read<E: bytemuck::Pod>(buffer: &Buffer) -> Result<Vec<E>> {
    let mut all = vec![E::zeroed(); buffer.len() / size_of::<E>()];
    buffer.read(0, &mut all)?;
    Ok(all)
}

impl Request {
    /// A pass over a projection.
    pub(crate) fn connect(pass: usize) -> Self {
        let file = "connect.cu";
        let text = source::file("connectivity/connect.cu").unwrap_or_default();
        let defines = vec![("PASS".to_owned(), pass.to_string())];
        Self { name: file.to_owned(), dtype: DType::F64, model: (file.to_owned(), text.into()), loops: &[], defines }
    }
}
