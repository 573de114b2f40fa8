// Procedural connectivity: a warp generates a synapse row from counters when it delivers the row,
// and adds each weight at once. The synapses are those of the passes of connect.cu. The counterpart
// is src/network/host/procedural.rs. A kernel with procedural connectivity may use twice the
// registers of other kernels.
#pragma once
#include "connect.cuh"

namespace connect {

__device__ __forceinline__ bool is_exact(const ConnectArgs& c) { return c.weight_draw.distribution != SAME; }

// The number of pieces of a row, which warps take in turn. It is 1 if each target follows from the
// targets before it.
__device__ __forceinline__ u32 pieces(const ConnectArgs& c) { return c.rule == FIXED_PROB ? 1 : (c.count + PIECE - 1) / PIECE; }

// Adds a synapse's weight to its target's sum.
__device__ __forceinline__ void add_made(const ConnectArgs& c, u32 source, u32 target, void* sums) {
    if (is_exact(c)) add_to((i64*)sums + target, (i64)integer_weight(draw(c, c.weight_draw, WEIGHT, source, target), c.inv_scale));
    else add_to((u32*)sums + target, 1);
}

// Adds the weights of all synapses in a piece of a source's row, by a warp.
__device__ __forceinline__ void add_piece(const ConnectArgs& c, u32 source, u32 piece, void* sums) {
    const u32 own = own_target(c, source);
    if (c.rule == FIXED_PROB) {
        gaps(c, source, [&](bool takes, u32 target, u32) {
            if (takes) add_made(c, source, target, sums);
        });
        return;
    }
    const u32 first = piece * PIECE, begin = first + threadIdx.x % 32, end = first + min(c.count - first, u32(PIECE));
    if (c.rule == FIXED_NUM_POST) {
        const Permutation permutation(c, source, c.post);
        for (u32 slot = begin; slot < end; slot += 32) add_made(c, source, permutation.first(slot, c.count, own), sums);
    } else {
        for (u32 slot = begin; slot < end; slot += 32) {
            const u32 target = c.rule == ONE_TO_ONE ? source : slot;
            if (target != own) add_made(c, source, target, sums);
        }
    }
    __syncwarp();
}

}  // namespace connect
