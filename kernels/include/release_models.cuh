// Generated from the equations in Rust: src/network/host/release_models.rs. A function has the
// constants of a release model, 1 if a spike arrives in the step and otherwise 0, and the variables
// of a source, which it changes. It returns the amount that the source releases.
#pragma once
#include "math.cuh"
#include "deliver.cuh"

// Short-term plasticity.
__device__ __forceinline__ acc_t stp_step(const Value* c, acc_t came, acc_t* x) {
    const acc_t v1 = x[0] * c[0].value;
    const acc_t v2 = math::abs(v1) < acc_t(1e-30) ? acc_t(0.0) : v1;
    const acc_t v3 = fma(x[1] - acc_t(1.0), c[1].value, acc_t(1.0));
    const acc_t v4 = fma(c[2].value, acc_t(1.0) - v2, v2);
    const acc_t v5 = v4 * v3;
    const bool v6 = acc_t(0.0) < came;
    const acc_t x0 = v6 ? v4 : v2;
    const acc_t x1 = v6 ? v3 - v5 : v3;
    const acc_t amount = v6 ? v5 : acc_t(0.0);
    x[0] = x0;
    x[1] = x1;
    return amount;
}

// A receptor that a pulse of transmitter opens.
__device__ __forceinline__ acc_t ampa_step(const Value* c, acc_t came, acc_t* x) {
    const acc_t v1 = acc_t(0.0) < came ? c[3].value : x[1];
    const acc_t v2 = x[0] * c[2].value;
    const bool v3 = acc_t(0.0) < v1;
    const acc_t v4 = v3 ? fma(x[0] - c[1].value, c[0].value, c[1].value) : (math::abs(v2) < acc_t(1e-30) ? acc_t(0.0) : v2);
    const acc_t x0 = v4;
    const acc_t x1 = v3 ? v1 - acc_t(1.0) : acc_t(0.0);
    const acc_t amount = v4;
    x[0] = x0;
    x[1] = x1;
    return amount;
}

// A receptor of second order.
__device__ __forceinline__ acc_t nmda_step(const Value* c, acc_t came, acc_t* x) {
    const acc_t v1 = c[0].value * x[1];
    const acc_t v2 = v1 + c[1].value;
    const acc_t v3 = v1 / v2;
    const acc_t v4 = math::exp(-(v2 * c[2].value));
    const acc_t v5 = fma(x[0] - v3, v4, v3);
    const acc_t v6 = math::abs(v5) < acc_t(1e-30) ? acc_t(0.0) : v5;
    const acc_t v7 = x[1] * c[3].value;
    const acc_t v8 = math::abs(v7) < acc_t(1e-30) ? acc_t(0.0) : v7;
    const acc_t x0 = v6;
    const acc_t x1 = acc_t(0.0) < came ? v8 + acc_t(1.0) : v8;
    const acc_t amount = v6;
    x[0] = x0;
    x[1] = x1;
    return amount;
}

// A receptor of second order that a pulse of transmitter opens.
__device__ __forceinline__ acc_t bio_nmda_step(const Value* c, acc_t came, acc_t* x) {
    const acc_t v1 = c[0].value * x[1];
    const acc_t v2 = v1 + c[1].value;
    const acc_t v3 = v1 / v2;
    const acc_t v4 = math::exp(-(v2 * c[2].value));
    const acc_t v5 = fma(x[0] - v3, v4, v3);
    const acc_t v6 = math::abs(v5) < acc_t(1e-30) ? acc_t(0.0) : v5;
    const acc_t v7 = acc_t(0.0) < came ? c[6].value : x[2];
    const acc_t v8 = x[1] * c[5].value;
    const bool v9 = acc_t(0.0) < v7;
    const acc_t x0 = v6;
    const acc_t x1 = v9 ? fma(x[1] - c[4].value, c[3].value, c[4].value) : (math::abs(v8) < acc_t(1e-30) ? acc_t(0.0) : v8);
    const acc_t x2 = v9 ? v7 - acc_t(1.0) : acc_t(0.0);
    const acc_t amount = v6;
    x[0] = x0;
    x[1] = x1;
    x[2] = x2;
    return amount;
}
