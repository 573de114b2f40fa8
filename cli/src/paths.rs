//! Names of files.

use anyhow::Context;
use std::path::{Path, PathBuf};

/// The extension of a file's name, in lower case.
pub(crate) fn extension(path: &Path) -> String {
    path.extension().map(|e| e.to_string_lossy().to_lowercase()).unwrap_or_default()
}

/// The absolute path: a checkpoint may be resumed from another folder.
pub(crate) fn absolute(path: Option<&Path>) -> anyhow::Result<Option<PathBuf>> {
    path.map(|p| std::path::absolute(p).with_context(|| format!("cannot resolve {}", p.display()))).transpose()
}
