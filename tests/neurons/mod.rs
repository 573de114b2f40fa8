//! Neurons, each compared with an independent loop, with analysis, and with other simulators.

pub(crate) mod channel_text;
mod channels;
mod conductance;
mod equations;
mod lif;
mod parts;
mod runner;
mod sources;
mod traub_miles;
mod white_noise;
