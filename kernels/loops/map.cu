// A function of rows, without state, over all rows of a chunk: Job::units threads a row, each one call of
//     __device__ void map(const Job& job, const Params& p, const scalar_t* x, u64 row, u64 thread);
// where x is the input row [in], and `row` counts the output's rows, [T·B].
#include "job.cuh"

#ifdef PARAMS_BYTES
static_assert(sizeof(Params) == PARAMS_BYTES, "struct Params is not as large as the parameters in Rust");
#endif

extern "C" __global__ void map_rows(const __grid_constant__ Job job, const __grid_constant__ Params p) {
    const u64 index = (u64)blockIdx.x * blockDim.x + threadIdx.x;
    const u64 row = index / job.units;
    if (row >= job.steps * job.rows) return;
    const u64 k = row / job.rows;
    const u64 from = job.first + k * job.every;
    map(job, p, job.ports[0].at + from * job.ports[0].step + (row - k * job.rows) * job.ports[0].row, row, index - row * job.units);
}
