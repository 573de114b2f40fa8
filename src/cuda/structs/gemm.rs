//! What a launch of a product is given. The twin of `struct Product` in `kernels/include/product.cuh`; the fields are compared when
//! that is compiled.

use crate::device::mirror::mirror;

#[repr(C)]
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Product {
    pub(crate) a: u64,
    pub(crate) b: u64,
    pub(crate) bias: u64,
    pub(crate) c: u64,
    pub(crate) parts: u64,
    pub(crate) a_row: u64,
    pub(crate) a_step: u64,
    pub(crate) a_batch: u64,
    pub(crate) b_row: u64,
    pub(crate) b_batch: u64,
    pub(crate) bias_batch: u64,
    pub(crate) c_row: u64,
    pub(crate) c_batch: u64,
    pub(crate) m: u32,
    pub(crate) n: u32,
    pub(crate) k: u32,
    pub(crate) batch: u32,
    pub(crate) lot: u32,
    pub(crate) splits: u32,
    pub(crate) depth: u32,
    pub(crate) unused: u32,
}

impl Product {
    /// Rows of A that do not lie evenly, as a tensor map wants them, become products of a batch: one for each lot.
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

pub(crate) const BYTES: usize = 13 * 8 + 8 * 4;
const _: () = assert!(size_of::<Product>() == BYTES);

mirror!(Product as "Product" {
    a, b, bias, c, parts, a_row, a_step, a_batch, b_row, b_batch, bias_batch, c_row, c_batch, m, n, k, batch, lot, splits, depth, unused
});
