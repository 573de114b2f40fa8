//! A projection's synapses on the device.

use super::connect::{DeviceSynapses, SynapseBuilder, longest};
use super::row_strategy;
use crate::connectivity::ConnectivitySpec;
use crate::connectivity::device::ConnectArgs;
pub(crate) use crate::connectivity::synapse_table::{Delays, Targets, Weights};
use crate::cuda::driver::context::Context;
use crate::cuda::driver::memory::Buffer;
use crate::error::{Error, Result};
use crate::network::plan::ProjectionPlan;
use bytemuck::NoUninit;
use std::ops::RangeInclusive;
use std::sync::Arc;

/// The synapse rows of a projection, for `PreProjection` in `network_args.cuh`.
#[derive(Debug)]
pub(crate) struct Synapses {
    pub(crate) offsets: Buffer,
    pub(crate) targets: Buffer,
    /// Empty if all weights, or all delays, are the same.
    pub(crate) weights: Buffer,
    pub(crate) delays: Buffer,
    /// Whether the numbers of targets have 32 bits.
    pub(crate) wide_targets: bool,
    /// The shortest and the longest delay, in steps.
    pub(crate) min_delay: u32,
    pub(crate) max_delay: u32,
    /// The number of synapses of the longest row.
    longest: u64,
    /// Whether the weights are state.
    plastic: bool,
    /// The arguments of the rows of procedural connectivity.
    pub(crate) generator: Option<ConnectArgs>,
}

impl Synapses {
    /// Generates the synapses on the device, or on the host if they are given as arrays.
    pub(crate) fn make(
        maker: &mut SynapseBuilder,
        context: &Arc<Context>,
        projection: &ProjectionPlan,
    ) -> Result<Self> {
        let spec = &projection.spec;
        let mut procedural = spec.procedural.then(|| spec.connect_args()).transpose()?.flatten();
        let made = if procedural.is_some() { None } else { maker.make(spec)? };
        let (rows, delays) = match (&mut procedural, made) {
            (Some(args), _) => (lengths_alone(maker, context, spec, args)?, projection.delays.clone()),
            (None, Some(rows)) => (rows, projection.delays.clone()),
            (None, None) => upload(context, projection)?,
        };
        let DeviceSynapses { offsets, targets, weights, delays: each, wide_targets, longest } = rows;
        Ok(Self {
            offsets,
            targets,
            weights,
            delays: each,
            wide_targets,
            min_delay: *delays.start(),
            max_delay: *delays.end(),
            longest,
            plastic: projection.plastic.is_some(),
            generator: procedural,
        })
    }

    /// Whether sums have 64 bits: each synapse has a weight of its own, or sources release amounts.
    pub(crate) fn is_exact(&self, projection: &ProjectionPlan) -> bool {
        self.weights.len() > 0
            || self.plastic
            || self.generator.is_some_and(|args| args.weighs())
            || projection.kinetics.is_some()
    }

    /// Whether the warps of a block share some of its rows.
    pub(crate) fn has_long_rows(&self) -> bool {
        row_strategy::has_long_rows(self.longest)
    }

    /// Returns the number of simultaneous spikes of a warp from which on a lane takes a source.
    /// `ahead`: the synapses add to a ring of sums, without a search.
    pub(crate) fn lane_per_source_from(&self, ahead: bool) -> u32 {
        if self.generator.is_some() {
            row_strategy::NEVER
        } else {
            row_strategy::lane_per_source_from(self.longest, self.delays.len() > 0 && !ahead)
        }
    }
}

/// Procedural connectivity: no rows, and their lengths if these are drawn.
fn lengths_alone(
    maker: &mut SynapseBuilder,
    context: &Arc<Context>,
    spec: &ConnectivitySpec,
    args: &mut ConnectArgs,
) -> Result<DeviceSynapses> {
    let drawn = if args.has_drawn_lengths() { maker.count(spec, *args)? } else { Vec::new() };
    let offsets = put(context, &spec.of("synapses"), &drawn)?;
    args.offsets = offsets.address(0);
    let longest = if args.has_drawn_lengths() { longest(&drawn) } else { args.count };
    let none = || Buffer::new(context, "no synapses", 0);
    let (targets, weights, delays) = (none()?, none()?, none()?);
    Ok(DeviceSynapses { offsets, targets, weights, delays, wide_targets: false, longest })
}

/// Generates the rows on the host and copies them to the device. Returns the rows, and the shortest
/// and the longest delay.
fn upload(context: &Arc<Context>, projection: &ProjectionPlan) -> Result<(DeviceSynapses, RangeInclusive<u32>)> {
    let table = projection.spec.build()?;
    let what = projection.spec.of("synapses");
    let (targets, wide_targets) = match &table.targets {
        Targets::U16(targets) => (put(context, &what, targets)?, false),
        Targets::U32(targets) => (put(context, &what, targets)?, true),
    };
    let (delays, all) = match &table.delays {
        Delays::Same(delay) => (put::<u16>(context, &what, &[])?, *delay..=*delay),
        Delays::Each(delays) => (put(context, &what, delays)?, projection.delays.clone()),
        Delays::Classes { .. } => return Err(Error::Internal("a new table has delay classes".into())),
    };
    let weights = match &table.weights {
        Weights::Same => put::<i32>(context, &what, &[])?,
        Weights::Each(weights) => put(context, &what, weights)?,
    };
    let (offsets, longest) = (put(context, &what, &table.offsets)?, longest(&table.offsets));
    Ok((DeviceSynapses { offsets, targets, weights, delays, wide_targets, longest }, all))
}

fn put<E: NoUninit>(context: &Arc<Context>, what: &str, values: &[E]) -> Result<Buffer> {
    let buffer = Buffer::new(context, what, size_of_val(values))?;
    buffer.write(0, values)?;
    Ok(buffer)
}
