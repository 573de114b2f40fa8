// A neuron of equations: the counterpart of src/models/neurons/frame/step.rs. The text
// of a model, which src/models/neurons/frame/kernel.rs generates, includes this file last, after it has defined
//
//     constexpr int VARS = 2;             // differential variables; the first one is the potential
//     struct Constants { acc_t v_th; };   // the parameters, in Rust's order; `hold`, the refractory steps after a spike, replaces tau_ref
//     __device__ void derivatives(const acc_t (&x)[VARS], acc_t i, const Constants& p, acc_t (&f)[VARS], acc_t (&s)[VARS]);
//                                         // f = dx/dt under the current i, and s = the derivative of each f by its own variable
//     __device__ acc_t input_gain(const Constants& p);                          // the derivative of dV/dt by the current
//     __device__ void reset(acc_t (&x)[VARS], const Constants& p);        // RESET: a spike and the variables beside V
//
//   RESET   1: a spike sets V to v_reset; 2: a spike lowers V by v_th − v_reset; without RESET, a spike is a crossing from below
//           (include crossing.cuh)
//   STAGES  the stages of a Runge-Kutta method; without STAGES, exponential Euler
//
// A second input is a conductance. (Without it, the CPU adds 0.)
#pragma once
#include "crossing.cuh"

struct Params : Constants {
#ifdef STAGES
    acc_t a[STAGES][STAGES], b[STAGES];  // the tableau, times dt
#else
    acc_t dt;
#endif
};

struct State {
    acc_t x[VARS];
    acc_t spike;
#ifdef RESET
    acc_t refractory;
#else
    acc_t below;
#endif
};

// With a reset, V counts up to the threshold.
__device__ __forceinline__ void flow_at(const acc_t (&x)[VARS], Input in, const Params& p, acc_t (&f)[VARS], acc_t (&s)[VARS]) {
    acc_t at[VARS];
#pragma unroll
    for (int var = 0; var < VARS; ++var) at[var] = x[var];
#ifdef RESET
    at[0] = at[0] > p.v_th ? p.v_th : at[0];
#endif
#if N_INPUTS == 2
    derivatives(at, in.port[0] - in.port[1] * at[0], p, f, s);
#else
    derivatives(at, in, p, f, s);
#endif
}

#ifdef STAGES

__device__ __forceinline__ void advance(State& state, Input in, const Params& p) {
    acc_t slopes[STAGES][VARS], unused[VARS];
#pragma unroll
    for (int stage = 0; stage < STAGES; ++stage) {
        acc_t at[VARS];
#pragma unroll
        for (int var = 0; var < VARS; ++var) {
            at[var] = state.x[var];
#pragma unroll
            for (int from = 0; from < stage; ++from) at[var] = fma(p.a[stage][from], slopes[from][var], at[var]);
        }
        flow_at(at, in, p, slopes[stage], unused);
    }
#pragma unroll
    for (int stage = 0; stage < STAGES; ++stage) {
#pragma unroll
        for (int var = 0; var < VARS; ++var) state.x[var] = fma(p.b[stage], slopes[stage][var], state.x[var]);
    }
}

#else

__device__ __forceinline__ void advance(State& state, Input in, const Params& p) {
    acc_t f[VARS], s[VARS];
    flow_at(state.x, in, p, f, s);
    const acc_t low = acc_t(-80) / p.dt;
#if RESET == 2
    // The part of V that a soft reset keeps.
    acc_t top[VARS], rate[VARS], unused[VARS];
#pragma unroll
    for (int var = 0; var < VARS; ++var) top[var] = state.x[var];
    top[0] = p.v_th;
    flow_at(top, in, p, rate, unused);
    const acc_t most = fma(rate[0] > acc_t(0) ? rate[0] : acc_t(0), p.dt, state.x[0] > p.v_th ? state.x[0] : p.v_th);
#endif
#pragma unroll
    for (int var = 0; var < VARS; ++var) {
        acc_t leak = -s[var];
#if N_INPUTS == 2
        if (var == 0) leak = fma(input_gain(p), in.port[1], leak);
#endif
        leak = math::divisible(leak, low);
        state.x[var] = fma(f[var], math::decay(leak * p.dt) / leak, state.x[var]);
    }
#if RESET == 2
    state.x[0] = state.x[0] > most ? most : state.x[0];
#endif
}

#endif

__device__ __forceinline__ acc_t step(State& s, Input in, const Params& p, const Tick&) {
    const acc_t before = s.x[0];
    advance(s, in, p);
#ifdef RESET
    const bool held = s.refractory > acc_t(1);
    s.x[0] = held ? before : s.x[0];
    const bool fires = !held & (s.x[0] >= p.v_th);
    acc_t after[VARS];
#pragma unroll
    for (int var = 0; var < VARS; ++var) after[var] = s.x[var];
    reset(after, p);
#if RESET == 2
    after[0] = s.x[0] - (p.v_th - p.v_reset);
#else
    after[0] = p.v_reset;
#endif
#pragma unroll
    for (int var = 0; var < VARS; ++var) s.x[var] = fires ? after[var] : s.x[var];
    const acc_t rest = held ? s.refractory - acc_t(1) : acc_t(0);
    s.refractory = fires ? p.hold : rest;
    s.spike = fires ? acc_t(1) : acc_t(0);
#else
    s.spike = crossing(before, s.x[0], p.v_th, s.below);
#endif
    return s.spike;
}
