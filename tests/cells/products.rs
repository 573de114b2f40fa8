//! Dense products compared with sums in f64, in every type and layout, on the device of the test
//! program.

use super::device;
use half::{bf16, f16};
use ndarray::{Array2, array};
use overtime::matmul::{Matmul, Product, matmul};
use overtime::models::Activation;
use overtime::{DType, Device, Error, Products, Scalar};

/// Random numbers in −1 … 1, rounded to the type.
pub(crate) fn random<T: Scalar>(len: usize, seed: u64) -> Vec<T> {
    let mut x = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    let mut next = || {
        x ^= x << 13;
        x ^= x >> 7;
        x ^= x << 17;
        (x >> 11) as f64 / (1_u64 << 52) as f64 - 1.0
    };
    (0..len).map(|_| T::from_f64(next())).collect()
}

/// The operands: m, k, n; the batch; whether A and B are transposed, and whether they are shared.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Case {
    pub(crate) size: [usize; 3],
    pub(crate) batch: usize,
    pub(crate) transposed: [bool; 2],
    pub(crate) shared: [bool; 2],
    pub(crate) activation: Activation,
    pub(crate) products: Products,
}

impl Case {
    pub(crate) fn new(m: usize, k: usize, n: usize, transposed: [bool; 2]) -> Self {
        let (activation, products) = (Activation::Identity, Products::Fast);
        Self { size: [m, k, n], batch: 1, transposed, shared: [false; 2], activation, products }
    }

    pub(crate) fn build<T: Scalar>(&self, device: Device) -> Product<T> {
        let [m, k, n] = self.size;
        let product =
            Matmul::new(m, k, n).batch(self.batch).transpose_a(self.transposed[0]).transpose_b(self.transposed[1]);
        let product = product.share_a(self.shared[0]).share_b(self.shared[1]).activation(self.activation);
        product.products(self.products).device(device).build().unwrap()
    }

    pub(crate) fn inputs<T: Scalar>(&self, seed: u64) -> [Vec<T>; 3] {
        let [m, k, n] = self.size;
        let times = |shared: bool| if shared { 1 } else { self.batch };
        let lens = [m * k * times(self.shared[0]), k * n * times(self.shared[1]), n];
        [0, 1, 2].map(|i| random(lens[i], seed + i as u64))
    }

    /// The product in f64, by definition.
    fn reference<T: Scalar>(&self, a: &[T], b: &[T], bias: &[T]) -> Vec<f64> {
        let [m, k, n] = self.size;
        let apart = [if self.shared[0] { 0 } else { m * k }, if self.shared[1] { 0 } else { k * n }];
        let mut c = Vec::new();
        for i in 0..self.batch {
            let (a, b) = (&a[i * apart[0]..], &b[i * apart[1]..]);
            for row in 0..m {
                for column in 0..n {
                    let a = |l: usize| a[if self.transposed[0] { l * m + row } else { row * k + l }].to_f64();
                    let b = |l: usize| b[if self.transposed[1] { column * k + l } else { l * n + column }].to_f64();
                    let sum = bias[column].to_f64() + (0..k).map(|l| a(l) * b(l)).sum::<f64>();
                    c.push(match self.activation {
                        Activation::Relu => sum.max(0.0),
                        Activation::Tanh => sum.tanh(),
                        _ => sum,
                    });
                }
            }
        }
        c
    }
}

/// ‖c − reference‖/‖reference‖, which is NaN if c contains NaN.
fn distance<T: Scalar>(c: &[T], reference: &[f64]) -> f64 {
    assert_eq!(c.len(), reference.len());
    let norm = |values: &mut dyn Iterator<Item = f64>| values.map(|v| v * v).sum::<f64>().sqrt();
    let of = norm(&mut reference.iter().copied());
    norm(&mut c.iter().zip(reference).map(|(c, r)| c.to_f64() - r)) / of.max(f64::MIN_POSITIVE)
}

fn bound(dtype: DType, products: Products, k: usize) -> f64 {
    let root = (k.max(1) as f64).sqrt();
    match dtype {
        DType::F64 => 1e-15 * root,
        DType::F32 if products == Products::Tf32 => 1e-3,
        DType::F32 => 1e-6 * root,
        DType::F16 => 2e-3,
        _ => 1e-2,
    }
}

/// Computes the product twice over a buffer with other contents, and checks both results.
pub(crate) fn check<T: Scalar>(case: Case, device: Device, seed: u64) -> Vec<T> {
    let [a, b, bias] = case.inputs::<T>(seed);
    let mut product = case.build::<T>(device);
    let mut c = vec![T::from_f64(f64::NAN); case.batch * case.size[0] * case.size[2]];
    product.run_into(&a, &b, Some(&bias), &mut c).unwrap();
    let far = distance(&c, &case.reference(&a, &b, &bias));
    let what = format!("{} {case:?}, seed {seed}, {}", T::DTYPE, product.kernel());
    assert!(far <= bound(T::DTYPE, case.products, case.size[1]), "{what}: {far:e}");
    let again = product.run(&a, &b, Some(&bias)).unwrap();
    assert!(
        bytemuck::cast_slice::<T, u8>(&again) == bytemuck::cast_slice::<T, u8>(&c),
        "{what}: the second result has different bits"
    );
    c
}

fn every_layout<T: Scalar>(products: Products) {
    let Some(device) = device() else { return };
    let shapes: &[[usize; 3]] = &[[33, 7, 129], [129, 33, 8], [1, 129, 7], [40, 72, 24]];
    for (i, turned) in [[false, false], [false, true], [true, false], [true, true]].into_iter().enumerate() {
        for (j, [m, k, n]) in shapes.iter().copied().enumerate() {
            check::<T>(Case { products, ..Case::new(m, k, n, turned) }, device, 100 + (10 * i + j) as u64);
        }
    }
}

#[test]
fn f64_products_of_every_layout() {
    every_layout::<f64>(Products::Fast);
}

#[test]
fn f32_products_of_every_layout() {
    every_layout::<f32>(Products::Fast);
}

#[test]
fn tf32_products_of_every_layout() {
    every_layout::<f32>(Products::Tf32);
}

#[test]
fn f16_products_of_every_layout() {
    every_layout::<f16>(Products::Fast);
}

#[test]
fn bf16_products_of_every_layout() {
    every_layout::<bf16>(Products::Fast);
}

#[test]
fn batches_share_operands() {
    let Some(device) = device() else { return };
    for shared in [[false, false], [true, false], [false, true], [true, true]] {
        let case = Case { batch: 3, shared, activation: Activation::Relu, ..Case::new(17, 9, 5, [false; 2]) };
        check::<f32>(case, device, 7);
    }
    check::<f64>(Case { batch: 5, ..Case::new(1, 1, 1, [true; 2]) }, device, 8);
}

/// The sums are so long that several blocks share them, and the sizes exceed a tile by one.
#[test]
fn long_sums_and_long_rows() {
    let Some(device) = device() else { return };
    check::<f32>(Case::new(1, 4097, 33, [false; 2]), device, 20);
    check::<f32>(Case { activation: Activation::Tanh, batch: 2, ..Case::new(7, 1000, 4, [false, true]) }, device, 21);
    check::<f16>(Case::new(7, 1000, 33, [false; 2]), device, 22);
    check::<f64>(Case::new(4097, 1, 7, [false; 2]), device, 23);
    check::<f32>(Case::new(7, 3, 4097, [false; 2]), device, 24);
}

#[test]
fn products_with_an_axis_of_length_0_have_results() {
    let Some(device) = device() else { return };
    let build = |m, k, n| Matmul::<f32>::new(m, k, n).activation(Activation::Relu).device(device).build().unwrap();
    assert_eq!(build(2, 0, 3).run(&[], &[], Some(&[1.0, -1.0, 2.0])).unwrap(), [1.0, 0.0, 2.0, 1.0, 0.0, 2.0]);
    assert_eq!(build(2, 0, 2).run(&[], &[], None).unwrap(), [0.0; 4]);
    assert!(build(0, 3, 2).run(&[], &[1.0; 6], None).unwrap().is_empty());
    assert!(build(3, 2, 0).run(&[1.0; 6], &[], None).unwrap().is_empty());
    assert!(
        Matmul::<f32>::new(2, 2, 2).batch(0).device(device).build().unwrap().run(&[], &[], None).unwrap().is_empty()
    );
}

/// A NaN does not count as zero, and affects only its own row and column.
#[test]
fn nan_stays_in_its_row_and_column() {
    let Some(device) = device() else { return };
    for products in [Products::Fast, Products::Tf32] {
        let mut product = Matmul::<f32>::new(20, 24, 20).products(products).device(device).build().unwrap();
        let mut a = vec![1.0; 20 * 24];
        a[5 * 24 + 23] = f32::NAN;
        let c = product.run(&a, &vec![0.0; 24 * 20], None).unwrap();
        assert!(
            c.chunks(20).enumerate().all(|(r, row)| row.iter().all(|v| if r == 5 { v.is_nan() } else { *v == 0.0 })),
            "{c:?}"
        );
    }
}

#[test]
fn operands_of_a_wrong_length_are_named() {
    let Some(device) = device() else { return };
    let mut product = Matmul::<f32>::new(2, 3, 4).batch(2).device(device).build().unwrap();
    let mut said = |a: usize, b: usize, bias: Option<usize>| {
        let bias = bias.map(|n| vec![0.0; n]);
        product.run(&vec![0.0; a], &vec![0.0; b], bias.as_deref()).unwrap_err().to_string()
    };
    assert_eq!(said(11, 24, None), "A: axis elements has length 11, expected 12");
    assert_eq!(said(12, 12, None), "B: axis elements has length 12, expected 24");
    assert_eq!(said(12, 24, Some(8)), "bias: axis elements has length 8, expected 4");
    let short = product.run_into(&[0.0; 12], &[0.0; 24], None, &mut [0.0; 15]).unwrap_err();
    assert!(matches!(short, Error::Shape { expected: 16, given: 15, .. }), "{short}");
    for (m, k, n, batch) in [(usize::MAX, 2, 1, 1), (1, 1 << 62, 1, 1), (1 << 31, 1, 1 << 31, 1), (1, 1, 1, usize::MAX)]
    {
        let error = Matmul::<f64>::new(m, k, n).batch(batch).device(device).build().unwrap_err();
        assert!(matches!(error, Error::Value { .. }), "{error}");
    }
    let softmax = Matmul::<f64>::new(1, 1, 1).activation(Activation::Softmax).device(device).build().unwrap_err();
    assert!(matches!(softmax, Error::Unsupported(_)), "{softmax}");
}

#[test]
fn matrices_of_any_layout_are_multiplied() {
    let a = array![[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]];
    let expected = array![[14.0, 32.0], [32.0, 77.0]];
    assert_eq!(matmul(&a, &a.t()).unwrap(), expected);
    let column_major =
        Array2::from_shape_vec(ndarray::ShapeBuilder::f((2, 3)), vec![1.0, 4.0, 2.0, 5.0, 3.0, 6.0]).unwrap();
    assert_eq!(matmul(&column_major, &a.t().to_owned()).unwrap(), expected);
    // Every other column, in reverse order.
    let picked = a.slice(ndarray::s![.., ..;-2]);
    assert_eq!(matmul(&picked, &array![[1.0], [10.0]]).unwrap(), array![[13.0], [46.0]]);
    assert_eq!(matmul(&Array2::<f32>::zeros((2, 0)), &Array2::zeros((0, 3))).unwrap(), Array2::<f32>::zeros((2, 3)));
    assert_eq!(matmul(&a, &a).unwrap_err().to_string(), "B: axis rows has length 2, expected 3");
}
