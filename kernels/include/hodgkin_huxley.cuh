// The membrane of Hodgkin and Huxley with sodium, potassium and leak: the counterpart of
// src/models/neurons/hodgkin_huxley. A model's file includes this file after it has defined
//
//     struct Params { acc_t e_na, g_na, e_k, g_k, e_l, g_l, c; };   // and what a step needs: a and b with STAGES, otherwise dt
//     struct State { acc_t v, m, h, n; };
//
// and then defines
//
//     Rates rates_at(acc_t v, const Params& p);                     // the rates of the gates at the potential v
//
//   STAGES  the stages of a Runge-Kutta method; without STAGES, exponential Euler
#pragma once
#include "math.cuh"

// The contribution of a conductance. (Without it, the CPU adds 0.)
#if N_INPUTS == 2
#define MINUS(x) -(x)
#else
#define MINUS(x)
#endif

// α of a gate, and α + β.
struct Rate {
    acc_t alpha, sum;
};
struct Rates {
    Rate m, h, n;
};

__device__ __forceinline__ Rates rates_at(acc_t v, const Params& p);

#ifdef STAGES

__device__ __forceinline__ void slope_at(const acc_t (&at)[4], acc_t i, acc_t g_in, const Params& p, acc_t (&slope)[4]) {
    const acc_t v = at[0], m = at[1], h = at[2], n = at[3];
    const Rates rates = rates_at(v, p);
    const acc_t g_na = p.g_na * m * m * m * h, g_k = p.g_k * (n * n) * (n * n);
    const acc_t current = i - g_na * (v - p.e_na) - g_k * (v - p.e_k) - p.g_l * (v - p.e_l) MINUS(g_in * v);
    slope[0] = current / p.c;
    slope[1] = fma(rates.m.sum, -m, rates.m.alpha);
    slope[2] = fma(rates.h.sum, -h, rates.h.alpha);
    slope[3] = fma(rates.n.sum, -n, rates.n.alpha);
}

__device__ __forceinline__ void advance(State& s, acc_t i, acc_t g_in, const Params& p) {
    const acc_t before[4] = {s.v, s.m, s.h, s.n};
    acc_t slopes[STAGES][4];
#pragma unroll
    for (int stage = 0; stage < STAGES; ++stage) {
        acc_t at[4];
#pragma unroll
        for (int var = 0; var < 4; ++var) {
            at[var] = before[var];
#pragma unroll
            for (int from = 0; from < stage; ++from) at[var] = fma(p.a[stage][from], slopes[from][var], at[var]);
        }
        slope_at(at, i, g_in, p, slopes[stage]);
    }
    acc_t* after[4] = {&s.v, &s.m, &s.h, &s.n};
#pragma unroll
    for (int stage = 0; stage < STAGES; ++stage) {
#pragma unroll
        for (int var = 0; var < 4; ++var) *after[var] = fma(p.b[stage], slopes[stage][var], *after[var]);
    }
}

#else

struct Pair {
    acc_t a, b;
};

__device__ __forceinline__ Pair relaxed(acc_t s, acc_t t, acc_t dt) {
    const acc_t r = math::reciprocal(math::at_most(acc_t(4e37), s * t));
    return {math::decay(s * dt) * (t * r), math::decay(t * dt) * (s * r)};
}

__device__ __forceinline__ void advance(State& s, acc_t i, acc_t g_in, const Params& p) {
    const Rates rates = rates_at(s.v, p);
    const acc_t per_c = acc_t(1) / p.c;
    const acc_t g_na = p.g_na * s.m * s.m * s.m * s.h, g_k = p.g_k * (s.n * s.n) * (s.n * s.n);
    const acc_t drive = fma(g_na, p.e_na, fma(g_k, p.e_k, fma(p.g_l, p.e_l, i)));
    const acc_t g = math::divisible((g_na + g_k + p.g_l + g_in) * per_c, acc_t(-80) / p.dt);
    const acc_t f = fma(g, -s.v, drive * per_c);
    const Pair hn = relaxed(rates.h.sum, rates.n.sum, p.dt);
    s.h = fma(fma(rates.h.sum, -s.h, rates.h.alpha), hn.a, s.h);
    s.n = fma(fma(rates.n.sum, -s.n, rates.n.alpha), hn.b, s.n);
    const Pair vm = relaxed(g, rates.m.sum, p.dt);
    s.v = fma(f, vm.a, s.v);
    s.m = fma(fma(rates.m.sum, -s.m, rates.m.alpha), vm.b, s.m);
}

#endif
