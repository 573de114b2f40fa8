//! Networks on the CPU: against Brian2's runs, against plain loops, and what they promise.

mod bad;
mod cell;
mod cobahh;
mod crossing;
mod delays;
mod gap;
mod golden;
mod kinetics;
mod procedural;
mod promises;
mod random;
mod refractory;
mod stdp;
mod sums;
