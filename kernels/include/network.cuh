// Networks: what the loops of all groups share. A warp takes 32 neurons of a row through all that they do in a step: it takes out what was
// added to their sums in the step before, makes the model's step, puts the spikes into the ring, and goes along the synapses of those that
// arrive. So nobody but a neuron's own warp reads its state, its ring or its spikes. What passes between warps is sums: integers, which are
// the same in whatever order they are added to. There are two of each, in turn: while step k adds to one, what step k − 1 left in the other
// is taken out. So there is one barrier a step, whatever the delays.
#pragma once
#include "network_args.cuh"

template <class L>
__device__ __forceinline__ const L* list(const GroupArgs& group, u32 at) {
    return (const L*)((const char*)&group + at);
}

// The first of ascending values from `from` on, before `to`, that is not below `least`: of a row's synapses by their delays. All lanes search.
template <class T>
__device__ __forceinline__ u64 first_of(const T* values, u64 from, u64 to, u32 least) {
    while (from < to) {
        const u64 apart = (to - from + 31) / 32;
        const u64 at = from + (threadIdx.x % 32) * apart;
        const int below = __popc(__ballot_sync(0xffffffffu, at < to && values[at] < least));
        if (below == 0) return from;
        // Lanes are ascending, so those below come first: it is after the last of them, and not after the next.
        const u64 next = from + below * apart;
        from = from + (below - 1) * apart + 1;
        to = next < to ? next : to;
    }
    return from;
}

// Nobody waits for what was there before.
__device__ __forceinline__ void add_to(u32* sum, u32 n) { asm volatile("red.relaxed.gpu.global.add.u32 [%0], %1;" ::"l"(sum), "r"(n)); }
__device__ __forceinline__ void add_to(i64* sum, i64 n) { asm volatile("red.relaxed.gpu.global.add.u64 [%0], %1;" ::"l"(sum), "l"(n)); }

#if PROCEDURAL
#include "procedural.cuh"
#endif
// That part of so many quanta, to the nearest.
__device__ __forceinline__ i64 part_of(int weight, int amount) { return ((i64)weight * amount + (1 << 29)) >> 30; }

template <class T>
__device__ __forceinline__ void add_all(const T* targets, const int* weights, u32 synapses, void* sums, int amount) {
#if TERMINALS
    if (amount) {
#pragma unroll 4
        for (u32 at = threadIdx.x % 32; at < synapses; at += 32) {
            add_to((i64*)sums + targets[at], weights ? part_of(weights[at], amount) : (i64)amount);
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

// A projection's sums, of this copy of them.
__device__ __forceinline__ void* sums_of(const PreProjection& to, u64 copy) {
    bool exact = to.weights || (TERMINALS && to.presynapse);
#if PROCEDURAL
    exact = exact || (to.generator && connect::is_exact(*to.generator));
#endif
    return (char*)to.sums + copy * to.n_targets * (exact ? sizeof(i64) : sizeof(u32));
}

// So many synapses from `begin` on, which pass on this amount, or, where it is 0, all that they have. A warp's lanes go along them.
__device__ __forceinline__ void add_row(const PreProjection& to, u64 begin, u32 synapses, void* sums, int amount) {
    const int* weights = to.weights ? to.weights + begin : nullptr;
    if (to.wide_targets) add_all((const u32*)to.targets + begin, weights, synapses, sums, amount);
    else add_all((const u16*)to.targets + begin, weights, synapses, sums, amount);
}

// A row of more than PIECE synapses, that all warps of a block go along.
struct Row {
    const PreProjection* to;
    void* sums;
    u64 begin;  // or, of one that is made, its source
    u64 synapses;
#if TERMINALS
    int amount;
#endif
};

// Those that have arrived in a block in step k: counter k mod 2 has how many, while the other is made 0. If there is no room for one, its
// warp goes along it alone.
struct Shelf {
    u32 count[2];
    Row rows[64];
};

__device__ __forceinline__ Shelf& shelf() {
    __shared__ Shelf own;
    return own;
}

// Before the first step, if any row is so long.
__device__ __forceinline__ void open_shelf(u32 shares) {
    if (!shares) return;
    if (threadIdx.x < 2) shelf().count[threadIdx.x] = 0;
    __syncthreads();
}

__device__ __forceinline__ bool shelve(const Row& row, u32 k) {
    Shelf& own = shelf();
    u32 place = 0;
    if (threadIdx.x % 32 == 0) {
        place = atomicAdd(&own.count[k & 1], 1u);
        if (place < sizeof(own.rows) / sizeof(Row)) own.rows[place] = row;
    }
    return __shfl_sync(0xffffffffu, place, 0) < sizeof(own.rows) / sizeof(Row);
}

// All warps of a block have sent what they send in step k, and now go along its long rows, a piece each in turn. Whatever they are for,
// all of them come here, or none. Its barrier is one of its own, so that a test can take it away.
__device__ __forceinline__ void share(u32 shares, u32 k) {
    if (!shares) return;
    asm volatile("bar.sync 1;" ::: "memory");
    Shelf& own = shelf();
    const u32 rows = min(own.count[k & 1], u32(sizeof(own.rows) / sizeof(Row)));
    if (threadIdx.x == 0) own.count[~k & 1] = 0;
    u32 next = threadIdx.x / 32;
    for (u32 r = 0; r < rows; ++r) {
        const Row& row = own.rows[r];
        const u32 synapses = u32(row.synapses), pieces = (synapses + PIECE - 1) / PIECE;
        for (; next < pieces; next += blockDim.x / 32) {
            const u32 at = next * PIECE;
#if PROCEDURAL
            if (row.to->generator) {
                connect::add_piece(*row.to->generator, u32(row.begin), next, row.sums);
                continue;
            }
#endif
#if TERMINALS
            const int amount = row.amount;
#else
            const int amount = 0;
#endif
            add_row(*row.to, row.begin + at, min(u32(PIECE), synapses - at), row.sums, amount);
        }
        next -= pieces;
    }
}

// Adds what a source's synapses of this delay carry, or that `amount` of it, to the sums of their targets, of this copy of them. It is step k.
__device__ __forceinline__ void deliver(const PreProjection& to, u32 source, u32 delay, u64 copy, u32 k, int amount = 0) {
#if PROCEDURAL
    if (to.generator) {
        const u32 pieces = connect::pieces(*to.generator);
        void* made = sums_of(to, copy);
        // As many synapses as have so many pieces.
        if (to.generator->count > PIECE && shelve({&to, made, source, u64(pieces - 1) * PIECE + 1}, k)) return;
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
#if TERMINALS
    const Row row = {&to, sums, begin, synapses, amount};
#else
    const Row row = {&to, sums, begin, synapses};
#endif
    if (synapses > PIECE && shelve(row, k)) return;
    add_row(to, begin, synapses, sums, amount);
}

// Adds 1, or what this synapse carries, or that amount of it.
template <class T>
__device__ __forceinline__ void add_one(const T* targets, const int* weights, u64 at, void* sums, int amount) {
#if TERMINALS
    if (amount) {
        add_to((i64*)sums + targets[at], weights ? part_of(weights[at], amount) : (i64)amount);
        return;
    }
#endif
    if (weights) add_to((i64*)sums + targets[at], weights[at]);
    else add_to((u32*)sums + targets[at], 1);
}

// As `deliver`, for a source of each lane's own, if it `spikes`.
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

// All blocks have come to the end of so many steps. What each has done before, all others see after it.
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
