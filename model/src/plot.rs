//! The `[plot]` table of a model file, or `plot = "FILE"`: where a picture goes, how large it is,
//! and what it shows.

use crate::rules::{Line, Result as Checked, error, get, start};
use crate::strict::Numbers;
use crate::toml_values::Maybe;
use overtime::Number;
use serde::de::value::MapAccessDeserializer;
use serde::de::{self, Deserializer, MapAccess, Visitor};
use serde::{Deserialize, Serialize};
use std::fmt;
use std::path::{Path, PathBuf};

/// What a model file, or the command line, says of the picture. What is absent has a default.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Plot {
    /// Where it goes, relative to the current folder: the name ends in one of [`Plot::FORMATS`].
    pub file: Option<PathBuf>,
    /// The line of `file` in the model file, for errors; 0 if no model file has it.
    #[serde(skip)]
    pub line: usize,
    /// Width and height, mm.
    pub size: Option<[f64; 2]>,
    /// Pixels of a PNG per inch.
    pub dpi: Option<f64>,
    /// The first and the last time shown: ms, or steps of layers.
    pub window: Option<[f64; 2]>,
    /// The panels, from top to bottom: `spike`, `rate`, `rate_boxplot`, `cv_boxplot`,
    /// `correlation_boxplot`, `input`, `output`, or a variable as [`out_vars`](crate::out_vars)
    /// reads it.
    pub panels: Option<Vec<String>>,
    /// The title, instead of the model's; empty for none.
    pub title: Option<String>,
}

/// The least and greatest width or height, mm.
const SIZE: [f64; 2] = [20.0, 1000.0];
/// The lowest and highest resolution, pixels per inch.
const DPI: [f64; 2] = [20.0, 1200.0];
/// Most panels that one picture can have.
const PANELS: usize = 12;

impl Plot {
    /// The formats of pictures: the ends of their names, after a dot.
    pub const FORMATS: [&str; 3] = ["png", "svg", "pdf"];

    /// What is wrong with a value, and the key that has it.
    ///
    /// # Errors
    /// The key and the message, without the name of the key in it.
    pub fn check(&self) -> Result<(), (&'static str, String)> {
        if let Some(file) = &self.file {
            check_file(file).map_err(|message| ("file", message))?;
        }
        let inside = |x: f64, [least, most]: [f64; 2]| x >= least && x <= most;
        if let Some([width, height]) = self.size.filter(|size| !size.iter().all(|mm| inside(*mm, SIZE))) {
            let (w, h) = (Number(width), Number(height));
            return Err((
                "size",
                format!("width and height are from {} to {} mm each, not {w} and {h}", SIZE[0], SIZE[1]),
            ));
        }
        if let Some(dpi) = self.dpi.filter(|dpi| !inside(*dpi, DPI)) {
            return Err(("dpi", format!("a resolution is from {} to {} dpi, not {}", DPI[0], DPI[1], Number(dpi))));
        }
        if let Some([from, to]) = self.window.filter(|[a, b]| !(a.is_finite() && b.is_finite() && a < b)) {
            let (from, to) = (Number(from), Number(to));
            return Err(("window", format!("a window is from a time to a later one, not from {from} to {to}")));
        }
        match &self.panels {
            Some(panels) if panels.is_empty() || panels.len() > PANELS => {
                Err(("panels", format!("a picture has 1 to {PANELS} panels, not {}", panels.len())))
            }
            Some(panels) if panels.iter().any(|name| name.trim().is_empty()) => Err((
                "panels",
                "an empty name; a panel is `spike`, `rate`, `input`, `output` (of layers), or a variable as in \
                 `out_vars`, such as `V` or `P.V[0,1]`"
                    .to_owned(),
            )),
            Some(panels) => {
                match panels.iter().enumerate().find(|(k, name)| panels.iter().take(*k).any(|n| n == *name)) {
                    Some((_, twice)) => Err(("panels", format!("`{}` is named twice", twice.escape_debug()))),
                    None => Ok(()),
                }
            }
            None => Ok(()),
        }
    }

    /// These values where there are any, else those of `other`.
    #[must_use]
    pub fn or(self, other: Self) -> Self {
        let line = if self.file.is_some() { self.line } else { other.line };
        Self {
            file: self.file.or(other.file),
            line,
            size: self.size.or(other.size),
            dpi: self.dpi.or(other.dpi),
            window: self.window.or(other.window),
            panels: self.panels.or(other.panels),
            title: self.title.or(other.title),
        }
    }
}

/// Whether a picture can have this name.
fn check_file(file: &Path) -> Result<(), String> {
    let extension = file.extension().map(|e| e.to_string_lossy().to_lowercase());
    match extension {
        _ if file.as_os_str().is_empty() => Err("the name of the picture is empty".to_owned()),
        Some(extension) if Plot::FORMATS.contains(&extension.as_str()) => Ok(()),
        _ => Err(format!("{}: the name must end in .{}", file.display(), Plot::FORMATS.join(" or ."))),
    }
}

/// As it stands in the file.
pub(crate) enum Raw {
    File(String),
    Table(Box<Keys>),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Keys {
    file: Maybe<String>,
    size: Maybe<Numbers<2>>,
    dpi: Maybe<f64>,
    window: Maybe<Numbers<2>>,
    panels: Maybe<Vec<String>>,
    title: Maybe<String>,
}

impl<'de> Deserialize<'de> for Raw {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Any;
        impl<'de> Visitor<'de> for Any {
            type Value = Raw;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a file's name, or a table with file, size, dpi, window, panels and title")
            }
            fn visit_str<E: de::Error>(self, file: &str) -> Result<Raw, E> {
                Ok(Raw::File(file.to_owned()))
            }
            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Raw, A::Error> {
                Keys::deserialize(MapAccessDeserializer::new(map)).map(|keys| Raw::Table(Box::new(keys)))
            }
        }
        deserializer.deserialize_any(Any)
    }
}

/// The checked values.
pub(crate) fn plot(raw: Maybe<Raw>, line: Line<'_>) -> Checked<Plot> {
    let Some(raw) = raw else { return Ok(Plot::default()) };
    let at = start(&raw);
    let keys = match raw.into_inner() {
        Raw::File(name) => {
            let plot = Plot { file: Some(name.into()), line: line(at), ..Plot::default() };
            return match plot.check() {
                Ok(()) => Ok(plot),
                Err((_, message)) => error(line, at, format!("`plot`: {message}")),
            };
        }
        Raw::Table(keys) => *keys,
    };
    let places = [
        ("file", keys.file.as_ref().map(start)),
        ("size", keys.size.as_ref().map(start)),
        ("dpi", keys.dpi.as_ref().map(start)),
        ("window", keys.window.as_ref().map(start)),
        ("panels", keys.panels.as_ref().map(start)),
    ];
    let place = |key: &str| places.iter().find(|(name, _)| *name == key).and_then(|(_, at)| *at).unwrap_or(at);
    let file_at = keys.file.as_ref().map(start);
    let plot = Plot {
        file: get(keys.file).map(PathBuf::from),
        line: file_at.map_or(0, line),
        size: get(keys.size).map(|Numbers(size)| size),
        dpi: get(keys.dpi),
        window: get(keys.window).map(|Numbers(window)| window),
        panels: get(keys.panels),
        title: get(keys.title),
    };
    plot.check().or_else(|(key, message)| error(line, place(key), format!("`plot.{key}`: {message}")))?;
    Ok(plot)
}

#[cfg(test)]
mod tests {
    use crate::ModelFile;

    const NEURON: &str = "kind = 'HH'\n";

    #[test]
    fn a_table_or_a_file() {
        let plot = |text: &str| ModelFile::parse(&format!("{NEURON}{text}")).unwrap().settings.plot;
        let (file, line) = (plot("plot = 'a.png'\n").file.unwrap(), plot("plot = 'a.png'\n").line);
        assert_eq!((file.to_str(), line), (Some("a.png"), 2));
        let all = plot(
            "[plot]\nfile = 'a.svg'\nsize = [85, 60]\ndpi = 300\nwindow = [200, 400.5]\npanels = ['V', 'spike']\ntitle = ''\n",
        );
        assert_eq!((all.size, all.dpi, all.window), (Some([85.0, 60.0]), Some(300.0), Some([200.0, 400.5])));
        assert_eq!((all.panels.unwrap().len(), all.title.as_deref()), (2, Some("")));
        assert_eq!(plot(""), super::Plot::default());
    }

    #[test]
    fn wrong_values_are_named_with_their_line() {
        for (text, word) in [
            ("size = [85]", "2"),
            ("size = [85, nan]", "`plot.size`"),
            ("size = [1e9, 60]", "`plot.size`"),
            ("size = [-85, 60]", "`plot.size`"),
            ("size = 'A4'", "array"),
            ("size = '85x60'", "such as [1, 2]"),
            ("size = [85, 60, 3]", "expected 2 numbers, not 3"),
            ("window = [200, 400, 600]", "expected 2 numbers, not 3"),
            ("dpi = 0", "`plot.dpi`"),
            ("dpi = inf", "`plot.dpi`"),
            ("window = [400, 200]", "`plot.window`"),
            ("window = [nan, 200]", "`plot.window`"),
            ("window = 200", "array"),
            ("panels = []", "`plot.panels`"),
            ("panels = ['V', 'V']", "named twice"),
            ("panels = 'V'", "array"),
            ("panels = ['V', '', '']", "a panel is `spike`"),
            ("file = ''", "`plot.file`: the name of the picture is empty"),
            ("file = 'x'", "`plot.file`: x: the name must end in .png or .svg or .pdf"),
            ("file = 'a.gif'", "must end in"),
            ("sise = [85, 60]", "sise"),
        ] {
            let said = ModelFile::parse(&format!("{NEURON}[plot]\n{text}\n")).unwrap_err();
            assert!(said.line == 3 && said.message.contains(word), "{text}: {said:?}");
        }
        let said = ModelFile::parse(&format!("{NEURON}plot = 'x'\n")).unwrap_err();
        assert!(said.line == 2 && said.message.contains("`plot`: x: the name must end in"), "{said:?}");
    }
}
