// Generated from the equations of AdQuaIF in Rust: src/models/neurons/frame/kernel.rs.
#include "math.cuh"
#include "system.cuh"

constexpr int VARS = 2;
struct Constants {
    acc_t v_th, v_reset, hold, V_rest_3, V_c_4, c_5, tau_6, tau_w_7, a_8, b_9;
};

__device__ __forceinline__ void derivatives(const acc_t (&x)[VARS], acc_t i, const Constants& p, acc_t (&f)[VARS], acc_t (&s)[VARS]) {
    const acc_t v1 = x[0] - p.V_rest_3;
    const acc_t v2 = x[0] - p.V_c_4;
    f[0] = fma(p.c_5 * v1, v2, i - x[1]) / p.tau_6;
    f[1] = fma(p.a_8, v1, -x[1]) / p.tau_w_7;
    s[0] = p.c_5 * (v1 + v2) / p.tau_6;
    s[1] = acc_t(-1.0) / p.tau_w_7;
}

__device__ __forceinline__ acc_t input_gain(const Constants& p) {
    return acc_t(1.0) / p.tau_6;
}

__device__ __forceinline__ void reset(acc_t (&x)[VARS], const Constants& p) {
    x[1] = x[1] + p.b_9;
}

#include "neuron.cuh"
