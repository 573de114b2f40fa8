// A function of rows as a part of a stack: one row, over all steps of the chunk. The kernel is put together in src/cuda/engine/fused_layers.rs.
#pragma once
#include "launch_args.cuh"

__device__ __forceinline__ void run_row(const LaunchArgs& args, const Params& p) {
    const u64 b = blockIdx.x;
    const Port& port = args.ports[0];
    // Threads take elements in turn, whichever step they are of: a row may have fewer than a block has threads.
    for (u64 index = threadIdx.x; index < args.steps * args.units; index += blockDim.x) {
        const u64 k = index / args.units, from = args.first + k * args.every;
        map(args, p, port.at + from * port.step + b * port.row, k * args.rows + b, index - k * args.units);
    }
}
