//! The kernels that run on a GPU: what there is, what it takes, and its code.

/// What a kernel uses, as `ptxas` says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Usage {
    /// Its name.
    pub kernel: String,
    /// Registers of a thread.
    pub registers: u32,
    /// Bytes of shared memory of a block, but for what it is given at launch.
    pub shared: u32,
    /// Bytes of constant memory. For compute capability 9.0 and higher, `ptxas` does not say.
    pub constant: u32,
    /// Bytes of a thread's stack.
    pub stack: u32,
    /// Bytes that a thread puts into memory for want of registers.
    pub spill_stores: u32,
    /// Bytes that it loads back.
    pub spill_loads: u32,
}
