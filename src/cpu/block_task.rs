//! The steps of a chunk for one block of units or rows.

use super::EventLists;
use super::blocks::ItemBlock;
use super::inputs::InputReaders;
use super::non_finite::{NonFinite, all_finite};
use super::recorders::{OutputRows, VarRecorder};
use crate::error::Result;
use crate::memory::team::Team;
use crate::numeric::scalar::Scalar;
use crate::system::clock::Clock;
use crate::system::scan::Scan;
use crate::system::state::{Layout, State};
use crate::system::{Coupling, Schema, Shared, System};

/// The data of one block.
pub(super) struct BlockTask<'c, T> {
    pub(super) block: ItemBlock,
    pub(super) lengths: Option<&'c [usize]>,
    pub(super) vars: Vec<&'c mut [T]>,
    pub(super) inputs: InputReaders<'c, T>,
    pub(super) output: OutputRows<'c, T>,
    pub(super) recorders: Vec<VarRecorder<'c, T>>,
}

impl<T: Scalar> BlockTask<'_, T> {
    #[allow(clippy::too_many_arguments)]
    pub(super) fn run(
        mut self,
        system: &dyn System<T>,
        schema: &Schema,
        layout: &Layout,
        (clock, shared): (Clock, &Shared),
        steps: usize,
        allow_non_finite: bool,
        team: &Team,
    ) -> (Result<EventLists>, Option<NonFinite>) {
        let (first, units) = (self.block.items.start, schema.output_len());
        let before: Vec<Vec<T>> =
            if allow_non_finite { Vec::new() } else { self.vars.iter().map(|v| v.to_vec()).collect() };
        system.scan(&mut Scan {
            clock,
            shared,
            steps: 0..steps,
            lengths: self.lengths,
            inputs: &mut self.inputs,
            output: &mut self.output,
            recorder: &mut self.recorders,
            state: State::new(self.vars.iter_mut().map(|v| &mut **v).collect(), first, units),
            first_var: 0,
            team,
        });
        let events = self.events(layout);
        if allow_non_finite {
            return (events, None);
        }
        let found = if schema.is_stateless() {
            self.search_output(schema, steps)
        } else if self.vars.iter().any(|v| !all_finite(v)) {
            let whole = schema.coupling == Coupling::Sequence;
            if whole || self.lengths.is_some() {
                self.watch(system, layout, (clock, shared), steps, before, units, whole)
            } else {
                self.replay(system, layout, (clock, shared), steps, before, units)
            }
        } else {
            None
        };
        (events, found)
    }

    /// The events of the block, with indices into the whole variable.
    fn events(&mut self, layout: &Layout) -> Result<EventLists> {
        let starts: Vec<usize> =
            self.recorders.iter().map(|r| self.block.elements(layout.vars[r.var].0.len()).start).collect();
        (self.recorders.iter_mut().zip(starts))
            .map(|(recorder, start)| {
                let mut list = recorder.events.take().unwrap_or(Ok(Vec::new()))?;
                list.iter_mut().for_each(|(_, element)| *element += start);
                Ok(list)
            })
            .collect()
    }
}
