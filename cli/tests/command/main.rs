//! The command, as its users see it.

mod catalog;
mod channels;
mod compressed;
mod csv;
mod equations;
mod examples;
mod exits;
mod flags;
mod golden;
mod kernels;
#[cfg(target_os = "linux")]
mod memory;
mod network;
mod plot_boxplots;
mod plot_files;
mod plot_inputs;
mod plot_models;
mod plot_names;
mod plot_units;
mod plots;
mod populations;
mod readme;
mod results;
mod resume;
mod streams;
mod support;
mod sweeps;
mod toml;
