// Generated from the equations of WangBuzsaki in Rust: src/models/neurons/frame/kernel.rs.
#include "math.cuh"
#include "system.cuh"

constexpr int VARS = 3;
struct Constants {
    acc_t v_th, ENa_1, gNa_2, EK_3, gK_4, EL_5, gL_6, C_7, phi_8;
};

__device__ __forceinline__ void derivatives(const acc_t (&x)[VARS], acc_t i, const Constants& p, acc_t (&f)[VARS], acc_t (&s)[VARS]) {
    const acc_t v1 = math::exp_neg((x[0] + acc_t(44.0)) * acc_t(0.0125));
    const acc_t v2 = math::exp_neg((x[0] + acc_t(60.0)) * acc_t(0.05555555555555555));
    const acc_t v3 = v1 * v1;
    const acc_t v4 = v3 * v3;
    const acc_t v5 = math::at_most(acc_t(100000000000.0), v4 * v4);
    const acc_t v6 = fma(x[0], acc_t(0.1), acc_t(3.5));
    const acc_t v7 = fma(x[0], acc_t(0.1), acc_t(3.4));
    const acc_t v8 = math::inv_exprel_near(v6);
    const bool v9 = math::abs(v6) < acc_t(0.5);
    const acc_t v10 = v9 ? v8 : v6;
    const acc_t v11 = v10 / fma(v9 ? acc_t(1.0) : fma(v5, acc_t(-2.45960311115695), acc_t(1.0)), acc_t(4.0) * v2, v10);
    const bool v12 = math::abs(v7) < acc_t(0.5);
    const acc_t v13 = math::inv_exprel_near(v7);
    const acc_t v14 = acc_t(0.1) * (v12 ? v13 : v7 / (v12 ? acc_t(1.0) : fma(v5, acc_t(-2.718281828459045), acc_t(1.0))));
    const acc_t v15 = acc_t(0.03476097126539867) * v4;
    const acc_t v16 = p.gNa_2 * v11 * v11 * v11 * x[1];
    const acc_t v17 = x[2] * x[2];
    const acc_t v18 = p.gK_4 * v17 * v17;
    const acc_t v19 = p.phi_8 * (v15 + acc_t(1.0) / fma(v5, acc_t(4.953032424395115), acc_t(1.0)));
    const acc_t v20 = p.phi_8 * (v14 + acc_t(0.125) * v1);
    f[0] = (i - v16 * (x[0] - p.ENa_1) - v18 * (x[0] - p.EK_3) - p.gL_6 * (x[0] - p.EL_5)) / p.C_7;
    f[1] = fma(v19, -x[1], p.phi_8 * v15);
    f[2] = fma(v20, -x[2], p.phi_8 * v14);
    s[0] = -((v16 + v18 + p.gL_6) / p.C_7);
    s[1] = -v19;
    s[2] = -v20;
}

__device__ __forceinline__ acc_t input_gain(const Constants& p) {
    return acc_t(1.0) / p.C_7;
}

#include "neuron.cuh"
