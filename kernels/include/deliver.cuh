// The delivery of spikes, and the barrier of a step: the code that the loops of all groups of a
// network share. A warp computes the steps of 32 neurons of a batch row: it drains the synaptic
// sums of the step before, makes the model's step, writes the spikes into the spike ring, and walks
// the synapse rows of the spikes that arrive. Only its own warp reads a neuron's state, spike ring
// and spikes. Warps exchange sums alone: integers, whose value does not depend on the order of the
// additions. Each sum has two copies: step k adds to one copy while the warps drain the other,
// which step k − 1 filled. One barrier a step is enough, whatever the delays. With SUM_RING each
// sum has a copy for each of the next steps, see `sum_ring.cuh`.
#pragma once
#include "network_args.cuh"

template <class L>
__device__ __forceinline__ const L* list(const GroupArgs& group, u32 at) {
    return (const L*)((const char*)&group + at);
}

// The index in [from, to) of the first of ascending values that is at least `least`; `to` if there
// is none. All lanes of the warp search.
template <class T>
__device__ __forceinline__ u64 first_of(const T* values, u64 from, u64 to, u32 least) {
    while (from < to) {
        const u64 apart = (to - from + 31) / 32;
        const u64 at = from + (threadIdx.x % 32) * apart;
        const int below = __popc(__ballot_sync(0xffffffffu, at < to && values[at] < least));
        if (below == 0) return from;
        // The values ascend with the lanes. The result lies behind the last lane whose value is too
        // small, and not behind the next lane.
        const u64 next = from + below * apart;
        from = from + (below - 1) * apart + 1;
        to = next < to ? next : to;
    }
    return from;
}

// Additions that return no old value.
__device__ __forceinline__ void add_to(u32* sum, u32 n) { asm volatile("red.relaxed.gpu.global.add.u32 [%0], %1;" ::"l"(sum), "r"(n)); }
__device__ __forceinline__ void add_to(i64* sum, i64 n) { asm volatile("red.relaxed.gpu.global.add.u64 [%0], %1;" ::"l"(sum), "l"(n)); }

#if PROCEDURAL
#include "procedural.cuh"
#endif
// The integer weight times the released amount, a multiple of 2⁻³⁰, rounded to the nearest integer.
__device__ __forceinline__ i64 scaled_weight(int weight, int amount) { return ((i64)weight * amount + (1 << 29)) >> 30; }

template <class T>
__device__ __forceinline__ void add_all(const T* targets, const int* weights, u32 synapses, void* sums, int amount) {
#if HAS_KINETICS
    if (amount) {
#pragma unroll 4
        for (u32 at = threadIdx.x % 32; at < synapses; at += 32) {
            add_to((i64*)sums + targets[at], weights ? scaled_weight(weights[at], amount) : (i64)amount);
        }
        return;
    }
#endif
    if (weights) {
#pragma unroll 4
        for (u32 at = threadIdx.x % 32; at < synapses; at += 32) add_to((i64*)sums + targets[at], weights[at]);
    } else {
#pragma unroll 4
        for (u32 at = threadIdx.x % 32; at < synapses; at += 32) add_to((u32*)sums + targets[at], 1);
    }
}

// One copy of a projection's sums.
__device__ __forceinline__ void* sums_of(const PreProjection& to, u64 copy) {
    bool exact = to.weights || (HAS_KINETICS && to.kinetics);
#if PROCEDURAL
    exact = exact || (to.generator && connect::is_exact(*to.generator));
#endif
    return (char*)to.sums + copy * to.n_targets * (exact ? sizeof(i64) : sizeof(u32));
}

// Delivers `synapses` synapses from `begin` on: `amount` times the weights, or the weights where
// `amount` is 0. The lanes of a warp take them in turn.
__device__ __forceinline__ void add_row(const PreProjection& to, u64 begin, u32 synapses, void* sums, int amount) {
    const int* weights = to.weights ? to.weights + begin : nullptr;
    if (to.wide_targets) add_all((const u32*)to.targets + begin, weights, synapses, sums, amount);
    else add_all((const u16*)to.targets + begin, weights, synapses, sums, amount);
}

#if SUM_RING
#include "sum_ring.cuh"
#endif

// A row of more than PIECE synapses, which all warps of a block deliver together.
struct LongRow {
    const PreProjection* to;
    void* sums;
    u64 begin;  // of a generated row: the source
    u64 synapses;
#if HAS_KINETICS
    int amount;
#endif
#if SUM_RING
    SumRing ring;
#endif
};

// The long rows that a block delivers in step k. Counter k mod 2 holds their number; the other
// counter is reset. A warp delivers a row alone if the queue is full.
struct LongRowQueue {
    u32 count[2];
    LongRow rows[64];
};

__device__ __forceinline__ LongRowQueue& long_row_queue() {
    __shared__ LongRowQueue own;
    return own;
}

// Empties the queue before the first step, if the network has long rows.
__device__ __forceinline__ void open_long_rows(u32 has_long_rows) {
    if (!has_long_rows) return;
    if (threadIdx.x < 2) long_row_queue().count[threadIdx.x] = 0;
    __syncthreads();
}

__device__ __forceinline__ bool enqueue_row(const LongRow& row, u32 k) {
    LongRowQueue& own = long_row_queue();
    u32 place = 0;
    if (threadIdx.x % 32 == 0) {
        place = atomicAdd(&own.count[k & 1], 1u);
        if (place < sizeof(own.rows) / sizeof(LongRow)) own.rows[place] = row;
    }
    return __shfl_sync(0xffffffffu, place, 0) < sizeof(own.rows) / sizeof(LongRow);
}

// The warps of a block deliver the long rows of step k, one piece each in turn, after all of them
// have emitted their spikes. Every warp of the block must call this, or none. It uses a barrier of
// its own, so that a test can remove it.
__device__ __forceinline__ void drain_long_rows(u32 has_long_rows, u32 k) {
    if (!has_long_rows) return;
    asm volatile("bar.sync 1;" ::: "memory");
    LongRowQueue& own = long_row_queue();
    const u32 rows = min(own.count[k & 1], u32(sizeof(own.rows) / sizeof(LongRow)));
    if (threadIdx.x == 0) own.count[~k & 1] = 0;
    u32 next = threadIdx.x / 32;
    for (u32 r = 0; r < rows; ++r) {
        const LongRow& row = own.rows[r];
        const u32 synapses = u32(row.synapses), pieces = (synapses + PIECE - 1) / PIECE;
        for (; next < pieces; next += blockDim.x / 32) {
            const u32 at = next * PIECE;
#if PROCEDURAL
            if (row.to->generator) {
                connect::add_piece(*row.to->generator, u32(row.begin), next, row.sums);
                continue;
            }
#endif
#if SUM_RING
            if (adds_ahead(*row.to)) {
                add_row_ahead(*row.to, row.begin + at, min(u32(PIECE), synapses - at), row.sums, row.ring);
                continue;
            }
#endif
#if HAS_KINETICS
            const int amount = row.amount;
#else
            const int amount = 0;
#endif
            add_row(*row.to, row.begin + at, min(u32(PIECE), synapses - at), row.sums, amount);
        }
        next -= pieces;
    }
}

// Delivers a source's synapses of this delay in step k: adds their weights, or `amount` times the
// weights, to one copy of the targets' sums.
__device__ __forceinline__ void deliver(const PreProjection& to, u32 source, u32 delay, u64 copy, u32 k, int amount = 0) {
#if PROCEDURAL
    if (to.generator) {
        const u32 length = connect::row_length(*to.generator, source), pieces = connect::pieces(*to.generator, length);
        void* made = sums_of(to, copy);
        // This is the minimum number of synapses with this number of pieces.
        if (length > PIECE && enqueue_row({&to, made, source, u64(pieces - 1) * PIECE + 1}, k)) return;
        for (u32 piece = 0; piece < pieces; ++piece) connect::add_piece(*to.generator, source, piece, made);
        return;
    }
#endif
    u64 begin = to.offsets[source], end = to.offsets[source + 1];
    if (to.delays) {
        begin = first_of(to.delays, begin, end, delay);
        end = first_of(to.delays, begin, end, delay + 1);
    }
    const u32 synapses = u32(end - begin);
    void* sums = sums_of(to, copy);
#if HAS_KINETICS
    const LongRow row = {&to, sums, begin, synapses, amount};
#else
    const LongRow row = {&to, sums, begin, synapses};
#endif
    if (synapses > PIECE && enqueue_row(row, k)) return;
    add_row(to, begin, synapses, sums, amount);
}

// Delivers one synapse: 1, its weight, or `amount` times its weight.
template <class T>
__device__ __forceinline__ void add_one(const T* targets, const int* weights, u64 at, void* sums, int amount) {
#if HAS_KINETICS
    if (amount) {
        add_to((i64*)sums + targets[at], weights ? scaled_weight(weights[at], amount) : (i64)amount);
        return;
    }
#endif
    if (weights) add_to((i64*)sums + targets[at], weights[at]);
    else add_to((u32*)sums + targets[at], 1);
}

// Does the same as `deliver`, but each lane delivers the row of its own source if `spikes`.
__device__ __forceinline__ void deliver_own(const PreProjection& to, bool spikes, u32 source, u32 delay, u64 copy, int amount = 0) {
    u64 at = spikes ? to.offsets[source] : 0;
    const u64 end = spikes ? to.offsets[source + 1] : 0;
    void* sums = sums_of(to, copy);
    for (; at < end; ++at) {
        if (to.delays) {
            const u32 own = to.delays[at];
            if (own > delay) break;
            if (own < delay) continue;
        }
        if (to.wide_targets) add_one((const u32*)to.targets, to.weights, at, sums, amount);
        else add_one((const u16*)to.targets, to.weights, at, sums, amount);
    }
    __syncwarp();
}

#if SUM_RING
// Fetches the places of the synapse rows that `deliver_ahead` reads into L2: each lane those of
// another projection, so that the projections do not wait for memory in turn. `spikes` is a mask of
// the warp's neurons, which count from `first`.
__device__ __forceinline__ void prefetch_rows(const GroupArgs& group, u32 spikes, u32 first) {
    for (; spikes; spikes &= spikes - 1) {
        const u32 unit = first + __ffs(spikes) - 1;
        for (u32 p = threadIdx.x % 32; p < group.n_outgoing; p += 32) {
            const PreProjection& to = list<PreProjection>(group, group.outgoing)[p];
            const u32 source = unit - to.first;
            if (adds_ahead(to) && source < to.sources) asm volatile("prefetch.global.L2 [%0];" ::"l"(to.offsets + source));
        }
    }
}

// Delivers in step k the spikes of the step `ago` steps before, over synapses whose delay is not
// shorter. `spikes` is a mask of the warp's neurons, which count from `first`.
__device__ __forceinline__ void deliver_ahead(const PreProjection& to, u32 spikes, u32 first, u32 ago, u64 row, SumRing ring, u32 k) {
    const u32 lane = threadIdx.x % 32;
    void* sums = sums_of(to, row);
    if (__popc(spikes) >= to.lane_per_source_from) {
        deliver_own_ahead(to, spikes >> lane & 1, first + lane - to.first, ago, sums, ring);
        return;
    }
    for (; spikes; spikes &= spikes - 1) {
        const u32 source = first + __ffs(spikes) - 1 - to.first;
        u64 begin = to.offsets[source];
        const u64 end = to.offsets[source + 1];
        if (ago) begin = first_of(to.delays, begin, end, ago);
        LongRow own = {&to, sums, begin, end - begin};
        own.ring = ring;
        if (own.synapses > PIECE && enqueue_row(own, k)) continue;
        add_row_ahead(to, begin, u32(own.synapses), sums, ring);
    }
}
#endif

// A barrier of all blocks at the end of step `steps`. Writes before the barrier are visible to all
// blocks after it.
__device__ __forceinline__ void all_blocks(u32* arrived, u32 steps) {
    __syncthreads();
    if (gridDim.x == 1) return;
    if (threadIdx.x == 0) {
        asm volatile("red.release.gpu.global.add.u32 [%0], 1;" ::"l"(arrived) : "memory");
        u32 come;
        do {
            asm volatile("ld.acquire.gpu.global.u32 %0, [%1];" : "=r"(come) : "l"(arrived) : "memory");
        } while (come < steps * gridDim.x);
    }
    __syncthreads();
}
