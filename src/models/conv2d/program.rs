//! The convolution as CUDA C.

use super::geometry::Geometry;
use crate::program::{Program, Source};

/// With its parameters in the order of `struct Params`.
pub(super) fn program(geometry: &Geometry, [channels, outputs]: [usize; 2], groups: usize) -> Program {
    let side = geometry.sides.map(|s| [s.input, s.kernel, s.stride, s.dilation, s.pad().0, s.output()].map(|n| n as u64));
    let [down, across] = side;
    let params: Vec<u64> = [&down[..], &across, &[channels as u64, outputs as u64, groups as u64]].concat();
    let mut source = Source::new("conv2d.cu", include_str!("../../../kernels/models/conv2d.cu"));
    source.params = bytemuck::cast_slice(&params).to_vec();
    let places: usize = geometry.output().iter().product();
    Program::map(source, &["w", "b"], places * outputs)
}
