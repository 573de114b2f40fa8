//! Hindmarsh and Rose's model of bursting.

use super::frame::{Neuron, NeuronEquations, steps};
use crate::init::Init;
use crate::models::{Parameter, Variable};
use crate::numeric::arithmetic::Arithmetic;

/// Hindmarsh and Rose's model of bursting (Proc. R. Soc. Lond. B 221, 1984, 87-102):
/// `brainpy.neurons.HindmarshRose`.
///
/// ```text
/// dV/dt = y − a V³ + b V² − z + I
/// dy/dt = c − d V² − y
/// dz/dt = r (s (V − V_rest) − z)
/// ```
///
/// | variable | meaning |
/// |---|---|
/// | `V` | variable that corresponds to the potential |
/// | `y`, `z` | fast and slow recovery |
/// | `spike` | 1 if V crossed `V_th` from below in this step, else 0; also the output. There is no reset |
/// | `below` | 1 if V was below `V_th` at the start and at the end of this step, else 0 |
///
/// | parameter | default |
/// |---|---|
/// | `a`, `b`, `c`, `d` | 1, 3, 1, 5 |
/// | `r`, `s`, `V_rest` | 0.01, 4, −1.6 |
/// | `V_th` | 1 |
///
/// Variables, parameters and time have no units. V and z start at 0, y at −10.
pub type HindmarshRose<R> = Neuron<R, HindmarshRoseEquations, N, P>;

const N: usize = 3;
const P: usize = Parameters::COUNT;

crate::parameters! {
    /// The parameters of [`HindmarshRose`].
    pub struct Parameters {
        v_th: "V_th" = 1.0, "", Finite, "threshold of a spike";
        a: "a" = 1.0, "", Finite, "factor of V³";
        b: "b" = 3.0, "", Finite, "factor of V²";
        c: "c" = 1.0, "", Finite, "constant in the equation of y";
        d: "d" = 5.0, "", Finite, "factor of V² in the equation of y";
        r: "r" = 0.01, "", Finite, "rate of z";
        s: "s" = 4.0, "", Finite, "factor of V in the equation of z";
        v_rest: "V_rest" = -1.6, "", Finite, "potential at which z decays to 0";
    }
}

/// The equations of [`HindmarshRose`].
#[derive(Clone, Copy, Debug)]
pub struct HindmarshRoseEquations;

impl NeuronEquations<N, P> for HindmarshRoseEquations {
    const NAME: &'static str = "HindmarshRose";
    const ALIASES: &'static [&'static str] = &["HR"];
    const ABOUT: &'static str = "Hindmarsh and Rose's model of bursting";
    const SOURCE: Option<&'static str> = Some("Hindmarsh & Rose, Proc. R. Soc. Lond. B 221, 1984, 87-102");
    const VARIABLES: [Variable; N] = [
        Variable::new("V", "", "variable that corresponds to the potential"),
        Variable::new("y", "", "fast recovery"),
        Variable::new("z", "", "slow recovery"),
    ];
    const PARAMETERS: [Parameter; P] = Parameters::TABLE;
    type Parameters<R: Arithmetic> = Parameters<R>;
    const RESETS: bool = false;

    fn initial() -> [Option<Init>; N] {
        [Some(Init::Zeros), Some(Init::Constant(-10.0)), Some(Init::Zeros)]
    }

    #[inline(always)]
    fn derivatives<R: Arithmetic>(
        [v, y, z]: [R; N],
        i: R,
        &Parameters { a, b, c, d, r, s, v_rest, .. }: &Parameters<R>,
    ) -> ([R; N], [R; N]) {
        let (square, cubic) = (v * v, a * v);
        let dv = (b - cubic).mul_add(square, y - z + i);
        let slope = (R::of(2.0) * b - R::of(3.0) * cubic) * v;
        ([dv, d.mul_add(-square, c - y), r * s.mul_add(v - v_rest, -z)], [slope, R::of(-1.0), -r])
    }

    #[inline(always)]
    fn input_gain<R: Arithmetic>(_: &Parameters<R>) -> R {
        R::of(1.0)
    }

    steps!(N, P);
}
