//! A model file: a system, and the settings of a run.

use crate::error::{Error, ParseError, Result};
use crate::loaded::Loaded;
use crate::neurons::Neurons;
use crate::settings::{Input, Settings};
use crate::system_spec::SystemSpec;
use crate::{check, files, lines, misplaced, toml_file};
use overtime::Scalar;
use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};

/// The content of a model file.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ModelFile {
    /// The file, if it came from one.
    pub path: Option<PathBuf>,
    /// The system.
    pub system: SystemSpec,
    /// The settings of the run.
    pub settings: Settings,
}

/// The largest size of a model file, bytes.
const LONGEST: u64 = 16 << 20;

impl ModelFile {
    /// Reads a model file. Files that it names are relative to its folder.
    ///
    /// # Errors
    /// If the file cannot be read, or breaks a rule.
    pub fn read(path: &Path) -> Result<Self> {
        let bytes = files::read_capped(path, LONGEST, "a model file")?;
        let at = |e: ParseError| ParseError { path: e.path.clone().or_else(|| Some(path.to_owned())), ..e };
        let text = String::from_utf8(bytes).map_err(|e| {
            let valid = e.utf8_error().valid_up_to();
            let line = 1 + e.as_bytes().iter().take(valid).filter(|b| **b == b'\n').count();
            at(ParseError { path: None, line, message: "not UTF-8 text".to_owned() })
        })?;
        let folder = path.parent().unwrap_or(Path::new(""));
        let mut model = Self::parse_in(&text, Some(folder)).map_err(at)?;
        model.rebase(folder);
        model.path = Some(path.to_owned());
        Ok(model)
    }

    /// Reads the text of a model file. It reads no other file: the build of the system reads the
    /// arrays, and a text may not name a file of equations.
    ///
    /// # Errors
    /// The broken rule, with its line.
    pub fn parse(text: &str) -> std::result::Result<Self, ParseError> {
        Self::parse_in(text, None)
    }

    /// Reads the text of a model file in a folder.
    fn parse_in(text: &str, folder: Option<&Path>) -> std::result::Result<Self, ParseError> {
        // Every value in a file needs its line. Counting lines each time would be quadratic.
        let ends: Vec<usize> = text.bytes().enumerate().filter(|(_, b)| *b == b'\n').map(|(at, _)| at).collect();
        let line = |at: usize| 1 + ends.partition_point(|end| *end < at);
        let (system, settings) = toml_file::File::parse(text, folder, &line)
            .and_then(|file| check::model(file, &line))
            .map_err(|e| misplaced::advised(e, text, &line))?;
        Ok(Self { path: None, system, settings })
    }

    /// The line of a value in a model file, for errors. The value is one of [`SystemSpec::values`] by
    /// its name, or the `noise` of a group. `None` if the file does not have it, or cannot be read.
    #[must_use]
    pub fn line_of(path: &Path, value: &str) -> Option<usize> {
        lines::line_of(&text_of(path)?, value)
    }

    /// The line of the table or of the value that a message about this model names: "… of
    /// projection `s`", "parameter `tau`", "plot.panels: …". `None` if the message names nothing in
    /// the file, or the file cannot be read.
    #[must_use]
    pub fn line_of_message(path: &Path, message: &str) -> Option<usize> {
        lines::line_of_message(&text_of(path)?, message)
    }

    /// A group of one neuron of this kind, with all defaults.
    ///
    /// # Errors
    /// If the kind is unknown.
    pub fn neurons(kind: &str) -> Result<Self> {
        Ok(Self { path: None, system: SystemSpec::Neurons(Neurons::new(kind, 1)?), settings: Settings::default() })
    }

    /// A group of one unit whose model is the text of a file, with all defaults.
    ///
    /// # Errors
    /// If the file cannot be read, or has a mistake.
    pub fn equations(path: &Path) -> Result<Self> {
        let group = Neurons::of_file(path, 1)?;
        Ok(Self { path: None, system: SystemSpec::Neurons(group), settings: Settings::default() })
    }

    /// The system, for the seed and the step of the settings, 0 and 0.1 ms by default.
    ///
    /// # Errors
    /// If an array cannot be read, or the library refuses the system.
    pub fn build<T: Scalar>(&self) -> Result<Loaded<T>> {
        let arrays = self.system.arrays(self.path.as_deref())?;
        let (seed, dt) = (self.settings.seed.unwrap_or(0), self.settings.dt.unwrap_or(0.1));
        let line = |path: &Path, error: &Error| Self::line_of_message(path, &error.to_string());
        self.system.build_with(&arrays, seed, dt).map_err(|e| e.in_file(self.path.as_deref(), line))
    }

    fn rebase(&mut self, folder: &Path) {
        let join = |path: &mut PathBuf| *path = folder.join(&*path);
        self.system.values_mut().into_iter().for_each(|value| value.rebase(folder));
        let input = self.settings.input.iter_mut().flat_map(Input::values_mut);
        input.chain(&mut self.settings.lengths).for_each(|value| value.rebase(folder));
        [&mut self.settings.weights, &mut self.settings.state].into_iter().flatten().for_each(join);
    }
}

/// The text of a model file for lines in errors. A pipe has no text any more.
fn text_of(path: &Path) -> Option<String> {
    let text = path.is_file().then(|| files::read_capped(path, LONGEST, "a model file"))?.ok()?;
    String::from_utf8(text).ok()
}
