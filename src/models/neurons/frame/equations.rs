//! What one neuron has and another has not.

use crate::init::Init;
use crate::models::neurons::block::Block;
use crate::models::{Parameter, Variable};
use crate::numeric::arithmetic::Arithmetic;
use std::fmt::Debug;

/// A neuron's equations: `N` differential variables, the first of which is the potential, and `P`
/// parameters. A type with these makes a model, [`Neuron`](super::Neuron), with every method of
/// integration but `exact`, and with spikes, resets and refractoriness.
///
/// ```
/// use overtime::models::{NeuronEquations, Neuron, Parameter, Variable};
/// use overtime::{Arithmetic, Init, Input, LoopOverTime};
///
/// overtime::parameters! {
///     /// The parameters of a theta neuron.
///     pub struct Parameters {
///         v_th: "V_th" = 30.0, "mV", Finite, "threshold";
///         v_reset: "V_reset" = -30.0, "mV", Finite, "potential after a spike";
///         tau_ref: "tau_ref" = 0.0, "ms", NonNegative, "refractory period";
///         tau: "tau" = 10.0, "ms", Positive, "membrane time constant";
///     }
/// }
///
/// /// τ dV/dt = V²/mV + I.
/// #[derive(Clone, Copy, Debug)]
/// struct Theta;
///
/// impl NeuronEquations<1, { Parameters::COUNT }> for Theta {
///     const NAME: &'static str = "Theta";
///     const VARIABLES: [Variable; 1] = [Variable::new("V", "mV", "membrane potential")];
///     const PARAMETERS: [Parameter; Parameters::COUNT] = Parameters::TABLE;
///     const RESETS: bool = true;
///     type Parameters<R: Arithmetic> = Parameters<R>;
///
///     fn initial() -> [Option<Init>; 1] {
///         [Some(Init::Constant(-1.0))]
///     }
///
///     fn derivatives<R: Arithmetic>([v]: [R; 1], i: R, p: &Parameters<R>) -> ([R; 1], [R; 1]) {
///         ([v.mul_add(v, i) / p.tau], [(v + v) / p.tau])
///     }
///
///     fn input_gain<R: Arithmetic>(p: &Parameters<R>) -> R {
///         R::of(1.0) / p.tau
///     }
/// }
///
/// # fn main() -> overtime::Result<()> {
/// let neurons = Neuron::<f64, Theta, 1, { Parameters::COUNT }>::new(3).param("tau", 5.0)?;
/// let mut over_time = LoopOverTime::builder(neurons).out_vars("spike").build()?;
/// let run = over_time.run(Input::duration(100.0).constant(2.0))?;
/// assert!(run["spike"].sum() > 3.0);
/// # Ok(()) }
/// ```
///
/// The functions must be pure: of the same arguments they return the same bits. They compute with
/// the operations of [`Arithmetic`] and the functions of [`math`](crate::math) alone. They have no
/// branches, so that the loops over neurons vectorise. Each is called for any numbers, those that
/// are not finite included, and must not panic. They are best marked `#[inline(always)]`.
///
/// The equations need no kernel. For a GPU the library calls them once with an arithmetic that
/// records their operations, and writes CUDA C with the same operations in the same order. A GPU
/// therefore makes the same bits.
pub trait NeuronEquations<const N: usize, const P: usize>: Copy + Debug + Send + Sync + 'static {
    /// The name of the model.
    const NAME: &'static str;
    /// Other names of the model.
    const ALIASES: &'static [&'static str] = &[];
    /// One line that says what the model is.
    const ABOUT: &'static str = "";
    /// Where the model was published.
    const SOURCE: Option<&'static str> = None;
    /// The units of the current and of the conductance that the model is given.
    const UNITS: [&'static str; 2] = ["", ""];
    /// The differential variables.
    const VARIABLES: [Variable; N];
    /// The parameters. The first is the threshold. If the potential is reset, the second is what it
    /// is reset to, and the third the refractory period; `derivatives` and `reset` must not depend
    /// on these two.
    const PARAMETERS: [Parameter; P];
    /// Whether a potential that is at the threshold or above it is a spike, and is reset. Where it
    /// is not, a spike is a crossing from below.
    const RESETS: bool;

    /// The parameters of one neuron by name, in the order of [`PARAMETERS`](Self::PARAMETERS), as
    /// [`parameters!`](crate::parameters) makes them. In the place of the refractory period the
    /// steps have its number of steps.
    type Parameters<R: Arithmetic>: From<[R; P]>;

    /// Where the variables start. Those that are `None` start where
    /// [`steady_state`](Self::steady_state) puts them.
    fn initial() -> [Option<Init>; N];

    /// Where the other variables start at the potential `v`.
    #[must_use]
    fn steady_state<R: Arithmetic>(v: R, p: &Self::Parameters<R>) -> [R; N] {
        let _ = p;
        [v; N]
    }

    /// dx/dt under the current `i`, and of each variable the derivative of its own by itself,
    /// ∂(dx/dt)/∂x, which exponential Euler takes.
    #[must_use]
    fn derivatives<R: Arithmetic>(x: [R; N], i: R, p: &Self::Parameters<R>) -> ([R; N], [R; N]);

    /// The derivative of dV/dt by the current.
    #[must_use]
    fn input_gain<R: Arithmetic>(p: &Self::Parameters<R>) -> R;

    /// What a spike does to the variables beside the potential.
    #[must_use]
    fn reset<R: Arithmetic>(x: [R; N], p: &Self::Parameters<R>) -> [R; N] {
        let _ = p;
        x
    }

    /// A step of a block in `f64`. An implementation leaves it as it is.
    #[doc(hidden)]
    fn step_f64(block: Block<'_, f64, N, P>) {
        block.step::<Self>();
    }

    /// The same in `f32`.
    #[doc(hidden)]
    fn step_f32(block: Block<'_, f32, N, P>) {
        block.step::<Self>();
    }
}

/// The two functions of [`NeuronEquations`] that step a block, so that the loops are compiled with this
/// library and not with each program.
macro_rules! steps {
    ($n:expr, $p:expr) => {
        #[inline(never)]
        fn step_f64(block: crate::models::neurons::block::Block<'_, f64, { $n }, { $p }>) {
            block.step::<Self>();
        }
        #[inline(never)]
        fn step_f32(block: crate::models::neurons::block::Block<'_, f32, { $n }, { $p }>) {
            block.step::<Self>();
        }
    };
}
pub(crate) use steps;
