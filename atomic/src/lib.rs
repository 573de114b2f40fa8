//! Files that are replaced as a whole or not at all.
//!
//! [`AtomicFile`] writes to a temporary file beside the target, `.NAME.….part`.
//! [`AtomicFile::commit`] makes it durable and renames it over the target. If the process ends or
//! the power fails before the rename, the old file is unchanged. If two processes write the same
//! file, the later rename replaces the whole file.
//!
//! A temporary file that is left behind is removed by the next save of the same file. Its lock is
//! free, because its writer no longer exists.
#![deny(missing_docs)]

use std::ffi::{OsStr, OsString};
use std::fmt;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

/// An operation that the operating system refused.
#[derive(Debug)]
pub struct Error {
    /// The file.
    pub path: PathBuf,
    /// The operation: `create`, `write`, `sync`, `rename`, …
    pub operation: &'static str,
    /// The error of the operating system.
    pub source: io::Error,
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "cannot {} {}: {}", self.operation, self.path.display(), self.source)
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        Some(&self.source)
    }
}

/// A file that is being written and will replace another one as a whole. If it is dropped before
/// [`AtomicFile::commit`], it leaves no trace.
///
/// A target that is not a regular file (a pipe, a device) cannot be replaced. Bytes are then
/// written to it directly.
#[derive(Debug)]
pub struct AtomicFile {
    target: PathBuf,
    file: File,
    /// The temporary file; `None` if bytes go to the target directly, or after the rename.
    temporary: Option<PathBuf>,
}

const SUFFIX: &str = ".part";

impl AtomicFile {
    /// Starts to replace the file at `path`. The file need not exist, but its folder must. Symbolic
    /// links are followed.
    ///
    /// # Errors
    /// If the path is a folder or has no file name, or if no file can be created beside it.
    pub fn create(path: &Path) -> Result<Self, Error> {
        let fail = |operation, source| Error { path: path.to_owned(), operation, source };
        let target = match fs::metadata(path) {
            Ok(meta) if meta.is_dir() => return Err(fail("write", io::Error::from(io::ErrorKind::IsADirectory))),
            Ok(meta) if !meta.is_file() => {
                let file = OpenOptions::new().write(true).open(path).map_err(|e| fail("open", e))?;
                return Ok(Self { target: path.to_owned(), file, temporary: None });
            }
            Ok(_) => fs::canonicalize(path).map_err(|e| fail("resolve", e))?,
            Err(e) if e.kind() == io::ErrorKind::NotFound => path.to_owned(),
            Err(e) => return Err(fail("open", e)),
        };
        let Some(name) = target.file_name().map(OsStr::to_owned) else {
            return Err(fail("create", io::Error::new(io::ErrorKind::InvalidInput, "the path has no file name")));
        };
        let folder = folder_of(&target);
        remove_stale(&folder, &name);
        for _ in 0..100 {
            let temporary = folder.join(temporary_name(&name));
            let file = match OpenOptions::new().write(true).create_new(true).open(&temporary) {
                Ok(file) => file,
                Err(e) if e.kind() == io::ErrorKind::AlreadyExists => continue,
                Err(e) => return Err(fail("create a file beside", e)),
            };
            // Without locks of the file system, stale files cannot be distinguished from live ones,
            // and none are removed (see `remove_stale`).
            let _ = file.lock();
            // Another process may have removed the file as stale before it was locked.
            if temporary.exists() {
                return Ok(Self { target, file, temporary: Some(temporary) });
            }
        }
        Err(fail("create a file beside", io::Error::from(io::ErrorKind::AlreadyExists)))
    }

    /// Restricts reading and writing of the file to this user, whatever the umask. If the call
    /// comes before any write, other users never see the content.
    ///
    /// # Errors
    /// If the operating system refuses. On systems other than Unix the call does nothing.
    pub fn make_private(&self) -> Result<(), Error> {
        #[cfg(unix)]
        {
            let mode = std::os::unix::fs::PermissionsExt::from_mode(0o600);
            self.file.set_permissions(mode).map_err(|e| self.fail("change the mode of", e))?;
        }
        Ok(())
    }

    /// Makes the written bytes durable and renames the file over the target.
    ///
    /// # Errors
    /// If the operating system refuses. The old file then is unchanged, unless only the folder
    /// could not be synced after the rename.
    pub fn commit(mut self) -> Result<(), Error> {
        let Some(temporary) = self.temporary.clone() else {
            return self.file.flush().map_err(|e| self.fail("write", e));
        };
        self.file.sync_all().map_err(|e| self.fail("sync", e))?;
        fs::rename(&temporary, &self.target).map_err(|e| self.fail("replace", e))?;
        self.temporary = None;
        sync_folder(&folder_of(&self.target)).map_err(|e| self.fail("sync the folder of", e))
    }

    /// Adds the path of this file to an error of the operating system.
    #[must_use]
    pub fn fail(&self, operation: &'static str, source: io::Error) -> Error {
        Error { path: self.target.clone(), operation, source }
    }
}

impl Write for AtomicFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.file.write(bytes)
    }
    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

impl Drop for AtomicFile {
    fn drop(&mut self) {
        if let Some(temporary) = &self.temporary {
            let _ = fs::remove_file(temporary);
        }
    }
}

/// Replaces the content of the file at `path` with these bytes.
///
/// # Errors
/// If the operating system refuses. The old file then is unchanged, as after
/// [`AtomicFile::commit`].
pub fn write(path: &Path, bytes: &[u8]) -> Result<(), Error> {
    let mut file = AtomicFile::create(path)?;
    file.write_all(bytes).map_err(|e| file.fail("write", e))?;
    file.commit()
}

fn folder_of(path: &Path) -> PathBuf {
    match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder.to_owned(),
        _ => PathBuf::from("."),
    }
}

/// A name `.NAME.….part` that no other process or thread uses, now or later.
fn temporary_name(name: &OsStr) -> OsString {
    static COUNT: AtomicU64 = AtomicU64::new(0);
    let now = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |d| d.as_nanos());
    let mut temporary = prefix(name);
    temporary.push(format!("{}-{}-{now:x}{SUFFIX}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed)));
    temporary
}

fn prefix(name: &OsStr) -> OsString {
    let mut prefix = OsString::from(".");
    prefix.push(name);
    prefix.push(".");
    prefix
}

/// Removes temporary files of this target whose processes have ended. A file that cannot be removed
/// stays; a save does not depend on it.
fn remove_stale(folder: &Path, name: &OsStr) {
    let prefix = prefix(name);
    let Ok(entries) = fs::read_dir(folder) else { return };
    for entry in entries.flatten() {
        let found = entry.file_name();
        let found = found.as_encoded_bytes();
        let Some(rest) = found.strip_prefix(prefix.as_encoded_bytes()).and_then(|r| r.strip_suffix(SUFFIX.as_bytes()))
        else {
            continue;
        };
        // In `.NAME.12-0-abc.part` only the numbers may differ: `.NAME.x.12-0-abc.part` belongs to
        // a file with the name NAME.x.
        if rest.contains(&b'.') || !entry.file_type().is_ok_and(|t| t.is_file()) {
            continue;
        }
        if let Ok(file) = File::open(entry.path())
            && file.try_lock().is_ok()
        {
            let _ = fs::remove_file(entry.path());
        }
    }
}

/// Makes the rename durable. Systems other than Unix cannot open a folder; the rename is then left
/// to the system.
#[cfg(unix)]
fn sync_folder(folder: &Path) -> io::Result<()> {
    match File::open(folder)?.sync_all() {
        // Some network file systems do not support this operation.
        Err(e) if matches!(e.kind(), io::ErrorKind::InvalidInput | io::ErrorKind::Unsupported) => Ok(()),
        other => other,
    }
}

#[cfg(not(unix))]
fn sync_folder(_folder: &Path) -> io::Result<()> {
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folder(name: &str) -> PathBuf {
        let folder = std::env::temp_dir().join(format!("overtime-atomic-{name}-{}", std::process::id()));
        let _ = fs::remove_dir_all(&folder);
        fs::create_dir_all(&folder).unwrap();
        folder
    }

    fn names(folder: &Path) -> Vec<String> {
        let mut names: Vec<_> =
            fs::read_dir(folder).unwrap().map(|e| e.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }

    #[test]
    fn what_is_not_committed_leaves_the_old_file_and_no_trace() {
        let folder = folder("drop");
        let path = folder.join("a.bin");
        write(&path, b"old").unwrap();
        let mut file = AtomicFile::create(&path).unwrap();
        file.write_all(b"half of the n").unwrap();
        assert_eq!(names(&folder).len(), 2);
        drop(file);
        assert_eq!((fs::read(&path).unwrap().as_slice(), names(&folder).len()), (&b"old"[..], 1));
        fs::remove_dir_all(folder).unwrap();
    }

    #[test]
    fn stale_temporaries_go_and_live_ones_and_strangers_stay() {
        let folder = folder("stale");
        let path = folder.join("a.bin");
        fs::write(folder.join(".a.bin.123-0-abc.part"), b"dead").unwrap();
        fs::write(folder.join(".a.bin.x.123-0-abc.part"), b"of another file").unwrap();
        let live = AtomicFile::create(&path).unwrap();
        write(&path, b"new").unwrap();
        let left = names(&folder);
        assert_eq!(left.len(), 3, "{left:?}");
        assert!(
            left.contains(&".a.bin.x.123-0-abc.part".to_owned()) && !left.contains(&".a.bin.123-0-abc.part".to_owned())
        );
        live.commit().unwrap();
        fs::remove_dir_all(folder).unwrap();
    }

    #[test]
    fn folders_and_paths_without_a_name_are_refused() {
        let folder = folder("refused");
        assert_eq!(write(&folder, b"x").unwrap_err().operation, "write");
        assert!(
            write(Path::new(""), b"x").is_err()
                && write(Path::new("/"), b"x").is_err()
                && write(Path::new(".."), b"x").is_err()
        );
        assert!(write(&folder.join("none/a.bin"), b"x").is_err());
        fs::remove_dir_all(folder).unwrap();
    }

    #[cfg(unix)]
    #[test]
    fn links_are_followed_the_mode_follows_the_umask_and_devices_are_written_to() {
        use std::os::unix::fs::PermissionsExt;
        let folder = folder("unix");
        let (path, link) = (folder.join("a.bin"), folder.join("link"));
        fs::write(&path, b"old").unwrap();
        let plain = fs::metadata(&path).unwrap().permissions().mode();
        std::os::unix::fs::symlink("a.bin", &link).unwrap();
        write(&link, b"new").unwrap();
        assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
        assert_eq!(fs::read(&path).unwrap(), b"new");
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode(), plain);
        let private = AtomicFile::create(&path).unwrap();
        private.make_private().unwrap();
        private.commit().unwrap();
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        if Path::new("/dev/full").exists() {
            let full = write(Path::new("/dev/full"), b"x").unwrap_err();
            assert_eq!((full.operation, full.source.kind()), ("write", io::ErrorKind::StorageFull));
            write(Path::new("/dev/null"), b"x").unwrap();
            assert!(!fs::metadata("/dev/null").unwrap().is_file());
        }
        fs::remove_dir_all(folder).unwrap();
    }
}
