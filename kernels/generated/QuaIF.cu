// Generated from the equations of QuaIF in Rust: src/models/neurons/frame/kernel.rs.
#include "math.cuh"
#include "system.cuh"

constexpr int VARS = 1;
struct Constants {
    acc_t v_th, v_reset, hold, V_rest_3, V_c_4, c_5, R_6, tau_7;
};

__device__ __forceinline__ void derivatives(const acc_t (&x)[VARS], acc_t i, const Constants& p, acc_t (&f)[VARS], acc_t (&s)[VARS]) {
    const acc_t v1 = x[0] - p.V_rest_3;
    const acc_t v2 = x[0] - p.V_c_4;
    f[0] = fma(p.c_5 * v1, v2, p.R_6 * i) / p.tau_7;
    s[0] = p.c_5 * (v1 + v2) / p.tau_7;
}

__device__ __forceinline__ acc_t input_gain(const Constants& p) {
    return p.R_6 / p.tau_7;
}

__device__ __forceinline__ void reset(acc_t (&x)[VARS], const Constants& p) {
}

#include "neuron.cuh"
