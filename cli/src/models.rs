//! `overtime models`: every kind of system, with its variables, parameters, units and defaults.

use crate::model::kinds::{LAYERS, neurons};
use crate::terminal::print;
use overtime::models::{Activation, ChannelKind, Method};
use std::fmt::Write;

pub(crate) fn command() -> anyhow::Result<()> {
    print(&text())
}

fn text() -> String {
    let mut text = String::from("Neurons (`overtime run hh`, or kind = \"HH\" in a model file)\n");
    for kind in neurons() {
        let _ = writeln!(text, "\n  {}: {}", kind.kind, kind.about);
        for (name, unit, about) in kind.variables {
            let _ = writeln!(text, "    {:<11} {:<10} {:<10} {about}", "variable", name, unit);
        }
        for p in kind.parameters {
            let default = format!("{} {}", p.default, p.unit);
            let _ = writeln!(text, "    {:<11} {:<10} {default:<18} {}", "parameter", p.name, p.about);
        }
        let about = |what: &str| match what {
            "noise" => "; noise (intensity of a white current, per √ms)",
            "reset" => "; reset (hard or soft)",
            _ => "",
        };
        let takes: String = kind.takes.iter().map(|what| about(what)).collect();
        let _ = writeln!(text, "    initial values: {}{takes}", kind.initial.join(", "));
    }
    text.push_str("\n  Channels (`[[channel]]` of a CondNeuGroup, with name and kind)\n");
    for kind in ChannelKind::ALL {
        let defaults: Vec<String> = kind.parameters().iter().map(|(name, default)| format!("{name} {default}")).collect();
        let _ = writeln!(text, "    {:<11} {:<14} {}", "channel", kind.name(), defaults.join(", "));
    }
    let _ = writeln!(text, "\n  Methods: {}", Method::ALL.map(Method::name).join(", "));
    text.push_str("\nLayers (`[[layer]]` in a model file, with name and kind)\n");
    for kind in LAYERS {
        let _ = writeln!(text, "\n  {}: {}", kind.kind, kind.about);
        let _ = writeln!(text, "    {:<11} {}", "weights", kind.weights);
        if !kind.state.is_empty() {
            let _ = writeln!(text, "    {:<11} {}", "state", kind.state);
        }
        let _ = writeln!(text, "    {:<11} {}", "needs", kind.needs.join(", "));
        let _ = writeln!(text, "    {:<11} {}", "takes", kind.takes.join(", "));
    }
    let _ = writeln!(text, "\n  Functions: {}", Activation::ALL.map(Activation::name).join(", "));
    text.push_str("    gelu is the approximation by tanh, as in JAX and brainpy (also gelu_tanh); gelu_erf is x Φ(x), the default of torch and Keras\n");
    text
}
