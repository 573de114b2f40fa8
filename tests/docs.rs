//! The documentation pages agree with the source.

use std::path::Path;

fn page(name: &str) -> String {
    std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(name)).unwrap_or_else(|e| panic!("{name}: {e}"))
}

/// The type names of the models, from the list in `src/models/mod.rs`, without types that are not
/// models.
fn models() -> Vec<String> {
    let helpers =
        ["Activation", "ActivationLayer", "Cell", "Channel", "ChannelKind", "Method", "Neuron", "Padding", "Param", "Recurrent", "Reset"];
    let list = page("src/models/mod.rs");
    let lines = list.lines().filter_map(|line| line.strip_prefix("pub use ")?.rsplit_once("::"));
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
            // The README names only the most important models.
            if page_name == "README.md" && ["GruCellTorch", "LstmCellTorch", "GruBrainpy", "LstmBrainpy"].contains(&model.as_str()) {
                continue;
            }
            assert!(
                text.contains(&format!("`{model}")) || text.contains(&format!("models::{model}")),
                "`{model}` is missing in {page_name}"
            );
        }
    }
}

#[test]
fn every_method_is_named_as_brainpy_names_it() {
    for method in overtime::models::Method::ALL {
        assert_eq!(method.name().parse::<overtime::models::Method>().unwrap(), method);
    }
}

/// The pages of the repository: the ones listed here, and every page in `docs/` and in the book.
fn pages() -> Vec<String> {
    let listed = ["README.md", "CONTRIBUTING.md", "DESIGN.md", "CHANGELOG.md", "kernels/README.md", "cli/README.md"];
    let more = ["benches/RESULTS.md", "fakecuda/README.md", "tests/golden/README.md"];
    let mut pages: Vec<String> = listed.into_iter().chain(more).map(str::to_owned).collect();
    for folder in ["docs", "docs/book/src"] {
        for entry in std::fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join(folder)).unwrap() {
            let name = entry.unwrap().file_name().into_string().unwrap();
            pages.extend(name.ends_with(".md").then(|| format!("{folder}/{name}")));
        }
    }
    pages
}

#[test]
fn links_between_pages_lead_somewhere() {
    let pages = pages();
    assert!(pages.len() >= 25, "{pages:?}");
    for name in pages {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join(&name);
        let folder = folder.parent().unwrap();
        let text = page(&name);
        let in_line = text.split("](").skip(1).filter_map(|rest| rest.split_once(')').map(|(link, _)| link));
        let defined = text.lines().filter(|line| line.starts_with('[')).filter_map(|line| line.split_once("]: ").map(|(_, link)| link));
        for link in in_line.chain(defined) {
            let link = link.split('#').next().unwrap();
            assert!(link.starts_with("http") || folder.join(link).exists(), "{name} links to {link}");
        }
    }
}

/// A path in backquotes starts at the root of the repository. In DESIGN.md it may start at `src/`.
#[test]
fn files_that_pages_name_exist() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let rooms = ["src/", "docs/", "examples/", "kernels/", "tests/", "benches/", "cli/", "npz/", "atomic/", "fakecuda/"];
    for name in pages().into_iter().filter(|name| name == "DESIGN.md" || name == "CONTRIBUTING.md" || name.starts_with("docs/")) {
        for quoted in page(&name).split('`').skip(1).step_by(2) {
            let inside = rooms.iter().any(|room| quoted.starts_with(room)) || (name == "DESIGN.md" && quoted.contains('/'));
            let is_path = quoted.chars().all(|c| c.is_ascii_alphanumeric() || "/_.-".contains(c)) && !quoted.contains("NAME");
            assert!(!(inside && is_path) || root.join(quoted).exists() || root.join("src").join(quoted).exists(), "{name}: {quoted}");
        }
    }
}

#[test]
fn the_custom_neuron_is_under_forty_lines() {
    assert!(page("examples/custom_neuron.rs").lines().count() < 40);
}
