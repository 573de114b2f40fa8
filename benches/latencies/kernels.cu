// The kernels of the latencies that a step of a time loop waits for: launches, and barriers of a
// block, a cluster and a grid.
typedef unsigned u32;
#define K extern "C" __global__ void

K nothing(u32* x) {}

// `times` barriers of one block. x[0] counts, so that nothing is optimised away.
K block_barrier(u32* x, u32 times) {
    for (u32 k = 0; k < times; ++k) __syncthreads();
    if (threadIdx.x == 0) x[0] += times;
}

// `times` barriers of the whole grid, which must be resident. x[0] counts arrivals, x[1] turns;
// both start at 0.
K grid_barrier(u32* x, u32 times) {
    for (u32 k = 0; k < times; ++k) {
        __syncthreads();
        if (threadIdx.x == 0) {
            u32 turn, old;
            asm volatile("ld.relaxed.gpu.global.u32 %0, [%1];" : "=r"(turn) : "l"(x + 1) : "memory");
            asm volatile("atom.acq_rel.gpu.global.add.u32 %0, [%1], 1;" : "=r"(old) : "l"(x) : "memory");
            if (old == gridDim.x - 1) {
                asm volatile("st.relaxed.gpu.global.u32 [%0], 0;" ::"l"(x) : "memory");
                asm volatile("red.release.gpu.global.add.u32 [%0], 1;" ::"l"(x + 1) : "memory");
            } else {
                u32 now;
                do { asm volatile("ld.acquire.gpu.global.u32 %0, [%1];" : "=r"(now) : "l"(x + 1) : "memory"); } while (now == turn);
            }
        }
        __syncthreads();
    }
}

#if __CUDA_ARCH__ >= 900
#define CLUSTER(n)                                                             \
    K __cluster_dims__(n, 1, 1) cluster_barrier_##n(u32* x, u32 times) {      \
        for (u32 k = 0; k < times; ++k) {                                      \
            asm volatile("barrier.cluster.arrive.aligned;" ::: "memory");     \
            asm volatile("barrier.cluster.wait.aligned;" ::: "memory");       \
        }                                                                      \
        if (threadIdx.x == 0 && blockIdx.x == 0) x[0] += times;               \
    }
CLUSTER(4)
CLUSTER(8)
#endif
