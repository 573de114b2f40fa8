//! A plastic projection's part of a step on the host.

use super::deliver::{Delivery, each_spike};
use super::receptor_step::decayed;
use crate::connectivity::Targets;
use crate::network::plan::plastic::{PlasticPlan, StdpConstants};
use crate::network::plan::{GroupPlan, ProjectionPlan};
use crate::numeric::scalar::Real;
use crate::numeric::simd::{SimdLoop, vectorize};
use crate::system::state::State;
use std::mem::take;
use std::ops::Range;

/// The number of synapses from which on threads share a change of weights.
const SHARED: usize = 8192;

/// A step of a plastic projection for one batch row: step `i` of row `row`, for the targets `here`.
pub(crate) struct StdpStep<'l> {
    pub(crate) projection: &'l ProjectionPlan,
    pub(crate) plastic: &'l PlasticPlan,
    pub(crate) groups: [&'l GroupPlan; 2],
    pub(crate) dt: f64,
    pub(crate) row: usize,
    pub(crate) i: u64,
    /// Neurons of the targets' group that this worker owns.
    pub(crate) here: Range<usize>,
}

impl StdpStep<'_> {
    /// Delivers the spikes that arrive, and changes the weights.
    pub(crate) fn step<T: Real>(self, delivery: &mut Delivery, state: &mut State<'_, T>) {
        let Self { projection, plastic, groups: [from, to], dt, row, i, here } = self;
        // The synapses of a plastic projection were built together with it.
        let Some(table) = projection.table.get() else { return };
        let rule = StdpConstants::<T>::of(plastic, dt);
        let of_row = |len: usize| row * len..(row + 1) * len;
        let traces = plastic.sources * plastic.classes;
        let [all_w, all_pre, all_post] = [0, 1, 2].map(|k| take(&mut state.all()[plastic.var + k]));
        let (w, pre, post) = (
            &mut all_w[of_row(plastic.synapses)],
            &mut all_pre[of_row(traces)],
            &mut all_post[of_row(plastic.targets)],
        );
        vectorize(Decay { x: &mut *pre, decay: rule.decay[0] });
        vectorize(Decay { x: &mut *post, decay: rule.decay[1] });

        delivery.begin();
        for class in 0..plastic.classes {
            let delay = projection.delays.start() + class as u32;
            let words = from.arriving(state.var(from.spike_ring), row, i, delay);
            delivery.collect(table, words, &projection.spec.pre, delay);
            let own = &mut pre[class * plastic.sources..][..plastic.sources];
            each_spike(words, &projection.spec.pre, |source| own[source] += rule.steps[0]);
        }
        if !here.is_empty() {
            let first = here.start - projection.spec.post.start;
            let all = here.len() == plastic.targets;
            let s = &mut state.var_mut(projection.var)[of_row(to.units)][here.clone()];
            delivery.add_now(table, (w, 1.0 / plastic.weight_scale), T::of(projection.weight_scale), first, all, s);
        }
        let (ranges, arrived) = delivery.sorted();
        match &table.targets {
            Targets::U16(targets) => PreUpdate { rule, ranges, targets, post, base: 0, w }.share(shares(arrived)),
            Targets::U32(targets) => PreUpdate { rule, ranges, targets, post, base: 0, w }.share(shares(arrived)),
        }

        let spiking = delivery.list();
        let words = to.arriving(state.var(to.spike_ring), row, i, 0);
        let part = &projection.spec.post;
        each_spike(words, part, |target| {
            if here.contains(&(part.start + target)) {
                post[target] += rule.steps[1];
                spiking.push(target);
            }
        });
        let changed = spiking.iter().map(|target| plastic.columns.column(*target).len()).sum();
        PostUpdate { rule, plastic, spiking, pre, base: 0, whole: true, w }.share(shares(changed));
        for (k, var) in [all_w, all_pre, all_post].into_iter().enumerate() {
            state.all()[plastic.var + k] = var;
        }
    }
}

fn shares(synapses: usize) -> usize {
    if synapses >= SHARED { rayon::current_num_threads().max(1) } else { 1 }
}

/// The decay of traces in a step.
struct Decay<'a, T> {
    x: &'a mut [T],
    decay: T,
}

impl<T: Real> SimdLoop for Decay<'_, T> {
    type Output = ();
    #[inline(always)]
    fn run(self) {
        for x in self.x {
            *x = decayed(*x, self.decay);
        }
    }
}

/// Changes of the weights from number `base` on by spikes that have arrived over `ranges`, which
/// ascend.
struct PreUpdate<'a, T, X> {
    rule: StdpConstants<T>,
    ranges: &'a [Range<usize>],
    targets: &'a [X],
    post: &'a [T],
    base: usize,
    w: &'a mut [T],
}

impl<T: Real, X: Copy + Into<u32> + Sync> PreUpdate<'_, T, X> {
    fn share(self, shares: usize) {
        let Self { rule, ranges, targets, post, base, w } = self;
        if shares > 1 && ranges.len() > 1 {
            let (former, later) = ranges.split_at(ranges.len() / 2);
            let (w, later_w) = w.split_at_mut(later[0].start - base);
            let a = PreUpdate { rule, ranges: former, targets, post, base, w };
            let b = PreUpdate { rule, ranges: later, targets, post, base: later[0].start, w: later_w };
            rayon::join(|| a.share(shares / 2), || b.share(shares - shares / 2));
            return;
        }
        for range in ranges {
            let row = w[range.start - base..range.end - base].iter_mut().zip(&targets[range.clone()]);
            row.for_each(|(w, target)| *w = rule.clipped(*w + post[(*target).into() as usize]));
        }
    }
}

/// Changes of the weights from number `base` on by targets that have spiked.
struct PostUpdate<'a, T> {
    rule: StdpConstants<T>,
    plastic: &'a PlasticPlan,
    spiking: &'a [usize],
    pre: &'a [T],
    base: usize,
    /// `w` is all weights.
    whole: bool,
    w: &'a mut [T],
}

impl<T: Real> PostUpdate<'_, T> {
    fn share(self, shares: usize) {
        let Self { rule, plastic, spiking, pre, base, whole, w } = self;
        if shares > 1 && w.len() > 1 {
            let middle = w.len() * (shares / 2) / shares;
            let (w, later_w) = w.split_at_mut(middle);
            let a = PostUpdate { rule, plastic, spiking, pre, base, whole: false, w };
            let b = PostUpdate { rule, plastic, spiking, pre, base: base + middle, whole: false, w: later_w };
            rayon::join(|| a.share(shares / 2), || b.share(shares - shares / 2));
            return;
        }
        let columns = &plastic.columns;
        for target in spiking {
            let mut column = columns.column(*target);
            if !whole {
                let places = &columns.places[column.clone()];
                let from = places.partition_point(|place| (*place as usize) < base);
                let to = from + places[from..].partition_point(|place| (*place as usize) < base + w.len());
                column = column.start + from..column.start + to;
            }
            for (place, trace) in columns.places[column.clone()].iter().zip(&columns.traces[column]) {
                let w = &mut w[*place as usize - base];
                *w = rule.clipped(*w + pre[*trace as usize]);
            }
        }
    }
}
