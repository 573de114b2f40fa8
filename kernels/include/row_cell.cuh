// A recurrent cell as a part of a stack: one row, over all steps of the chunk. The kernel is put together in src/cuda/engine/fused_layers.rs.
#pragma once
#include "recurrent.cuh"

__device__ __forceinline__ void run_row(const LaunchArgs& args, const Params&) { make_steps(args, 0, args.steps); }
