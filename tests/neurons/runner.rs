//! The runner, compared with brainpy's `DSRunner` and with a loop that gets the same inputs.

use crate::common::{close, golden};
use ndarray::{Array1, Array2, ArrayD, Axis};
use overtime::models::{Hh, Lif};
use overtime::runner::{Op, fix, func, iter, series};
use overtime::{Closure, Error, FirstAxis, Init, LoopOverTime, Recording, monitor};

fn neurons(v0: &ArrayD<f64>) -> Hh<f64> {
    let gates = [0.05, 0.6, 0.32].map(Init::Constant);
    let [m, h, n] = gates;
    Hh::new(v0.len()).v(Init::Values(v0.iter().copied().collect())).gates(m, h, n)
}

fn joined(runs: &[Recording<f64>], name: &str) -> ArrayD<f64> {
    let views: Vec<_> =
        runs.iter().map(|run| if name == "out" { run.output.view() } else { run[name].view() }).collect();
    ndarray::concatenate(Axis(0), &views).unwrap()
}

#[test]
fn inputs_operations_and_monitors_are_brainpys() {
    let reference = golden("runner");
    let [rows, line, v0] = ["series", "line", "v0"].map(|name| reference.array(name));
    let mut runner = LoopOverTime::builder(neurons(v0))
        .runner()
        .input("input", series(line).op(Op::Mul))
        .input("input", func(|at| at.t.sin()).op(Op::Sub))
        .input("x", series(rows))
        .input("x", fix(2.0).op("/".parse().unwrap()))
        .input("input", fix([6.0, 3.0, 12.0]))
        .input("input", fix(1.5).op(Op::Sub))
        .monitor("V")
        .monitor(monitor("V").units([2, 0]).named("part"))
        .monitor_fn("mean", ["V"], |seen| vec![seen[0].iter().sum::<f64>() / 3.0])
        .build()
        .unwrap();
    let given = [runner.run(15.0).unwrap(), runner.run_steps(150).unwrap()];
    let mean = reference.array("given.mean").clone().insert_axis(Axis(1));
    for (name, expected) in [
        ("V", reference.array("given.V")),
        ("part", reference.array("given.part")),
        ("mean", &mean),
        ("out", reference.array("given.out")),
    ] {
        close(name, &joined(&given, name), expected, 1e-8);
    }
    let ts: Vec<f64> = given.iter().flat_map(|run| run.ts.clone()).collect();
    close("ts", &Array1::from(ts).into_dyn(), reference.array("given.ts"), 1e-12);
    assert_eq!((given[1].steps, given[1].i), (150, 300));

    let gate = line.mapv(|x| 0.3 + 0.01 * x);
    let mut values = gate.iter().copied().collect::<Vec<_>>().into_iter();
    let mut runner = LoopOverTime::builder(neurons(v0))
        .runner()
        .input("V", fix(0.999).op(Op::Mul))
        .input("V", func(|at| at.t.sin()))
        .input("n", iter(std::iter::from_fn(move || values.next())).op(Op::Set))
        .input("input", fix(8.0).op(Op::Set))
        .monitor("V")
        .monitor("n")
        .build()
        .unwrap();
    let changed = [runner.run(15.0).unwrap(), runner.run(15.0).unwrap()];
    for name in ["V", "n"] {
        close(name, &joined(&changed, name), reference.array(&format!("changed.{name}")), 1e-8);
    }
    // brainpy checks only the change of V within a step. Here V also crosses the threshold if an
    // input lifts it before a step.
    let v = reference.array("changed.V");
    let out = Array2::from_shape_fn((300, 3), |(k, unit)| {
        let start = |k: usize| 0.999 * (if k == 0 { v0[[unit]] } else { v[[k - 1, unit]] }) + (k as f64 * 0.1).sin();
        let by_flow = start(k) < 20.0 && v[[k, unit]] >= 20.0;
        let by_input = k > 0 && start(k) >= 20.0 && start(k - 1) < 20.0 && v[[k - 1, unit]] < 20.0;
        f64::from(u8::from(by_flow || by_input))
    });
    close("out", &joined(&changed, "out"), &out.into_dyn(), 0.0);
    let by_flow = reference.array("changed.out");
    assert!(joined(&changed, "out").iter().zip(by_flow).all(|(found, brainpys)| found >= brainpys));
    // The iterator has no more values.
    let error = runner.run_steps(1).unwrap_err();
    assert!(error.to_string().contains("input `n`") && runner.over_time().i() == 300, "{error}");
}

/// Batches, odd lengths and splits give the same bits as a loop that gets all input at once.
#[test]
fn a_runner_is_a_loop_that_is_given_the_same() {
    for (rows, units, steps) in [(1, 1, 1), (7, 33, 2), (1, 1025, 257), (3, 2, 1500)] {
        let x = Array2::from_shape_fn((steps, units), |(k, n)| ((k * 7 + n * 3) % 64) as f32 * 0.25);
        let whole = ndarray::Array3::from_shape_fn((steps, rows, units), |(k, _, n)| x[[k, n]] * 0.5 + 1.25);
        let builder = || LoopOverTime::builder(Hh::<f32>::new(units)).batch(rows).seed(5);
        let mut over_time = builder().out_vars(["V"]).build().unwrap();
        let expected = over_time.run(&whole).unwrap();
        let mut runner = builder()
            .out_vars(["V"])
            .runner()
            .input("x", fix(1.25))
            .input(
                "x",
                iter(
                    (0..steps)
                        .map(|k| (0..units).map(|n| ((k * 7 + n * 3) % 64) as f64 * 0.125).collect::<Vec<_>>())
                        .collect::<Vec<_>>(),
                ),
            )
            .monitor(monitor("spike").events())
            .monitor_fn("V twice", ["V"], |seen| seen[0].iter().map(|v| v * 2.0).collect())
            .build()
            .unwrap();
        let cut = steps as u64 / 3;
        let runs = [runner.run_steps(cut).unwrap(), runner.run_steps(steps as u64 - cut).unwrap()];
        let all = |name: &str| ndarray::concatenate(Axis(0), &[runs[0][name].view(), runs[1][name].view()]).unwrap();
        assert_eq!(all("V"), expected["V"], "{rows} {units} {steps}");
        let twice = expected["V"].mapv(|v| v * 2.0).into_shape_with_order(vec![steps, rows * units]).unwrap();
        assert_eq!(if cut > 0 { all("V twice") } else { runs[1]["V twice"].clone() }, twice);
        let spikes = expected.output.iter().filter(|y| **y != 0.0).count();
        assert_eq!(runs.iter().map(|run| run.events("spike").unwrap().len()).sum::<usize>(), spikes);
        assert_eq!((runs[1].i, runs[1].t), (expected.i, expected.t));
    }
}

#[test]
fn a_source_of_a_variable_acts_before_each_step() {
    // A step changes x to 2x + 1. Before each step, unit 1 is set to 10 in one of two rows.
    let system = || {
        Closure::<f64, _>::new([2], |_, _, state, y| {
            for (x, y) in state.var_mut(0).iter_mut().zip(y) {
                *x = 2.0 * *x + 1.0;
                *y = *x;
            }
        })
        .var("x", [2], vec![0.0, 1.0])
    };
    let mut runner = LoopOverTime::builder(system())
        .batch(2)
        .runner()
        .input("x", fix([1.0, 1.0, 1.0, 10.0]).op(Op::Mul))
        .build()
        .unwrap();
    let run = runner.run_steps(3).unwrap();
    let expected = ndarray::array![[[1.0, 3.0], [1.0, 21.0]], [[3.0, 7.0], [3.0, 421.0]], [[7.0, 15.0], [7.0, 8421.0]]];
    assert_eq!(run.output, expected.into_dyn());
    runner.reset_state(2).unwrap();
    assert_eq!(runner.run_steps(1).unwrap().output[[0, 1, 1]], 21.0);
    // A loop without a batch, a run of no steps, and a runner without sources.
    let mut runner = LoopOverTime::builder(system())
        .runner()
        .monitor_fn("sum", ["x"], |seen| vec![seen[0].iter().sum()])
        .build()
        .unwrap();
    assert_eq!(runner.run(0.0).unwrap()["sum"].shape(), [0, 0]);
    assert_eq!(runner.run_steps(2).unwrap()["sum"], ndarray::array![[4.0], [10.0]].into_dyn());
}

#[test]
fn errors_name_the_input_or_monitor_that_does_not_fit() {
    let build = || LoopOverTime::builder(Lif::<f32>::new(3)).runner();
    let says = |error: Error, what: &str| assert!(error.to_string().contains(what), "{error} does not contain {what}");
    says(build().input("y", fix(1.0)).build().unwrap_err(), "x, V");
    says(build().input("E.input", fix(1.0)).build().unwrap_err(), "E.input");
    says(build().input("x", fix([1.0, 2.0])).build().unwrap_err(), "input `x`");
    says(build().input("V", series(&Array2::<f32>::zeros((4, 2)))).build().unwrap_err(), "input `V`");
    // The array has as many values as rows and units need, but in other axes.
    let batch = |shape: &[usize]| {
        LoopOverTime::builder(Lif::<f32>::new(3))
            .batch(3)
            .runner()
            .input("x", series(&ArrayD::<f32>::zeros(shape)))
            .build()
            .map(|_| ())
    };
    says(batch(&[4, 3, 1]).unwrap_err(), "expected [T], [T, 3] or [T, 3, 3], given an array of shape [4, 3, 1]");
    let other = LoopOverTime::builder(Lif::<f32>::new(3)).batch(2).runner();
    says(
        other.input("x", series(&ArrayD::<f32>::zeros(vec![4, 3, 2]))).build().unwrap_err(),
        "given an array of shape [4, 3, 2]",
    );
    for shape in [&[4][..], &[4, 1], &[4, 3], &[4, 1, 3], &[4, 3, 3], &[4, 9], &[4, 1, 1]] {
        batch(shape).unwrap();
    }
    says(build().monitor("W").build().unwrap_err(), "W");
    says(build().monitor_fn("f", ["W"], |_| vec![]).build().unwrap_err(), "W");
    says(build().monitor_fn("f", Vec::<String>::new(), |_| vec![]).build().unwrap_err(), "`f`");
    says(build().monitor("V").monitor_fn("V", ["V"], |_| vec![]).build().unwrap_err(), "twice");
    says("%".parse::<Op>().unwrap_err(), "operation");
    let batch = LoopOverTime::builder(Lif::<f32>::new(3)).batch(2).first_axis(FirstAxis::Batch);
    says(batch.runner().build().unwrap_err(), "batch-major");

    let mut runner = build().input("x", series(&Array1::<f32>::zeros(5))).build().unwrap();
    runner.run_steps(3).unwrap();
    says(runner.run_steps(3).unwrap_err(), "input `x`: axis time has length 5, expected 6");
    assert_eq!(runner.over_time().i(), 3);
    runner.run_steps(2).unwrap();
    let mut runner = build().input("x", func(|at| vec![1.0; 3 + at.i as usize])).build().unwrap();
    says(runner.run_steps(2).unwrap_err(), "input `x`");
    let mut runner = build().input("x", fix(0.0).op(Op::Div)).build().unwrap();
    says(runner.run_steps(2).unwrap_err(), "input `x`");
    let mut grows = 0;
    let runner = build().monitor_fn("f", ["V"], move |_| {
        grows += 1;
        vec![0.0; grows]
    });
    says(runner.build().unwrap().run_steps(2).unwrap_err(), "monitor `f`");
    // The progress callback gets the total of the whole run, for any split.
    let reported = std::sync::Arc::new(std::sync::Mutex::new(Vec::new()));
    let sink = reported.clone();
    let builder = LoopOverTime::builder(Lif::<f32>::new(3)).progress(move |done, all| {
        sink.lock().unwrap().push((done, all));
        done < 2000
    });
    let mut runner = builder.runner().input("x", func(|_| 1.0)).build().unwrap();
    assert!(matches!(runner.run_steps(3000).unwrap_err(), Error::Cancelled { done: 2000.., steps: 3000 }));
    let reported = reported.lock().unwrap();
    assert!(
        reported.windows(2).all(|w| w[0].0 < w[1].0) && reported.iter().all(|(_, all)| *all == 3000),
        "{reported:?}"
    );
}
