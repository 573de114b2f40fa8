// All steps of a chunk of a pointwise model in one launch: a thread computes one unit and keeps its
// state in registers.
#include "pointwise.cuh"

// With -DOUTPUT=0, args.y is null: recordings alone read the output.
#ifndef OUTPUT
#define OUTPUT 1
#endif

// MOVING: an input differs between steps and is loaded one step ahead. Otherwise the inputs are
// loaded once.
template <bool MOVING>
__device__ __forceinline__ void scan(const LaunchArgs& args, const Cell& cell, const Params& p, State& s) {
    Recorder recorder(args, cell);
    Feed feed(args, 0, cell);
    Input x = feed.read();
    const u64 all = args.rows * args.units;
    const bool wanted = OUTPUT && args.y && cell.inside;
    scalar_t* to = args.y + cell.index;
    for (u32 k = 0; k < args.steps; ++k) {
        const Input now = x;
        if (MOVING && k + 1 < args.steps) {
            feed.advance(args);
            x = feed.read();
        }
        const acc_t y = step(s, now, p, tick(args, k, cell.index));
        if (wanted) store(to, y);
        to += all;
        recorder.after(args, k, cell, s, y);
    }
}

extern "C" __global__ void pointwise_scan(const __grid_constant__ LaunchArgs args, const __grid_constant__ Params same) {
    const Cell cell = cell_of(args);
    if (!has_bits() && !cell.inside) return;
    const Params p = params_of(args, same, cell.unit);
    State s = load_state(args, cell);
    if (is_moving(args)) scan<true>(args, cell, p, s);
    else scan<false>(args, cell, p, s);
    if (cell.inside) store_state(args, cell, s);
}
