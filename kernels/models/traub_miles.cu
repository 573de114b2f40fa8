// The neuron of Traub and Miles. Equations: src/models/neurons/traub_miles/mod.rs. rates.rs beside it
// and hodgkin_huxley/step.rs have the same operations in the same order, and the reasons.
//
//   STAGES  the stages of a Runge-Kutta method; without STAGES, exponential Euler
#include "math.cuh"
#include "system.cuh"

struct Params {
    acc_t e_na, g_na, e_k, g_k, e_l, g_l, c, v_th, v_t;
    acc_t hold;  // steps of the refractory period
#ifdef STAGES
    acc_t a[STAGES][STAGES], b[STAGES];  // the tableau, times dt
#else
    acc_t dt;
#endif
};
struct State {
    acc_t v, m, h, n, spike, refractory;
};

#include "hodgkin_huxley.cuh"

__device__ __forceinline__ Rates rates_at(acc_t v, const Params& p) {
    const acc_t u = v - p.v_t;
    const acc_t half = acc_t(0.5), one = acc_t(1), fifth = acc_t(0.2);
    const acc_t e40 = math::exp_neg(u * acc_t(1.0 / 40.0));
    const acc_t e18 = math::exp_neg(u * acc_t(1.0 / 18.0));
#ifdef SCALAR_F64
    const acc_t most = 1e16;
#else
    const acc_t most = 30.0f;
#endif
    const acc_t e20 = math::at_most(most, e40 * e40);
    const acc_t e10 = e20 * e20;
    const acc_t e5 = e10 * e10;
    const acc_t e4 = e5 * e20;

    const acc_t x = fma(u, acc_t(0.25), acc_t(-3.25));
    const acc_t y = fma(u, fifth, acc_t(-3));
    const acc_t z = fma(u, -fifth, acc_t(8));
    const acc_t ez = e5 * acc_t(2980.957987041728);  // e⁸
    const bool near_x = math::abs(x) < half, near_y = math::abs(y) < half, near_z = math::abs(z) < half;
    acc_t dx = fma(e4, acc_t(-25.790339917193062), one);  // e^{3.25}
    acc_t dy = fma(e5, acc_t(-20.085536923187668), one);  // e³
    dx = near_x ? one : dx;
    dy = near_y ? one : dy;
    const acc_t dz = near_z ? one : ez - one;
    const acc_t dh = ez + one;
    const acc_t dxy = dx * dy, dzh = dz * dh;
    const acc_t r = math::reciprocal(dxy * dzh);
    const acc_t near = math::inv_exprel_near(near_z ? z : x);
    const acc_t am = acc_t(1.28) * (near_x ? near : x * (dy * dzh) * r);
    const acc_t bm = acc_t(1.4) * (near_z ? near : z * ((ez * r) * (dxy * dh)));
    const acc_t an = acc_t(0.16) * (near_y ? math::inv_exprel_near(y) : y * (dx * dzh) * r);
    const acc_t bh = acc_t(4) * (dxy * dz) * r;
    const acc_t ah = acc_t(0.3291372076528678) * e18;  // 0.128 e^{17/18}
    const acc_t bn = acc_t(0.6420127083438707) * e40;  // 0.5 e^{1/4}
    return {{am, am + bm}, {ah, ah + bh}, {an, an + bn}};
}

__device__ __forceinline__ acc_t step(State& s, Input x, const Params& p, const Tick&) {
    advance(s, x.port[0], x.port[1], p);
    const acc_t one = acc_t(1), zero = acc_t(0);
    const acc_t rest = s.refractory > one ? s.refractory - one : zero;
    const bool fires = (s.v > p.v_th) & (rest == zero);
    s.refractory = fires ? p.hold : rest;
    s.spike = fires ? one : zero;
    return s.spike;
}
