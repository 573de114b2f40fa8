//! The command, compared with runs of brainpy.

use crate::support::{Place, arrays, assert_close, root};
use ndarray::ArrayD;
use std::collections::BTreeMap;

fn golden(name: &str) -> (String, BTreeMap<String, ArrayD<f64>>) {
    let path = root().join("tests/golden").join(format!("{name}.npz"));
    (path.display().to_string(), arrays(&path))
}

/// The arrays whose names start with a prefix, without that prefix.
fn with<'a>(all: &'a BTreeMap<String, ArrayD<f64>>, prefix: &str) -> Vec<(&'a str, ArrayD<f64>)> {
    all.iter().filter_map(|(n, a)| Some((n.strip_prefix(prefix)?, a.clone()))).collect()
}

/// The initial state of neurons, with the variables that brainpy's files do not contain.
fn state(all: &BTreeMap<String, ArrayD<f64>>) -> Vec<(&str, ArrayD<f64>)> {
    let mut state = with(all, "s0.");
    let zeros = state.iter().find(|(n, _)| *n == "V").map(|(_, v)| v.mapv(|_| 0.0)).unwrap();
    for name in ["spike", "input"] {
        if !state.iter().any(|(n, _)| *n == name) {
            state.push((name, zeros.clone()));
        }
    }
    state
}

fn neurons(name: &str, arguments: &str, model: Option<&str>) {
    let (file, all) = golden(name);
    let place = Place::new();
    place.npz("state.npz", &state(&all));
    let system = match model {
        Some(text) => place.write("model.toml", text).display().to_string(),
        None => "hh".to_owned(),
    };
    let input = if all.contains_key("in") { format!("--input {file}") } else { String::new() };
    place.ok(&format!(
        "run {system} {input} {arguments} --dtype f64 --state state.npz --out-vars V,m,h,n --out out.npz --quiet"
    ));
    let got = place.read("out.npz");
    for var in ["V", "m", "h", "n"] {
        assert_close(&got[var], &all[&format!("mon.{var}")], 1e-6, var);
    }
    assert_close(&got["output"], &all["out"], 0.0, "output");
    let steps = all["out"].shape()[0] as f64;
    assert_close(&got["i"], &ndarray::arr0(steps).into_dyn(), 0.0, "i");
}

#[test]
fn hh_const_input() {
    neurons("hh_const_input", "--size 8", None);
}

#[test]
fn hh_duration() {
    neurons("hh_duration", "--size 8 --duration 100", None);
}

#[test]
fn hh_batched() {
    // The input's shape shows the batch.
    neurons("hh_batched", "--size 5", None);
    // The flag gives the batch.
    neurons("hh_batched", "--size 5 --batch 3", None);
}

#[test]
fn hh_params() {
    let model = "kind = 'HH'\nsize = 6\n[parameters]\ngL = 0.3\ngNa = 100\nENa = 55.0\nC = 1.2\nV_th = 0\n";
    neurons("hh_params", "", Some(model));
}

#[test]
fn hh_method_rk4() {
    neurons("hh_method_rk4", "--size 4 --method rk4 --dt 0.02", None);
}

fn layers(name: &str, model: &str, arguments: &str, monitors: &[(&str, &str)]) {
    let (file, all) = golden(name);
    let place = Place::new();
    place.npz("weights.npz", &with(&all, "w."));
    place.write("model.toml", model);
    let vars: Vec<&str> = monitors.iter().map(|m| m.0).collect();
    let vars = if vars.is_empty() { String::new() } else { format!("--out-vars {}", vars.join(",")) };
    for (dtype, tolerance) in [("f64", 1e-10), ("f32", 2e-5)] {
        place.ok(&format!("run model.toml --input {file} --weights weights.npz --dtype {dtype} {arguments} {vars} --out out.npz --quiet"));
        let got = place.read("out.npz");
        for (ours, theirs) in monitors {
            assert_close(&got[*ours], &all[&format!("mon.{theirs}")], tolerance, ours);
        }
        assert_close(&got["output"], &all["out"], tolerance, "output");
    }
}

fn layer(name: &str, kind: &str, sizes: Option<(u32, u32)>, more: &str) -> String {
    let sizes = sizes.map_or(String::new(), |(a, b)| format!("num_in = {a}\nnum_out = {b}\n"));
    format!("[[layer]]\nname = '{name}'\nkind = '{kind}'\n{sizes}{more}\n")
}

#[test]
fn rnn_seed() {
    let relu = "activation = 'relu'";
    let model = layer("l1", "RNNCellBrainpy", Some((100, 20)), relu)
        + &layer("l2", "relu", None, "")
        + &layer("l3", "RNNCellBrainpy", Some((20, 2)), relu);
    layers("rnn_seed", &model, "", &[("l1.state", "l1")]);
}

#[test]
fn lstm() {
    let model = layer("l1", "LSTMCellBrainpy", Some((19, 37)), "") + &layer("l2", "LSTMCellBrainpy", Some((37, 8)), "");
    layers("lstm", &model, "--batch 16", &[("l1.state", "l1"), ("l2.state", "l2")]);
}

#[test]
fn gru() {
    let model = layer("l1", "GRUCellBrainpy", Some((19, 37)), "") + &layer("l2", "GRUCellBrainpy", Some((37, 8)), "");
    layers("gru", &model, "", &[("l1.state", "l1"), ("l2.state", "l2")]);
}

#[test]
fn dense_no_state() {
    let model = layer("l1", "Dense", Some((31, 17)), "")
        + &layer("l2", "tanh", None, "")
        + &layer("l3", "Dense", Some((17, 4)), "");
    layers("dense_no_state", &model, "", &[]);
}

#[test]
fn rnn_batch_first() {
    let (file, all) = golden("rnn_batch_first");
    let place = Place::new();
    place.npz("weights.npz", &with(&all, "w."));
    let model = layer("l1", "RNNCellBrainpy", Some((7, 33)), "activation = 'tanh'")
        + &layer("l2", "RNNCellBrainpy", Some((33, 5)), "activation = 'sigmoid'");
    place.write("model.toml", model);
    place.ok(&format!(
        "run model.toml --first-axis B --input {file} --weights weights.npz --dtype f64 --out-vars l1.state --out out.npz --quiet"
    ));
    // brainpy returns time-major results for any input. The command keeps the input's layout.
    let swapped = |name: &str| all[name].clone().permuted_axes(vec![1, 0, 2]);
    let got = place.read("out.npz");
    assert_close(&got["output"], &swapped("out"), 1e-10, "output");
    assert_close(&got["l1.state"], &swapped("mon.l1"), 1e-10, "l1.state");
}
