// Generated from the equations of FitzHughNagumo in Rust: src/models/neurons/frame/kernel.rs.
#include "math.cuh"
#include "system.cuh"

constexpr int VARS = 2;
struct Constants {
    acc_t v_th, a_1, b_2, tau_3;
};

__device__ __forceinline__ void derivatives(const acc_t (&x)[VARS], acc_t i, const Constants& p, acc_t (&f)[VARS], acc_t (&s)[VARS]) {
    const acc_t v1 = x[0] * x[0];
    f[0] = fma(v1 * acc_t(0.3333333333333333), -x[0], x[0] - x[1] + i);
    f[1] = fma(p.b_2, -x[1], x[0] + p.a_1) / p.tau_3;
    s[0] = acc_t(1.0) - v1;
    s[1] = -(p.b_2 / p.tau_3);
}

__device__ __forceinline__ acc_t input_gain(const Constants& p) {
    return acc_t(1.0);
}

#include "neuron.cuh"
