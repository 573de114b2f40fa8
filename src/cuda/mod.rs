//! The engine for NVIDIA GPUs. Driver and run-time compiler are found at run time: nothing here links to them.
//!
//! `plan` says what a system needs, `assemble` takes it, `run` runs it chunk by chunk, `launch` is the one place that launches.
//!
//! Each library is opened by name, every function that is needed is looked up first, and whatever is amiss comes back as a
//! [`Reason`](crate::Reason). Nothing panics, whatever the library is.

mod assemble;
mod beforehand;
mod cache;
pub(crate) mod cell;
pub(crate) mod compile;
pub(crate) mod connect;
mod context;
pub(crate) mod driver;
pub(crate) mod embedded;
mod engine;
mod feed;
mod graph;
mod images;
mod job;
mod launch;
mod limits;
mod memory;
mod mirrors;
mod module;
pub(crate) mod network;
pub(crate) mod nvrtc;
mod occupancy;
mod pace;
mod plan;
mod product;
pub(crate) mod request;
mod run;
mod shared;
mod side;
mod signature;
mod source;
pub(crate) mod stack;
mod stage;
mod strategy;
mod stream;
mod target;
mod workshop;

pub(crate) use context::Context;
pub(crate) use engine::Engine;
pub(crate) use memory::Buffer;
pub(crate) use product::{Multiplier, catalog as products};
use shared::Shared;
