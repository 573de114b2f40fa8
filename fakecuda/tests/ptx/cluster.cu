// Clusters: shared memory of other blocks, by generic addresses and by shared::cluster ones; `mode`
// asks for mistakes.
#define K extern "C" __global__ void
typedef unsigned u32;
__device__ u32 at(const void* p) { return (u32)__cvta_generic_to_shared(p); }
__device__ u32 in_block(u32 address, u32 rank) { u32 r; asm("mapa.shared::cluster.u32 %0, %1, %2;" : "=r"(r) : "r"(address), "r"(rank)); return r; }
__device__ void arrive() { asm volatile("barrier.cluster.arrive.release.aligned;" ::: "memory"); }
__device__ void wait() { asm volatile("barrier.cluster.wait.acquire.aligned;" ::: "memory"); }
// Each block's numbers go around the cluster; y: [blocks, threads], sums: [clusters].
K ring(float* y, float* sums, u32 mode) {
    __shared__ float s[64]; __shared__ float total;
    u32 rank = __clusterRelativeBlockRank(), size = __clusterSizeInBlocks(), t = threadIdx.x;
    s[t] = blockIdx.x * 100 + t; if (t == 0) total = 0;
    if (mode != 1) { arrive(); wait(); }
    float* next = (float*)__cluster_map_shared_rank(s, (rank + 1) % size);
    float v = next[t], w;
    asm volatile("ld.shared::cluster.f32 %0, [%1];" : "=f"(w) : "r"(in_block(at(s + t), (rank + 2) % size)));
    atomicAdd((float*)__cluster_map_shared_rank(&total, 0), v);
    y[blockIdx.x * blockDim.x + t] = v + w;
    if (mode == 2 && rank == 0) return;
    arrive(); wait();
    if (rank == 0 && t == 0) sums[__clusterIdx().x] = total; }
// The same word of the neighbour, written with no barrier before it is read there.
K scatter(float* y, u32 mode) {
    __shared__ float s; u32 rank = __clusterRelativeBlockRank(), size = __clusterSizeInBlocks();
    arrive(); wait();
    asm volatile("st.shared::cluster.f32 [%0], %1;" :: "r"(in_block(at(&s), (rank + 1) % size)), "f"((float)rank) : "memory");
    if (mode == 0) { arrive(); wait(); }
    if (mode == 2) { asm volatile("barrier.cluster.arrive.relaxed.aligned;" ::: "memory"); wait(); }
    y[blockIdx.x] = *(volatile float*)&s; arrive(); wait(); }
K where(u32* y) { y += blockIdx.x * 8; y[0] = __clusterRelativeBlockRank(); y[1] = __clusterSizeInBlocks(); y[2] = __clusterIdx().x; y[3] = __clusterGridDimInClusters().x;
    y[4] = __clusterDimIsSpecified(); y[5] = __clusterRelativeBlockIdx().x; y[6] = __clusterDim().x; __shared__ int s; y[7] = __cluster_query_shared_rank(__cluster_map_shared_rank(&s, __clusterSizeInBlocks() - 1)); }
K __cluster_dims__(2, 1, 1) fixed(u32* y) { y[blockIdx.x] = __clusterSizeInBlocks(); }
// Of two blocks one arrives only.
K unmet(u32 mode) { u32 rank = __clusterRelativeBlockRank(); if (mode == 0) { if (rank == 0) { arrive(); wait(); } else __syncthreads(); if (threadIdx.x == 0 && rank) asm volatile("bar.sync 1, 64;"); } else if (mode == 1) { arrive(); arrive(); } else wait(); }
// The host adds: over the grid, with a barrier in device memory between clusters.
K grid(u32* y, u32* bar) { __shared__ u32 s; u32 rank = __clusterRelativeBlockRank(), size = __clusterSizeInBlocks();
    if (threadIdx.x == 0) { s = blockIdx.x + 1; y[blockIdx.x] = 7 * (blockIdx.x + 1); } arrive(); wait();
    u32 other = *(u32*)__cluster_map_shared_rank(&s, size - 1 - rank); arrive(); wait();
    if (rank == 0 && threadIdx.x == 0) { __threadfence(); atomicAdd(bar, 1); while (*(volatile u32*)bar < gridDim.x / size) {} __threadfence(); }
    arrive(); wait();
    u32 far = y[(blockIdx.x + size) % gridDim.x]; 
    if (threadIdx.x == 0) y[gridDim.x + blockIdx.x] = far + other; }
// Block 0 hands a number to its neighbour and says so by a flag there: released (0), fenced (1), or
// neither (2).
K flag(float* y, u32 mode) { __shared__ float s; __shared__ u32 f; u32 rank = __clusterRelativeBlockRank(); if (threadIdx.x == 0) f = 0; arrive(); wait();
    u32 there = in_block(at(&f), 1); float v = 0;
    if (rank == 0) { asm volatile("st.shared::cluster.f32 [%0], %1;" :: "r"(in_block(at(&s), 1)), "f"(42.f) : "memory");
        if (mode == 0) asm volatile("red.release.cluster.shared::cluster.add.u32 [%0], 1;" :: "r"(there) : "memory");
        else { if (mode == 1) asm volatile("fence.acq_rel.cluster;" ::: "memory"); asm volatile("st.relaxed.cluster.shared::cluster.u32 [%0], 1;" :: "r"(there) : "memory"); } }
    else { u32 got; do asm volatile("ld.acquire.cluster.shared::cta.u32 %0, [%1];" : "=r"(got) : "r"(at(&f)) : "memory"); while (!got); v = s; }
    arrive(); wait(); y[blockIdx.x] = v; }
