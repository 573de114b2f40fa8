// Hindmarsh and Rose's model of bursting. Equations: src/models/neurons/hindmarsh_rose.rs.
#include "math.cuh"
#include "system.cuh"

constexpr int VARS = 3;  // V, y, z
struct Constants {
    acc_t v_th, a, b, c, d, r, s, v_rest;
};

__device__ __forceinline__ void derivatives(const acc_t (&x)[VARS], acc_t i, const Constants& p, acc_t (&f)[VARS], acc_t (&s)[VARS]) {
    const acc_t v = x[0], square = v * v, cubic = p.a * v;
    f[0] = fma(p.b - cubic, square, x[1] - x[2] + i);
    f[1] = fma(p.d, -square, p.c - x[1]);
    f[2] = p.r * fma(p.s, v - p.v_rest, -x[2]);
    s[0] = (acc_t(2) * p.b - acc_t(3) * cubic) * v;
    s[1] = acc_t(-1);
    s[2] = -p.r;
}

__device__ __forceinline__ acc_t input_gain(const Constants&) { return acc_t(1); }

#include "neuron.cuh"
