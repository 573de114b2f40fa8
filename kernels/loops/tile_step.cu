// One phase of a recurrent cell's step: one block for each tile of units and shard of rows. The
// phase is the cursor plus `offset`.
#include "tile_steps.cuh"

extern "C" __global__ void __launch_bounds__(tile::THREADS, 1)
    tile_step(const LaunchArgs* __restrict__ at, const __grid_constant__ Params p, const u32* __restrict__ cursor, u32 offset) {
    extern __shared__ __align__(16) char shared[];
    const u32 n = *cursor + offset;
    if (PHASES > 1 && n % PHASES != 0) {
        tile::make_phase<PHASES - 1>(*at, n / PHASES, shared);
    } else {
        tile::make_phase<0>(*at, n / PHASES, shared);
    }
}
