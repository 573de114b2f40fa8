// A product by multiply-adds. One thread computes a sum: one chain from the bias with k ascending,
// which gives the CPU's bits unless k is split. A and B go through registers into two tiles of
// shared memory in turn, as acc_t, with neighbouring lines contiguous.
//
// Further defines: THREAD_M and THREAD_N, the elements of a thread, and LANES_M, the lanes of a
// warp along the lines of A.
#include "operand.cuh"

constexpr u32 LANES_N = 32 / LANES_M;
constexpr u32 WARPS_M = TILE_M / (LANES_M * THREAD_M), WARPS_N = TILE_N / (LANES_N * THREAD_N), BLOCK = 32 * WARPS_M * WARPS_N;
// A chunk is 16 bytes of a tile, read at once; and the chunks of a thread.
constexpr u32 CHUNK = 16 / sizeof(acc_t) < THREAD_N ? 16 / sizeof(acc_t) : THREAD_N;
constexpr u32 CHUNKS_M = THREAD_M / CHUNK, CHUNKS_N = THREAD_N / CHUNK;
// The elements of a vector along k go to as many rows of the tile. A row's lines are shifted by a
// multiple of SHIFT, so that a warp's stores go to different banks.
constexpr u32 QUOTA = TILE_K / LANES, SHIFT = 128 / sizeof(acc_t) / QUOTA;
static_assert(TILE_K % LANES == 0 && QUOTA * SHIFT * sizeof(acc_t) == 128 && SHIFT % CHUNK == 0, "TILE_K");

template <u32 LINES>
__device__ __forceinline__ u32 place(u32 k, u32 line) {
    return k * LINES + (line ^ (k / LANES * SHIFT % LINES));
}

// Elements beyond k: −0 of A and 0 of B, so that their product, −0, changes no sum.
template <bool IS_A>
__device__ __forceinline__ void beyond(Vector& v) {
#pragma unroll
    for (u32 l = 0; l < LANES; ++l) v.at[l] = narrow(IS_A ? acc_t(-0.0) : acc_t(0));
}

// A thread's vectors of one operand's tile, contiguous along k.
template <u32 LINES, bool IS_A, bool WIDE, typename Lines, typename Line>
struct AlongTile {
    static constexpr u32 VECTORS = LINES * QUOTA, EACH = (VECTORS + BLOCK - 1) / BLOCK;
    Line line[EACH];
    Vector held[EACH];

    __device__ __forceinline__ AlongTile(const Lines& lines, u32 first) {
#pragma unroll
        for (u32 e = 0; e < EACH; ++e) line[e] = lines.line(first + (threadIdx.x + e * BLOCK) / QUOTA);
    }
    // Loads the elements of the tile from `first` on that lie before `end`. Every tile except for
    // the FIRST is whole.
    template <bool FIRST>
    __device__ __forceinline__ void fetch(u32 first, u32 end) {
#pragma unroll
        for (u32 e = 0; e < EACH; ++e) {
            if (VECTORS % BLOCK != 0 && threadIdx.x + e * BLOCK >= VECTORS) break;
            const u32 k = first + (threadIdx.x + e * BLOCK) % QUOTA * LANES;
            if (FIRST) beyond<IS_A>(held[e]);
            if constexpr (WIDE) {
                if (!FIRST || k < end) held[e] = line[e].vector(k);
            } else {
#pragma unroll
                for (u32 l = 0; l < LANES; ++l)
                    if (!FIRST || k + l < end) held[e].at[l] = line[e].one(k + l);
            }
        }
    }
    __device__ __forceinline__ void put(acc_t* tile) const {
#pragma unroll
        for (u32 e = 0; e < EACH; ++e) {
            const u32 v = threadIdx.x + e * BLOCK;
            if (VECTORS % BLOCK != 0 && v >= VECTORS) break;
            acc_t* to = tile + place<LINES>(v % QUOTA * LANES, v / QUOTA);
#pragma unroll
            for (u32 l = 0; l < LANES; ++l) to[l * LINES] = widen(held[e].at[l]);
        }
    }
};

// The same, contiguous across lines.
template <u32 LINES, bool IS_A, bool WIDE>
struct AcrossTile {
    static constexpr u32 ROW = LINES / LANES, VECTORS = TILE_K * ROW, EACH = (VECTORS + BLOCK - 1) / BLOCK;
    static_assert(BLOCK % ROW == 0, "all vectors of a thread are of the same lines");
    Across lines;
    u32 line;
    const scalar_t* from[EACH];
    Vector held[EACH];

    __device__ __forceinline__ AcrossTile(const Across& lines, u32 first_line, u32 first) : lines(lines) {
        line = lines.first<WIDE ? LANES : 1>(first_line + threadIdx.x % ROW * LANES);
#pragma unroll
        for (u32 e = 0; e < EACH; ++e) from[e] = lines.at(first + (threadIdx.x + e * BLOCK) / ROW, line);
    }
    template <bool FIRST>
    __device__ __forceinline__ void fetch(u32 first, u32 end) {
#pragma unroll
        for (u32 e = 0; e < EACH; ++e) {
            if (VECTORS % BLOCK != 0 && threadIdx.x + e * BLOCK >= VECTORS) break;
            const bool inside = !FIRST || first + (threadIdx.x + e * BLOCK) / ROW < end;
            if (FIRST) beyond<IS_A>(held[e]);
            if constexpr (WIDE) {
                if (inside) held[e] = read_vector(from[e]);
            } else {
#pragma unroll
                for (u32 l = 0; l < LANES; ++l)
                    if (inside && line + l < lines.lines) held[e].at[l] = read_one(from[e] + l);
            }
            from[e] += (end - first) * lines.row;
        }
    }
    __device__ __forceinline__ void put(acc_t* tile) const {
#pragma unroll
        for (u32 e = 0; e < EACH; ++e) {
            const u32 v = threadIdx.x + e * BLOCK;
            if (VECTORS % BLOCK != 0 && v >= VECTORS) break;
#pragma unroll
            for (u32 l = 0; l < LANES; l += CHUNK) {
                struct alignas(CHUNK * sizeof(acc_t)) Chunk {
                    acc_t at[CHUNK];
                } chunk;
#pragma unroll
                for (u32 c = 0; c < CHUNK; ++c) chunk.at[c] = widen(held[e].at[l + c]);
                *(Chunk*)(tile + place<LINES>(v / ROW, v % ROW * LANES + l)) = chunk;
            }
        }
    }
};

// Reads CHUNKS chunks that lie SPAN lines apart, from `line` on. The bits of `line` that
// distinguish the chunks are 0.
template <u32 LINES, u32 CHUNKS, u32 SPAN>
__device__ __forceinline__ void read(acc_t (&to)[CHUNKS * CHUNK], const acc_t* tile, u32 k, u32 line) {
    constexpr u32 APART = SPAN * (CHUNKS - 1);
    const u32 moved = k / LANES * SHIFT % LINES;
    const acc_t* from = tile + (line ^ (moved & ~APART));
#pragma unroll
    for (u32 c = 0; c < CHUNKS; ++c) {
        struct alignas(CHUNK * sizeof(acc_t)) Chunk {
            acc_t at[CHUNK];
        } chunk = *(const Chunk*)(from + (k * LINES + (c * SPAN ^ (moved & APART))));
#pragma unroll
        for (u32 e = 0; e < CHUNK; ++e) to[c * CHUNK + e] = chunk.at[e];
    }
}

// The lines of a thread's first chunks in the tile.
__device__ __forceinline__ void corner(u32& row, u32& column) {
    const u32 thread = this_thread(), warp = thread / 32, lane = thread % 32;
    row = warp / WARPS_N * (LANES_M * THREAD_M) + lane / LANES_N * CHUNK;
    column = warp % WARPS_N * (LANES_N * THREAD_N) + lane % LANES_N * CHUNK;
}

extern "C" __global__ void __launch_bounds__(BLOCK, BLOCKS) product(const __grid_constant__ GemmArgs p) {
    constexpr u32 SIZE = TILE_K * (TILE_M + TILE_N);
    __shared__ alignas(16) acc_t tiles[2 * SIZE];
    const Share s = share(p);
#if TRANSPOSE_A
    AcrossTile<TILE_M, true, WIDE_A> a(across_a(p, s), s.row, s.first);
#else
    AlongTile<TILE_M, true, WIDE_A, LinesOfA, LineOfA> a(LinesOfA(p, s), s.row);
#endif
#if TRANSPOSE_B
    AlongTile<TILE_N, false, WIDE_B, ColumnsOfB, Along> b(ColumnsOfB(p, s), s.column);
#else
    AcrossTile<TILE_N, false, WIDE_B> b(across_b(p, s), s.column, s.first);
#endif
    u32 row, column;
    corner(row, column);

    acc_t sums[THREAD_M][THREAD_N];
#pragma unroll
    for (u32 j = 0; j < THREAD_N; ++j) {
        sums[0][j] = start(p, s, s.column + column + j / CHUNK * (LANES_N * CHUNK) + j % CHUNK);
#pragma unroll
        for (u32 i = 1; i < THREAD_M; ++i) sums[i][j] = sums[0][j];
    }

    // Multiplies a tile while the next one is loaded. The buffer is a template argument, known to
    // the compiler.
    u32 k = s.first;
    const auto tile = [&](const acc_t* now, acc_t* next) {
        const bool more = k < s.end;
        if (more) {
            a.template fetch<false>(k, k + TILE_K);
            b.template fetch<false>(k, k + TILE_K);
            k += TILE_K;
        }
#pragma unroll
        for (u32 l = 0; l < TILE_K; ++l) {
            acc_t x[THREAD_M], y[THREAD_N];
            read<TILE_M, CHUNKS_M, LANES_M * CHUNK>(x, now, l, row);
            read<TILE_N, CHUNKS_N, LANES_N * CHUNK>(y, now + TILE_K * TILE_M, l, column);
#pragma unroll
            for (u32 i = 0; i < THREAD_M; ++i)
#pragma unroll
                for (u32 j = 0; j < THREAD_N; ++j) sums[i][j] = fma(x[i], y[j], sums[i][j]);
        }
        if (more) {
            a.put(next);
            b.put(next + TILE_K * TILE_M);
        }
        __syncthreads();
        return more;
    };
    if (k < s.end) {
        // Only the first tile may be short: the other tiles need no comparison with `end`.
        const u32 rest = (s.end - k) % TILE_K, end = k + (rest ? rest : TILE_K);
        a.template fetch<true>(k, end);
        b.template fetch<true>(k, end);
        k = end;
        a.put(tiles);
        b.put(tiles + TILE_K * TILE_M);
        __syncthreads();
#pragma unroll 1
        for (acc_t *now = tiles, *next = tiles + SIZE; tile(now, next);) {
            acc_t* const was = now;
            now = next;
            next = was;
        }
    }

    const Share again = share(p);
    corner(row, column);
    const OutputTile to = target(p, again);
#pragma unroll
    for (u32 i = 0; i < THREAD_M; ++i)
#pragma unroll
        for (u32 c = 0; c < CHUNKS_N; ++c) {
            acc_t out[CHUNK];
#pragma unroll
            for (u32 e = 0; e < CHUNK; ++e) out[e] = sums[i][c * CHUNK + e];
            finish<CHUNK>(to, again.row + row + i / CHUNK * (LANES_M * CHUNK) + i % CHUNK, again.column + column + c * (LANES_N * CHUNK), out);
        }
}
