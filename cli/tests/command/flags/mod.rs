//! Every flag, and the contents of the files that the command writes.

use crate::support::{Place, assert_close, root, texts};
use ndarray::{ArrayD, Axis, arr0, arr1};
use overtime::states;
use predicates::prelude::*;
use serde_json::Value;

fn ramp(shape: &[usize]) -> ArrayD<f64> {
    let len: usize = shape.iter().product();
    ArrayD::from_shape_vec(shape, (0..len).map(|k| (k % 11) as f64).collect()).unwrap()
}

#[test]
fn the_file_has_the_recordings_and_the_clock() {
    let place = Place::new();
    place.ok("run hh --size 3 --input 8 --duration 20 --t0 5 --dtype f64 --out-vars V,m[2,0],spike:events --out a.npz --quiet");
    let a = place.read("a.npz");
    let names: Vec<&str> = a.keys().map(String::as_str).collect();
    assert_eq!(names, ["V", "i", "m", "output", "spike_row", "spike_step", "spike_unit", "t", "ts"]);
    assert_eq!((a["V"].shape(), a["output"].shape(), a["m"].shape()), (&[200, 3][..], &[200, 3][..], &[200, 2][..]));
    let ts: Vec<f64> = (0..200).map(|k| 5.0 + f64::from(k) * 0.1).collect();
    assert_close(&a["ts"], &arr1(&ts).into_dyn(), 0.0, "ts");
    assert_close(&a["t"], &arr0(5.0 + 200.0 * 0.1).into_dyn(), 1e-12, "t");
    assert_close(&a["i"], &arr0(200.0).into_dyn(), 0.0, "i");
    // The events and the dense output have the same spikes.
    let dense: Vec<(usize, usize)> =
        a["output"].indexed_iter().filter(|(_, x)| **x != 0.0).map(|(at, _)| (at[0], at[1])).collect();
    let events: Vec<(usize, usize)> =
        a["spike_step"].iter().zip(&a["spike_unit"]).map(|(s, u)| (*s as usize, *u as usize)).collect();
    assert!(!dense.is_empty());
    assert_eq!(dense, events);
    // The safetensors file has the same contents.
    place.ok("run hh --size 3 --input 8 --duration 20 --t0 5 --dtype f64 --out-vars V,m[2,0],spike:events --out a.safetensors --quiet");
    let file = states::read(place.path("a.safetensors")).unwrap();
    for (name, array) in &a {
        assert_close(&file.get(name).unwrap().to_array::<f64>().unwrap(), array, 0.0, name);
    }
}

#[test]
fn steps_seed_dt_method_and_record_every() {
    let place = Place::new();
    place.ok(
        "run hh --size 2 --steps 30 --dt 0.05 --method rk4 --seed 4 --record-every 7 --out-vars V --out a.npz --quiet",
    );
    place.ok("run hh --size 2 --steps 30 --dt 0.05 --method rk4 --seed 4 --out-vars V --out b.npz --quiet");
    place.ok("run hh --size 2 --steps 30 --dt 0.05 --method rk4 --seed 5 --out-vars V --out c.npz --quiet");
    let [a, b, c] = ["a.npz", "b.npz", "c.npz"].map(|f| place.read(f));
    assert_eq!(a["V"].shape(), [5, 2]);
    assert_close(&a["V"], &b["V"].select(Axis(0), &[0, 7, 14, 21, 28]), 0.0, "every 7th");
    assert_close(&a["ts"], &b["ts"].select(Axis(0), &[0, 7, 14, 21, 28]), 0.0, "ts");
    assert_ne!(b["V"], c["V"]);
    // A run of no steps has arrays of length 0, and is not an error.
    place.ok("run hh --size 2 --steps 0 --out-vars V --out d.npz --plot d.png --quiet");
    assert_eq!(place.read("d.npz")["V"].shape(), [0, 2]);
}

#[test]
fn input_from_every_kind_of_file_and_layout() {
    let place = Place::new();
    let x = ramp(&[12, 3]);
    place.npz("one.npz", &[("whatever", x.clone())]);
    place.npz("in.npz", &[("other", ramp(&[1])), ("in", x.clone())]);
    place.npz("two.npz", &[("a", x.clone()), ("b", x.clone())]);
    place.npz("line.npz", &[("in", ramp(&[12]))]);
    place.npz("wide.npz", &[("in", x.view().insert_axis(Axis(1)).to_owned())]);
    let mut file = states::File::default();
    file.tensors.push(("in".into(), states::Tensor::from_array(x.view())));
    states::write(place.path("in.safetensors"), &file).unwrap();
    let mut npy = b"\x93NUMPY\x01\x00".to_vec();
    let header = format!("{:<117}\n", "{'descr': '<f8', 'fortran_order': False, 'shape': (12, 3), }");
    npy.extend((header.len() as u16).to_le_bytes());
    npy.extend(header.bytes());
    npy.extend(x.iter().flat_map(|v| v.to_le_bytes()));
    place.write("in.npy", npy);
    place.ok("run hh --size 3 --input one.npz --out-vars input --dtype f64 --out ref.npz --quiet");
    let reference = place.read("ref.npz");
    assert_close(&reference["input"], &x, 0.0, "input");
    for file in ["in.npz", "in.safetensors", "in.npy"] {
        place.ok(&format!("run hh --size 3 --input {file} --out-vars input --dtype f64 --out a.npz --quiet"));
        assert_eq!(place.read("a.npz"), reference, "{file}");
    }
    assert!(place.fails(2, "run hh --size 3 --input two.npz").contains("a, b"));
    // One value for each step, which all units share; and a batch of one row, which the input's
    // shape shows.
    place.ok("run hh --size 3 --input line.npz --batch 2 --out-vars input --dtype f64 --out a.npz --quiet");
    assert_eq!(place.read("a.npz")["input"].shape(), [12, 2, 3]);
    place.ok("run hh --size 3 --input wide.npz --out-vars input --out a.npz --quiet");
    assert_eq!(place.read("a.npz")["input"].shape(), [12, 1, 3]);
    // The input is batch-major.
    place.npz("b.npz", &[("in", ramp(&[2, 12, 3]))]);
    place.ok("run hh --size 3 --input b.npz --first-axis B --out-vars input --dtype f64 --out a.npz --quiet");
    assert_close(&place.read("a.npz")["input"], &ramp(&[2, 12, 3]), 0.0, "batch-major");
    // A length may be given as well, if it equals the input's.
    place.ok("run hh --size 3 --input one.npz --steps 12 --quiet");
    assert!(place.fails(2, "run hh --size 3 --input one.npz --steps 13").contains("length 12, expected 13"));
    // A negative number is a value, and not a flag.
    place.ok("run hh --steps 3 --input -2.5 --out-vars input --out a.npz --quiet");
    assert_close(&place.read("a.npz")["input"], &ArrayD::from_elem(vec![3, 1], -2.5), 0.0, "negative");
}

#[test]
fn states_are_saved_and_loaded() {
    let place = Place::new();
    place.ok("run hh --size 4 --input 9 --steps 100 --out-vars V --save-state s.safetensors --out a.npz --quiet");
    place.ok("run hh --size 4 --input 9 --steps 50 --state s.safetensors --seed 9 --out-vars V --out b.npz --quiet");
    place.ok("run hh --size 4 --input 9 --steps 150 --out-vars V --out whole.npz --quiet");
    let [a, b, whole] = ["a.npz", "b.npz", "whole.npz"].map(|f| place.read(f));
    let joined = ndarray::concatenate(Axis(0), &[a["V"].view(), b["V"].view()]).unwrap();
    assert_close(&joined, &whole["V"], 0.0, "V");
    assert_eq!((&b["i"], &b["t"]), (&whole["i"], &whole["t"]));
    // The error for another model's state lists the names that differ.
    let error = place.fails(2, "run lif --size 4 --steps 1 --state s.safetensors");
    assert!(error.contains("missing []") && error.contains("unexpected [m, h, n, "), "{error}");
    assert!(place.fails(2, "run hh --size 5 --steps 1 --state s.safetensors").contains("expected 5"));
}

#[test]
fn every_element_type_of_layers() {
    let place = Place::new();
    place.write("m.toml", "[[layer]]\nname='l1'\nkind='LSTMCellBrainpy'\nnum_in=3\nnum_out=5\n");
    for (dtype, inside) in [("f64", "f64"), ("f32", "f32"), ("f16", "f16"), ("bf16", "f32")] {
        place.ok(&format!("run m.toml --steps 9 --input 0.5 --batch 2 --dtype {dtype} --out-vars l1.h --out {dtype}.npz --save-state s.safetensors --quiet"));
        let header = overtime_npz::headers(place.path(&format!("{dtype}.npz"))).unwrap();
        assert_eq!(
            header.iter().find(|e| e.name == "l1.h").map(|e| (e.dtype.as_str(), e.shape.clone())),
            Some((inside, vec![9, 2, 5]))
        );
        let state = states::read(place.path("s.safetensors")).unwrap();
        assert_eq!(state.get("l1.Wi").unwrap().dtype.name(), dtype);
        // A state file contains names that are not weights. The command refuses it as weights, so
        // that nothing is loaded by mistake.
        place.fails(2, &format!("run m.toml --steps 1 --input 0.5 --batch 2 --dtype {dtype} --weights s.safetensors"));
        place.ok(&format!("run m.toml --steps 1 --input 0.5 --batch 2 --dtype {dtype} --state s.safetensors --quiet"));
    }
    let [f64s, bf16s] = ["f64.npz", "bf16.npz"].map(|f| place.read(f)["l1.h"].clone());
    assert_close(&bf16s, &f64s, 0.02, "bf16");
    assert_ne!(bf16s, f64s);
}

#[test]
fn messages_go_to_stderr_and_results_to_stdout() {
    let place = Place::new();
    let output = place.run("-v run hh --input 5 --duration 100 --device cpu --strategy auto");
    let (out, err) = texts(&output);
    let lines = predicate::str::is_match(r"(?m)^100%  1000/1000 steps  .*/s  ETA").unwrap();
    assert!(lines.eval(&err), "{err}");
    assert!(err.contains("on cpu") && err.contains("not on a GPU: the CPU was requested"), "{err}");
    assert!(out.contains("ms") && out.contains("real-time factor") && out.contains("spikes"), "{out}");
    let output = place.run("-v run hh --input 5 --duration 100");
    assert!(texts(&output).1.contains("not on a GPU: ") || texts(&output).1.contains("on cuda"));
    let output = place.run("run hh --input 5 --duration 100 --quiet");
    assert_eq!(texts(&output), (String::new(), String::new()));
    let output = place.run("run hh --input 10 --duration 100 --quiet --json --out a.npz --out-vars spike");
    let (out, err) = texts(&output);
    assert_eq!(err, "");
    let json: Value = serde_json::from_str(&out).unwrap();
    let spikes = place.read("a.npz")["spike"].sum();
    assert_eq!(
        (json["steps"].as_u64(), json["i"].as_u64(), json["spikes"].as_f64()),
        (Some(1000), Some(1000), Some(spikes))
    );
    assert!(spikes > 3.0 && json["ms_per_step"].as_f64() > Some(0.0) && json["real_time_factor"].as_f64() > Some(0.0));
    assert_eq!(
        (json["device"].as_str(), json["dtype"].as_str(), json["kind"].as_str()),
        (Some("cpu"), Some("f32"), Some("HH"))
    );
    // All spikes are counted, even if few steps are recorded.
    let out = place.ok("run hh --input 10 --duration 100 --quiet --json --record-every 100 --out b.npz");
    assert_eq!(serde_json::from_str::<Value>(&out).unwrap()["spikes"].as_f64(), Some(spikes));
    assert!(texts(&place.run("-v run hh --steps 5 --quiet --out c.npz")).1.contains("written"));
}

/// A short run prints one line, and a long one its progress.
#[test]
fn short_runs_print_one_line() {
    let place = Place::new();
    let (out, err) = texts(&place.run("run hh --input 5 --duration 10 --out a.npz --device cpu"));
    assert_eq!(err, "");
    assert!(out.starts_with("hh: 1 HH neuron, f32, on cpu: 100 steps of 0.1 ms in "), "{out}");
    assert!(out.ends_with("spikes; wrote a.npz\n") && out.lines().count() == 1, "{out}");
    // The speed of the machine decides which run is long.
    let long = (0..8).map(|k| 1000_u64 << (2 * k)).find_map(|size| {
        let (out, err) = texts(&place.run(&format!("run hh --size {size} --duration 20 --device cpu")));
        err.contains("100%").then_some((out, err))
    });
    let (out, err) = long.expect("a run of more than a second");
    assert!(err.contains("HH neurons, f32, on cpu") && !err.contains("not on a GPU"), "{err}");
    assert!(out.contains("real-time factor"), "{out}");
}

#[test]
fn models_devices_and_help() {
    let place = Place::new();
    let models = place.ok("models");
    for word in
        ["HH", "LIF", "TraubMiles", "ICaT_HM1992", "LSTMCell", "Conv2d", "leaky_relu", "rk4", "stp", "fixed_prob"]
    {
        assert!(models.contains(word), "{word}");
    }
    assert!(models.lines().all(|line| line.chars().count() <= 130), "{models}");
    let page = place.ok("models lif") + &place.ok("models traub_miles") + &place.ok("models hodgkin_huxley");
    for word in ["V_T", "gL", "mS/cm²", "-54.387", "tau_ref", "example"] {
        assert!(page.contains(word), "{word}");
    }
    let devices = place.ok("devices");
    assert!(devices.contains("cpu") && devices.contains("CUDA driver") && devices.contains("looked in"), "{devices}");
    assert!(place.ok("resume --help").contains("bit for bit"));
    assert!(place.ok("--version").starts_with("overtime "));
    let help = place.ok("run --help");
    let flags = "size batch duration steps input first-axis dt t0 method dtype device strategy seed weights state out-vars record-every out \
                 save-state checkpoint checkpoint-every plot scale quiet json";
    for flag in flags.split_whitespace() {
        assert!(help.contains(&format!("--{flag}")), "{flag}");
    }
}

#[test]
fn inspect_lists_the_contents_of_a_file() {
    let place = Place::new();
    place.ok("run hh --size 3 --steps 5 --out-vars V --out a.npz --save-state s.safetensors --quiet");
    let text = place.ok("inspect a.npz");
    assert!(text.contains("npz, 5 arrays") && text.contains("[5, 3]"), "{text}");
    let text = place.ok("inspect s.safetensors");
    assert!(text.contains("state") && text.contains("checksums right") && text.contains("seed"), "{text}");
    let mut bytes = std::fs::read(place.path("s.safetensors")).unwrap();
    *bytes.last_mut().unwrap() ^= 1;
    place.write("bad.safetensors", bytes);
    assert!(place.fails(5, "inspect bad.safetensors").contains("checksum"));
    place.fails(5, "inspect gone.npz");
    place.write("text.txt", "hello, this is no file of arrays");
    place.fails(5, "inspect text.txt");
    place.fails(5, "inspect .");
}

/// A state of a few arrays: the variables that a start needs, by their documented names.
#[test]
fn states_of_a_few_arrays() {
    let place = Place::new();
    let column = |x: f64| ArrayD::from_elem(vec![2], x);
    place.npz("few.npz", &[("V", column(-60.0)), ("m", column(0.1)), ("h", column(0.5)), ("n", column(0.4))]);
    place.ok("run hh --size 2 --steps 1 --dt 1e-6 --dtype f64 --state few.npz --out-vars V,m --out a.npz --quiet");
    let a = place.read("a.npz");
    assert_close(&a["V"], &ArrayD::from_elem(vec![1, 2], -60.0), 1e-3, "V");
    assert_close(&a["m"], &ArrayD::from_elem(vec![1, 2], 0.1), 1e-4, "m");
    place.npz("less.npz", &[("V", column(-60.0)), ("m", column(0.1)), ("x", column(0.5))]);
    let said = place.fails(2, "run hh --size 2 --steps 1 --state less.npz");
    assert!(said.contains("less.npz") && said.contains("missing [h, n]") && said.contains("unexpected [x]"), "{said}");
    // LIF needs only the potential. An LSTM needs h and c, without its weights.
    place.npz("v.npz", &[("V", column(-60.0))]);
    place.ok("run lif --size 2 --steps 1 --state v.npz --quiet");
    place.npz("x.npz", &[("in", ArrayD::ones(vec![4, 2, 3]))]);
    place.npz("hc.npz", &[("l.l0.h", ArrayD::zeros(vec![2, 5])), ("l.l0.c", ArrayD::ones(vec![2, 5]))]);
    let whole = ndarray::concatenate![Axis(1), ArrayD::<f64>::zeros(vec![2, 5]), ArrayD::<f64>::ones(vec![2, 5])];
    place.npz("state.npz", &[("l.l0.state", whole)]);
    place.write("m.toml", "input = { file = 'x.npz' }\n[[layer]]\nname = 'l'\nkind = 'LSTM'\nnum_in = 3\nhidden = 5\n");
    for file in ["hc", "state"] {
        place.ok(&format!("run m.toml --state {file}.npz --out {file}_out.npz --quiet"));
    }
    assert_eq!(place.read("hc_out.npz"), place.read("state_out.npz"));
    place.ok("run m.toml --out zero.npz --quiet");
    assert_ne!(place.read("hc_out.npz")["output"], place.read("zero.npz")["output"]);
    place.npz("h.npz", &[("l.l0.h", ArrayD::zeros(vec![2, 5]))]);
    assert!(place.fails(2, "run m.toml --state h.npz").contains("missing [l.l0.c]"));
}

/// Variables that belong to a step, such as spikes in transit, are refused without a clock.
#[test]
fn a_state_without_a_clock_has_no_spikes_in_transit() {
    let place = Place::new();
    place.npz("spikes.npz", &[("i", ArrayD::zeros(vec![2])), ("t", arr1(&[0.5, 1.5]).into_dyn())]);
    place.write(
        "m.toml",
        "out_vars = ['P.g']\n[[group]]\nname = 'A'\nkind = 'SpikeTimeGroup'\nsize = 1\n[group.parameters]\n\
         indices = { file = 'spikes.npz', array = 'i' }\ntimes = { file = 'spikes.npz', array = 't' }\n\
         [[group]]\nname = 'P'\nkind = 'LIF'\nsize = 1\n[[group.receptor]]\nname = 'g'\ntau = 5.0\n\
         [[projection]]\nname = 'E'\nfrom = 'A'\nto = 'P.g'\nconnect = { kind = 'one_to_one' }\ndelay = 2.0\n",
    );
    place.ok("run m.toml --steps 10 --save-state s.safetensors --quiet");
    let file = overtime::states::read(place.path("s.safetensors")).unwrap();
    let arrays: Vec<_> =
        file.tensors.iter().map(|(name, tensor)| (name.as_str(), tensor.to_array::<f64>().unwrap())).collect();
    let kept =
        |without: &[&str]| arrays.iter().filter(|(name, _)| !without.contains(name)).cloned().collect::<Vec<_>>();
    place.npz("all.npz", &kept(&[]));
    let said = place.fails(2, "run m.toml --steps 30 --state all.npz");
    assert!(said.contains("`A.past`") && said.contains("no clock"), "{said}");
    place.npz("some.npz", &kept(&["A.past"]));
    let said = place.fails(2, "run m.toml --steps 30 --state some.npz");
    assert!(said.contains("`A.flight`") && said.contains("no clock"), "{said}");
    place.npz("less.npz", &kept(&["A.flight", "A.past"]));
    place.ok("run m.toml --steps 30 --state less.npz --out less_out.npz --quiet");
    place.ok("run m.toml --steps 30 --out new.npz --quiet");
    assert_eq!(place.read("less_out.npz")["P.g"], place.read("new.npz")["P.g"]);
}

/// A state has its own clock. Another start time would be ignored, so it is refused.
#[test]
fn a_start_time_with_a_state_is_refused() {
    let place = Place::new();
    place.ok("run lif --steps 50 --save-state s.safetensors --quiet");
    let said = place.fails(2, "run lif --steps 5 --state s.safetensors --t0 50");
    assert!(said.contains("--t0") && said.contains("t = 5.0 ms") && said.lines().count() == 1, "{said}");
    place.write("both.toml", "kind = 'LIF'\nt0 = 50.0\nstate = 's.safetensors'\n");
    assert!(place.fails(2, "run both.toml --steps 5").contains("`t0`"));
    // The start time of a model file does not apply to a state that the command names. An npz file
    // has no clock.
    place.write("t0.toml", "kind = 'LIF'\nt0 = 50.0\n");
    place.npz("v.npz", &[("V", ArrayD::zeros(vec![1]))]);
    for (arguments, t) in [("t0.toml --state s.safetensors", 5.5), ("lif --state v.npz --t0 50", 50.5)] {
        place.ok(&format!("run {arguments} --steps 5 --out a.npz --quiet"));
        assert!((place.read("a.npz")["t"].sum() - t).abs() <= 1e-9, "{arguments}");
    }
}

/// All weights of a layer are listed by name.
#[test]
fn models_name_all_weights() {
    let place = Place::new();
    let of_cell = "num_in = 3\nnum_out = 2\n";
    let of_layers = "num_in = 3\nhidden = 2\n";
    let of_conv = "in_channels = 1\nout_channels = 2\nkernel_size = 2\ninput_size = [3, 1]\n";
    for (kind, keys) in [
        ("RNNCell", of_cell),
        ("RNNCellBrainpy", of_cell),
        ("GRUCellBrainpy", of_cell),
        ("LSTMCellBrainpy", of_cell),
        ("GRUCell", of_cell),
        ("LSTMCell", of_cell),
        ("Dense", of_cell),
        ("RNN", of_layers),
        ("GRU", of_layers),
        ("LSTM", of_layers),
        ("GRUBrainpy", of_layers),
        ("LSTMBrainpy", of_layers),
        ("Conv2d", of_conv),
    ] {
        place.write("m.toml", format!("[[layer]]\nname = 'x'\nkind = '{kind}'\n{keys}"));
        place.ok("run m.toml --steps 0 --batch 1 --input 1 --save-state s.safetensors --quiet");
        let page = place.ok(&format!("models {kind}"));
        let weights = page.split("weights (name, shape)\n").nth(1).unwrap().split("\n\n").next().unwrap();
        for (name, tensor) in states::read(place.path("s.safetensors")).unwrap().tensors {
            let name = name.strip_prefix("x.").unwrap();
            let named = weights.lines().any(|line| line.split_whitespace().next() == Some(name));
            assert_eq!(named, !name.ends_with("state"), "{kind}: {name} {:?}: {page}", tensor.shape);
        }
    }
}

/// Without `--seed`, the random numbers of a state continue. With it they are drawn anew, from the
/// same state and with the same synapses.
#[test]
fn a_seed_with_a_state_draws_new_random_numbers() {
    let place = Place::new();
    let m = "kind = 'HH'\nsize = 4\nnoise = 2.0\ninput = 3.0\nout_vars = ['V']\n";
    place.write("m.toml", m);
    let of = |arguments: &str| {
        place.ok(&format!("run {arguments} --out a.npz --quiet"));
        place.read("a.npz")
    };
    let whole = of("m.toml --steps 300 --seed 9");
    of("m.toml --steps 100 --seed 9 --save-state s.safetensors");
    let go_on = of("m.toml --steps 200 --state s.safetensors");
    assert_eq!(go_on["V"], whole["V"].slice_axis(Axis(0), (100..).into()).to_owned().into_dyn());
    assert_eq!(go_on, of("m.toml --steps 200 --state s.safetensors --seed 9"));
    let ten = of("m.toml --steps 200 --state s.safetensors --seed 10 --save-state t.safetensors");
    assert_eq!(ten, of("m.toml --steps 200 --state s.safetensors --seed 10"));
    let [a, b] = [&go_on["V"], &ten["V"]].map(|v| v.index_axis(Axis(0), 199).to_owned());
    assert!(a.iter().zip(&b).all(|(a, b)| (a - b).abs() > 1e-3), "{a} {b}");
    // From there on, the new seed belongs to the state.
    let later = of("m.toml --steps 300 --state s.safetensors --seed 10");
    let rest = of("m.toml --steps 100 --state t.safetensors");
    assert_eq!(rest["V"], later["V"].slice_axis(Axis(0), (200..).into()).to_owned().into_dyn());
    // The model file may name both. A seed in the file alone applies to a run from the beginning.
    place.write("both.toml", format!("seed = 10\nstate = 's.safetensors'\n{m}"));
    assert_eq!(of("both.toml --steps 200"), ten);
    place.write("seed.toml", format!("seed = 10\n{m}"));
    assert_eq!(of("seed.toml --steps 200 --state s.safetensors"), go_on);
}

/// The synapses are those of the network that the state belongs to.
#[test]
fn a_state_goes_on_with_its_synapses() {
    let place = Place::new();
    place.write(
        "n.toml",
        "dt = 0.1\nout_vars = ['P.V']\n[[group]]\nname = 'P'\nkind = 'LIF'\nsize = 50\ncurrent = 21.0\nnoise = 1.0\n\
         [group.parameters]\nV_rest = 0.0\nV_reset = 0.0\nV_th = 20.0\ntau = 10.0\n\
         [group.initial]\nV = { uniform = [0.0, 20.0] }\n\
         [[group.receptor]]\nname = 'e'\nvariable = 'V'\n\
         [[projection]]\nname = 'C'\nfrom = 'P'\nto = 'P.e'\nconnect = { kind = 'fixed_prob', p = 0.2 }\nweight = 0.5\ndelay = 1.0\n",
    );
    let of = |arguments: &str| {
        place.ok(&format!("run n.toml {arguments} --dtype f64 --out a.npz --quiet"));
        place.read("a.npz")["P.V"].clone()
    };
    let whole = of("--steps 400 --seed 9");
    of("--steps 200 --seed 9 --save-state s.safetensors");
    assert_eq!(
        of("--steps 200 --state s.safetensors"),
        whole.slice_axis(Axis(0), (200..).into()).to_owned().into_dyn()
    );
    let trial = of("--steps 100 --state s.safetensors --seed 10 --save-state t.safetensors");
    assert_ne!(trial, whole.slice_axis(Axis(0), (200..300).into()).to_owned().into_dyn());
    let longer = of("--steps 200 --state s.safetensors --seed 10");
    assert_eq!(
        of("--steps 100 --state t.safetensors"),
        longer.slice_axis(Axis(0), (100..).into()).to_owned().into_dyn()
    );
}

/// Weights by torch's names, from torch's own files, through the command.
#[test]
fn weights_of_torch_by_their_names() {
    let place = Place::new();
    let torch = root().join("tests/golden/torch");
    for (name, layers) in [
        (
            "lstm",
            "[[layer]]\nname = 'rnn'\nkind = 'LSTM'\nnum_in = 3\nhidden = 4\nnum_layers = 2\nbidirectional = true\n",
        ),
        (
            "gru",
            "[[layer]]\nname = 'any'\nkind = 'GRU'\nnum_in = 3\nhidden = 4\nnum_layers = 2\nbidirectional = true\n",
        ),
        ("rnn", "[[layer]]\nname = 'rnn'\nkind = 'RNN'\nnum_in = 3\nhidden = 4\n"),
        (
            "linear",
            "[[layer]]\nname = 'a'\nkind = 'Dense'\nnum_in = 3\nnum_out = 5\n[[layer]]\nname = 'b'\nkind = 'gelu_erf'\n\
             [[layer]]\nname = 'c'\nkind = 'Dense'\nnum_in = 5\nnum_out = 4\n[[layer]]\nname = 'd'\nkind = 'gelu_tanh'\n\
             [[layer]]\nname = 'e'\nkind = 'Dense'\nnum_in = 4\nnum_out = 2\n",
        ),
        (
            "conv2d",
            "[[layer]]\nname = 'c'\nkind = 'Conv2d'\nin_channels = 4\nout_channels = 6\nkernel_size = [3, 2]\ninput_size = [6, 7]\n\
             stride = [2, 1]\ndilation = [1, 2]\ngroups = 2\npadding = [[1, 1], [0, 0]]\n",
        ),
        (
            "gru_cell",
            "[[layer]]\nname = 'cell'\nkind = 'GRUCell'\nnum_in = 3\nnum_out = 4\n\
             [[layer]]\nname = 'head'\nkind = 'Dense'\nnum_in = 4\nnum_out = 2\n",
        ),
    ] {
        let [weights, arrays] = ["safetensors", "npz"].map(|end| torch.join(format!("{name}.{end}")));
        let head =
            format!("weights = '{}'\ninput = {{ file = '{}', array = 'in' }}\n", weights.display(), arrays.display());
        place.write("m.toml", format!("{head}{layers}"));
        place.ok("run m.toml --dtype f64 --out a.npz --quiet");
        let out = overtime_npz::read(&arrays).unwrap().into_iter().find(|(n, _)| n == "out").unwrap().1.to_f64();
        assert_close(&place.read("a.npz")["output"], &out, 1e-12, name);
        // The error for one layer too many lists torch's names.
        let more = layers.replacen(
            "[[layer]]",
            "[[layer]]\nname = 'z'\nkind = 'Dense'\nnum_in = 3\nnum_out = 3\n[[layer]]",
            1,
        );
        place.write("more.toml", format!("{head}{more}"));
        if name != "conv2d" {
            let said = place.fails(2, "run more.toml");
            assert!(said.contains("missing [z.weight, z.bias") && said.contains(".safetensors"), "{said}");
        }
    }
}
