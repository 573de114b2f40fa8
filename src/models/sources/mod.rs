//! What spikes by itself, or as it is told: groups of a network that nothing acts on.

mod input;
mod poisson;
mod spike_times;

pub use input::InputGroup;
pub use poisson::PoissonGroup;
pub use spike_times::SpikeTimeGroup;
