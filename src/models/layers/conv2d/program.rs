//! The program of the convolution in CUDA C.

use super::geometry::Geometry;
use crate::system::program::{ConvWindows, CudaSource, DenseProduct, Program, ProgramBody, RowFunction};

/// Returns the program. Its parameters have the order of `struct Params`.
pub(super) fn program(geometry: &Geometry, [channels, outputs]: [usize; 2], groups: usize) -> Program {
    let side = geometry.sides.map(|s| [s.input, s.kernel, s.stride, s.dilation, s.pad().0, s.output()]);
    let params: Vec<u64> =
        [&side[0][..], &side[1], &[channels, outputs, groups]].concat().iter().map(|n| *n as u64).collect();
    let mut source = CudaSource::new("conv2d.cu", include_str!("../../../../kernels/models/conv2d.cu"));
    source.params = bytemuck::cast_slice(&params).to_vec();
    let places: usize = geometry.output().iter().product();
    let each = channels / groups.max(1);
    let names = [
        ["IN_DOWN", "KERNEL_DOWN", "STRIDE_DOWN", "DILATION_DOWN", "BEFORE_DOWN", "OUT_DOWN"],
        ["IN_ACROSS", "KERNEL_ACROSS", "STRIDE_ACROSS", "DILATION_ACROSS", "BEFORE_ACROSS", "OUT_ACROSS"],
    ];
    let mut defines: Vec<_> = names.into_iter().flatten().zip(side.into_iter().flatten()).collect();
    defines.extend([("IN_CHANNELS", channels), ("WINDOW_CHANNELS", each)]);
    let windows = ConvWindows { places, channels, groups, geometry: defines };
    let product =
        DenseProduct { inputs: geometry.window() * each, outputs: outputs / groups.max(1), windows: Some(windows) };
    Program {
        body: ProgramBody::RowFunction(RowFunction {
            source,
            weights: vec!["w", "b"],
            threads: places * outputs,
            product: Some(Box::new(product)),
        }),
    }
}
