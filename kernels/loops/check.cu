// Looks for NaN and infinity: *found becomes the smallest index of one, if that is smaller than
// *found.
#include "scalar.cuh"

extern "C" __global__ void check_finite(const scalar_t* __restrict__ x, u64 len, u64* __restrict__ found) {
    const u64 stride = (u64)gridDim.x * blockDim.x;
    for (u64 j = (u64)blockIdx.x * blockDim.x + threadIdx.x; j < len; j += stride) {
        const acc_t v = load(x + j);
        // v − v is 0 for every finite v alone.
        if (!(v - v == acc_t(0))) {
            atomicMin(found, j);
            return;
        }
    }
}
