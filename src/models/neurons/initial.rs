//! The values that the variables of neurons start with.

use crate::init::Init;
use crate::numeric::rng::Stream;
use crate::numeric::scalar::Real;
use crate::system::Shared;
use crate::system::state::State;

/// Fills the variables of groups of `size` neurons. `initial` has the distribution of each of the
/// first variables, which `names` names; a variable without one starts at `steady(k, v, unit)`, its
/// steady state at the initial potential, where k counts from the second variable on. All other
/// variables start at 0.
pub(super) fn fill<R: Real, const N: usize>(
    shared: &Shared,
    state: &mut State<'_, R>,
    size: usize,
    (names, initial): ([impl AsRef<str>; N], &[Option<Init>; N]),
    steady: impl Fn(usize, R, usize) -> R,
) {
    let streams = names.map(|name| Stream::of_node(shared.seed, state.node(), name.as_ref()));
    let (units, shape) = (state.units().max(1), [size]);
    let Some((v, others)) = state.all().split_first_mut() else { return };
    if let Some(init) = &initial[0] {
        init.fill_checked(v, &shape, streams[0]);
    }
    for (k, x) in others.iter_mut().enumerate() {
        match initial.get(k + 1) {
            Some(Some(init)) => init.fill_checked(x, &shape, streams[k + 1]),
            Some(None) => x.iter_mut().zip(&**v).enumerate().for_each(|(at, (x, v))| *x = steady(k, *v, at % units)),
            None => x.fill(R::of(0.0)),
        }
    }
}
