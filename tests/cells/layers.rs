//! Dense and Conv2d compared with plain loops.

use crate::cells::reference::{assert_close, random};
use half::{bf16, f16};
use ndarray::{Array3, Array5, ArrayD};
use overtime::models::{Conv2d, Dense, Padding};
use overtime::{LoopOverTime, Scalar, System};

const SEED: u64 = 99;

/// The output of a layer for a series `[steps, batch, …]`, with this number of threads and this
/// block size.
fn run<T: Scalar>(layer: impl System<T>, x: &ArrayD<T>, threads: usize, block: usize) -> ArrayD<T> {
    let builder = LoopOverTime::builder(layer).batch(x.shape()[1]).threads(threads).block(block);
    builder.build().unwrap().run(x).unwrap().output
}

fn dense<T: Scalar>(tol: f64) {
    println!("seed {SEED}");
    for [steps, batch, from, to] in [[1, 1, 1, 1], [3, 7, 33, 7], [2, 65, 5, 33], [5, 3, 300, 70]] {
        let scale = 1.0 / (from as f64).sqrt();
        let (w, b) = (random::<T>(SEED, "w", from * to, scale), random::<T>(SEED, "b", to, 1.0));
        let values = random::<T>(SEED, "x", steps * batch * from, 1.0);
        let x = Array3::from_shape_vec((steps, batch, from), values.iter().map(|v| T::from_f64(*v)).collect())
            .unwrap()
            .into_dyn();
        for bias in [false, true] {
            let plain: Vec<f64> = (0..steps * batch * to)
                .map(|k| {
                    let (row, j) = (k / to, k % to);
                    let sum: f64 = (0..from).map(|i| values[row * from + i] * w[i * to + j]).sum();
                    T::from_f64(if bias { sum + b[j] } else { sum }).to_f64()
                })
                .collect();
            let layer = || Dense::<T>::new(from, to).weight("W", &w).unwrap().weight("b", &b).unwrap().bias(bias);
            let whole = run(layer(), &x, 1, usize::MAX);
            assert_close(&format!("{steps} {batch} {from} {to} {}", T::DTYPE), &whole, &plain, tol);
            assert_eq!(whole, run(layer(), &x, 2, 3));
            assert_eq!(whole, run(layer(), &x, 8, 1));
        }
    }
}

#[test]
fn dense_is_the_plain_sum() {
    dense::<f64>(1e-13);
    dense::<f32>(5e-6);
    dense::<f16>(2e-3);
    dense::<bf16>(2e-2);
}

struct Conv {
    input: (usize, usize),
    kernel: (usize, usize),
    channels: (usize, usize),
    stride: (usize, usize),
    dilation: (usize, usize),
    padding: Padding,
    groups: usize,
}

impl Conv {
    /// The zeros before each axis, and the number of outputs along it, as XLA defines SAME and
    /// VALID.
    fn axis(&self, k: usize) -> (usize, usize) {
        let pick = |pair: (usize, usize)| [pair.0, pair.1][k];
        let (input, stride) = (pick(self.input), pick(self.stride));
        let extent = (pick(self.kernel) - 1) * pick(self.dilation) + 1;
        match self.padding {
            Padding::Same => {
                let out = input.div_ceil(stride);
                (((out - 1) * stride + extent).saturating_sub(input) / 2, out)
            }
            Padding::Explicit(sides) => (sides[k].0, (input + sides[k].0 + sides[k].1 - extent) / stride + 1),
            _ => (0, (input - extent) / stride + 1),
        }
    }

    fn check<T: Scalar>(&self, tol: f64) {
        let (steps, batch) = (2, 3);
        let ((height, width), (from, to)) = (self.input, self.channels);
        let each = from / self.groups;
        let depth = self.kernel.0 * self.kernel.1 * each;
        let w = random::<T>(SEED, "w", depth * to, 1.0 / (depth as f64).sqrt());
        let b = random::<T>(SEED, "b", to, 1.0);
        let values = random::<T>(SEED, "x", steps * batch * height * width * from, 1.0);
        let ((top, down), (left, across)) = (self.axis(0), self.axis(1));
        let mut plain = Vec::new();
        for image in 0..steps * batch {
            for (p, q, o) in (0..down * across * to).map(|k| (k / to / across, k / to % across, k % to)) {
                let mut sum = b[o];
                for (k, l, c) in (0..depth).map(|d| (d / each / self.kernel.1, d / each % self.kernel.1, d % each)) {
                    let (row, column) =
                        (p * self.stride.0 + k * self.dilation.0, q * self.stride.1 + l * self.dilation.1);
                    if (top..top + height).contains(&row) && (left..left + width).contains(&column) {
                        let channel = o / (to / self.groups) * each + c;
                        let x = values[((image * height + row - top) * width + column - left) * from + channel];
                        sum += x * w[((k * self.kernel.1 + l) * each + c) * to + o];
                    }
                }
                plain.push(T::from_f64(sum).to_f64());
            }
        }
        let x = Array5::from_shape_vec(
            (steps, batch, height, width, from),
            values.iter().map(|v| T::from_f64(*v)).collect(),
        );
        let x = x.unwrap().into_dyn();
        let layer = || {
            let conv = Conv2d::<T>::new(from, to, self.kernel, self.input).groups(self.groups).padding(self.padding);
            let conv = conv.stride(self.stride.0, self.stride.1).dilation(self.dilation.0, self.dilation.1);
            conv.weight("w", &w).unwrap().weight("b", &b).unwrap()
        };
        let whole = run(layer(), &x, 1, usize::MAX);
        assert_eq!(whole.shape(), [steps, batch, down, across, to]);
        let what =
            format!("{:?} {:?} {:?} {:?} {}", self.kernel, self.stride, self.dilation, self.padding, self.groups);
        assert_close(&what, &whole, &plain, tol);
        assert_eq!(whole, run(layer(), &x, 2, 1));
    }
}

#[test]
fn conv2d_is_the_plain_sum() {
    println!("seed {SEED}");
    let paddings = [
        Padding::Same,
        Padding::Valid,
        Padding::Explicit([(0, 3), (2, 1)]),
        Padding::Explicit([(7, 0), (0, 9)]), // whole windows are outside
    ];
    for padding in paddings {
        for stride in [(1, 1), (2, 3), (5, 1)] {
            for dilation in [(1, 1), (2, 1), (1, 3)] {
                for (kernel, channels, groups) in [
                    ((1, 1), (3, 5), 1),
                    ((3, 2), (4, 6), 2),
                    ((3, 3), (3, 3), 3),
                    ((4, 3), (2, 33), 1),
                    ((2, 4), (6, 2), 2),
                ] {
                    let conv = Conv { input: (9, 11), kernel, channels, stride, dilation, padding, groups };
                    conv.check::<f64>(1e-13);
                    conv.check::<f32>(5e-6);
                }
            }
        }
    }
    let conv = Conv {
        input: (9, 11),
        kernel: (3, 3),
        channels: (4, 6),
        stride: (2, 1),
        dilation: (1, 2),
        padding: Padding::Same,
        groups: 2,
    };
    conv.check::<f16>(2e-3);
    conv.check::<bf16>(2e-2);
}
