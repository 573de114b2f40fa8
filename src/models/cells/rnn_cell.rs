//! The plain recurrent cell.

use super::frame::{CHUNK, Cell, CellStep, Defaults, Gates, chunk, put, round};
use crate::models::Activation;
use crate::numeric::scalar::Scalar;
use crate::numeric::simd::{SimdLoop, vectorize};

/// The plain recurrent cell (Elman, Cognitive Science 14, 1990, 179-211): `torch.nn.RNNCell`.
///
/// ```text
/// h ← φ(b + x·Wi + h·Wh)
/// ```
///
/// | | shape | default | torch |
/// |---|---|---|---|
/// | input `x` | `[in]` | | |
/// | output, the new h | `[H]` | | |
/// | variable `state`: h | `[H]` | zeros | |
/// | weight `Wi` | `[in, H]` | uniform within ±1/√H | `weight_ihᵀ` |
/// | weight `Wh` | `[H, H]` | uniform within ±1/√H | `weight_hhᵀ` |
/// | weight `b`, optional | `[H]` | uniform within ±1/√H | `bias_ih + bias_hh` |
/// | φ | | [`Activation::Tanh`] | |
///
/// [`Rnn`](crate::models::Rnn) has layers of this cell. With brainpy's defaults it is
/// [`brainpy::RnnCell`](crate::models::brainpy::RnnCell).
#[doc(alias("RNNCell"))]
pub type RnnCell<T> = Cell<T, Rnn>;

/// The gates of [`RnnCell`].
#[derive(Clone, Copy, Debug)]
pub struct Rnn;

impl Gates for Rnn {
    const NAME: &'static str = "RNNCell";
    const ABOUT: &'static str = "h ← f(x Wi + h Wh + b), tanh by default, as in PyTorch";
    const REFERENCE: Option<&'static str> = Some("Elman, Cognitive Science 14, 1990, 179-211");
    const GATES: usize = 1;
    const GROUPS: &'static [usize] = &[1];
    const STATES: &'static [&'static str] = &["h"];
    const SOURCE: Option<(&'static str, &'static str)> =
        Some(("rnn_cell.cu", include_str!("../../../kernels/models/rnn_cell.cu")));
    const TORCH: Option<&'static [usize]> = Some(&[0]);

    fn defaults(num_out: usize) -> Defaults {
        Defaults::torch(num_out, Activation::Tanh)
    }

    fn step<T: Scalar>(step: &mut CellStep<'_, T>) {
        step.add_h(0);
        vectorize(Activate(step));
    }
}

struct Activate<'a, 'm, T: Scalar>(&'a mut CellStep<'m, T>);

impl<T: Scalar> SimdLoop for Activate<'_, '_, T> {
    type Output = ();
    #[inline(always)]
    fn run(self) {
        let CellStep { packed, activation, rows, gates, h, .. } = self.0;
        for r in 0..*rows {
            let gates = &gates[r * packed.width()..][..packed.width()];
            for (j, h) in h.row_mut(r)[packed.units.clone()].chunks_mut(CHUNK).enumerate() {
                let mut new = chunk(gates, j * CHUNK);
                activation.each(&mut new);
                round::<T>(&mut new);
                put(&new, h);
            }
        }
    }
}
