//! Networks: one launch for each step, or one launch for all steps of a chunk, with a barrier
//! between the blocks in each step.

use super::fit;
use super::fit::{FittedNetwork, NetworkKernel};
use super::tables::{NetworkTables, places};
use crate::cuda::driver::graph::Graph;
use crate::cuda::driver::launch::Shape;
use crate::cuda::driver::memory::aligned;
use crate::cuda::network::connect::SynapseBuilder;
use crate::cuda::network::{KernelVariant, Plastic, Synapses, plastic, request, sum_ring};
use crate::cuda::schedule::plan::Node;
use crate::cuda::schedule::stage_builder::StageBuilder;
use crate::cuda::schedule::stage_kernel::{MemoryNeeds, StageCall, StageKernel};
use crate::cuda::schedule::strategy;
use crate::cuda::schedule::strategy::LaunchContext;
use crate::device::Strategy;
use crate::error::{Error, Result};
use crate::network::plan::sums::SumPlan;
use crate::system::program::network::NetworkProgram;
use std::borrow::Cow;

/// The maximum number of neuron steps (neurons times steps) of a chunk, for any chunk length.
const NEURON_STEPS: u64 = 1 << 30;

#[derive(Debug)]
pub(crate) struct NetworkStage {
    strategy: (Strategy, Cow<'static, str>),
    kernel: NetworkKernel,
    tables: NetworkTables,
    /// The offset of the barrier's counter in the stage's own memory, and the size of that memory.
    arrived: usize,
    own: usize,
    neurons: u64,
    /// The captured graph of passes, after the first chunk.
    graph: Option<Graph>,
}

impl NetworkStage {
    pub(crate) fn prepare(network: NetworkProgram, node: &Node, builder: &mut StageBuilder<'_>) -> Result<Self> {
        if let Err(reason) = &builder.context.compiler {
            // A kernel for one network cannot be compiled ahead of time.
            return Err(Error::DeviceUnavailable { device: "cuda".into(), reason: reason.clone() });
        }
        let strategy = strategy::choose(
            builder.strategy,
            "in each step blocks wait for each other, which costs less than a launch",
        );
        let rows = builder.rows as u64;
        let tasks: Vec<u64> =
            network.plan.groups.iter().map(|g| (g.units.div_ceil(32) as u64).saturating_mul(rows)).collect();
        let procedural = network.plan.projections.iter().any(|p| p.spec.procedural);
        let ring = sum_ring::slots(&network.plan, builder.rows, builder.context.l2);
        let variant = KernelVariant { procedural, sum_ring: ring.is_some(), ..KernelVariant::default() };
        let (groups, tables) = places(&network, node, builder)?;
        let probe = |group, p: usize| {
            Some((plastic::number(&network.plan, group, node.probes[p].var)?, node.probes[p].mode as usize))
        };
        let probes: Vec<Vec<_>> = groups
            .iter()
            .enumerate()
            .map(|(group, place)| place.probes.iter().filter_map(|p| probe(group, *p)).collect())
            .collect();
        let parts: Vec<&[(usize, usize)]> = probes.iter().map(Vec::as_slice).collect();
        let at: Vec<_> = groups.iter().map(|place| place.at).collect();
        let dtype = builder.dtype;
        let make = |cut: KernelVariant, builder: &mut StageBuilder<'_>| {
            let request = request(dtype, &network, &parts, &at, cut)?;
            Ok(if cut.whole {
                NetworkKernel::Whole(builder.kernel(Some(node), request, 0)?)
            } else {
                NetworkKernel::Step(builder.kernel(Some(node), request, 0)?)
            })
        };
        let FittedNetwork { strategy, warps, kernel } = fit::fit(strategy, &tasks, variant, make, builder)?;
        let mut maker = SynapseBuilder::new(builder.context)?;
        let synapses = network
            .plan
            .projections
            .iter()
            .map(|p| Synapses::make(&mut maker, builder.context, p))
            .collect::<Result<Vec<_>>>()?;
        let constant = |s: &Synapses| s.generator.map(|generator| builder.constant(bytemuck::bytes_of(&generator)));
        let generators = synapses.iter().map(constant).collect();
        let mut own = 0_usize;
        let mut take = |bytes: usize| {
            let at = own;
            own = aligned(own.saturating_add(bytes.saturating_mul(builder.rows)));
            at
        };
        let exact = |p: &usize| synapses[*p].is_exact(&network.plan.projections[*p]);
        let of_sum =
            |sum: &SumPlan| sum.targets.len().saturating_mul(if sum.projections.iter().any(exact) { 8 } else { 4 });
        let copies = ring.unwrap_or(2) as usize;
        let sums = network.plan.sums.iter().map(|sum| take(of_sum(sum).saturating_mul(copies))).collect();
        let mut take = |bytes: usize| take(bytes.saturating_mul(2));
        let (spikes, arrived) = (take(4 * network.plan.groups.len()), take(4));
        let size = builder.dtype.acc_size();
        let plastic = network
            .plan
            .projections
            .iter()
            .map(|p| Plastic::make(builder.context, p, size, &mut take))
            .collect::<Result<_>>()?;
        let neurons =
            network.plan.groups.iter().fold(0_u64, |sum, g| sum.saturating_add((g.units as u64).saturating_mul(rows)));
        let tables = NetworkTables {
            network,
            dtype,
            warps,
            groups,
            synapses,
            plastic,
            generators,
            sums,
            ring,
            spikes,
            size: tables,
        };
        Ok(Self { strategy, kernel, tables, arrived, own, neurons, graph: None })
    }
}

impl StageKernel for NetworkStage {
    fn chosen(&self) -> (Strategy, Cow<'static, str>) {
        self.strategy.clone()
    }

    fn needs(&self) -> MemoryNeeds {
        MemoryNeeds {
            own: self.own,
            launch_args: Some(self.tables.size),
            steps: Some((NEURON_STEPS / self.neurons.max(1)).max(1)),
            ..MemoryNeeds::default()
        }
    }

    fn accepts_broadcast(&self) -> bool {
        true
    }

    fn run(&mut self, call: &StageCall<'_>, launch_context: &mut LaunchContext<'_>) -> Result<()> {
        let own = call.own.ok_or_else(|| Error::Internal("a network's launch has no memory of its own".into()))?;
        // A chunk that failed may have left sums that are not 0.
        own.fill(0, 0, self.own, launch_context.stream)?;
        let at = launch_context.put(&self.tables.bytes(call)?)?;
        let shape = Shape {
            blocks: self.tables.warps.blocks,
            threads: self.tables.warps.threads,
            together: self.tables.warps.blocks > 1,
            ..Shape::default()
        };
        let steps = call.args.steps;
        let has_long_rows = self.tables.synapses.iter().any(Synapses::has_long_rows);
        let Self { kernel, graph, .. } = self;
        // The next pass ends each step, so that a chunk has one pass more than steps.
        match kernel {
            NetworkKernel::Whole(kernel) => kernel.network_scan(
                shape,
                launch_context.stream,
                (at.0, own.address(self.arrived)),
                steps,
                has_long_rows,
            ),
            NetworkKernel::Step(kernel) => {
                let step = |k| {
                    kernel.network_step(Shape { together: false, ..shape }, launch_context.stream, at, k, has_long_rows)
                };
                if self.strategy.0 == Strategy::Graph {
                    strategy::replay(graph, launch_context, at.1, [steps + 1, 1], step)
                } else {
                    (0..=steps).try_for_each(step)
                }
            }
        }
    }
}
