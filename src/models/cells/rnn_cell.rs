//! The plain recurrent cell.

use super::frame::{CHUNK, Cell, Defaults, Kind, Moment, chunk, put, round};
use crate::init::Init;
use crate::models::Activation;
use crate::numeric::scalar::Scalar;
use crate::numeric::simd::{Kernel, vectorize};

/// The plain recurrent cell (Elman, Cognitive Science 14, 1990, 179-211): `brainpy.dyn.RNNCell`.
///
/// ```text
/// h ← φ(b + x·Wi + h·Wh)
/// ```
///
/// | | shape | default |
/// |---|---|---|
/// | input `x` | `[in]` | |
/// | output, the new h | `[H]` | |
/// | variable `state`: h | `[H]` | zeros |
/// | weight `Wi` | `[in, H]` | [`Init::XavierNormal`] |
/// | weight `Wh` | `[H, H]` | [`Init::XavierNormal`] |
/// | weight `b`, optional | `[H]` | zeros |
/// | φ | | [`Activation::Relu`] |
///
/// Names, layouts and defaults are brainpy's, but for the normal distribution of the initialiser, which brainpy truncates at two
/// standard deviations.
pub type RnnCell<T> = Cell<T, Rnn>;

/// The kind of [`RnnCell`].
#[derive(Clone, Copy, Debug)]
pub struct Rnn;

impl Kind for Rnn {
    const NAME: &'static str = "RNNCell";
    const GATES: usize = 1;
    const GROUPS: &'static [usize] = &[1];
    const STATES: &'static [&'static str] = &["h"];
    const SOURCE: (&'static str, &'static str) = ("rnn_cell.cu", include_str!("../../../kernels/models/rnn_cell.cu"));
    const TORCH: Option<&'static [usize]> = Some(&[0]);

    fn defaults(_: usize) -> Defaults {
        Defaults { activation: Activation::Relu, wi: Init::XavierNormal, wh: Init::XavierNormal, b: Init::Zeros }
    }

    fn step<T: Scalar>(moment: &mut Moment<'_, T>) {
        moment.add_h(0);
        vectorize(Activate(moment));
    }
}

struct Activate<'a, 'm, T: Scalar>(&'a mut Moment<'m, T>);

impl<T: Scalar> Kernel for Activate<'_, '_, T> {
    type Output = ();
    #[inline(always)]
    fn run(self) {
        let Moment { part, activation, rows, gates, h, .. } = self.0;
        for r in 0..*rows {
            let gates = &gates[r * part.width()..][..part.width()];
            for (j, h) in h.row_mut(r)[part.units.clone()].chunks_mut(CHUNK).enumerate() {
                let mut new = chunk(gates, j * CHUNK);
                activation.each(&mut new);
                round::<T>(&mut new);
                put(&new, h);
            }
        }
    }
}
