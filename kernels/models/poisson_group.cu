// Units that spike at random. The CPU's step: src/models/sources/poisson.rs.
//
// With TIMED the table holds the two ends of the active time as f64, prepared for the comparison.
#include "philox.cuh"
#include "system.cuh"

struct Params {
    acc_t high, low;  // the number of 32-bit words that mean a spike: 16 bits each
};
struct State {
    acc_t spike;
};

__device__ __forceinline__ acc_t step(State& s, Input, const Params& p, const Tick& at) {
    const Words words = random_words(at.seed, at.node, at.cell / 4, at.i);
    const u32 of_four = u32(at.cell % 4);
    const u32 word = of_four == 0 ? words.a : of_four == 1 ? words.b : of_four == 2 ? words.c : words.d;
    bool fires = u64(word) < (u64(p.high) << 16 | u64(p.low));
#ifdef TIMED
    const double* ends = (const double*)at.table;
    fires = fires && ends[0] <= at.t && at.t < ends[1];
#endif
    s.spike = fires ? acc_t(1) : acc_t(0);
    return s.spike;
}
