// Generated from the equations of Izhikevich in Rust: src/models/neurons/frame/kernel.rs.
#include "math.cuh"
#include "system.cuh"

constexpr int VARS = 2;
struct Constants {
    acc_t v_th, v_reset, hold, p1_3, p2_4, p3_5, a_6, b_7, d_8;
};

__device__ __forceinline__ void derivatives(const acc_t (&x)[VARS], acc_t i, const Constants& p, acc_t (&f)[VARS], acc_t (&s)[VARS]) {
    const acc_t v1 = p.p1_3 * x[0];
    f[0] = fma(v1 + p.p2_4, x[0], p.p3_5 - x[1] + i);
    f[1] = p.a_6 * fma(p.b_7, x[0], -x[1]);
    s[0] = v1 + v1 + p.p2_4;
    s[1] = -p.a_6;
}

__device__ __forceinline__ acc_t input_gain(const Constants& p) {
    return acc_t(1.0);
}

__device__ __forceinline__ void reset(acc_t (&x)[VARS], const Constants& p) {
    x[1] = x[1] + p.d_8;
}

#include "neuron.cuh"
