// The kinetics of projections: presynaptic release models. For each source, a model turns the
// spikes that arrive into the released amount: a multiple of 2⁻³⁰ between −1 and 1, by which the
// source's weights are multiplied. The counterpart is src/network/host/kinetics.rs; the models of the
// library have one text in Rust, src/network/host/release_models.rs. A network with kinetics includes this file in the namespace of each group.
#pragma once
#include "release_models.cuh"
#include "deliver.cuh"

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
    const bool has_third = to.release_model == BIO_NMDA;
    acc_t x[3] = {load(vars), load(vars + all), has_third ? load(vars + 2 * all) : acc_t(0)};
    const acc_t arrives = came ? acc_t(1) : acc_t(0);
    acc_t amount;
    if (to.release_model == STP) amount = stp_step(c, arrives, x);
    else if (to.release_model == AMPA) amount = ampa_step(c, arrives, x);
    else if (to.release_model == NMDA) amount = nmda_step(c, arrives, x);
    else amount = bio_nmda_step(c, arrives, x);
    store(vars, x[0]);
    store(vars + all, x[1]);
    if (has_third) store(vars + 2 * all, x[2]);
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
