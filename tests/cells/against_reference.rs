//! Every cell compared with its plain loops, in every element type, with odd shapes.

use crate::cells::reference::{Case, KINDS, assert_close};
use half::{bf16, f16};
use overtime::Scalar;

const SEED: u64 = 20_261_122;

/// (steps, batch, in, units)
const SHAPES: [[usize; 4]; 9] = [
    [1, 1, 1, 1],
    [2, 7, 7, 1],
    [2, 1, 33, 7],
    [257, 1, 7, 33],
    [257, 7, 1, 7],
    [2, 7, 33, 33],
    [5, 3, 300, 70],
    [3, 13, 5, 129],
    [4, 18, 131, 20],
];

fn check<T: Scalar>(tol: f64) {
    println!("seed {SEED}");
    for kind in KINDS {
        for shape in SHAPES {
            let case = Case::new::<T>(kind, SEED, shape);
            let (out, state) = case.reference::<T>();
            let (our_out, our_state) = case.run::<T>(2, None);
            let what = format!("{kind:?} {shape:?} {}", T::DTYPE);
            assert_close(&format!("{what} output"), &our_out, &out, tol);
            assert_close(&format!("{what} state"), &our_state, &state, tol);
        }
    }
}

#[test]
fn f64_cells_follow_the_equations() {
    check::<f64>(1e-12);
}

#[test]
fn f32_cells_follow_the_equations() {
    check::<f32>(2e-5);
}

// A state near the middle of two 16-bit values may be rounded to the other one. This is a unit in
// the last place, 2⁻¹⁰ (f16) or 2⁻⁷ (bf16) below 2, which affects later steps.
#[test]
fn f16_cells_follow_the_equations() {
    check::<f16>(4e-3);
}

#[test]
fn bf16_cells_follow_the_equations() {
    check::<bf16>(3e-2);
}
