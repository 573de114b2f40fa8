//! The names of the recordings of spikes. No variable has a space in its name.

/// Spikes of a single group of neurons.
pub(crate) const SPIKES: &str = "spikes counted";

/// Spikes of a network's group.
pub(crate) fn spikes_of(group: &str) -> String {
    format!("{SPIKES} of {group}")
}
