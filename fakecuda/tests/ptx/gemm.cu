typedef unsigned u32; typedef unsigned long long u64; typedef unsigned short u16;
struct alignas(64) Map { u64 words[16]; };
__device__ u32 at(const void* p) { return (u32)__cvta_generic_to_shared(p); }
__device__ void init(u64* b, u32 n) { asm volatile("mbarrier.init.shared::cta.b64 [%0], %1;" :: "r"(at(b)), "r"(n) : "memory"); }
__device__ void expect(u64* b, u32 bytes) { asm volatile("mbarrier.arrive.expect_tx.shared::cta.b64 _, [%0], %1;" :: "r"(at(b)), "r"(bytes) : "memory"); }
__device__ void wait(u64* b, u32 parity) {
    asm volatile("{\n.reg .pred p;\nAGAIN:\nmbarrier.try_wait.parity.shared::cta.b64 p, [%0], %1;\n@p bra DONE;\nbra AGAIN;\nDONE:\n}" :: "r"(at(b)), "r"(parity) : "memory"); }
__device__ u64 desc(u32 a, u32 lead, u32 stride) { return (u64)((a >> 4) & 0x3fff) | (u64)(lead >> 4) << 16 | (u64)(stride >> 4) << 32 | 1ull << 62; }
#define S 3
#define SIZE 2
extern __shared__ __align__(1024) char sm[];
// A whole kernel: C [M, N] f32 = A [M, K] bf16 times B [N, K]; tiles of 64, a warp group that
// copies and one that multiplies, clusters of two blocks along M that each bring half of B's tile
// to both. `mode` asks for mistakes.
extern "C" __global__ void __launch_bounds__(256) gemm(const __grid_constant__ Map ma, const __grid_constant__ Map mb, const __grid_constant__ Map mc, int K, int mode) {
    __shared__ u64 full[S], empty[S];
    u32 rank = __clusterRelativeBlockRank(); int wg = threadIdx.x / 128, t = threadIdx.x % 128;
    if (threadIdx.x == 0) { for (int i = 0; i < S; ++i) { init(full + i, 1); init(empty + i, SIZE); } asm volatile("fence.mbarrier_init.release.cluster;" ::: "memory"); }
    asm volatile("barrier.cluster.arrive.relaxed.aligned;" ::: "memory"); asm volatile("barrier.cluster.wait.acquire.aligned;" ::: "memory");
    char* a = sm; char* b = sm + S * 8192; float* c = (float*)(sm + S * 16384);
    int steps = K / 64;
    if (wg == 0) {
        asm volatile("setmaxnreg.dec.sync.aligned.u32 40;");
        if (t == 0) for (int k = 0; k < steps; ++k) { int s = k % S; 
            if (k >= S && mode != 1) wait(empty + s, (k / S - 1) & 1);
            expect(full + s, 16384);
            asm volatile("cp.async.bulk.tensor.2d.shared::cluster.global.tile.mbarrier::complete_tx::bytes [%0], [%1, {%2, %3}], [%4];" :: "r"(at(a + s * 8192)), "l"(&ma), "r"(k * 64), "r"(blockIdx.x * 64), "r"(at(full + s)) : "memory");
            asm volatile("cp.async.bulk.tensor.2d.shared::cluster.global.tile.mbarrier::complete_tx::bytes.multicast::cluster [%0], [%1, {%2, %3}], [%4], %5;" :: "r"(at(b + s * 8192 + rank * 4096)), "l"(&mb), "r"(k * 64), "r"(blockIdx.y * 64 + rank * 32), "r"(at(full + s)), "h"((u16)3) : "memory"); }
    } else {
        asm volatile("setmaxnreg.inc.sync.aligned.u32 232;");
        float d[32]; for (int i = 0; i < 32; ++i) d[i] = 0;
        for (int k = 0; k < steps; ++k) { int s = k % S; wait(full + s, (k / S) & 1);
            asm volatile("wgmma.fence.sync.aligned;" ::: "memory");
            for (int q = 0; q < 4; ++q) {
                u64 da = desc(at(a + s * 8192) + q * 32, 16, 1024), db = desc(at(b + s * 8192) + q * 32, 16, 1024);
                asm volatile("wgmma.mma_async.sync.aligned.m64n64k16.f32.bf16.bf16 {%0,%1,%2,%3,%4,%5,%6,%7,%8,%9,%10,%11,%12,%13,%14,%15,%16,%17,%18,%19,%20,%21,%22,%23,%24,%25,%26,%27,%28,%29,%30,%31}, %32, %33, 1, 1, 1, 0, 0;"
                  : "+f"(d[0]),"+f"(d[1]),"+f"(d[2]),"+f"(d[3]),"+f"(d[4]),"+f"(d[5]),"+f"(d[6]),"+f"(d[7]),"+f"(d[8]),"+f"(d[9]),"+f"(d[10]),"+f"(d[11]),"+f"(d[12]),"+f"(d[13]),"+f"(d[14]),"+f"(d[15]),"+f"(d[16]),"+f"(d[17]),"+f"(d[18]),"+f"(d[19]),"+f"(d[20]),"+f"(d[21]),"+f"(d[22]),"+f"(d[23]),"+f"(d[24]),"+f"(d[25]),"+f"(d[26]),"+f"(d[27]),"+f"(d[28]),"+f"(d[29]),"+f"(d[30]),"+f"(d[31]) : "l"(da), "l"(db)); }
            asm volatile("wgmma.commit_group.sync.aligned;" ::: "memory");
            if (mode == 2 && k == steps - 1) {} else asm volatile("wgmma.wait_group.sync.aligned 0;" ::: "memory");
            asm volatile("bar.sync 1, 128;" ::: "memory");
            if (t < SIZE) { u32 to; asm("mapa.shared::cluster.u32 %0, %1, %2;" : "=r"(to) : "r"(at(empty + s)), "r"(t)); asm volatile("mbarrier.arrive.release.cluster.shared::cluster.b64 _, [%0];" :: "r"(to) : "memory"); } }
        int w = t / 32, g = t % 32 / 4, q = t % 4 * 2;
        for (int j = 0; j < 8; ++j) for (int i = 0; i < 4; ++i) c[(w * 16 + g + 8 * (i / 2)) * 64 + j * 8 + q + i % 2] = d[j * 4 + i];
        if (mode != 3) asm volatile("fence.proxy.async.shared::cta;" ::: "memory"); asm volatile("bar.sync 1, 128;" ::: "memory");
        if (t == 0) { asm volatile("cp.async.bulk.tensor.2d.global.shared::cta.tile.bulk_group [%0, {%1, %2}], [%3];" :: "l"(&mc), "r"(blockIdx.y * 64), "r"(blockIdx.x * 64), "r"(at(c)) : "memory"); asm volatile("cp.async.bulk.commit_group;"); asm volatile("cp.async.bulk.wait_group.read 0;" ::: "memory"); }
    }
    if (mode != 4) { asm volatile("barrier.cluster.arrive.aligned;" ::: "memory"); asm volatile("barrier.cluster.wait.aligned;" ::: "memory"); }
}
