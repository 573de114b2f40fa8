//! A step of a network on the host: neurons, spikes, sums of synapses, plasticity.

mod arrivals;
mod block_arrivals;
pub(crate) mod deliver;
pub(crate) mod kinetics;
pub(crate) mod neuron_step;
pub(crate) mod partition;
pub(crate) mod plasticity;
pub(crate) mod receptor_step;
pub(crate) mod refractory;
mod release;
mod release_models;
pub(crate) mod run;
mod spike_lists;
mod sum_delivery;
mod synapse_changes;
mod synaptic_weight;
