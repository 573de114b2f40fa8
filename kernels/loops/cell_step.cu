// One step of a recurrent cell, for the strategies HostLoop and Graph. The step is the cursor plus
// `offset`.
#include "recurrent.cuh"

extern "C" __global__ void __launch_bounds__(THREADS, 1)
    cell_step(const LaunchArgs* __restrict__ at, const __grid_constant__ Params p, const u32* __restrict__ cursor, u32 offset) {
    make_steps(*at, *cursor + offset, 1);
}
