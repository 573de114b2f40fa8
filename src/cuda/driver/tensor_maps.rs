//! Where A and B lie, as the copies of `hopper.cu` are told: tensor maps, made by the driver anew for each launch, for addresses change.

use crate::cuda::driver::context::Context;
use crate::cuda::structs::gemm::GemmArgs;
use crate::error::Result;
use crate::numeric::scalar::DType;
use cudarc::driver::sys::{
    CUtensorMap, CUtensorMapDataType, CUtensorMapFloatOOBfill, CUtensorMapInterleave, CUtensorMapL2promotion, CUtensorMapSwizzle,
    cuTensorMapEncodeTiled,
};

/// Lines of a box, and elements of each: 128 bytes, over which it is swizzled.
const BOX: u32 = 64;

pub(crate) struct Maps {
    pub(crate) a: CUtensorMap,
    pub(crate) b: CUtensorMap,
}

impl Maps {
    /// Of a product of halves whose rows begin and end at multiples of 16 bytes.
    pub(crate) fn of(product: &GemmArgs, dtype: DType, [turn_a, turn_b]: [bool; 2], context: &Context) -> Result<Self> {
        let GemmArgs { m, n, k, .. } = *product;
        // Along memory, and how many of those.
        let a = if turn_a { [m, k] } else { [k, m] };
        let b = if turn_b { [k, n] } else { [n, k] };
        Ok(Self {
            a: encode(product.a, a, product.a_row, (product.batch, product.a_batch), dtype, context)?,
            b: encode(product.b, b, product.b_row, (product.batch, product.b_batch), dtype, context)?,
        })
    }
}

/// The map of `batch` matrices `apart` elements from each other; of one where they are the same. What a box has beyond its edges is 0.
fn encode(
    at: u64,
    [columns, rows]: [u32; 2],
    row: u64,
    (batch, apart): (u32, u64),
    dtype: DType,
    context: &Context,
) -> Result<CUtensorMap> {
    let bytes = |elements: u64| elements * dtype.size() as u64;
    let kind = if dtype == DType::F16 {
        CUtensorMapDataType::CU_TENSOR_MAP_DATA_TYPE_FLOAT16
    } else {
        CUtensorMapDataType::CU_TENSOR_MAP_DATA_TYPE_BFLOAT16
    };
    let (many, apart) = if apart == 0 { (1, row * u64::from(rows)) } else { (batch, apart) };
    let sizes = [columns, rows, many].map(u64::from);
    let strides = [row, apart].map(bytes);
    let (lines, steps) = ([BOX, BOX, 1], [1_u32; 3]);
    let mut map = CUtensorMap { opaque: [0; 16] };
    // SAFETY: three dimensions: three sizes, boxes and steps, and two strides; all outlive the call, which writes `map` and reads nothing of
    // the device's memory.
    let answer = unsafe {
        cuTensorMapEncodeTiled(
            &raw mut map,
            kind,
            3,
            at as *mut std::ffi::c_void,
            sizes.as_ptr(),
            strides.as_ptr(),
            lines.as_ptr(),
            steps.as_ptr(),
            CUtensorMapInterleave::CU_TENSOR_MAP_INTERLEAVE_NONE,
            CUtensorMapSwizzle::CU_TENSOR_MAP_SWIZZLE_128B,
            CUtensorMapL2promotion::CU_TENSOR_MAP_L2_PROMOTION_L2_128B,
            CUtensorMapFloatOOBfill::CU_TENSOR_MAP_FLOAT_OOB_FILL_NONE,
        )
    };
    context.check("cuTensorMapEncodeTiled", answer.result())?;
    Ok(map)
}
