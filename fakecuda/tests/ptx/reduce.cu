// Sum and count of positives: shuffles, ballots, shared memory, one atomic a block.
__device__ float warp_sum(float x) { for (int o = 16; o > 0; o >>= 1) x += __shfl_down_sync(0xffffffffu, x, o); return x; }
extern "C" __global__ void reduce(const float* __restrict__ x, int n, float* sum, int* positive) {
    __shared__ float ws[32]; __shared__ int wc[32];
    int lane = threadIdx.x & 31, w = threadIdx.x >> 5, nw = blockDim.x >> 5;
    float s = 0; int c = 0;
    for (int base = blockIdx.x * blockDim.x; base < n; base += gridDim.x * blockDim.x) {
        int i = base + threadIdx.x; float v = i < n ? __ldg(x + i) : 0.f;
        s += v; unsigned m = __ballot_sync(0xffffffffu, v > 0.f);
        if (lane == 0) c += __popc(m);
    }
    s = warp_sum(s);
    if (lane == 0) { ws[w] = s; wc[w] = c; }
    __syncthreads();
    if (w == 0) {
        s = warp_sum(lane < nw ? ws[lane] : 0.f); c = lane < nw ? wc[lane] : 0;
        for (int o = 16; o > 0; o >>= 1) c += __shfl_xor_sync(0xffffffffu, c, o);
        if (lane == 0) { atomicAdd(sum, s); atomicAdd(positive, c); }
    }
}
