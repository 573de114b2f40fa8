// A function of rows in fused layers: one batch row, all steps of the chunk.
// src/cuda/engine/fused_layers.rs assembles the kernel.
#pragma once
#include "launch_args.cuh"

__device__ __forceinline__ void run_row(const LaunchArgs& args, const Params& p) {
    const u64 b = blockIdx.x;
    const Port& port = args.ports[0];
    // Threads take the elements of all steps in turn: a row may have fewer elements than a block
    // has threads.
    for (u64 index = threadIdx.x; index < args.steps * args.units; index += blockDim.x) {
        const u64 k = index / args.units, from = args.first + k * args.every;
        map(args, p, port.at + from * port.step + b * port.row, k * args.rows + b, index - k * args.units);
    }
}
