// How a recurrent product is cut, for the fast loops over cells. The compiler is told all of it:
//
//     HIDDEN                H
//     UNITS, ROWS           what a block owns: a tile of units with all their gates, for some rows of the batch
//     K_WARPS, COLUMN_WARPS the block's warps: each has a part of the sum (over K), and a part of the columns
//     TENSOR                0: multiply-adds; 1: tensor cores for f16 and bf16; 2: tensor cores for f32, by way of tf32
//     HOLD                  where the block has its part of Wh: REGISTERS, SHARED, or GLOBAL memory
//     EXCHANGE              how blocks pass h on, see exchange.cuh
//
// A sum's order is that of K_WARPS and of the lanes within a warp alone. So all exchanges, and all tiles, give the same bits.
#pragma once
#include "cell.cuh"

#define REGISTERS 0
#define SHARED 1
#define GLOBAL 2

namespace tile {

__device__ constexpr u32 up(u32 a, u32 b) { return (a + b - 1) / b; }
__device__ constexpr u32 most(u32 a, u32 b) { return a > b ? a : b; }

constexpr u32 H = HIDDEN, U = UNITS, R = ROWS, WK = K_WARPS, WC = COLUMN_WARPS;
constexpr u32 THREADS = 32 * WK * WC;
constexpr u32 TILES = up(H, U);

// Blocks of one shard of rows are neighbours.
__device__ __forceinline__ u32 number() { return blockIdx.x % TILES; }
__device__ __forceinline__ u32 shard() { return blockIdx.x / TILES; }

// What h and Wh are multiplied as. Tensor cores take them as they lie in memory.
#if TENSOR
typedef scalar_t factor_t;
#else
typedef acc_t factor_t;
#endif

// A lane's part of a fragment of Wh: 16 bytes along K; for tensor cores twice 4 bytes, as they want it.
constexpr u32 EACH_LANE = (TENSOR ? 8 : 16) / sizeof(factor_t);
struct __align__(EACH_LANE * sizeof(factor_t)) Lane {
    factor_t at[EACH_LANE];
};

// A fragment has so many columns, and so much of K.
constexpr u32 COLUMNS = TENSOR ? 8 : 4;
constexpr u32 DEPTH = 32 * EACH_LANE / COLUMNS;
// Fragments of a warp along K, and K as it is padded.
constexpr u32 DEEP = up(H, WK * DEPTH);
constexpr u32 K = WK * DEEP * DEPTH;

// Columns of a phase: gate by gate, in each the tile's units. Fragments of a warp along them, and of all warps.
__device__ constexpr u32 columns(u32 phase) { return (first_gate(phase + 1) - first_gate(phase)) * U; }
__device__ constexpr u32 wide(u32 phase) { return up(columns(phase), COLUMNS * WC); }
__device__ constexpr u32 fragments(u32 phase) { return phase == 0 ? 0 : fragments(phase - 1) + WK * DEEP * WC * wide(phase - 1); }
// Of a tile, of all its phases: one phase after another, in each [K_WARPS][DEEP][COLUMN_WARPS][wide].
constexpr u32 FRAGMENTS = fragments(PHASES);
constexpr u32 LANES = FRAGMENTS * 32;

// Elements from row to row of h in shared memory. An odd number of 16 bytes: eight rows of a column lie in all banks.
constexpr u32 SIXTEEN = 16 / sizeof(factor_t);
constexpr u32 STRIDE = TENSOR ? (up(K, SIXTEEN) | 1) * SIXTEEN : K;

// Partial sums [K_WARPS][ROWS][SUMS]. For tensor cores four rows lie in all banks.
constexpr u32 WIDEST = most(wide(0), wide(PHASES - 1)) * WC * COLUMNS;
constexpr u32 SUMS = TENSOR ? up(WIDEST - 8, 16) * 16 + 8 : WIDEST;

// Which element of Wh a lane has at place `at`.
struct Element {
    u32 column, k;
};
__device__ __forceinline__ Element element(u32 lane, u32 at) {
#if TENSOR
    constexpr u32 word = 4 / sizeof(factor_t);
    return {lane / 4, at / word * (DEPTH / 2) + lane % 4 * word + at % word};
#else
    return {lane / 8, lane % 8 * EACH_LANE + at};
#endif
}

__device__ __forceinline__ factor_t factor(acc_t x) {
#if TENSOR
    return narrow(x);
#else
    return x;
#endif
}
__device__ __forceinline__ acc_t value(factor_t x) {
#if TENSOR
    return widen(x);
#else
    return x;
#endif
}

// A thread's weights of one phase, wherever they are.
template <u32 PHASE>
struct Held {
    static constexpr u32 WIDE = wide(PHASE);
#if HOLD == REGISTERS
    Lane own[DEEP][WIDE];
#endif
    const Lane* from;

    // `packed` is the tile's part of Wh.
    __device__ __forceinline__ void take(const Lane* packed) {
        const u32 warp = threadIdx.x / 32;
        from = packed + (fragments(PHASE) + (warp / WC * DEEP * WC + warp % WC) * WIDE) * 32 + threadIdx.x % 32;
#if HOLD == REGISTERS
#pragma unroll
        for (u32 f = 0; f < DEEP; ++f) {
#pragma unroll
            for (u32 j = 0; j < WIDE; ++j) own[f][j] = from[(f * WC * WIDE + j) * 32];
        }
#endif
    }
    __device__ __forceinline__ Lane at(u32 f, u32 j) const {
#if HOLD == REGISTERS
        return own[f][j];
#else
        return from[(f * WC * WIDE + j) * 32];
#endif
    }
};

}  // namespace tile
