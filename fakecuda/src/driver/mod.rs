//! The driver: its state behind one lock, and the entry points.
//!
//! Streams are lazy. Work is queued, and runs only when the program waits for it, so a host that
//! forgets to wait reads poison. A kernel's fault is reported by the call that waits for the
//! kernel, and then by every later call, because the context is lost.

pub mod api;
mod arch;
mod capture;
mod code;
mod config;
mod flight;
mod image;
mod launch;
mod queue;
mod report;
mod state;

pub use code::Code;
pub use image::hash as image_hash;
pub use report::{report, reset_counts};
pub(crate) use state::{Failure, State, call, counted};
