//! What tells one NVRTC from another of the same version, so that neither takes what the other has compiled.

use super::Nvrtc;
use crate::cuda::compiler::embed_key::hash;
use std::fs::{File, metadata};
use std::io::Read;
use std::path::PathBuf;

/// Bytes of a library's beginning that are looked at: linkers put an identification of what they made there.
const HEAD: u64 = 4096;

/// The length of the compiler's library, and a hash of its beginning. `library` is its path, or the name that the loader found it by.
pub(crate) fn identity(nvrtc: &Nvrtc, library: &str) -> String {
    let path = path(nvrtc).unwrap_or_else(|| library.into());
    let length = metadata(&path).map_or(0, |meta| meta.len());
    let mut head = Vec::new();
    // A library that cannot be read is told apart by its version alone.
    let _ = File::open(&path).and_then(|file| file.take(HEAD).read_to_end(&mut head));
    format!("{length} {:032x}", hash(&head))
}

/// The file that the loader has the library from.
#[cfg(unix)]
fn path(nvrtc: &Nvrtc) -> Option<PathBuf> {
    use std::ffi::{CStr, OsStr};
    use std::os::unix::ffi::OsStrExt;
    let mut info = std::mem::MaybeUninit::<libc::Dl_info>::zeroed();
    // SAFETY: any address may be asked about; the answer is written to a local.
    let found = unsafe { libc::dladdr(nvrtc.address() as *const _, info.as_mut_ptr()) };
    // SAFETY: this struct of pointers has a value where all its bytes are 0.
    let name = unsafe { info.assume_init() }.dli_fname;
    if found == 0 || name.is_null() {
        return None;
    }
    // SAFETY: the text is the loader's, ends in NUL, and stays as long as the library, which is never unloaded.
    let name = unsafe { CStr::from_ptr(name) };
    Some(OsStr::from_bytes(name.to_bytes()).into())
}

/// Elsewhere it is the path that is known already.
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
