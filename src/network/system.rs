//! A network as a system.

use super::host::partition::SingleWorker;
use super::host::procedural;
use super::host::run::Run;
use super::{Network, gap_junction, poisson};
use crate::device::Device;
use crate::error::{Error, Result};
use crate::numeric::scalar::Real;
use crate::system::program::Program;
use crate::system::scan::Scan;
use crate::system::state::{Part, State, child};
use crate::system::{Coupling, InputSpec, Inputs, Schema, Shared, Start, System, Tick, VarSpec};

impl<T: Real> System<T> for Network<T> {
    fn schema(&self) -> Schema {
        let (mut inputs, mut state) = (Vec::new(), Vec::new());
        for (pool, model) in self.plan.groups.iter().zip(&self.models) {
            if pool.input.is_some() {
                inputs.push(InputSpec { name: pool.name.clone().into(), shape: vec![pool.units], optional: true, broadcasts: true });
            }
            state.extend(model.schema().state.iter().map(|var| var.within(&pool.name)));
            state.extend(pool.receptors.iter().flat_map(|r| r.vars(&pool.name)).map(|name| VarSpec::new(name, vec![pool.units])));
            for terminal in &pool.terminals {
                let names = terminal.kinetics.names().iter().map(|var| format!("{}.{var}", terminal.name));
                state.extend(names.map(|name| VarSpec::new(name, vec![pool.units])));
            }
            // Spikes on their way: none where nobody says.
            state.push(VarSpec::new(format!("{}.flight", pool.name), vec![pool.slots, pool.words()]).optional(true).of_its_step(true));
        }
        for link in &self.plan.projections {
            state.extend(link.plastic.iter().flat_map(|plastic| plastic.vars(&link.spec.name)));
        }
        Schema { inputs, output: vec![self.plan.groups.len()], state, coupling: Coupling::Network, reads_clock: true }
    }

    fn init(&self, shared: &Shared, state: &mut State<'_, T>) {
        let (first, node) = (state.first(), state.node());
        for (index, (pool, model)) in self.plan.groups.iter().zip(&self.models).enumerate() {
            let part = Part { index, vars: pool.vars.clone(), units: pool.units, first: first * pool.units };
            model.init(shared, &mut state.part(&part));
            for receptor in pool.receptors.iter().filter(|r| !r.own.is_empty()) {
                let stream = poisson::stream(shared.seed, child(node, index), &receptor.name);
                receptor.own.clone().for_each(|var| state.var_mut(var).fill(T::of(0.0)));
                receptor.init.fill_checked(state.var_mut(receptor.own.start), &[pool.units], stream);
            }
            for terminal in &pool.terminals {
                let all = terminal.vars.clone().zip(terminal.kinetics.names()).zip(&terminal.init);
                for ((var, name), init) in all {
                    let stream = poisson::stream(shared.seed, child(node, index), &format!("{}.{name}", terminal.name));
                    init.fill_checked(state.var_mut(var), &[pool.units], stream);
                }
            }
            state.var_mut(pool.flight).fill(T::of(0.0));
        }
        for link in &self.plan.projections {
            if let (Some(plastic), Some(table)) = (&link.plastic, link.table.get()) {
                plastic.init(&link.spec, table, state);
            }
            if link.is_gap(&self.plan.groups) {
                gap_junction::start(link, &self.plan.groups, state);
            }
        }
    }

    fn step(&self, at: Tick<'_>, x: &Inputs<'_, T>, state: &mut State<'_, T>, y: &mut [T]) {
        let rows = y.len() / self.plan.groups.len();
        Run::new(self, &mut SingleWorker, rows, state.node(), at.shared.seed).step(at, x, state, y);
    }

    fn scan(&self, scan: &mut Scan<'_, T>) {
        let steps = scan.steps();
        if steps.is_empty() {
            return;
        }
        let (at, _, state, y) = scan.at(steps.start);
        let (rows, node, seed) = (y.len() / self.plan.groups.len(), state.node(), at.shared.seed);
        let mut alone = SingleWorker;
        let mut run = Run::new(self, &mut alone, rows, node, seed);
        for k in steps {
            let (at, x, state, y) = scan.at(k);
            run.step(at, &x, state, y);
            scan.record(k);
        }
    }

    fn prepare(&self, dt: f64, device: Device) -> Result<()> {
        if dt.to_bits() != self.plan.dt.to_bits() {
            return Err(Error::value("dt", dt, format!("is not the network's, which was built for steps of {}", self.plan.dt)));
        }
        self.models.iter().try_for_each(|model| model.prepare(dt, device))?;
        if device == Device::Cpu {
            let stored = || self.plan.projections.iter().filter(|link| !link.spec.procedural);
            // Beside the synapses, the sums that a run takes: a count and a load for each target, of one projection at a time.
            let sums = stored().map(|link| link.spec.post.len()).max().unwrap_or(0) as u64 * 12;
            let passing = procedural::bytes(&self.plan.projections).saturating_add(sums);
            let need = stored().fold(passing, |sum, link| sum.saturating_add(link.spec.estimate()));
            crate::memory::require("the network's synapses", need)?;
            for link in stored() {
                link.table()?;
            }
        }
        Ok(())
    }

    fn check_start(&self, start: &Start) -> Result<()> {
        self.parts().try_for_each(|(name, model)| model.check_start(start).map_err(|e| e.within(name)))
    }

    fn explain(&self, error: Error) -> Error {
        let error = gap_junction::explained(error, self);
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
}
