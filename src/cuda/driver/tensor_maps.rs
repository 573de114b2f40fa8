//! Tensor maps, which describe A and B in memory for the bulk copies of `hopper.cu`. The driver
//! encodes them again for each launch, since addresses change.

use crate::cuda::driver::context::Context;
use crate::cuda::structs::gemm::GemmArgs;
use crate::error::Result;
use crate::numeric::scalar::DType;
use cudarc::driver::sys::{
    CUtensorMap, CUtensorMapDataType, CUtensorMapFloatOOBfill, CUtensorMapInterleave, CUtensorMapL2promotion,
    CUtensorMapSwizzle, cuTensorMapEncodeTiled,
};

/// Rows of a box, and elements of each row. A row of 64 elements has 128 bytes, the width of the
/// swizzle.
const BOX: u32 = 64;

pub(crate) struct Maps {
    pub(crate) a: CUtensorMap,
    pub(crate) b: CUtensorMap,
}

impl Maps {
    /// Makes the maps of a product in `f16` or `bf16` whose rows begin and end at multiples of 16
    /// bytes. `turn_a` and `turn_b` say whether A and B are stored transposed.
    pub(crate) fn of(product: &GemmArgs, dtype: DType, [turn_a, turn_b]: [bool; 2], context: &Context) -> Result<Self> {
        let GemmArgs { m, n, k, .. } = *product;
        // The number of contiguous elements, and the number of rows.
        let a = if turn_a { [m, k] } else { [k, m] };
        let b = if turn_b { [k, n] } else { [n, k] };
        Ok(Self {
            a: encode(product.a, a, product.a_row, (product.batch, product.a_batch), dtype, context)?,
            b: encode(product.b, b, product.b_row, (product.batch, product.b_batch), dtype, context)?,
        })
    }
}

/// Encodes the map of `batch` matrices with a distance of `apart` elements, or of one matrix if the
/// distance is 0 (a shared operand). Elements of a box outside of the matrix are read as 0.
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
    // SAFETY: the map has three dimensions: three sizes, box sizes and element strides, and two
    // byte strides; all outlive the call, which writes `map` and does not read device memory.
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
