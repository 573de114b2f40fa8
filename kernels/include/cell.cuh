// The contract between a recurrent cell and the loops. A cell's file includes this, and defines three numbers and a function:
//
//     constexpr u32 GATES = 4;    // columns of Wh for each unit
//     constexpr u32 STATES = 2;   // values of state for each unit; the first, h, is the output
//     constexpr u32 KEPT = 0;     // values for each unit that it keeps within a step
//     __device__ void step(const Moment& m);
//
// `step` makes one step of one row. The block's threads take the row's units in turn, `for_units`. What a thread writes into
// `kept` the others may read after a __syncthreads; the loop has one after each step. All values are acc_t, and the new state
// must be `rounded`.
#pragma once
#include "job.cuh"

struct Moment {
    u32 units;            // H
    u64 columns;          // GATES·H
    const scalar_t* wh;   // [H, GATES·H]
    const scalar_t* bh;   // [H], or null
    const acc_t* gates;   // b + x·Wi [GATES·H]
    const acc_t* old;     // the state before the step [STATES·H]
    acc_t* next;          // the state after it [STATES·H]
    acc_t* kept;          // [KEPT·H]

    // Gate g of a unit, as far as the input makes it.
    __device__ __forceinline__ acc_t gate(u32 g, u32 unit) const { return gates[(u64)g * units + unit]; }
};

#define for_units(m, j) for (u32 j = threadIdx.x; j < (m).units; j += blockDim.x)

// sums[n] += Σ a[k]·Wh[k, gate first + n of this unit]. As on the CPU each is one chain of fused multiply-adds, k ascending.
template <int N>
__device__ __forceinline__ void add_products(const Moment& m, const acc_t* a, u32 first, u32 unit, acc_t (&sums)[N]) {
    const scalar_t* w = m.wh + (u64)first * m.units + unit;
    for (u32 k = 0; k < m.units; ++k, w += m.columns) {
        const acc_t x = a[k];
#pragma unroll
        for (int n = 0; n < N; ++n) sums[n] = fma(x, load(w + (u64)n * m.units), sums[n]);
    }
}
