//! A library, opened at run time.

use crate::error::Reason;
use libloading::Library;
use std::ffi::OsStr;

/// A shared library that stays loaded: drivers do not take kindly to being unloaded.
#[derive(Clone, Copy)]
pub(crate) struct DynamicLibrary {
    library: &'static Library,
}

impl DynamicLibrary {
    /// Loads the library of this name or path.
    pub(crate) fn open(name: &OsStr) -> Result<Self, String> {
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
    pub(crate) unsafe fn function<F: Copy>(self, library: &str, symbol: &str) -> Result<F, Reason> {
        // SAFETY: the caller says what type the function has. The library is never closed, so the copy stays valid.
        let found = unsafe { self.library.get::<F>(symbol) };
        found.map(|f| *f).map_err(|_| Reason::MissingSymbol { library: library.to_owned(), symbol: symbol.to_owned() })
    }
}
