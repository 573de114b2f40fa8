//! `overtime models`: the list of all models and of the other words of model files, or a page about
//! one of them.

use crate::args::ModelsArgs;
use crate::console::print;
use crate::exit_code::usage;
use overtime::Number;
use overtime::models::{self, Bound, Family, Method, ModelInfo};
use overtime_model::catalog::{self, Kind};
use overtime_model::neurons;
use std::fmt::Write;

pub(crate) fn command(args: &ModelsArgs) -> anyhow::Result<()> {
    match &args.name {
        Some(name) => print(&one(name)?),
        None => print(&list()),
    }
}

/// The families of models in the list, with their titles and their places in a model file.
const FAMILIES: [(&str, &str, &[Family]); 5] = [
    ("Neurons", "kind = …, or [[group]]; `overtime run NAME`", &[Family::Neuron]),
    ("Channels", "[[channel]] of a CondNeuGroup", &[Family::Channel]),
    ("Sources of spikes", "[[group]]", &[Family::Source]),
    ("Cells and layers", "[[layer]]", &[Family::Cell, Family::Layer]),
    ("Activations", "[[layer]], or activation = …", &[Family::Activation]),
];

/// One line for each name.
fn list() -> String {
    let mut text = String::new();
    let line = |text: &mut String, name: &str, about: &str| {
        let _ = writeln!(text, "  {name:<17} {about}");
    };
    for (title, place, families) in FAMILIES {
        let _ = writeln!(text, "{title} ({place})");
        for info in models::all().iter().filter(|info| families.contains(&info.family)) {
            line(&mut text, &info.name, &info.about);
        }
        text.push('\n');
    }
    for family in catalog::Family::ALL {
        let _ = writeln!(text, "{} ({})", family.title(), family.place());
        for kind in catalog::of(family) {
            line(&mut text, kind.name, kind.about);
        }
        text.push('\n');
    }
    let _ =
        writeln!(text, "Integration methods (method = …, --method)\n  {}\n", Method::ALL.map(Method::name).join(", "));
    text.push_str("`overtime models NAME` describes one of them; `overtime new` lists examples of model files.\n");
    text
}

/// The name without the differences that do not count.
fn folded(name: &str) -> String {
    name.chars().filter(|c| !"_-. ".contains(*c)).flat_map(char::to_lowercase).collect()
}

/// The pages about everything of this name or alias.
fn one(name: &str) -> anyhow::Result<String> {
    let mut pages: Vec<String> = Vec::new();
    pages.extend(models::find(name).ok().map(model));
    pages.extend(catalog::all().iter().filter(|kind| folded(kind.name) == folded(name)).map(kind));
    if !pages.is_empty() {
        return Ok(pages.join("\n"));
    }
    let of_models =
        models::all().iter().flat_map(|info| std::iter::once(&*info.name).chain(info.aliases.iter().copied()));
    let names = of_models.chain(catalog::all().iter().map(|kind| kind.name));
    let near =
        models::nearest(name, names.clone()).map_or_else(String::new, |near| format!(" (did you mean `{near}`?)"));
    let known: Vec<&str> =
        models::all().iter().map(|info| &*info.name).chain(catalog::all().iter().map(|k| k.name)).collect();
    Err(usage(format!("no model named `{name}`{near}; there is: {}", known.join(", "))))
}

/// A table of a page: a title and a row for each name.
fn rows(text: &mut String, title: &str, rows: &[[String; 3]]) {
    if rows.is_empty() {
        return;
    }
    let width = |k: usize| rows.iter().map(|row| row[k].chars().count()).max().unwrap_or(0);
    let (names, values) = (width(0), width(1));
    let _ = writeln!(text, "\n{title}");
    for [name, value, about] in rows {
        let line = format!("  {name:<names$}  {value:<values$}  {about}");
        let _ = writeln!(text, "{}", line.trim_end());
    }
}

fn model(info: &ModelInfo) -> String {
    let mut text = format!("{}: {}\n", info.name, info.about);
    if !info.aliases.is_empty() {
        let _ = writeln!(text, "also called {}", info.aliases.join(", "));
    }
    if let Some(source) = info.source {
        let _ = writeln!(text, "{source}");
    }
    let inputs = info.inputs.iter().map(|port| [&port.name, &port.unit, &port.about].map(ToString::to_string));
    rows(&mut text, "inputs (name, unit)", &inputs.collect::<Vec<_>>());
    let variables = info.variables.iter().map(|v| {
        let initial = if v.initial && v.shape.is_empty() { "; may have an initial value" } else { "" };
        let shape = if v.unit.is_empty() { v.shape.clone() } else { v.unit.to_string() };
        [v.name.to_string(), shape, format!("{}{initial}", v.about)]
    });
    rows(&mut text, "variables (name, unit or shape)", &variables.collect::<Vec<_>>());
    let parameters = info.parameters.iter().map(|p| {
        let value = format!("{} {}", Number(p.default), p.unit);
        [p.name.to_string(), value.trim_end().to_owned(), format!("{}{}", p.about, bound(p.bound))]
    });
    rows(&mut text, "parameters (name, default)", &parameters.collect::<Vec<_>>());
    let weights = info.weights.iter().map(|w| [w.name.clone(), w.shape.clone(), String::new()]);
    rows(&mut text, "weights (name, shape)", &weights.collect::<Vec<_>>());
    let options = |required: bool| info.options.iter().filter(|o| o.required == required).map(|o| o.name).collect();
    let takes = |keys: &[&'static str]| keys.iter().copied().filter(|key| neurons::takes(info, key)).collect();
    let keys: [(&str, Vec<&str>); 2] = match info.family {
        Family::Neuron | Family::Source => {
            [("keys", takes(&neurons::KEYS)), ("further keys in a network", takes(&neurons::NETWORK_KEYS))]
        }
        _ => [("keys that must be given", options(true)), ("keys with a default", options(false))],
    };
    for (title, names) in keys.into_iter().filter(|(_, names)| !names.is_empty()) {
        let _ = writeln!(text, "\n{title}: {}", names.join(", "));
    }
    let _ = writeln!(text, "\nexample\n{}", indented(&example(info)));
    text
}

fn kind(kind: &Kind) -> String {
    let mut text = format!("{}: {}\n{}: {}\n", kind.name, kind.about, kind.family.title(), kind.family.place());
    let row = |key: &catalog::Key| {
        let default = if key.default.is_empty() { "must be given".to_owned() } else { key.default.clone() };
        let value = if key.unit.is_empty() { default } else { format!("{default} ({})", key.unit) };
        [key.name.to_owned(), value, key.about.to_owned()]
    };
    let table = |keys: &[catalog::Key]| keys.iter().map(row).collect::<Vec<_>>();
    let title = match kind.family {
        catalog::Family::Sequence | catalog::Family::Distribution => "numbers (name, default)",
        _ => "keys (name, default and unit)",
    };
    rows(&mut text, title, &table(&kind.keys));
    rows(&mut text, "keys beside the numbers (name, default)", &table(&kind.bounds));
    if !kind.variables.is_empty() {
        let _ = writeln!(text, "\nvariables with an initial value: {}", kind.variables.join(", "));
    }
    let _ = writeln!(text, "\nexample\n{}", indented(kind.example));
    text
}

fn bound(bound: Bound) -> String {
    match bound {
        Bound::Positive => "; > 0".to_owned(),
        Bound::NonNegative => "; ≥ 0".to_owned(),
        Bound::Between(low, high) => format!("; {low:e} to {high:e}"),
        _ => String::new(),
    }
}

fn indented(text: &str) -> String {
    text.lines().map(|line| format!("  {line}")).collect::<Vec<_>>().join("\n")
}

/// An example of a run, or of the tables of a model file.
fn example(info: &ModelInfo) -> String {
    let name = &*info.name;
    let sizes = |required: &[&str]| {
        let takes = |key: &&str| required.contains(key);
        let known =
            [("num_in", "10"), ("num_out", "20"), ("hidden", "20"), ("input_size", "[28, 28]"), ("kernel_size", "3")];
        let channels = [("in_channels", "1"), ("out_channels", "8")];
        known
            .iter()
            .chain(&channels)
            .filter(|(key, _)| takes(key))
            .map(|(k, v)| format!("\n{k} = {v}"))
            .collect::<String>()
    };
    match info.family {
        Family::Neuron if name == "CondNeuGroup" => {
            format!("kind = \"{name}\"\nduration = 100.0\ninput = 1.0\n\n[[channel]]\nname = \"IL\"\nkind = \"IL\"")
        }
        Family::Neuron => format!(
            "overtime run {0} --duration 100 --input 10 --out-vars V --out {0}.npz --plot {0}.png",
            name.to_lowercase()
        ),
        Family::Source if name == "SpikeTimeGroup" => format!(
            "[[group]]\nname = \"S\"\nkind = \"{name}\"\nsize = 10\nparameters = {{ indices = {{ arange = [0, 10, 1] }}, times = {{ arange = [0, 100, 10] }} }}"
        ),
        Family::Source if info.inputs.is_empty() => {
            format!("overtime run {} --size 100 --duration 1000 --spikes spikes.npz", name.to_lowercase())
        }
        Family::Source => format!("[[group]]\nname = \"S\"\nkind = \"{name}\"\nsize = 10\ninput = true"),
        Family::Activation => format!("[[layer]]\nname = \"l\"\nkind = \"{name}\"\nnum_in = 10"),
        Family::Channel => {
            format!("[[channel]]\nname = \"{}\"\nkind = \"{name}\"", name.split('_').next().unwrap_or(name))
        }
        _ => {
            let required: Vec<&str> = info.options.iter().filter(|o| o.required).map(|o| o.name).collect();
            format!("[[layer]]\nname = \"l\"\nkind = \"{name}\"{}", sizes(&required))
        }
    }
}
