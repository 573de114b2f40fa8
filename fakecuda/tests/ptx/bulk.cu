// Copies beside the threads; `mode` asks for mistakes.
#define K extern "C" __global__ void
typedef unsigned u32; typedef unsigned long long u64;
struct alignas(64) Map { u64 words[16]; };
__device__ u32 at(const void* p) { return (u32)__cvta_generic_to_shared(p); }
__device__ u32 in_block(u32 address, u32 rank) { u32 r; asm("mapa.shared::cluster.u32 %0, %1, %2;" : "=r"(r) : "r"(address), "r"(rank)); return r; }
__device__ void init(u64* b, u32 n) { asm volatile("mbarrier.init.shared::cta.b64 [%0], %1;" :: "r"(at(b)), "r"(n) : "memory"); }
__device__ void expect(u64* b, u32 bytes) { asm volatile("mbarrier.arrive.expect_tx.shared::cta.b64 _, [%0], %1;" :: "r"(at(b)), "r"(bytes) : "memory"); }
__device__ void wait(u64* b, u32 parity) {
    asm volatile("{\n.reg .pred p;\nAGAIN:\nmbarrier.try_wait.parity.shared::cta.b64 p, [%0], %1;\n@p bra DONE;\nbra AGAIN;\nDONE:\n}" :: "r"(at(b)), "r"(parity) : "memory"); }
__device__ void fence() { asm volatile("fence.proxy.async.shared::cta;" ::: "memory"); }
__device__ void sync() { asm volatile("barrier.cluster.arrive.aligned;" ::: "memory"); asm volatile("barrier.cluster.wait.aligned;" ::: "memory"); }
// 1 KiB to shared memory, doubled there, and back.
K there_and_back(const float* x, float* y, u32 mode) {
    __shared__ __align__(128) float s[256]; __shared__ u64 b; int t = threadIdx.x;
    if (t == 0) { init(&b, 1); asm volatile("fence.mbarrier_init.release.cluster;" ::: "memory"); }
    __syncthreads();
    if (t == 0) { expect(&b, mode == 1 ? 1040 : mode == 2 ? 512 : 1024);
        asm volatile("cp.async.bulk.shared::cluster.global.mbarrier::complete_tx::bytes [%0], [%1], %2, [%3];" :: "r"(at(s) + (mode == 3 ? 8 : 0)), "l"(x), "r"(1024), "r"(at(&b)) : "memory"); }
    if (mode != 4) wait(&b, 0);
    s[t] *= 2;
    if (mode != 5) fence();
    __syncthreads();
    if (t == 0) { asm volatile("cp.async.bulk.global.shared::cta.bulk_group [%0], [%1], 1024;" :: "l"(y), "r"(at(s)) : "memory"); asm volatile("cp.async.bulk.commit_group;");
        if (mode == 6) s[0] = 1;
        if (mode != 7) asm volatile("cp.async.bulk.wait_group.read 0;" ::: "memory"); s[0] = 1; } }
// A box of 3 dimensions to shared memory and to another place. out: the box as it lies in shared
// memory.
K box(const __grid_constant__ Map from, const __grid_constant__ Map to, u32* out, u32 words, int x, int y, int z) {
    extern __shared__ __align__(1024) u32 d[]; __shared__ u64 b; int t = threadIdx.x;
    if (t == 0) { init(&b, 1); asm volatile("prefetch.tensormap [%0];" :: "l"(&from)); } __syncthreads();
    if (t == 0) { expect(&b, words * 4);
        asm volatile("cp.async.bulk.tensor.3d.shared::cluster.global.tile.mbarrier::complete_tx::bytes [%0], [%1, {%2, %3, %4}], [%5];" :: "r"(at(d)), "l"(&from), "r"(x), "r"(y), "r"(z), "r"(at(&b)) : "memory"); }
    wait(&b, 0);
    for (u32 k = t; k < words; k += blockDim.x) out[k] = d[k];
    if (t == 0) { asm volatile("cp.async.bulk.tensor.3d.global.shared::cta.tile.bulk_group [%0, {%1, %2, %3}], [%4];" :: "l"(&to), "r"(x), "r"(y), "r"(z), "r"(at(d)) : "memory");
        asm volatile("cp.async.bulk.commit_group;"); asm volatile("cp.async.bulk.wait_group 0;" ::: "memory"); } }
// Block 0 gives rows to all blocks of the cluster, whose threads then send a word around by
// st.async. y: [blocks, 32]
K spread(const __grid_constant__ Map map, float* y, u32 mode) {
    __shared__ __align__(128) float s[32], r[32]; __shared__ u64 b, c; u32 rank = __clusterRelativeBlockRank(), size = __clusterSizeInBlocks(), t = threadIdx.x;
    if (t == 0) { init(&b, 1); init(&c, 1); } sync();
    if (t == 0) { expect(&b, 128); expect(&c, 128); }
    if (t == 0 && rank == 0) { u64 policy = 0;
        asm volatile("cp.async.bulk.tensor.2d.shared::cluster.global.mbarrier::complete_tx::bytes.multicast::cluster.L2::cache_hint [%0], [%1, {%2, %3}], [%4], %5, %6;" :: "r"(at(s)), "l"(&map), "r"(0), "r"(1), "r"(at(&b)), "h"((unsigned short)((1 << size) - 1)), "l"(policy) : "memory"); }
    if (mode == 1 && rank == size - 1) return;
    wait(&b, 0); u32 next = (rank + 1) % size;
    asm volatile("st.async.shared::cluster.mbarrier::complete_tx::bytes.f32 [%0], %1, [%2];" :: "r"(in_block(at(r + t), next)), "f"(s[t] + rank), "r"(in_block(at(mode == 2 ? &b : &c), mode == 3 ? rank : next)) : "memory");
    if (mode == 2) wait(&b, 0); else wait(&c, 0);
    y[blockIdx.x * 32 + t] = r[t]; sync(); }
