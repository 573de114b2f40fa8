//! Sources of spikes: groups of units without equations, onto which no synapse acts.

mod input;
mod poisson;
mod spike_times;

pub use input::InputGroup;
pub use poisson::PoissonGroup;
pub use spike_times::SpikeTimeGroup;
