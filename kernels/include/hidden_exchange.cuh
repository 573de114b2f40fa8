// How the blocks that share rows pass on what each has made: h, or what a cell's `operand` makes of it. EXCHANGE is one of
//
//     BLOCK    the block has all units: h stays in its shared memory
//     CLUSTER  a cluster has all units: h goes into the shared memory of each of its blocks; sm_90 and later
//     GRID     blocks that are all resident: h goes through the second cache, and a counter that blocks wait for is the barrier
//     STEP     as GRID, but every phase is a launch of its own: what is in order is the launches
//
// Exchange n follows the n-th product; the state at the start counts as exchange −1. Two buffers take turns. Whoever writes
// exchange n has passed barrier n − 1, which nobody comes to before product n − 1 is done: the last that reads exchange n − 2.
#pragma once
#include "tile.cuh"

#define BLOCK 0
#define CLUSTER 1
#define GRID 2
#define STEP 3

namespace tile {

constexpr u32 BUFFERS = EXCHANGE == BLOCK || EXCHANGE == CLUSTER ? 2 : 1;
constexpr u32 BUFFER = R * STRIDE;
constexpr u32 SHARED_BYTES =
    BUFFERS * BUFFER * sizeof(factor_t) + WK * R * SUMS * sizeof(acc_t) + (HOLD == SHARED ? LANES * sizeof(Lane) : 0);

// In LaunchArgs::scratch: h twice, [B, GLOBAL_ROW] each; then a counter for each shard of rows, 128 bytes apart; then, for STEP, the
// state before the chunk.
constexpr u32 GLOBAL_ROW = up(H, SIXTEEN) * SIXTEEN;
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

    // What product n + 1 reads.
    __device__ __forceinline__ factor_t* here(u32 n) const { return BUFFERS == 2 ? h + (n & 1) * BUFFER : h; }

    __device__ __forceinline__ void send(u32 n, u32 r, u32 unit, acc_t x) const {
        if constexpr (EXCHANGE == BLOCK || EXCHANGE == CLUSTER) {
            here(n)[r * STRIDE + unit] = factor(x);
        } else {
            in_global(args, n)[(row0 + r) * GLOBAL_ROW + unit] = factor(x);
        }
    }

    // All that this block sends is sent. What does not depend on others can be done between this and `wait`.
    __device__ __forceinline__ void arrive(u32 n) const {
#if EXCHANGE == CLUSTER
        __syncthreads();
        spread(here(n));
        // `.aligned` is for whole warps, and lanes have parted over what each had to copy.
        __syncwarp();
        asm volatile("barrier.cluster.arrive.release.aligned;" ::: "memory");
#elif EXCHANGE == GRID
        __syncthreads();
        if (threadIdx.x == 0) asm volatile("red.release.gpu.global.add.u32 [%0], 1;" ::"l"(counter(args)) : "memory");
#endif
    }

    // All that the others send is here.
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

    // Brings the shard's rows from device memory, past the first cache, which does not know what others write.
    __device__ __forceinline__ void fetch(const factor_t* from) const {
        constexpr u32 pieces = GLOBAL_ROW / SIXTEEN, all = R * pieces, each = up(all, THREADS), once = each < 8 ? each : 8;
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
                    // Nobody writes what is beyond H.
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
    // Copies this block's units to all others of the cluster, 16 bytes at a time: UNITS is a multiple of that.
    __device__ __forceinline__ void spread(factor_t* mine) const {
        static_assert(UNITS % SIXTEEN == 0 || UNITS >= HIDDEN, "a block's units are no multiple of 16 bytes");
        constexpr u32 pieces = up(U, SIXTEEN), all = R * pieces;
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
