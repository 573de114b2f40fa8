// One step of a pointwise model, for the strategies HostLoop and Graph. The step is the cursor plus
// `offset`.
#include "pointwise.cuh"

extern "C" __global__ void pointwise_step(const LaunchArgs* __restrict__ at, const __grid_constant__ Params same, const u32* __restrict__ cursor,
                                          u32 offset) {
    const LaunchArgs& args = *at;
    const u32 k = *cursor + offset;
    const Cell cell = cell_of(args);
    if (!has_bits() && !cell.inside) return;
    const Params p = params_of(args, same, cell.unit);
    State s = load_state(args, cell);
    const acc_t y = step(s, Feed(args, k, cell).read(), p, tick(args, k, cell.index));
    if (args.y && cell.inside) store(args.y + k * args.rows * args.units + cell.index, y);
    record(args, k, cell, s, y);
    if (cell.inside) store_state(args, cell, s);
}
