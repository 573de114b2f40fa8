//! The CUDA engine compared with the CPU engine: the same bits for every system, type and strategy,
//! and the results of faults.
//!
//! The tests run on a GPU if there is one, otherwise on the simulated driver with NVRTC's kernels:
//! see [`machine`].
mod assembled;
pub(crate) mod bits;
mod calls;
mod child;
mod chunk_length;
mod compilers;
mod delays;
mod equations;
mod faults;
mod functions;
#[path = "../cells/golden.rs"]
mod golden_layers;
#[path = "../golden.rs"]
mod golden_neurons;
mod hopper;
#[path = "../inputs.rs"]
mod inputs;
mod kinetics;
mod kinetics_text;
mod layers;
pub(crate) mod machine;
mod matmul;
mod memory;
mod missing;
mod models;
mod moves;
mod multapses;
mod networks;
mod options;
mod own_equations;
mod parity;
mod plasticity_text;
mod procedural;
#[path = "../cells/products.rs"]
mod products;
#[path = "../progress.rs"]
mod progress;
mod room;
mod rows;
mod runner;
mod stdp;
mod synapses;
mod tiers;
mod uploads;
mod user;

pub(crate) use machine::device;
