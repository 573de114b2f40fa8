//! Names of files.

use anyhow::Context;
use std::path::{Path, PathBuf};

/// What a file's name ends in, in lower case.
pub(crate) fn extension(path: &Path) -> String {
    path.extension().map(|e| e.to_string_lossy().to_lowercase()).unwrap_or_default()
}

/// The path whatever the current folder will be: a checkpoint may be resumed from another.
pub(crate) fn absolute(path: Option<&Path>) -> anyhow::Result<Option<PathBuf>> {
    path.map(|p| std::path::absolute(p).with_context(|| format!("cannot resolve {}", p.display()))).transpose()
}
