//! The arguments of a matrix product. `kernels/include/gemm_args.cuh` is generated from this file.

use crate::device::device_struct::device_struct;

device_struct! {
    /// The product C = act(A·B + bias) of a batch of row-major matrices.
    #[derive(Default)]
    pub(crate) struct GemmArgs {
        /// `[m, k]`; transposed `[k, m]`.
        a: u64 as "const scalar_t*",
        /// `[k, n]`; transposed `[n, k]`.
        b: u64 as "const scalar_t*",
        /// `[n]`, or null.
        bias: u64 as "const scalar_t*",
        /// `[m, n]`.
        c: u64 as "void*",
        /// Partial sums `[splits, batch, m, n]` where several thread blocks share a sum, else null.
        parts: u64 as "acc_t*",
        /// Strides in elements: `…_row` between stored rows, `…_batch` between products of the
        /// batch.
        a_row: u64,
        /// Elements from one lot of rows of A to the next.
        a_step: u64,
        a_batch: u64,
        b_row: u64,
        b_batch: u64,
        bias_batch: u64,
        c_row: u64,
        c_batch: u64,
        m: u32,
        n: u32,
        k: u32,
        batch: u32,
        /// Rows of A (not transposed) that lie `a_row` apart: a lot. Lots lie `a_step` apart.
        lot: u32,
        /// Thread blocks that share a sum: each adds `depth` of the k products.
        splits: u32,
        depth: u32,
        unused: u32,
    }
}

impl GemmArgs {
    /// Turns lots of rows of A into products of a batch where the lots do not follow each other
    /// evenly: a tensor map needs even rows.
    pub(crate) fn align_lots(&mut self) {
        let lots = self.m / self.lot.max(1);
        if lots <= 1 || self.batch != 1 || self.a_step == u64::from(self.lot) * self.a_row {
            return;
        }
        (self.m, self.batch) = (self.lot, lots);
        (self.a_batch, self.b_batch, self.bias_batch) = (self.a_step, 0, 0);
        self.c_batch = u64::from(self.lot) * self.c_row;
    }
}
