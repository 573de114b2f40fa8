// Units that spike where their input is 1. The CPU's step: src/models/sources/input.rs.
#include "system.cuh"

struct Params {};
struct State {
    acc_t spike;
};

__device__ __forceinline__ acc_t step(State& s, Input x, const Params&, const Tick&) {
    const acc_t y = x == acc_t(0) ? acc_t(0) : acc_t(1);
    // An input that is neither 0 nor 1 makes the variable NaN for good, which ends the run.
    s.spike = x == y && s.spike == s.spike ? y : acc_t(__int_as_float(0x7fc00000));
    return y;
}
