// A tile's product by multiply-adds: eight lanes of a warp share a sum, and a warp computes four
// columns at a time.
#pragma once
#include "tile.cuh"

namespace tile {

// The rows, and the most columns, that a lane sums at a time.
constexpr u32 ROWS_ONCE = ROWS < 4 ? ROWS : 4;
constexpr u32 MOST_COLUMNS = 8;

// Sums the first N elements of v over eight lanes, always in the same order. Each lane ends with an
// eighth of the sums and returns the index of its first one. Each step is a template, so that the
// compiler knows every index and v stays in registers.
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
__device__ __forceinline__ void some_columns(const TileWeights<PHASE>& held, const factor_t* h, acc_t* sums) {
    const u32 warp = threadIdx.x / 32, lane = threadIdx.x % 32;
    const factor_t* mine = h + warp / WARPS_N * DEEP * DEPTH + lane % 8 * EACH_LANE;
    acc_t* to = sums + (u64)(warp / WARPS_N) * ROWS * SUMS + (warp % WARPS_N * TileWeights<PHASE>::WIDE + FROM) * COLUMNS + lane / 8;
#pragma unroll 1
    for (u32 r0 = 0; r0 < ROWS; r0 += ROWS_ONCE) {
        constexpr u32 sums_once = ceil_div(ROWS_ONCE * COUNT, 8) * 8;
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
                const u32 row = ROWS % ROWS_ONCE == 0 || r0 + r < ROWS ? r0 + r : ROWS - 1;
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
            if (first + q < ROWS_ONCE * COUNT && r0 + r < ROWS) to[(r0 + r) * SUMS + j * COLUMNS] = v[q];
        }
    }
}

// Computes sums[part of K][row][column] from h [ROWS, K].
template <u32 PHASE, u32 FROM = 0>
__device__ __forceinline__ void product(const TileWeights<PHASE>& held, const factor_t* h, acc_t* sums) {
    constexpr u32 left = TileWeights<PHASE>::WIDE - FROM, count = left < MOST_COLUMNS ? left : MOST_COLUMNS;
    some_columns<PHASE, FROM, count>(held, h, sums);
    if constexpr (left > count) product<PHASE, FROM + count>(held, h, sums);
}

}  // namespace tile
