//! What a launch of a product is given. The twin of `struct Product` in `kernels/include/product.cuh`; the fields are compared when
//! that is compiled.

use crate::mirror::mirror;

#[repr(C)]
#[derive(Clone, Copy, Debug, Default)]
pub(in crate::cuda) struct Product {
    pub(in crate::cuda) a: u64,
    pub(in crate::cuda) b: u64,
    pub(in crate::cuda) bias: u64,
    pub(in crate::cuda) c: u64,
    pub(in crate::cuda) parts: u64,
    pub(in crate::cuda) a_row: u64,
    pub(in crate::cuda) a_step: u64,
    pub(in crate::cuda) a_batch: u64,
    pub(in crate::cuda) b_row: u64,
    pub(in crate::cuda) b_batch: u64,
    pub(in crate::cuda) bias_batch: u64,
    pub(in crate::cuda) c_row: u64,
    pub(in crate::cuda) c_batch: u64,
    pub(in crate::cuda) m: u32,
    pub(in crate::cuda) n: u32,
    pub(in crate::cuda) k: u32,
    pub(in crate::cuda) batch: u32,
    pub(in crate::cuda) lot: u32,
    pub(in crate::cuda) splits: u32,
    pub(in crate::cuda) depth: u32,
    pub(in crate::cuda) unused: u32,
}

impl Product {
    /// Rows of A that do not lie evenly, as a tensor map wants them, become products of a batch: one for each lot.
    pub(super) fn align_lots(&mut self) {
        let lots = self.m / self.lot.max(1);
        if lots <= 1 || self.batch != 1 || self.a_step == u64::from(self.lot) * self.a_row {
            return;
        }
        (self.m, self.batch) = (self.lot, lots);
        (self.a_batch, self.b_batch, self.bias_batch) = (self.a_step, 0, 0);
        self.c_batch = u64::from(self.lot) * self.c_row;
    }
}

pub(in crate::cuda) const BYTES: usize = 13 * 8 + 8 * 4;
const _: () = assert!(size_of::<Product>() == BYTES);

mirror!(Product as "Product" {
    a, b, bias, c, parts, a_row, a_step, a_batch, b_row, b_batch, bias_batch, c_row, c_batch, m, n, k, batch, lot, splits, depth, unused
});
