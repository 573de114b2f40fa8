//! A network as a system.

use super::host::partition::SingleWorker;
use super::host::run::Run;
use super::{Network, gap_junction, release};
use crate::device::Device;
use crate::error::{Error, Result};
use crate::numeric::rng::Stream;
use crate::numeric::scalar::Real;
use crate::numeric::team::Team;
use crate::system::program::Program;
use crate::system::scan::Scan;
use crate::system::state::{State, StatePart, child};
use crate::system::{Coupling, InputSpec, Inputs, Schema, Shared, Start, System, Tick, VarSpec};

/// The number of neurons from which on the threads of a pool share a step. It takes so long that they need
/// not wait for it actively.
const LARGE: usize = 1 << 16;

impl<T: Real> System<T> for Network<T> {
    fn schema(&self) -> Schema {
        let (mut inputs, mut state) = (Vec::new(), Vec::new());
        for (plan, model) in self.plan.groups.iter().zip(&self.models) {
            if plan.input.is_some() {
                inputs.push(InputSpec {
                    name: plan.name.clone().into(),
                    shape: vec![plan.units],
                    optional: true,
                    broadcasts: true,
                });
            }
            state.extend(model.schema().state.iter().map(|var| var.within(&plan.name)));
            state.extend(
                plan.receptors.iter().flat_map(|r| r.vars(&plan.name)).map(|name| VarSpec::new(name, vec![plan.units])),
            );
            for kinetics in &plan.kinetics {
                let names = kinetics.names.iter().map(|var| format!("{}.{var}", kinetics.name));
                state.extend(names.map(|name| VarSpec::new(name, vec![plan.units])));
            }
            // Spikes that have not yet arrived: none, unless the caller sets them.
            state.push(
                VarSpec::new(format!("{}.flight", plan.name), vec![plan.ring_len, plan.mask_words()])
                    .optional(true)
                    .of_its_step(true),
            );
        }
        for projection in &self.plan.projections {
            state.extend(projection.plastic.iter().flat_map(|plastic| plastic.vars(&projection.spec.name)));
        }
        Schema { inputs, output: vec![self.plan.groups.len()], state, coupling: Coupling::Network, reads_clock: true }
    }

    fn init(&self, shared: &Shared, state: &mut State<'_, T>) {
        let (first, node) = (state.first(), state.node());
        for (index, (plan, model)) in self.plan.groups.iter().zip(&self.models).enumerate() {
            let part = StatePart { index, vars: plan.vars.clone(), units: plan.units, first: first * plan.units };
            model.init(shared, &mut state.part(&part));
            for receptor in plan.receptors.iter().filter(|r| !r.own.is_empty()) {
                let stream = Stream::of_node(shared.seed, child(node, index), &receptor.name);
                receptor.own.clone().for_each(|var| state.var_mut(var).fill(T::of(0.0)));
                receptor.init.fill_checked(state.var_mut(receptor.own.start), &[plan.units], stream);
            }
            for kinetics in &plan.kinetics {
                if let Some(text) = self.release(kinetics) {
                    let stream = format!("{}.", kinetics.name);
                    let vars = &mut state.all()[kinetics.vars.clone()];
                    text.start(shared.seed, child(node, index), &stream, plan.units, vars);
                    continue;
                }
                let all = kinetics.vars.clone().zip(&kinetics.names).zip(&kinetics.init);
                for ((var, name), init) in all {
                    let stream = Stream::of_node(shared.seed, child(node, index), &format!("{}.{name}", kinetics.name));
                    init.fill_checked(state.var_mut(var), &[plan.units], stream);
                }
            }
            state.var_mut(plan.spike_ring).fill(T::of(0.0));
        }
        for projection in &self.plan.projections {
            if let (Some(plastic), Some(table)) = (&projection.plastic, projection.table.get()) {
                let to = &self.plan.groups[projection.to];
                plastic.init((&projection.spec, table), to, (shared.seed, node), state);
            }
            if projection.is_gap(&self.plan.groups) {
                gap_junction::start(projection, &self.plan.groups, state);
            }
        }
    }

    fn step(&self, at: Tick<'_>, x: &Inputs<'_, T>, state: &mut State<'_, T>, y: &mut [T]) {
        let rows = y.len() / self.plan.groups.len();
        let (mut alone, team) = (SingleWorker, Team::alone());
        Run::new(self, &mut alone, &team, rows, state.node(), at.shared.seed).step(at, x, state, y);
    }

    fn scan(&self, scan: &mut Scan<'_, T>) {
        let steps = scan.steps();
        if steps.is_empty() {
            return;
        }
        let (at, _, state, y) = scan.at(steps.start);
        let (rows, node, seed) = (y.len() / self.plan.groups.len(), state.node(), at.shared.seed);
        let (mut alone, single) = (SingleWorker, Team::alone());
        let neurons = self.plan.groups.iter().map(|group| group.units).sum::<usize>().saturating_mul(rows);
        let team = if neurons < LARGE { scan.team() } else { &single };
        let mut run = Run::new(self, &mut alone, team, rows, node, seed);
        for k in steps {
            let (at, x, state, y) = scan.at(k);
            run.step(at, &x, state, y);
            scan.record(k);
        }
    }

    fn prepare(&self, dt: f64, device: Device) -> Result<()> {
        if dt.to_bits() != self.plan.dt.to_bits() {
            return Err(Error::value("dt", dt, format!("is not the network's {}", self.plan.dt)));
        }
        self.check_each(|model| model.prepare(dt, device))?;
        if device == Device::Cpu {
            let stored = || self.plan.projections.iter().filter(|projection| !projection.spec.procedural);
            // Beside the synapses, a run needs sums: a count and a load for each target of one
            // projection at a time.
            let sums = stored().map(|projection| projection.spec.post.len()).max().unwrap_or(0) as u64 * 12;
            let passing = self.plan.sum_bytes().saturating_add(sums);
            let need = stored().fold(passing, |sum, projection| sum.saturating_add(projection.spec.estimate()));
            crate::memory::require("the network's synapses", need)?;
            self.plan.build_synapses()?;
        }
        Ok(())
    }

    fn check_start(&self, start: &Start) -> Result<()> {
        self.check_each(|model| model.check_start(start))
    }

    fn explain(&self, error: Error) -> Error {
        let error = release::explained(gap_junction::explained(error, self), self);
        self.parts().fold(error, |error, (name, model)| error.explained_by(name, |error| model.explain(error)))
    }

    fn program(&self, dt: f64) -> Option<Program> {
        self.to_program(dt)
    }

    fn kind(&self) -> &str {
        "Network"
    }

    fn nodes(&self) -> Vec<(&str, &dyn System<T>)> {
        self.parts().collect()
    }
}

impl<T: Real> Network<T> {
    /// The groups' names and models.
    fn parts(&self) -> impl Iterator<Item = (&str, &dyn System<T>)> {
        self.plan.groups.iter().zip(&self.models).map(|(group, model)| (group.name.as_str(), &**model))
    }

    /// Checks the model of each group, whose name precedes the error.
    fn check_each(&self, check: impl Fn(&dyn System<T>) -> Result<()>) -> Result<()> {
        self.parts().try_for_each(|(name, model)| check(model).map_err(|e| e.within(&format!("group `{name}`"))))
    }
}
