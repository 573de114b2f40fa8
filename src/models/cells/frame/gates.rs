//! What one cell has and another has not.

#[cfg(doc)]
use super::Cell;
use super::CellStep;
use crate::init::Init;
use crate::models::Activation;
use crate::numeric::scalar::Scalar;

/// What a cell starts with, where nothing else is said.
#[derive(Clone, Debug)]
pub struct Defaults {
    /// The activation function.
    pub activation: Activation,
    /// How `Wi` starts.
    pub wi: Init,
    /// How `Wh` starts.
    pub wh: Init,
    /// How `b` starts.
    pub b: Init,
}

impl Defaults {
    /// Those of torch: everything uniform within ±1/√H.
    #[must_use]
    pub fn torch(num_out: usize, activation: Activation) -> Self {
        let bound = 1.0 / (num_out.max(1) as f64).sqrt();
        let init = Init::Uniform(-bound, bound);
        Self { activation, wi: init.clone(), wh: init.clone(), b: init }
    }
}

/// The gates of a recurrent cell: how many there are, and how they make the new state. A type with
/// these makes a cell, [`Cell`], with weights, builders, states, batches and rows of unequal
/// length.
///
/// ```
/// use overtime::models::{Activation, Cell, Defaults, Gates, CellStep};
/// use overtime::{Init, LoopOverTime, Real, Scalar, math};
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
/// A step must be a function of the step alone: the same gates and state give the same bits. It
/// adds each group's products with the state once, by [`add_h`](CellStep::add_h),
/// [`add_extra`](CellStep::add_extra) or [`set_extra`](CellStep::set_extra), then updates the
/// state. It must not panic for any numbers. A [kernel](Self::SOURCE) has the same operations in
/// the same order. Without one the cell runs on the CPU alone.
pub trait Gates: Copy + std::fmt::Debug + Send + Sync + 'static {
    /// The name of the cell.
    const NAME: &'static str;
    /// Other names.
    const ALIASES: &'static [&'static str] = &[];
    /// One line that says what the cell is.
    const ABOUT: &'static str = "";
    /// Where the cell was published.
    const REFERENCE: Option<&'static str> = None;
    /// Columns of `Wi` and `Wh` for each unit.
    const GATES: usize;
    /// How many gates, in order, have their products with the state made together. The sum is
    /// [`GATES`](Self::GATES).
    const GROUPS: &'static [usize];
    /// The names of the parts of the state, one or two, each with an element for each unit. The
    /// first is the output.
    const STATES: &'static [&'static str];
    /// Whether the last gate has a second bias, `bh`, within the product with the state.
    const HIDDEN_BIAS: bool = false;
    /// Gates of each product of the kernel, of products that must follow one another.
    const PHASES: &'static [usize] = &[Self::GATES];
    /// Values for each unit that the plain kernel keeps within a step.
    const KEPT: usize = 0;
    /// Macros that the kernel is compiled with beside those of all cells.
    const DEFINES: &'static [(&'static str, &'static str)] = &[];
    /// The kernel's file name and text.
    const SOURCE: Option<(&'static str, &'static str)> = None;

    /// For each gate its place among torch's; `None` where torch has no such cell.
    const TORCH: Option<&'static [usize]> = None;
    /// The gate, and what the cell adds to it that torch's does not.
    const SHIFT: Option<(usize, f64)> = None;

    /// Defaults for this many units.
    fn defaults(num_out: usize) -> Defaults;

    /// The new state from the old one and the gates' input products.
    fn step<T: Scalar>(step: &mut CellStep<'_, T>);
}
