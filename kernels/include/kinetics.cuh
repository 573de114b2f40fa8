// The kinetics of projections: presynaptic release models. For each source, a model turns the
// spikes that arrive into the released amount: a multiple of 2⁻³⁰ between −1 and 1, by which the
// source's weights are multiplied. The counterpart is src/network/host/kinetics.rs, with the same
// operations. A network with kinetics includes this file in the namespace of each group.
#pragma once
#include "math.cuh"
#include "deliver.cuh"

__device__ __forceinline__ acc_t flushed(acc_t x) { return math::abs(x) < acc_t(1e-30) ? acc_t(0) : x; }

// One step of a pulse of transmitter: `left` counts its remaining steps, and x relaxes to the level
// of the pulse or to 0.
__device__ __forceinline__ void pulse(const Value* c, bool came, acc_t& x, acc_t& left) {
    if (came) left = c[3].value;
    x = left > acc_t(0) ? fma(x - c[1].value, c[0].value, c[1].value) : flushed(x * c[2].value);
    left = left > acc_t(0) ? left - acc_t(1) : acc_t(0);
}

// The gating variable g after a step with constant x.
__device__ __forceinline__ acc_t opened(const Value* c, acc_t g, acc_t x) {
    const acc_t opens = c[0].value * x;
    const acc_t rate = opens + c[1].value;
    const acc_t limit = opens / rate;
    return flushed(fma(g - limit, math::exp(-(rate * c[2].value)), limit));
}

__device__ __forceinline__ int whole(acc_t amount) { return math::floor(fma(amount, acc_t(1 << 30), acc_t(0.5))); }

#if RELEASE_TEXTS
// One step of a release model that is a text of equations. An amount outside the range becomes NaN,
// which stays and ends the run. The counterpart is src/network/host/release.rs.
__device__ __forceinline__ int equation_step(u64 text, scalar_t* vars, u64 all, bool came, acc_t potential) {
    scalar_t* transmitted;
    const acc_t amount = release(text, vars, all, potential, came ? acc_t(1) : acc_t(0), transmitted);
    const acc_t before = load(transmitted);
    const bool is_amount = math::abs(amount) <= acc_t(1) && before == before;
    store(transmitted, is_amount ? amount : acc_t(__int_as_float(0x7fc00000)));
    return is_amount ? whole(amount) : 0;
}
#endif

// One step of a source's release model. Its variables lie `all` elements apart; v is its potential,
// and `potential` its value after the neuron's step. Returns the released amount.
__device__ __forceinline__ int kinetics_step(const PreProjection& to, scalar_t* vars, u64 all, bool came, acc_t& v, acc_t potential) {
#if RELEASE_TEXTS
    if (to.release_model >= EQUATIONS) return equation_step(to.release_model - EQUATIONS, vars, all, came, potential);
#endif
    const Value* c = to.constants;
    if (to.release_model == GAP) {
        const acc_t amount = v * c[0].value;
        if (math::abs(amount) <= acc_t(1)) return whole(amount);
        // A potential outside the range becomes NaN, which ends the run.
        v = acc_t(__int_as_float(0x7fc00000));
        return 0;
    }
    acc_t a = load(vars), b = load(vars + all), amount;
    if (to.release_model == STP) {
        a = flushed(a * c[0].value);
        b = fma(b - acc_t(1), c[1].value, acc_t(1));
        amount = acc_t(0);
        if (came) {
            a = fma(c[2].value, acc_t(1) - a, a);
            amount = a * b;
            b = b - amount;
        }
    } else if (to.release_model == AMPA) {
        pulse(c, came, a, b);
        amount = a;
    } else {
        a = opened(c, a, b);
        if (to.release_model == NMDA) {
            b = flushed(b * c[3].value);
            if (came) b = b + acc_t(1);
        } else {
            acc_t left = load(vars + 2 * all);
            pulse(c + 3, came, b, left);
            store(vars + 2 * all, left);
        }
        amount = a;
    }
    store(vars, a);
    store(vars + all, b);
    return whole(amount);
}

// Delivers the released amounts of the warp's neurons in the mask `sources` in step k, in which the
// spikes in the mask `came` arrive.
__device__ __forceinline__ void transmit(const PreProjection& to, const Cell& cell, acc_t& v, acc_t potential, u32 first, u32 sources, u32 came, u64 copy, u64 all, u32 k) {
    const u32 lane = threadIdx.x % 32;
    int amount = 0;
    if (sources >> lane & 1) amount = kinetics_step(to, (scalar_t*)to.kinetics + cell.index, all, came >> lane & 1, v, potential);
    u32 left = __ballot_sync(0xffffffffu, amount != 0);
    if (__popc(left) >= to.lane_per_source_from) {
        deliver_own(to, amount != 0, first + lane - to.first, to.min_delay, copy, amount);
        return;
    }
    while (left) {
        const u32 from = __ffs(left) - 1;
        left &= left - 1;
        deliver(to, first + from - to.first, to.min_delay, copy, k, __shfl_sync(0xffffffffu, amount, from));
    }
}
