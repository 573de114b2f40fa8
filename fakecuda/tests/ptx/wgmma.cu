// One group of four warps multiplies A [64, k] by B [n, k], which the host lays out in shared
// memory. D: [64, n].
#define K extern "C" __global__ void
typedef unsigned u32; typedef unsigned long long u64;
#define D8(d) "+f"(d[0]), "+f"(d[1]), "+f"(d[2]), "+f"(d[3]), "+f"(d[4]), "+f"(d[5]), "+f"(d[6]), "+f"(d[7])
#define REGS8 "{%0,%1,%2,%3,%4,%5,%6,%7}"
#define SS(name, op, more) __device__ void name(float* d, u64 a, u64 b, u32 add) { \
    asm volatile("{ .reg .pred p; setp.ne.u32 p, %10, 0; wgmma.mma_async.sync.aligned.m64n16" op " " REGS8 ", %8, %9, p, 1, 1" more "; }" : D8(d) : "l"(a), "l"(b), "r"(add)); }
SS(f16, "k16.f32.f16.f16", ", 0, 0") SS(bf16, "k16.f32.bf16.bf16", ", 0, 0") SS(bf16_mn, "k16.f32.bf16.bf16", ", 1, 1") SS(tf32, "k8.f32.tf32.tf32", "")
__device__ void rs(float* d, const u32* a, u64 b, u32 add) {
    asm volatile("{ .reg .pred p; setp.ne.u32 p, %13, 0; wgmma.mma_async.sync.aligned.m64n16k16.f32.bf16.bf16 " REGS8 ", {%8,%9,%10,%11}, %12, p, -1, 1, 0; }" : D8(d) : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "l"(b), "r"(add)); }
#define FENCE asm volatile("wgmma.fence.sync.aligned;" ::: "memory")
#define COMMIT asm volatile("wgmma.commit_group.sync.aligned;" ::: "memory")
#define WAIT(n) asm volatile("wgmma.wait_group.sync.aligned " #n ";" ::: "memory")
extern __shared__ __align__(1024) uint4 s[];
__device__ void fill(const uint4* image, u32 n, u32 mode) { for (u32 k = threadIdx.x; k < n; k += 128) s[k] = image[k]; if (mode != 1) asm volatile("fence.proxy.async.shared::cta;" ::: "memory"); __syncthreads(); }
// a, b: descriptors; by_a, by_b: what is added to them from step to step. kind 0 f16, 1 bf16, 2
// bf16 across, 3 tf32, 4 A in registers, negated
K product(const uint4* image, u32 n, const u32* regs, u64 a, u64 b, u64 by_a, u64 by_b, u32 steps, u32 kind, u32 mode, float* D) {
    fill(image, n, mode); int t = threadIdx.x, w = t / 32, g = t % 32 / 4, c = t % 4 * 2; float d[8]; for (int k = 0; k < 8; ++k) d[k] = 7;
    if (mode != 3) FENCE;
    for (u32 k = 0; k < steps; ++k) { u32 add = k > 0 || mode == 9;
        if (kind == 0) f16(d, a, b, add); else if (kind == 1) bf16(d, a, b, add); else if (kind == 2) bf16_mn(d, a, b, add); else if (kind == 3) tf32(d, a, b, add);
        else { u32 r[4]; for (int i = 0; i < 4; ++i) r[i] = regs[(k * 4 + i) * 128 + t]; rs(d, r, b, add); }
        a += by_a; b += by_b; COMMIT; }
    if (mode == 4) s[t] = image[t + 128];
    if (mode == 5) WAIT(1); else if (mode != 2) WAIT(0);
    for (int j = 0; j < 2; ++j) for (int i = 0; i < 4; ++i) D[(w * 16 + g + 8 * (i / 2)) * 16 + j * 8 + c + i % 2] = d[j * 4 + i]; }
// n = 8 with sums in f16: D as it lies in the registers, [2, 128].
K halves(const uint4* image, u32 n, u64 a, u64 b, u32* D) { fill(image, n, 0); u32 d[2] = {0, 0}; FENCE;
    asm volatile("{ .reg .pred p; setp.eq.u32 p, 0, 0; wgmma.mma_async.sync.aligned.m64n8k16.f16.f16.f16 {%0,%1}, %2, %3, p, 1, 1, 0, 0; }" : "+r"(d[0]), "+r"(d[1]) : "l"(a), "l"(b)); COMMIT; WAIT(0);
    D[threadIdx.x] = d[0]; D[128 + threadIdx.x] = d[1]; }
