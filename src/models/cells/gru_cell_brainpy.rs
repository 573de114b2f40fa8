//! brainpy's gated recurrent unit, with the reset before the product.

use super::frame::{CHUNK, CellStep, Defaults, Gates, chunk, put, round, take};
use crate::init::Init;
use crate::models::Activation;
use crate::numeric::arithmetic::Arithmetic;
use crate::numeric::math::sigmoid;
use crate::numeric::scalar::Scalar;
use crate::numeric::simd::{SimdLoop, vectorize};

/// The gates of [`brainpy::GruCell`](crate::models::brainpy::GruCell).
#[derive(Clone, Copy, Debug)]
pub struct GruBrainpy;

impl Gates for GruBrainpy {
    const NAME: &'static str = "GRUCellBrainpy";
    const ALIASES: &'static [&'static str] = &["brainpy.GRUCell"];
    const ABOUT: &'static str = "gated recurrent unit as brainpy has it, reset before the product; gates z, r, a";
    const REFERENCE: Option<&'static str> = Some("Chung, Gulcehre, Cho & Bengio, arXiv:1412.3555");
    const GATES: usize = 3;
    const GROUPS: &'static [usize] = &[2, 1];
    const STATES: &'static [&'static str] = &["h"];
    const PHASES: &'static [usize] = &[2, 1];
    const KEPT: usize = 3;
    const SOURCE: Option<(&'static str, &'static str)> =
        Some(("gru_cell_brainpy.cu", include_str!("../../../kernels/models/gru_cell_brainpy.cu")));
    const TORCH: Option<&'static [usize]> = None;

    fn defaults(_: usize) -> Defaults {
        Defaults { activation: Activation::Tanh, wi: Init::Orthogonal(1.0), wh: Init::Orthogonal(1.0), b: Init::Zeros }
    }

    fn step<T: Scalar>(step: &mut CellStep<'_, T>) {
        step.add_h(0);
        vectorize(Reset(step));
        step.add_extra(1);
        vectorize(Update(step));
    }
}

/// extra ← r∘h
struct Reset<'a, 'm, T: Scalar>(&'a mut CellStep<'m, T>);

impl<T: Scalar> SimdLoop for Reset<'_, '_, T> {
    type Output = ();
    #[inline(always)]
    fn run(self) {
        let CellStep { packed, rows, gates, h, extra, .. } = self.0;
        for row in 0..*rows {
            let gates = &gates[row * packed.width()..][..packed.width()];
            let h = h.row(row)[packed.units.clone()].chunks(CHUNK);
            for (j, (rh, h)) in extra.row_mut(row)[packed.units.clone()].chunks_mut(CHUNK).zip(h).enumerate() {
                let mut r = chunk(gates, packed.gates[1] + j * CHUNK);
                let old = take(h);
                for l in 0..CHUNK {
                    r[l] = sigmoid(r[l]) * old[l];
                }
                put(&r, rh);
            }
        }
    }
}

/// h ← (1 − z)∘h + z∘a
struct Update<'a, 'm, T: Scalar>(&'a mut CellStep<'m, T>);

impl<T: Scalar> SimdLoop for Update<'_, '_, T> {
    type Output = ();
    #[inline(always)]
    fn run(self) {
        let CellStep { packed, activation, rows, gates, h, .. } = self.0;
        let one = T::Acc::of(1.0);
        for r in 0..*rows {
            let gates = &gates[r * packed.width()..][..packed.width()];
            for (j, h) in h.row_mut(r)[packed.units.clone()].chunks_mut(CHUNK).enumerate() {
                let (z, mut a) = (chunk(gates, packed.gates[0] + j * CHUNK), chunk(gates, packed.gates[2] + j * CHUNK));
                let mut new = take(h);
                activation.each(&mut a);
                for l in 0..CHUNK {
                    let z = sigmoid(z[l]);
                    new[l] = (one - z).mul_add(new[l], z * a[l]);
                }
                round::<T>(&mut new);
                put(&new, h);
            }
        }
    }
}
