// One warp multiplies A [16, K] (row-major) by B [8, K] (column-major): f16 and bf16 with K = 16, tf32 with K = 8.
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
