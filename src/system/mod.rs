//! Dynamical systems: the trait [`System`], its [`Schema`], and the time of a step ([`Tick`]).

pub(crate) mod clock;
pub(crate) mod closure;
mod membrane;
pub(crate) mod param;
#[cfg_attr(not(feature = "cuda"), allow(dead_code, reason = "only the CUDA engine runs programs"))]
pub(crate) mod program;
pub(crate) mod refractory;
pub(crate) mod scan;
pub(crate) mod schema;
pub(crate) mod sequential;
pub(crate) mod state;
pub(crate) mod step;
pub mod torch;
pub mod tree;
pub(crate) mod weight;

pub use membrane::LinearMembrane;
pub use schema::{Coupling, InputSpec, Schema, VarSpec};
pub use step::{Inputs, MAX_PORTS, Shared, Start, Tick};
pub use weight::{Weight, WeightMut};

use crate::device::Device;
use crate::error::{Error, Result};
use crate::numeric::scalar::Scalar;
use program::Program;
use scan::Scan;
use state::State;
use torch::Module;

/// One step of a discrete-time dynamical system.
///
/// The loop calls `y[i] = step(tick, x[i], state)` for every step. Every right-hand side reads the
/// state that the previous step left. `step` must compute each unit (or batch row, see
/// [`Coupling`]) from the data of that unit (or row) alone, and in a fixed order of operations. The
/// result then does not depend on the other units that are computed in the same call.
pub trait System<T: Scalar>: Send + Sync {
    /// Inputs, output, state and coupling. The loop calls this once, when it is built.
    fn schema(&self) -> Schema;

    /// Sets the state to its initial values, like brainpy's `reset_state`.
    fn init(&self, shared: &Shared, state: &mut State<'_, T>);

    /// Makes one step. `x` is `[rows, inputs]` for each port and every variable is `[rows, …]`. The
    /// method writes `y`, `[rows, outputs]`.
    fn step(&self, at: Tick<'_>, x: &Inputs<'_, T>, state: &mut State<'_, T>, y: &mut [T]);

    /// Makes many steps. The default calls [`System::step`] for each one. An implementation that
    /// overrides it, to share work between steps, must give the same bits.
    fn scan(&self, scan: &mut Scan<'_, T>) {
        for k in scan.steps() {
            let (at, x, state, y) = scan.at(k);
            self.step(at, &x, state, y);
            scan.record(k);
        }
    }

    /// Whether `scan` respects [`Scan::lengths`]. If so, a run may set the lengths of its rows
    /// ([`Input::lengths`](crate::Input::lengths)). A stateless system that computes each step
    /// independently can return `true` without reading the lengths.
    fn takes_lengths(&self) -> bool {
        false
    }

    /// The same step as CUDA C, for steps of length `dt`. A system that returns `None` runs on CPUs
    /// only.
    fn program(&self, dt: f64) -> Option<Program> {
        let _ = dt;
        None
    }

    /// The linear equation of the variable `V`, if a network is to integrate it exactly together with
    /// the currents of receptors. A model returns it for [`Method::Exact`](crate::models::Method).
    fn linear_membrane(&self) -> Option<LinearMembrane> {
        None
    }

    /// Prepares the system for a group of a network, in which a unit spikes where its output is not 0.
    /// [`Group::new`](crate::network::Group::new) calls this. A model without spikes then has the
    /// output 0.
    fn join_network(&mut self) {}

    /// Prepares the system for steps of length `dt` on a device, when a loop is built. Work belongs
    /// here if it is too costly for the constructor, or if it depends on `dt` or on the device.
    ///
    /// # Errors
    /// If the system cannot make steps of this length, or cannot run on this device.
    fn prepare(&self, dt: f64, device: Device) -> Result<()> {
        let _ = (dt, device);
        Ok(())
    }

    /// Checks whether the system can start at this point in time. A system may hold times, such as
    /// spike times, that only certain steps can represent. The loop calls this before its first run
    /// after it was built, reset, or given a state.
    ///
    /// # Errors
    /// If the system holds a time that the steps from `start` on cannot represent.
    fn check_start(&self, start: &Start) -> Result<()> {
        let _ = start;
        Ok(())
    }

    /// Adds an explanation to [`Error::NotFinite`], the error of a run: the reason why the named
    /// variable of this system is not finite.
    fn explain(&self, error: Error) -> Error {
        error
    }

    /// The kind of the system by its public name (`HH`, `LSTMCell`). Nodes of one kind are
    /// numbered.
    fn kind(&self) -> &str {
        "System"
    }

    /// The parts of a composed system, with their names.
    fn nodes(&self) -> Vec<(&str, &dyn System<T>)> {
        Vec::new()
    }

    /// All weights, including the weights of the parts, named by path.
    fn weights(&self) -> Vec<Weight<'_, T>> {
        Vec::new()
    }

    /// The same weights in the same order, writable.
    fn weights_mut(&mut self) -> Vec<WeightMut<'_, T>> {
        Vec::new()
    }

    /// The torch modules with the same weights as this system and its parts, so that their
    /// `state_dict` can be loaded. The list is empty if the system has no weights.
    fn torch(&self) -> Vec<Module<'_>> {
        if self.weights().is_empty() {
            Vec::new()
        } else {
            vec![Module::none("has weights, and torch has no module of its kind")]
        }
    }

    /// Checks that the parameters are finite, have the right lengths, and are positive where they
    /// must be. The loop calls this when it is built.
    ///
    /// # Errors
    /// If a parameter is invalid. The error names it.
    fn check(&self) -> Result<()> {
        Ok(())
    }
}

impl<T: Scalar, S: System<T> + ?Sized> System<T> for Box<S> {
    fn schema(&self) -> Schema {
        (**self).schema()
    }
    fn init(&self, shared: &Shared, state: &mut State<'_, T>) {
        (**self).init(shared, state);
    }
    fn step(&self, at: Tick<'_>, x: &Inputs<'_, T>, state: &mut State<'_, T>, y: &mut [T]) {
        (**self).step(at, x, state, y);
    }
    fn scan(&self, scan: &mut Scan<'_, T>) {
        (**self).scan(scan);
    }
    fn takes_lengths(&self) -> bool {
        (**self).takes_lengths()
    }
    fn program(&self, dt: f64) -> Option<Program> {
        (**self).program(dt)
    }
    fn linear_membrane(&self) -> Option<LinearMembrane> {
        (**self).linear_membrane()
    }
    fn join_network(&mut self) {
        (**self).join_network();
    }
    fn prepare(&self, dt: f64, device: Device) -> Result<()> {
        (**self).prepare(dt, device)
    }
    fn check_start(&self, start: &Start) -> Result<()> {
        (**self).check_start(start)
    }
    fn explain(&self, error: Error) -> Error {
        (**self).explain(error)
    }
    fn kind(&self) -> &str {
        (**self).kind()
    }
    fn nodes(&self) -> Vec<(&str, &dyn System<T>)> {
        (**self).nodes()
    }
    fn weights(&self) -> Vec<Weight<'_, T>> {
        (**self).weights()
    }
    fn weights_mut(&mut self) -> Vec<WeightMut<'_, T>> {
        (**self).weights_mut()
    }
    fn torch(&self) -> Vec<Module<'_>> {
        (**self).torch()
    }
    fn check(&self) -> Result<()> {
        (**self).check()
    }
}
