// A function of units in fused layers: one batch row, all steps of the chunk.
// src/cuda/engine/fused_layers.rs assembles the kernel.
#pragma once
#include "system.cuh"

__device__ __forceinline__ void run_row(const LaunchArgs& args, const Params& p) {
    const u64 b = blockIdx.x;
    const Port& port = args.ports[0];
    for (u64 index = threadIdx.x; index < args.steps * args.units; index += blockDim.x) {
        const u64 k = index / args.units, unit = index - k * args.units, from = args.first + k * args.every;
        const acc_t x = port.at ? load(port.at + from * port.step + b * port.row + unit * port.unit) : acc_t(0);
        State none;
        store(args.y + (k * args.rows + b) * args.y_row + unit, step(none, x, p, tick(args, from, b * args.units + unit)));
    }
}
