// The ring of sums: each sum has `slots` copies, and copy s mod `slots` belongs to step s. A spike
// adds to all sums that it will reach in the step in which it is emitted, so that the warp reads
// the synapse row once, in one piece. src/cuda/network/sum_ring.rs decides which networks have a
// ring.
//
// In pass k the warps drain the copy of step k − 1, and add to the copies of the steps from k to k
// + the longest delay. The ring has as many copies as these steps, so that no two steps share one.
// The ring is empty before a chunk. In step 0 of a chunk each warp therefore also adds the spikes
// of the steps before, which the spike ring has. The spike ring is state, and the ring of sums is
// not.
#pragma once

// Whether spikes over a projection's synapses are added when they are emitted: stored synapses with
// delays of their own. The other projections add when spikes arrive. A release model, if there is
// one, advances at the arrival.
__device__ __forceinline__ bool adds_ahead(const PreProjection& to) { return to.delays && !(HAS_KINETICS && to.kinetics); }

// A projection's sums in the ring, for the spikes of one step. The ring fits in L2, so that 32 bits
// number its sums.
struct SumRing {
    u32 sums;   // The sums of a copy: rows · n_targets.
    u32 slots;
    u32 first;  // The copy of the step of the spikes. In step 0 it is negative for earlier spikes.
};

// The ring for the spikes of the step `ago` steps before step k.
__device__ __forceinline__ SumRing ring_of(const GroupArgs& group, const PreProjection& to, u32 k, u32 ago) {
    return {u32(group.args.rows) * u32(to.n_targets), group.sum_slots, k % group.sum_slots - ago};
}

// The number of a synapse's sum in the ring.
__device__ __forceinline__ u32 place_of(const SumRing& ring, u32 delay, u32 target) {
    u32 slot = ring.first + delay;
    slot -= slot >= ring.slots ? ring.slots : 0;
    return slot * ring.sums + target;
}

// These functions read synapses, which this kernel never writes. `volatile` keeps the compiler from
// moving a read behind the additions that follow it in the source.
__device__ __forceinline__ u32 read_only(const u16* from) {
    u16 x;
    asm volatile("ld.global.nc.u16 %0, [%1];" : "=h"(x) : "l"(from));
    return x;
}
__device__ __forceinline__ u32 read_only(const u32* from) {
    u32 x;
    asm volatile("ld.global.nc.u32 %0, [%1];" : "=r"(x) : "l"(from));
    return x;
}

// Adds if `adds`, without a branch: the compiler would move reads behind a branch.
__device__ __forceinline__ void add_if(bool adds, u32* sum, u32 n) {
    asm volatile("{ .reg .pred p; setp.ne.u32 p, %2, 0; @p red.relaxed.gpu.global.add.u32 [%0], %1; }" ::"l"(sum), "r"(n), "r"((u32)adds));
}
__device__ __forceinline__ void add_if(bool adds, i64* sum, i64 n) {
    asm volatile("{ .reg .pred p; setp.ne.u32 p, %2, 0; @p red.relaxed.gpu.global.add.u64 [%0], %1; }" ::"l"(sum), "l"(n), "r"((u32)adds));
}

// The lanes of a warp take the synapses in turn. All reads of four synapses are in flight before a
// lane adds the first.
template <class Sum, class T>
__device__ __forceinline__ void add_all_ahead(const T* targets, const u16* delays, const int* weights, u32 synapses, void* sums, SumRing ring) {
    constexpr u32 EACH = PIECE / 32;
    for (u32 first = threadIdx.x % 32; first < synapses; first += PIECE) {
        u32 place[EACH];
        int weight[EACH];
#pragma unroll
        for (u32 n = 0; n < EACH; ++n) {
            // Beyond the end a lane reads the last synapse again.
            const u32 at = min(first + 32 * n, synapses - 1);
            place[n] = place_of(ring, read_only(delays + at), read_only(targets + at));
            weight[n] = sizeof(Sum) == sizeof(i64) ? int(read_only((const u32*)weights + at)) : 1;
        }
#pragma unroll
        for (u32 n = 0; n < EACH; ++n) {
            add_if(first + 32 * n < synapses, (Sum*)sums + place[n], Sum(weight[n]));
        }
    }
}

// Adds `synapses` synapses from `begin` on to the ring. `sums` is copy 0 of the batch row's sums.
__device__ __forceinline__ void add_row_ahead(const PreProjection& to, u64 begin, u32 synapses, void* sums, SumRing ring) {
    const u16* delays = to.delays + begin;
    const u16* narrow = (const u16*)to.targets + begin;
    const u32* wide = (const u32*)to.targets + begin;
    const int* weights = to.weights + begin;
    if (to.weights && to.wide_targets) add_all_ahead<i64>(wide, delays, weights, synapses, sums, ring);
    else if (to.weights) add_all_ahead<i64>(narrow, delays, weights, synapses, sums, ring);
    else if (to.wide_targets) add_all_ahead<u32>(wide, delays, weights, synapses, sums, ring);
    else add_all_ahead<u32>(narrow, delays, weights, synapses, sums, ring);
}

// Adds to the ring, for each lane that `spikes`, the row of the lane's source: the synapses whose
// delay is not shorter than `ago`.
__device__ __forceinline__ void deliver_own_ahead(const PreProjection& to, bool spikes, u32 source, u32 ago, void* sums, SumRing ring) {
    const u64 end = spikes ? to.offsets[source + 1] : 0;
    for (u64 at = spikes ? to.offsets[source] : 0; at < end; ++at) {
        const u32 delay = to.delays[at];
        if (delay < ago) continue;
        const u32 target = to.wide_targets ? ((const u32*)to.targets)[at] : ((const u16*)to.targets)[at];
        const u32 place = place_of(ring, delay, target);
        if (to.weights) add_to((i64*)sums + place, to.weights[at]);
        else add_to((u32*)sums + place, 1);
    }
    __syncwarp();
}
