// Scalar functions over arrays: what the arithmetic, conversions, bits and divergence of the
// interpreter are judged by.
typedef unsigned u32; typedef unsigned long long u64;
#define K extern "C" __global__ void
#define AT int i = blockIdx.x * blockDim.x + threadIdx.x; if (i >= n) return;
__constant__ float table[4] = {1.f, 2.f, 4.f, 8.f};
__constant__ float scale = 2.f;
__device__ u32 launches;
__device__ int lut[3] = {10, 20, 30};
// y: [12, n]
K arith32(const float* a, const float* b, const float* c, float* y, int n) { AT
    float x = a[i], z = b[i], w = c[i];
    y[i] = x + z; y[n + i] = x - z; y[2 * n + i] = __fmul_rn(x, z); y[3 * n + i] = x / z; y[4 * n + i] = sqrtf(x); y[5 * n + i] = fmaf(x, z, w);
    y[6 * n + i] = fminf(x, z); y[7 * n + i] = fmaxf(x, z); y[8 * n + i] = fabsf(x); y[9 * n + i] = rintf(x); y[10 * n + i] = floorf(x); y[11 * n + i] = truncf(x); }
K arith64(const double* a, const double* b, const double* c, double* y, int n) { AT
    double x = a[i], z = b[i], w = c[i];
    y[i] = x + z; y[n + i] = x - z; y[2 * n + i] = __dmul_rn(x, z); y[3 * n + i] = x / z; y[4 * n + i] = sqrt(x); y[5 * n + i] = fma(x, z, w);
    y[6 * n + i] = fmin(x, z); y[7 * n + i] = fmax(x, z); y[8 * n + i] = fabs(x); y[9 * n + i] = rint(x); y[10 * n + i] = floor(x); y[11 * n + i] = trunc(x); }
K math32(const float* a, float* y, int n) { AT float x = a[i];
    y[i] = expf(x); y[n + i] = expm1f(x); y[2 * n + i] = logf(fabsf(x)); y[3 * n + i] = tanhf(x); y[4 * n + i] = sinf(x); y[5 * n + i] = cosf(x); y[6 * n + i] = powf(fabsf(x), 1.5f); y[7 * n + i] = erff(x); y[8 * n + i] = log1pf(fabsf(x)); y[9 * n + i] = cbrtf(x); }
K math64(const double* a, double* y, int n) { AT double x = a[i];
    y[i] = exp(x); y[n + i] = expm1(x); y[2 * n + i] = log(fabs(x)); y[3 * n + i] = tanh(x); y[4 * n + i] = sin(x); y[5 * n + i] = cos(x); y[6 * n + i] = pow(fabs(x), 1.5); y[7 * n + i] = erf(x); y[8 * n + i] = log1p(fabs(x)); y[9 * n + i] = cbrt(x); }
K fast32(const float* a, float* y, int n) { AT float x = a[i];
    y[i] = __expf(x); y[n + i] = __logf(fabsf(x)); y[2 * n + i] = __sinf(x); y[3 * n + i] = __fdividef(1.f, x); y[4 * n + i] = rsqrtf(fabsf(x));
    float t; asm("tanh.approx.f32 %0, %1;" : "=f"(t) : "f"(x)); y[5 * n + i] = t; }
K ints(const u32* a, const u32* b, u32* y, int n) { AT u32 x = a[i], z = b[i]; int s = (int)x, t = (int)z;
    y[i] = x * z; y[n + i] = __umulhi(x, z); y[2 * n + i] = (u32)__mulhi(s, t); y[3 * n + i] = z ? x / z : 7; y[4 * n + i] = z ? x % z : 7; y[5 * n + i] = t ? (u32)(s / (t | 1)) : 7; y[6 * n + i] = (u32)(s % (t | 1));
    y[7 * n + i] = x << (z & 31); y[8 * n + i] = (u32)(s >> (z & 31)); y[9 * n + i] = __popc(x) + 64 * __clz(x) + 4096 * __ffs(x); y[10 * n + i] = __brev(x); y[11 * n + i] = __byte_perm(x, z, z & 0x7777);
    y[12 * n + i] = __funnelshift_l(x, z, z & 31); y[13 * n + i] = (u32)max(s, t); y[14 * n + i] = (u32)abs(s); y[15 * n + i] = (x & z) ^ (x | ~z); }
K longs(const u64* a, const u64* b, u64* y, int n) { AT u64 x = a[i], z = b[i]; long long s = (long long)x, t = (long long)z;
    y[i] = x * z; y[n + i] = __umul64hi(x, z); y[2 * n + i] = x / (z | 1); y[3 * n + i] = (u64)(s % (t | 1)); y[4 * n + i] = (u64)(s >> (z & 63)); y[5 * n + i] = __popcll(x) + __clzll(x); y[6 * n + i] = (u64)(u32)x * (u32)z + x; y[7 * n + i] = (u64)((long long)(int)x * (int)z); }
K convert(const double* a, float* f, u64* y, int n) { AT double x = a[i];
    f[i] = (float)x; f[n + i] = __double2float_rz(x); f[2 * n + i] = (float)(int)x; f[3 * n + i] = (float)(u32)(u64)fabs(x);
    y[i] = (u64)(long long)x; y[n + i] = (u64)(u32)fabs(x); y[2 * n + i] = (u64)(long long)(signed char)(int)x; y[3 * n + i] = (u64)(unsigned short)(int)x; y[4 * n + i] = (u64)__double2int_rn(x); y[5 * n + i] = (u64)(long long)__float2int_rd((float)x); }
K halves(const float* a, unsigned short* y, float* f, int n) { AT float x = a[i]; unsigned short h, b; float p, q; u32 two;
    asm("cvt.rn.f16.f32 %0, %1;" : "=h"(h) : "f"(x)); asm("cvt.f32.f16 %0, %1;" : "=f"(p) : "h"(h));
#if __CUDA_ARCH__ >= 800
    asm("cvt.rn.bf16.f32 %0, %1;" : "=h"(b) : "f"(x));
#else
    b = 0;
#endif
    q = __uint_as_float((u32)b << 16);
    asm("cvt.rn.f16x2.f32 %0, %1, %2;" : "=r"(two) : "f"(x + 1), "f"(x));
    unsigned short s, m; asm("add.f16 %0, %1, %1;" : "=h"(s) : "h"(h)); asm("fma.rn.f16 %0, %1, %1, %1;" : "=h"(m) : "h"(h));
    u32 m2; asm("fma.rn.f16x2 %0, %1, %1, %1;" : "=r"(m2) : "r"(two));
    y[i] = h; y[n + i] = b; y[2 * n + i] = two & 0xffff; y[3 * n + i] = two >> 16; y[4 * n + i] = s; y[5 * n + i] = m; y[6 * n + i] = m2 >> 16; f[i] = p; f[n + i] = q; }
K diverge(const int* a, int* y, int n) { int i = blockIdx.x * blockDim.x + threadIdx.x; if (i >= n) return;
    int x = a[i], steps = 0; while (x != 1 && steps < 1000) { x = x & 1 ? 3 * x + 1 : x / 2; ++steps; }
    switch (a[i] % 7) { case 0: steps += 1; break; case 1: steps *= 2; break; case 2: steps -= 5; break; case 3: steps ^= 3; break; case 4: steps += 100; break; case 5: steps = -steps; break; default: steps += 7; }
    int local[8]; for (int k = 0; k < 8; ++k) local[(k * 5 + steps) & 7] = k * steps; y[i] = local[a[i] & 7] + lut[(unsigned)a[i] % 3u]; }
K warps(const u32* a, u32* y, int n) { int i = blockIdx.x * blockDim.x + threadIdx.x; u32 x = a[i], lane = i & 31;
    y[i] = __shfl_sync(~0u, x, (lane * 7) & 31); y[n + i] = __shfl_up_sync(~0u, x, 3, 16); y[2 * n + i] = __ballot_sync(~0u, x & 1); y[3 * n + i] = __any_sync(~0u, x == 3) + 2 * __all_sync(~0u, x < 1000);
    y[4 * n + i] = __match_any_sync(~0u, x & 3); 
    u32 r = 0; if (lane & 1) r = __ballot_sync(0xaaaaaaaau, x & 2); else r = __shfl_xor_sync(0x55555555u, x, 2); y[5 * n + i] = r;
    __syncwarp(); y[6 * n + i] = __activemask();
#if __CUDA_ARCH__ >= 800
    y[7 * n + i] = __reduce_add_sync(~0u, x) + __reduce_max_sync(~0u, x);
#else
    y[7 * n + i] = 0;
#endif
}
K atomics(const u32* a, u32* u, float* f, double* d, u64* l, int n) { AT u32 x = a[i];
    atomicAdd(u, x); atomicMin(u + 1, x); atomicMax(u + 2, x); atomicAnd(u + 3, x); atomicOr(u + 4, x); atomicXor(u + 5, x); atomicInc(u + 6, 4); atomicCAS(u + 7, 0u, x); atomicExch(u + 8, 5u);
    atomicAdd(f, (float)(x & 15)); atomicAdd(d, (double)(x & 15)); atomicAdd(l, (u64)x << 20); if (i == 0) atomicAdd(&launches, 1u); u[9 + (x & 3)] = 0; }
K constants(float* y, int n) { AT y[i] = table[i & 3] * scale; }
struct Pair { float a; double b; char c; };
K by_value(Pair p, double* y, const int n) { AT y[i] = p.a + p.b * p.c + i; }
K vectors(const float4* a, float2* y, int n) { AT float4 v = a[i]; y[i] = make_float2(v.x + v.y, v.z * v.w); }
__device__ __noinline__ float callee(float x, int k) { return k > 0 ? x * 0.5f + k : x; }
K calls(const float* a, float* y, int n) { AT y[i] = callee(a[i], i & 3) + callee(a[i] + 1, 2); }
K spin(u32* flag) { while (*(volatile u32*)flag == 0) {} }
K out_of_bounds(float* y, int n) { int i = blockIdx.x * blockDim.x + threadIdx.x; if (i <= n) y[i] = 1; }
K misaligned(char* y) { *(float*)(y + 2) = 1; }
K half_barrier(float* y) { if (threadIdx.x < 16) __syncthreads(); y[threadIdx.x] = 1; }
K use_shared(float* y, int at) { __shared__ float s[64]; s[threadIdx.x] = threadIdx.x; __syncthreads(); y[threadIdx.x] = s[threadIdx.x + at]; }
K race_blocks(float* y) { y[threadIdx.x] = blockIdx.x; }
K trapped() { __trap(); }
__device__ void fill(float* y, int n, float v) { AT y[i] = v; }
K filled(float* y, int n, float v) { fill(y, n, v); }
