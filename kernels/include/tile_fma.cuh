// A tile's product by multiply-adds: eight lanes of a warp share a sum, and four columns go side by side.
#pragma once
#include "tile.cuh"

namespace tile {

// Rows, and columns of a lane, that are summed at a time.
constexpr u32 ROWS_ONCE = R < 4 ? R : 4;
constexpr u32 MOST_COLUMNS = 8;

// Sums the first N of v over eight lanes, always in the same order. Each lane ends up with an eighth of the sums, the first of which it
// returns. A template for each step, for the compiler to know every index: what it does not know lies in memory.
template <u32 N, u32 MASK, u32 TOTAL>
__device__ __forceinline__ u32 fold(acc_t (&v)[TOTAL]) {
    if constexpr (MASK == 0) {
        return 0;
    } else {
        const bool upper = threadIdx.x & MASK;
#pragma unroll
        for (u32 q = 0; q < N / 2; ++q) {
            const acc_t give = upper ? v[q] : v[q + N / 2], stay = upper ? v[q + N / 2] : v[q];
            v[q] = stay + __shfl_xor_sync(0xffffffffu, give, MASK);
        }
        return (upper ? N / 2 : 0) + fold<N / 2, MASK / 2>(v);
    }
}

template <u32 PHASE, u32 FROM, u32 COUNT>
__device__ __forceinline__ void some_columns(const Held<PHASE>& held, const factor_t* h, acc_t* sums) {
    const u32 warp = threadIdx.x / 32, lane = threadIdx.x % 32;
    const factor_t* mine = h + warp / WC * DEEP * DEPTH + lane % 8 * EACH_LANE;
    acc_t* to = sums + (u64)(warp / WC) * R * SUMS + (warp % WC * Held<PHASE>::WIDE + FROM) * COLUMNS + lane / 8;
#pragma unroll 1
    for (u32 r0 = 0; r0 < R; r0 += ROWS_ONCE) {
        constexpr u32 sums_once = up(ROWS_ONCE * COUNT, 8) * 8;
        acc_t v[sums_once] = {};
#if HOLD == REGISTERS
#pragma unroll
#else
#pragma unroll 2
#endif
        for (u32 f = 0; f < DEEP; ++f) {
            Lane w[COUNT];
#pragma unroll
            for (u32 j = 0; j < COUNT; ++j) w[j] = held.at(f, FROM + j);
#pragma unroll
            for (u32 r = 0; r < ROWS_ONCE; ++r) {
                const u32 row = R % ROWS_ONCE == 0 || r0 + r < R ? r0 + r : R - 1;
                const Lane x = *(const Lane*)(mine + row * STRIDE + f * DEPTH);
#pragma unroll
                for (u32 j = 0; j < COUNT; ++j) {
#pragma unroll
                    for (u32 e = 0; e < EACH_LANE; ++e) v[r * COUNT + j] = fma(x.at[e], w[j].at[e], v[r * COUNT + j]);
                }
            }
        }
        const u32 first = fold<sums_once, 4>(v);
#pragma unroll
        for (u32 q = 0; q < sums_once / 8; ++q) {
            const u32 r = (first + q) / COUNT, j = (first + q) % COUNT;
            if (first + q < ROWS_ONCE * COUNT && r0 + r < R) to[(r0 + r) * SUMS + j * COLUMNS] = v[q];
        }
    }
}

// sums[part of K][row][column] of h [ROWS, K].
template <u32 PHASE, u32 FROM = 0>
__device__ __forceinline__ void product(const Held<PHASE>& held, const factor_t* h, acc_t* sums) {
    constexpr u32 left = Held<PHASE>::WIDE - FROM, count = left < MOST_COLUMNS ? left : MOST_COLUMNS;
    some_columns<PHASE, FROM, count>(held, h, sums);
    if constexpr (left > count) product<PHASE, FROM + count>(held, h, sums);
}

}  // namespace tile
