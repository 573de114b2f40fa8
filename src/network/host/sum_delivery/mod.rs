//! Delivery into the sums of receptors, to each of which several projections may add, over stored
//! synapses with delays of their own and over procedural connectivity.
//!
//! In step i the synapses of delay d of the neurons that spiked in step i − d are added. A row
//! ascends by delay, so that each synapse is read once for each spike. A procedural row is generated,
//! added, and dropped. Sums are integers, so that the order of additions does not matter. Threads
//! divide the targets, so that the sums of a thread stay in its caches. If there are more threads
//! than sums, threads also divide the spikes, and their sums are added afterwards.

mod drain;
mod parts;
mod source;
mod sums;
mod target_sums;

use super::spike_lists::SpikeLists;
use crate::network::plan::sums::SumPlan;
use crate::network::plan::{GroupPlan, NetworkPlan, ProjectionPlan};
use crate::numeric::scalar::Real;
use crate::numeric::team::Team;
use crate::system::state::State;
pub(super) use parts::{SumCursor, SumPart};
use rayon::prelude::*;
use source::{Scratch, Source, Task};
use std::iter::once;
use std::ops::Range;
use target_sums::TargetSums;

/// The number of synapses from which on threads divide the targets.
const DIVIDE: usize = 256;
/// The number of synapses that pays for a thread with sums of its own.
const SHARE: usize = 8192;
/// The number of targets from which on threads share the addition of sums.
const TARGETS: usize = 8192;
/// The maximum number of threads with sums of their own.
const THREADS: usize = 8;

/// All sums, and the projections that add to them.
#[derive(Default)]
pub(super) struct SumDelivery<'n> {
    sums: Vec<TargetSums<'n>>,
    sources: Vec<Source<'n>>,
    scratch: Vec<Scratch>,
}

impl NetworkPlan {
    /// Whether a sum needs a [`SumDelivery`]. All other sums belong to one projection, whose stored
    /// synapses have one delay.
    pub(crate) fn is_delivered_by_lists(&self, sum: &SumPlan) -> bool {
        let special = |p: &ProjectionPlan| p.kinetics.is_some() || p.plastic.is_some();
        match sum.projections[..] {
            [one] => {
                let one = &self.projections[one];
                !special(one) && (one.spec.procedural || one.spec.delays_differ())
            }
            _ => true,
        }
    }

    /// The bytes that the deliveries into sums take.
    pub(crate) fn sum_bytes(&self) -> u64 {
        let sums = self.sums.iter().filter(|sum| self.is_delivered_by_lists(sum));
        let procedural = self.projections.iter().filter(|projection| projection.spec.procedural);
        let lengths = procedural.map(|projection| projection.spec.procedural_bytes()).fold(0, u64::saturating_add);
        let bytes = |sum: &SumPlan| sum.targets.len() as u64 * if self.weighs(sum) { 8 } else { 4 };
        sums.map(bytes).fold(0_u64, u64::saturating_add).saturating_mul(threads() as u64).saturating_add(lengths)
    }

    fn weighs(&self, sum: &SumPlan) -> bool {
        sum.projections.iter().any(|p| self.projections[*p].spec.weighs())
    }
}

fn threads() -> usize {
    rayon::current_num_threads().min(THREADS)
}

impl<'n> SumDelivery<'n> {
    /// The delivery into all sums that need it; `None` if a projection has no synapses yet.
    pub(super) fn new(plan: &'n NetworkPlan) -> Option<Self> {
        let numbers: Vec<usize> =
            (0..plan.sums.len()).filter(|number| plan.is_delivered_by_lists(&plan.sums[*number])).collect();
        let onto = |projection: &ProjectionPlan| {
            let sum = numbers.binary_search(&projection.sum).ok()?;
            Some((sum, projection.spec.post.start - plan.sums[projection.sum].targets.start))
        };
        let mut sources = Vec::new();
        let mut joined = vec![false; plan.projections.len()];
        for joint in &plan.joint {
            let Some(rows) = plan.joint_rows(joint).ok()? else { continue };
            let projections: Vec<_> = joint.projections.iter().map(|number| &plan.projections[*number]).collect();
            let onto = projections.iter().map(|projection| onto(projection)).collect::<Option<Vec<_>>>()?;
            sources.push(Source::joint(projections[0], rows, &onto));
            joint.projections.iter().for_each(|number| joined[*number] = true);
        }
        for number in numbers.iter().flat_map(|number| &plan.sums[*number].projections).filter(|p| !joined[**p]) {
            let projection = &plan.projections[*number];
            let (sum, first) = onto(projection)?;
            sources.push(Source::new(projection, sum, first)?);
        }
        let sums = numbers.iter().map(|number| TargetSums::new(plan, &plan.sums[*number])).collect();
        Some(Self { sums, sources, scratch: Vec::new() })
    }

    /// The number of a sum of the plan, if it is delivered here.
    pub(super) fn number(&self, sum: &SumPlan) -> Option<usize> {
        self.sums.iter().position(|own| std::ptr::eq(own.plan, sum))
    }

    /// The groups whose spikes it reads, and the shortest delays.
    pub(super) fn reads(&self) -> impl Iterator<Item = (usize, u32)> {
        self.sources.iter().map(|source| (source.from, *source.delays.start()))
    }

    /// Sums the synapses over which spikes of a batch row act in step `i`. `few`: the targets with a sum
    /// are listed if they are few, for [`add`](Self::add); [`cursors`](Self::cursors) need no list.
    pub(super) fn collect(&mut self, lists: &[Option<SpikeLists>], at: (usize, u64), few: bool, team: &Team) {
        let Self { sums, sources, scratch } = self;
        if sources.is_empty() {
            return;
        }
        sums.iter_mut().for_each(|sum| sum.events = 0.0);
        for source in &mut *sources {
            source.collect(lists, at);
            for onto in &source.onto {
                sums[onto.sum].events += source.spikes.len() as f64 * onto.mean;
            }
        }
        let (parts, shares) = division(sums);
        sums.iter_mut().for_each(|sum| sum.begin(shares, few));
        let mut tasks = Vec::with_capacity(parts.len() * shares);
        let mut rest = &mut sums[..];
        for part in parts {
            let Some(own) = rest.split_off_mut(..part.len()) else { break };
            let mut of_sums: Vec<_> = own.iter_mut().map(|sum| sum.shares.iter_mut()).collect();
            tasks.extend((0..shares).map(|share| {
                let sums = of_sums.iter_mut().filter_map(Iterator::next).collect();
                Task { first: part.start, sums, share, shares }
            }));
        }
        if scratch.len() < tasks.len() {
            scratch.resize_with(tasks.len(), Scratch::default);
        }
        let go = |(task, scratch): (&mut Task<'_>, &mut Scratch)| {
            sources.iter().for_each(|source| source.add(task, scratch));
        };
        match &mut tasks[..] {
            [one] => go((one, &mut scratch[0])),
            tasks if team.threads() > 1 => {
                let mut tasks: Vec<_> = tasks.iter_mut().zip(scratch).collect();
                team.for_each(&mut tasks, |_| 1, |(task, scratch)| go((task, scratch)));
            }
            tasks => tasks.par_iter_mut().zip(scratch).with_max_len(1).for_each(go),
        }
    }

    /// All sums, for blocks of neurons.
    pub(super) fn cursors(&mut self) -> impl Iterator<Item = SumCursor<'_>> {
        self.sums.iter_mut().map(TargetSums::cursor)
    }

    /// Marks a sum as the first effect on its variable.
    pub(super) fn set_first(&mut self, number: usize) {
        self.sums[number].is_first = true;
    }

    /// Adds the sums that are the first effect on their variables, for a batch row and the targets
    /// that this worker owns.
    pub(super) fn add_first<T: Real>(
        &mut self,
        groups: &[GroupPlan],
        owned: &[Range<usize>],
        row: usize,
        state: &mut State<'_, T>,
    ) {
        let mut sums: Vec<_> = self.sums.iter_mut().filter(|sum| sum.is_first).collect();
        sums.sort_by_key(|sum| sum.plan.var);
        let targets: usize = sums.iter().map(|sum| sum.plan.targets.len()).sum();
        let mut vars = state.all().iter_mut().enumerate();
        let with_vars = sums.into_iter().filter_map(|sum| {
            let (_, s) = vars.find(|(var, _)| *var == sum.plan.var)?;
            Some((s, sum))
        });
        let add = |(s, sum): (&mut &mut [T], &mut TargetSums<'_>)| {
            let (units, here) = (groups[sum.plan.group].units, owned[sum.plan.group].clone());
            sum.add_to(here.clone(), &mut s[row * units..][here]);
        };
        if targets < TARGETS {
            with_vars.for_each(add);
        } else {
            with_vars.collect::<Vec<_>>().into_par_iter().for_each(add);
        }
    }

    /// Adds the sum of this number to the receptor `s` of a batch row, whose first element is that of
    /// the target `here.start`; these are the targets that this worker owns, as numbers in the group.
    pub(super) fn add<T: Real>(&mut self, number: usize, here: Range<usize>, s: &mut [T]) {
        self.sums[number].add_to(here, s);
    }
}

/// Divides the sums into parts of about the same number of synapses, and the spikes into shares.
fn division(sums: &[TargetSums<'_>]) -> (Vec<Range<usize>>, usize) {
    let events: f64 = sums.iter().map(|sum| sum.events).sum();
    let threads = rayon::current_num_threads();
    if (events as usize) < DIVIDE || threads < 2 {
        return (once(0..sums.len()).collect(), 1);
    }
    let count = sums.len().min(threads);
    let mut parts = Vec::with_capacity(count);
    let (mut from, mut sum) = (0, 0.0);
    for (number, next) in sums.iter().enumerate() {
        sum += next.events;
        if sum * count as f64 >= events * (parts.len() + 1) as f64 {
            parts.push(from..number + 1);
            from = number + 1;
        }
    }
    if from < sums.len() {
        parts.push(from..sums.len());
    }
    let targets: usize = sums.iter().map(|sum| sum.plan.targets.len()).sum();
    // Each share has enough synapses, and adding the sums costs less than these.
    let most = (events as usize / SHARE.max(targets / 4)).clamp(1, THREADS);
    let shares = threads.div_ceil(parts.len()).min(most);
    (parts, shares)
}
