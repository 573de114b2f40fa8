// All steps of a chunk of a recurrent cell in one launch: one block for each tile of units and
// shard of rows. A block keeps its part of Wh in registers or shared memory.
#include "tile_steps.cuh"

#if EXCHANGE == CLUSTER
#define CLUSTERED __cluster_dims__(tile::TILES, 1, 1)
#else
#define CLUSTERED
#endif

extern "C" __global__ void CLUSTERED __launch_bounds__(tile::THREADS, 1)
    tile_scan(const __grid_constant__ LaunchArgs args, const __grid_constant__ Params p) {
    extern __shared__ __align__(16) char shared[];
    tile::make_all_steps(args, shared);
}
