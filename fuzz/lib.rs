//! What the targets share.

use std::path::{Path, PathBuf};

/// Puts the bytes into a file, in memory where that can be, and calls with its path.
pub fn with_file(bytes: &[u8], load: impl FnOnce(&Path)) {
    let memory = Path::new("/dev/shm");
    let folder: PathBuf = if memory.is_dir() { memory.to_owned() } else { std::env::temp_dir() };
    let path = folder.join(format!("overtime-fuzz-{}", std::process::id()));
    std::fs::write(&path, bytes).expect("the scratch file is written");
    load(&path);
}
