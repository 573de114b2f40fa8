// One step of a pointwise model: what the host's loop launches, and a graph replays. The step is the cursor's, plus `offset`.
#include "pointwise.cuh"

extern "C" __global__ void pointwise_step(const Job* __restrict__ at, const __grid_constant__ Params same, const u32* __restrict__ cursor,
                                          u32 offset) {
    const Job& job = *at;
    const u32 k = *cursor + offset;
    const Cell cell = cell_of(job);
    const Params p = params_of(job, same, cell.unit);
    State s = load_state(job, cell);
    const acc_t y = step(s, input_at(job, k, cell), p, tick(job, k, cell.index));
    if (job.y && cell.inside) store(job.y + k * job.rows * job.units + cell.index, y);
#pragma unroll
    for (int r = 0; r < N_PROBES; ++r) {
        u32 kept;
        if (job.probes[r].to && keeps(job.probes[r], k, kept)) {
            keep(job, r, kept, cell.row, cell.unit, 0, (u64)blockIdx.x * blockDim.x + threadIdx.x, 0, cell.inside,
                 value_of(s, y, probe_var(job, r)));
        }
    }
    if (cell.inside) store_state(job, cell, s);
}
