// Generated from the equations of MorrisLecar in Rust: src/models/neurons/frame/kernel.rs.
#include "math.cuh"
#include "system.cuh"

constexpr int VARS = 2;
struct Constants {
    acc_t v_th, V_Ca_1, g_Ca_2, V_K_3, g_K_4, V_leak_5, g_leak_6, C_7, V1_8, V2_9, V3_10, V4_11, phi_12;
};

__device__ __forceinline__ void derivatives(const acc_t (&x)[VARS], acc_t i, const Constants& p, acc_t (&f)[VARS], acc_t (&s)[VARS]) {
    const acc_t v1 = math::exp_neg(acc_t(2.0) * (x[0] - p.V1_8) / p.V2_9);
    const acc_t v2 = acc_t(1.0) / (acc_t(1.0) + v1);
    const acc_t v3 = math::exp(math::at_most(acc_t(20.0), math::at_least(acc_t(-20.0), (p.V3_10 - x[0]) / (acc_t(2.0) * p.V4_11))));
    const acc_t v4 = v3 * v3;
    const acc_t v5 = p.phi_12 * (acc_t(0.5) * (v3 + acc_t(1.0) / v3));
    const acc_t v6 = x[0] - p.V_Ca_1;
    const acc_t v7 = p.g_K_4 * x[1];
    f[0] = (i - p.g_Ca_2 * v2 * v6 - v7 * (x[0] - p.V_K_3) - p.g_leak_6 * (x[0] - p.V_leak_5)) / p.C_7;
    f[1] = (acc_t(1.0) / fma(v4, v4, acc_t(1.0)) - x[1]) * v5;
    s[0] = -((p.g_Ca_2 * fma(acc_t(2.0) / p.V2_9 * (v2 * (acc_t(1.0) - v2)), v6, v2) + v7 + p.g_leak_6) / p.C_7);
    s[1] = -v5;
}

__device__ __forceinline__ acc_t input_gain(const Constants& p) {
    return acc_t(1.0) / p.C_7;
}

#include "neuron.cuh"
