// The exponential integrate-and-fire neuron. Equations: src/models/neurons/exp_if.rs.
#include "math.cuh"
#include "system.cuh"

constexpr int VARS = 1;  // V
struct Constants {
    acc_t v_th, v_reset, hold, v_rest, v_t, delta_t, r, tau;
};

__device__ __forceinline__ void derivatives(const acc_t (&x)[VARS], acc_t i, const Constants& p, acc_t (&f)[VARS], acc_t (&s)[VARS]) {
    const acc_t e = math::exp(math::at_most(acc_t(60), (x[0] - p.v_t) / p.delta_t));
    f[0] = fma(p.r, i, fma(p.delta_t, e, p.v_rest - x[0])) / p.tau;
    s[0] = (e - acc_t(1)) / p.tau;
}

__device__ __forceinline__ acc_t input_gain(const Constants& p) { return p.r / p.tau; }

__device__ __forceinline__ void reset(acc_t (&)[VARS], const Constants&) {}

#include "neuron.cuh"
