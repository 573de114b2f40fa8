//! The keys that a kind of group takes in a model file.

use super::EQUATIONS;
use overtime::models::{Family, ModelInfo};

/// The keys of a group of neurons or sources, beside `kind`.
pub const KEYS: [&str; 8] = ["equations", "size", "method", "noise", "reset", "parameters", "initial", "channel"];
/// The further keys of a group of a network, beside `name`.
pub const NETWORK_KEYS: [&str; 5] = ["current", "input", "receptor", "poisson", "mean_rate"];

/// Whether a group of this kind takes this key of [`KEYS`] or [`NETWORK_KEYS`].
#[must_use]
pub fn takes(kind: &ModelInfo, key: &str) -> bool {
    match key {
        "size" | "mean_rate" => true,
        "equations" => kind.name == EQUATIONS,
        "parameters" => !kind.parameters.is_empty(),
        "initial" => kind.initial().next().is_some(),
        "input" => !kind.inputs.is_empty(),
        // A source of spikes has no current. The input of an `InputGroup` is an array of spikes.
        "noise" | "current" => kind.family == Family::Neuron && !kind.inputs.is_empty(),
        "receptor" | "poisson" => kind.family == Family::Neuron,
        _ => kind.takes(key),
    }
}
