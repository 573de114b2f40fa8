// Activation functions of one value: the counterpart of src/models/layers/activation.rs.
#pragma once
#include "math.cuh"

// Rust selects a function by its name: -DACTIVATION=LEAKY_RELU.
enum Activation { IDENTITY, RELU, TANH, SIGMOID, LEAKY_RELU, ELU, GELU, SOFTPLUS, GELU_ERF };

__device__ __forceinline__ acc_t softplus(acc_t x) {
    const acc_t e = math::exp(-math::abs(x));
    const acc_t s = e / (e + acc_t(2));
    const acc_t q = s * s;
    acc_t p = acc_t(2.0 / 37.0);
#pragma unroll
    for (int k = 35; k >= 1; k -= 2) p = fma(p, q, acc_t(2.0 / k));
    const acc_t positive = x < acc_t(0) ? acc_t(0) : x;
    return fma(s, p, positive);
}

// The approximation by tanh. GELU_ERF is the function by the normal distribution.
__device__ __forceinline__ acc_t gelu(acc_t x) {
    const acc_t inner = fma(x * x * x, acc_t(0.044715), x) * acc_t(0.79788456080286535588);  // √(2/π)
    return x * acc_t(0.5) * (acc_t(1) + math::tanh(inner));
}

template <Activation WHICH>
__device__ __forceinline__ acc_t activate(acc_t x) {
    if constexpr (WHICH == RELU) return x < acc_t(0) ? acc_t(0) : x;
    if constexpr (WHICH == TANH) return math::tanh(x);
    if constexpr (WHICH == SIGMOID) return math::sigmoid(x);
    if constexpr (WHICH == LEAKY_RELU) return x < acc_t(0) ? x * acc_t(0.01) : x;
    if constexpr (WHICH == ELU) return x > acc_t(0) ? x : math::expm1(x);
    if constexpr (WHICH == GELU) return gelu(x);
    if constexpr (WHICH == GELU_ERF) return x * math::normal_cdf(x);
    if constexpr (WHICH == SOFTPLUS) return softplus(x);
    return x;
}
