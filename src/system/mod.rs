//! What a dynamical system is: [`System`], its [`Schema`], and where in time a step stands ([`Tick`]).

pub(crate) mod clock;
pub(crate) mod closure;
pub(crate) mod param;
#[cfg_attr(not(feature = "cuda"), allow(dead_code, reason = "programs are run by the CUDA engine alone"))]
pub(crate) mod program;
pub(crate) mod scan;
pub(crate) mod schema;
pub(crate) mod sequential;
pub(crate) mod state;
pub(crate) mod step;
pub mod torch;
pub mod tree;
pub(crate) mod weight;

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
/// The loop calls `y[i] = step(tick, x[i], state)` for every step; every right-hand side reads the state as the step before
/// left it. `step` must compute each unit (or row, see [`Coupling`]) from that unit's (row's) data alone and in a fixed order of
/// operations, so that the result does not depend on which others it is computed together with.
pub trait System<T: Scalar>: Send + Sync {
    /// Inputs, output, state and coupling. Asked for once, when the loop is built.
    fn schema(&self) -> Schema;

    /// Sets the state to its initial values: brainpy's `reset_state`.
    fn init(&self, shared: &Shared, state: &mut State<'_, T>);

    /// One step: `x` is `[rows, inputs]` for each port, every variable `[rows, …]`, and `y` `[rows, outputs]` is to be written.
    fn step(&self, at: Tick<'_>, x: &Inputs<'_, T>, state: &mut State<'_, T>, y: &mut [T]);

    /// Many steps. The default calls [`System::step`] for each; an implementation that overrides it to share work between
    /// steps must give the same bits.
    fn scan(&self, scan: &mut Scan<'_, T>) {
        for k in scan.steps() {
            let (at, x, state, y) = scan.at(k);
            self.step(at, &x, state, y);
            scan.record(k);
        }
    }

    /// Whether `scan` heeds [`Scan::lengths`], so that a run may be given the lengths of its rows
    /// ([`Input::lengths`](crate::Input::lengths)). A system without state that computes each step alone has nothing to heed.
    fn takes_lengths(&self) -> bool {
        false
    }

    /// The same step as CUDA C, for steps of `dt`; without one, the system runs on CPUs alone.
    fn program(&self, dt: f64) -> Option<Program> {
        let _ = dt;
        None
    }

    /// Gets ready for steps of `dt` on a device, when a loop is built: what is too costly for the system's own making, or depends on
    /// these two.
    ///
    /// # Errors
    /// Why the system cannot make such steps, or not there.
    fn prepare(&self, dt: f64, device: Device) -> Result<()> {
        let _ = (dt, device);
        Ok(())
    }

    /// Whether the system can start from there: times that it was given, and can keep only in steps at certain times. Called before the first
    /// run of a loop that was built, reset, or given a state.
    ///
    /// # Errors
    /// What the system was given that such steps cannot do.
    fn check_start(&self, start: &Start) -> Result<()> {
        let _ = start;
        Ok(())
    }

    /// Says more of the error of a run, [`Error::NotFinite`]: what it means that this variable is not finite.
    fn explain(&self, error: Error) -> Error {
        error
    }

    /// The kind of system, as users name it (`HH`, `LSTMCell`); nodes are numbered by it.
    fn kind(&self) -> &str {
        "System"
    }

    /// The parts of a composed system, with their names.
    fn nodes(&self) -> Vec<(&str, &dyn System<T>)> {
        Vec::new()
    }

    /// All weights, those of the parts included, named by path.
    fn weights(&self) -> Vec<Weight<'_, T>> {
        Vec::new()
    }

    /// The same weights in the same order, to be written to.
    fn weights_mut(&mut self) -> Vec<WeightMut<'_, T>> {
        Vec::new()
    }

    /// The torch modules that have the weights of this system and its parts, so that their `state_dict` can be loaded; nothing where there
    /// are no weights.
    fn torch(&self) -> Vec<Module<'_>> {
        if self.weights().is_empty() { Vec::new() } else { vec![Module::none("has weights, and torch has no module of its kind")] }
    }

    /// Whether parameters make sense (finite, positive where they must be, right lengths). Called when the loop is built.
    ///
    /// # Errors
    /// What is wrong, naming the parameter.
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
