//! The model files that come with the crate run as they stand.

use crate::support::{Place, root};

#[test]
fn all_six_run() {
    let place = Place::new();
    let mut names = Vec::new();
    for entry in std::fs::read_dir(root().join("examples/models")).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|e| e == "toml") {
            place.ok(&format!("run {} --out out.npz --plot out.png --quiet", path.display()));
            let out = place.read("out.npz");
            assert!(out["output"].len() > 1 && out["output"].iter().all(|x| x.is_finite()), "{}", path.display());
            names.push(path.file_stem().unwrap().to_string_lossy().into_owned());
        }
    }
    names.sort();
    assert_eq!(names, ["conv2d", "hh", "hh_parameters", "lif", "lstm", "rnn"]);
}

#[test]
fn neurons_in_them_spike() {
    let place = Place::new();
    for name in ["hh", "hh_parameters", "lif"] {
        let path = root().join("examples/models").join(format!("{name}.toml"));
        let summary = place.ok(&format!("run {} --json --quiet", path.display()));
        let summary: serde_json::Value = serde_json::from_str(&summary).unwrap();
        assert!(summary["spikes"].as_u64() > Some(3), "{name}: {summary}");
    }
}
