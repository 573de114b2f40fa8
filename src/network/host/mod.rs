//! A step of a network on the host: neurons, spikes, sums of synapses, plasticity.

pub(crate) mod deliver;
pub(crate) mod kinetics;
pub(crate) mod neuron_step;
pub(crate) mod partition;
pub(crate) mod procedural;
pub(crate) mod receptor_step;
pub(crate) mod refractory;
pub(crate) mod run;
pub(crate) mod stdp;
mod synaptic_weight;
