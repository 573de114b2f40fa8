// A function of rows as a part of a stack: one row, over all steps of the chunk. The kernel is put together in src/cuda/engine/fused_layers.rs.
#pragma once
#include "job.cuh"

__device__ __forceinline__ void run_row(const Job& job, const Params& p) {
    const u64 b = blockIdx.x;
    const Port& port = job.ports[0];
    // Threads take elements in turn, whichever step they are of: a row may have fewer than a block has threads.
    for (u64 index = threadIdx.x; index < job.steps * job.units; index += blockDim.x) {
        const u64 k = index / job.units, from = job.first + k * job.every;
        map(job, p, port.at + from * port.step + b * port.row, k * job.rows + b, index - k * job.units);
    }
}
