//! Values that are loaded into registers before the operations of a block.

use super::run::W;
use crate::numeric::rng::Stream;
use crate::numeric::scalar::Real;
use std::cell::Cell;

/// The source of a register.
#[derive(Clone, Copy, Debug)]
pub(super) enum Load<'r, R> {
    /// One value for all units.
    All(R),
    /// The values of the units of this step, of which there may be none: then they are 0.
    Input(&'r [R]),
    /// The values of a batch row's units. `first` is the place of the step's first unit in a row.
    Each { values: &'r [R], first: usize },
    /// A standard normal number for each unit over the batch.
    Normal { stream: Stream, first: u64, step: u64 },
    /// A uniform number in [0, 1).
    Uniform { stream: Stream, first: u64, step: u64 },
}

impl<R: Real> Load<'_, R> {
    /// Fills groups with the values of the units from number `at` on.
    #[inline(always)]
    pub(super) fn fill(&self, at: usize, to: &[Cell<[R; W]>]) {
        match *self {
            Self::All(value) => to.iter().for_each(|to| to.set([value; W])),
            Self::Input(values) => {
                let values = values.get(at..).unwrap_or_default();
                let (whole, rest) = values.as_chunks::<W>();
                for (to, from) in to.iter().zip(whole) {
                    to.set(*from);
                }
                for (k, to) in to.iter().enumerate().skip(whole.len()) {
                    to.set(if k == whole.len() { group(rest) } else { [R::of(0.0); W] });
                }
            }
            Self::Each { values, first } => {
                let mut unit = (first + at) % values.len().max(1);
                for to in to {
                    if let Some(whole) = values.get(unit..unit + W) {
                        to.set(group(whole));
                        unit += W;
                    } else {
                        let mut all = [R::of(0.0); W];
                        for value in &mut all {
                            unit = if unit >= values.len() { 0 } else { unit };
                            *value = values.get(unit).copied().unwrap_or_default();
                            unit += 1;
                        }
                        to.set(all);
                    }
                }
            }
            Self::Normal { stream, first, step } => {
                for (k, to) in to.iter().enumerate() {
                    let unit = first + (at + k * W) as u64;
                    let mut all = [R::of(0.0); W];
                    for (i, x) in all.iter_mut().enumerate() {
                        *x = R::from_f64(f64::from(stream.normal(unit + i as u64, step)));
                    }
                    to.set(all);
                }
            }
            Self::Uniform { stream, first, step } => {
                for (k, to) in to.iter().enumerate() {
                    let unit = first + (at + k * W) as u64;
                    let mut all = [R::of(0.0); W];
                    for (i, x) in all.iter_mut().enumerate() {
                        *x = R::from_f64(stream.uniform(unit + i as u64, step));
                    }
                    to.set(all);
                }
            }
        }
    }
}

/// The first values, followed by zeros if there are fewer.
#[inline(always)]
fn group<R: Real>(values: &[R]) -> [R; W] {
    match values.first_chunk::<W>() {
        Some(whole) => *whole,
        None => {
            let mut some = [R::of(0.0); W];
            some[..values.len()].copy_from_slice(values);
            some
        }
    }
}
