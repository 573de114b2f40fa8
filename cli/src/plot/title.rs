//! What a picture without a title is called.

use overtime_model::layers::{Layer, LayerKind};
use overtime_model::network::Network;
use overtime_model::neurons::EquationsText;
use overtime_model::{Neurons, SystemSpec as System};

/// Most groups or layers that a title names.
const NAMED: usize = 4;

/// A title that says what the system is.
pub(crate) fn title(system: &System, batch: Option<usize>) -> String {
    let what = match system {
        System::Neurons(group) => neurons(group),
        System::Network(net) => network(net),
        System::Sequential(layers) => listed(layers.iter().map(layer), " → "),
    };
    match batch {
        Some(rows) => format!("{what}, batch of {rows}"),
        None => what,
    }
}

fn neurons(group: &Neurons) -> String {
    let info = group.info();
    let about = info.as_ref().map_or(group.kind.as_str(), |info| &*info.about);
    let kind = match group.kind.as_str() {
        "HH" => "Hodgkin-Huxley neuron",
        "TraubMiles" => "Traub-Miles neuron",
        "CondNeuGroup" => "Conductance-based neuron",
        _ => about.split(" with ").next().unwrap_or(about).trim_start_matches("the "),
    };
    let kind = kind.replace('\'', "’");
    let mut letters = kind.chars();
    let kind: String = match &group.equations {
        Some(EquationsText { file: Some(_), .. }) => group.label().to_owned(),
        _ => letters.next().into_iter().flat_map(char::to_uppercase).chain(letters).collect(),
    };
    match (group.size, kind.ends_with("neuron")) {
        (1, _) => kind,
        (n, true) => format!("{kind}s (N = {})", thousands(n)),
        (n, false) => format!("{kind} (N = {})", thousands(n)),
    }
}

fn network(net: &Network) -> String {
    let group = |g: &overtime_model::network::Group| {
        let what = if g.neurons.kind.ends_with("Group") { "" } else { " neurons" };
        let what = if g.neurons.size == 1 && !what.is_empty() { " neuron" } else { what };
        format!("{} {}{what}", thousands(g.neurons.size), g.neurons.label())
    };
    format!("Network of {}", listed(net.groups.iter().map(group), ", "))
}

fn layer(layer: &Layer) -> String {
    match &layer.kind {
        LayerKind::Function { activation, .. } => activation.clone(),
        LayerKind::Cell { kind, .. } | LayerKind::Recurrent { kind, .. } => kind.clone(),
        LayerKind::Conv2d { .. } => "Conv2d".to_owned(),
    }
}

fn listed(names: impl ExactSizeIterator<Item = String>, between: &str) -> String {
    let more = names.len() > NAMED;
    let mut all: Vec<String> = names.take(NAMED).collect();
    all.extend(more.then(|| "…".to_owned()));
    all.join(between)
}

/// `12,500`.
fn thousands(n: u64) -> String {
    let digits = n.to_string();
    let mut text = String::new();
    for (k, digit) in digits.chars().enumerate() {
        if k > 0 && (digits.len() - k).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use overtime_model::ModelFile;

    #[test]
    fn titles_say_what_it_is() {
        let of = |text: &str| title(&ModelFile::parse(text).unwrap().system, None);
        assert_eq!(of("kind = 'HH'\n"), "Hodgkin-Huxley neuron");
        assert_eq!(of("kind = 'LIF'\nsize = 1200\n"), "Leaky integrate-and-fire neurons (N = 1,200)");
        assert_eq!(
            of("[[group]]\nname = 'a'\nkind = 'PoissonGroup'\nsize = 1000\n[[group]]\nname = 'N'\nkind = 'LIF'\n"),
            "Network of 1,000 PoissonGroup, 1 LIF neuron"
        );
        let layers =
            "[[layer]]\nname = 'a'\nkind = 'Dense'\nnum_in = 2\nnum_out = 3\n[[layer]]\nname = 'b'\nkind = 'tanh'\n";
        assert_eq!(of(layers), "Dense → tanh");
        assert_eq!(title(&ModelFile::parse(layers).unwrap().system, Some(3)), "Dense → tanh, batch of 3");
        assert_eq!([0, 999, 1000, 1_234_567].map(thousands).join(" "), "0 999 1,000 1,234,567");
    }
}
