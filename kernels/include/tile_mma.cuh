// A tile's product by tensor cores: 16 rows of h with 8 columns of Wh. Rows beyond ROWS repeat the
// last row, and their sums are dropped.
#pragma once
#include "tile.cuh"

namespace tile {

// Loads a fragment of 16 rows and DEPTH elements of h in the layout of the tensor cores.
__device__ __forceinline__ void fragment(u32 (&a)[4], const factor_t* at) {
    const u32 shared = (u32)__cvta_generic_to_shared(at);
    asm volatile("ldmatrix.sync.aligned.m8n8.x4.shared.b16 {%0, %1, %2, %3}, [%4];" : "=r"(a[0]), "=r"(a[1]), "=r"(a[2]), "=r"(a[3]) : "r"(shared) : "memory");
#if TENSOR == 2
#pragma unroll
    for (u32 i = 0; i < 4; ++i) asm("cvt.rna.tf32.f32 %0, %1;" : "=r"(a[i]) : "f"(__uint_as_float(a[i])));
#endif
}

#define MMA(SHAPE, A) \
    asm("mma.sync.aligned." SHAPE " {%0, %1, %2, %3}, {%4, %5, %6, %7}, {%8, %9}, {%0, %1, %2, %3};" \
        : "+f"(d[0]), "+f"(d[1]), "+f"(d[2]), "+f"(d[3]) : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b[0]), "r"(b[1]))

__device__ __forceinline__ void multiply(float (&d)[4], const u32 (&a)[4], Lane w) {
    u32 b[2];
    memcpy(b, &w, sizeof b);
#if TENSOR == 2
    MMA("m16n8k8.row.col.f32.tf32.tf32.f32", );
#elif defined(SCALAR_BF16)
    MMA("m16n8k16.row.col.f32.bf16.bf16.f32", );
#elif __CUDA_ARCH__ >= 800
    MMA("m16n8k16.row.col.f32.f16.f16.f32", );
#else
#pragma unroll
    for (u32 i = 0; i < 2; ++i) {
        asm("mma.sync.aligned.m16n8k8.row.col.f32.f16.f16.f32 {%0, %1, %2, %3}, {%4, %5}, {%6}, {%0, %1, %2, %3};"
            : "+f"(d[0]), "+f"(d[1]), "+f"(d[2]), "+f"(d[3])
            : "r"(a[2 * i]), "r"(a[2 * i + 1]), "r"(b[i]));
    }
#endif
}
#undef MMA

// Computes sums[part of K][row][column] from h [ROWS, K].
template <u32 PHASE>
__device__ __forceinline__ void product(const TileWeights<PHASE>& held, const factor_t* h, acc_t* sums) {
    constexpr u32 wide = TileWeights<PHASE>::WIDE;
    const u32 warp = threadIdx.x / 32, lane = threadIdx.x % 32;
    acc_t* to = sums + (u64)(warp / WARPS_N) * ROWS * SUMS + warp % WARPS_N * wide * COLUMNS + lane % 4 * 2;
#pragma unroll 1
    for (u32 r0 = 0; r0 < ROWS; r0 += 16) {
        const u32 row = r0 + lane % 16;
        const factor_t* mine = h + (row < ROWS ? row : ROWS - 1) * STRIDE + warp / WARPS_N * DEEP * DEPTH + lane / 16 * (DEPTH / 2);
        float d[wide][4] = {};
#if HOLD == REGISTERS
#pragma unroll
#else
#pragma unroll 2
#endif
        for (u32 f = 0; f < DEEP; ++f) {
            u32 a[4];
            fragment(a, mine + f * DEPTH);
#pragma unroll
            for (u32 j = 0; j < wide; ++j) multiply(d[j], a, held.at(f, j));
        }
#pragma unroll
        for (u32 half = 0; half < 2; ++half) {
            const u32 r = r0 + half * 8 + lane / 4;
            if (r >= ROWS) continue;
#pragma unroll
            for (u32 j = 0; j < wide; ++j) *(float2*)(to + r * SUMS + j * COLUMNS) = make_float2(d[j][2 * half], d[j][2 * half + 1]);
        }
        // Lanes diverge at the last row, and the next `.aligned` instruction needs all of them.
        if constexpr (ROWS > 16) __syncwarp();
    }
}

}  // namespace tile
