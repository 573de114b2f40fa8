// Izhikevich's neuron. Equations: src/models/neurons/izhikevich.rs.
#include "math.cuh"
#include "system.cuh"

constexpr int VARS = 2;  // V, u
struct Constants {
    acc_t v_th, v_reset, hold, p1, p2, p3, a, b, d;
};

__device__ __forceinline__ void derivatives(const acc_t (&x)[VARS], acc_t i, const Constants& p, acc_t (&f)[VARS], acc_t (&s)[VARS]) {
    const acc_t square = p.p1 * x[0];
    f[0] = fma(square + p.p2, x[0], p.p3 - x[1] + i);
    f[1] = p.a * fma(p.b, x[0], -x[1]);
    s[0] = square + square + p.p2;
    s[1] = -p.a;
}

__device__ __forceinline__ acc_t input_gain(const Constants&) { return acc_t(1); }

__device__ __forceinline__ void reset(acc_t (&x)[VARS], const Constants& p) { x[1] = x[1] + p.d; }

#include "neuron.cuh"
