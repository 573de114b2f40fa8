// The quadratic integrate-and-fire neuron. Equations: src/models/neurons/qua_if.rs.
#include "math.cuh"
#include "system.cuh"

constexpr int VARS = 1;  // V
struct Constants {
    acc_t v_th, v_reset, hold, v_rest, v_c, c, r, tau;
};

__device__ __forceinline__ void derivatives(const acc_t (&x)[VARS], acc_t i, const Constants& p, acc_t (&f)[VARS], acc_t (&s)[VARS]) {
    const acc_t from_rest = x[0] - p.v_rest, from_c = x[0] - p.v_c;
    f[0] = fma(p.c * from_rest, from_c, p.r * i) / p.tau;
    s[0] = p.c * (from_rest + from_c) / p.tau;
}

__device__ __forceinline__ acc_t input_gain(const Constants& p) { return p.r / p.tau; }

__device__ __forceinline__ void reset(acc_t (&)[VARS], const Constants&) {}

#include "neuron.cuh"
