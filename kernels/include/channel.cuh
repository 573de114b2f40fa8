// The contract of an ion channel. src/models/channels/kernel.rs generates the text of a channel from its
// kinetics in Rust. A neuron's text (src/models/neurons/cond_neu_group/program.rs) has it in a namespace
// of its own. The text defines
//
//     constexpr int GATES = 2;
//     struct Params { acc_t e, g_max, …; };
//     acc_t open(const acc_t* x);                              // the open fraction of g_max
//     void rates(acc_t v, const Params& p, Rate* gates);       // dx/dt = a − s·x of each gate
#pragma once
#include "math.cuh"
#include "system.cuh"

struct Rate {
    acc_t a, s;
};

constexpr acc_t MOST = acc_t(1e12);

__device__ __forceinline__ acc_t bounded(acc_t z) { return math::at_most(MOST, math::exp_neg(z)); }

// Advances the gates by exponential Euler; two gates share a division.
template <int GATES>
__device__ __forceinline__ void relax(acc_t* x, const Rate* gates, acc_t dt) {
    acc_t phi[GATES + 1];
    if (GATES == 2) {
        const acc_t s = gates[0].s, t = gates[GATES - 1].s;
        const acc_t r = math::reciprocal(math::at_most(acc_t(4e37), s * t));
        phi[0] = math::decay(s * dt) * (t * r);
        phi[GATES - 1] = math::decay(t * dt) * (s * r);
    } else {
#pragma unroll
        for (int gate = 0; gate < GATES; ++gate) phi[gate] = math::decay(gates[gate].s * dt) / gates[gate].s;
    }
#pragma unroll
    for (int gate = 0; gate < GATES; ++gate) x[gate] = fma(fma(gates[gate].s, -x[gate], gates[gate].a), phi[gate], x[gate]);
}
