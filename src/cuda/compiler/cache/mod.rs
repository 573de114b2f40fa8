//! The cache of compiled kernels on disk, with which the next process starts without compiling.
//!
//! The file name of an entry is a hash of everything that the image depends on, and the entry
//! contains that text in full: a found entry is compared with the request, not trusted. Since the
//! GPU runs the machine code, the cache reads nothing that another user could have written. If the
//! cache does not work, the cost is a compilation and one warning for each process; a run never
//! fails because of it.

use super::hash::hash;
use crate::error::Result;
use overtime_atomic::AtomicFile;
use std::env::var_os;
use std::fs;
use std::fs::File;
use std::io::{ErrorKind, Read, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::SystemTime;

const MAGIC: &[u8; 16] = b"overtime kernel\x01";
const SUFFIX: &str = "kernel";
/// Bytes of the magic number, the checksum, and the two lengths.
const HEADER: usize = 16 + 4 + 2 * 8;

/// Makes the image that the cache stores.
pub(crate) type Make<'m> = &'m mut dyn FnMut() -> Result<Vec<u8>>;

/// A folder of entries, with limits on its size.
struct Cache {
    folder: PathBuf,
    most_bytes: u64,
    most_entries: usize,
}

/// Returns the cached image for this key, or the image that `make` returns. The warnings say what
/// is wrong with the cache.
///
/// # Errors
/// Only those of `make`.
pub(crate) fn through(key: &str, make: Make<'_>) -> Result<(Vec<u8>, Vec<String>)> {
    static WARNED: AtomicBool = AtomicBool::new(false);
    let cache = match folder() {
        Ok(Some(folder)) => Some(Cache { folder, most_bytes: 256 << 20, most_entries: 4096 }),
        Ok(None) => return Ok((make()?, Vec::new())),
        Err(_) => None,
    };
    let no_folder =
        cache.is_none().then(|| "no folder for the cache of compiled kernels is known: set OVERTIME_CACHE".to_owned());
    let (image, trouble) = match cache {
        Some(cache) => cache.through(key, make)?,
        None => (make()?, no_folder),
    };
    let trouble = trouble.filter(|_| !WARNED.swap(true, Ordering::Relaxed));
    Ok((image, trouble.into_iter().collect()))
}

/// The environment names no folder for a cache.
struct Homeless;

/// Returns the folder of the cache, or `None` if the user has switched the cache off
/// (`OVERTIME_CACHE=off`).
fn folder() -> std::result::Result<Option<PathBuf>, Homeless> {
    let variable = |name| var_os(name).filter(|v| !v.is_empty()).map(PathBuf::from);
    if let Some(named) = variable("OVERTIME_CACHE") {
        return Ok((named.as_os_str() != "off").then_some(named));
    }
    let home = |under: &str| variable("HOME").map(|home| home.join(under));
    let base = if cfg!(windows) {
        variable("LOCALAPPDATA")
    } else if cfg!(target_os = "macos") {
        home("Library/Caches")
    } else {
        // The XDG Base Directory Specification says that relative paths are ignored.
        variable("XDG_CACHE_HOME").filter(|path| path.is_absolute()).or_else(|| home(".cache"))
    };
    base.map(|base| Some(base.join("overtime"))).ok_or(Homeless)
}

impl Cache {
    fn through(&self, key: &str, make: Make<'_>) -> Result<(Vec<u8>, Option<String>)> {
        let path = self.folder.join(format!("{:032x}.{SUFFIX}", hash(key.as_bytes())));
        let found = self.folder().and_then(|()| find(&path, key, self.most_bytes));
        let (usable, trouble) = match found {
            Ok(Some(image)) => return Ok((image, None)),
            Ok(None) => (true, None),
            // An unusable file is replaced; an unusable folder is not.
            Err(Trouble::File(why)) => (true, Some(why)),
            Err(Trouble::Folder(why)) => (false, Some(why)),
        };
        let image = make()?;
        let kept = if usable { self.keep(&path, key, &image) } else { Ok(()) };
        Ok((image, trouble.or_else(|| kept.err().map(|why| format!("compiled kernels are not kept: {why}")))))
    }

    /// Creates the folder if necessary. A folder that other users can write to is not used.
    fn folder(&self) -> std::result::Result<(), Trouble> {
        let fail =
            |why: String| Trouble::Folder(format!("compiled kernels are not kept: {}: {why}", self.folder.display()));
        let mut builder = fs::DirBuilder::new();
        #[cfg(unix)]
        std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
        builder.recursive(true).create(&self.folder).map_err(|e| fail(e.to_string()))?;
        let meta = fs::metadata(&self.folder).map_err(|e| fail(e.to_string()))?;
        foreign(&meta).map_or(Ok(()), |why| Err(fail(why.to_owned())))
    }

    fn keep(&self, path: &Path, key: &str, image: &[u8]) -> std::result::Result<(), String> {
        let text = |e: overtime_atomic::Error| e.to_string();
        // Renaming over a folder fails, and over a link it would follow the link.
        if fs::symlink_metadata(path).is_ok_and(|meta| !meta.is_file()) {
            fs::remove_file(path).map_err(|e| format!("{}: {e}", path.display()))?;
        }
        let mut file = AtomicFile::create(path).map_err(text)?;
        file.make_private().map_err(text)?;
        file.write_all(&pack(key, image)).map_err(|e| text(file.fail("write", e)))?;
        file.commit().map_err(text)?;
        self.trim();
        Ok(())
    }

    /// Removes the oldest entries until the cache is within its limits.
    fn trim(&self) {
        let mut entries: Vec<(SystemTime, u64, PathBuf)> = Vec::new();
        for found in fs::read_dir(&self.folder).into_iter().flatten().flatten() {
            let path = found.path();
            let Ok(meta) = found.metadata() else { continue };
            if meta.is_file() && path.extension().is_some_and(|e| e == SUFFIX) {
                entries.push((meta.modified().unwrap_or(SystemTime::UNIX_EPOCH), meta.len(), path));
            }
        }
        entries.sort();
        let mut bytes: u64 = entries.iter().map(|e| e.1).sum();
        let mut count = entries.len();
        for (_, length, path) in entries {
            if bytes <= self.most_bytes && count <= self.most_entries {
                break;
            }
            // Another process may have removed the file already; the result is the same.
            let _ = fs::remove_file(path);
            bytes -= length;
            count -= 1;
        }
    }
}

enum Trouble {
    File(String),
    Folder(String),
}

fn find(path: &Path, key: &str, most: u64) -> std::result::Result<Option<Vec<u8>>, Trouble> {
    let fail = |why: &str| {
        Trouble::File(format!("kernels were compiled again, because {} cannot be used: {why}", path.display()))
    };
    let said = |e: std::io::Error| fail(&e.to_string());
    // Check the type before opening: opening a pipe would block forever.
    match fs::symlink_metadata(path) {
        Err(e) if e.kind() == ErrorKind::NotFound => return Ok(None),
        Err(e) => return Err(said(e)),
        Ok(meta) if !meta.is_file() => return Err(fail("it is not a regular file")),
        Ok(_) => {}
    }
    let file = File::open(path).map_err(said)?;
    let meta = file.metadata().map_err(said)?;
    if let Some(why) = foreign(&meta) {
        return Err(fail(why));
    }
    if meta.len() > most {
        return Err(fail("it is too large"));
    }
    let mut bytes = Vec::new();
    file.take(most).read_to_end(&mut bytes).map_err(said)?;
    let (held, image) = unpack(&bytes).ok_or_else(|| fail("it is damaged"))?;
    Ok((held == key).then(|| image.to_vec()))
}

/// Returns why a file or folder with this owner and mode could have been written by another user.
#[cfg(unix)]
fn foreign(meta: &fs::Metadata) -> Option<&'static str> {
    use std::os::unix::fs::MetadataExt;
    // SAFETY: this call has no preconditions and cannot fail.
    let me = unsafe { libc::geteuid() };
    if meta.uid() != me {
        Some("it belongs to another user")
    } else if meta.mode() & 0o022 != 0 {
        Some("other users can write to it")
    } else {
        None
    }
}

/// On other systems the user's profile folder is private by default.
#[cfg(not(unix))]
fn foreign(_meta: &fs::Metadata) -> Option<&'static str> {
    None
}

fn pack(key: &str, image: &[u8]) -> Vec<u8> {
    let parts = [key.as_bytes(), image];
    let mut body: Vec<u8> = parts.iter().flat_map(|p| (p.len() as u64).to_le_bytes()).collect();
    parts.iter().for_each(|p| body.extend_from_slice(p));
    let mut bytes = MAGIC.to_vec();
    bytes.extend(crc32fast::hash(&body).to_le_bytes());
    bytes.extend(body);
    bytes
}

/// Returns the key and the image if lengths and checksum are correct.
fn unpack(bytes: &[u8]) -> Option<(&str, &[u8])> {
    let (header, rest) = bytes.split_at_checked(HEADER)?;
    let sum = u32::from_le_bytes(header.get(16..20)?.try_into().ok()?);
    if header.get(..16)? != MAGIC || crc32fast::hash(bytes.get(20..)?) != sum {
        return None;
    }
    let length = |at: usize| -> Option<usize> {
        usize::try_from(u64::from_le_bytes(header.get(at..at + 8)?.try_into().ok()?)).ok()
    };
    let (key, image) = rest.split_at_checked(length(20)?)?;
    (image.len() == length(28)?).then_some((str::from_utf8(key).ok()?, image))
}

#[cfg(test)]
mod tests;
