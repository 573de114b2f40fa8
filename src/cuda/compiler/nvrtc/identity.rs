//! Distinguishes NVRTC libraries of the same version, so that no library uses the cached images of
//! another.

use super::Nvrtc;
use crate::cuda::compiler::hash::hash;
use std::fs::{File, metadata};
use std::io::Read;
use std::path::PathBuf;

/// Number of bytes at the start of the library that are hashed. Linkers put a build identification
/// there.
const HEAD: u64 = 4096;

/// Returns the length of the compiler's library and a hash of its first bytes. `library` is its
/// path, or the name by which the loader found it.
pub(crate) fn identity(nvrtc: &Nvrtc, library: &str) -> String {
    let path = path(nvrtc).unwrap_or_else(|| library.into());
    let length = metadata(&path).map_or(0, |meta| meta.len());
    let mut head = Vec::new();
    // A library that cannot be read is distinguished by its version alone.
    let _ = File::open(&path).and_then(|file| file.take(HEAD).read_to_end(&mut head));
    format!("{length} {:032x}", hash(&head))
}

/// The file from which the loader loaded the library.
#[cfg(unix)]
fn path(nvrtc: &Nvrtc) -> Option<PathBuf> {
    use std::ffi::{CStr, OsStr};
    use std::os::unix::ffi::OsStrExt;
    let mut info = std::mem::MaybeUninit::<libc::Dl_info>::zeroed();
    // SAFETY: any address may be passed to `dladdr`; the answer is written to a local.
    let found = unsafe { libc::dladdr(nvrtc.address() as *const _, info.as_mut_ptr()) };
    // SAFETY: this struct consists of pointers, for which all bytes 0 are a valid value.
    let name = unsafe { info.assume_init() }.dli_fname;
    if found == 0 || name.is_null() {
        return None;
    }
    // SAFETY: the text belongs to the loader, ends in NUL, and lives as long as the library, which
    // is never unloaded.
    let name = unsafe { CStr::from_ptr(name) };
    Some(OsStr::from_bytes(name.to_bytes()).into())
}

/// On other systems the known path is used.
#[cfg(not(unix))]
fn path(_nvrtc: &Nvrtc) -> Option<PathBuf> {
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cuda::compiler::nvrtc::probe;

    #[test]
    fn a_library_has_the_same_identity_under_every_name() {
        let Ok(found) = probe(None).0 else {
            assert!(std::env::var_os("REQUIRE_CUDA").is_none(), "no NVRTC");
            return eprintln!("not tested: there is no NVRTC");
        };
        let nvrtc = Nvrtc::open(&found.first().library).unwrap();
        let by_path = identity(&nvrtc, &found.first().library);
        assert!(!by_path.starts_with("0 "), "{by_path}");
        if cfg!(unix) {
            assert_eq!(identity(&nvrtc, "a name that only the loader can find"), by_path);
        }
    }
}
