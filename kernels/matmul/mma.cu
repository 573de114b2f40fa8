// A product by tensor cores: f16, bf16, or f32 rounded to tf32, summed in f32. cp.async copies
// tiles of A and B into shared memory in their layout in memory, STAGES − 1 tiles ahead of the
// multiplication. Where rows are not aligned, or without cp.async, the tiles go through registers.
//
// Further defines: WARP_M and WARP_N, the tile of a warp; STAGES.
#include "operand.cuh"

constexpr u32 WARPS_N = TILE_N / WARP_N, BLOCK = 32 * (TILE_M / WARP_M) * WARPS_N;
constexpr u32 MMA_M = WARP_M / 16, MMA_N = WARP_N / 8;
// A tensor core instruction reads 32 bytes along k of each line: two chunks.
constexpr u32 STEP_K = 2 * LANES, STEPS = TILE_K / STEP_K;

#if __CUDA_ARCH__ >= 800
constexpr bool HAS_ASYNC = true;
#else
constexpr bool HAS_ASYNC = false;
#endif
// Tiles that go through registers need more registers.
constexpr u32 RESIDENT = HAS_ASYNC ? BLOCKS : (BLOCKS + 1) / 2;

__device__ __forceinline__ void copy_later(u32 to, const scalar_t* from, u32 bytes) {
#if __CUDA_ARCH__ >= 800
    asm volatile("cp.async.cg.shared.global [%0], [%1], 16, %2;" ::"r"(to), "l"(from), "r"(bytes) : "memory");
#endif
}
__device__ __forceinline__ void commit() {
#if __CUDA_ARCH__ >= 800
    asm volatile("cp.async.commit_group;" ::: "memory");
#endif
}
template <u32 N>
__device__ __forceinline__ void wait_for_all_but() {
#if __CUDA_ARCH__ >= 800
    asm volatile("cp.async.wait_group %0;" ::"n"(N) : "memory");
#endif
}

// The offset in bytes of chunk `chunk` in row `row` of a tile whose rows have CHUNKS chunks. The
// XOR swizzle puts the eight rows of a matrix into different banks. With WORDS, a warp reads single
// words of four rows and eight columns.
template <u32 CHUNKS, bool WORDS>
__device__ __forceinline__ u32 place(u32 row, u32 chunk) {
    if constexpr (WORDS) chunk ^= row % 4 * 2;
    else if constexpr (CHUNKS < 8) chunk ^= row / (8 / CHUNKS) % CHUNKS;
    else chunk ^= row % 8;
    return (row * CHUNKS + chunk) * 16;
}

// A thread's chunks of one operand's tile. ALONG: elements along k are contiguous.
template <u32 LINES, bool ALONG, bool WIDE, bool WORDS, typename Source>
struct Tile {
    static constexpr u32 CHUNKS = (ALONG ? TILE_K : LINES) / LANES, ROWS = ALONG ? LINES : TILE_K;
    static constexpr u32 VECTORS = ROWS * CHUNKS, EACH = (VECTORS + BLOCK - 1) / BLOCK, BYTES = VECTORS * 16;
    static constexpr bool ASYNC = WIDE && HAS_ASYNC;
    static_assert(BLOCK % CHUNKS == 0 && (VECTORS % BLOCK == 0 || EACH == 1), "");
    Source source;
    Vector held[ASYNC ? 1 : EACH];

    __device__ __forceinline__ Tile(const GemmArgs& p, const Share& s, u32 first) : source(p, s, first) {}
    __device__ __forceinline__ bool idle() const { return VECTORS < BLOCK && threadIdx.x >= VECTORS; }

    // Loads the elements of the tile from k = `first` on that lie before `end`. Only the FIRST tile
    // may be short.
    template <bool FIRST>
    __device__ __forceinline__ void fetch(u32 tile, u32 first, u32 end) {
        if (idle()) return;
#pragma unroll
        for (u32 e = 0; e < EACH; ++e) {
            const u32 v = threadIdx.x + e * BLOCK;
            if constexpr (ASYNC) {
                const scalar_t* from = source.template at<FIRST>(e, 0, first, end);
                const bool any = (!FIRST && Source::SURE) || from;
                copy_later(tile + place<CHUNKS, WORDS>(v / CHUNKS, v % CHUNKS), any ? from : source.any(), any ? 16 : 0);
            } else if constexpr (WIDE) {
                const scalar_t* from = source.template at<FIRST>(e, 0, first, end);
                held[e] = from ? read_vector(from) : Vector{};
            } else {
#pragma unroll
                for (u32 l = 0; l < LANES; ++l) {
                    const scalar_t* from = source.template at<FIRST>(e, l, first, end);
                    held[e].at[l] = from ? read_one(from) : scalar_t{};
                }
            }
        }
        source.advance(end - first);
    }
    // Stores the chunks that `fetch` has loaded into registers.
    __device__ __forceinline__ void put(u32 tile) const {
        if (ASYNC || idle()) return;
#pragma unroll
        for (u32 e = 0; e < EACH; ++e) {
            const u32 v = threadIdx.x + e * BLOCK;
            union {
                Vector vector;
                uint4 bits;
            } u = {held[e]};
            asm volatile("st.shared.v4.u32 [%0], {%1, %2, %3, %4};" ::"r"(tile + place<CHUNKS, WORDS>(v / CHUNKS, v % CHUNKS)),
                         "r"(u.bits.x), "r"(u.bits.y), "r"(u.bits.z), "r"(u.bits.w)
                         : "memory");
        }
    }
};

// The addresses of a thread's chunks; null for a chunk outside, which counts as zero.
template <typename Lines, typename Line, u32 EACH>
struct FromAlong {
    // Whether a whole tile has no chunk outside.
    static constexpr bool SURE = !Line::HOLES;
    Line line[EACH];
    const scalar_t* start;
    __device__ __forceinline__ FromAlong(const GemmArgs& p, const Share& s, u32 first) {
        const Lines lines(p, s);
        start = lines.from;
#pragma unroll
        for (u32 e = 0; e < EACH; ++e) line[e] = lines.line(first + (threadIdx.x + e * BLOCK) / (TILE_K / LANES));
    }
    __device__ __forceinline__ const scalar_t* any() const { return start; }
    template <bool FIRST>
    __device__ __forceinline__ const scalar_t* at(u32 e, u32 l, u32 first, u32 end) const {
        const u32 k = first + threadIdx.x % (TILE_K / LANES) * LANES + l;
        return !FIRST || k < end ? line[e].at(k) : nullptr;
    }
    __device__ __forceinline__ void advance(u32) {}
};

template <bool IS_A, bool WIDE, u32 LINES, u32 EACH>
struct FromAcross {
    static constexpr bool SURE = true;
    static constexpr u32 CHUNKS = LINES / LANES;
    Across lines;
    u32 line;
    const scalar_t* from[EACH];
    __device__ __forceinline__ FromAcross(const GemmArgs& p, const Share& s, u32 first) : lines(IS_A ? across_a(p, s) : across_b(p, s)) {
        line = lines.first<WIDE ? LANES : 1>(first + threadIdx.x % CHUNKS * LANES);
#pragma unroll
        for (u32 e = 0; e < EACH; ++e) from[e] = lines.at(s.first + (threadIdx.x + e * BLOCK) / CHUNKS, line);
    }
    __device__ __forceinline__ const scalar_t* any() const { return lines.from; }
    template <bool FIRST>
    __device__ __forceinline__ const scalar_t* at(u32 e, u32 l, u32 first, u32 end) const {
        const bool inside = !FIRST || first + (threadIdx.x + e * BLOCK) / CHUNKS < end;
        return inside && (WIDE || line + l < lines.lines) ? from[e] + l : nullptr;
    }
    __device__ __forceinline__ void advance(u32 by) {
#pragma unroll
        for (u32 e = 0; e < EACH; ++e) from[e] += by * lines.row;
    }
};

// Loads four matrices of 8 rows by 16 bytes.
template <bool TURNED>
__device__ __forceinline__ void read_matrices(u32 (&to)[4], u32 from) {
    if constexpr (TURNED)
        asm volatile("ldmatrix.sync.aligned.m8n8.x4.trans.shared.b16 {%0, %1, %2, %3}, [%4];"
                     : "=r"(to[0]), "=r"(to[1]), "=r"(to[2]), "=r"(to[3])
                     : "r"(from)
                     : "memory");
    else
        asm volatile("ldmatrix.sync.aligned.m8n8.x4.shared.b16 {%0, %1, %2, %3}, [%4];"
                     : "=r"(to[0]), "=r"(to[1]), "=r"(to[2]), "=r"(to[3])
                     : "r"(from)
                     : "memory");
}
__device__ __forceinline__ u32 read_word(u32 from) {
    u32 x;
    asm volatile("ld.shared.u32 %0, [%1];" : "=r"(x) : "r"(from) : "memory");
    return x;
}

// Reads sixteen lines of a tile for one step of k, in the layout of a warp's registers: matrix 2·j + i holds lines 8·i … of chunk j; with
// SIDE_BY_SIDE, matrix 2·i + j does. All addresses are one address plus constants.
template <u32 LINES, bool ALONG, bool SIDE_BY_SIDE>
struct Reader {
    static constexpr bool WORDS = !ALONG && sizeof(scalar_t) == 4;
    static constexpr u32 CHUNKS = (ALONG ? TILE_K : LINES) / LANES, ROW = CHUNKS * 16;
    u32 own;
    __device__ __forceinline__ Reader(u32 line) {
        const u32 lane = threadIdx.x % 32, low = lane / 8 % 2, high = lane / 16, eighth = lane % 8;
        const u32 i = SIDE_BY_SIDE ? high : low, j = SIDE_BY_SIDE ? low : high;
        if constexpr (ALONG) own = place<CHUNKS, false>(line + i * 8 + eighth, j);
        else if constexpr (WORDS) own = place<CHUNKS, true>(lane % 4, line / LANES + lane / 16) + lane / 4 % 4 * 4;
        else own = place<CHUNKS, false>(j * 8 + eighth, line / LANES + i);
    }
    __device__ __forceinline__ void read(u32 (&to)[4], u32 tile, u32 step, u32 sixteen) const {
        if constexpr (ALONG) read_matrices<false>(to, tile + (own ^ step * 32) + sixteen * 16 * ROW);
        else if constexpr (!WORDS) read_matrices<true>(to, tile + (own ^ sixteen * 32) + step * STEP_K * ROW);
        else {
#pragma unroll
            for (u32 n = 0; n < 4; ++n) {
                const u32 i = SIDE_BY_SIDE ? n / 2 : n % 2, j = SIDE_BY_SIDE ? n % 2 : n / 2;
                to[n] = read_word(tile + (own ^ (sixteen * 2 + i) * 32) + (step * STEP_K + j * 4) * ROW);
            }
        }
        if constexpr (sizeof(scalar_t) == 4) {
#if __CUDA_ARCH__ >= 800
#pragma unroll
            for (u32 n = 0; n < 4; ++n) asm("cvt.rna.tf32.f32 %0, %0;" : "+r"(to[n]));
#endif
        }
    }
};

// c += a·b, 16 rows by 8 columns.
__device__ __forceinline__ void multiply(float (&c)[4], const u32 (&a)[4], u32 b0, u32 b1) {
#define SUMS "+f"(c[0]), "+f"(c[1]), "+f"(c[2]), "+f"(c[3])
#define MMA(SHAPE, TYPE)                                                                                                        \
    asm volatile("mma.sync.aligned." SHAPE ".row.col.f32." TYPE "." TYPE ".f32 {%0, %1, %2, %3}, {%4, %5, %6, %7}, {%8, %9}, " \
                 "{%0, %1, %2, %3};"                                                                                            \
                 : SUMS                                                                                                         \
                 : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b0), "r"(b1))
#if __CUDA_ARCH__ >= 800
#if defined(SCALAR_F16)
    MMA("m16n8k16", "f16");
#elif defined(SCALAR_BF16)
    MMA("m16n8k16", "bf16");
#else
    MMA("m16n8k8", "tf32");
#endif
#elif defined(SCALAR_F16)
#define HALF(A0, A1, B)                                                                                                       \
    asm volatile("mma.sync.aligned.m16n8k8.row.col.f32.f16.f16.f32 {%0, %1, %2, %3}, {%4, %5}, {%6}, {%0, %1, %2, %3};" : SUMS \
                 : "r"(A0), "r"(A1), "r"(B))
    HALF(a[0], a[1], b0);
    HALF(a[2], a[3], b1);
#endif
}

// The first row and the first column of a warp's part of the tile.
__device__ __forceinline__ void corner(u32& row, u32& column) {
    const u32 warp = this_thread() / 32;
    row = warp / WARPS_N * WARP_M;
    column = warp % WARPS_N * WARP_N;
}

template <u32 LINES>
constexpr u32 EACH = (LINES * TILE_K / LANES + BLOCK - 1) / BLOCK;
#if TRANSPOSE_A
typedef Tile<TILE_M, false, WIDE_A, sizeof(scalar_t) == 4, FromAcross<true, WIDE_A, TILE_M, EACH<TILE_M>>> TileA;
#else
typedef Tile<TILE_M, true, WIDE_A, false, FromAlong<LinesOfA, LineOfA, EACH<TILE_M>>> TileA;
#endif
#if TRANSPOSE_B
typedef Tile<TILE_N, true, WIDE_B, false, FromAlong<ColumnsOfB, Along, EACH<TILE_N>>> TileB;
#else
typedef Tile<TILE_N, false, WIDE_B, sizeof(scalar_t) == 4, FromAcross<false, WIDE_B, TILE_N, EACH<TILE_N>>> TileB;
#endif

extern "C" __global__ void __launch_bounds__(BLOCK, RESIDENT) product(const __grid_constant__ GemmArgs p) {
    constexpr u32 SIZE = TileA::BYTES + TileB::BYTES;
    extern __shared__ uint4 chip[];
    const u32 tiles = (u32)__cvta_generic_to_shared(chip);
    const Share s = share(p);
    u32 row, column;
    corner(row, column);

    float sums[MMA_M][MMA_N][4];
#pragma unroll
    for (u32 j = 0; j < MMA_N; ++j)
#pragma unroll
        for (u32 e = 0; e < 2; ++e) {
            const float from = start(p, s, s.column + column + j * 8 + threadIdx.x % 4 * 2 + e);
#pragma unroll
            for (u32 i = 0; i < MMA_M; ++i) sums[i][j][e] = sums[i][j][e + 2] = from;
        }

    TileA a(p, s, s.row);
    TileB b(p, s, s.column);
    // Only the first tile may be short: the other tiles need no comparison with `end`.
    const u32 whole = s.end > s.first ? (s.end - s.first + TILE_K - 1) / TILE_K * TILE_K : 0;
    u32 k = s.end - whole + TILE_K;  // the start of the next tile, modulo 2³²
    if (whole) {
        a.template fetch<true>(tiles, s.first, k);
        b.template fetch<true>(tiles + TileA::BYTES, s.first, k);
        a.put(tiles);
        b.put(tiles + TileA::BYTES);
    }
    commit();
#pragma unroll
    for (u32 stage = 1; stage < STAGES - 1; ++stage) {
        if (stage * TILE_K < whole) {
            const u32 tile = tiles + stage * SIZE;
            a.template fetch<false>(tile, k, k + TILE_K);
            b.template fetch<false>(tile + TileA::BYTES, k, k + TILE_K);
            a.put(tile);
            b.put(tile + TileA::BYTES);
            k += TILE_K;
        }
        commit();
    }
    const Reader<TILE_M, !TRANSPOSE_A, false> rows(row);
    const Reader<TILE_N, TRANSPOSE_B, true> columns(column);
    u32 now = 0, next = (STAGES - 1) * SIZE;
#pragma unroll 1
    for (u32 left = whole; left; left -= TILE_K) {
        wait_for_all_but<STAGES - 2>();
        // The copies of all threads have arrived, and no thread still reads the buffer of the next
        // tile.
        __syncthreads();
        const bool more = left > (STAGES - 1) * TILE_K;
        if (more) {
            a.template fetch<false>(tiles + next, k, k + TILE_K);
            b.template fetch<false>(tiles + next + TileA::BYTES, k, k + TILE_K);
            k += TILE_K;
        }
        commit();
        // Lanes diverge in the copy, and the next instructions are `.aligned`.
        __syncwarp();
#pragma unroll
        for (u32 step = 0; step < STEPS; ++step) {
            u32 x[MMA_M][4], y[MMA_N / 2][4];
#pragma unroll
            for (u32 i = 0; i < MMA_M; ++i) rows.read(x[i], tiles + now, step, i);
#pragma unroll
            for (u32 j = 0; j < MMA_N / 2; ++j) columns.read(y[j], tiles + now + TileA::BYTES, step, j);
#pragma unroll
            for (u32 i = 0; i < MMA_M; ++i)
#pragma unroll
                for (u32 j = 0; j < MMA_N; ++j) multiply(sums[i][j], x[i], y[j / 2][j % 2 * 2], y[j / 2][j % 2 * 2 + 1]);
        }
        if (more) {
            a.put(tiles + next);
            b.put(tiles + next + TileA::BYTES);
        }
        now = now + SIZE < STAGES * SIZE ? now + SIZE : 0;
        next = next + SIZE < STAGES * SIZE ? next + SIZE : 0;
    }

    const Share again = share(p);
    corner(row, column);
    const OutputTile to = target(p, again);
    const u32 lane = this_thread() % 32;
#pragma unroll
    for (u32 i = 0; i < MMA_M; ++i)
#pragma unroll
        for (u32 half = 0; half < 2; ++half)
#pragma unroll
            for (u32 j = 0; j < MMA_N; ++j) {
                acc_t out[2] = {sums[i][j][half * 2], sums[i][j][half * 2 + 1]};
                finish<2>(to, again.row + row + i * 16 + half * 8 + lane / 4, again.column + column + j * 8 + lane % 4 * 2, out);
            }
}
