// One step of a pointwise model: what the host's loop launches, and a graph replays. The step is the cursor's, plus `offset`.
#include "pointwise.cuh"

extern "C" __global__ void pointwise_step(const Job* __restrict__ at, const __grid_constant__ Params same, const u32* __restrict__ cursor,
                                          u32 offset) {
    const Job& job = *at;
    const u32 k = *cursor + offset;
    const Cell cell = cell_of(job);
    if (!has_bits() && !cell.inside) return;
    const Params p = params_of(job, same, cell.unit);
    State s = load_state(job, cell);
    const acc_t y = step(s, Feed(job, k, cell).read(), p, tick(job, k, cell.index));
    if (job.y && cell.inside) store(job.y + k * job.rows * job.units + cell.index, y);
    record(job, k, cell, s, y);
    if (cell.inside) store_state(job, cell, s);
}
