// Morris and Lecar's neuron. Equations: src/models/neurons/morris_lecar.rs.
#include "math.cuh"
#include "system.cuh"

constexpr int VARS = 2;  // V, W
struct Constants {
    acc_t v_th, v_ca, g_ca, v_k, g_k, v_leak, g_leak, c, v1, v2, v3, v4, phi;
};

__device__ __forceinline__ void derivatives(const acc_t (&x)[VARS], acc_t i, const Constants& p, acc_t (&f)[VARS], acc_t (&s)[VARS]) {
    const acc_t half = acc_t(0.5), one = acc_t(1), two = acc_t(2);
    const acc_t v = x[0], w = x[1];
    const acc_t m = one / (one + math::exp_neg(two * (v - p.v1) / p.v2));
    const acc_t e = math::exp(math::at_most(acc_t(20), math::at_least(acc_t(-20), (p.v3 - v) / (two * p.v4))));
    const acc_t squared = e * e;
    const acc_t w_inf = one / fma(squared, squared, one);
    const acc_t rate = p.phi * (half * (e + one / e));
    const acc_t from_ca = v - p.v_ca;
    const acc_t current = i - p.g_ca * m * from_ca - p.g_k * w * (v - p.v_k) - p.g_leak * (v - p.v_leak);
    const acc_t steep = two / p.v2 * (m * (one - m));
    const acc_t conductance = p.g_ca * fma(steep, from_ca, m) + p.g_k * w + p.g_leak;
    f[0] = current / p.c;
    f[1] = (w_inf - w) * rate;
    s[0] = -(conductance / p.c);
    s[1] = -rate;
}

__device__ __forceinline__ acc_t input_gain(const Constants& p) { return acc_t(1) / p.c; }

#include "neuron.cuh"
