// All steps of a chunk of a pointwise model in one launch: a thread owns a unit, whose state stays in registers.
#include "pointwise.cuh"

// With -DOUTPUT=0, job.y is null: nobody wants the output but recordings.
#ifndef OUTPUT
#define OUTPUT 1
#endif

// MOVING: an input differs between steps, and is fetched a step ahead. Else they are loaded once.
template <bool MOVING>
__device__ __forceinline__ void scan(const Job& job, const Cell& cell, const Params& p, State& s) {
    Recorder recorder(job, cell);
    Feed feed(job, 0, cell);
    Input x = feed.read();
    const u64 all = job.rows * job.units;
    const bool wanted = OUTPUT && job.y && cell.inside;
    scalar_t* to = job.y + cell.index;
    for (u32 k = 0; k < job.steps; ++k) {
        const Input now = x;
        if (MOVING && k + 1 < job.steps) {
            feed.advance(job);
            x = feed.read();
        }
        const acc_t y = step(s, now, p, tick(job, k, cell.index));
        if (wanted) store(to, y);
        to += all;
        recorder.after(job, k, cell, s, y);
    }
}

extern "C" __global__ void pointwise_scan(const __grid_constant__ Job job, const __grid_constant__ Params same) {
    const Cell cell = cell_of(job);
    if (!has_bits() && !cell.inside) return;
    const Params p = params_of(job, same, cell.unit);
    State s = load_state(job, cell);
    if (is_moving(job)) scan<true>(job, cell, p, s);
    else scan<false>(job, cell, p, s);
    if (cell.inside) store_state(job, cell, s);
}
