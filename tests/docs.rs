//! The pages beside the source say what is in the source.

use std::path::Path;

fn page(name: &str) -> String {
    std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(name)).unwrap_or_else(|e| panic!("{name}: {e}"))
}

/// The models by their types' names, from the list in `src/models/mod.rs`, less what is not a model.
fn models() -> Vec<String> {
    let helpers =
        ["Activation", "ActivationLayer", "Cell", "Channel", "ChannelKind", "Method", "Neuron", "Padding", "Param", "Recurrent", "Reset"];
    let list = page("src/models/mod.rs");
    let lines = list.lines().filter_map(|line| line.strip_prefix("pub use ")?.split_once("::"));
    let names = lines.flat_map(|(_, names)| names.split([',', '{', '}', ';', ' ']).map(str::to_owned).collect::<Vec<_>>());
    names.filter(|n| !n.is_empty() && !helpers.contains(&n.as_str())).collect()
}

#[test]
fn every_model_is_on_the_pages() {
    let models = models();
    assert!(models.len() >= 8, "{models:?}");
    for page_name in ["docs/coming_from_brainpy.md", "CHANGELOG.md", "README.md"] {
        let text = page(page_name);
        for model in &models {
            // The README names what one looks for first.
            if page_name == "README.md" && ["GruCellTorch", "LstmCellTorch", "GruBrainpy", "LstmBrainpy"].contains(&model.as_str()) {
                continue;
            }
            assert!(text.contains(&format!("`{model}")) || text.contains(&format!("models::{model}")), "`{model}` is not in {page_name}");
        }
    }
}

#[test]
fn every_method_is_named_as_brainpy_names_it() {
    for method in overtime::models::Method::ALL {
        assert_eq!(method.name().parse::<overtime::models::Method>().unwrap(), method);
    }
}

#[test]
fn links_between_pages_lead_somewhere() {
    for name in
        ["README.md", "CONTRIBUTING.md", "DESIGN.md", "CHANGELOG.md", "docs/coming_from_brainpy.md", "docs/gallery.md", "docs/releasing.md"]
    {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join(name);
        let folder = folder.parent().unwrap();
        for link in page(name).split("](").skip(1).filter_map(|rest| rest.split_once(')').map(|(link, _)| link.to_owned())) {
            let outside = link.starts_with("http") || link.starts_with('#');
            assert!(outside || folder.join(&link).exists(), "{name} links to {link}");
        }
    }
}

#[test]
fn the_custom_neuron_is_under_forty_lines() {
    assert!(page("examples/custom_neuron.rs").lines().count() < 40);
}
