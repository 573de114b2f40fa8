//! The folder of a stream: its files, and the lock that keeps other processes out.

use super::{refused, unsupported};
use crate::error::Result;
use std::fs::{self, File, OpenOptions};
use std::path::{Path, PathBuf};

/// The name of the file that is locked.
pub(super) const LOCK: &str = ".lock";

/// The npy files of a folder, or an error if the folder contains other files.
pub(super) fn files(folder: &Path) -> Result<Vec<PathBuf>> {
    let io = |e| refused(folder, "list", e);
    let mut all = Vec::new();
    for entry in fs::read_dir(folder).map_err(io)? {
        let entry = entry.map_err(io)?;
        if entry.file_name() == LOCK {
            continue;
        }
        let path = entry.path();
        if path.extension().is_none_or(|e| e != "npy") || !entry.file_type().map_err(io)?.is_file() {
            return Err(unsupported(folder, "", &format!("{} is not a file of a stream", path.display())));
        }
        all.push(path);
    }
    Ok(all)
}

/// Locks the folder against other processes, until the returned file is dropped.
pub(super) fn lock(folder: &Path) -> Result<File> {
    let path = folder.join(LOCK);
    let file = OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(false)
        .open(&path)
        .map_err(|e| refused(&path, "open", e))?;
    match file.try_lock() {
        Err(fs::TryLockError::WouldBlock) => Err(unsupported(folder, "", "another process writes to this folder")),
        // A file system without locks cannot detect another process.
        _ => Ok(file),
    }
}
