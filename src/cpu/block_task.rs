//! The steps of a chunk for one block of units or rows.

use super::BlockRecords;
use super::blocks::ItemBlock;
use super::inputs::InputReaders;
use super::non_finite::{NonFinite, all_finite};
use super::recorders::{Kept, OutputRows, VarRecorder};
use crate::error::Result;
use crate::numeric::scalar::Scalar;
use crate::numeric::team::Team;
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
    ) -> (Result<BlockRecords>, Option<NonFinite>) {
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
        let records = self.records(layout);
        if allow_non_finite {
            return (records, None);
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
        (records, found)
    }

    /// The recordings of the block that are not in place: events, with indices into the whole
    /// variable, and bits of bytes that belong to other blocks.
    fn records(&mut self, layout: &Layout) -> Result<BlockRecords> {
        let mut records = BlockRecords { events: Vec::with_capacity(self.recorders.len()), bits: Vec::new() };
        for (handle, recorder) in self.recorders.drain(..).enumerate() {
            let start = self.block.elements(layout.vars[recorder.var].0.len()).start;
            records.events.push(match recorder.kept {
                Kept::Events(list) => {
                    let mut list = list?;
                    list.iter_mut().for_each(|(_, element)| *element += start);
                    list
                }
                Kept::Bits(bits) => {
                    records.bits.extend(bits.into_shared()?.map(|shared| (handle, shared)));
                    Vec::new()
                }
                Kept::Values(_) => Vec::new(),
            });
        }
        Ok(records)
    }
}
