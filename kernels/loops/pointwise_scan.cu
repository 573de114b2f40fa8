// All steps of a chunk of a pointwise model in one launch: a thread owns a unit, whose state stays in registers.
#include "pointwise.cuh"

extern "C" __global__ void pointwise_scan(const __grid_constant__ Job job, const __grid_constant__ Params same) {
    const Cell cell = cell_of(job);
    const Params p = params_of(job, same, cell.unit);
    State s = load_state(job, cell);
    u32 next[N_PROBES + 1];
    u32 kept[N_PROBES + 1];
#pragma unroll
    for (int r = 0; r < N_PROBES; ++r) {
        next[r] = job.probes[r].to ? job.probes[r].first : 0xffffffffu;
        kept[r] = 0;
    }
    const u64 all = job.rows * job.units;
    for (u32 k = 0; k < job.steps; ++k) {
        const acc_t y = step(s, input_at(job, k, cell), p, tick(job, k, cell.index));
        if (job.y && cell.inside) store(job.y + k * all + cell.index, y);
#pragma unroll
        for (int r = 0; r < N_PROBES; ++r) {
            if (k == next[r]) {
                keep(job, r, kept[r], cell.row, cell.unit, 0, (u64)blockIdx.x * blockDim.x + threadIdx.x, 0, cell.inside,
                     value_of(s, y, probe_var(job, r)));
                next[r] += job.probes[r].every;
                kept[r] += 1;
            }
        }
    }
    if (cell.inside) store_state(job, cell, s);
}
