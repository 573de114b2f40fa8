//! Every flag, and what the files that come out hold.

use crate::support::{Place, assert_close, texts};
use ndarray::{ArrayD, Axis, arr0, arr1};
use overtime::states;
use predicates::prelude::*;
use serde_json::Value;

fn ramp(shape: &[usize]) -> ArrayD<f64> {
    let len: usize = shape.iter().product();
    ArrayD::from_shape_vec(shape, (0..len).map(|k| (k % 11) as f64).collect()).unwrap()
}

#[test]
fn the_file_holds_what_it_should() {
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
    // Events and the dense output are the same spikes.
    let dense: Vec<(usize, usize)> = a["output"].indexed_iter().filter(|(_, x)| **x != 0.0).map(|(at, _)| (at[0], at[1])).collect();
    let events: Vec<(usize, usize)> = a["spike_step"].iter().zip(&a["spike_unit"]).map(|(s, u)| (*s as usize, *u as usize)).collect();
    assert!(!dense.is_empty());
    assert_eq!(dense, events);
    // The same in safetensors.
    place.ok("run hh --size 3 --input 8 --duration 20 --t0 5 --dtype f64 --out-vars V,m[2,0],spike:events --out a.safetensors --quiet");
    let file = states::read(place.path("a.safetensors")).unwrap();
    for (name, array) in &a {
        assert_close(&file.get(name).unwrap().to_array::<f64>().unwrap(), array, 0.0, name);
    }
}

#[test]
fn steps_seed_dt_method_and_record_every() {
    let place = Place::new();
    place.ok("run hh --size 2 --steps 30 --dt 0.05 --method rk4 --seed 4 --record-every 7 --out-vars V --out a.npz --quiet");
    place.ok("run hh --size 2 --steps 30 --dt 0.05 --method rk4 --seed 4 --out-vars V --out b.npz --quiet");
    place.ok("run hh --size 2 --steps 30 --dt 0.05 --method rk4 --seed 5 --out-vars V --out c.npz --quiet");
    let [a, b, c] = ["a.npz", "b.npz", "c.npz"].map(|f| place.read(f));
    assert_eq!(a["V"].shape(), [5, 2]);
    assert_close(&a["V"], &b["V"].select(Axis(0), &[0, 7, 14, 21, 28]), 0.0, "every 7th");
    assert_close(&a["ts"], &b["ts"].select(Axis(0), &[0, 7, 14, 21, 28]), 0.0, "ts");
    assert_ne!(b["V"], c["V"]);
    // No steps: arrays of length 0, not an error.
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
    // One value a step for all; and a batch of one row found in the input.
    place.ok("run hh --size 3 --input line.npz --batch 2 --out-vars input --dtype f64 --out a.npz --quiet");
    assert_eq!(place.read("a.npz")["input"].shape(), [12, 2, 3]);
    place.ok("run hh --size 3 --input wide.npz --out-vars input --out a.npz --quiet");
    assert_eq!(place.read("a.npz")["input"].shape(), [12, 1, 3]);
    // Batch-major.
    place.npz("b.npz", &[("in", ramp(&[2, 12, 3]))]);
    place.ok("run hh --size 3 --input b.npz --first-axis B --out-vars input --dtype f64 --out a.npz --quiet");
    assert_close(&place.read("a.npz")["input"], &ramp(&[2, 12, 3]), 0.0, "batch-major");
    // A length may be given too, if it is the input's.
    place.ok("run hh --size 3 --input one.npz --steps 12 --quiet");
    assert!(place.fails(2, "run hh --size 3 --input one.npz --steps 13").contains("length 12, expected 13"));
    // A negative number is a number, not a flag.
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
    // Another model's state: the names that differ are said.
    let error = place.fails(2, "run lif --size 4 --steps 1 --state s.safetensors");
    assert!(error.contains("refractory") && error.contains('m'), "{error}");
    assert!(place.fails(2, "run hh --size 5 --steps 1 --state s.safetensors").contains("expected 5"));
}

#[test]
fn every_element_type_of_layers() {
    let place = Place::new();
    place.write("m.toml", "[[layer]]\nname='l1'\nkind='LSTMCell'\nnum_in=3\nnum_out=5\n");
    for (dtype, inside) in [("f64", "f64"), ("f32", "f32"), ("f16", "f16"), ("bf16", "f32")] {
        place.ok(&format!("run m.toml --steps 9 --input 0.5 --batch 2 --dtype {dtype} --out-vars l1.h --out {dtype}.npz --save-state s.safetensors --quiet"));
        let header = overtime_npz::headers(place.path(&format!("{dtype}.npz"))).unwrap();
        assert_eq!(header.iter().find(|e| e.name == "l1.h").map(|e| (e.dtype.as_str(), e.shape.clone())), Some((inside, vec![9, 2, 5])));
        let state = states::read(place.path("s.safetensors")).unwrap();
        assert_eq!(state.get("l1.Wi").unwrap().dtype.name(), dtype);
        // Weights out of a state file: names that are no weights are refused, so that nothing is loaded by mistake.
        place.fails(2, &format!("run m.toml --steps 1 --input 0.5 --batch 2 --dtype {dtype} --weights s.safetensors"));
        place.ok(&format!("run m.toml --steps 1 --input 0.5 --batch 2 --dtype {dtype} --state s.safetensors --quiet"));
    }
    let [f64s, bf16s] = ["f64.npz", "bf16.npz"].map(|f| place.read(f)["l1.h"].clone());
    assert_close(&bf16s, &f64s, 0.02, "bf16");
    assert_ne!(bf16s, f64s);
}

#[test]
fn what_is_said_and_where() {
    let place = Place::new();
    let output = place.run("run hh --input 5 --duration 100 --device cpu --strategy auto");
    let (out, err) = texts(&output);
    let lines = predicate::str::is_match(r"(?m)^100%  1000/1000 steps  .*/s  ETA").unwrap();
    assert!(lines.eval(&err), "{err}");
    assert!(err.contains("on cpu") && err.contains("not on a GPU: the CPU was asked for"), "{err}");
    assert!(out.contains("ms") && out.contains("real-time factor") && out.contains("spikes"), "{out}");
    let output = place.run("run hh --input 5 --duration 100");
    assert!(texts(&output).1.contains("not on a GPU: ") || texts(&output).1.contains("on cuda"));
    let output = place.run("run hh --input 5 --duration 100 --quiet");
    assert_eq!(texts(&output), (String::new(), String::new()));
    let output = place.run("run hh --input 10 --duration 100 --quiet --json --out a.npz --out-vars spike");
    let (out, err) = texts(&output);
    assert_eq!(err, "");
    let json: Value = serde_json::from_str(&out).unwrap();
    let spikes = place.read("a.npz")["spike"].sum();
    assert_eq!((json["steps"].as_u64(), json["i"].as_u64(), json["spikes"].as_f64()), (Some(1000), Some(1000), Some(spikes)));
    assert!(spikes > 3.0 && json["ms_per_step"].as_f64() > Some(0.0) && json["real_time_factor"].as_f64() > Some(0.0));
    assert_eq!((json["device"].as_str(), json["dtype"].as_str(), json["kind"].as_str()), (Some("cpu"), Some("f32"), Some("HH")));
    // Spikes are all counted, however few steps are recorded.
    let out = place.ok("run hh --input 10 --duration 100 --quiet --json --record-every 100 --out b.npz");
    assert_eq!(serde_json::from_str::<Value>(&out).unwrap()["spikes"].as_f64(), Some(spikes));
    assert!(texts(&place.run("-v run hh --steps 5 --quiet --out c.npz")).1.contains("written"));
}

#[test]
fn models_devices_and_help() {
    let place = Place::new();
    let models = place.ok("models");
    for word in
        ["HH", "LIF", "TraubMiles", "ICaT_HM1992", "V_T", "gL", "mS/cm²", "-54.387", "tau_ref", "LSTMCell", "Conv2d", "leaky_relu", "rk4"]
    {
        assert!(models.contains(word), "{word}");
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
fn inspect_says_what_is_inside() {
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
