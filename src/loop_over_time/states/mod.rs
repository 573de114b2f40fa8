//! Saving and loading the state of a loop, in memory and in files.

mod arrays;
mod dict;
mod file;
mod views;

pub(super) use arrays::check_names;

use super::LoopOverTime;
use crate::error::Result;
use crate::numeric::scalar::Scalar;
use crate::states::{self, StateDict, Unmatched};
use crate::system::{System, torch};
use ndarray::ArrayD;
use std::path::Path;

impl<T: Scalar, S: System<T>> LoopOverTime<T, S> {
    /// The whole state by name: variables (`V`, `l1.state`; `[batch, …]`, without the batch axis if
    /// there is none), weights (`l1.Wi`), registered variables, and the clock with step index,
    /// time, seed and shared values.
    ///
    /// # Errors
    /// If the device cannot return the state.
    pub fn state_dict(&self) -> Result<StateDict<T>> {
        self.any().to_dict()
    }

    /// Loads a state: the same bits and the same position in time, so that the next run continues
    /// from the point at which the state was taken. If the `dt` of the loop differs from that of
    /// the state, index and time continue from that point, and a reset returns to it.
    ///
    /// Returns the names that did not match. If `strict`, such names are an error, except for
    /// missing variables that a start does not need ([`VarSpec::optional`](crate::VarSpec): a
    /// neuron's `spike`, `input`, …). These variables then have the values of a new loop. All views
    /// of a variable may replace the variable itself: an LSTM's `h` and `c` replace its `state`.
    ///
    /// # Errors
    /// If names do not match (with `strict`); if an array has another shape; if an array contains a
    /// NaN or an infinity (unless the loop allows them); if the dict has no clock, because it was
    /// made by hand, but contains values that depend on the step
    /// ([`VarSpec::of_its_step`](crate::VarSpec): a network's spikes in flight). Nothing has
    /// changed then.
    pub fn load_state_dict(&mut self, dict: &StateDict<T>, strict: bool) -> Result<Unmatched> {
        self.any_mut().take_dict(dict, strict)
    }

    /// Loads only weights, by name (`l1.Wi`), from values of any float type.
    ///
    /// # Errors
    /// The same as for [`LoopOverTime::load_state_dict`]. If `strict`, the names must be exactly
    /// those of the weights.
    pub fn load_weights(&mut self, weights: &[(String, ArrayD<f64>)], strict: bool) -> Result<Unmatched> {
        self.any_mut().take_weights(weights, strict)
    }

    /// Loads all weights of a torch model's `state_dict`. [`torch`] describes how names are matched
    /// to layers.
    ///
    /// # Errors
    /// The same as for [`LoopOverTime::load_weights`], with torch's names. In addition: if torch
    /// has no module for a part of the system.
    pub fn load_torch_weights(&mut self, weights: &[(String, ArrayD<f64>)]) -> Result<()> {
        let own = torch::weights::<T>(&self.system, weights)?;
        self.load_weights(&own, true)?;
        Ok(())
    }

    /// Saves the whole state to a safetensors file. The file is replaced as a whole or not at all;
    /// see [`states`](crate::states).
    ///
    /// # Errors
    /// If the operating system refuses to write the file. A previous file then is unchanged.
    pub fn save_states(&self, path: impl AsRef<Path>) -> Result<()> {
        states::write(path, &self.states_file()?)
    }

    /// Loads a file of [`LoopOverTime::save_states`].
    ///
    /// # Errors
    /// If the file is damaged, belongs to another model or another element type, or does not fit
    /// otherwise (see [`LoopOverTime::load_state_dict`]). Nothing has changed then.
    pub fn load_states(&mut self, path: impl AsRef<Path>) -> Result<Unmatched> {
        self.load_states_file(&states::read(path)?, true)
    }

    /// Does the same as [`LoopOverTime::load_states`], but loads only matching names, converts from
    /// other element types, and returns the names that did not match.
    ///
    /// # Errors
    /// If the file is damaged, or if an array with a matching name has another shape or is not
    /// finite.
    pub fn load_states_lenient(&mut self, path: impl AsRef<Path>) -> Result<Unmatched> {
        self.load_states_file(&states::read(path)?, false)
    }

    /// The content of a file of [`LoopOverTime::save_states`], for programs that add data to it.
    ///
    /// # Errors
    /// If the device cannot return the state.
    pub fn states_file(&self) -> Result<states::File> {
        self.any().to_file()
    }

    /// Loads the content of a file that [`states::read`] has read.
    ///
    /// # Errors
    /// The same as for [`LoopOverTime::load_states`].
    pub fn load_states_file(&mut self, file: &states::File, strict: bool) -> Result<Unmatched> {
        self.any_mut().take_file(file, strict)
    }
}
