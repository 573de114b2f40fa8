// Plastic weights in a network's loop; the counterpart is src/network/host/stdp.rs. Only the warp
// of a source changes the weights of the source's synapses. In pass k it first updates the synapses
// onto targets that spiked in step k − 1, which the targets' warps have listed, and then the
// synapses over which spikes arrive in step k. Traces of targets have two copies, used in turn as
// for sums, so that no further barrier is needed.
//
// Both groups of a plastic projection read its table. Variable v of plastic projection q in a
// group's list has the number SPIKE_RING + 1 + 3·q + v, behind the group's own variables: 0 the
// weights and 1 the traces of the sources, in projections from the group; 2 the traces of the
// targets, in projections to the group.
#pragma once
#include "deliver.cuh"
#include "pointwise.cuh"

__device__ __forceinline__ acc_t faded(acc_t x, const Value& decay) {
    const acc_t left = x * decay.value;
    return math::abs(left) < acc_t(1e-30) ? acc_t(0) : left;
}

__device__ __forceinline__ acc_t clipped(const PlasticProjection& own, acc_t w) {
    return w < own.low.value ? own.low.value : w > own.high.value ? own.high.value : w;
}

// The integer weight nearest to w; 0 for NaN.
__device__ __forceinline__ int integer_weight_of(const PlasticProjection& own, acc_t w) {
    const acc_t quanta = w * own.inv_scale.value;
    if (!(quanta == quanta)) return 0;
#ifdef SCALAR_F64
    return __double2int_rn(quanta);
#else
    return __float2int_rn(quanta);
#endif
}

// The list of a batch row's targets that spike in step k, and the traces of its targets after step
// k.
__device__ __forceinline__ u32* fired_in(const LaunchArgs& args, const PlasticProjection& own, u32 k, u64 row) {
    return own.fired + (k % 3 * args.rows + row) * (own.targets + 1);
}
__device__ __forceinline__ acc_t* traces_after(const LaunchArgs& args, const PlasticProjection& own, u32 k, u64 row) {
    return own.traces + half_of(args, k, row) * own.targets;
}
// The trace of a target in step k, before a spike of that step.
__device__ __forceinline__ acc_t trace_in(const LaunchArgs& args, const PlasticProjection& own, u32 k, u64 row, u32 target) {
    const acc_t last = k == 0 ? load(own.post + row * own.targets + target) : traces_after(args, own, k - 1, row)[target];
    return faded(last, own.decay_post);
}

// The warp's neurons among the sources: whether there is any, the first one, and the one after the
// last.
struct Sources {
    bool any;
    u32 from, end;
    __device__ __forceinline__ Sources(const PreProjection& to, const Cell& cell) {
        const u32 first = u32(cell.unit / 32 * 32);
        any = first + 32 > to.first && first < to.first + to.sources;
        from = first < to.first ? 0 : first - to.first;
        end = min(first + 32 - to.first, to.sources);
    }
};

// Whether this lane's neuron is a target, and its number among the targets.
__device__ __forceinline__ bool is_target(const PlasticProjection& own, const Cell& cell, u32& target) {
    target = u32(cell.unit) - own.first;
    return cell.inside && cell.unit >= own.first && target < own.targets;
}

// Updates the weights onto the targets that spiked in step k. After the last step, stores the
// traces of the targets.
__device__ __forceinline__ void update_weights(const GroupArgs& group, const Cell& cell, u32 k) {
    const LaunchArgs& args = group.args;
    const u32 lane = threadIdx.x % 32;
    const PlasticProjection* all = list<PlasticProjection>(group, group.plastic);
    for (u32 q = 0; q < group.n_sending; ++q) {
        const PlasticProjection& own = all[q];
        const Sources sources(own.to, cell);
        if (!sources.any) continue;
        const u64 begin = own.to.offsets[sources.from], end = own.to.offsets[sources.end];
        const scalar_t* pre = own.pre + cell.row * own.to.sources * (own.to.max_delay - own.to.min_delay + 1);
        scalar_t* w = own.w + cell.row * own.synapses;
        const u32* fired = fired_in(args, own, k, cell.row);
        const u32 n = fired[0];
        for (u32 f = 0; f < n; ++f) {
            const u32 target = fired[1 + f];
            const u32 last = own.columns[target + 1];
            u64 at = first_of(own.places, own.columns[target], last, u32(begin)) + lane;
            bool mine;
            do {
                const u32 place = at < last ? own.places[at] : 0;
                mine = at < last && place < end;
                if (mine) store(w + place, clipped(own, load(w + place) + load(pre + own.kinds[at])));
                at += 32;
            } while (__any_sync(0xffffffffu, mine));
        }
    }
    for (u32 q = group.n_sending; q < group.n_plastic; ++q) {
        const PlasticProjection& own = all[q];
        u32 target;
        if (k + 1 == args.steps && is_target(own, cell, target)) {
            store(own.post + cell.row * own.targets + target, traces_after(args, own, k, cell.row)[target]);
        }
    }
    __syncwarp();
}

// Records weights and traces after step k.
__device__ __forceinline__ void record_plastic(const GroupArgs& group, const Cell& cell, u32 k) {
    const LaunchArgs& args = group.args;
#pragma unroll
    for (int r = 0; r < N_PROBES; ++r) {
        u32 kept;
        if (probe_var(args, r) <= SPIKE_RING || !args.probes[r].to || !keeps(args.probes[r], k, kept)) continue;
        const u32 number = probe_var(args, r) - SPIKE_RING - 1;
        const PlasticProjection& own = list<PlasticProjection>(group, group.plastic)[number / 3];
        if (number % 3 == 2) {
            u32 target;
            const bool is = is_target(own, cell, target);
            keep(args, r, kept, cell.row, is ? target : 0, 0, 0, 0, is, is ? traces_after(args, own, k, cell.row)[target] : acc_t(0));
            continue;
        }
        const Sources sources(own.to, cell);
        if (!sources.any) continue;
        if (number % 3 == 0) {
            const u64 end = own.to.offsets[sources.end];
            for (u64 at = own.to.offsets[sources.from] + threadIdx.x % 32; at < end; at += 32) {
                keep(args, r, kept, cell.row, at, 0, 0, 0, true, load(own.w + cell.row * own.synapses + at));
            }
        } else {
            const u32 source = sources.from + threadIdx.x % 32, delays = own.to.max_delay - own.to.min_delay + 1;
            for (u32 d = 0; d < delays && source < sources.end; ++d) {
                const u64 element = u64(d) * own.to.sources + source;
                keep(args, r, kept, cell.row, element, 0, 0, 0, true, load(own.pre + cell.row * delays * own.to.sources + element));
            }
        }
    }
}

// Delivers a spike that arrives in step k over synapses of a row, then updates their weights.
template <class T>
__device__ __forceinline__ void arrive(const GroupArgs& group, const PlasticProjection& own, const T* targets, u64 begin, u64 end, u64 row, u32 k) {
    i64* sums = (i64*)own.to.sums + copy_of(group, k, row) * own.to.n_targets;
    scalar_t* w = own.w + row * own.synapses;
#pragma unroll 2
    for (u64 at = begin + threadIdx.x % 32; at < end; at += 32) {
        const acc_t now = load(w + at);
        const u32 target = targets[at];
        add_to(sums + target, integer_weight_of(own, now));
        store(w + at, clipped(own, now + trace_in(group.args, own, k, row, target)));
    }
}

// Lists the warp's targets that spike in step k, and delivers the spikes of the warp's sources that
// arrive in step k. `past` is as in `Neuron`, with the spikes of step k.
__device__ __forceinline__ void emit_plastic(const GroupArgs& group, const Cell& cell, u32 past, u32 spikes, u32 k, u32 slot) {
    const LaunchArgs& args = group.args;
    const u32 lane = threadIdx.x % 32;
    const PlasticProjection* all = list<PlasticProjection>(group, group.plastic);
    for (u32 q = group.n_sending; q < group.n_plastic; ++q) {
        const PlasticProjection& own = all[q];
        u32 target;
        const bool is = is_target(own, cell, target), fires = is && (spikes >> lane & 1);
        if (is) {
            const acc_t trace = trace_in(args, own, k, cell.row, target);
            traces_after(args, own, k, cell.row)[target] = fires ? trace + own.a_post.value : trace;
        }
        const u32 some = __ballot_sync(0xffffffffu, fires);
        if (!some) continue;
        u32* fired = fired_in(args, own, k, cell.row);
        u32 place = lane == 0 ? atomicAdd(fired, (u32)__popc(some)) : 0;
        place = __shfl_sync(0xffffffffu, place, 0) + __popc(some & ((1u << lane) - 1));
        if (fires) fired[1 + place] = target;
    }
    for (u32 q = 0; q < group.n_sending; ++q) {
        const PlasticProjection& own = all[q];
        const PreProjection& to = own.to;
        const Sources sources(to, cell);
        if (!sources.any) continue;
        const u32 first = u32(cell.unit / 32 * 32), source = first + lane - to.first;
        const bool is = cell.inside && first + lane >= to.first && source < to.sources;
        const u32 mask = __ballot_sync(0xffffffffu, is);
        scalar_t* pre = own.pre + cell.row * to.sources * (to.max_delay - to.min_delay + 1);
        for (u32 delay = to.min_delay; delay <= to.max_delay; ++delay) {
            u32 bits = __shfl_sync(0xffffffffu, past, delay % 32);
            if (delay >= 32) bits = spikes_of(group, cell, slot, delay);
            if (is) {
                scalar_t* at = pre + u64(delay - to.min_delay) * to.sources + source;
                const acc_t trace = faded(load(at), own.decay_pre);
                store(at, bits >> lane & 1 ? trace + own.a_pre.value : trace);
            }
            for (bits &= mask; bits; bits &= bits - 1) {
                const u32 from = first + __ffs(bits) - 1 - to.first;
                u64 begin = to.offsets[from], end = to.offsets[from + 1];
                if (to.delays) {
                    begin = first_of(to.delays, begin, end, delay);
                    end = first_of(to.delays, begin, end, delay + 1);
                }
                if (to.wide_targets) arrive(group, own, (const u32*)to.targets, begin, end, cell.row, k);
                else arrive(group, own, (const u16*)to.targets, begin, end, cell.row, k);
            }
        }
    }
    __syncwarp();
}

// Empties the lists of step k − 2: no warp reads them in pass k, and none writes to them before the
// next pass.
__device__ __forceinline__ void clear_fired(const GroupArgs& group, u32 k) {
    const LaunchArgs& args = group.args;
    const PlasticProjection* all = list<PlasticProjection>(group, group.plastic);
    for (u32 q = group.n_sending; q < group.n_plastic; ++q) {
        for (u64 row = threadIdx.x % 32; row < args.rows; row += 32) *fired_in(args, all[q], k + 1, row) = 0;
    }
}
