//! Images that `build.rs` compiled (feature `embed-cubin`). They are generic: what a loop records
//! is not compiled in. A machine without NVRTC runs them.

use super::architecture::Architecture;
use super::compile::{Request, flat};
use super::embed_key::key;
use crate::error::Result;

#[cfg(feature = "embed-cubin")]
#[cfg_attr(not(test), allow(dead_code, reason = "tests alone read the types"))]
mod images {
    include!(concat!(env!("OUT_DIR"), "/embedded.rs"));
}

#[cfg(not(feature = "embed-cubin"))]
mod images {
    pub(crate) const ARCHS: &[u32] = &[];
    pub(crate) const INDEX: &[(u128, usize, usize)] = &[];
    pub(crate) const IMAGES: &[u8] = &[];
}

/// Returns the architectures for which there are embedded images.
pub(crate) fn archs() -> &'static [u32] {
    images::ARCHS
}

/// Returns the names of the element types for which there are embedded images.
#[cfg(all(test, feature = "embed-cubin"))]
pub(crate) fn types() -> &'static [&'static str] {
    images::TYPES
}

/// Whether a device of this compute capability runs one of the embedded architectures.
pub(crate) fn serve(capability: (u32, u32)) -> bool {
    matches!(Architecture::choose(images::ARCHS, capability, false), Some(Architecture::Real(_)))
}

/// Returns the embedded image for `request` on a device of this compute capability, if there is
/// one.
///
/// # Errors
/// If the module's text cannot be assembled.
pub(crate) fn find(request: &Request, capability: (u32, u32)) -> Result<Option<&'static [u8]>> {
    let Some(Architecture::Real(arch)) = Architecture::choose(images::ARCHS, capability, false) else {
        return Ok(None);
    };
    let generic = request.clone().generic();
    let key = key(arch, &generic.line(), &flat(&generic)?);
    let found = images::INDEX.iter().find(|(k, ..)| *k == key);
    Ok(found.and_then(|(_, at, length)| images::IMAGES.get(*at..at.checked_add(*length)?)))
}
