//! Long short-term memory.

use super::frame::{CHUNK, Cell, CellStep, Defaults, Gates, chunk, put, round, take};
use crate::models::Activation;
use crate::numeric::arithmetic::Arithmetic;
use crate::numeric::math::sigmoid;
use crate::numeric::scalar::Scalar;
use crate::numeric::simd::{SimdLoop, vectorize};

/// Long short-term memory (Hochreiter & Schmidhuber, Neural Computation 9, 1997, 1735-1780), as in
/// torch and cuDNN: `torch.nn.LSTMCell`.
///
/// ```text
/// (i, g, f, o) = b + x·Wi + h·Wh
/// c ← σ(f)∘c + σ(i)∘φ(g)
/// h ← σ(o)∘φ(c)
/// ```
///
/// | | shape | default | torch |
/// |---|---|---|---|
/// | input `x` | `[in]` | | |
/// | output, the new h | `[H]` | | |
/// | variable `state`: h, then c; its views are called `h` and `c` | `[2H]` | zeros | |
/// | weight `Wi`, columns i, g, f, o | `[in, 4H]` | uniform within ±1/√H | `weight_ihᵀ` |
/// | weight `Wh`, columns i, g, f, o | `[H, 4H]` | uniform within ±1/√H | `weight_hhᵀ` |
/// | weight `b`, optional | `[4H]` | uniform within ±1/√H | `bias_ih + bias_hh` |
/// | φ | | [`Activation::Tanh`] | |
///
/// torch's order of gates is i, f, g, o: the second and third quarters of its rows change places.
/// [`Lstm`](crate::models::Lstm) has layers of this cell. brainpy's cell, which adds 1 to the
/// forget gate, is [`brainpy::LstmCell`](crate::models::brainpy::LstmCell).
#[doc(alias("LSTMCell"))]
pub type LstmCell<T> = Cell<T, Lstm>;

/// The gates are i, g, f, o here, and i, f, g, o in torch.
const TORCH: &[usize] = &[0, 2, 1, 3];

/// The gates of [`LstmCell`].
#[derive(Clone, Copy, Debug)]
pub struct Lstm;

impl Gates for Lstm {
    const NAME: &'static str = "LSTMCell";
    const ALIASES: &'static [&'static str] = &["LSTMCellTorch"];
    const ABOUT: &'static str = "long short-term memory as PyTorch has it; gates i, g, f, o";
    const REFERENCE: Option<&'static str> = Some("Hochreiter & Schmidhuber, Neural Computation 9, 1997, 1735-1780");
    const GATES: usize = 4;
    const GROUPS: &'static [usize] = &[4];
    const STATES: &'static [&'static str] = &["h", "c"];
    const DEFINES: &'static [(&'static str, &'static str)] = &[("FORGET", "0")];
    const SOURCE: Option<(&'static str, &'static str)> =
        Some(("lstm_cell.cu", include_str!("../../../kernels/models/lstm_cell.cu")));
    const TORCH: Option<&'static [usize]> = Some(TORCH);

    fn defaults(num_out: usize) -> Defaults {
        Defaults::torch(num_out, Activation::Tanh)
    }

    fn step<T: Scalar>(step: &mut CellStep<'_, T>) {
        step.add_h(0);
        vectorize(Update(step, T::Acc::of(0.0)));
    }
}

/// The update of the state, and the number that is added to the forget gate.
pub(super) struct Update<'a, 'm, T: Scalar>(pub(super) &'a mut CellStep<'m, T>, pub(super) T::Acc);

impl<T: Scalar> SimdLoop for Update<'_, '_, T> {
    type Output = ();
    #[inline(always)]
    fn run(self) {
        let Self(CellStep { packed, activation, rows, gates, h, c, .. }, forget) = self;
        for r in 0..*rows {
            let gates = &gates[r * packed.width()..][..packed.width()];
            let own = h.row_mut(r)[packed.units.clone()]
                .chunks_mut(CHUNK)
                .zip(c.row_mut(r)[packed.units.clone()].chunks_mut(CHUNK));
            for (j, (h, c)) in own.enumerate() {
                let gate = |k: usize| chunk(gates, packed.gates[k] + j * CHUNK);
                let (i, mut g, f, o) = (gate(0), gate(1), gate(2), gate(3));
                let mut new = take(c);
                activation.each(&mut g);
                for l in 0..CHUNK {
                    new[l] = sigmoid(f[l] + forget).mul_add(new[l], sigmoid(i[l]) * g[l]);
                }
                let mut out = new;
                round::<T>(&mut new);
                put(&new, c);
                activation.each(&mut out);
                for l in 0..CHUNK {
                    out[l] = sigmoid(o[l]) * out[l];
                }
                round::<T>(&mut out);
                put(&out, h);
            }
        }
    }
}
