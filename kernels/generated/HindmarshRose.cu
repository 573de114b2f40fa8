// Generated from the equations of HindmarshRose in Rust: src/models/neurons/frame/kernel.rs.
#include "math.cuh"
#include "system.cuh"

constexpr int VARS = 3;
struct Constants {
    acc_t v_th, a_1, b_2, c_3, d_4, r_5, s_6, V_rest_7;
};

__device__ __forceinline__ void derivatives(const acc_t (&x)[VARS], acc_t i, const Constants& p, acc_t (&f)[VARS], acc_t (&s)[VARS]) {
    const acc_t v1 = x[0] * x[0];
    const acc_t v2 = p.a_1 * x[0];
    f[0] = fma(p.b_2 - v2, v1, x[1] - x[2] + i);
    f[1] = fma(p.d_4, -v1, p.c_3 - x[1]);
    f[2] = p.r_5 * fma(p.s_6, x[0] - p.V_rest_7, -x[2]);
    s[0] = (acc_t(2.0) * p.b_2 - acc_t(3.0) * v2) * x[0];
    s[1] = acc_t(-1.0);
    s[2] = -p.r_5;
}

__device__ __forceinline__ acc_t input_gain(const Constants& p) {
    return acc_t(1.0);
}

#include "neuron.cuh"
