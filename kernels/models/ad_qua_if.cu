// The adaptive quadratic integrate-and-fire neuron. Equations: src/models/neurons/ad_qua_if.rs.
#include "math.cuh"
#include "system.cuh"

constexpr int VARS = 2;  // V, w
struct Constants {
    acc_t v_th, v_reset, hold, v_rest, v_c, c, tau, tau_w, a, b;
};

__device__ __forceinline__ void derivatives(const acc_t (&x)[VARS], acc_t i, const Constants& p, acc_t (&f)[VARS], acc_t (&s)[VARS]) {
    const acc_t from_rest = x[0] - p.v_rest, from_c = x[0] - p.v_c;
    f[0] = fma(p.c * from_rest, from_c, i - x[1]) / p.tau;
    f[1] = fma(p.a, from_rest, -x[1]) / p.tau_w;
    s[0] = p.c * (from_rest + from_c) / p.tau;
    s[1] = acc_t(-1) / p.tau_w;
}

__device__ __forceinline__ acc_t input_gain(const Constants& p) { return acc_t(1) / p.tau; }

__device__ __forceinline__ void reset(acc_t (&x)[VARS], const Constants& p) { x[1] = x[1] + p.b; }

#include "neuron.cuh"
