//! Recordings of bits have the bits of the values of the same run, for any shape, blocks, threads,
//! chunks, steps and order of units.

use ndarray::{ArrayD, Axis};
use overtime::models::{Hh, Lif, brainpy};
use overtime::network::{Connect, Group, Network, Projection, Receptor};
use overtime::runner::fix;
use overtime::{
    Bits, Builder, Closure, Events, FirstAxis, Init, Input, LoopOverTime, OutVars, Recorded, Recording, Scalar, System,
    monitor,
};

/// A variable whose values are 0 for two elements of five, in a pattern that changes with the step.
fn flicker(shape: &[usize]) -> impl System<f32> + use<> {
    let step = |at: overtime::Tick<'_>, _: &overtime::Inputs<'_, f32>, state: &mut overtime::State<'_, f32>| {
        let row = state.first() as u64;
        let [x] = state.vars();
        for (unit, x) in x.iter_mut().enumerate() {
            *x = [0.0, 2.5, -0.0, -1.0, f32::MIN_POSITIVE][((at.i + row * 3) * 7 + (unit * unit) as u64) as usize % 5];
        }
    };
    let len = shape.iter().product::<usize>();
    Closure::<f32, _>::new([1], move |at, x, state, _| {
        if len > 0 {
            step(at, x, state);
        }
    })
    .var("x", shape, 0.0)
}

/// A network of two groups, whose spikes arrive with delays.
fn network(n: usize) -> Network<f32> {
    let cells = |name: &str, n: usize| {
        let v = Init::Values((0..n).map(|k| (k * 7919 % 19) as f64).collect());
        Group::new(name, Lif::<f32>::new(n).v(v).param("tau_ref", 0.5).unwrap())
            .receptor(Receptor::exponential("e", 4.0))
            .current(120.0)
    };
    Network::builder(0.1)
        .seed(3)
        .group(cells("A", n))
        .group(cells("B", 33))
        .project(Projection::new("AB", "A", ("B", "e")).connect(Connect::FixedProb(0.2)).weight(0.5).delay(0.7))
        .build()
        .unwrap()
}

/// Compares the bits with the values, by the documented order of the bits and by each method.
fn same<T: Scalar>(what: &str, bits: &Bits, values: &ArrayD<T>, batch: Option<usize>, first_axis: FirstAxis) {
    let expected = values.mapv(|v| v.to_f64() != 0.0);
    assert_eq!(bits.to_array().unwrap(), expected, "{what}");
    let leading = 1 + usize::from(batch.is_some());
    let (axes, shape) = values.shape().split_at(leading);
    assert_eq!((bits.shape(), bits.units()), (shape, shape.iter().product()), "{what}");
    assert_eq!(bits.bytes().shape(), [axes, &[bits.units().div_ceil(8)]].concat(), "{what}");
    assert_eq!(bits.count(), expected.iter().filter(|v| **v).count() as u64, "{what}");

    let turn = first_axis == FirstAxis::Batch && batch.is_some();
    let (mut expected, mut bytes) = (expected.view(), bits.bytes().view());
    if turn {
        expected.swap_axes(0, 1);
        bytes.swap_axes(0, 1);
    }
    let (steps, rows) = (expected.len_of(Axis(0)), batch.unwrap_or(1));
    let flat: Vec<bool> = expected.iter().copied().collect();
    let packed: Vec<u8> = bytes.iter().copied().collect();
    let (units, width) = (bits.units(), bits.units().div_ceil(8));
    let mut ones = Vec::new();
    for step in 0..steps {
        for row in 0..rows {
            let at = step * rows + row;
            for bit in 0..8 * width {
                let one = bit < units && flat[at * units + bit];
                assert_eq!(packed[at * width + bit / 8] >> (bit % 8) & 1 == 1, one, "{what}: {step} {row} {bit}");
                assert_eq!(bits.get(step, row, bit), (bit < units).then_some(one), "{what}: {step} {row} {bit}");
                ones.extend(one.then_some((row, bit)));
            }
        }
    }
    assert_eq!((bits.get(steps, 0, 0), bits.get(0, rows, 0), bits.get(0, 0, 8 * width)), (None, None, None), "{what}");
    let Events { row, unit, .. } = bits.to_events().unwrap();
    assert_eq!(row.into_iter().zip(unit).collect::<Vec<_>>(), ones, "{what}");
}

/// The monitors of a variable: as values and as bits, for all units and for some in odd orders.
fn forms(var: &str, units: usize) -> OutVars {
    let some = [units - 1, 0, units / 2, units / 2, units / 3, units - 1, 0, 0, units / 4, units - 1];
    let every_other: Vec<usize> = (0..units).step_by(2).collect();
    let ways = [
        ("all", monitor(var)),
        ("sparse", monitor(var).every(3)),
        ("some", monitor(var).units(some)),
        ("none", monitor(var).units([])),
        ("back", monitor(var).units((0..units).rev()).every(2)),
        ("half", monitor(var).units(every_other)),
    ];
    let both = ways.into_iter().flat_map(|(name, monitor)| {
        let bits = monitor.clone().bits().named(format!("{name} as bits"));
        [monitor.named(name), bits]
    });
    both.collect::<Vec<_>>().into()
}

/// Compares all recordings of bits with the recordings of values of the same name.
fn compare<T: Scalar>(what: &str, run: &Recording<T>, batch: Option<usize>, first_axis: FirstAxis) {
    let mut compared = 0;
    for (name, _) in run.iter().filter(|(_, recorded)| matches!(recorded, Recorded::Bits(_))) {
        let values = &run[name.trim_end_matches(" as bits")];
        same(&format!("{what}, {name}"), run.bits(name).unwrap(), values, batch, first_axis);
        compared += 1;
    }
    assert!(compared > 0);
}

fn bytes<T>(run: &Recording<T>) -> Vec<Bits> {
    let of = |recorded: &Recorded<T>| match recorded {
        Recorded::Bits(bits) => Some(bits.clone()),
        _ => None,
    };
    run.iter().filter_map(|(_, recorded)| of(recorded)).collect()
}

/// Runs a system with any blocks, threads and chunks, and compares bits with values, and the bits of
/// all runs with each other.
fn check<S: System<f32>>(
    what: &str,
    system: impl Fn() -> S,
    (var, units): (&str, usize),
    input: Option<f32>,
    options: impl Fn(Builder<f32, S>) -> Builder<f32, S>,
) {
    let mut first: Option<Vec<Bits>> = None;
    for (block, threads, chunk) in
        [(None, 1, None), (Some(1), 2, Some(7)), (Some(13), 3, Some(5)), (Some(100), 4, None)]
    {
        let what = format!("{what}, blocks of {block:?}, {threads} threads, chunks of {chunk:?}");
        let mut builder = options(LoopOverTime::builder(system()).seed(5).threads(threads).out_vars(forms(var, units)));
        builder = block.into_iter().fold(builder, Builder::block);
        let mut over_time = chunk.into_iter().fold(builder, Builder::chunk).build().unwrap();
        let given = || input.into_iter().fold(Input::steps(61), Input::constant);
        let run = over_time.run(given()).unwrap();
        // The second run begins at a step that is not recorded.
        let second = over_time.run(given()).unwrap();
        let (batch, first_axis) =
            (over_time.batch(), if run.output.shape()[0] == 61 { FirstAxis::Time } else { FirstAxis::Batch });
        assert!(run.bits("all as bits").unwrap().count() > 0, "{what}");
        compare(&what, &run, batch, first_axis);
        compare(&what, &second, batch, first_axis);
        let all = [bytes(&run), bytes(&second)].concat();
        let expected = first.get_or_insert_with(|| all.clone());
        assert!(all == *expected, "{what}");
    }
}

#[test]
fn bits_of_pointwise_systems_of_any_size() {
    for units in [1, 7, 8, 9, 63, 64, 65, 130] {
        let v = || Init::Values((0..units).map(|k| (k * 7919 % 19) as f64).collect());
        let lif = || Lif::<f32>::new(units).v(v()).param("tau_ref", 0.4).unwrap();
        for (batch, axis) in [(None, FirstAxis::Time), (Some(3), FirstAxis::Time), (Some(5), FirstAxis::Batch)] {
            for var in ["spike", "refractory"] {
                let what = format!("{var} of {units} neurons, batch {batch:?}");
                check(&what, lif, (var, units), Some(60.0), |b| b.batch(batch).first_axis(axis));
            }
        }
    }
}

#[test]
fn bits_of_many_units() {
    let v = || Init::Values((0..1003).map(|k| (k * 7919 % 19) as f64).collect());
    let lif = || Lif::<f32>::new(1003).v(v()).param("tau_ref", 0.4).unwrap();
    for batch in [None, Some(3)] {
        check(&format!("1003 neurons, batch {batch:?}"), lif, ("spike", 1003), Some(60.0), |b| b.batch(batch));
        check("V", lif, ("V", 1003), Some(60.0), |b| b.batch(batch).record_output(true));
    }
}

#[test]
fn bits_of_variables_of_any_shape() {
    for shape in [vec![], vec![1], vec![3, 3], vec![2, 3, 11], vec![65]] {
        let units = shape.iter().product();
        for (batch, axis) in [(None, FirstAxis::Time), (Some(4), FirstAxis::Time), (Some(9), FirstAxis::Batch)] {
            let what = format!("a variable of shape {shape:?}, batch {batch:?}");
            check(&what, || flicker(&shape), ("x", units), None, |b| b.batch(batch).first_axis(axis));
        }
    }
    // A part of a variable, and a variable without elements.
    let lstm = || brainpy::LstmCell::<f32>::new(2, 9);
    check("h", lstm, ("h", 9), Some(1.0), |b| b.batch(3));
    let empty = LoopOverTime::builder(flicker(&[3, 0])).batch(2).out_vars(monitor("x").bits()).build();
    let run = empty.unwrap().run_steps(4).unwrap();
    let bits = run.bits("x").unwrap();
    assert_eq!((bits.bytes().shape(), bits.to_array().unwrap().shape()), (&[4, 2, 0][..], &[4, 2, 3, 0][..]));
    assert_eq!((bits.count(), bits.get(0, 0, 0)), (0, None));
}

#[test]
fn bits_of_networks() {
    for batch in [None, Some(3)] {
        for (var, units) in [("A.spike", 100), ("B.spike", 33), ("B.e", 33), ("A.refractory", 100)] {
            check(&format!("{var}, batch {batch:?}"), || network(100), (var, units), None, |b| b.batch(batch));
        }
    }
    // Threads share the neurons of a group of this size.
    let build = |threads| {
        let vars = [monitor("A.spike"), monitor("A.spike").bits().named("A.spike as bits")];
        LoopOverTime::builder(network(5001)).threads(threads).out_vars(vars).build().unwrap()
    };
    let [one, three] = [1, 3].map(|threads| build(threads).run_steps(60).unwrap());
    compare("5001 neurons", &one, None, FirstAxis::Time);
    assert!(one.bits("A.spike as bits").unwrap().count() > 1000);
    assert_eq!(bytes(&one), bytes(&three));
}

/// NaN is not zero.
#[test]
fn a_nan_is_a_one() {
    let nan = Closure::<f64, _>::new([1], |at, _, state, _| {
        let [x] = state.vars();
        x.fill(0.0);
        x[at.i as usize % 70] = f64::NAN;
    });
    let nan = nan.var("x", [70], 0.0);
    let vars = monitor("x").bits();
    let run = LoopOverTime::builder(nan).allow_non_finite().out_vars(vars).build().unwrap().run_steps(100).unwrap();
    let events = run.bits("x").unwrap().to_events().unwrap();
    assert_eq!(events.unit, (0..100).map(|step| step % 70).collect::<Vec<_>>());
}

#[test]
fn ones_are_the_events_of_the_same_run() {
    let vars = [monitor("spike").bits(), monitor("spike").events().named("events")];
    let hh = Hh::<f64>::new(21).noise(3.0);
    let mut over_time = LoopOverTime::builder(hh).batch(3).seed(2).i0(17).out_vars(vars).build().unwrap();
    for _ in 0..2 {
        let mut run = over_time.run(Input::steps(300).constant(15.0)).unwrap();
        let events = run.take_events("events").unwrap();
        assert!(events.len() > 50);
        assert_eq!(run.bits("spike").unwrap().to_events().unwrap(), events);
        assert_eq!(run.take_bits("spike").unwrap().into_bytes().shape(), [300, 3, 3]);
        assert!(run.bits("spike").is_err());
    }
    // The steps of events are indices of the run.
    let vars = monitor("spike").bits().every(4);
    let mut over_time = LoopOverTime::builder(Hh::<f64>::new(2)).i0(17).out_vars(vars).build().unwrap();
    let steps =
        over_time.run(Input::steps(900).constant(15.0)).unwrap().bits("spike").unwrap().to_events().unwrap().step;
    assert!(!steps.is_empty() && steps.iter().all(|step| step % 4 == 0 && (20..917).contains(step)), "{steps:?}");
}

#[test]
fn the_later_of_two_forms_holds_and_another_form_is_an_error() {
    let vars = [
        monitor("spike").events().bits().named("bits"),
        monitor("spike").bits().events().named("events"),
        monitor("spike").named("values"),
    ];
    let run = LoopOverTime::builder(Hh::<f64>::new(3)).out_vars(vars).build().unwrap().run_steps(5);
    let mut run = run.unwrap();
    let says = |error: overtime::Error, text: &str| {
        assert!(matches!(error, overtime::Error::Unsupported(_)), "{error}");
        assert!(error.to_string().contains(text), "{error}");
    };
    says(run.get("bits").unwrap_err(), "`bits` was recorded as bits");
    says(run.events("bits").unwrap_err(), "`bits` was recorded as bits, not as events");
    says(run.times("bits").unwrap_err(), "not as events");
    says(run.bits("events").unwrap_err(), "`events` was recorded as events, not as bits");
    says(run.bits("values").unwrap_err(), "`values` was recorded densely, not as bits");
    says(run.take_bits("values").unwrap_err(), "not as bits");
    says(run.take("bits").unwrap_err(), "recorded as bits");
    assert!(run.bits("x").unwrap_err().to_string().contains("no recorded variable named `x`"));
    assert_eq!(run.iter().count(), 3);
}

#[test]
fn a_runner_joins_bits() {
    let vars = || [monitor("spike").bits().every(3), monitor("spike").units([8, 2, 2]).bits().named("some")];
    let x = fix(12.0);
    let mut whole = LoopOverTime::builder(Hh::<f32>::new(9)).batch(2).out_vars(vars()).build().unwrap();
    let expected = whole.run(Input::steps(500).constant(12.0)).unwrap();
    let runner = LoopOverTime::builder(Hh::<f32>::new(9)).batch(2).runner().input("x", x);
    // A function makes the runner divide its run; an input of a variable makes parts of one step.
    let runner = vars().into_iter().fold(runner, |runner, monitor| runner.monitor(monitor));
    let scaled = overtime::runner::func(|_| 1.0).op(overtime::runner::Op::Mul);
    let mut runner = runner.monitor_fn("mean", ["V"], |seen| vec![seen[0][0]]).input("m", scaled).build().unwrap();
    let run = runner.run_steps(500).unwrap();
    for name in ["spike", "some"] {
        assert!(expected.bits(name).unwrap().count() > 5);
        assert_eq!(run.bits(name).unwrap(), expected.bits(name).unwrap(), "{name}");
    }
    let none = runner.run_steps(0).unwrap();
    assert_eq!(none.bits("spike").unwrap().bytes().shape(), [0, 2, 2]);
}

/// Bits take their own size in memory, and not that of values.
#[test]
fn bits_of_a_run_that_does_not_fit_as_values() {
    let steps = 1 << 44;
    let run = |vars: OutVars| {
        let builder = LoopOverTime::builder(Hh::<f32>::new(64)).record_output(false).out_vars(vars);
        match builder.build().unwrap().run_steps(steps) {
            Err(overtime::Error::OutOfMemory { need, .. }) => need,
            other => panic!("{other:?}"),
        }
    };
    let times = steps * 8;
    assert_eq!(run("spike".into()), times + steps * 64 * 4);
    assert_eq!(run(monitor("spike").bits().into()), times + steps * 8);
    // The bits are copied in the requested order.
    assert_eq!(run(monitor("spike").units([3, 1, 2]).bits().into()), times + steps * 2);
}
