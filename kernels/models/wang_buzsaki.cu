// Wang and Buzsáki's neuron. Equations: src/models/neurons/wang_buzsaki.rs.
#include "math.cuh"
#include "system.cuh"

constexpr int VARS = 3;  // V, h, n
struct Constants {
    acc_t v_th, e_na, g_na, e_k, g_k, e_l, g_l, c, phi;
};

__device__ __forceinline__ void derivatives(const acc_t (&at)[VARS], acc_t i, const Constants& p, acc_t (&f)[VARS], acc_t (&s)[VARS]) {
    const acc_t half = acc_t(0.5), one = acc_t(1), tenth = acc_t(0.1);
    const acc_t v = at[0], h = at[1], n = at[2];
    const acc_t e80 = math::exp_neg((v + acc_t(44)) * acc_t(1.0 / 80.0));
    const acc_t e18 = math::exp_neg((v + acc_t(60)) * acc_t(1.0 / 18.0));
    const acc_t e40 = e80 * e80;
    const acc_t e20 = e40 * e40;
    const acc_t e10 = math::at_most(acc_t(1e11), e20 * e20);

    const acc_t x = fma(v, tenth, acc_t(3.5));
    const acc_t y = fma(v, tenth, acc_t(3.4));
    const bool near_x = math::abs(x) < half, near_y = math::abs(y) < half;
    const acc_t beta_m = acc_t(4) * e18;
    const acc_t dx = fma(e10, acc_t(-2.45960311115695), one);  // e^{0.9}
    const acc_t dy = fma(e10, acc_t(-2.718281828459045235), one);
    const acc_t a = near_x ? math::inv_exprel_near(x) : x;
    const acc_t m = a / fma(near_x ? one : dx, beta_m, a);
    const acc_t alpha_n = tenth * (near_y ? math::inv_exprel_near(y) : y / (near_y ? one : dy));
    const acc_t alpha_h = acc_t(0.03476097126539867) * e20;  // 0.07 e^{−0.7}
    const acc_t beta_h = one / fma(e10, acc_t(4.953032424395115), one);  // e^{1.6}
    const acc_t beta_n = acc_t(0.125) * e80;

    const acc_t g_na = p.g_na * m * m * m * h;
    const acc_t g_k = p.g_k * (n * n) * (n * n);
    const acc_t current = i - g_na * (v - p.e_na) - g_k * (v - p.e_k) - p.g_l * (v - p.e_l);
    const acc_t sum_h = p.phi * (alpha_h + beta_h), sum_n = p.phi * (alpha_n + beta_n);
    f[0] = current / p.c;
    f[1] = fma(sum_h, -h, p.phi * alpha_h);
    f[2] = fma(sum_n, -n, p.phi * alpha_n);
    s[0] = -((g_na + g_k + p.g_l) / p.c);
    s[1] = -sum_h;
    s[2] = -sum_n;
}

__device__ __forceinline__ acc_t input_gain(const Constants& p) { return acc_t(1) / p.c; }

#include "neuron.cuh"
