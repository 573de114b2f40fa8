// A function of rows, without state, over all rows of a chunk: LaunchArgs::units threads a row.
// Each thread calls
//     __device__ void map(const LaunchArgs& args, const Params& p, const scalar_t* x, u64 row, u64 thread);
// once, where x is the input row [in], and `row` counts the rows of the output, [T·B].
#include "launch_args.cuh"

#ifdef PARAMS_BYTES
static_assert(sizeof(Params) == PARAMS_BYTES, "struct Params is not as large as the parameters in Rust");
#endif

extern "C" __global__ void map_rows(const __grid_constant__ LaunchArgs args, const __grid_constant__ Params p) {
    const u64 index = (u64)blockIdx.x * blockDim.x + threadIdx.x;
    const u64 row = index / args.units;
    if (row >= args.steps * args.rows) return;
    const u64 k = row / args.rows;
    const u64 from = args.first + k * args.every;
    map(args, p, args.ports[0].at + from * args.ports[0].step + (row - k * args.rows) * args.ports[0].row, row, index - row * args.units);
}
