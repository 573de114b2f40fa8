//! The spikes of a run: those that its file lists, or the output of neurons.

use super::model::Drawing;
use crate::plot::{Panel, Traces};
use crate::spikes::{SPIKES, spikes_of};
use ndarray::Axis;
use overtime_model::SystemSpec as System;

impl Drawing<'_> {
    /// Takes the spikes out of the panels if the file has only those of some steps. Returns whether
    /// it did.
    pub(super) fn without_spikes(&self, panels: &mut Vec<Panel>) -> anyhow::Result<bool> {
        let all = self.results.recorded() as u64 == self.steps.steps;
        if all || !matches!(self.spec.system, System::Neurons(_)) || self.results.spikes("")?.is_some() {
            return Ok(false);
        }
        let had = panels.iter().any(|panel| panel.is_of_spikes() || panel.spikes.is_some());
        panels.retain(|panel| !panel.is_of_spikes());
        panels.iter_mut().for_each(|panel| panel.spikes = None);
        Ok(had)
    }

    /// Draws the spikes. Returns the number of spikes outside the run.
    pub(super) fn feed_spikes(&self, traces: &mut Traces) -> anyhow::Result<usize> {
        let mut outside = 0;
        match &self.spec.system {
            System::Sequential(_) => {}
            System::Network(net) => {
                for group in &net.groups {
                    let mut listed = self.results.spikes(&format!("{}.", group.name))?;
                    if listed.is_none() && net.groups.len() == 1 {
                        listed = self.results.spikes("")?;
                    }
                    let listed = listed.unwrap_or_default();
                    outside += self.outside(&listed, usize::try_from(group.neurons.size).unwrap_or(usize::MAX));
                    traces.spikes(&spikes_of(&group.name), listed.iter().copied());
                }
            }
            System::Neurons(_) => match self.results.spikes("")? {
                Some(listed) => {
                    outside += self.outside(&listed, self.units);
                    traces.spikes(SPIKES, listed.iter().copied());
                }
                None => self.spikes_of_output(traces),
            },
        }
        Ok(outside)
    }

    /// The number of spikes of steps, rows or units that the run does not have.
    fn outside(&self, spikes: &[(u64, usize, usize)], units: usize) -> usize {
        let (from, to) = (self.steps.begin - self.steps.before, self.steps.begin + self.steps.steps);
        let is_of_run =
            |(step, row, unit): &&(u64, usize, usize)| (from..to).contains(step) && *row < self.rows && *unit < units;
        spikes.len() - spikes.iter().filter(is_of_run).count()
    }

    /// The output of neurons is 1 where they spike.
    fn spikes_of_output(&self, traces: &mut Traces) {
        let Some(values) = self.values("output") else { return };
        for (s, at) in values.axis_iter(Axis(0)).enumerate() {
            let step = self.steps.index(s as u64);
            let units = self.units.max(1);
            let spiking = at.iter().enumerate().filter(|(_, x)| **x != 0.0);
            let spiking: Vec<_> = spiking.map(|(k, _)| (step, k / units, k % units)).collect();
            traces.spikes(SPIKES, spiking.iter().copied());
        }
    }
}
