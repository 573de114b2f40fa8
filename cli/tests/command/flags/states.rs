//! States: saved, loaded, and given as a few arrays.

use crate::support::{Place, assert_close};
use ndarray::{ArrayD, Axis, arr1};

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
    assert!(error.contains("names do not fit this system: it has no m, h, n, "), "{error}");
    assert!(place.fails(2, "run hh --size 5 --steps 1 --state s.safetensors").contains("expected 5"));
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
    assert!(said.contains("less.npz") && said.contains("it needs h, n; it has no x"), "{said}");
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
    assert!(place.fails(2, "run m.toml --state h.npz").contains("it needs l.l0.c"));
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
