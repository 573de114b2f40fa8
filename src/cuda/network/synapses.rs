//! A projection's synapses on the device.

use super::connect::{Made, SynapseBuilder, longest};
use super::row_strategy;
use crate::connectivity::device::ConnectArgs;
pub(crate) use crate::connectivity::synapse_table::{Delays, Targets, Weights};
use crate::cuda::driver::context::Context;
use crate::cuda::driver::memory::Buffer;
use crate::error::Result;
use crate::network::plan::ProjectionPlan;
use bytemuck::NoUninit;
use std::sync::Arc;

/// Where they lie, as `network.cuh`'s `Outgoing` has it.
#[derive(Debug)]
pub(crate) struct Synapses {
    pub(crate) offsets: Buffer,
    pub(crate) targets: Buffer,
    /// Empty where all weights, or all delays, are the same.
    pub(crate) weights: Buffer,
    pub(crate) delays: Buffer,
    /// Whether targets are 32 bits.
    pub(crate) wide_targets: bool,
    /// Delay in steps: the shortest and the longest.
    pub(crate) min_delay: u32,
    pub(crate) max_delay: u32,
    /// Synapses of the longest row.
    longest: u64,
    /// Weights are state.
    plastic: bool,
    /// What makes rows, where none are stored.
    pub(crate) generator: Option<ConnectArgs>,
}

impl Synapses {
    /// Makes them there, or, where they are given as arrays, on the host.
    pub(crate) fn make(maker: &mut SynapseBuilder, context: &Arc<Context>, projection: &ProjectionPlan) -> Result<Self> {
        let (min_delay, max_delay) = (*projection.delays.start(), *projection.delays.end());
        let plastic = projection.plastic.is_some();
        if let Some(args) = projection.spec.procedural.then(|| projection.spec.connect_args()).transpose()?.flatten() {
            let none = || Buffer::new(context, "no synapses", 0);
            let (offsets, targets, weights, delays) = (none()?, none()?, none()?, none()?);
            let (longest, generator) = (args.count.into(), Some(args));
            return Ok(Self { offsets, targets, weights, delays, wide_targets: false, min_delay, max_delay, longest, plastic, generator });
        }
        if let Some(Made { offsets, targets, weights, delays, wide_targets, longest }) = maker.make(&projection.spec)? {
            return Ok(Self { offsets, targets, weights, delays, wide_targets, min_delay, max_delay, longest, plastic, generator: None });
        }
        let table = projection.spec.build()?;
        let what = format!("synapses of projection `{}`", projection.spec.name);
        let (targets, wide_targets) = match &table.targets {
            Targets::U16(targets) => (put(context, &what, targets)?, false),
            Targets::U32(targets) => (put(context, &what, targets)?, true),
        };
        let (delays, min_delay, max_delay) = match &table.delays {
            Delays::Same(d) => (put::<u16>(context, &what, &[])?, *d, *d),
            Delays::Each(delays) => (put(context, &what, delays)?, min_delay, max_delay),
        };
        let weights = match &table.weights {
            Weights::Same => put::<i32>(context, &what, &[])?,
            Weights::Each(weights) => put(context, &what, weights)?,
        };
        let (offsets, longest) = (put(context, &what, &table.offsets)?, longest(&table.offsets));
        Ok(Self { offsets, targets, weights, delays, wide_targets, min_delay, max_delay, longest, plastic, generator: None })
    }

    /// Whether each has a weight of its own, or spikes have amounts, so that sums are of 64 bits.
    pub(crate) fn is_exact(&self, projection: &ProjectionPlan) -> bool {
        self.weights.len() > 0 || self.plastic || self.generator.is_some_and(|args| args.weighs()) || projection.presynapse.is_some()
    }

    /// Whether the warps of a block go along some of its rows together.
    pub(crate) fn shares(&self) -> bool {
        row_strategy::shares(self.longest)
    }

    /// From how many spikes on, arriving at once from a warp's neurons, a lane takes a source each.
    pub(crate) fn lane_per_source_from(&self) -> u32 {
        if self.generator.is_some() { row_strategy::NEVER } else { row_strategy::lane_per_source_from(self.longest, self.delays.len() > 0) }
    }
}

fn put<E: NoUninit>(context: &Arc<Context>, what: &str, values: &[E]) -> Result<Buffer> {
    let buffer = Buffer::new(context, what, size_of_val(values))?;
    buffer.write(0, values)?;
    Ok(buffer)
}
