// The exchange of h, or of a cell's `operand`, between the thread blocks that compute the same
// batch rows. EXCHANGE is one of
//
//     BLOCK    one block computes all units: h stays in its shared memory
//     CLUSTER  a cluster computes all units: each block writes h into the shared memory of all its blocks; sm_90 and later
//     GRID     all blocks are resident: h goes through L2, and the blocks wait for a counter
//     STEP     as GRID, but every phase is a launch of its own: the order of the launches replaces the barrier
//
// Exchange n follows product n; the state at the start counts as exchange −1. Two buffers take
// turns. A block that writes exchange n has passed barrier n − 1. All blocks reach that barrier
// after product n − 1, which is the last reader of exchange n − 2.
#pragma once
#include "tile.cuh"

#define BLOCK 0
#define CLUSTER 1
#define GRID 2
#define STEP 3

namespace tile {

constexpr u32 BUFFERS = EXCHANGE == BLOCK || EXCHANGE == CLUSTER ? 2 : 1;
constexpr u32 BUFFER = ROWS * STRIDE;
constexpr u32 SHARED_BYTES =
    BUFFERS * BUFFER * sizeof(factor_t) + WARPS_K * ROWS * SUMS * sizeof(acc_t) + (HOLD == SHARED ? LANES * sizeof(Lane) : 0);

// LaunchArgs::scratch holds h twice, [B, GLOBAL_ROW] each; then a counter for each shard of rows,
// 128 bytes apart; then, for STEP, the state before the chunk.
constexpr u32 GLOBAL_ROW = ceil_div(H, SIXTEEN) * SIXTEEN;
__device__ __forceinline__ factor_t* in_global(const LaunchArgs& args, u32 n) {
    return (factor_t*)args.scratch + (n & 1) * args.rows * GLOBAL_ROW;
}
__device__ __forceinline__ u32* counter(const LaunchArgs& args) {
    return (u32*)((char*)args.scratch + (2 * args.rows * GLOBAL_ROW * sizeof(factor_t) + 127) / 128 * 128) + shard() * 32;
}
__device__ __forceinline__ const scalar_t* before(const LaunchArgs& args) {
    return (const scalar_t*)((char*)args.scratch + (2 * args.rows * GLOBAL_ROW * sizeof(factor_t) + 127) / 128 * 128 + gridDim.x / TILES * 128);
}

struct Exchange {
    const LaunchArgs& args;
    factor_t* h;  // [BUFFERS][ROWS][STRIDE], shared
    u64 row0;     // the shard's first row
    u32 unit0;    // the tile's first unit

    // The operand of product n + 1.
    __device__ __forceinline__ factor_t* here(u32 n) const { return BUFFERS == 2 ? h + (n & 1) * BUFFER : h; }

    __device__ __forceinline__ void send(u32 n, u32 r, u32 unit, acc_t x) const {
        if constexpr (EXCHANGE == BLOCK || EXCHANGE == CLUSTER) {
            here(n)[r * STRIDE + unit] = factor(x);
        } else {
            in_global(args, n)[(row0 + r) * GLOBAL_ROW + unit] = factor(x);
        }
    }

    // The block has sent everything. Work that needs no other block can follow before `wait`.
    __device__ __forceinline__ void arrive(u32 n) const {
#if EXCHANGE == CLUSTER
        __syncthreads();
        spread(here(n));
        // `.aligned` needs all lanes of a warp, which diverged in the copy loop.
        __syncwarp();
        asm volatile("barrier.cluster.arrive.release.aligned;" ::: "memory");
#elif EXCHANGE == GRID
        __syncthreads();
        if (threadIdx.x == 0) asm volatile("red.release.gpu.global.add.u32 [%0], 1;" ::"l"(counter(args)) : "memory");
#endif
    }

    // Everything that the other blocks send has arrived.
    __device__ __forceinline__ void wait(u32 n) const {
#if EXCHANGE == BLOCK
        __syncthreads();
#elif EXCHANGE == CLUSTER
        __syncwarp();
        asm volatile("barrier.cluster.wait.acquire.aligned;" ::: "memory");
#elif EXCHANGE == GRID
        if (threadIdx.x % 32 == 0) {
            u32 come;
            do {
                asm volatile("ld.acquire.gpu.global.u32 %0, [%1];" : "=r"(come) : "l"(counter(args)) : "memory");
            } while (come < (n + 2) * TILES);
        }
        __syncwarp();
        fetch(in_global(args, n));
        __syncthreads();
#endif
    }

    // Loads the shard's rows from L2: L1 does not see writes of other SMs.
    __device__ __forceinline__ void fetch(const factor_t* from) const {
        constexpr u32 pieces = GLOBAL_ROW / SIXTEEN, all = ROWS * pieces, each = ceil_div(all, THREADS), once = each < 8 ? each : 8;
#pragma unroll 1
        for (u32 i0 = 0; i0 < each; i0 += once) {
            uint4 piece[once];
#pragma unroll
            for (u32 i = 0; i < once; ++i) {
                const u32 at = (i0 + i) * THREADS + threadIdx.x, r = at / pieces;
                if (at < all && row0 + r < args.rows) {
                    const factor_t* p = from + (row0 + r) * GLOBAL_ROW + at % pieces * SIXTEEN;
                    asm volatile("ld.global.cg.v4.u32 {%0, %1, %2, %3}, [%4];" : "=r"(piece[i].x), "=r"(piece[i].y), "=r"(piece[i].z), "=r"(piece[i].w) : "l"(p) : "memory");
                }
            }
#pragma unroll
            for (u32 i = 0; i < once; ++i) {
                const u32 at = (i0 + i) * THREADS + threadIdx.x, r = at / pieces, k = at % pieces * SIXTEEN;
                if (at >= all || row0 + r >= args.rows) continue;
                factor_t* to = h + r * STRIDE + k;
                if (H % SIXTEEN == 0 || k + SIXTEEN <= H) {
                    *(uint4*)to = piece[i];
                } else {
                    // Elements beyond H are not written.
                    factor_t some[SIXTEEN];
                    memcpy(some, &piece[i], 16);
#pragma unroll
                    for (u32 e = 0; e < SIXTEEN; ++e) {
                        if (k + e < H) to[e] = some[e];
                    }
                }
            }
        }
    }

#if EXCHANGE == CLUSTER
    // Copies this block's units to all other blocks of the cluster, 16 bytes at a time: UNITS is a
    // multiple of 16 bytes.
    __device__ __forceinline__ void spread(factor_t* mine) const {
        static_assert(UNITS % SIXTEEN == 0 || UNITS >= HIDDEN, "a block's units are no multiple of 16 bytes");
        constexpr u32 pieces = ceil_div(UNITS, SIXTEEN), all = ROWS * pieces;
#pragma unroll 1
        for (u32 i = threadIdx.x; i < all * (TILES - 1); i += THREADS) {
            const u32 peer = i / all, r = i % all / pieces, k = unit0 + i % pieces * SIXTEEN;
            if (k >= H) continue;
            const uint4 piece = *(const uint4*)(mine + r * STRIDE + k);
            u32 there;
            asm("mapa.shared::cluster.u32 %0, %1, %2;" : "=r"(there) : "r"((u32)__cvta_generic_to_shared(mine + r * STRIDE + k)), "r"(peer + (peer >= number() ? 1 : 0)));
            asm volatile("st.shared::cluster.v4.u32 [%0], {%1, %2, %3, %4};" ::"r"(there), "r"(piece.x), "r"(piece.y), "r"(piece.z), "r"(piece.w) : "memory");
        }
    }
#endif
};

}  // namespace tile
