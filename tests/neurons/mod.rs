//! Neurons, each against an independent loop, against analysis, and against other simulators.

mod channels;
mod conductance;
mod equations;
mod lif;
mod parts;
mod runner;
mod sources;
mod traub_miles;
