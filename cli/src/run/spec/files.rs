//! The files of a run, and what can be wrong with them: found out before it rather than after
//! hours.

use super::{Spec, extension};
use crate::exit_code::usage;
use overtime::{Coupling, Schema};
use overtime_atomic::AtomicFile;
use overtime_model::Axis;
use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};

/// What to write, and where.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Files {
    pub(crate) out: Option<PathBuf>,
    /// The folder that results are streamed to, if they are.
    #[serde(default)]
    pub(crate) stream: Option<PathBuf>,
    #[serde(default)]
    pub(crate) spikes: Option<PathBuf>,
    pub(crate) save_state: Option<PathBuf>,
    pub(crate) plot: Option<PathBuf>,
    pub(crate) checkpoint: Option<PathBuf>,
    pub(crate) checkpoint_every: Option<f64>,
}

impl Files {
    /// Refuses formats that are not known, two names of one file, and files that cannot be written.
    pub(crate) fn check(&self) -> anyhow::Result<()> {
        formats("--out", self.out.as_deref(), &["npz", "safetensors"])?;
        formats("--plot", self.plot.as_deref(), &crate::plot::FORMATS)?;
        formats("--spikes", self.spikes.as_deref(), &["npz"])?;
        let files = [
            ("--out", &self.out),
            ("--spikes", &self.spikes),
            ("--plot", &self.plot),
            ("--save-state", &self.save_state),
            ("--checkpoint", &self.checkpoint),
        ];
        let files: Vec<(&str, &Path)> =
            files.into_iter().filter_map(|(flag, path)| Some((flag, path.as_deref()?))).collect();
        for (_, path) in &files {
            writable(path)?;
        }
        let of_spikes = self.spikes.as_deref().map(parts_folder);
        let folders =
            [("the folder of --stream", self.stream.as_deref()), ("the folder of --spikes", of_spikes.as_deref())];
        let folders = folders.into_iter().filter_map(|(what, path)| Some((what, path?)));
        let all: Vec<(&str, PathBuf)> =
            files.iter().copied().chain(folders).map(|(what, path)| (what, real(path))).collect();
        for (k, (what, path)) in all.iter().enumerate() {
            if let Some((other, _)) = all.iter().take(k).find(|(_, p)| p == path) {
                return Err(usage(format!("{other} and {what} are the same file, {}", path.display())));
            }
        }
        Ok(())
    }

    /// Of a sequence, each part of which depends on all others, there is no checkpoint: refuses
    /// those that are asked for by the clock, and warns of one for interrupts.
    pub(crate) fn check_pieces(&self, schema: &Schema) -> anyhow::Result<Option<String>> {
        let why = "a sequence that is read in both directions of time is one piece, and there is nothing to go on from before its end";
        match (schema.coupling, &self.checkpoint, self.checkpoint_every) {
            (Coupling::Sequence, _, Some(_)) => Err(usage(format!("--checkpoint-every: {why}"))),
            (Coupling::Sequence, Some(path), None) => {
                Ok(Some(format!("{} will not be written: {why}", path.display())))
            }
            _ => Ok(None),
        }
    }
}

fn formats(flag: &str, path: Option<&Path>, known: &[&str]) -> anyhow::Result<()> {
    match path {
        Some(path) if !known.contains(&extension(path).as_str()) => {
            Err(usage(format!("{flag} {}: the name must end in .{}", path.display(), known.join(" or ."))))
        }
        _ => Ok(()),
    }
}

/// Starts to write a file, as its end will, and leaves no trace of that. A pipe or a device is not
/// tried: whoever reads it would see the end of it.
fn writable(path: &Path) -> anyhow::Result<()> {
    if std::fs::metadata(path).is_ok_and(|meta| !meta.is_file() && !meta.is_dir()) {
        return Ok(());
    }
    match AtomicFile::create(path) {
        Ok(_) => Ok(()),
        Err(e) => Err(overtime::Error::File { path: e.path, operation: e.operation, source: e.source }.into()),
    }
}

/// The file that a path means, however it is written: without `..` and links. One that is not there
/// yet, or a link to nothing, which will be replaced itself, is a name in a folder.
fn real(path: &Path) -> PathBuf {
    if let Ok(path) = path.canonicalize() {
        return path;
    }
    let folder = path.parent().and_then(|folder| folder.canonicalize().ok());
    match (folder, path.file_name()) {
        (Some(folder), Some(name)) => folder.join(name),
        _ => path.to_owned(),
    }
}

/// Where the parts of a file are until it is whole.
pub(crate) fn parts_folder(file: &Path) -> PathBuf {
    let mut name = file.as_os_str().to_owned();
    name.push(".parts");
    name.into()
}

/// Whether what is to be streamed can be.
pub(super) fn can_stream(spec: &Spec) -> anyhow::Result<()> {
    if let (Some(_), Some(out)) = (&spec.files.stream, &spec.files.out) {
        if extension(out) != "npz" {
            return Err(usage(format!("--stream makes an .npz, and --out is {}", out.display())));
        }
        if spec.first_axis == Axis::B {
            return Err(usage("--stream: results that grow in time are time-major, and --first-axis is B"));
        }
    }
    Ok(())
}
