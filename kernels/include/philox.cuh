// Counter-based random numbers, Philox4x32-10: the counterpart of src/numeric/rng.rs, with the same
// words and, in f32, the same normal draws.
#pragma once
#include "scalar.cuh"

struct Words {
    u32 a, b, c, d;
};

__device__ __forceinline__ Words philox4x32(Words counter, u32 k0, u32 k1) {
#pragma unroll
    for (int round = 0; round < 10; ++round) {
        const u64 a = (u64)counter.a * 0xD2511F53u;
        const u64 b = (u64)counter.c * 0xCD9E8D57u;
        counter = {(u32)(b >> 32) ^ counter.b ^ k0, (u32)b, (u32)(a >> 32) ^ counter.d ^ k1, (u32)a};
        k0 += 0x9E3779B9u;
        k1 += 0xBB67AE85u;
    }
    return counter;
}

// Four random words for `unit` at `step`, from random stream `stream` of `seed`.
__device__ __forceinline__ Words random_words(u64 seed, u32 stream, u64 unit, u64 step) {
    const u32 high = ((u32)(unit >> 32) & 0xffffu) | stream << 16;
    return philox4x32({(u32)unit, high, (u32)step, (u32)(step >> 32)}, (u32)seed, (u32)(seed >> 32));
}

__device__ __forceinline__ float ln_unit(float u) {
    const u32 bits = __float_as_uint(u) + (0x3f800000u - 0x3f3504f3u);
    const float exponent = (float)((int)(bits >> 23) - 127);
    const float m = __uint_as_float((bits & 0x007fffffu) + 0x3f3504f3u);
    const float s = (m - 1.0f) / (m + 1.0f);
    const float q = s * s;
    const float p = fma(q, fma(q, fma(q, 2.0f / 9.0f, 2.0f / 7.0f), 2.0f / 5.0f), 2.0f / 3.0f);
    return fma(exponent, 0.693147180559945309417f, fma(s * q, p, s + s));
}

// cos(2π·turns/2³²)
__device__ __forceinline__ float cos_turns(u32 turns) {
    const u32 quadrant = (turns + 0x20000000u) >> 30;
    const float rest = (float)((int)(turns - (quadrant << 30)) >> 5);
    const float x = rest * (6.28318530717958647693f / 134217728.0f);
    const float s = x * x;
    const float cos = fma(s, fma(s, fma(s, fma(s, 1.0f / 40320.0f, -1.0f / 720.0f), 1.0f / 24.0f), -0.5f), 1.0f);
    const float sin = fma(x * s, fma(s, fma(s, fma(s, 1.0f / 362880.0f, -1.0f / 5040.0f), 1.0f / 120.0f), -1.0f / 6.0f), x);
    const float value = (quadrant & 1) == 0 ? cos : sin;
    return quadrant == 1 || quadrant == 2 ? -value : value;
}

// A standard normal draw, which does not depend on the element type.
__device__ __forceinline__ float random_normal(u64 seed, u32 stream, u64 unit, u64 step) {
    const Words w = random_words(seed, stream, unit, step);
    const float u = ((float)(w.a >> 8) + 0.5f) * (1.0f / 16777216.0f);
    return sqrt(-2.0f * ln_unit(u)) * cos_turns(w.b);
}

// A uniform draw in [0, 1) with 53 random bits.
__device__ __forceinline__ double random_uniform(u64 seed, u32 stream, u64 unit, u64 step) {
    const Words w = random_words(seed, stream, unit, step);
    return double(((u64)w.a << 32 | w.b) >> 11) * (1.0 / 9007199254740992.0);
}
