//! The gated recurrent unit, reset after the product.

use super::frame::{CHUNK, Cell, CellStep, Defaults, Gates, chunk, put, round, take};
use crate::models::Activation;
use crate::numeric::arithmetic::Arithmetic;
use crate::numeric::math::sigmoid;
use crate::numeric::scalar::Scalar;
use crate::numeric::simd::{SimdLoop, vectorize};

/// The gated recurrent unit (Cho et al., arXiv:1406.1078), with the reset **after** the product, as
/// in torch and cuDNN: `torch.nn.GRUCell`.
///
/// ```text
/// r = σ(b_r + x·Wi_r + h·Wh_r)
/// z = σ(b_z + x·Wi_z + h·Wh_z)
/// n = φ(b_n + x·Wi_n + r∘(bh + h·Wh_n))
/// h ← (1 − z)∘n + z∘h
/// ```
///
/// | | shape | default | torch |
/// |---|---|---|---|
/// | input `x` | `[in]` | | |
/// | output, the new h | `[H]` | | |
/// | variable `state`: h | `[H]` | zeros | |
/// | weight `Wi`, columns r, z, n | `[in, 3H]` | uniform within ±1/√H | `weight_ihᵀ` |
/// | weight `Wh`, columns r, z, n | `[H, 3H]` | uniform within ±1/√H | `weight_hhᵀ` |
/// | weight `b`, optional | `[3H]` | uniform within ±1/√H | `bias_ih`, plus the first 2H of `bias_hh` |
/// | weight `bh`, with `b` | `[H]` | uniform within ±1/√H | the last H of `bias_hh` |
/// | φ | | [`Activation::Tanh`] | |
///
/// [`Gru`](crate::models::Gru) has layers of this cell. brainpy's unit, with the reset before the
/// product, is [`brainpy::GruCell`](crate::models::brainpy::GruCell).
#[doc(alias("GRUCell"))]
pub type GruCell<T> = Cell<T, Gru>;

/// The gates of [`GruCell`].
#[derive(Clone, Copy, Debug)]
pub struct Gru;

impl Gates for Gru {
    const NAME: &'static str = "GRUCell";
    const ALIASES: &'static [&'static str] = &["GRUCellTorch"];
    const ABOUT: &'static str = "gated recurrent unit as PyTorch has it, reset after the product; gates r, z, n";
    const REFERENCE: Option<&'static str> = Some("Cho et al., arXiv:1406.1078");
    const GATES: usize = 3;
    const GROUPS: &'static [usize] = &[2, 1];
    const STATES: &'static [&'static str] = &["h"];
    const HIDDEN_BIAS: bool = true;
    const SOURCE: Option<(&'static str, &'static str)> =
        Some(("gru_cell.cu", include_str!("../../../kernels/models/gru_cell.cu")));
    const TORCH: Option<&'static [usize]> = Some(&[0, 1, 2]);

    fn defaults(num_out: usize) -> Defaults {
        Defaults::torch(num_out, Activation::Tanh)
    }

    fn step<T: Scalar>(step: &mut CellStep<'_, T>) {
        step.add_h(0);
        step.set_extra(1);
        vectorize(Update(step));
    }
}

struct Update<'a, 'm, T: Scalar>(&'a mut CellStep<'m, T>);

impl<T: Scalar> SimdLoop for Update<'_, '_, T> {
    type Output = ();
    #[inline(always)]
    fn run(self) {
        let CellStep { packed, activation, rows, gates, h, extra, .. } = self.0;
        let one = T::Acc::of(1.0);
        for row in 0..*rows {
            let gates = &gates[row * packed.width()..][..packed.width()];
            let units = h.row_mut(row)[packed.units.clone()].chunks_mut(CHUNK).zip(extra.row(row).chunks(CHUNK));
            for (j, (h, hn)) in units.enumerate() {
                let gate = |k: usize| chunk(gates, packed.gates[k] + j * CHUNK);
                let (r, z, mut n) = (gate(0), gate(1), gate(2));
                let (mut new, product) = (take(h), take(hn));
                for l in 0..CHUNK {
                    n[l] = sigmoid(r[l]).mul_add(product[l], n[l]);
                }
                activation.each(&mut n);
                for l in 0..CHUNK {
                    let z = sigmoid(z[l]);
                    new[l] = z.mul_add(new[l], (one - z) * n[l]);
                }
                round::<T>(&mut new);
                put(&new, h);
            }
        }
    }
}
