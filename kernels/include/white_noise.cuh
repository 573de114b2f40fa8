// White noise in the current of a model, whose text is in the namespace `noiseless`. The CPU's step:
// src/models/neurons/white_noise.rs.
//
//   NOISE_HASH  the hash of the noise's purpose, as src/numeric/rng.rs joins it with the seed
#pragma once
#include "philox.cuh"
#include "system.cuh"

struct Params {
    noiseless::Params model;
    acc_t noise;  // σ/√dt
};
typedef noiseless::State State;

__device__ __forceinline__ acc_t step(State& s, Input x, const Params& p, const Tick& at) {
    // The node of the first part of this node: `child` in src/system/state.rs.
    const u64 node = (at.node * 31u + 1u) & 0xffffu;
    const acc_t noise = acc_t(random_normal(at.seed ^ (node << 40) ^ NOISE_HASH, u32(NOISE_HASH >> 48), at.cell, at.i));
#if N_INPUTS > 1
    x.port[0] = fma(noise, p.noise, x.port[0]);
#else
    x = fma(noise, p.noise, x);
#endif
    Tick given = at;
    given.given |= 1u;
    return noiseless::step(s, x, p.model, given);
}
