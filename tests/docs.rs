//! The documentation pages agree with the source.

use crate::common::root;
use overtime::models::{self, Family};
use std::path::Path;

fn page(name: &str) -> String {
    std::fs::read_to_string(root().join(name)).unwrap_or_else(|e| panic!("{name}: {e}"))
}

/// The type names of the models: the exports of `src/models/mod.rs` that the list of models has.
fn models() -> Vec<String> {
    let known: Vec<String> = models::all().iter().map(|info| info.name.to_lowercase()).collect();
    let list = page("src/models/mod.rs");
    let lines = list.lines().filter_map(|line| line.strip_prefix("pub use ")?.rsplit_once("::"));
    let names =
        lines.flat_map(|(_, names)| names.split([',', '{', '}', ';', ' ']).map(str::to_owned).collect::<Vec<_>>());
    names.filter(|name| known.contains(&name.to_lowercase())).collect()
}

/// All files under a folder, with their text.
fn sources(folder: &Path) -> Vec<String> {
    let mut all = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            all.extend(sources(&path));
        } else if path.extension().is_some_and(|e| e == "rs") {
            all.push(std::fs::read_to_string(path).unwrap());
        }
    }
    all
}

/// The rows of the table in a file's documentation whose first column has this heading, each cut
/// into cells.
fn rows(text: &str, heading: &str) -> Vec<Vec<String>> {
    let lines = text.lines().map(|line| line.strip_prefix("/// ").unwrap_or_default());
    let table =
        lines.skip_while(|line| !line.starts_with(&format!("| {heading} |"))).take_while(|line| line.starts_with('|'));
    table.skip(2).map(|row| row.trim_matches('|').split(" | ").map(|cell| cell.trim().to_owned()).collect()).collect()
}

/// The names in a cell.
fn names(cell: &str) -> Vec<&str> {
    cell.split('`').skip(1).step_by(2).collect()
}

/// Whether a cell names this unit for the `k`-th of several names: one unit for all of them, or one
/// for each; then there may be a remark.
fn has_unit(cell: &str, unit: &str, k: usize, of: usize) -> bool {
    let unit = if unit.is_empty() { "1" } else { unit };
    let each: Vec<&str> = cell.split(", ").collect();
    let documented = if of > 1 && each.len() == of { each[k] } else { cell };
    documented.strip_prefix(unit).is_some_and(|rest| rest.is_empty() || rest.starts_with([',', '.', ';', ' ']))
}

#[test]
fn the_documentation_of_a_neuron_tells_what_its_table_does() {
    let files = sources(&root().join("src/models"));
    let groups = models::all().iter().filter(|info| matches!(info.family, Family::Neuron | Family::Source));
    for info in groups {
        let name = &*info.name;
        let declares = [
            format!("const NAME: &'static str = \"{name}\""),
            format!("Family::Neuron, \"{name}\""),
            format!("Family::Source, \"{name}\""),
        ];
        let text = files
            .iter()
            .find(|text| {
                // The declaration may be broken into lines.
                let flat = text.split_whitespace().collect::<Vec<_>>().join(" ");
                declares.iter().any(|declaration| flat.contains(declaration))
            })
            .unwrap_or_else(|| panic!("{name}"));
        let mut documented = Vec::new();
        let parameters = rows(text, "parameter");
        for row in &parameters {
            let of = names(&row[0]);
            // 20,000 is one number.
            let defaults: Vec<String> = row[1].split(", ").map(|x| x.replace('−', "-").replace(',', "")).collect();
            for (k, parameter) in of.iter().enumerate() {
                let known =
                    info.parameter(parameter).unwrap_or_else(|| panic!("{name}: `{parameter}` is no parameter"));
                let default = if of.len() == defaults.len() { &defaults[k] } else { panic!("{name}: {row:?}") };
                let listed = name == "SpikeTimeGroup" && default == "none";
                assert!(
                    listed || default.parse() == Ok(known.default),
                    "{name}: `{parameter}` is {}, not {default}",
                    known.default
                );
                let unit = row.get(2).map_or("1", String::as_str);
                assert!(
                    has_unit(unit, &known.unit, k, of.len()),
                    "{name}: the unit of `{parameter}` is `{}`, not {unit}",
                    known.unit
                );
                assert!(!known.about.is_empty());
                documented.push(*parameter);
            }
        }
        for parameter in &info.parameters {
            assert_eq!(
                documented.iter().filter(|documented| **documented == parameter.name).count(),
                1,
                "{name}: `{}`",
                parameter.name
            );
        }
        let variables = rows(text, "variable");
        for variable in &info.variables {
            let row = variables.iter().find(|row| names(&row[0]).contains(&&*variable.name));
            let row = row.unwrap_or_else(|| panic!("{name}: no variable `{}`", variable.name));
            assert!(
                row[1].contains(&*variable.unit),
                "{name}: `{}` is in {}: {}",
                variable.name,
                variable.unit,
                row[1]
            );
        }
        let documented: usize =
            variables.iter().map(|row| names(&row[0]).iter().filter(|name| !name.starts_with("NAME.")).count()).sum();
        assert_eq!(documented, info.variables.len(), "{name}");
    }
}

#[test]
fn every_model_is_on_the_pages() {
    let models = models();
    // A channel is a variant of `ChannelKind`, an activation one of `Activation`, and each of
    // brainpy's cells has its module's name.
    let families = [Family::Neuron, Family::Source, Family::Cell, Family::Layer];
    let types = models::all().iter().filter(|info| families.contains(&info.family) && !info.name.ends_with("Brainpy"));
    assert_eq!(models.len(), types.count(), "{models:?}");
    for page_name in ["docs/coming_from_brainpy.md", "CHANGELOG.md", "README.md"] {
        let text = page(page_name);
        for model in &models {
            assert!(
                text.contains(&format!("`{model}")) || text.contains(&format!("models::{model}")),
                "`{model}` is missing in {page_name}"
            );
        }
    }
}

#[test]
fn brainpys_cells_are_on_the_pages() {
    for page_name in ["docs/coming_from_brainpy.md", "CHANGELOG.md"] {
        for model in ["RnnCell", "GruCell", "LstmCell", "Gru", "Lstm"] {
            assert!(
                page(page_name).contains(&format!("`brainpy::{model}")),
                "`brainpy::{model}` is not in {page_name}"
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
        for entry in std::fs::read_dir(root().join(folder)).unwrap() {
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
        let folder = root().join(&name);
        let folder = folder.parent().unwrap();
        let text = page(&name);
        let in_line = text.split("](").skip(1).filter_map(|rest| rest.split_once(')').map(|(link, _)| link));
        let defined = text
            .lines()
            .filter(|line| line.starts_with('['))
            .filter_map(|line| line.split_once("]: ").map(|(_, link)| link));
        for link in in_line.chain(defined) {
            let link = link.split('#').next().unwrap();
            assert!(link.starts_with("http") || folder.join(link).exists(), "{name} links to {link}");
        }
    }
}

/// A path in backquotes starts at the root of the repository. In DESIGN.md it may start at `src/`.
#[test]
fn files_that_pages_name_exist() {
    let root = root();
    let rooms =
        ["src/", "docs/", "examples/", "kernels/", "tests/", "benches/", "cli/", "npz/", "atomic/", "fakecuda/"];
    for name in
        pages().into_iter().filter(|name| name == "DESIGN.md" || name == "CONTRIBUTING.md" || name.starts_with("docs/"))
    {
        for quoted in page(&name).split('`').skip(1).step_by(2) {
            let inside =
                rooms.iter().any(|room| quoted.starts_with(room)) || (name == "DESIGN.md" && quoted.contains('/'));
            let is_path =
                quoted.chars().all(|c| c.is_ascii_alphanumeric() || "/_.-".contains(c)) && !quoted.contains("NAME");
            assert!(
                !(inside && is_path) || root.join(quoted).exists() || root.join("src").join(quoted).exists(),
                "{name}: {quoted}"
            );
        }
    }
}

#[test]
fn the_custom_neuron_is_under_forty_lines() {
    assert!(page("examples/custom_neuron.rs").lines().count() < 40);
}
