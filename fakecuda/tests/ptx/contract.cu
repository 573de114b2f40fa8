// What a large argument by value, votes, whole numbers and correctly rounded operations must be,
// bit for bit.
typedef unsigned u32; typedef unsigned short u16; typedef unsigned long long u64;
#define K extern "C" __global__ void
#define AT int i = blockIdx.x * blockDim.x + threadIdx.x; if (i >= n) return;
struct Ring { const float* x; u64 stride; u32 kind, pad; };
struct Job { u64 steps; double dt; float scale; u32 count; Ring rings[20]; float* y; double params[101]; u16 tail[7]; };
__device__ float weigh(const Job& job, u32 k, int i) { const Ring& r = job.rings[k]; return r.kind == 1 ? r.x[i * r.stride] : (float)r.kind; }
// Fields by place, by a place known at run time, and by reference.
K by_value(const __grid_constant__ Job job) {
    int i = blockIdx.x * blockDim.x + threadIdx.x; if (i >= (int)job.steps) return;
    float sum = 0; for (u32 k = 0; k < job.count; ++k) sum += weigh(job, k, i) * job.scale;
    job.y[i] = sum + (float)(job.params[i % 101] * job.dt) + job.tail[i % 7]; }
// y: [7, n], z: [7, n]
K rounded(const double* a, const double* b, const double* c, float* y, double* z, int n) { AT
    double x = a[i], v = b[i], w = c[i]; float p = (float)x, q = (float)v, r = (float)w;
    y[i] = __fdiv_rn(p, q); y[n + i] = __fsqrt_rn(fabsf(p)); y[2 * n + i] = __frcp_rn(q); y[3 * n + i] = __fmaf_rn(p, q, r);
    y[4 * n + i] = copysignf(p, q); y[5 * n + i] = __fadd_rn(p, q); y[6 * n + i] = __fsub_rn(p, q);
    z[i] = __ddiv_rn(x, v); z[n + i] = __dsqrt_rn(fabs(x)); z[2 * n + i] = __drcp_rn(v); z[3 * n + i] = __fma_rn(x, v, w); z[4 * n + i] = (double)p; z[5 * n + i] = copysign(x, v); z[6 * n + i] = __dmul_rn(x, v); }
// y: [5, n], z: [4, n]
K whole(const u64* a, float* y, double* z, int n) { AT u64 x = a[i];
    y[i] = (float)(int)x; y[n + i] = (float)(u32)x; y[2 * n + i] = (float)(long long)x; y[3 * n + i] = (float)x; y[4 * n + i] = (float)(u16)x;
    z[i] = (double)(int)x; z[n + i] = (double)(u32)x; z[2 * n + i] = (double)(long long)x; z[3 * n + i] = (double)x; }
__device__ u16 bf16_by_hand(float x) { u32 b = __float_as_uint(x); if ((b & 0x7fffffffu) > 0x7f800000u) return (u16)(b >> 16 | 0x40); return (u16)((b + 0x7fff + (b >> 16 & 1)) >> 16); }
// h: [3, n], f: [2, n]: every half there is, and f32 to halves
K halves(const float* a, u16* h, float* f, int n) { AT u16 x;
    asm("cvt.rn.f16.f32 %0, %1;" : "=h"(x) : "f"(a[i])); h[i] = x;
    asm("cvt.rn.bf16.f32 %0, %1;" : "=h"(x) : "f"(a[i])); h[n + i] = x; h[2 * n + i] = bf16_by_hand(a[i]);
    float g; asm("cvt.f32.f16 %0, %1;" : "=f"(g) : "h"((u16)i)); f[i] = g; f[n + i] = __uint_as_float((u32)i << 16); }
// A bit for each lane that is there and says yes, also in the last warp; the least of 64 bits, in
// global and in shared memory.
K votes(const u64* a, u32* bits, u64* least, int n) { int i = blockIdx.x * blockDim.x + threadIdx.x; __shared__ u64 s;
    if (threadIdx.x == 0) s = ~0ull; __syncthreads();
    u64 x = i < n ? a[i] : ~0ull; u32 b = __ballot_sync(~0u, i < n && (x & 1)); if ((i & 31) == 0) bits[i >> 5] = b;
    if (x != ~0ull) { atomicMin(least, x); atomicMin(&s, x); } __syncthreads(); if (threadIdx.x == 0) least[1 + blockIdx.x] = s; }
