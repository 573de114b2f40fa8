//! `overtime models`: every kind of system, with its variables, parameters, units and defaults.

use crate::console::print;
use overtime::models::{self, Activation, Family, Method, ModelInfo, Setting, WeightInfo};
use std::fmt::Write;

pub(crate) fn command() -> anyhow::Result<()> {
    print(&text())
}

fn text() -> String {
    let all = || models::all().iter();
    let mut text = String::from("Neurons (`overtime run hh`, or kind = \"HH\" in a model file)\n");
    for info in all().filter(|info| matches!(info.family, Family::Neuron | Family::Source)) {
        group(&mut text, info);
    }
    text.push_str("\n  Channels (`[[channel]]` of a CondNeuGroup, with name and kind)\n");
    for info in all().filter(|info| info.family == Family::Channel) {
        let defaults: Vec<String> = info.parameters.iter().map(|p| format!("{} {}", p.name, p.default)).collect();
        let _ = writeln!(text, "    {:<11} {:<14} {}", "channel", info.name, defaults.join(", "));
    }
    let _ = writeln!(text, "\n  Methods: {}", Method::ALL.map(Method::name).join(", "));
    text.push_str("\nLayers (`[[layer]]` in a model file, with name and kind)\n");
    for info in all().filter(|info| matches!(info.family, Family::Cell | Family::Layer)) {
        layer(&mut text, info);
    }
    let _ = writeln!(text, "\n  Functions: {}", Activation::ALL.map(Activation::name).join(", "));
    text.push_str("    gelu is the approximation by tanh, as in JAX and brainpy (also gelu_tanh); gelu_erf is x Φ(x), the default of torch and Keras\n");
    text
}

/// A kind of neuron or source.
fn group(text: &mut String, info: &ModelInfo) {
    heading(text, info);
    for port in &info.inputs {
        let _ = writeln!(text, "    {:<11} {:<10} {:<18} {}", "input", port.name, port.unit, port.about);
    }
    for variable in &info.variables {
        let _ = writeln!(text, "    {:<11} {:<10} {:<18} {}", "variable", variable.name, variable.unit, variable.about);
    }
    for p in &info.parameters {
        let default = format!("{} {}", p.default, p.unit);
        let _ = writeln!(text, "    {:<11} {:<10} {default:<18} {}", "parameter", p.name, p.about);
    }
    let about = |setting: &Setting| match setting.name {
        "noise" => "; noise (intensity of a white current, per √ms)",
        "reset" => "; reset (hard or soft)",
        _ => "",
    };
    let takes: String = info.options.iter().map(about).collect();
    let _ = writeln!(text, "    initial values: {}{takes}", info.initial().collect::<Vec<_>>().join(", "));
}

/// A kind of cell or layer.
fn layer(text: &mut String, info: &ModelInfo) {
    heading(text, info);
    let weight = |w: &WeightInfo| format!("{} {}", w.name, w.shape);
    let _ = writeln!(text, "    {:<11} {}", "weights", info.weights.iter().map(weight).collect::<Vec<_>>().join(", "));
    for variable in &info.variables {
        let _ = writeln!(text, "    {:<11} {} {}, {}", "state", variable.name, variable.shape, variable.about);
    }
    for (what, required) in [("needs", true), ("takes", false)] {
        let names: Vec<&str> = info.options.iter().filter(|o| o.required == required).map(|o| o.name).collect();
        let _ = writeln!(text, "    {what:<11} {}", names.join(", "));
    }
}

fn heading(text: &mut String, info: &ModelInfo) {
    let also =
        if info.aliases.is_empty() { String::new() } else { format!("; also called {}", info.aliases.join(", ")) };
    let _ = writeln!(text, "\n  {}: {}{also}", info.name, info.about);
}
