//! Equations as text, of a group of neurons, of a channel or of synapses: `equations = '''…'''`, or a file.

use crate::error::ParseError;
use crate::files;
use crate::rules::{Line, Result, error, start};
use crate::toml_values::Maybe;
use overtime::models::ModelInfo;
use overtime::{Equations, EquationsError, Error};
use serde::de::value::MapAccessDeserializer;
use serde::de::{self, MapAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize};
use std::fmt;
use std::path::{Path, PathBuf};
use toml::Spanned;

/// The kind of a group whose model is a text of equations.
pub const EQUATIONS: &str = "Equations";

/// The largest size of a file of equations, bytes.
const LONGEST: u64 = 1 << 20;

/// A text of equations.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct EquationsText {
    /// The text.
    pub text: String,
    /// The file that has the text, unless the model file has it.
    pub file: Option<PathBuf>,
}

/// The value of the key `equations`.
#[derive(Clone, Debug)]
pub(crate) enum Raw {
    /// A text.
    Text(String),
    /// The name of a file with a text.
    File(String),
    /// A text without mistakes, and what it says.
    Read(Box<(EquationsText, ModelInfo)>),
}

impl<'de> Deserialize<'de> for Raw {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> std::result::Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(deny_unknown_fields)]
        struct Keys {
            file: String,
        }
        struct Any;
        impl<'de> Visitor<'de> for Any {
            type Value = Raw;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a text of equations or { file = \"x.eq\" }")
            }
            fn visit_str<E: de::Error>(self, text: &str) -> std::result::Result<Raw, E> {
                Ok(Raw::Text(text.to_owned()))
            }
            fn visit_map<A: MapAccess<'de>>(self, map: A) -> std::result::Result<Raw, A::Error> {
                Keys::deserialize(MapAccessDeserializer::new(map)).map(|keys| Raw::File(keys.file))
            }
        }
        deserializer.deserialize_any(Any)
    }
}

/// The text of a model file, and its place.
#[derive(Clone, Copy)]
pub(crate) struct Source<'s> {
    pub(crate) text: &'s str,
    /// The folder of the files that the text names; a text that is no file has none.
    pub(crate) folder: Option<&'s Path>,
    pub(crate) line: Line<'s>,
}

/// What a text describes.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Describes {
    /// A group of neurons.
    Neurons,
    /// An ion channel of neurons.
    Channel,
    /// The kinetics of a projection.
    Synapses,
    /// The plasticity of a projection.
    Plasticity,
}

impl Describes {
    /// What a text describes.
    pub(super) fn of(equations: &Equations) -> Self {
        if equations.describes_synapses() {
            Self::Synapses
        } else if equations.describes_plasticity() {
            Self::Plasticity
        } else if equations.describes_channel() {
            Self::Channel
        } else {
            Self::Neurons
        }
    }

    /// The advice about a text that describes this in another place.
    pub(super) fn advice(self) -> &'static str {
        match self {
            Self::Neurons => {
                "this text describes a neuron: kinetics have `on spike` or `transmit`, plasticity has `weight`, and a \
                 channel has `current`"
            }
            Self::Channel => "a text with `current` describes an ion channel: a [[channel]] of CondNeuGroup takes it",
            Self::Synapses => {
                "a text with `on spike` or `transmit` describes synapses: the `kinetics` of a [[projection]] take it"
            }
            Self::Plasticity => {
                "a text with `weight` describes plasticity: the `plasticity` of a [[projection]] takes it"
            }
        }
    }
}

/// Reads equations.
pub(crate) fn read(given: &mut Maybe<Raw>, describes: Describes, source: Source<'_>) -> Result<()> {
    let Some(given) = given else { return Ok(()) };
    let span = given.span();
    let (text, file) = match given.get_ref() {
        Raw::Text(text) => (text.clone(), None),
        Raw::File(name) => match source.folder {
            Some(folder) => {
                let path = folder.join(name);
                let text = text_of(&path).or_else(|e| error(source.line, span.start, format!("`equations`: {e}")))?;
                (text, Some(path))
            }
            None => return error(source.line, span.start, "`equations`: this model has no folder for a file"),
        },
        Raw::Read(_) => return Ok(()),
    };
    let info = match Equations::new(&text) {
        Ok(equations) if Describes::of(&equations) != describes => {
            let advice = Describes::of(&equations).advice();
            return error(source.line, span.start, format!("`equations`: {advice}"));
        }
        Ok(equations) => equations.info(),
        Err(Error::Equations(mistakes)) => {
            return Err(match file {
                Some(path) => in_file(&mistakes, path),
                None => within(&mistakes, span.start..span.end, source),
            });
        }
        Err(e) => return error(source.line, span.start, format!("`equations`: {e}")),
    };
    *given = Spanned::new(span, Raw::Read(Box::new((EquationsText { text, file }, info))));
    Ok(())
}

/// The text of a file.
pub(super) fn text_of(path: &Path) -> crate::Result<String> {
    let bytes = files::read_capped(path, LONGEST, "a file of equations")?;
    String::from_utf8(bytes).map_err(|_| crate::Error::File(format!("{}: not UTF-8 text", path.display())))
}

/// The mistakes of a file of equations.
pub(super) fn in_file(mistakes: &EquationsError, path: PathBuf) -> ParseError {
    let line = mistakes.mistakes.first().map_or(1, |first| mistakes.place(first).0);
    let message = mistakes.report(Some(&path.display().to_string()), 1);
    ParseError { path: Some(path), line, message }
}

/// The mistakes of a text that is a value of a model file, with their places in the model file.
fn within(mistakes: &EquationsError, span: std::ops::Range<usize>, source: Source<'_>) -> ParseError {
    // A text with escapes differs from the model file's.
    let offset = source.text.get(span.clone()).and_then(|value| value.find(&mistakes.text));
    let Some(offset) = offset else {
        return ParseError { path: None, line: (source.line)(span.start), message: format!("equations: {mistakes}") };
    };
    let mut of_file = mistakes.clone();
    source.text.clone_into(&mut of_file.text);
    for mistake in &mut of_file.mistakes {
        mistake.at = mistake.at.start + span.start + offset..mistake.at.end + span.start + offset;
    }
    let line = of_file.mistakes.first().map_or(1, |first| (source.line)(first.at.start));
    ParseError { path: None, line, message: of_file.to_string() }
}

/// The text and the facts of a group's equations. A group has a kind or equations.
pub(crate) fn given(
    kind: Option<&Spanned<String>>,
    equations: Maybe<Raw>,
    line: Line<'_>,
) -> Result<Option<(EquationsText, ModelInfo)>> {
    let is_equations = |kind: &&Spanned<String>| kind.get_ref().eq_ignore_ascii_case(EQUATIONS);
    let Some(equations) = equations else {
        return match kind.filter(is_equations) {
            Some(kind) => error(line, start(kind), format!("kind = \"{}\" needs `equations`", kind.get_ref())),
            None => Ok(None),
        };
    };
    if let Some(other) = kind.filter(|kind| !is_equations(kind)) {
        return error(line, start(&equations), format!("`equations` is not for {}", other.get_ref().escape_debug()));
    }
    match equations.into_inner() {
        Raw::Read(read) => Ok(Some(*read)),
        Raw::Text(_) | Raw::File(_) => error(line, 0, "`equations` were not read"),
    }
}
