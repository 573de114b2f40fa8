//! A loop over a system, in one call.

use super::LoopOverTime;
use crate::error::Result;
use crate::input::Input;
use crate::numeric::scalar::Scalar;
use crate::recording::Recording;
use crate::system::System;

/// Runs a system from its initial state over an input, with all options at their defaults, and
/// returns the recording. This is brainpy's `for_loop`; state that the steps share is in variables
/// of the system. [`LoopOverTime::with_progress`] runs with a progress callback.
///
/// ```
/// use overtime::{Closure, for_loop};
///
/// # fn main() -> overtime::Result<()> {
/// let sum = Closure::<f64, _>::new([], |_, x, state, y| {
///     state.var_mut(0)[0] += x.port(0)[0];
///     y[0] = state.var(0)[0];
/// });
/// let run = for_loop(sum.input("x", []).var("sum", [], 0.0), &[1.0, 2.0, 3.0][..])?;
/// assert_eq!(run.output.as_slice(), Some(&[1.0, 3.0, 6.0][..]));
/// # Ok(()) }
/// ```
///
/// # Errors
/// The same as for [`LoopOverTime::new`] and [`LoopOverTime::run`].
pub fn for_loop<'a, T: Scalar, S: System<T>>(system: S, input: impl Into<Input<'a, T>>) -> Result<Recording<T>> {
    LoopOverTime::new(system)?.run(input)
}
