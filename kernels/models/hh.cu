// Hodgkin and Huxley's neuron. Equations: src/models/neurons/hh/mod.rs. rates.rs beside it and
// hodgkin_huxley/step.rs have the same operations in the same order, and the reasons.
//
//   STAGES  the stages of a Runge-Kutta method; without STAGES, exponential Euler
//   NOISE   1: noise is added to the current
//
// A second input is a conductance.
#include "crossing.cuh"
#include "math.cuh"
#include "philox.cuh"
#include "system.cuh"

// The contribution of a conductance. (Without it, the CPU adds 0.)
#if N_INPUTS == 2
#define MINUS(x) -(x)
#else
#define MINUS(x)
#endif

struct Params {
    acc_t e_na, g_na, e_k, g_k, e_l, g_l, c, v_th;
#ifdef STAGES
    acc_t a[STAGES][STAGES], b[STAGES];  // the tableau, times dt
#else
    acc_t dt;
#endif
#ifdef NOISE
    acc_t noise;  // σ/√dt
#endif
};
struct State {
    acc_t v, m, h, n, spike, input, below;
};

// α of a gate, and α + β.
struct Rate {
    acc_t alpha, sum;
};
struct Rates {
    Rate m, h, n;
};

__device__ __forceinline__ Rates rates_at(acc_t v) {
    const acc_t half = acc_t(0.5), one = acc_t(1), tenth = acc_t(0.1);
    const acc_t w = v + acc_t(65);
    const acc_t e80 = math::exp_neg(w * acc_t(1.0 / 80.0));
    const acc_t e18 = math::exp_neg(w * acc_t(1.0 / 18.0));
    const acc_t e40 = e80 * e80;
    const acc_t e20 = e40 * e40;
    const acc_t e10 = math::at_most(acc_t(1e11), e20 * e20);

    const acc_t x = fma(v, tenth, acc_t(4));
    const acc_t y = fma(v, tenth, acc_t(5.5));
    const bool near_x = math::abs(x) < half, near_y = math::abs(y) < half;
    acc_t dm = fma(e10, acc_t(-12.182493960703473), one);  // e^{2.5}
    acc_t dn = fma(e10, acc_t(-2.718281828459045235), one);
    const acc_t dh = fma(e10, acc_t(20.085536923187668), one);  // e³
    dm = near_x ? one : dm;
    dn = near_y ? one : dn;
    const acc_t dmn = dm * dn, dmh = dm * dh, dnh = dn * dh;
    const acc_t r = math::reciprocal(dmn * dh);
    const acc_t am = near_x ? math::inv_exprel_near(x) : x * dnh * r;
    const acc_t an = tenth * (near_y ? math::inv_exprel_near(y) : y * dmh * r);
    const acc_t ah = acc_t(0.07) * e20;
    return {{am, am + acc_t(4) * e18}, {ah, ah + dmn * r}, {an, an + acc_t(0.125) * e80}};
}

#ifdef STAGES

__device__ __forceinline__ void slope_at(const acc_t (&at)[4], acc_t i, acc_t g, const Params& p, acc_t (&slope)[4]) {
    const acc_t v = at[0], m = at[1], h = at[2], n = at[3];
    const Rates rates = rates_at(v);
    const acc_t g_na = p.g_na * m * m * m * h, g_k = p.g_k * (n * n) * (n * n);
    const acc_t current = i - g_na * (v - p.e_na) - g_k * (v - p.e_k) - p.g_l * (v - p.e_l) MINUS(g * v);
    slope[0] = current / p.c;
    slope[1] = fma(rates.m.sum, -m, rates.m.alpha);
    slope[2] = fma(rates.h.sum, -h, rates.h.alpha);
    slope[3] = fma(rates.n.sum, -n, rates.n.alpha);
}

__device__ __forceinline__ void advance(State& s, acc_t i, acc_t more, const Params& p) {
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
        slope_at(at, i, more, p, slopes[stage]);
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

__device__ __forceinline__ void advance(State& s, acc_t i, acc_t more, const Params& p) {
    const Rates rates = rates_at(s.v);
    const acc_t per_c = acc_t(1) / p.c;
    const acc_t g_na = p.g_na * s.m * s.m * s.m * s.h, g_k = p.g_k * (s.n * s.n) * (s.n * s.n);
    const acc_t drive = fma(g_na, p.e_na, fma(g_k, p.e_k, fma(p.g_l, p.e_l, i)));
    const acc_t g = math::divisible((g_na + g_k + p.g_l + more) * per_c, acc_t(-80) / p.dt);
    const acc_t f = fma(g, -s.v, drive * per_c);
    const Pair hn = relaxed(rates.h.sum, rates.n.sum, p.dt);
    s.h = fma(fma(rates.h.sum, -s.h, rates.h.alpha), hn.a, s.h);
    s.n = fma(fma(rates.n.sum, -s.n, rates.n.alpha), hn.b, s.n);
    const Pair vm = relaxed(g, rates.m.sum, p.dt);
    s.v = fma(f, vm.a, s.v);
    s.m = fma(fma(rates.m.sum, -s.m, rates.m.alpha), vm.b, s.m);
}

#endif

__device__ __forceinline__ acc_t step(State& s, Input x, const Params& p, const Tick& at) {
#if N_INPUTS == 2
    const acc_t current = x.port[0], g = x.port[1];
#else
    const acc_t current = x, g = acc_t(0);
#endif
#ifdef NOISE
    s.input = current + p.noise * acc_t(random_normal(at.seed, at.node, at.cell, at.i));
#else
    s.input = current;
#endif
    const acc_t before = s.v;
    advance(s, s.input, g, p);
    s.spike = crossing(before, s.v, p.v_th, s.below);
    return s.spike;
}
