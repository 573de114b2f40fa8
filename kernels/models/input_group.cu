// Units that spike where their input is not 0. The CPU's step: src/models/sources/input.rs.
#include "system.cuh"

struct Params {};
struct State {
    acc_t spike;
};

__device__ __forceinline__ acc_t step(State& s, Input x, const Params&, const Tick&) {
    s.spike = x == acc_t(0) ? acc_t(0) : acc_t(1);
    return s.spike;
}
