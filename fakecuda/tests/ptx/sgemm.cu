// C = A B, row-major, 64 x 64 x 16 tiles, 4 x 4 a thread; MISSING_BARRIER leaves one __syncthreads
// out.
extern "C" __global__ void __launch_bounds__(256)
sgemm(const float* __restrict__ A, const float* __restrict__ B, float* __restrict__ C, int M, int N, int K) {
    __shared__ __align__(16) float As[16][68];
    __shared__ __align__(16) float Bs[16][64];
    int t = threadIdx.x, tx = t % 16, ty = t / 16, row0 = blockIdx.y * 64, col0 = blockIdx.x * 64;
    float acc[4][4] = {};
    for (int k0 = 0; k0 < K; k0 += 16) {
        { int r = t / 4, c = (t % 4) * 4;
          float4 v = make_float4(0, 0, 0, 0);
          if (row0 + r < M && k0 + c + 3 < K) v = *(const float4*)&A[(size_t)(row0 + r) * K + k0 + c];
          As[c][r] = v.x; As[c + 1][r] = v.y; As[c + 2][r] = v.z; As[c + 3][r] = v.w; }
        { int r = t / 16, c = (t % 16) * 4;
          float4 v = make_float4(0, 0, 0, 0);
          if (k0 + r < K && col0 + c + 3 < N) v = *(const float4*)&B[(size_t)(k0 + r) * N + col0 + c];
          *(float4*)&Bs[r][c] = v; }
        __syncthreads();
#pragma unroll
        for (int k = 0; k < 16; ++k) {
            float4 a = *(const float4*)&As[k][ty * 4], b = *(const float4*)&Bs[k][tx * 4];
            float av[4] = {a.x, a.y, a.z, a.w}, bv[4] = {b.x, b.y, b.z, b.w};
#pragma unroll
            for (int i = 0; i < 4; ++i)
#pragma unroll
                for (int j = 0; j < 4; ++j) acc[i][j] = fmaf(av[i], bv[j], acc[i][j]);
        }
#ifndef MISSING_BARRIER
        __syncthreads();
#endif
    }
    for (int i = 0; i < 4; ++i) {
        int r = row0 + ty * 4 + i, c = col0 + tx * 4;
        if (r < M && c + 3 < N) *(float4*)&C[(size_t)r * N + c] = make_float4(acc[i][0], acc[i][1], acc[i][2], acc[i][3]);
    }
}
