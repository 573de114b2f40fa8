// FitzHugh and Nagumo's model. Equations: src/models/neurons/fitzhugh_nagumo.rs.
#include "math.cuh"
#include "system.cuh"

constexpr int VARS = 2;  // V, w
struct Constants {
    acc_t v_th, a, b, tau;
};

__device__ __forceinline__ void derivatives(const acc_t (&x)[VARS], acc_t i, const Constants& p, acc_t (&f)[VARS], acc_t (&s)[VARS]) {
    const acc_t square = x[0] * x[0];
    f[0] = fma(square * acc_t(1.0 / 3.0), -x[0], x[0] - x[1] + i);
    f[1] = fma(p.b, -x[1], x[0] + p.a) / p.tau;
    s[0] = acc_t(1) - square;
    s[1] = -(p.b / p.tau);
}

__device__ __forceinline__ acc_t input_gain(const Constants&) { return acc_t(1); }

#include "neuron.cuh"
