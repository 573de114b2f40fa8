//! The one place that launches kernels.

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
    CUlaunchAttribute, CUlaunchAttributeID, CUlaunchAttributeValue, CUlaunchAttributeValue_union__bindgen_ty_1, CUlaunchConfig, CUstream,
    cuLaunchKernelEx,
};
use std::ffi::c_void;

/// The shape of a launch.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Shape {
    pub(crate) blocks: u32,
    pub(crate) threads: u32,
    /// Bytes of dynamic shared memory of a block.
    pub(crate) shared: u32,
    /// Blocks of a cluster; 0: there are none. It must divide `blocks`.
    pub(crate) cluster: u32,
    /// Whether all blocks must be on the device at once, since they wait for each other.
    pub(crate) together: bool,
}

impl Shape {
    /// A thread for each of `items`, in blocks of whole warps.
    pub(crate) fn of(items: u64, threads: u32) -> Self {
        let blocks = items.div_ceil(u64::from(threads)).clamp(1, (1 << 31) - 1);
        Self { blocks: blocks as u32, threads, ..Self::default() }
    }

    /// What a launch of this shape is told beside its numbers.
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

    /// A launch of this shape, as the driver has it: it points to the attributes.
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
    /// `arguments` must be the kernel's parameters, in order, each of its type. The memory on the
    /// device that they point to must be allocated, be as large as the kernel assumes, and stay
    /// allocated until the stream has run the kernel.
    unsafe fn launch(&self, shape: Shape, stream: &Stream, arguments: &mut [*mut c_void]) -> Result<()> {
        let Shape { blocks, threads, shared, cluster, together } = shape;
        if cluster == 0 && !together {
            // SAFETY: function and stream are alive; the driver copies the arguments before it
            // returns; the caller guarantees the rest.
            let answer = unsafe { result::launch_kernel(self.function, (blocks, 1, 1), (threads, 1, 1), shared, stream.raw(), arguments) };
            return self.context().check("cuLaunchKernel", answer);
        }
        let mut attributes = shape.attributes();
        let config = shape.config(&mut attributes, stream.raw());
        // SAFETY: as above; the driver reads the attributes before it returns, too.
        let answer = unsafe { cuLaunchKernelEx(&raw const config, self.function, arguments.as_mut_ptr(), std::ptr::null_mut()) };
        self.context().check("cuLaunchKernelEx", answer.result())
    }
}

impl Kernel<signature::Whole> {
    /// A kernel (launch arguments, params).
    pub(crate) fn run(&self, shape: Shape, stream: &Stream, args: &LaunchArgs, params: &[u8]) -> Result<()> {
        let mut arguments = [address(args), params.as_ptr().cast_mut().cast()];
        // SAFETY: the signature is (LaunchArgs, Params). The kernel's `LaunchArgs` is generated
        // from the struct here, and the compiler compares the size of `Params` with PARAMS_BYTES.
        // The engine fills the launch arguments with regions of its own buffers, sized by the same
        // plan, and keeps the buffers until its streams are done.
        unsafe { self.launch(shape, stream, &mut arguments) }
    }
}

impl Kernel<signature::Step> {
    /// A kernel (address of launch arguments, params, address of the cursor, offset).
    pub(crate) fn step(&self, shape: Shape, stream: &Stream, (args, cursor): (u64, u64), params: &[u8], offset: u32) -> Result<()> {
        let mut arguments = [address(&args), params.as_ptr().cast_mut().cast(), address(&cursor), address(&offset)];
        // SAFETY: the signature is (LaunchArgs*, Params, u32*, u32). At `args` the engine has put a
        // LaunchArgs in the stream's order, and `cursor` is the address of a u32 of the engine; the
        // rest as in `run`.
        unsafe { self.launch(shape, stream, &mut arguments) }
    }
}

impl Kernel<signature::FusedLayers> {
    /// `stack_scan`: the address of its parts.
    pub(crate) fn stack(&self, shape: Shape, stream: &Stream, parts: u64) -> Result<()> {
        let mut arguments = [address(&parts)];
        // SAFETY: the signature is (const char*). At `parts` the engine has put, in the stream's
        // order, a LaunchArgs and the parameters of each part, at the offsets that the kernel was
        // compiled with; the rest as in `run`.
        unsafe { self.launch(shape, stream, &mut arguments) }
    }
}

impl Kernel<signature::Connect> {
    /// A pass of `network/connect.cu`.
    pub(crate) fn connect(&self, shape: Shape, stream: &Stream, args: &ConnectArgs) -> Result<()> {
        let mut arguments = [address(args)];
        // SAFETY: the signature is (ConnectArgs), and the kernel's struct is generated from the one
        // here. The caller passes addresses of its own buffers: `pre` counts and `pre + 1` offsets,
        // and as many targets, weights and delays as the last offset says, or none. It waits for
        // the stream before it frees them.
        unsafe { self.launch(shape, stream, &mut arguments) }
    }
}

impl Kernel<signature::NetworkScan> {
    /// `network_scan`: addresses of the groups' tables and of the barrier's counter, the steps, and
    /// whether the warps of a block share long rows.
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
        // in the stream's order, a table for each group, at the offsets that the kernel was
        // compiled with, and the kernel's structs are generated from those here; the counter is a
        // u32 of the engine, and 0; the rest as in `run`.
        unsafe { self.launch(shape, stream, &mut arguments) }
    }
}

impl Kernel<signature::NetworkStep> {
    /// `network_step`: addresses of the groups' tables and of the cursor, an offset, and as above.
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
    /// `tile_pack`, of Wh at `from`.
    pub(crate) fn pack(&self, stream: &Stream, from: u64, to: u64, lanes: usize) -> Result<()> {
        let mut arguments = [address(&from), address(&to)];
        // SAFETY: the signature is (const scalar_t*, Lane*). Both are the engine's: a weight [H,
        // G·H], and room for so many lanes' parts, which the kernel, compiled for the same cut,
        // knows the number of.
        unsafe { self.launch(Shape::of(lanes as u64, 256), stream, &mut arguments) }
    }
}

impl Kernel<signature::Product> {
    /// A kernel of `matmul/`.
    pub(crate) fn product(&self, shape: Shape, stream: &Stream, product: &GemmArgs) -> Result<()> {
        let mut arguments = [address(product)];
        // SAFETY: the signature is (GemmArgs), and the kernel's struct is generated from the one
        // here. The caller passes addresses of its own buffers, as large as the product's sizes
        // say, and waits for the stream before it frees them.
        unsafe { self.launch(shape, stream, &mut arguments) }
    }
}

impl Kernel<signature::ByMaps> {
    /// `product_by_maps` of `hopper.cu`, of so many tiles.
    pub(crate) fn product_by_maps(&self, shape: Shape, stream: &Stream, product: &GemmArgs, maps: &Maps, tiles: u32) -> Result<()> {
        let mut arguments = [address(product), address(&maps.a), address(&maps.b), address(&tiles)];
        // SAFETY: the signature is (GemmArgs, TensorMap, TensorMap, u32), and a map has 128 bytes;
        // the maps were made for this product. The rest as in `product`.
        unsafe { self.launch(shape, stream, &mut arguments) }
    }
}

impl Kernel<signature::Advance> {
    /// `cursor_advance`.
    pub(crate) fn advance(&self, stream: &Stream, cursor: u64, by: u32) -> Result<()> {
        let mut arguments = [address(&cursor), address(&by)];
        // SAFETY: the signature is (u32*, u32), and the cursor is a u32 of the engine's.
        unsafe { self.launch(Shape::of(1, 1), stream, &mut arguments) }
    }
}

impl Kernel<signature::Check> {
    /// `check_finite` over `len` elements at `at`.
    pub(crate) fn check(&self, stream: &Stream, at: u64, len: u64, found: u64) -> Result<()> {
        let mut arguments = [address(&at), address(&len), address(&found)];
        let shape = Shape::of(len.min(1 << 20), 256);
        // SAFETY: the signature is (const scalar_t*, u64, u64*); the engine hands in `len` elements
        // of its own type within one buffer.
        unsafe { self.launch(shape, stream, &mut arguments) }
    }
}

fn address<V>(value: &V) -> *mut c_void {
    std::ptr::from_ref(value).cast_mut().cast()
}
