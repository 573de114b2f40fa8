// A function of units as a part of a stack: one row's units, over all steps of the chunk. The kernel is put together in src/cuda/engine/fused_layers.rs.
#pragma once
#include "system.cuh"

__device__ __forceinline__ void run_row(const Job& job, const Params& p) {
    const u64 b = blockIdx.x;
    const Port& port = job.ports[0];
    for (u64 index = threadIdx.x; index < job.steps * job.units; index += blockDim.x) {
        const u64 k = index / job.units, unit = index - k * job.units, from = job.first + k * job.every;
        const acc_t x = port.at ? load(port.at + from * port.step + b * port.row + unit * port.unit) : acc_t(0);
        State none;
        store(job.y + (k * job.rows + b) * job.y_row + unit, step(none, x, p, tick(job, from, b * job.units + unit)));
    }
}
