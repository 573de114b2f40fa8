//! The only place that launches kernels.

use super::module::Kernel;
use super::signature;
use super::stream::Stream;
use super::tensor_maps::Maps;
use crate::connectivity::device::ConnectArgs;
use crate::cuda::structs::gemm::GemmArgs;
use crate::cuda::structs::launch_args::LaunchArgs;
use crate::error::Result;
use cudarc::driver::result;
use cudarc::driver::sys::{
    CUlaunchAttribute, CUlaunchAttributeID, CUlaunchAttributeValue, CUlaunchAttributeValue_union__bindgen_ty_1,
    CUlaunchConfig, CUstream, cuLaunchKernelEx,
};
use std::ffi::c_void;

/// The configuration of a launch, in one dimension.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Shape {
    pub(crate) blocks: u32,
    pub(crate) threads: u32,
    /// Dynamic shared memory of a thread block, in bytes.
    pub(crate) shared: u32,
    /// Thread blocks per cluster, or 0 for a launch without clusters. It must divide `blocks`.
    pub(crate) cluster: u32,
    /// Whether the launch is cooperative: all thread blocks must be resident at once, since they
    /// wait for each other.
    pub(crate) together: bool,
}

impl Shape {
    /// One thread for each of `items`, in blocks of `threads` threads.
    pub(crate) fn of(items: u64, threads: u32) -> Self {
        let blocks = items.div_ceil(u64::from(threads)).clamp(1, (1 << 31) - 1);
        Self { blocks: blocks as u32, threads, ..Self::default() }
    }

    /// The launch attributes of this shape.
    pub(crate) fn attributes(self) -> Vec<CUlaunchAttribute> {
        let attribute = |id, value| CUlaunchAttribute { id, pad: [0; 4], value };
        let mut attributes = Vec::with_capacity(2);
        if self.cluster > 0 {
            let dimensions = CUlaunchAttributeValue_union__bindgen_ty_1 { x: self.cluster, y: 1, z: 1 };
            let value = CUlaunchAttributeValue { clusterDim: dimensions };
            attributes.push(attribute(CUlaunchAttributeID::CU_LAUNCH_ATTRIBUTE_CLUSTER_DIMENSION, value));
        }
        if self.together {
            let value = CUlaunchAttributeValue { cooperative: 1 };
            attributes.push(attribute(CUlaunchAttributeID::CU_LAUNCH_ATTRIBUTE_COOPERATIVE, value));
        }
        attributes
    }

    /// The driver's launch configuration for this shape. It points to `attributes`.
    pub(crate) fn config(self, attributes: &mut [CUlaunchAttribute], stream: CUstream) -> CUlaunchConfig {
        CUlaunchConfig {
            gridDimX: self.blocks,
            gridDimY: 1,
            gridDimZ: 1,
            blockDimX: self.threads,
            blockDimY: 1,
            blockDimZ: 1,
            sharedMemBytes: self.shared,
            hStream: stream,
            attrs: attributes.as_mut_ptr(),
            numAttrs: attributes.len() as u32,
        }
    }
}

impl<S> Kernel<S> {
    /// Enqueues a launch of a kernel with exactly these parameters.
    ///
    /// # Safety
    /// `arguments` must be the kernel's parameters, in order, each of its type. The device memory
    /// that they point to must be allocated, must be as large as the kernel assumes, and must stay
    /// allocated until the stream has finished this launch.
    unsafe fn launch(&self, shape: Shape, stream: &Stream, arguments: &mut [*mut c_void]) -> Result<()> {
        let Shape { blocks, threads, shared, cluster, together } = shape;
        if cluster == 0 && !together {
            // SAFETY: function and stream are alive; the driver copies the arguments before it
            // returns; the rest is guaranteed by the caller.
            let answer = unsafe {
                result::launch_kernel(self.function, (blocks, 1, 1), (threads, 1, 1), shared, stream.raw(), arguments)
            };
            return self.context().check("cuLaunchKernel", answer);
        }
        let mut attributes = shape.attributes();
        let config = shape.config(&mut attributes, stream.raw());
        // SAFETY: as above; the driver also reads the attributes before it returns.
        let answer =
            unsafe { cuLaunchKernelEx(&raw const config, self.function, arguments.as_mut_ptr(), std::ptr::null_mut()) };
        self.context().check("cuLaunchKernelEx", answer.result())
    }
}

impl Kernel<signature::Whole> {
    /// Launches a kernel with the parameters (job, params).
    pub(crate) fn run(&self, shape: Shape, stream: &Stream, args: &LaunchArgs, params: &[u8]) -> Result<()> {
        let mut arguments = [address(args), params.as_ptr().cast_mut().cast()];
        // SAFETY: the signature is (Job, Params). Both were compared with the kernel's types when
        // it was compiled, `Job` field by field and `Params` by PARAMS_BYTES. The engine fills the
        // job with regions of its own buffers, sized by the same plan, and keeps those until its
        // streams have finished.
        unsafe { self.launch(shape, stream, &mut arguments) }
    }
}

impl Kernel<signature::Step> {
    /// Launches a kernel with the parameters (address of a job, params, address of the cursor,
    /// offset).
    pub(crate) fn step(
        &self,
        shape: Shape,
        stream: &Stream,
        (args, cursor): (u64, u64),
        params: &[u8],
        offset: u32,
    ) -> Result<()> {
        let mut arguments = [address(&args), params.as_ptr().cast_mut().cast(), address(&cursor), address(&offset)];
        // SAFETY: the signature is (Job*, Params, u32*, u32). `job` is the address to which the
        // engine has copied a Job in the stream's order, `cursor` that of a u32 of the engine; the
        // rest as in `run`.
        unsafe { self.launch(shape, stream, &mut arguments) }
    }
}

impl Kernel<signature::FusedLayers> {
    /// Launches `stack_scan` with the address of its parts.
    pub(crate) fn stack(&self, shape: Shape, stream: &Stream, parts: u64) -> Result<()> {
        let mut arguments = [address(&parts)];
        // SAFETY: the signature is (const char*). At `parts` the engine has put, in the stream's
        // order, a Job and the parameters for each part, at the offsets that were compiled into the
        // kernel; the rest as in `run`.
        unsafe { self.launch(shape, stream, &mut arguments) }
    }
}

impl Kernel<signature::Connect> {
    /// Launches a pass of `connectivity/connect.cu`.
    pub(crate) fn connect(&self, shape: Shape, stream: &Stream, args: &ConnectArgs) -> Result<()> {
        let mut arguments = [address(args)];
        // SAFETY: the signature is (Connect), whose fields were compared when the kernel was
        // compiled. The caller passes addresses of its own buffers: `pre` counts, `pre + 1`
        // offsets, and either no targets, integer weights and delays or as many as the last offset
        // says. It waits for the stream before it frees them.
        unsafe { self.launch(shape, stream, &mut arguments) }
    }
}

impl Kernel<signature::NetworkScan> {
    /// Launches `network_scan` with the addresses of the groups' tables and of the counter at which
    /// thread blocks wait for each other, the number of steps, and whether the warps of a block
    /// share long synapse rows.
    pub(crate) fn network_scan(
        &self,
        shape: Shape,
        stream: &Stream,
        (tables, arrived): (u64, u64),
        steps: u32,
        has_long_rows: bool,
    ) -> Result<()> {
        let has_long_rows = u32::from(has_long_rows);
        let mut arguments = [address(&tables), address(&arrived), address(&steps), address(&has_long_rows)];
        // SAFETY: the signature is (const char*, u32*, u32, u32). At `tables` the engine has put,
        // in the stream's order, a table for each group, at the offsets that were compiled into the
        // kernel, and the fields of the tables were compared. The counter is a u32 of the engine
        // with the value 0; the rest as in `run`.
        unsafe { self.launch(shape, stream, &mut arguments) }
    }
}

impl Kernel<signature::NetworkStep> {
    /// Launches `network_step` with the addresses of the groups' tables and of the cursor, the
    /// offset from the cursor, and whether the warps of a block share long synapse rows.
    pub(crate) fn network_step(
        &self,
        shape: Shape,
        stream: &Stream,
        (tables, cursor): (u64, u64),
        offset: u32,
        has_long_rows: bool,
    ) -> Result<()> {
        let has_long_rows = u32::from(has_long_rows);
        let mut arguments = [address(&tables), address(&cursor), address(&offset), address(&has_long_rows)];
        // SAFETY: the signature is (const char*, const u32*, u32, u32); the rest as in
        // `network_scan` and `step`.
        unsafe { self.launch(shape, stream, &mut arguments) }
    }
}

impl Kernel<signature::Pack> {
    /// Launches `tile_pack`, which copies Wh at `from` to `to` in the order in which the lanes read
    /// it.
    pub(crate) fn pack(&self, stream: &Stream, from: u64, to: u64, lanes: usize) -> Result<()> {
        let mut arguments = [address(&from), address(&to)];
        // SAFETY: the signature is (const scalar_t*, Lane*). Both addresses are the engine's: a
        // weight [H, G·H], and memory for the parts of `lanes` lanes. The kernel was compiled for
        // the same tile shape, which determines their number.
        unsafe { self.launch(Shape::of(lanes as u64, 256), stream, &mut arguments) }
    }
}

impl Kernel<signature::Product> {
    /// Launches a kernel of `matmul/`.
    pub(crate) fn product(&self, shape: Shape, stream: &Stream, product: &GemmArgs) -> Result<()> {
        let mut arguments = [address(product)];
        // SAFETY: the signature is (Product), whose fields were compared when the kernel was
        // compiled. The caller passes addresses of its own buffers, which are as large as the
        // product's sizes say, and waits for the stream before it frees them.
        unsafe { self.launch(shape, stream, &mut arguments) }
    }
}

impl Kernel<signature::ByMaps> {
    /// Launches `product_by_maps` of `hopper.cu` for `tiles` tiles.
    pub(crate) fn product_by_maps(
        &self,
        shape: Shape,
        stream: &Stream,
        product: &GemmArgs,
        maps: &Maps,
        tiles: u32,
    ) -> Result<()> {
        let mut arguments = [address(product), address(&maps.a), address(&maps.b), address(&tiles)];
        // SAFETY: the signature is (Product, TensorMap, TensorMap, u32), and a tensor map has 128
        // bytes; the maps were made for this product. The rest as in `product`.
        unsafe { self.launch(shape, stream, &mut arguments) }
    }
}

impl Kernel<signature::Advance> {
    /// Launches `cursor_advance`.
    pub(crate) fn advance(&self, stream: &Stream, cursor: u64, by: u32) -> Result<()> {
        let mut arguments = [address(&cursor), address(&by)];
        // SAFETY: the signature is (u32*, u32), and the cursor is a u32 of the engine.
        unsafe { self.launch(Shape::of(1, 1), stream, &mut arguments) }
    }
}

impl Kernel<signature::Check> {
    /// Launches `check_finite` over `len` elements at `at`. The index of the first element that is
    /// not finite goes to `found`.
    pub(crate) fn check(&self, stream: &Stream, at: u64, len: u64, found: u64) -> Result<()> {
        let mut arguments = [address(&at), address(&len), address(&found)];
        let shape = Shape::of(len.min(1 << 20), 256);
        // SAFETY: the signature is (const scalar_t*, u64, u64*). The engine passes `len` elements
        // of its own type within one buffer, and the address of a u64.
        unsafe { self.launch(shape, stream, &mut arguments) }
    }
}

fn address<V>(value: &V) -> *mut c_void {
    std::ptr::from_ref(value).cast_mut().cast()
}
