// Procedural connectivity: a warp generates a synapse row from counters when it delivers the row,
// and adds each weight at once. The synapses are those of the passes of connect.cu. The counterpart
// is src/network/host/sum_delivery/. A kernel with procedural connectivity may use twice the
// registers of other kernels.
#pragma once
#include "connect.cuh"

namespace connect {

__device__ __forceinline__ bool is_exact(const ConnectArgs& c) { return c.weight_draw.distribution != SAME; }

// The number of synapses of a row; `FIXED_PROB`: on average.
__device__ __forceinline__ u32 row_length(const ConnectArgs& c, u32 source) {
    return (u32)(c.rule == FIXED_TOTAL_NUMBER ? c.offsets[source + 1] - c.offsets[source] : c.count);
}

// The number of pieces of a row of this length, which warps take in turn. It is 1 if each target
// follows from the targets before it.
__device__ __forceinline__ u32 pieces(const ConnectArgs& c, u32 length) { return c.rule == FIXED_PROB ? 1 : (length + PIECE - 1) / PIECE; }

// Adds a synapse's weight to its target's sum.
__device__ __forceinline__ void add_made(const ConnectArgs& c, u64 unit, u32 target, void* sums) {
    if (is_exact(c)) add_to((i64*)sums + target, (i64)integer_weight(draw(c, c.weight_draw, WEIGHT, unit, target), c.inv_scale));
    else add_to((u32*)sums + target, 1);
}

// Adds the weights of all synapses in a piece of a source's row, by a warp. It is one function: copies
// in the loops of all groups took most of a compilation.
__device__ __noinline__ void add_piece(const ConnectArgs& c, u32 source, u32 piece, void* sums) {
    const u32 own = own_target(c, source);
    if (c.rule == FIXED_PROB) {
        gaps(c, source, [&](bool takes, u32 target, u32) {
            if (takes) add_made(c, source, target, sums);
        });
        return;
    }
    const u32 length = row_length(c, source), first = piece * PIECE, begin = first + threadIdx.x % 32;
    const u32 end = first + min(length - first, u32(PIECE));
    if (c.multapses) {
        partners(c, source, c.post, own, first, end, [&](u32 number, u32 target) { add_made(c, unit(c, source, number), target, sums); });
    } else if (c.rule == FIXED_NUM_POST) {
        const Permutation permutation(c, source, c.post);
        for (u32 slot = begin; slot < end; slot += 32) add_made(c, source, permutation.first(slot, length, own), sums);
    } else {
        for (u32 slot = begin; slot < end; slot += 32) {
            const u32 target = c.rule == ONE_TO_ONE ? source : slot;
            if (target != own) add_made(c, source, target, sums);
        }
    }
    __syncwarp();
}

}  // namespace connect
