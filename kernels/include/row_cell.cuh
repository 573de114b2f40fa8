// A recurrent cell in fused layers: one batch row, all steps of the chunk.
// src/cuda/engine/fused_layers.rs assembles the kernel.
#pragma once
#include "recurrent.cuh"

__device__ __forceinline__ void run_row(const LaunchArgs& args, const Params&) { make_steps(args, 0, args.steps); }
