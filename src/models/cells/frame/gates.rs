//! The parts in which recurrent cells differ: their gates, their equations and their defaults.

#[cfg(doc)]
use super::Cell;
use super::CellStep;
use crate::init::Init;
use crate::models::Activation;
use crate::numeric::scalar::Scalar;

/// The default activation function and the default initialisers of a cell.
#[derive(Clone, Debug)]
pub struct Defaults {
    /// The activation function.
    pub activation: Activation,
    /// The initialiser of `Wi`.
    pub wi: Init,
    /// The initialiser of `Wh`.
    pub wh: Init,
    /// The initialiser of `b`.
    pub b: Init,
}

impl Defaults {
    /// torch's defaults: all weights are uniform within ±1/√H.
    #[must_use]
    pub fn torch(num_out: usize, activation: Activation) -> Self {
        let bound = 1.0 / (num_out.max(1) as f64).sqrt();
        let init = Init::uniform(-bound, bound);
        Self { activation, wi: init.clone(), wh: init.clone(), b: init }
    }
}

/// The gates of a recurrent cell: their number, and the equations of the new state. A type that
/// implements `Gates` makes a [`Cell`], with weights, builders, states, batches and rows of unequal
/// length.
///
/// ```
/// use overtime::models::{Activation, Cell, Defaults, Gates, CellStep};
/// use overtime::{Arithmetic, Init, LoopOverTime, Scalar, math};
///
/// /// The minimal gated unit: f = σ(…), a = φ(…), h ← (1 − f)∘h + f∘a.
/// #[derive(Clone, Copy, Debug)]
/// struct Minimal;
///
/// impl Gates for Minimal {
///     const NAME: &'static str = "MinimalCell";
///     const GATES: usize = 2;
///     const GROUPS: &'static [usize] = &[2];
///     const STATES: &'static [&'static str] = &["h"];
///
///     fn defaults(_: usize) -> Defaults {
///         Defaults { activation: Activation::Tanh, wi: Init::XavierNormal, wh: Init::Orthogonal(1.0), b: Init::Zeros }
///     }
///
///     fn step<T: Scalar>(step: &mut CellStep<'_, T>) {
///         step.add_h(0);
///         let activation = step.activation();
///         step.update(|[f, a]: [T::Acc; 2], [h]: [T::Acc; 1]| {
///             let (f, a) = (math::sigmoid(f), activation.of(a));
///             [f.mul_add(a - h, h)]
///         });
///     }
/// }
///
/// # fn main() -> overtime::Result<()> {
/// let mut over_time = LoopOverTime::builder(Cell::<f32, Minimal>::new(3, 8)).batch(2).build()?;
/// let run = over_time.run(&ndarray::Array3::<f32>::ones((5, 2, 3)))?;
/// assert_eq!(run.output.shape(), [5, 2, 8]);
/// # Ok(()) }
/// ```
///
/// The result of a step must depend on gates and state only: the same gates and state give the same
/// bits. A step adds each group's products with the state once, by [`add_h`](CellStep::add_h),
/// [`add_extra`](CellStep::add_extra) or [`set_extra`](CellStep::set_extra), then updates the
/// state. It must not panic for any numbers. A [kernel](Self::SOURCE) has the same operations in
/// the same order. A cell without a kernel runs on the CPU only.
pub trait Gates: Copy + std::fmt::Debug + Send + Sync + 'static {
    /// The name of the cell.
    const NAME: &'static str;
    /// Other names.
    const ALIASES: &'static [&'static str] = &[];
    /// A description in one line.
    const ABOUT: &'static str = "";
    /// The publication of the cell.
    const REFERENCE: Option<&'static str> = None;
    /// The number of gates: the columns of `Wi` and `Wh` for each unit.
    const GATES: usize;
    /// The groups of gates whose products with the state are computed together, as numbers of gates
    /// in order. The sum is [`GATES`](Self::GATES).
    const GROUPS: &'static [usize];
    /// The names of the parts of the state, one or two, each with an element for each unit. The
    /// first is the output.
    const STATES: &'static [&'static str];
    /// Whether the last gate has a second bias, `bh`, within the product with the state.
    const HIDDEN_BIAS: bool = false;
    /// The numbers of gates in the kernel's products of one step. Each product waits for the one
    /// before it.
    const PHASES: &'static [usize] = &[Self::GATES];
    /// The number of values for each unit that the reference kernel keeps within a step.
    const KEPT: usize = 0;
    /// Further defines of the kernel, beside the defines of all cells.
    const DEFINES: &'static [(&'static str, &'static str)] = &[];
    /// The kernel's file name and text.
    const SOURCE: Option<(&'static str, &'static str)> = None;

    /// For each gate its place among torch's gates; `None` if torch has no such cell.
    const TORCH: Option<&'static [usize]> = None;
    /// A gate, and a number that this cell adds to it and torch's cell does not.
    const SHIFT: Option<(usize, f64)> = None;

    /// The defaults of a cell with `num_out` units.
    fn defaults(num_out: usize) -> Defaults;

    /// Computes the new state from the old state and from the gates' products with the input.
    fn step<T: Scalar>(step: &mut CellStep<'_, T>);
}
