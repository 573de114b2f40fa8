// Warps that hand numbers on by mbarriers; `mode` asks for mistakes.
#define K extern "C" __global__ void
typedef unsigned u32; typedef unsigned long long u64;
__device__ u32 at(const void* p) { return (u32)__cvta_generic_to_shared(p); }
__device__ void init(u64* b, u32 n) { asm volatile("mbarrier.init.shared::cta.b64 [%0], %1;" :: "r"(at(b)), "r"(n) : "memory"); }
__device__ void arrive(u64* b) { asm volatile("mbarrier.arrive.shared::cta.b64 _, [%0];" :: "r"(at(b)) : "memory"); }
__device__ void wait(u64* b, u32 parity) {
    asm volatile("{\n.reg .pred p;\nAGAIN:\nmbarrier.try_wait.parity.shared::cta.b64 p, [%0], %1;\n@p bra DONE;\nbra AGAIN;\nDONE:\n}" :: "r"(at(b)), "r"(parity) : "memory"); }
// Warp 0 copies tiles of 32 numbers into two places, warp 1 adds them up. y: [32]
K pipeline(const float* x, float* y, int tiles, u32 mode) {
    __shared__ __align__(16) float s[2][32]; __shared__ u64 full[2], empty[2]; int warp = threadIdx.x / 32, lane = threadIdx.x % 32;
    if (threadIdx.x == 0 && mode != 1) for (int k = 0; k < 2; ++k) { init(full + k, 32); init(empty + k, mode == 2 ? 33 : 32); }
    if (mode != 3) __syncthreads();
    if (warp == 0) for (int k = 0; k < tiles; ++k) { int place = k & 1;
        if (k >= 2 && mode != 4) wait(empty + place, k / 2 - 1 & 1);
        asm volatile("cp.async.ca.shared.global [%0], [%1], 4;" :: "r"(at(&s[place][lane])), "l"(x + k * 32 + lane) : "memory");
        asm volatile("cp.async.mbarrier.arrive.noinc.shared::cta.b64 [%0];" :: "r"(at(full + place)) : "memory");
        if (mode == 5) arrive(full + place); }
    else { float sum = 0; for (int k = 0; k < tiles; ++k) { int place = k & 1;
        if (mode != 6) wait(full + place, k / 2 & 1); sum += s[place][31 - lane]; arrive(empty + place); } y[lane] = sum; } }
// Test by state, drop, counts: one thread. y: [8]
K states(u32* y) { __shared__ u64 b; u64 state, other; u32 done; init(&b, 3);
    asm volatile("mbarrier.arrive.shared::cta.b64 %0, [%1];" : "=l"(state) : "r"(at(&b)) : "memory");
    asm volatile("mbarrier.pending_count.b64 %0, %1;" : "=r"(y[0]) : "l"(state));
    asm volatile("{ .reg .pred p; mbarrier.test_wait.shared::cta.b64 p, [%1], %2; selp.u32 %0, 1, 0, p; }" : "=r"(done) : "r"(at(&b)), "l"(state) : "memory"); y[1] = done;
    asm volatile("mbarrier.arrive_drop.shared::cta.b64 _, [%0];" :: "r"(at(&b)) : "memory");
    asm volatile("mbarrier.arrive.expect_tx.shared::cta.b64 _, [%0], 64;" :: "r"(at(&b)) : "memory");
    asm volatile("{ .reg .pred p; mbarrier.test_wait.shared::cta.b64 p, [%1], %2; selp.u32 %0, 1, 0, p; }" : "=r"(done) : "r"(at(&b)), "l"(state) : "memory"); y[2] = done;
    asm volatile("mbarrier.complete_tx.relaxed.cluster.shared::cluster.b64 [%0], 64;" :: "r"(at(&b)) : "memory");
    asm volatile("{ .reg .pred p; mbarrier.test_wait.shared::cta.b64 p, [%1], %2; selp.u32 %0, 1, 0, p; }" : "=r"(done) : "r"(at(&b)), "l"(state) : "memory"); y[3] = done;
    asm volatile("mbarrier.arrive.shared::cta.b64 %0, [%1], 1;" : "=l"(other) : "r"(at(&b)) : "memory"); asm volatile("mbarrier.pending_count.b64 %0, %1;" : "=r"(y[4]) : "l"(other));
    asm volatile("mbarrier.inval.shared::cta.b64 [%0];" :: "r"(at(&b)) : "memory"); init(&b, 1); arrive(&b);
    asm volatile("{ .reg .pred p; mbarrier.test_wait.parity.shared::cta.b64 p, [%1], 0; selp.u32 %0, 1, 0, p; }" : "=r"(done) : "r"(at(&b)) : "memory"); y[5] = done;
    asm volatile("{ .reg .pred p; mbarrier.test_wait.parity.shared::cta.b64 p, [%1], 1; selp.u32 %0, 1, 0, p; }" : "=r"(done) : "r"(at(&b)) : "memory"); y[6] = done; }
// Each block writes into its neighbour and arrives there; no barrier over the cluster between
// steps. y: [blocks]
K neighbours(float* y, int steps, u32 mode) {
    __shared__ float s[2]; __shared__ u64 b, ready; u32 rank = __clusterRelativeBlockRank(), size = __clusterSizeInBlocks(), next = (rank + 1) % size, before = (rank + size - 1) % size;
    if (threadIdx.x == 0) { init(&b, 1); init(&ready, 1); asm volatile("fence.mbarrier_init.release.cluster;" ::: "memory"); }
    if (mode != 2) { asm volatile("barrier.cluster.arrive.relaxed.aligned;" ::: "memory"); asm volatile("barrier.cluster.wait.acquire.aligned;" ::: "memory"); }
    float v = rank + 1;
    if (threadIdx.x == 0) for (int k = 0; k < steps; ++k) {
        u32 to, there, back; asm("mapa.shared::cluster.u32 %0, %1, %2;" : "=r"(to) : "r"(at(s)), "r"(next)); asm("mapa.shared::cluster.u32 %0, %1, %2;" : "=r"(there) : "r"(at(&b)), "r"(next)); asm("mapa.shared::cluster.u32 %0, %1, %2;" : "=r"(back) : "r"(at(&ready)), "r"(before));
        if (k && mode != 1) wait(&ready, k - 1 & 1);
        asm volatile("st.shared::cluster.f32 [%0], %1;" :: "r"(to), "f"(v) : "memory");
        asm volatile("mbarrier.arrive.release.cluster.shared::cluster.b64 _, [%0];" :: "r"(there) : "memory");
        wait(&b, k & 1); v = s[0] * 2;
        asm volatile("mbarrier.arrive.release.cluster.shared::cluster.b64 _, [%0];" :: "r"(back) : "memory"); }
    if (threadIdx.x == 0) { wait(&ready, steps - 1 & 1); y[blockIdx.x] = v; }
    asm volatile("barrier.cluster.arrive.aligned;" ::: "memory"); asm volatile("barrier.cluster.wait.aligned;" ::: "memory"); }
