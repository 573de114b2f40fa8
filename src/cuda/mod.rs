//! The engine for NVIDIA GPUs. Driver and run-time compiler are found at run time: nothing here links to them.
//!
//! `plan` says what a system needs, `assemble` takes it, `run` runs it chunk by chunk, `launch` is the one place that launches.
//!
//! Each library is opened by name, every function that is needed is looked up first, and whatever is amiss comes back as a
//! [`Reason`](crate::Reason). Nothing panics, whatever the library is.

mod assemble;
mod cache;
pub(crate) mod compile;
mod context;
pub(crate) mod driver;
mod engine;
mod feed;
mod graph;
mod job;
mod launch;
mod memory;
mod module;
pub(crate) mod modules;
pub(crate) mod nvrtc;
mod pace;
mod plan;
pub(crate) mod request;
mod run;
mod source;
mod stage;
mod strategy;
mod stream;
mod target;

pub(crate) use context::Context;
pub(crate) use engine::Engine;
pub(crate) use feed::{Feed, Host};
pub(crate) use memory::Buffer;
pub(crate) use plan::Wanted;
pub(crate) use run::{Done, Run};

use crate::survey::Reason;
use libloading::Library;
use std::ffi::OsStr;

/// A shared library that stays loaded: drivers do not take kindly to being unloaded.
#[derive(Clone, Copy)]
struct Shared {
    library: &'static Library,
}

impl Shared {
    /// Loads the library of this name or path.
    fn open(name: &OsStr) -> Result<Self, String> {
        // SAFETY: loading runs the library's initialisers. The name is the driver's or compiler's own, or one that the user put
        // into the environment for this purpose, as trusted as the loader's path itself.
        let library = unsafe { Library::new(name) };
        match library {
            Ok(library) => Ok(Self { library: Box::leak(Box::new(library)) }),
            Err(error) => {
                let said = std::error::Error::source(&error).map_or_else(|| error.to_string(), ToString::to_string);
                // Loaders begin with the name, which the caller says anyway.
                let after_name = said.strip_prefix(&*name.to_string_lossy()).and_then(|rest| rest.strip_prefix(": "));
                Err(after_name.map_or_else(|| said.clone(), str::to_owned))
            }
        }
    }

    /// The function of this name, of which `F` must be the type.
    ///
    /// # Safety
    /// The library's function of this name must have type `F`, an `extern "system" fn`.
    unsafe fn function<F: Copy>(self, library: &str, symbol: &str) -> Result<F, Reason> {
        // SAFETY: the caller says what type the function has. The library is never closed, so the copy stays valid.
        let found = unsafe { self.library.get::<F>(symbol) };
        found.map(|f| *f).map_err(|_| Reason::MissingSymbol { library: library.to_owned(), symbol: symbol.to_owned() })
    }
}
