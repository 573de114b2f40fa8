//! FitzHugh and Nagumo's model.

use super::frame::{Neuron, NeuronEquations, steps};
use crate::init::Init;
use crate::models::{Parameter, Variable};
use crate::numeric::arithmetic::Arithmetic;

/// FitzHugh and Nagumo's model (FitzHugh, Biophys. J. 1, 1961, 445-466; Nagumo et al., Proc. IRE
/// 50, 1962, 2061-2070): `brainpy.neurons.FHN`.
///
/// ```text
///   dV/dt = V − V³/3 − w + I
/// τ dw/dt = V + a − b w
/// ```
///
/// | variable | meaning |
/// |---|---|
/// | `V` | variable that corresponds to the potential |
/// | `w` | recovery |
/// | `spike` | 1 if V crossed `V_th` from below in this step, else 0; also the output. There is no reset |
/// | `below` | 1 if V was below `V_th` at the start and at the end of this step, else 0 |
///
/// | parameter | default |
/// |---|---|
/// | `a`, `b`, `tau` | 0.7, 0.8, 12.5 |
/// | `V_th` | 1.8 |
///
/// Variables, parameters and time have no units. V and w start at 0. brainpy's name of `V_th` is
/// `Vth`. The defaults are those of brainpy's code; its documentation has others.
#[doc(alias("FHN"))]
pub type FitzHughNagumo<R> = Neuron<R, FitzHughNagumoEquations, N, P>;

const N: usize = 2;
const P: usize = Parameters::COUNT;

crate::parameters! {
    /// The parameters of [`FitzHughNagumo`].
    pub struct Parameters {
        v_th: "V_th" = 1.8, "", Finite, "threshold of a spike";
        a: "a" = 0.7, "", Finite, "constant in the equation of w";
        b: "b" = 0.8, "", Finite, "factor of w in its equation";
        tau: "tau" = 12.5, "", Positive, "time constant of w";
    }
}

/// The equations of [`FitzHughNagumo`].
#[derive(Clone, Copy, Debug)]
pub struct FitzHughNagumoEquations;

impl NeuronEquations<N, P> for FitzHughNagumoEquations {
    const NAME: &'static str = "FitzHughNagumo";
    const ALIASES: &'static [&'static str] = &["FHN"];
    const ABOUT: &'static str = "FitzHugh and Nagumo's model";
    const SOURCE: Option<&'static str> =
        Some("FitzHugh, Biophys. J. 1, 1961, 445-466; Nagumo et al., Proc. IRE 50, 1962, 2061-2070");
    const VARIABLES: [Variable; N] =
        [Variable::new("V", "", "variable that corresponds to the potential"), Variable::new("w", "", "recovery")];
    const PARAMETERS: [Parameter; P] = Parameters::TABLE;
    type Parameters<R: Arithmetic> = Parameters<R>;
    const RESETS: bool = false;

    fn initial() -> [Option<Init>; N] {
        [Some(Init::Zeros), Some(Init::Zeros)]
    }

    #[inline(always)]
    fn derivatives<R: Arithmetic>(
        [v, w]: [R; N],
        i: R,
        &Parameters { a, b, tau, .. }: &Parameters<R>,
    ) -> ([R; N], [R; N]) {
        let square = v * v;
        let dv = (square * R::of(1.0 / 3.0)).mul_add(-v, v - w + i);
        ([dv, b.mul_add(-w, v + a) / tau], [R::of(1.0) - square, -(b / tau)])
    }

    #[inline(always)]
    fn input_gain<R: Arithmetic>(_: &Parameters<R>) -> R {
        R::of(1.0)
    }

    steps!(N, P);
}
