// A cell's step in the reference loops: one block computes a batch row, and every sum is one chain
// of multiply-adds, as on the CPU.
#pragma once
#include "cell.cuh"

struct CellStep {
    u32 units;            // H
    u64 columns;          // GATES·H
    const scalar_t* wh;   // [H, GATES·H]
    const scalar_t* bh;   // [H], or null
    const acc_t* gates;   // b + x·Wi [GATES·H]
    const acc_t* old;     // the state before the step [STATES·H]
    acc_t* next;          // the state after it [STATES·H]
    acc_t* kept;          // [KEPT·H]: the operand of a later phase, and the gates of earlier phases
};

constexpr u32 KEPT = PHASES == 1 ? 0 : 1 + first_gate(PHASES - 1);

// One phase of a step. A barrier separates the phases, since each unit's product reads all units.
template <u32 PHASE>
__device__ __forceinline__ void make_phase(const CellStep& m) {
    constexpr u32 from = first_gate(PHASE), to = first_gate(PHASE + 1);
    constexpr bool is_last = PHASE + 1 == PHASES;
    const acc_t* a = PHASE == 0 ? m.old : m.kept;
    for (u32 j = threadIdx.x; j < m.units; j += blockDim.x) {
        Gates input, sum;
#pragma unroll
        for (u32 g = 0; g < GATES; ++g) input[g] = m.gates[(u64)g * m.units + j];
#pragma unroll
        for (u32 g = 0; g < from; ++g) sum[g] = m.kept[(u64)(1 + g) * m.units + j];
        const acc_t bh = m.bh ? load(m.bh + j) : acc_t(0);
#pragma unroll
        for (u32 g = from; g < to; ++g) sum[g] = start(g, input, bh);
        const scalar_t* w = m.wh + (u64)from * m.units + j;
        for (u32 k = 0; k < m.units; ++k, w += m.columns) {
            const acc_t x = a[k];
#pragma unroll
            for (u32 g = from; g < to; ++g) sum[g] = fma(x, load(w + (u64)(g - from) * m.units), sum[g]);
        }
        if constexpr (is_last) {
            acc_t s[STATES];
#pragma unroll
            for (u32 i = 0; i < STATES; ++i) s[i] = m.old[(u64)i * m.units + j];
            update(sum, input, s);
#pragma unroll
            for (u32 i = 0; i < STATES; ++i) m.next[(u64)i * m.units + j] = rounded(s[i]);
        } else {
            m.kept[j] = operand(sum, m.old[j]);
#pragma unroll
            for (u32 g = from; g < to; ++g) m.kept[(u64)(1 + g) * m.units + j] = sum[g];
        }
    }
    if constexpr (!is_last) {
        __syncthreads();
        make_phase<PHASE + 1>(m);
    }
}

__device__ __forceinline__ void step(const CellStep& m) { make_phase<0>(m); }

#define for_units(m, j) for (u32 j = threadIdx.x; j < (m).units; j += blockDim.x)
