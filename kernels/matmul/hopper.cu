// A product of f16 or bf16 by the tensor cores of sm_90a (wgmma), fed by bulk tensor copies (TMA).
// One warp requests tiles, at most STAGES ahead; two groups of four warps multiply them, 64 × 256
// elements each. A block computes one tile of C after another.
//
// The barrier `full` completes when a stage's bytes have arrived, `empty` when both groups have
// read them.
#include "operand.cuh"

struct alignas(64) TensorMap {
    u64 words[16];
};

#if !defined(__CUDA_ARCH_FEAT_SM90_ALL)
// For sm_90a alone.
extern "C" __global__ void product_by_maps(const __grid_constant__ GemmArgs, const __grid_constant__ TensorMap, const __grid_constant__ TensorMap, u32) {}
#else

static_assert(TILE_M == 128 && TILE_N == 256 && TILE_K == 64 && sizeof(scalar_t) == 2, "what follows is written for this tile");
constexpr u32 BYTES_A = TILE_M * TILE_K * 2, BYTES_B = TILE_N * TILE_K * 2, STAGE = BYTES_A + BYTES_B;
constexpr u32 GROUPS = 2, BLOCK = (GROUPS + 1) * 128;
// A box of 64 lines of 128 bytes. Chunks of 16 bytes are swizzled: XORed with the line's number
// modulo 8.
constexpr u32 BOX = 64 * 128;

__device__ __forceinline__ void init(u32 barrier, u32 count) {
    asm volatile("mbarrier.init.shared::cta.b64 [%0], %1;" ::"r"(barrier), "r"(count) : "memory");
}
__device__ __forceinline__ void wait(u32 barrier, u32 phase) {
    asm volatile(
        "{\n.reg .pred done;\nAGAIN:\nmbarrier.try_wait.parity.shared::cta.b64 done, [%0], %1;\n@done bra DONE;\nbra AGAIN;\nDONE:\n}" ::"r"(barrier),
        "r"(phase)
        : "memory");
}
__device__ __forceinline__ void arrive(u32 barrier) {
    asm volatile("mbarrier.arrive.shared::cta.b64 _, [%0];" ::"r"(barrier) : "memory");
}
__device__ __forceinline__ void expect(u32 barrier, u32 bytes) {
    asm volatile("mbarrier.arrive.expect_tx.shared::cta.b64 _, [%0], %1;" ::"r"(barrier), "r"(bytes) : "memory");
}
// Requests a box at (x along memory, y, batch).
__device__ __forceinline__ void copy_box(u32 to, const TensorMap& map, u32 barrier, u32 x, u32 y, u32 batch) {
    asm volatile("cp.async.bulk.tensor.3d.shared::cluster.global.tile.mbarrier::complete_tx::bytes [%0], [%1, {%3, %4, %5}], [%2];" ::"r"(to),
                 "l"(&map), "r"(barrier), "r"(x), "r"(y), "r"(batch)
                 : "memory");
}
// Requests LINES lines and 64 elements of k: boxes of 64 lines if lines are contiguous, else boxes
// of 64 elements of k.
template <u32 LINES, bool ACROSS>
__device__ __forceinline__ void copy_tile(u32 to, const TensorMap& map, u32 barrier, u32 line, u32 k, u32 batch) {
#pragma unroll
    for (u32 box = 0; box < LINES / 64; ++box) {
        const u32 at = line + box * 64;
        copy_box(to + box * BOX, map, barrier, ACROSS ? at : k, ACROSS ? k : at, batch);
    }
}

// The descriptor of an operand for wgmma. In both kinds of boxes the stride of 8 lines is 1024
// bytes; in an operand that is contiguous across k the stride of 64 lines is BOX bytes.
template <bool ACROSS>
__device__ __forceinline__ u64 descriptor(u32 at) {
    return (u64)(at >> 4 & 0x3fff) | (u64)((ACROSS ? BOX : 16) >> 4) << 16 | (u64)(1024 >> 4) << 32 | 1ull << 62;
}
// The step of the descriptor for 16 elements of k.
template <bool ACROSS>
constexpr u64 STEP = (ACROSS ? 16 * 128 : 32) >> 4;

#if defined(SCALAR_F16)
#define TYPES "f16.f16"
#else
#define TYPES "bf16.bf16"
#endif
// d += a·b, 64 × 256 by 16 of k.
__device__ __forceinline__ void multiply(float (&d)[128], u64 a, u64 b) {
    asm volatile("wgmma.mma_async.sync.aligned.m64n256k16.f32." TYPES " {"
                 "%0, %1, %2, %3, %4, %5, %6, %7, %8, %9, %10, %11, %12, %13, %14, %15, "
                 "%16, %17, %18, %19, %20, %21, %22, %23, %24, %25, %26, %27, %28, %29, %30, %31, "
                 "%32, %33, %34, %35, %36, %37, %38, %39, %40, %41, %42, %43, %44, %45, %46, %47, "
                 "%48, %49, %50, %51, %52, %53, %54, %55, %56, %57, %58, %59, %60, %61, %62, %63, "
                 "%64, %65, %66, %67, %68, %69, %70, %71, %72, %73, %74, %75, %76, %77, %78, %79, "
                 "%80, %81, %82, %83, %84, %85, %86, %87, %88, %89, %90, %91, %92, %93, %94, %95, "
                 "%96, %97, %98, %99, %100, %101, %102, %103, %104, %105, %106, %107, %108, %109, %110, %111, "
                 "%112, %113, %114, %115, %116, %117, %118, %119, %120, %121, %122, %123, %124, %125, %126, %127"
                 "}, %128, %129, 1, 1, 1, %130, %131;"
                 :
                   "+f"(d[0]), "+f"(d[1]), "+f"(d[2]), "+f"(d[3]), "+f"(d[4]), "+f"(d[5]), "+f"(d[6]), "+f"(d[7]),
                   "+f"(d[8]), "+f"(d[9]), "+f"(d[10]), "+f"(d[11]), "+f"(d[12]), "+f"(d[13]), "+f"(d[14]), "+f"(d[15]),
                   "+f"(d[16]), "+f"(d[17]), "+f"(d[18]), "+f"(d[19]), "+f"(d[20]), "+f"(d[21]), "+f"(d[22]), "+f"(d[23]),
                   "+f"(d[24]), "+f"(d[25]), "+f"(d[26]), "+f"(d[27]), "+f"(d[28]), "+f"(d[29]), "+f"(d[30]), "+f"(d[31]),
                   "+f"(d[32]), "+f"(d[33]), "+f"(d[34]), "+f"(d[35]), "+f"(d[36]), "+f"(d[37]), "+f"(d[38]), "+f"(d[39]),
                   "+f"(d[40]), "+f"(d[41]), "+f"(d[42]), "+f"(d[43]), "+f"(d[44]), "+f"(d[45]), "+f"(d[46]), "+f"(d[47]),
                   "+f"(d[48]), "+f"(d[49]), "+f"(d[50]), "+f"(d[51]), "+f"(d[52]), "+f"(d[53]), "+f"(d[54]), "+f"(d[55]),
                   "+f"(d[56]), "+f"(d[57]), "+f"(d[58]), "+f"(d[59]), "+f"(d[60]), "+f"(d[61]), "+f"(d[62]), "+f"(d[63]),
                   "+f"(d[64]), "+f"(d[65]), "+f"(d[66]), "+f"(d[67]), "+f"(d[68]), "+f"(d[69]), "+f"(d[70]), "+f"(d[71]),
                   "+f"(d[72]), "+f"(d[73]), "+f"(d[74]), "+f"(d[75]), "+f"(d[76]), "+f"(d[77]), "+f"(d[78]), "+f"(d[79]),
                   "+f"(d[80]), "+f"(d[81]), "+f"(d[82]), "+f"(d[83]), "+f"(d[84]), "+f"(d[85]), "+f"(d[86]), "+f"(d[87]),
                   "+f"(d[88]), "+f"(d[89]), "+f"(d[90]), "+f"(d[91]), "+f"(d[92]), "+f"(d[93]), "+f"(d[94]), "+f"(d[95]),
                   "+f"(d[96]), "+f"(d[97]), "+f"(d[98]), "+f"(d[99]), "+f"(d[100]), "+f"(d[101]), "+f"(d[102]), "+f"(d[103]),
                   "+f"(d[104]), "+f"(d[105]), "+f"(d[106]), "+f"(d[107]), "+f"(d[108]), "+f"(d[109]), "+f"(d[110]), "+f"(d[111]),
                   "+f"(d[112]), "+f"(d[113]), "+f"(d[114]), "+f"(d[115]), "+f"(d[116]), "+f"(d[117]), "+f"(d[118]), "+f"(d[119]),
                   "+f"(d[120]), "+f"(d[121]), "+f"(d[122]), "+f"(d[123]), "+f"(d[124]), "+f"(d[125]), "+f"(d[126]), "+f"(d[127])
                 : "l"(a), "l"(b), "n"(TRANSPOSE_A), "n"(!TRANSPOSE_B));
}
// The hardware owns the sums from the first wgmma until the wait for the last one, which the
// compiler does not see. This statement keeps the compiler's accesses to the sums before and after
// that interval.
__device__ __forceinline__ void fence(float (&d)[128]) {
#pragma unroll
    for (u32 i = 0; i < 128; ++i) asm volatile("" : "+f"(d[i])::"memory");
}
__device__ __forceinline__ void begin() {
    asm volatile("wgmma.fence.sync.aligned;" ::: "memory");
}
__device__ __forceinline__ void end() {
    asm volatile("wgmma.commit_group.sync.aligned;" ::: "memory");
}
template <u32 N>
__device__ __forceinline__ void wait_for_all_but() {
    asm volatile("wgmma.wait_group.sync.aligned %0;" ::"n"(N) : "memory");
}

extern "C" __global__ void __launch_bounds__(BLOCK, 1)
    product_by_maps(const __grid_constant__ GemmArgs p, const __grid_constant__ TensorMap map_a, const __grid_constant__ TensorMap map_b, u32 tiles) {
    extern __shared__ uint4 chip[];
    __shared__ alignas(8) u64 barriers[2 * STAGES];
    const u32 unaligned = (u32)__cvta_generic_to_shared(chip), start_of_stages = (unaligned + 1023) / 1024 * 1024;
    const u32 full = (u32)__cvta_generic_to_shared(barriers), empty = full + STAGES * 8;
    const u32 group = threadIdx.x / 128;
    if (threadIdx.x == 0) {
        for (u32 s = 0; s < STAGES; ++s) {
            init(full + s * 8, 1);
            init(empty + s * 8, GROUPS * 4);
        }
        asm volatile("fence.mbarrier_init.release.cluster;" ::: "memory");
    }
    __syncthreads();

    u32 stage = 0, round = 0;
    const auto next = [&] {
        if (++stage == STAGES) {
            stage = 0;
            round ^= 1;
        }
    };
    if (group == GROUPS) {
        // Moves registers from the copying warp to the multiplying warps.
        asm volatile("setmaxnreg.dec.sync.aligned.u32 40;");
        if (threadIdx.x % 128 == 0) {
            for (u32 tile = blockIdx.x; tile < tiles; tile += gridDim.x) {
                const Share s = share(p, tile);
                const u32 batch_a = p.a_batch ? s.batch : 0, batch_b = p.b_batch ? s.batch : 0;
                for (u32 k = s.first; k < s.end; k += TILE_K) {
                    wait(empty + stage * 8, round ^ 1);
                    const u32 to = start_of_stages + stage * STAGE, barrier = full + stage * 8;
                    expect(barrier, STAGE);
                    copy_tile<TILE_M, TRANSPOSE_A>(to, map_a, barrier, s.row, k, batch_a);
                    copy_tile<TILE_N, !TRANSPOSE_B>(to + BYTES_A, map_b, barrier, s.column, k, batch_b);
                    next();
                }
            }
        }
        return;
    }

    asm volatile("setmaxnreg.inc.sync.aligned.u32 232;");
    for (u32 tile = blockIdx.x; tile < tiles; tile += gridDim.x) {
        const Share s = share(p, tile);
        const u32 lane = threadIdx.x % 32, row = s.row + group * 64 + threadIdx.x % 128 / 32 * 16 + lane / 4, column = s.column + lane % 4 * 2;
        float sums[128];
#pragma unroll
        for (u32 j = 0; j < 32; ++j)
#pragma unroll
            for (u32 e = 0; e < 2; ++e) sums[j * 4 + e] = sums[j * 4 + e + 2] = start(p, s, column + j * 8 + e);
        u32 before = STAGES;
        fence(sums);
#pragma unroll 1
        for (u32 k = s.first; k < s.end; k += TILE_K) {
            wait(full + stage * 8, round);
            const u32 at = start_of_stages + stage * STAGE;
            const u64 a = descriptor<TRANSPOSE_A>(at + group * BOX), b = descriptor<!TRANSPOSE_B>(at + BYTES_A);
            // Each lane has waited on its own, and the next instruction is `.aligned`.
            __syncwarp();
            begin();
#pragma unroll
            for (u32 step = 0; step < TILE_K / 16; ++step) multiply(sums, a + step * STEP<TRANSPOSE_A>, b + step * STEP<!TRANSPOSE_B>);
            end();
            // Releases the previous stage.
            wait_for_all_but<1>();
            if (lane == 0 && before < STAGES) arrive(empty + before * 8);
            before = stage;
            next();
        }
        __syncwarp();
        wait_for_all_but<0>();
        fence(sums);
        if (lane == 0 && before < STAGES) arrive(empty + before * 8);
        const OutputTile to = target(p, s);
#pragma unroll
        for (u32 half = 0; half < 2; ++half)
#pragma unroll
            for (u32 j = 0; j < 32; ++j) {
                acc_t out[2] = {sums[j * 4 + half * 2], sums[j * 4 + half * 2 + 1]};
                finish<2>(to, row + half * 8, column + j * 8, out);
            }
    }
}
#endif
