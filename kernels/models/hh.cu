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

#include "hodgkin_huxley.cuh"

__device__ __forceinline__ Rates rates_at(acc_t v, const Params&) {
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
