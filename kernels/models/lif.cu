// The leaky integrate-and-fire neuron. Equations and the CPU's step: src/models/neurons/lif/.
//
//   SERIES  the terms of a Runge-Kutta method, where a second input is a conductance; without SERIES, exponential Euler
//   SOFT    1: a spike lowers V by v_th − v_reset; without SOFT, a spike sets V to v_reset
#include "math.cuh"
#include "system.cuh"

struct Params {
    acc_t v_rest, v_reset, v_th, r;
    acc_t share;  // the fraction of the way to V_rest + R·I in one step; with a conductance, dt/τ
    acc_t hold;   // the value of `refractory` after a spike
#ifdef SERIES
    acc_t c[4];
#endif
};
struct State {
    acc_t v, spike, refractory;
};

// V after a step outside of the refractory period.
__device__ __forceinline__ acc_t moved(acc_t v, Input x, const Params& p) {
#if N_INPUTS == 2
    const acc_t leak = math::divisible(fma(p.r, x.port[1], acc_t(1)), acc_t(-80) / p.share);
    const acc_t goal = fma(p.r, x.port[0], p.v_rest) / leak;
    const acc_t z = p.share * leak;
#ifdef SERIES
    const acc_t share = fma(z, fma(z, fma(z, p.c[3], p.c[2]), p.c[1]), p.c[0]) * z;
#else
    const acc_t share = math::decay(z);
#endif
#else
    const acc_t goal = fma(p.r, x, p.v_rest), share = p.share;
#endif
    return fma(goal - v, share, v);
}

__device__ __forceinline__ acc_t step(State& s, Input x, const Params& p, const Tick&) {
    const acc_t before = moved(s.v, x, p);
    const bool held = s.refractory > acc_t(1);
    const acc_t after = held ? s.v : before;
    const acc_t rest = held ? s.refractory - acc_t(1) : acc_t(0);
    const bool fired = !held & (after >= p.v_th);
#ifdef SOFT
    s.v = fired ? after - (p.v_th - p.v_reset) : after;
#else
    s.v = fired ? p.v_reset : after;
#endif
    s.refractory = fired ? p.hold : rest;
    s.spike = fired ? acc_t(1) : acc_t(0);
    return s.spike;
}
