//! Kinetics that are texts of equations: their programs and their errors.

use super::Network;
use crate::equations::{Release, TRANSMITTED};
use crate::error::Error;
use crate::network::plan::release::{KineticsPlan, ReleaseModel};

impl<T> Network<T> {
    /// The program of these kinetics, if they are a text.
    pub(super) fn release(&self, kinetics: &KineticsPlan) -> Option<&Release<T>> {
        match kinetics.model {
            ReleaseModel::Equations(number) => self.releases.get(number),
            _ => None,
        }
    }
}

/// Returns an error that names the range of amounts if the variable is the amount of a text;
/// otherwise returns `error` itself.
pub(super) fn explained<T>(error: Error, network: &Network<T>) -> Error {
    let Error::NotFinite { variable, step: Some(step), index, .. } = &error else { return error };
    let all = network.plan.groups.iter().flat_map(|group| &group.kinetics);
    let mut texts = all.filter(|kinetics| matches!(kinetics.model, ReleaseModel::Equations(_)));
    let Some(text) = texts.find(|text| *variable == format!("{}.{TRANSMITTED}", text.name)) else { return error };
    let reason = format!(
        "the kinetics of projection `{}` transmit amounts from -1 to 1, and this step has another one; a \
         larger factor belongs to the weight",
        text.name
    );
    Error::OutOfRange { variable: variable.clone(), step: *step, index: *index, reason }
}
