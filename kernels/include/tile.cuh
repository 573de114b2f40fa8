// The tiles of a recurrent product, for the fast tiers. Defines:
//
//     HIDDEN             H
//     UNITS, ROWS        the tile of a block: units with all their gates, for some batch rows
//     WARPS_K, WARPS_N   the block's warps: each has a part of the sum (along K) and a part of the columns
//     TENSOR             0: multiply-adds; 1: tensor cores for f16 and bf16; 2: tensor cores for f32, rounded to tf32
//     HOLD               the storage of the block's part of Wh: REGISTERS, SHARED or GLOBAL memory
//     EXCHANGE           the exchange of h between blocks, see hidden_exchange.cuh
//
// The order of a sum depends on WARPS_K and on the lanes of a warp alone. All exchanges and all
// tiles give the same bits.
#pragma once
#include "cell.cuh"

#define REGISTERS 0
#define SHARED 1
#define GLOBAL 2

namespace tile {

__device__ constexpr u32 ceil_div(u32 a, u32 b) { return (a + b - 1) / b; }
__device__ constexpr u32 max(u32 a, u32 b) { return a > b ? a : b; }

constexpr u32 H = HIDDEN;
constexpr u32 THREADS = 32 * WARPS_K * WARPS_N;
constexpr u32 TILES = ceil_div(H, UNITS);

// The blocks of a shard of batch rows have consecutive numbers.
__device__ __forceinline__ u32 number() { return blockIdx.x % TILES; }
__device__ __forceinline__ u32 shard() { return blockIdx.x / TILES; }

// The type of the factors of a product. Tensor cores take the type in memory.
#if TENSOR
typedef scalar_t factor_t;
#else
typedef acc_t factor_t;
#endif

// A lane's part of a fragment of Wh: 16 bytes along K; for tensor cores 2 × 4 bytes, in their
// layout.
constexpr u32 EACH_LANE = (TENSOR ? 8 : 16) / sizeof(factor_t);
struct __align__(EACH_LANE * sizeof(factor_t)) Lane {
    factor_t at[EACH_LANE];
};

// The columns of a fragment, and its length along K.
constexpr u32 COLUMNS = TENSOR ? 8 : 4;
constexpr u32 DEPTH = 32 * EACH_LANE / COLUMNS;
// The fragments of a warp along K, and the padded K.
constexpr u32 DEEP = ceil_div(H, WARPS_K * DEPTH);
constexpr u32 K = WARPS_K * DEEP * DEPTH;

// The columns of a phase: the tile's units of each gate in turn. The fragments of a warp along the
// columns, and the fragments of all warps in the phases before.
__device__ constexpr u32 columns(u32 phase) { return (first_gate(phase + 1) - first_gate(phase)) * UNITS; }
__device__ constexpr u32 wide(u32 phase) { return ceil_div(columns(phase), COLUMNS * WARPS_N); }
__device__ constexpr u32 fragments(u32 phase) { return phase == 0 ? 0 : fragments(phase - 1) + WARPS_K * DEEP * WARPS_N * wide(phase - 1); }
// The fragments of a tile in all phases: one phase after another, each
// [WARPS_K][DEEP][WARPS_N][wide].
constexpr u32 FRAGMENTS = fragments(PHASES);
constexpr u32 LANES = FRAGMENTS * 32;

// The stride of h in shared memory, in elements. It is an odd multiple of 16 bytes, so that eight
// rows of a column lie in all banks.
constexpr u32 SIXTEEN = 16 / sizeof(factor_t);
constexpr u32 STRIDE = TENSOR ? (ceil_div(K, SIXTEEN) | 1) * SIXTEEN : K;

// The stride of the partial sums [WARPS_K][ROWS][SUMS]. With tensor cores four rows lie in all
// banks.
constexpr u32 WIDEST = max(wide(0), wide(PHASES - 1)) * WARPS_N * COLUMNS;
constexpr u32 SUMS = TENSOR ? ceil_div(WIDEST - 8, 16) * 16 + 8 : WIDEST;

// The element of Wh at place `at` of a lane.
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

// A thread's weights of one phase, in the storage that HOLD names.
template <u32 PHASE>
struct TileWeights {
    static constexpr u32 WIDE = wide(PHASE);
#if HOLD == REGISTERS
    Lane own[DEEP][WIDE];
#endif
    const Lane* from;

    // `packed` is the tile's part of Wh.
    __device__ __forceinline__ void take(const Lane* packed) {
        const u32 warp = threadIdx.x / 32;
        from = packed + (fragments(PHASE) + (warp / WARPS_N * DEEP * WARPS_N + warp % WARPS_N) * WIDE) * 32 + threadIdx.x % 32;
#if HOLD == REGISTERS
#pragma unroll
        for (u32 f = 0; f < DEEP; ++f) {
#pragma unroll
            for (u32 j = 0; j < WIDE; ++j) own[f][j] = from[(f * WARPS_N * WIDE + j) * 32];
        }
#endif
    }
    __device__ __forceinline__ Lane at(u32 f, u32 j) const {
#if HOLD == REGISTERS
        return own[f][j];
#else
        return from[(f * WARPS_N * WIDE + j) * 32];
#endif
    }
};

}  // namespace tile
