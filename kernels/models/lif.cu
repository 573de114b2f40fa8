// The leaky integrate-and-fire neuron. Equations and the CPU's step: src/models/lif.rs.
#include "system.cuh"

struct Params {
    acc_t v_rest, v_reset, v_th, r;
    acc_t share;  // how much of the way to V_rest + R·I a step makes
    acc_t hold;   // what `refractory` is after a spike
};
struct State {
    acc_t v, spike, refractory;
};

__device__ __forceinline__ acc_t step(State& s, Input x, const Params& p, const Tick&) {
    const acc_t goal = fma(p.r, x, p.v_rest);
    const acc_t moved = fma(goal - s.v, p.share, s.v);
    const bool held = s.refractory > acc_t(1);
    const acc_t after = held ? s.v : moved;
    const acc_t rest = held ? s.refractory - acc_t(1) : acc_t(0);
    const bool fired = after >= p.v_th;
    s.v = fired ? p.v_reset : after;
    s.refractory = fired ? p.hold : rest;
    s.spike = fired ? acc_t(1) : acc_t(0);
    return s.spike;
}
