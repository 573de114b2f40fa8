//! The commands and model files on the documentation pages run.

use crate::support::{Place, root};
use ndarray::{ArrayD, arr1};
use overtime::states;
use overtime_npz::Writer;
use std::path::Path;

fn page(name: &str) -> String {
    std::fs::read_to_string(root().join(name)).unwrap()
}

/// The code blocks of a page in this language.
fn blocks(text: &str, language: &str) -> Vec<String> {
    let fence = format!("```{language}\n");
    text.split(&fence).skip(1).map(|rest| rest.split("```").next().unwrap().to_owned()).collect()
}

/// Every model file on the page, and every part of one.
#[test]
fn model_files_of_the_page_run() {
    let text = page("cli/README.md");
    let all = blocks(&text, "toml");
    assert_eq!(all.len(), 9, "a block was added or removed: check what it needs to run");
    let place = Place::new();
    std::fs::copy(root().join("examples/models/hh_parameters.npz"), place.path("hh_parameters.npz")).unwrap();
    let zeros = |shape: &[usize]| ArrayD::<f64>::zeros(shape);
    place.npz("weights.npz", &[("l1.Wi", zeros(&[100, 20])), ("l1.Wh", zeros(&[20, 20])), ("l1.b", zeros(&[20]))]);
    for block in all {
        let two = "[[group]]\nname = 'A'\nkind = 'LIF'\nsize = 2\ninput = true\n[[group]]\nname = 'B'\nkind = 'LIF'\nsize = 2\ninput = true\n";
        let (model, flags) = match block.lines().next().unwrap() {
            first if first.starts_with("kind = ") || first.starts_with("size = ") => (block.clone(), ""),
            first if first.starts_with("weights = ") => {
                place.npz("x.npz", &[("in", zeros(&[6, 2, 100]))]);
                (block.clone(), "")
            }
            first if first.starts_with("plot = ") => (block.clone(), "--duration 5"),
            first if first.starts_with("[plot]") => {
                (format!("kind = 'HH'\nsize = 8\ninput = 5.0\nduration = 500.0\n{block}"), "")
            }
            first if first.starts_with("input = {") => {
                place.npz("x.npz", &[("b", zeros(&[6, 2]))]);
                (format!("{block}{two}"), "")
            }
            first if first.starts_with("[[group]]") => (format!("steps = 5\n{block}"), ""),
            first if first.starts_with("[[channel]]") => (format!("kind = 'CondNeuGroup'\nsteps = 5\n{block}"), ""),
            first => panic!("a block that starts with {first}"),
        };
        place.write("model.toml", model);
        place.ok(&format!("run model.toml {flags} --out out.npz --quiet"));
        assert!(place.read("out.npz")["output"].iter().all(|x| x.is_finite()), "{block}");
    }
}

/// Each kind of connectivity in the table, between two groups of a hundred neurons.
#[test]
fn ways_to_connect_of_the_page_run() {
    let place = Place::new();
    place.npz("net.npz", &[("pre", arr1(&[0.0, 1.0, 1.0]).into_dyn()), ("post", arr1(&[2.0, 0.0, 99.0]).into_dyn())]);
    let text = page("cli/README.md");
    let cells = text.lines().filter_map(|line| line.strip_prefix("| `\"")).map(|line| line.split(" |").next().unwrap());
    let ways: Vec<String> = cells
        .flat_map(|cell| {
            cell.split("`, `").map(|way| format!("\"{}", way.trim_matches(['`', '"']))).collect::<Vec<_>>()
        })
        .collect();
    assert_eq!(ways.len(), 8, "{ways:?}");
    for way in ways {
        // A single name has lost its closing quote.
        let way = if way.matches('"').count() % 2 == 1 { format!("{way}\"") } else { way };
        place.write(
            "m.toml",
            format!(
                "steps = 5\n[[group]]\nname = 'P'\nkind = 'LIF'\nsize = 100\n[[group]]\nname = 'Q'\nkind = 'LIF'\nsize = 100\n\
                 [[group.receptor]]\nname = 'e'\ntau = 5.0\n[[projection]]\nname = 'C'\nfrom = 'P'\nto = 'Q.e'\nconnect = {{ kind = {way} }}\n"
            ),
        );
        let json = place.ok("run m.toml --quiet --json");
        let json: serde_json::Value = serde_json::from_str(&json).unwrap();
        assert!(json["synapses"].as_f64() > Some(0.0), "{way}: {json}");
    }
}

/// The pages whose commands run, with the chapters of the book in order.
fn pages_with_commands() -> Vec<String> {
    let summary = page("docs/book/src/SUMMARY.md");
    let chapters = summary
        .lines()
        .filter_map(|line| line.split_once("](")?.1.strip_suffix(')'))
        .map(|name| format!("docs/book/src/{name}"));
    ["cli/README.md", "README.md"].into_iter().map(str::to_owned).chain(chapters).collect()
}

/// Every line that starts with the command, in order. Runs of large networks are shortened.
#[test]
fn commands_of_the_pages_run() {
    let place = Place::new();
    std::os::unix::fs::symlink(root().join("examples"), place.path("examples")).unwrap();
    weights_of(&place, "examples/models/lstm.toml");
    let mut ran = 0;
    for name in pages_with_commands() {
        let text = page(&name);
        for line in blocks(&text, "text").iter().chain(&blocks(&text, "sh")).flat_map(|block| block.lines()) {
            let command = line.split('#').next().unwrap().trim();
            let arguments =
                command.strip_prefix("overtime ").or_else(|| command.strip_prefix("cargo run --release -- "));
            let Some(arguments) = arguments else { continue };
            let arguments =
                &arguments.replace(" --duration 100 --plot performance", " --duration 1 --plot performance");
            let short =
                if arguments.contains("cobahh") && !arguments.contains("--duration") { " --duration 1" } else { "" };
            if arguments.starts_with("kernels") {
                // Only one type and one architecture, because all of them take minutes.
                let output = place.run(&format!("{arguments} --dtype f16 --arch sm_80"));
                assert!(output.status.success() || output.status.code() == Some(3), "{arguments}: {output:?}");
                assert!(
                    output.status.success() || std::env::var_os("REQUIRE_CUDA").is_none(),
                    "{arguments}: {output:?}"
                );
            } else {
                place.ok(&format!("{arguments}{short}"));
            }
            ran += 1;
        }
    }
    assert_eq!(ran, 40, "a command was added or removed");
    for chapter in pages_with_commands().iter().filter(|name| name.starts_with("docs/book")) {
        for picture in
            page(chapter).split("](").skip(1).filter_map(|rest| rest.split_once(')').map(|(link, _)| link.to_owned()))
        {
            assert!(
                !picture.ends_with(".png") || place.path(&picture).exists(),
                "no command makes {picture} of {chapter}"
            );
        }
    }
    let [second, whole] = ["b.safetensors", "c.safetensors"].map(|name| std::fs::read(place.path(name)).unwrap());
    assert!(second == whole, "the book says that these files are the same");
}

/// Weights for a model, equal to its initial weights.
fn weights_of(place: &Place, model: &str) {
    place.ok(&format!("run {model} --save-state start.safetensors --quiet"));
    let mut npz = Writer::create(place.path("weights.npz")).unwrap();
    for (name, array) in states::read(place.path("start.safetensors")).unwrap().to_arrays().unwrap() {
        if !name.ends_with(".state") {
            npz.add(&name, array.view()).unwrap();
        }
    }
    npz.finish().unwrap();
}

/// Flags that the page names exist in the command, and files that pages name exist.
#[test]
fn flags_and_files_of_the_pages_exist() {
    let place = Place::new();
    let help: String = ["run", "resume", "kernels", "inspect", "plot", "new", "models", "equations"]
        .map(|command| place.ok(&format!("{command} --help")))
        .concat();
    let mut flags = 0;
    for rest in page("cli/README.md").split("--").skip(1) {
        let flag: String = rest.chars().take_while(|c| c.is_ascii_lowercase() || *c == '-').collect();
        if !flag.is_empty() {
            assert!(help.contains(&format!("--{}", flag.trim_end_matches('-'))), "--{flag}");
            flags += 1;
        }
    }
    assert!(flags > 20);
    let pages = ["docs/gallery.md", "docs/coming_from_brainpy.md", "kernels/README.md", "CONTRIBUTING.md"];
    for name in pages.into_iter().map(str::to_owned).chain(pages_with_commands()) {
        let text = page(&name);
        for start in ["examples/models/", "tests/golden/", "tests/cuda/"] {
            for rest in text.split(start).skip(1) {
                let file: String =
                    rest.chars().take_while(|c| c.is_ascii_alphanumeric() || "_.".contains(*c)).collect();
                let file = file.trim_end_matches('.');
                assert!(
                    file.starts_with("NAME") || root().join(start).join(Path::new(file)).exists(),
                    "{name}: {start}{file}"
                );
            }
        }
    }
}
