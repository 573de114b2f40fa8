// All steps of a chunk of a pointwise model in one launch: a thread owns a unit, whose state stays in registers.
#include "pointwise.cuh"

// MOVING: an input differs between steps, and is fetched a step ahead. OUTPUT: the output is kept.
template <bool MOVING, bool OUTPUT>
__device__ __forceinline__ void scan(const Job& job, const Cell& cell, const Params& p, State& s) {
    Recorder recorder(job);
    Feed feed(job, 0, cell);
    Input x = feed.read();
    const u64 all = job.rows * job.units;
    scalar_t* to = job.y + cell.index;
    for (u32 k = 0; k < job.steps; ++k) {
        const Input now = x;
        if (MOVING && k + 1 < job.steps) {
            feed.advance(job);
            x = feed.read();
        }
        const acc_t y = step(s, now, p, tick(job, k, cell.index));
        if (OUTPUT) {
            if (cell.inside) store(to, y);
            to += all;
        }
        recorder.after(job, k, cell, s, y);
    }
}

extern "C" __global__ void pointwise_scan(const __grid_constant__ Job job, const __grid_constant__ Params same) {
    const Cell cell = cell_of(job);
    if (!has_bits() && !cell.inside) return;
    const Params p = params_of(job, same, cell.unit);
    State s = load_state(job, cell);
    if (is_moving(job)) {
        if (job.y) scan<true, true>(job, cell, p, s);
        else scan<true, false>(job, cell, p, s);
    } else {
        if (job.y) scan<false, true>(job, cell, p, s);
        else scan<false, false>(job, cell, p, s);
    }
    if (cell.inside) store_state(job, cell, s);
}
