//! A dynamic library that is opened at run time.

use crate::error::Reason;
use libloading::Library;
use std::ffi::OsStr;

/// A dynamic library that stays loaded, since drivers do not tolerate unloading.
#[derive(Clone, Copy)]
pub(crate) struct DynamicLibrary {
    library: &'static Library,
}

impl DynamicLibrary {
    /// Loads the library with this name or path.
    ///
    /// # Errors
    /// The loader's text, without the library's name at its start.
    pub(crate) fn open(name: &OsStr) -> Result<Self, String> {
        // SAFETY: loading runs the library's initialisers. The name is that of the driver or
        // compiler, or one that the user put into the environment for this purpose, which is as
        // trusted as the loader's search path itself.
        let library = unsafe { Library::new(name) };
        match library {
            Ok(library) => Ok(Self { library: Box::leak(Box::new(library)) }),
            Err(error) => {
                let said = std::error::Error::source(&error).map_or_else(|| error.to_string(), ToString::to_string);
                // Loaders begin the text with the name, which the caller adds anyway.
                let after_name = said.strip_prefix(&*name.to_string_lossy()).and_then(|rest| rest.strip_prefix(": "));
                Err(after_name.map_or_else(|| said.clone(), str::to_owned))
            }
        }
    }

    /// Returns the function with this name, of type `F`.
    ///
    /// # Safety
    /// The library's function of this name must have type `F`, an `extern "system" fn`.
    ///
    /// # Errors
    /// If the library has no such function.
    pub(crate) unsafe fn function<F: Copy>(self, library: &str, symbol: &str) -> Result<F, Reason> {
        // SAFETY: the caller guarantees the type of the function. The library is never closed, so
        // the copy stays valid.
        let found = unsafe { self.library.get::<F>(symbol) };
        found.map(|f| *f).map_err(|_| Reason::MissingSymbol { library: library.to_owned(), symbol: symbol.to_owned() })
    }
}
