//! The search for the first value that is not finite, after a block has made all its steps.

use super::block_task::BlockTask;
use super::recorders::OutputRows;
use crate::numeric::scalar::Scalar;
use crate::numeric::team::Team;
use crate::recording::stride::Stride;
use crate::system::clock::Clock;
use crate::system::scan::{InputSource, Scan, StateRecorder};
use crate::system::state::{Layout, State};
use crate::system::{Schema, Shared, System};

/// The first value that is not finite.
pub(super) struct NonFinite {
    pub(super) variable: String,
    pub(super) k: usize,
    pub(super) index: usize,
    pub(super) value: f64,
}

impl<T: Scalar> BlockTask<'_, T> {
    /// Searches the output: a stateless system has values that are not finite only there.
    pub(super) fn search_output(&self, schema: &Schema, steps: usize) -> Option<NonFinite> {
        let kept =
            self.output.rows.iter().enumerate().map(|(row, values)| (self.output.every.step(row) as usize, &**values));
        // If no step is recorded, the scratch buffer holds the output of the last step.
        let last = self.output.rows.is_empty().then_some((steps.saturating_sub(1), self.output.scratch.as_slice()));
        for (k, row) in kept.chain(last) {
            if let Some(j) = row.iter().position(|v| !v.is_finite()) {
                let index = self.block.elements(schema.output_len()).start + j;
                return Some(NonFinite { variable: "output".into(), k, index, value: row[j].to_f64() });
            }
        }
        None
    }

    /// Repeats the chunk through `scan`, from the state `before`. This serves systems whose result
    /// depends on the whole sequence, and runs with lengths, for which single steps would give
    /// other results.
    #[allow(clippy::too_many_arguments)]
    pub(super) fn watch(
        &mut self,
        system: &dyn System<T>,
        layout: &Layout,
        (clock, shared): (Clock, &Shared),
        steps: usize,
        mut before: Vec<Vec<T>>,
        units: usize,
        whole: bool,
    ) -> Option<NonFinite> {
        let mut watch = NonFiniteWatch { found: None, whole };
        let mut nowhere =
            OutputRows { rows: Vec::new(), every: Stride::new(1, 0), scratch: Vec::new(), width: self.output.width };
        system.scan(&mut Scan {
            clock,
            shared,
            steps: 0..steps,
            lengths: self.lengths,
            inputs: &mut self.inputs,
            output: &mut nowhere,
            recorder: &mut watch,
            state: State::new(before.iter_mut().map(Vec::as_mut_slice).collect(), self.block.items.start, units),
            first_var: 0,
            team: &Team::alone(),
        });
        let (var, k, j, value) = watch.found?;
        let (spec, _) = layout.vars.get(var)?;
        Some(NonFinite { variable: spec.name.to_string(), k, index: self.block.elements(spec.len()).start + j, value })
    }

    /// Repeats the steps one by one, from the state `before`, to find the first value that is not
    /// finite.
    pub(super) fn replay(
        &mut self,
        system: &dyn System<T>,
        layout: &Layout,
        (clock, shared): (Clock, &Shared),
        steps: usize,
        mut before: Vec<Vec<T>>,
        units: usize,
    ) -> Option<NonFinite> {
        let mut scratch = bytemuck::zeroed_vec(self.output.width);
        let first = self.block.items.start;
        for k in 0..steps {
            let mut state = State::new(before.iter_mut().map(Vec::as_mut_slice).collect(), first, units);
            let inputs = self.inputs.inputs(k);
            system.step(clock.tick(k as u64, shared), &inputs, &mut state, &mut scratch);
            for (values, (spec, _)) in before.iter().zip(&layout.vars) {
                if let Some(j) = values.iter().position(|v| !v.is_finite()) {
                    let index = self.block.elements(spec.len()).start + j;
                    return Some(NonFinite { variable: spec.name.to_string(), k, index, value: values[j].to_f64() });
                }
            }
        }
        None
    }
}

/// Checks the variables after each step, and keeps the first value that is not finite.
struct NonFiniteWatch {
    /// The variable, the step, the element within the block, and the value.
    found: Option<(usize, usize, usize, f64)>,
    /// Whether the steps are not in the order of time. The first variable then counts, not the
    /// first step, because later variables are computed from earlier ones.
    whole: bool,
}

impl<T: Scalar> StateRecorder<T> for NonFiniteWatch {
    fn record(&mut self, k: usize, _: u64, first_var: usize, state: &State<'_, T>) {
        for v in 0..state.len() {
            let var = first_var + v;
            let is_first = |f: &(usize, usize, usize, f64)| if self.whole { var < f.0 } else { (k, var) < (f.1, f.0) };
            if self.found.as_ref().is_none_or(is_first)
                && let Some(j) = state.var(v).iter().position(|x| !x.is_finite())
            {
                self.found = Some((var, k, j, state.var(v)[j].to_f64()));
            }
        }
    }
}

pub(super) fn all_finite<T: Scalar>(values: &[T]) -> bool {
    values.iter().fold(true, |all, v| all & v.is_finite())
}
