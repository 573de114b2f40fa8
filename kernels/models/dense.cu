// A dense layer, y = b + x·W: one thread for each element of the output. The sum is the CPU's: it
// starts from the bias and is one chain of fused multiply-adds with k ascending. weights: W [in,
// out], b [out] or null
#include "launch_args.cuh"

struct Params {
    u64 inputs;
};

// x: [in]. With TO_WORK the sum stays unrounded for a cell; otherwise it is rounded into the
// output.
__device__ __forceinline__ void map(const LaunchArgs& args, const Params& p, const scalar_t* x, u64 row, u64 column) {
    const u64 columns = args.units;
    const scalar_t* w = args.weights[0] + column;
    acc_t sum = args.weights[1] ? load(args.weights[1] + column) : acc_t(0);
    for (u64 k = 0; k < p.inputs; ++k, w += columns) sum = fma(load(x + k), load(w), sum);
#ifdef TO_WORK
    args.work[row * columns + column] = sum;
#else
    store(args.y + row * columns + column, sum);
#endif
}
