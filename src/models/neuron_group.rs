//! The options of a group of neurons whose model is known by name only.

use super::{Channel, Method, Reset};
use crate::error::{Error, Result};
use crate::init::Init;
use crate::numeric::scalar::Real;
use crate::system::System;
use crate::system::param::Param;

/// A group of neurons of any model, which [`neurons`](super::neurons) makes from a name. The
/// methods set by name what the builders of the models set.
///
/// ```
/// use overtime::{Init, Input, LoopOverTime, System, models};
///
/// # fn main() -> overtime::Result<()> {
/// let mut group = models::neurons::<f64>("adex", 10)?;
/// group.set_param("tau_w", 100.0.into())?;
/// group.set_init("V", Init::uniform(-70.0, -60.0))?;
/// let system: Box<dyn System<f64>> = group;
/// let run = LoopOverTime::builder(system).build()?.run(Input::steps(100).constant(2.0))?;
/// assert_eq!(run.output.shape(), [100, 10]);
/// # Ok(()) }
/// ```
///
/// An option that the model does not have is [`Error::Unsupported`]. An unknown name is
/// [`Error::Unknown`]. [`ModelInfo`](super::ModelInfo) lists the options of a model.
pub trait NeuronGroup<R: Real>: System<R> {
    /// Sets the parameter of this name: one value for all neurons, or one value for each neuron.
    ///
    /// # Errors
    /// If there is no such parameter.
    fn set_param(&mut self, name: &str, value: Param<R>) -> Result<()>;

    /// Sets the parameter of this name that is a time of the run, ms. Times are in `f64` for every
    /// element type.
    ///
    /// # Errors
    /// If there is no such parameter, or if it is no time of the run.
    fn set_time(&mut self, name: &str, time: f64) -> Result<()> {
        let _ = time;
        Err(Error::unknown("parameter that is a time of the run", name, [""; 0]))
    }

    /// Sets the initial value of the variable of this name.
    ///
    /// # Errors
    /// If there is no such variable, or its initial value cannot be set.
    fn set_init(&mut self, name: &str, init: Init) -> Result<()> {
        let _ = init;
        Err(Error::unknown("variable with an initial value", name, [""; 0]))
    }

    /// Sets the integration method.
    ///
    /// # Errors
    /// If the model has no differential equations.
    fn set_method(&mut self, method: Method) -> Result<()> {
        let _ = method;
        Err(not_taken("method", self.kind()))
    }

    /// Sets the reset of the potential after a spike.
    ///
    /// # Errors
    /// If the model has no reset.
    fn set_reset(&mut self, reset: Reset) -> Result<()> {
        let _ = reset;
        Err(not_taken("reset", self.kind()))
    }

    /// Adds white noise of this intensity to the current.
    ///
    /// # Errors
    /// If the model has no noise of its own. ([`WhiteNoise`](super::WhiteNoise) adds noise to the
    /// current of any model, and so does the group of a
    /// [`network`](crate::network::Group::noise).)
    fn set_noise(&mut self, sigma: f64) -> Result<()> {
        let _ = sigma;
        Err(not_taken("noise", self.kind()))
    }

    /// Adds the input `g`, a conductance, if the model has none yet.
    ///
    /// # Errors
    /// If the model has no input for a conductance.
    fn add_conductance(&mut self) -> Result<()> {
        Err(not_taken("conductance", self.kind()))
    }

    /// Adds an ion channel under a name.
    ///
    /// # Errors
    /// If the model does not consist of channels.
    fn add_channel(&mut self, name: &str, channel: Channel<R>) -> Result<()> {
        let (_, _) = (name, channel);
        Err(not_taken("channel", self.kind()))
    }

    /// Sets the units that spike, and the time of each spike, ms.
    ///
    /// # Errors
    /// If the model has no list of spikes, or if an index or a time is invalid.
    fn set_spikes(&mut self, indices: &[usize], times: &[f64]) -> Result<()> {
        let (_, _) = (indices, times);
        Err(not_taken("times", self.kind()))
    }
}

pub(super) fn not_taken(what: &str, kind: &str) -> Error {
    Error::Unsupported(format!("`{what}` is not for {kind}"))
}
