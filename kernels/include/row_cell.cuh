// A recurrent cell as a part of a stack: one row, over all steps of the chunk. The kernel is put together in src/cuda/engine/fused_layers.rs.
#pragma once
#include "recurrent.cuh"

__device__ __forceinline__ void run_row(const Job& job, const Params&) { make_steps(job, 0, job.steps); }
