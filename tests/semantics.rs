//! The meaning of the loop, compared with brainpy.LoopOverTime. Each test names the word of brainpy
//! that it covers.

use crate::common::unprepared;
use ndarray::{Array1, Array2, Array3, ArrayD, Axis, array, s};
use overtime::models::{Activation, Hh};
use overtime::{
    Device, Error, FirstAxis, Init, Input, InputSpec, Inputs, LoopOverTime, OutVars, Recorded, Schema, Sequential,
    Shared, State, Structure, System, Tick, monitor,
};

/// Two coupled variables, two named inputs, and a shared value: s₁' = s₁ + a + gain·s₂, s₂' = s₂ +
/// b + s₁. The output is (t, i, s₁).
#[derive(Clone)]
struct Pair;

impl System<f64> for Pair {
    fn schema(&self) -> Schema {
        let port =
            |name: &'static str| InputSpec { name: name.into(), shape: vec![1], optional: true, broadcasts: true };
        let mut schema = Schema::row([1], [3]).vars::<&str>([]);
        schema.inputs = vec![port("a"), port("b")];
        schema.reads_clock = true;
        schema.var(overtime::VarSpec::new("s1", [1])).var(overtime::VarSpec::new("s2", [1]))
    }

    fn init(&self, _: &Shared, state: &mut State<'_, f64>) {
        let [s1, s2] = state.vars();
        s1.fill(1.0);
        s2.fill(2.0);
    }

    fn step(&self, at: Tick<'_>, x: &Inputs<'_, f64>, state: &mut State<'_, f64>, y: &mut [f64]) {
        let gain = at.shared.get("gain").unwrap_or(0.0);
        let [s1, s2] = state.vars();
        for r in 0..s1.len() {
            let (old1, old2) = (s1[r], s2[r]);
            s1[r] = old1 + x.port(0)[r] + gain * old2;
            s2[r] = old2 + x.port(1)[r] + old1;
            y[3 * r..3 * r + 3].copy_from_slice(&[at.t, at.i as f64, s1[r]]);
        }
    }
}

fn hh(units: usize) -> Hh<f64> {
    Hh::new(units)
}

fn close(a: f64, b: f64) -> bool {
    (a - b).abs() <= 1e-12
}

fn message<V>(result: Result<V, Error>) -> String {
    match result {
        Ok(_) => panic!("the call must fail"),
        Err(error) => error.to_string(),
    }
}

/// brainpy `out_vars`: variables are recorded after the step, and right-hand sides read the old
/// state.
#[test]
fn variables_are_recorded_after_the_step_which_reads_the_old_state() {
    let mut over_time = LoopOverTime::builder(Pair).shared_arg("gain", 10.0).out_vars(["s1", "s2"]).build().unwrap();
    let run = over_time.run_steps(2).unwrap();
    // (1, 2) → (1 + 20, 2 + 1) → (21 + 30, 3 + 21)
    assert_eq!(run["s1"], array![[21.0], [51.0]].into_dyn());
    assert_eq!(run["s2"], array![[3.0], [24.0]].into_dyn());
    assert_eq!(run.output.index_axis(Axis(1), 2), array![21.0, 51.0].into_dyn());
}

/// brainpy `t0`, `i0`, `dt`: t = t0 + i·dt, and both t and i reach `update` (`share['t']`,
/// `share['i']`).
#[test]
fn time_is_computed_from_the_index_not_accumulated() {
    let mut over_time = LoopOverTime::builder(Pair).dt(0.1).t0(3.0).i0(30).build().unwrap();
    let run = over_time.run_steps(100_000).unwrap();
    for k in [0, 1, 2, 77_777, 99_999] {
        assert_eq!(run.output[[k, 0]], 3.0 + k as f64 * 0.1);
        assert_eq!(run.output[[k, 1]], 30.0 + k as f64);
        assert_eq!(run.ts[k], run.output[[k, 0]]);
    }
    assert_eq!((run.steps, run.i, over_time.i()), (100_000, 100_030, 100_030));
    assert_eq!((run.t, over_time.t()), (3.0 + 100_000.0 * 0.1, run.t));
}

/// brainpy: the state, `t0` and `i0` carry over from call to call; `reset_state` resets all three.
#[test]
fn state_and_clock_carry_over_until_reset_state() {
    let mut over_time = LoopOverTime::builder(Pair).dt(0.5).t0(3.0).i0(30).out_vars("s2").build().unwrap();
    let first = over_time.run_steps(3).unwrap();
    let second = over_time.run_steps(2).unwrap();
    assert_eq!(first["s2"], array![[3.0], [4.0], [5.0]].into_dyn());
    assert_eq!(second["s2"], array![[6.0], [7.0]].into_dyn());
    assert_eq!(second.output.slice(s![.., ..2]), array![[4.5, 33.0], [5.0, 34.0]]);
    over_time.reset_state(None).unwrap();
    assert_eq!((over_time.i(), over_time.t()), (30, 3.0));
    let again = over_time.run_steps(3).unwrap();
    assert_eq!((again["s2"].clone(), again.output), (first["s2"].clone(), first.output));
}

/// brainpy `reset_state(batch_size)`: the loop has another batch size from then on.
#[test]
fn reset_state_takes_a_batch_size() {
    let mut over_time = LoopOverTime::builder(hh(3)).out_vars("V").build().unwrap();
    assert_eq!(over_time.run_steps(2).unwrap().output.shape(), [2, 3]);
    over_time.reset_state(4).unwrap();
    let run = over_time.run_steps(2).unwrap();
    assert_eq!((run.output.shape(), run["V"].shape()), ([2, 4, 3].as_slice(), [2, 4, 3].as_slice()));
    assert_eq!((over_time.batch(), over_time.i()), (Some(4), 2));
    over_time.reset_state(None).unwrap();
    assert_eq!(over_time.run_steps(2).unwrap().output.shape(), [2, 3]);
}

/// brainpy `over_time(100.)`: a duration of any number type, which never gives one step too many.
#[test]
fn a_duration_is_rounded_to_steps() {
    let mut over_time = LoopOverTime::builder(hh(1)).dt(0.1).build().unwrap();
    for k in 1..400_u32 {
        assert_eq!(over_time.steps_of(f64::from(k) * 0.1).unwrap(), u64::from(k));
    }
    assert_eq!(over_time.run_for(100_i32.into()).unwrap().output.shape(), [1000, 1]);
    assert_eq!(over_time.run_for(0.25).unwrap().steps, 3);
    assert_eq!(over_time.run_for(0.0).unwrap().output.shape(), [0, 1]);
    let i = over_time.i();
    for wrong in [-1.0, f64::NAN, f64::INFINITY] {
        assert!(message(over_time.run_for(wrong)).contains("duration"));
    }
    assert_eq!(over_time.i(), i);
}

/// brainpy `over_time(x)` with a tree of arrays: several inputs by name.
#[test]
fn several_inputs_go_by_their_names() {
    let (a, b) = (array![[1.0], [2.0]], array![[10.0], [20.0]]);
    let mut over_time = LoopOverTime::builder(Pair).out_vars(["s1", "s2"]).build().unwrap();
    let run = over_time.run(Input::series().named("b", &b).named("a", &a)).unwrap();
    assert_eq!(run["s1"], array![[2.0], [4.0]].into_dyn());
    assert_eq!(run["s2"], array![[13.0], [35.0]].into_dyn());
    // One input is an array, and the other is a constant.
    let run = over_time.run(Input::series().named("a", &a).named_constant("b", 0.0)).unwrap();
    assert_eq!(run["s1"], array![[5.0], [7.0]].into_dyn());
    assert!(message(over_time.run(&a)).contains("a, b"));
    assert!(message(over_time.run(Input::series().named("c", &a))).contains("no input named `c`; there is: a, b"));
    let longer = array![[1.0], [2.0], [3.0]];
    assert!(
        message(over_time.run(Input::series().named("a", &a).named("b", &longer)))
            .contains("axis time has length 3, expected 2")
    );
}

/// brainpy `out_vars`: one variable, a list, or a nested dict. The result has the same structure.
#[test]
fn out_vars_come_back_in_the_structure_they_were_given_in() {
    let run = |vars: OutVars| LoopOverTime::builder(hh(2)).out_vars(vars).build().unwrap().run_steps(4).unwrap();
    let shape = |r: &Recorded<f64>| match r {
        Recorded::Dense(array) => array.shape().to_vec(),
        _ => panic!("not dense"),
    };
    let one = run("V".into());
    assert_eq!(one.out_vars().unwrap().leaf().map(|r| shape(r)), Some(vec![4, 2]));
    let list = run(["V", "m"].into());
    let Some(Structure::List(items)) = list.out_vars() else { panic!("not a list") };
    assert_eq!(items.len(), 2);
    assert!(matches!(items[1].leaf(), Some(Recorded::Dense(m)) if *m == list["m"]));
    let map =
        run(OutVars::map([("a", "V".into()), ("b", ["m", "h"].into()), ("c", OutVars::map([("d", "n".into())]))]));
    let tree = map.out_vars().unwrap();
    assert!(matches!(tree.get("a").and_then(Structure::leaf), Some(Recorded::Dense(v)) if *v == map["V"]));
    assert!(matches!(tree.get("b"), Some(Structure::List(gates)) if gates.len() == 2));
    assert!(
        matches!(tree.get("c").and_then(|c| c.get("d")).and_then(Structure::leaf), Some(Recorded::Dense(n)) if *n == map["n"])
    );
    assert!(LoopOverTime::<f64, _>::new(hh(2)).unwrap().run_steps(1).unwrap().out_vars().is_none());
    let unknown = LoopOverTime::<f64, _>::builder(hh(2)).out_vars("W").build();
    assert!(message(unknown).contains("no variable named `W`; there is: V, m, h, n, spike, input"));
}

/// A subset of units. Users of brainpy write `hh.V[:, [3, 1]]` after the run.
#[test]
fn a_subset_of_units_is_those_units() {
    let some = monitor("V").units([3, 1, 3]).named("some");
    let mut over_time = LoopOverTime::builder(hh(5)).batch(2).out_vars([monitor("V"), some]).build().unwrap();
    let run = over_time.run_steps(7).unwrap();
    assert_eq!(run["some"].shape(), [7, 2, 3]);
    assert_eq!(run["some"], run["V"].select(Axis(2), &[3, 1, 3]));
    let outside = LoopOverTime::<f64, _>::builder(hh(5)).out_vars(monitor("V").units([5])).build();
    assert!(message(outside).contains("5 is outside the variable, which has 5 units"));
}

/// Every k-th step is counted from the last reset, so split runs record the same steps as one run.
#[test]
fn every_k_steps_are_the_same_steps_however_a_run_is_split() {
    let build = || {
        let vars: OutVars = [monitor("V").every(3), monitor("m")].into();
        LoopOverTime::<f64, _>::builder(hh(2)).record_every(4).out_vars(vars).build().unwrap()
    };
    let whole = build().run_steps(25).unwrap();
    assert_eq!(
        (whole["V"].shape(), whole["m"].shape(), whole.output.shape()),
        ([9, 2].as_slice(), [7, 2].as_slice(), [7, 2].as_slice())
    );
    let mut all = LoopOverTime::<f64, _>::builder(hh(2)).out_vars("V").build().unwrap();
    let all = all.run_steps(25).unwrap();
    assert_eq!(whole["V"], all["V"].slice(s![..;3, ..]).into_dyn());
    for cut in 0..=25 {
        let mut over_time = build();
        let (a, b) = (over_time.run_steps(cut).unwrap(), over_time.run_steps(25 - cut).unwrap());
        for name in ["V", "m"] {
            assert_eq!(
                ndarray::concatenate(Axis(0), &[a[name].view(), b[name].view()]).unwrap(),
                whole[name],
                "{name} cut at {cut}"
            );
        }
        let ts: Vec<f64> = a.ts.iter().chain(&b.ts).copied().collect();
        assert!(ts.len() == whole.ts.len() && ts.iter().zip(&whole.ts).all(|(a, b)| close(*a, *b)));
    }
}

/// Spikes as events are the non-zero values of the dense spikes.
#[test]
fn events_are_where_the_dense_variable_is_not_zero() {
    let vars: OutVars = [
        monitor("spike"),
        monitor("spike").events().named("events"),
        monitor("spike").events().units([2]).named("of 2"),
    ]
    .into();
    let mut over_time = LoopOverTime::builder(hh(5)).batch(3).out_vars(vars).build().unwrap();
    let run = over_time.run(Input::steps(900).constant(12.0)).unwrap();
    let (dense, events) = (&run["spike"], run.events("events").unwrap());
    let expected: Vec<(u64, usize, usize)> = dense
        .indexed_iter()
        .filter(|(_, v)| **v != 0.0)
        .map(|(index, _)| (index[0] as u64, index[1], index[2]))
        .collect();
    let found: Vec<(u64, usize, usize)> =
        (0..events.len()).map(|e| (events.step[e], events.row[e], events.unit[e])).collect();
    assert!(expected.len() > 50);
    assert_eq!(found, expected);
    let of_2: Vec<_> = expected.into_iter().filter(|(_, _, unit)| *unit == 2).collect();
    let events = run.events("of 2").unwrap();
    assert_eq!((0..events.len()).map(|e| (events.step[e], events.row[e], events.unit[e])).collect::<Vec<_>>(), of_2);
    // The step index continues in the next run.
    let next = over_time.run(Input::steps(900).constant(12.0)).unwrap();
    assert!(next.events("events").unwrap().step.iter().all(|step| (900..1800).contains(step)));
}

/// brainpy `data_first_axis='B'`: it applies to the input and to every result here. (In brainpy,
/// results stay time-major if there is state.)
#[test]
fn batch_first_is_for_the_input_and_every_result() {
    let x = Array3::from_shape_fn((3, 8, 2), |(b, t, n)| (b * 5 + t + n) as f64);
    let build = |axis| {
        let vars: OutVars = [monitor("V"), monitor("m").every(2), monitor("n").units([1])].into();
        LoopOverTime::builder(hh(2)).batch(3).first_axis(axis).out_vars(vars).build().unwrap()
    };
    let batch_first = build(FirstAxis::Batch).run(&x).unwrap();
    let time_first = build(FirstAxis::Time).run(x.view().permuted_axes([1, 0, 2])).unwrap();
    let swapped = |array: &ArrayD<f64>| {
        let mut view = array.clone();
        view.swap_axes(0, 1);
        view
    };
    assert_eq!(batch_first.output.shape(), [3, 8, 2]);
    assert_eq!(batch_first.output, swapped(&time_first.output));
    for (name, shape) in [("V", [3, 8, 2]), ("m", [3, 4, 2]), ("n", [3, 8, 1])] {
        assert_eq!(batch_first[name].shape(), shape);
        assert_eq!(batch_first[name], swapped(&time_first[name]));
    }
    let no_batch = LoopOverTime::<f64, _>::builder(hh(2)).first_axis(FirstAxis::Batch).build();
    assert!(message(no_batch).contains("has no batch"));
}

/// brainpy `no_state=True`: time is flattened into the batch. A duration and a system with state
/// are refused.
#[test]
fn no_state_flattens_refuses_a_duration_and_refuses_state() {
    let x = Array3::from_shape_fn((9, 2, 4), |(t, b, n)| (t as f64 - 4.0) * 0.25 + b as f64 - n as f64 * 0.5);
    let build = |no_state| {
        let system =
            Sequential::new().layer("a", Activation::Tanh.layer([4])).layer("b", Activation::Softmax.layer([4]));
        LoopOverTime::builder(system).batch(2).no_state(no_state).build().unwrap()
    };
    let run = build(true).run(&x).unwrap();
    assert_eq!(run.output.shape(), [9, 2, 4]);
    // The loop flattens a stateless system without the option too. The result equals the run step
    // by step.
    assert_eq!(build(false).run(&x).unwrap().output, run.output);
    let mut stepwise = build(false);
    for t in 0..9 {
        let one = stepwise.run(x.slice(s![t..=t, .., ..])).unwrap();
        assert_eq!(one.output.index_axis(Axis(0), 0), run.output.index_axis(Axis(0), t));
    }
    let mut over_time = build(true);
    assert!(message(over_time.run_for(1.0)).contains("no_state"));
    assert!(message(LoopOverTime::<f64, _>::builder(hh(2)).no_state(true).build()).contains("V, m, h, n"));
}

/// brainpy adds arrays of different batch sizes, and fails within JAX. Here the error names the
/// axis, and no step runs.
#[test]
fn a_wrong_batch_is_an_error_with_axis_expected_and_given() {
    let mut over_time = LoopOverTime::builder(hh(2)).batch(4).out_vars("V").build().unwrap();
    let before = over_time.run_steps(1).unwrap();
    let wrong = over_time.run(&Array3::zeros((5, 3, 2)));
    assert!(
        matches!(&wrong, Err(Error::Shape { argument, axis, expected: 4, given: 3 }) if argument == "input `x`" && axis == "batch"),
        "{wrong:?}"
    );
    let units = over_time.run(&Array3::zeros((5, 4, 3)));
    assert!(
        matches!(&units, Err(Error::Shape { axis, expected: 2, given: 3, .. }) if axis == "feature 0"),
        "{units:?}"
    );
    assert!(matches!(over_time.run(&Array2::zeros((5, 4))), Err(Error::Rank { .. })));
    assert_eq!(over_time.i(), before.i);
    // Axes of length 1, and a series with one value for each step, are broadcast over batch and
    // units.
    let broadcast = over_time.run(&Array3::from_elem((5, 1, 1), 3.0)).unwrap();
    over_time.reset_state(4).unwrap();
    over_time.run_steps(1).unwrap();
    assert_eq!(over_time.run(&Array1::from_elem(5, 3.0)).unwrap()["V"], broadcast["V"]);
}

/// brainpy `shared_arg`: a shared value reaches every node, including layers of a `Sequential`.
#[test]
fn shared_values_reach_every_node() {
    let system = Sequential::new().layer("pair", Pair).layer("id", Activation::Identity.layer([3]));
    let mut over_time = LoopOverTime::builder(system).shared_arg("gain", 10.0).out_vars("pair.s1").build().unwrap();
    assert_eq!(over_time.run_steps(1).unwrap()["pair.s1"], array![[21.0]].into_dyn());
    over_time.share("gain", 0.0);
    assert_eq!(over_time.run_steps(1).unwrap()["pair.s1"], array![[21.0]].into_dyn());
}

/// brainpy `HH.spike`: V rises through `V_th` in this step. There is no reset.
#[test]
fn a_spike_is_a_crossing_without_reset() {
    let mut over_time = LoopOverTime::builder(hh(1).v(Init::Constant(-65.0))).out_vars(["V", "spike"]).build().unwrap();
    let run = over_time.run(Input::steps(1000).constant(10.0)).unwrap();
    let (mut before, mut spikes) = (-65.0, Vec::new());
    for (k, (v, spike)) in run["V"].iter().zip(&run["spike"]).enumerate() {
        assert_eq!(*spike, f64::from(u8::from(before < 20.0 && *v >= 20.0)), "step {k}");
        if *spike != 0.0 {
            spikes.push(k + 1);
        }
        before = *v;
    }
    assert_eq!(run.output, run["spike"]);
    assert_eq!(spikes[..5], [26, 176, 324, 472, 620]);
    assert!(run["V"].iter().any(|v| *v > 30.0), "a reset must not cut the spike");
}

/// brainpy `HH`: V₀ ~ U(−70, −60), gates at their steady values for V₀, `gL` = 0.03.
#[test]
fn hh_starts_as_brainpys_does() {
    let mut over_time = LoopOverTime::builder(hh(20_000)).dt(1e-9).out_vars(["V", "m", "h", "n"]).build().unwrap();
    let run = over_time.run_steps(1).unwrap();
    let v = &run["V"];
    assert!(v.iter().all(|v| (-70.0001..-59.9999).contains(v)));
    let mean = v.mean().unwrap();
    assert!((mean + 65.0).abs() <= 0.1, "mean {mean}");
    for (k, v) in v.iter().enumerate() {
        let exprel = |x: f64| if x == 0.0 { 1.0 } else { x.exp_m1() / x };
        let steady = |a: f64, b: f64| a / (a + b);
        let m = steady(1.0 / exprel(-(v + 40.0) / 10.0), 4.0 * (-(v + 65.0) / 18.0).exp());
        let h = steady(0.07 * (-(v + 65.0) / 20.0).exp(), 1.0 / (1.0 + (-(v + 35.0) / 10.0).exp()));
        let n = steady(0.1 / exprel(-(v + 55.0) / 10.0), 0.125 * (-(v + 65.0) / 80.0).exp());
        for (name, steady) in [("m", m), ("h", h), ("n", n)] {
            let given = run[name][[0, k]];
            assert!((given - steady).abs() <= 1e-7, "{name} at {v}: {given}, not {steady}");
        }
    }
    // At rest, the leak is gL (V − EL). The default gL = 0.03 is a tenth of the classic value, and
    // shows in the first change of V.
    let change = |g_l: f64| {
        let system = hh(1).v(Init::Constant(-65.0)).param("gL", g_l).unwrap();
        LoopOverTime::builder(system).out_vars("V").build().unwrap().run_steps(1).unwrap()["V"][[0, 0]]
    };
    let default =
        LoopOverTime::builder(hh(1).v(Init::Constant(-65.0))).out_vars("V").build().unwrap().run_steps(1).unwrap()["V"]
            [[0, 0]];
    assert_eq!(default, change(0.03));
    assert_ne!(default, change(0.3));
}

/// brainpy `to(device)`, `cpu()`, `cuda()`, `tpu()`.
#[test]
fn devices_go_by_brainpys_words() {
    unprepared(module_path!(), "devices_go_by_brainpys_words", || {
        let mut over_time = LoopOverTime::<f64, _>::builder(hh(2)).device(Device::auto()).build().unwrap();
        over_time.cpu().unwrap();
        over_time.to(Device::Cpu).unwrap();
        assert_eq!(over_time.device(), Device::Cpu);
        assert!(message(over_time.tpu()).contains("tpu is not available"));
        match over_time.cuda() {
            Ok(()) => assert_eq!(over_time.device(), Device::Cuda(0)),
            Err(error) => {
                assert!(matches!(error, Error::DeviceUnavailable { .. }));
                assert_eq!(over_time.device(), Device::Cpu);
            }
        }
    });
}

/// brainpy `name`: names are unique unless the user gives one.
#[test]
fn names_are_unique_unless_given() {
    let build = || LoopOverTime::<f64, _>::new(hh(1)).unwrap();
    let (a, b) = (build(), build());
    assert!(a.name().starts_with("LoopOverTime") && b.name().starts_with("LoopOverTime") && a.name() != b.name());
    assert_eq!(LoopOverTime::<f64, _>::builder(hh(1)).name("mine").build().unwrap().name(), "mine");
}
