//! The files of a run. Errors of files appear before the run, not after hours.

use super::{Spec, extension};
use crate::exit_code::usage;
use anyhow::Context;
use overtime::{Coupling, Schema};
use overtime_atomic::AtomicFile;
use overtime_model::{Axis, Plot};
use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};

/// The files to write.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Files {
    pub(crate) out: Option<PathBuf>,
    /// The folder of streamed results, if there is one.
    #[serde(default)]
    pub(crate) stream: Option<PathBuf>,
    #[serde(default)]
    pub(crate) spikes: Option<PathBuf>,
    pub(crate) save_state: Option<PathBuf>,
    pub(crate) plot: Option<PathBuf>,
    /// The place of the picture's name in errors, if it is in the model file.
    #[serde(skip)]
    pub(crate) plot_key: Option<String>,
    pub(crate) checkpoint: Option<PathBuf>,
    pub(crate) checkpoint_every: Option<f64>,
}

impl Files {
    /// Refuses unknown formats, two names of one file, and files that cannot be written.
    pub(crate) fn check(&self) -> anyhow::Result<()> {
        formats("--out", self.out.as_deref(), &["npz", "safetensors", "csv"])?;
        let plot = self.plot_key.as_deref().unwrap_or("--plot");
        formats(plot, self.plot.as_deref(), &Plot::FORMATS)?;
        formats("--spikes", self.spikes.as_deref(), &["npz", "csv"])?;
        let files = [
            ("--out", &self.out),
            ("--spikes", &self.spikes),
            (plot, &self.plot),
            ("--save-state", &self.save_state),
            ("--checkpoint", &self.checkpoint),
        ];
        let files: Vec<(&str, &Path)> =
            files.into_iter().filter_map(|(flag, path)| Some((flag, path.as_deref()?))).collect();
        for (what, path) in &files {
            let writable = writable(path);
            if self.plot_key.as_deref() == Some(*what) { writable.context((*what).to_owned()) } else { writable }?;
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

    /// A sequence has no checkpoint, because each part depends on all other parts. The function
    /// refuses checkpoints at times, and warns about a checkpoint for interrupts.
    pub(crate) fn check_pieces(&self, schema: &Schema) -> anyhow::Result<Option<String>> {
        let why = "a layer in both directions of time makes its sequence one slice, and a slice has no checkpoint before its end";
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

/// Tests whether the command can write the file, and leaves no trace. It does not test pipes and
/// devices, because their readers would see an end.
fn writable(path: &Path) -> anyhow::Result<()> {
    if std::fs::metadata(path).is_ok_and(|meta| !meta.is_file() && !meta.is_dir()) {
        return Ok(());
    }
    match AtomicFile::create(path) {
        Ok(_) => Ok(()),
        Err(e) => Err(overtime::Error::File { path: e.path, operation: e.operation, source: e.source }.into()),
    }
}

/// The file of a path without `..` and links. A file that does not exist yet, or a link to nothing,
/// which is replaced itself, is a name in a folder.
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

/// The folder of the parts of a streamed file.
pub(crate) fn parts_folder(file: &Path) -> PathBuf {
    let mut name = file.as_os_str().to_owned();
    name.push(".parts");
    name.into()
}

/// Refuses events and bits in a text of traces, whose lines are steps with values.
pub(super) fn can_be_text(spec: &Spec) -> anyhow::Result<()> {
    let Some(out) = spec.files.out.as_deref().filter(|out| extension(out) == "csv") else { return Ok(()) };
    let other = spec.recorded()?.into_iter().find(|want| !want.has_values());
    match other {
        Some(want) if want.bits => Err(usage(format!(
            "--out {}: a CSV has a column for each value, and `{name}:bits` is packed bits: give `{name}` without \
             `:bits`, or --out FILE.npz",
            out.display(),
            name = want.name
        ))),
        Some(want) => Err(usage(format!(
            "--out {}: a CSV has a line for each step, and `{}:events` is a list of events: give --spikes FILE.csv for \
             spikes, or --out FILE.npz",
            out.display(),
            want.name
        ))),
        None => Ok(()),
    }
}

/// Refuses streams of results that cannot be streamed.
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
