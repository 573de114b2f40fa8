// Softmax over the last axis: a thread computes one group of elements, in the order of
// src/models/layers/activation.rs.
#include "math.cuh"
#include "launch_args.cuh"

struct Params {
    u64 last;  // elements of a group
};

__device__ __forceinline__ void map(const LaunchArgs& args, const Params& p, const scalar_t* x, u64 row, u64 thread) {
    const scalar_t* from = x + thread * p.last;
    scalar_t* to = args.y + (row * args.units + thread) * p.last;
    acc_t top = acc_t(__uint_as_float(0xff800000u)), sum = 0;  // −∞
    for (u64 i = 0; i < p.last; ++i) {
        const acc_t v = load(from + i);
        top = v > top ? v : top;
    }
    for (u64 i = 0; i < p.last; ++i) sum += math::exp(load(from + i) - top);
    for (u64 i = 0; i < p.last; ++i) store(to + i, math::exp(load(from + i) - top) / sum);
}
