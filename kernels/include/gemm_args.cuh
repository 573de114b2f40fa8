// Generated from src/cuda/structs/gemm.rs by `STRUCTS=write cargo test --lib headers`.
// The arguments of a matrix product.
#pragma once
#include "scalar.cuh"

// The product C = act(A·B + bias) of a batch of row-major matrices.
struct GemmArgs {
    const scalar_t* a;     // `[m, k]`; transposed `[k, m]`.
    const scalar_t* b;     // `[k, n]`; transposed `[n, k]`.
    const scalar_t* bias;  // `[n]`, or null.
    void* c;               // `[m, n]`.
    acc_t* parts;          // Partial sums `[splits, batch, m, n]` where several thread blocks share a sum, else null.
    // Strides in elements: `…_row` between stored rows, `…_batch` between products of the
    // batch.
    u64 a_row;
    u64 a_step;            // Elements from one lot of rows of A to the next.
    u64 a_batch;
    u64 b_row;
    u64 b_batch;
    u64 bias_batch;
    u64 c_row;
    u64 c_batch;
    u32 m;
    u32 n;
    u32 k;
    u32 batch;
    u32 lot;               // Rows of A (not transposed) that lie `a_row` apart: a lot. Lots lie `a_step` apart.
    u32 splits;            // Thread blocks that share a sum: each adds `depth` of the k products.
    u32 depth;
    u32 unused;
};
static_assert(sizeof(GemmArgs) == 136, "GemmArgs has another size in Rust");
