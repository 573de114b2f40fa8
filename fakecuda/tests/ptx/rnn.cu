// Persistent recurrent network: h[t+1] = tanh(W h[t] + x[t]), its rows of W in dynamic shared
// memory, a barrier over the grid in global memory between steps; MISSING_GRID_BARRIER puts a
// block's barrier in its place.
__device__ void grid_barrier(unsigned* bar, unsigned goal) {
    __syncthreads();
    if (threadIdx.x == 0) {
        asm volatile("red.release.gpu.global.add.u32 [%0], %1;" :: "l"(bar), "r"(1) : "memory");
        unsigned v;
        do { asm volatile("ld.acquire.gpu.global.u32 %0, [%1];" : "=r"(v) : "l"(bar) : "memory"); } while (v < goal);
    }
    __syncthreads();
}
extern "C" __global__ void rnn(const float* __restrict__ W, const float* __restrict__ x, float* h, unsigned* bar, int H, int T) {
    extern __shared__ float smem[];
    int rows = (H + gridDim.x - 1) / gridDim.x, r0 = blockIdx.x * rows, nr = min(rows, H - r0);
    float *Ws = smem, *hs = smem + rows * H;
    for (int i = threadIdx.x; i < nr * H; i += blockDim.x) Ws[i] = W[(size_t)r0 * H + i];
    __syncthreads();
    int lane = threadIdx.x & 31, w = threadIdx.x >> 5, nw = blockDim.x >> 5;
    for (int t = 0; t < T; ++t) {
        const float* src = h + (size_t)t * H; float* dst = h + (size_t)(t + 1) * H;
        for (int i = threadIdx.x; i < H; i += blockDim.x) hs[i] = __ldcg(&src[i]);
        __syncthreads();
        for (int r = w; r < nr; r += nw) {
            float s = 0.f;
            for (int k = lane; k < H; k += 32) s = fmaf(Ws[r * H + k], hs[k], s);
#pragma unroll
            for (int o = 16; o > 0; o >>= 1) s += __shfl_xor_sync(0xffffffffu, s, o);
            if (lane == 0) dst[r0 + r] = tanhf(s + x[(size_t)t * H + r0 + r]);
        }
#ifndef MISSING_GRID_BARRIER
        grid_barrier(bar, (unsigned)(t + 1) * gridDim.x);
#else
        __syncthreads();
#endif
    }
}
