//! The model files that come with the crate run without changes.

use crate::support::{Place, root, shortened};

#[test]
fn all_example_models_run() {
    let place = Place::new();
    let mut names = Vec::new();
    for entry in std::fs::read_dir(root().join("examples/models")).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|e| e == "toml") {
            // One second of a large network takes too long for a test.
            let text = std::fs::read_to_string(&path).unwrap();
            let short = shortened(&text, 10);
            place.ok(&format!("run {} {short} --out out.npz --plot out.png --quiet", path.display()));
            let out = place.read("out.npz");
            assert!(out["output"].len() > 1 && out["output"].iter().all(|x| x.is_finite()), "{}", path.display());
            names.push(path.file_stem().unwrap().to_string_lossy().into_owned());
        }
    }
    names.sort();
    assert_eq!(
        names,
        [
            "a_current",
            "brunel",
            "coba",
            "cobahh",
            "cobahh_equations",
            "conv2d",
            "cuba",
            "equations",
            "fi_curve",
            "gamma",
            "hh",
            "hh_parameters",
            "inhibitory_plasticity",
            "kuramoto",
            "lif",
            "lstm",
            "lstm_layers",
            "pd14",
            "pd14_poisson",
            "ping",
            "rnn",
            "short_term_plasticity",
            "stdp"
        ]
    );
}

#[test]
fn neurons_in_the_examples_spike() {
    let place = Place::new();
    for name in ["hh", "hh_parameters", "lif"] {
        let path = root().join("examples/models").join(format!("{name}.toml"));
        let summary = place.ok(&format!("run {} --json --quiet", path.display()));
        let summary: serde_json::Value = serde_json::from_str(&summary).unwrap();
        assert!(summary["spikes"].as_u64() > Some(3), "{name}: {summary}");
    }
}

/// Rows of unequal length, with lengths from the model file and from the command line.
#[test]
fn lengths_are_taken_from_files() {
    let place = Place::new();
    let model = root().join("examples/models/lstm_layers.toml");
    place.ok(&format!("run {} --out out.npz --quiet", model.display()));
    let out = &place.read("out.npz")["output"];
    let lengths = [24, 7, 15, 1, 20, 11];
    for (t, b) in (0..24).flat_map(|t| (0..6).map(move |b| (t, b))) {
        let zero = out.slice(ndarray::s![t, b, ..]).iter().all(|y| *y == 0.0);
        assert_eq!(zero, t >= lengths[b], "step {t} of row {b}");
    }
    let given = root().join("examples/models/sequences.npz");
    place.ok(&format!("run {} --lengths {}:lengths --out same.npz --quiet", model.display(), given.display()));
    assert_eq!(place.read("same.npz")["output"], *out);
    let said = place.fails(2, &format!("run {} --lengths {}:in --quiet", model.display(), given.display()));
    assert!(said.contains("one number for each row"), "{said}");
    let said = place.fails(2, "run hh --steps 3 --lengths x.npz");
    assert!(said.contains("--lengths needs a series"), "{said}");
}
