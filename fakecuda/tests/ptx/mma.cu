// One warp multiplies A [16, K] (row-major) by B [8, K] (column-major): f16 and bf16 with K = 16,
// tf32 with K = 8.
#define FRAGMENTS(K32) \
    int lane = threadIdx.x & 31, g = lane >> 2, t = lane & 3; \
    unsigned a[4] = {A[g * K32 + t], A[(g + 8) * K32 + t], A[g * K32 + t + 4], A[(g + 8) * K32 + t + 4]}, b[2] = {B[g * K32 + t], B[g * K32 + t + 4]}; \
    float d[4] = {0, 0, 0, 0};
#define STORE \
    D[g * 8 + t * 2] = d[0]; D[g * 8 + t * 2 + 1] = d[1]; D[(g + 8) * 8 + t * 2] = d[2]; D[(g + 8) * 8 + t * 2 + 1] = d[3];
#define MMA(name, op, K32) \
extern "C" __global__ void name(const unsigned* __restrict__ A, const unsigned* __restrict__ B, float* D) { FRAGMENTS(K32) \
    asm volatile(op " {%0,%1,%2,%3},{%4,%5,%6,%7},{%8,%9},{%0,%1,%2,%3};" : "+f"(d[0]), "+f"(d[1]), "+f"(d[2]), "+f"(d[3]) \
        : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b[0]), "r"(b[1])); STORE }
MMA(mma_bf16, "mma.sync.aligned.m16n8k16.row.col.f32.bf16.bf16.f32", 8)
MMA(mma_f16, "mma.sync.aligned.m16n8k16.row.col.f32.f16.f16.f32", 8)
MMA(mma_tf32, "mma.sync.aligned.m16n8k8.row.col.f32.tf32.tf32.f32", 8)
// The same product with its fragments read by ldmatrix after cp.async into shared memory.
extern "C" __global__ void ldmatrix_f16(const unsigned* __restrict__ A, const unsigned* __restrict__ B, float* D) {
    __shared__ __align__(16) unsigned As[128], Bs[64];
    int lane = threadIdx.x & 31, g = lane >> 2, t = lane & 3;
    unsigned sa = (unsigned)__cvta_generic_to_shared(As), sb = (unsigned)__cvta_generic_to_shared(Bs);
    asm volatile("cp.async.cg.shared.global [%0], [%1], 16;" :: "r"(sa + lane * 16), "l"(A + lane * 4));
    if (lane < 16) asm volatile("cp.async.ca.shared.global [%0], [%1], 16;" :: "r"(sb + lane * 16), "l"(B + lane * 4));
    asm volatile("cp.async.commit_group;"); asm volatile("cp.async.wait_group 0;"); __syncthreads();
    unsigned a[4], b[2];
    asm volatile("ldmatrix.sync.aligned.m8n8.x4.shared.b16 {%0,%1,%2,%3}, [%4];" : "=r"(a[0]), "=r"(a[1]), "=r"(a[2]), "=r"(a[3])
        : "r"(sa + ((lane & 15) * 8 + (lane >> 4) * 4) * 4));
    asm volatile("ldmatrix.sync.aligned.m8n8.x2.shared.b16 {%0,%1}, [%2];" : "=r"(b[0]), "=r"(b[1]) : "r"(sb + ((lane & 7) * 8 + ((lane >> 3) & 1) * 4) * 4));
    float d[4] = {0, 0, 0, 0};
    asm volatile("mma.sync.aligned.m16n8k16.row.col.f32.f16.f16.f32 {%0,%1,%2,%3},{%4,%5,%6,%7},{%8,%9},{%0,%1,%2,%3};"
        : "+f"(d[0]), "+f"(d[1]), "+f"(d[2]), "+f"(d[3]) : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b[0]), "r"(b[1]));
    STORE
}
#define K extern "C" __global__ void
__device__ unsigned at(const void* p) { return (unsigned)__cvta_generic_to_shared(p); }
#undef MMA
// Four matrices of 8 x 8 halves through shared memory and back: read or written transposed by the
// bits of `how`.
K matrices(const uint4* x, uint4* y, int how) { __shared__ __align__(16) uint4 s[32], o[32]; int t = threadIdx.x; unsigned a, b, c, d, e;
    s[t] = x[t]; __syncwarp();
    if (how & 1) asm volatile("ldmatrix.sync.aligned.m8n8.x4.trans.shared.b16 {%0,%1,%2,%3}, [%4];" : "=r"(a), "=r"(b), "=r"(c), "=r"(d) : "r"(at(s + t)) : "memory");
    else asm volatile("ldmatrix.sync.aligned.m8n8.x4.shared.b16 {%0,%1,%2,%3}, [%4];" : "=r"(a), "=r"(b), "=r"(c), "=r"(d) : "r"(at(s + t)) : "memory");
    if (how & 4) { asm volatile("movmatrix.sync.aligned.m8n8.trans.b16 %0, %1;" : "=r"(e) : "r"(a)); a = e; }
    if (how & 2) asm volatile("stmatrix.sync.aligned.m8n8.x4.trans.shared.b16 [%4], {%0,%1,%2,%3};" :: "r"(a), "r"(b), "r"(c), "r"(d), "r"(at(o + t)) : "memory");
    else asm volatile("stmatrix.sync.aligned.m8n8.x4.shared.b16 [%4], {%0,%1,%2,%3};" :: "r"(a), "r"(b), "r"(c), "r"(d), "r"(at(o + t)) : "memory");
    if (how != 8) __syncwarp(); y[t] = o[how == 8 ? (t + 1) & 31 : t]; }
// A [16, 8] by B [8, 8] (column-major) in f64, at once and in halves of 8 rows and 4 columns.
K dmma(const double* A, const double* B, double* D) { int l = threadIdx.x, g = l >> 2, t = l & 3; double d[4] = {0, 0, 0, 0}, e[4] = {0, 0, 0, 0};
    asm volatile("mma.sync.aligned.m16n8k8.row.col.f64.f64.f64.f64 {%0,%1,%2,%3},{%4,%5,%6,%7},{%8,%9},{%0,%1,%2,%3};" : "+d"(d[0]), "+d"(d[1]), "+d"(d[2]), "+d"(d[3])
        : "d"(A[g * 8 + t]), "d"(A[(g + 8) * 8 + t]), "d"(A[g * 8 + t + 4]), "d"(A[(g + 8) * 8 + t + 4]), "d"(B[g * 8 + t]), "d"(B[g * 8 + t + 4]));
    for (int k = 0; k < 8; k += 4) for (int h = 0; h < 2; ++h)
        asm volatile("mma.sync.aligned.m8n8k4.row.col.f64.f64.f64.f64 {%0,%1},{%2},{%3},{%0,%1};" : "+d"(e[2 * h]), "+d"(e[2 * h + 1]) : "d"(A[(g + 8 * h) * 8 + k + t]), "d"(B[g * 8 + k + t]));
    for (int h = 0; h < 4; ++h) { int i = (g + 8 * (h / 2)) * 8 + t * 2 + h % 2; D[i] = d[h]; D[128 + i] = e[h]; } }
// 16 bytes of which only some are read; a predicate reads none.
K fill(const float* x, float* y, int n) { __shared__ __align__(16) float s[128]; int t = threadIdx.x, left = 4 * (n - 4 * t), bytes = left < 0 ? 0 : left > 16 ? 16 : left;
    asm volatile("cp.async.cg.shared.global [%0], [%1], 16, %2;" :: "r"(at(s + 4 * t)), "l"(x + 4 * t), "r"(bytes) : "memory");
    asm volatile("{ .reg .pred p; setp.eq.u32 p, %3, 0; cp.async.cg.shared.global.L2::cache_hint [%0], [%1], 16, p, %2; }" :: "r"(at(s + 64 + 4 * t)), "l"(x + 4 * t), "l"(0ull), "r"(bytes & 16) : "memory");
    asm volatile("cp.async.wait_all;" ::: "memory"); for (int k = 0; k < 4; ++k) { y[4 * t + k] = s[4 * t + k]; y[64 + 4 * t + k] = s[64 + 4 * t + k]; } }
// Packed halves: a b + c, rounded once; f32 to halves with relu; tf32.
K packed(const unsigned* x, const float* f, unsigned* y) { int t = threadIdx.x; unsigned a = x[t], b = x[t + 32], c = x[t + 64], r;
    asm volatile("fma.rn.f16x2 %0, %1, %2, %3;" : "=r"(r) : "r"(a), "r"(b), "r"(c)); y[t] = r; asm volatile("fma.rn.bf16x2 %0, %1, %2, %3;" : "=r"(r) : "r"(a), "r"(b), "r"(c)); y[32 + t] = r;
    asm volatile("cvt.rn.relu.bf16x2.f32 %0, %1, %2;" : "=r"(r) : "f"(f[t]), "f"(f[t + 1])); y[64 + t] = r; asm volatile("cvt.rna.tf32.f32 %0, %1;" : "=r"(r) : "f"(f[t])); y[96 + t] = r; }
