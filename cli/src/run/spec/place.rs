//! The places of settings in errors: the line of the model file, or the flag.

use super::Spec;
use crate::args::RunArgs;
use overtime_model::{ModelFile, Settings};
use std::path::Path;

/// The settings that the model file gives and no argument replaces.
pub(super) fn of_file(args: &RunArgs, settings: &Settings) -> Vec<&'static str> {
    let all = [
        ("input", args.input.is_empty() && settings.input.is_some()),
        ("lengths", args.lengths.is_none() && settings.lengths.is_some()),
        ("out_vars", args.out_vars.is_none() && settings.out_vars.is_some()),
        ("weights", args.weights.is_none() && settings.weights.is_some()),
        ("state", args.state.is_none() && settings.state.is_some()),
        ("dt", args.dt.is_none() && settings.dt.is_some()),
        ("statistics_from", args.statistics_from.is_none() && settings.statistics_from.is_some()),
    ];
    all.into_iter().filter_map(|(key, is_of_file)| is_of_file.then_some(key)).collect()
}

/// The model file, with the line of a value if it is known.
pub(crate) fn place(model: &Path, value: &str) -> String {
    match ModelFile::line_of(model, value) {
        Some(line) => format!("{}:{line}", model.display()),
        None => model.display().to_string(),
    }
}

impl Spec {
    /// Adds the line of a setting to an error about it, if the model file gives the setting.
    pub(crate) fn of_setting(&self, key: &str, error: anyhow::Error) -> anyhow::Error {
        match &self.model {
            Some(model) if self.of_file.contains(&key) => error.context(place(model, key)),
            _ => error,
        }
    }

    /// The name of a setting in errors: its key in the model file, or its flag.
    pub(crate) fn name_of(&self, key: &str) -> String {
        if self.of_file.contains(&key) { format!("`{key}`") } else { format!("--{}", key.replace('_', "-")) }
    }
}
