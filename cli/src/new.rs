//! `overtime new`: writes an example of a model file. The examples are those of the repository.

use crate::args::NewArgs;
use crate::console::{harmless, print};
use crate::exit_code::usage;
use overtime::models::nearest;
use std::fmt::Write;
use std::path::{Path, PathBuf};

/// An example: its name, its text, and the files that the text names.
struct Example {
    name: &'static str,
    text: &'static str,
    files: &'static [(&'static str, &'static [u8])],
}

const INPUTS: (&str, &[u8]) = ("inputs.npz", include_bytes!("../examples/inputs.npz"));
const SEQUENCES: (&str, &[u8]) = ("sequences.npz", include_bytes!("../examples/sequences.npz"));
const PARAMETERS: (&str, &[u8]) = ("hh_parameters.npz", include_bytes!("../examples/hh_parameters.npz"));

macro_rules! examples {
    ($($name:literal: [$($file:expr),*];)*) => {
        const EXAMPLES: &[Example] = &[$(Example {
            name: $name,
            text: include_str!(concat!("../examples/", $name, ".toml")),
            files: &[$($file),*],
        }),*];
    };
}

// `examples` is a link to the repository's `examples/models`.
examples! {
    "lif": [];
    "fi_curve": [];
    "equations": [];
    "a_current": [];
    "hh": [INPUTS];
    "hh_parameters": [PARAMETERS];
    "coba": [];
    "cuba": [];
    "cobahh": [];
    "cobahh_equations": [];
    "brunel": [];
    "pd14": [];
    "pd14_poisson": [];
    "gamma": [];
    "ping": [];
    "kuramoto": [];
    "stdp": [];
    "inhibitory_plasticity": [];
    "short_term_plasticity": [];
    "rnn": [INPUTS];
    "lstm": [INPUTS];
    "lstm_layers": [SEQUENCES];
    "conv2d": [INPUTS];
}

impl Example {
    /// Its title.
    fn title(&self) -> &str {
        let title = self.text.lines().find_map(|line| line.strip_prefix("title = \"")?.split('"').next());
        title.or_else(|| self.text.lines().find_map(|line| line.strip_prefix("# "))).unwrap_or(self.name)
    }
}

pub(crate) fn command(args: &NewArgs) -> anyhow::Result<()> {
    let Some(name) = &args.name else { return print(&list()) };
    let Some(example) = EXAMPLES.iter().find(|example| example.name == name) else {
        let names = EXAMPLES.iter().map(|example| example.name);
        let near = nearest(name, names.clone()).map_or_else(String::new, |near| format!(" (did you mean `{near}`?)"));
        let known = names.collect::<Vec<_>>().join(", ");
        return Err(usage(format!("no example named `{name}`{near}; there is: {known}")));
    };
    let path = args.file.clone().unwrap_or_else(|| PathBuf::from(format!("{name}.toml")));
    if path.extension().is_none_or(|end| end != "toml") {
        return Err(usage(format!("{}: the name of a model file must end in .toml", path.display())));
    }
    let folder = path.parent().unwrap_or(Path::new(""));
    let side = example.files.iter().map(|(file, bytes)| (folder.join(file), *bytes));
    let all: Vec<(PathBuf, &[u8])> = std::iter::once((path.clone(), example.text.as_bytes())).chain(side).collect();
    // A file that has the content already, as of another example, is no obstacle.
    let differs =
        |(path, bytes): &&(PathBuf, &[u8])| path.exists() && std::fs::read(path).ok().as_deref() != Some(*bytes);
    if let Some((path, _)) = all.iter().find(|file| !args.force && differs(file)) {
        return Err(usage(format!("{} exists: give another name, or --force to replace it", path.display())));
    }
    let mut text = String::new();
    for (path, bytes) in &all {
        overtime_atomic::write(path, bytes)?;
        let _ = writeln!(text, "wrote {}", harmless(&path.to_string_lossy()));
    }
    let _ = writeln!(text, "`overtime run {}` runs it", harmless(&path.to_string_lossy()));
    print(&text)
}

fn list() -> String {
    let mut text = String::from("Examples of model files:\n");
    for example in EXAMPLES {
        let _ = writeln!(text, "  {:<14} {}", example.name, example.title());
    }
    text.push_str("`overtime new NAME` writes NAME.toml; `overtime new NAME FILE` another file.\n");
    text
}
