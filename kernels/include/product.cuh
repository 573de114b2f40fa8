// A product of matrices, C = act(A·B + bias), row-major: the part that a block computes, and the
// end of an element.
//
// Defines: TRANSPOSE_A, TRANSPOSE_B (1: the operand is stored transposed), TO_WORK (C has the type
// acc_t, unrounded), ACTIVATION, TILE_M and TILE_N (the tile of a block), TILE_K (the part of K in
// shared memory at a time), WIDE_A, WIDE_B (1: the start and the length of every stored row that
// the product reads are multiples of 16 bytes).
#pragma once
#include "activation.cuh"
#include "gemm_args.cuh"

#ifndef ACTIVATION
#define ACTIVATION IDENTITY
#endif

// A vector of 16 bytes.
constexpr u32 LANES = 16 / sizeof(scalar_t);
struct alignas(16) Vector {
    scalar_t at[LANES];
};
// Loads from global memory: the compiler does not know the address space of an address that may be
// null.
__device__ __forceinline__ Vector read_vector(const scalar_t* from) {
    union {
        uint4 bits;
        Vector vector;
    } v;
    asm("ld.global.nc.v4.u32 {%0, %1, %2, %3}, [%4];" : "=r"(v.bits.x), "=r"(v.bits.y), "=r"(v.bits.z), "=r"(v.bits.w) : "l"(from));
    return v.vector;
}
__device__ __forceinline__ scalar_t read_one(const scalar_t* from) {
    scalar_t x;
#if defined(SCALAR_F64)
    asm("ld.global.nc.f64 %0, [%1];" : "=d"(x) : "l"(from));
#elif defined(SCALAR_F32)
    asm("ld.global.nc.f32 %0, [%1];" : "=f"(x) : "l"(from));
#else
    asm("ld.global.nc.u16 %0, [%1];" : "=h"(x.bits) : "l"(from));
#endif
    return x;
}

// The part of a block: rows and columns from `row` and `column` on, in product `batch`; the sum
// over k from `first` to `end`.
struct Share {
    u32 row, column, batch, split, first, end;
};

// The register is read at each use, so that values that follow from it are not kept through the
// loop over k.
__device__ __forceinline__ u32 this_thread() {
    u32 x;
    asm volatile("mov.u32 %0, %%tid.x;" : "=r"(x));
    return x;
}
__device__ __forceinline__ u32 this_block() {
    u32 x;
    asm volatile("mov.u32 %0, %%ctaid.x;" : "=r"(x));
    return x;
}

// Orders the tiles in bands of eight rows of tiles, so that concurrent blocks read the same parts
// of A and B.
__device__ __forceinline__ Share share(const GemmArgs& p, u32 block) {
    constexpr u32 BAND = 8;
    const u32 down = (p.m + TILE_M - 1) / TILE_M, across = (p.n + TILE_N - 1) / TILE_N;
    const u32 layer = block / (down * across), tile = block - layer * down * across;
    const u32 band = tile / (BAND * across), within = tile - band * BAND * across;
    const u32 left = down - band * BAND, height = left < BAND ? left : BAND;
    Share s;
    s.row = (band * BAND + within % height) * TILE_M;
    s.column = within / height * TILE_N;
    s.split = layer / p.batch;
    s.batch = layer - s.split * p.batch;
    s.first = s.split * p.depth;
    s.end = p.k - s.first < p.depth ? p.k : s.first + p.depth;
    return s;
}

__device__ __forceinline__ Share share(const GemmArgs& p) { return share(p, this_block()); }

// The start value of a sum in this column: the bias, in the first block that shares the sum.
__device__ __forceinline__ acc_t start(const GemmArgs& p, const Share& s, u32 column) {
    const bool any = p.bias && s.split == 0 && column < p.n;
    return any ? load(p.bias + s.batch * p.bias_batch + column) : acc_t(0);
}

// The destination of a block's elements: C, after the activation function, or the partial sums,
// unchanged.
struct OutputTile {
    void* at;
    u64 row;
    u32 rows, columns;
    bool ends;
};

__device__ __forceinline__ OutputTile target(const GemmArgs& p, const Share& s) {
    if (p.parts) return {p.parts + ((u64)s.split * p.batch + s.batch) * p.m * p.n, p.n, p.m, p.n, false};
#ifdef TO_WORK
    typedef acc_t To;
#else
    typedef scalar_t To;
#endif
    return {(To*)p.c + s.batch * p.c_batch, p.c_row, p.m, p.n, true};
}

// Stores N neighbours: in one access if they are aligned and all inside.
template <u32 N, typename To>
__device__ __forceinline__ void store_row(const OutputTile& t, u32 row, u32 column, const To (&x)[N]) {
    struct alignas(N * sizeof(To)) Together {
        To at[N];
    };
    To* to = (To*)t.at + (row * t.row + column);
    if (column + N <= t.columns && (u64)to % sizeof(Together) == 0) {
        Together all;
#pragma unroll
        for (u32 e = 0; e < N; ++e) all.at[e] = x[e];
        *(Together*)to = all;
    } else {
#pragma unroll
        for (u32 e = 0; e < N; ++e)
            if (column + e < t.columns) to[e] = x[e];
    }
}

// Applies the activation function to N neighbours of a row, and stores them.
template <u32 N>
__device__ __forceinline__ void finish(const OutputTile& t, u32 row, u32 column, acc_t (&y)[N]) {
    if (row >= t.rows || column >= t.columns) return;
    if (t.ends) {
#pragma unroll
        for (u32 e = 0; e < N; ++e) y[e] = activate<ACTIVATION>(y[e]);
    }
#if defined(SCALAR_F16) || defined(SCALAR_BF16)
#ifndef TO_WORK
    if (t.ends) {
        scalar_t z[N];
#pragma unroll
        for (u32 e = 0; e < N; ++e) z[e] = narrow(y[e]);
        store_row<N>(t, row, column, z);
        return;
    }
#endif
#endif
    store_row<N>(t, row, column, y);
}
