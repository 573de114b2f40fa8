//! The tables of a network's groups: their places, and their contents for a launch.

use crate::cuda::driver::memory::ALIGN;
use crate::cuda::network::{Plastic, Synapses, WarpPartition, plastic};
use crate::cuda::schedule::plan::Node;
use crate::cuda::schedule::stage_builder::StageBuilder;
use crate::cuda::schedule::stage_kernel::StageCall;
use crate::cuda::structs::launch_args::{LaunchArgs, MAX_EACH, MAX_PORTS, MAX_PROBES, Mode, Port};
use crate::cuda::structs::network::{
    GroupArgs, PlasticProjection, PoissonArgs, PostProjection, PreProjection, ReceptorArgs, gains_of_each, value,
};
use crate::error::{Error, Result};
use crate::network::plan::{GroupPlan, ProjectionPlan};
use crate::network::poisson;
use crate::numeric::rng::Stream;
use crate::numeric::scalar::DType;
use crate::numeric::white_noise;
use crate::system::program::network::NetworkProgram;
use crate::system::state::child;

/// The offsets of a group's table and lists among all tables, and of its arrays among the
/// constants.
#[derive(Debug)]
pub(super) struct TableOffsets {
    pub(super) at: usize,
    pub(super) params: usize,
    pub(super) receptors: usize,
    pub(super) incoming: usize,
    pub(super) outgoing: usize,
    pub(super) poisson: usize,
    pub(super) plastic: usize,
    /// Fields of `Params` that differ between units.
    pub(super) each: Vec<(usize, usize)>,
    pub(super) table: Option<usize>,
    pub(super) current: Option<usize>,
    pub(super) thresholds: Vec<usize>,
    /// For each receptor, the gains of each neuron.
    pub(super) gains: Vec<Option<usize>>,
    /// The stage's probes of the group's variables.
    pub(super) probes: Vec<usize>,
}

/// The parts of the tables that no chunk changes.
#[derive(Debug)]
pub(super) struct NetworkTables {
    pub(super) network: NetworkProgram,
    pub(super) dtype: DType,
    pub(super) warps: WarpPartition,
    pub(super) groups: Vec<TableOffsets>,
    pub(super) synapses: Vec<Synapses>,
    /// The additional memory of each plastic projection.
    pub(super) plastic: Vec<Option<Plastic>>,
    /// For each projection with procedural connectivity, the offset of its `ConnectArgs` among the
    /// constants.
    pub(super) generators: Vec<Option<usize>>,
    /// The offset of each sum of the plan in the stage's own memory.
    pub(super) sums: Vec<usize>,
    /// The slots of the ring of sums, if there is one.
    pub(super) ring: Option<u32>,
    /// The offset of the spike counts in the stage's own memory.
    pub(super) spikes: usize,
    /// The size of all tables in bytes.
    pub(super) size: usize,
}

impl NetworkTables {
    /// The tables of all groups, as bytes.
    pub(super) fn bytes(&self, call: &StageCall<'_>) -> Result<Vec<u8>> {
        let mut all = vec![0; self.size];
        for number in 0..self.groups.len() {
            self.write_table(number, call, &mut all)?;
        }
        Ok(all)
    }

    fn write_table(&self, number: usize, call: &StageCall<'_>, all: &mut [u8]) -> Result<()> {
        let (place, group) = (&self.groups[number], &self.network.plan.groups[number]);
        let (constants, chunk) = (call.memory.constants, call.chunk);
        let own = call.own.ok_or_else(|| Error::Internal("a network's launch has no memory of its own".into()))?;
        let (i, node) = (chunk.clock.i(), child(call.node.stream, number));
        let dt = self.network.plan.dt;
        let mut args =
            LaunchArgs { units: group.units as u64, node: u32::from(node), given: given(group), ..call.args };
        args.state = call.memory.vars.get(group.vars.start).map_or(0, |at| call.memory.state.address(*at));
        args.ports = [Port::default(); MAX_PORTS];
        args.ports[0] = group.input.and_then(|p| call.args.ports.get(p)).copied().unwrap_or_default();
        args.probes = Default::default();
        for (to, p) in args.probes.iter_mut().zip(&place.probes) {
            *to = call.probe(*p);
        }
        for (field, at) in &place.each {
            args.each[*field] = constants.address(*at);
        }
        if let Some(at) = place.table {
            args.weights[0] = constants.address(at);
        }
        let noise = Stream::of_node(chunk.seed, node, white_noise::PURPOSE).parts();
        let output = call
            .node
            .probes
            .iter()
            .position(|p| p.var >= call.node.vars.len())
            .map(|p| call.probe(p))
            .unwrap_or_default();
        let asked = output.to != 0 || args.y != 0;
        let (mut incoming, mut outgoing, mut poisson) = (Vec::new(), Vec::new(), Vec::new());
        let mut receptors = Vec::with_capacity(group.receptors.len());
        for (r, receptor) in group.receptors.iter().enumerate() {
            let begin = [incoming.len() as u32, poisson.len() as u32];
            for (sum, plan) in
                self.network.plan.sums.iter().enumerate().filter(|(_, sum)| (sum.group, sum.receptor) == (number, r))
            {
                let exact = |p: &usize| self.synapses[*p].is_exact(&self.network.plan.projections[*p]);
                incoming.push(PostProjection {
                    sums: own.address(self.sums[sum]),
                    n_targets: plan.targets.len() as u64,
                    weight_scale: value(self.dtype, plan.weight_scale),
                    first: plan.targets.start as u32,
                    exact: u32::from(plan.projections.iter().any(exact)),
                });
            }
            for (k, (drive, at)) in
                group.poisson.iter().zip(&place.thresholds).enumerate().filter(|(_, (drive, _))| drive.receptor == r)
            {
                let (seed, stream) = Stream::of_node(chunk.seed, node, &poisson::drive(k)).parts();
                let max_spikes = drive.thresholds.len() as u32;
                let [start, stop] = drive.active.ends(self.network.plan.dt);
                poisson.push(PoissonArgs {
                    thresholds: constants.address(*at),
                    weight: value(self.dtype, drive.weight),
                    max_spikes,
                    stream: u32::from(stream),
                    seed,
                    start,
                    stop,
                });
            }
            let [incoming, poisson] = [[begin[0], incoming.len() as u32], [begin[1], poisson.len() as u32]];
            let gains = place.gains[r].map_or(0, |at| constants.address(at));
            receptors.push(ReceptorArgs { incoming, poisson, ..ReceptorArgs::of(receptor, gains, self.dtype) });
        }
        let state = |var: usize| call.memory.vars.get(var).map_or(0, |at| call.memory.state.address(*at));
        let generator = |p: usize| self.generators[p].map_or(0, |at| constants.address(at));
        let of = |p: usize| {
            PreProjection::of(
                &self.network.plan,
                &self.network.plan.projections[p],
                &self.synapses[p],
                |sum| own.address(self.sums[sum]),
                state,
                self.dtype,
                self.ring.is_some(),
            )
        };
        let to = |p: usize| PreProjection { generator: generator(p), ..of(p) };
        let fixed =
            self.network.plan.projections.iter().enumerate().filter(|(_, p)| p.from == number && p.plastic.is_none());
        outgoing.extend(fixed.map(|(p, _)| to(p)));
        let [sending, reaching] = plastic::of_group(&self.network.plan, number);
        let n_sending = sending.len() as u32;
        let changing: Vec<PlasticProjection> = (sending.into_iter().chain(reaching))
            .filter_map(|p| {
                self.plastic[p].as_ref()?.table(
                    &self.network.plan.projections[p],
                    to(p),
                    state,
                    |at| own.address(at),
                    self.dtype,
                )
            })
            .collect();
        let [first, last] = self.warps.groups[number];
        let behind = |at: usize| (at - place.at) as u32;
        let current = self.network.currents[number].as_ref().map_or([0; 8], |values| {
            let mut value = [0; 8];
            let len = values.len().min(chunk.element);
            value[..len].copy_from_slice(&values[..len]);
            value
        });
        let table = GroupArgs {
            args,
            spike_ring: call.memory.vars.get(group.spike_ring).map_or(0, |at| call.memory.state.address(*at)),
            spikes: if asked { own.address(self.spikes) } else { 0 },
            output: output.to,
            currents: place.current.map_or(0, |at| constants.address(at)),
            current,
            noise: group.noise.map_or(Default::default(), |sigma| value(self.dtype, sigma / dt.sqrt())),
            noise_seed: noise.0,
            first,
            last,
            ring_len: group.ring_len as u32,
            mask_words: group.mask_words() as u32,
            slot: (i % group.ring_len as u64) as u32,
            groups: self.groups.len() as u32,
            number: number as u32,
            output_first: output.first,
            output_every: output.every.max(1),
            params: behind(place.params),
            receptors: behind(place.receptors),
            incoming: behind(place.incoming),
            outgoing: behind(place.outgoing),
            poisson: behind(place.poisson),
            n_outgoing: outgoing.len() as u32,
            noise_stream: u32::from(noise.1),
            plastic: behind(place.plastic),
            n_sending,
            n_plastic: changing.len() as u32,
            sum_slots: self.ring.unwrap_or(2),
        };
        write(all, place.at, &[table])?;
        write(all, place.params, &self.network.models[number].params)?;
        write(all, place.receptors, &receptors)?;
        write(all, place.incoming, &incoming)?;
        write(all, place.outgoing, &outgoing)?;
        write(all, place.poisson, &poisson)?;
        write(all, place.plastic, &changing)
    }
}

/// The bits of the model's inputs: the current, and the conductance if a receptor is one.
fn given(group: &GroupPlan) -> u32 {
    let current = u32::from(group.conductance != Some(0) && group.ports > 0);
    current | group.conductance.filter(|_| group.has_conductance()).map_or(0, |port| 1 << port)
}

fn write<E: bytemuck::NoUninit>(all: &mut [u8], at: usize, values: &[E]) -> Result<()> {
    let bytes: &[u8] = bytemuck::cast_slice(values);
    let to = all.get_mut(at..).and_then(|to| to.get_mut(..bytes.len()));
    to.ok_or_else(|| Error::Internal(format!("{} bytes at {at} of a network's tables", bytes.len())))?
        .copy_from_slice(bytes);
    Ok(())
}

/// The offsets of all groups' tables, and the size of all tables.
pub(super) fn places(
    network: &NetworkProgram,
    node: &Node,
    builder: &mut StageBuilder<'_>,
) -> Result<(Vec<TableOffsets>, usize)> {
    let mut end = 0_usize;
    let mut take = |bytes: usize, align: usize| {
        let at = end.next_multiple_of(align);
        end = at + bytes;
        at
    };
    let mut all = Vec::with_capacity(network.plan.groups.len());
    for (number, group) in network.plan.groups.iter().enumerate() {
        let probes: Vec<usize> = (0..node.probes.len())
            .filter(|p| plastic::number(&network.plan, number, node.probes[*p].var).is_some())
            .collect();
        if probes.len() > MAX_PROBES {
            let n = probes.len();
            return Err(Error::Unsupported(format!(
                "{n} variables of `{}` are monitored, a GPU records at most {MAX_PROBES}",
                group.name
            )));
        }
        if probes.iter().any(|p| node.probes[*p].var == group.spike_ring && node.probes[*p].mode == Mode::Bits) {
            return Err(Error::Unsupported(format!(
                "events of `{}.flight` on a GPU, whose elements are bits already",
                group.name
            )));
        }
        if probes.iter().any(|p| !group.all_vars().contains(&node.probes[*p].var) && node.probes[*p].mode == Mode::Bits)
        {
            return Err(Error::Unsupported(format!(
                "events of weights or traces of projections from or to `{}` on a GPU",
                group.name
            )));
        }
        let (model, current) = (&network.models[number], &network.currents[number]);
        let mut each = Vec::with_capacity(model.each.len());
        for (field, values) in &model.each {
            if *field as usize >= MAX_EACH || values.len() != group.units.saturating_mul(builder.dtype.acc_size()) {
                let what = format!("the program's values for field {field} of Params of `{}`", group.name);
                return Err(Error::value(
                    what,
                    values.len(),
                    format!("bytes are not one value for each of {} units", group.units),
                ));
            }
            each.push((*field as usize, builder.constant(values)));
        }
        let count =
            |of: fn(&ProjectionPlan) -> usize| network.plan.projections.iter().filter(|p| of(p) == number).count();
        all.push(TableOffsets {
            at: take(size_of::<GroupArgs>(), ALIGN),
            params: take(model.params.len(), 16),
            receptors: take(size_of::<ReceptorArgs>() * group.receptors.len(), 16),
            incoming: take(
                size_of::<PostProjection>() * network.plan.sums.iter().filter(|sum| sum.group == number).count(),
                16,
            ),
            outgoing: take(size_of::<PreProjection>() * count(|p| p.from), 16),
            poisson: take(size_of::<PoissonArgs>() * group.poisson.len(), 16),
            plastic: take(
                size_of::<PlasticProjection>()
                    * plastic::of_group(&network.plan, number).iter().map(Vec::len).sum::<usize>(),
                16,
            ),
            each,
            table: (!model.table.is_empty()).then(|| builder.constant(&model.table)),
            current: current
                .as_ref()
                .filter(|values| values.len() > builder.dtype.acc_size())
                .map(|values| builder.constant(values)),
            thresholds: group
                .poisson
                .iter()
                .map(|drive| builder.constant(bytemuck::cast_slice(&drive.thresholds)))
                .collect(),
            gains: (group.receptors.iter())
                .map(|receptor| {
                    gains_of_each(receptor.gains.as_ref()?, builder.dtype).map(|gains| builder.constant(&gains))
                })
                .collect(),
            probes,
        });
    }
    Ok((all, end.next_multiple_of(ALIGN)))
}
