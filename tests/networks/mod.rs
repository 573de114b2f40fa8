//! Networks on the CPU, compared with runs of Brian2 and with plain loops, and their general
//! properties.

mod bad;
mod cell;
mod cobahh;
mod crossing;
mod delays;
mod exact;
mod gap;
mod golden;
mod graded;
mod kinetics;
pub(crate) mod kinetics_text;
mod nest;
mod plasticity;
pub(crate) mod plasticity_rules;
mod procedural;
mod promises;
mod random;
mod refractory;
mod stdp;
mod sums;
