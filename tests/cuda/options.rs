//! The options of a loop: inputs, recordings, chunks, clocks. The bits are those of the CPU in
//! every strategy.

use crate::cuda::parity::{STRATEGIES, Shape, input};
use crate::cuda::{bits, device};
use ndarray::{Array1, ArrayD, Axis, s};
use overtime::models::{Activation, Dense, Hh, Lif, brainpy};
use overtime::{
    Builder, Device, Error, FirstAxis, Init, Input, LoopOverTime, Products, Recording, Scalar, Sequential, Strategy,
    System, monitor,
};

type Boxed<T> = Box<dyn System<T>>;
type Loop<T> = LoopOverTime<T, Boxed<T>>;

/// Runs the same on the CPU and with every strategy.
fn check<T: Scalar>(
    what: &str,
    system: &dyn Fn() -> Boxed<T>,
    options: &dyn Fn(Builder<T, Boxed<T>>) -> Builder<T, Boxed<T>>,
    run: &dyn Fn(&mut Loop<T>) -> Vec<Recording<T>>,
) {
    let Some(device) = device() else { return };
    let build = |device: Device, strategy: Strategy| {
        options(LoopOverTime::builder(system()).dt(0.05).seed(5).products(Products::Ordered))
            .device(device)
            .strategy(strategy)
            .build()
            .unwrap()
    };
    let mut on_cpu = build(Device::Cpu, Strategy::Auto);
    let expected = run(&mut on_cpu);
    for strategy in STRATEGIES {
        let mut over_time = build(device, strategy);
        let found = run(&mut over_time);
        for (k, (found, expected)) in found.iter().zip(&expected).enumerate() {
            bits::same_runs(&format!("{what}, {strategy}, run {k}"), found, expected);
        }
        bits::same_states(&format!("{what}, {strategy}"), &over_time, &on_cpu);
    }
}

fn hh<T: overtime::Real>(units: usize) -> Boxed<T> {
    Box::new(Hh::<T>::new(units).noise(1.5))
}

/// A current that makes neurons spike.
fn current<T: Scalar>(steps: usize, batch: Option<usize>, units: usize) -> ArrayD<T> {
    let like = Activation::Identity.layer([units]);
    input(&like, Shape { units, batch, steps }, (0.0, 40.0), 77)
}

#[test]
fn inputs_of_every_form() {
    let run = |x: &dyn Fn() -> Input<'static, f32>| {
        let x = x();
        check("input", &|| hh(33), &|b| b.batch(3).out_vars(["V", "input"]), &|l| vec![l.run(x.clone()).unwrap()]);
    };
    run(&|| Input::steps(40));
    run(&|| Input::steps(40).constant(12.5));
    run(&|| Input::duration(2.0).named_constant("x", 7.0));
    let each = |x: ArrayD<f32>| {
        check("input", &|| hh(33), &|b| b.batch(3).out_vars(["V", "input"]), &|l| vec![l.run(&x).unwrap()])
    };
    // One value for each step, for each row, for each unit, and for all.
    each(Array1::from_iter((0..40).map(|k| k as f32)).into_dyn());
    each(current(40, Some(3), 1));
    each(current(40, Some(1), 33));
    each(current(40, Some(1), 1));
    each(current(40, Some(3), 33));
    // Strides of all kinds: every second step, reversed, and transposed.
    let x = current::<f32>(80, Some(3), 33);
    let (odd, back) = (x.slice(s![1..;2, .., ..]), x.slice(s![..40, ..;-1, ..;-1]));
    let turned = current::<f32>(33, Some(3), 40);
    let turned = turned.view().reversed_axes();
    for view in [odd.into_dyn(), back.into_dyn(), turned] {
        check("strides", &|| hh(33), &|b| b.batch(3).out_vars("V"), &|l| vec![l.run(view.clone()).unwrap()]);
    }
}

#[test]
fn recordings_of_every_form() {
    let x = current::<f64>(101, Some(2), 70);
    let all = |every: u64| {
        vec![
            monitor("V").every(every),
            monitor("V").units([69, 3, 3, 40]).named("some"),
            monitor("m").units([0]).every(7),
            monitor("spike").events(),
            monitor("spike").events().units([5, 64, 33]).named("few"),
            monitor("spike").named("dense"),
            monitor("spike").bits().every(every).named("bits"),
            monitor("h").bits().units([69, 3, 3, 40, 8]).every(2).named("some bits"),
            monitor("input").events().every(3).named("sparse"),
        ]
    };
    for (every, first) in [(1, FirstAxis::Time), (3, FirstAxis::Batch), (500, FirstAxis::Time)] {
        let x = if first == FirstAxis::Batch { x.clone().permuted_axes(vec![1, 0, 2]) } else { x.clone() };
        let options =
            |b: Builder<f64, Boxed<f64>>| b.batch(2).first_axis(first).out_vars(all(every)).record_every(every);
        check("recordings", &|| hh(70), &options, &|l| vec![l.run(&x).unwrap()]);
        check("no output", &|| hh(70), &|b| options(b).record_output(false), &|l| vec![l.run(&x).unwrap()]);
    }
    // Nothing is recorded, and the state advances.
    check("nothing", &|| hh(70), &|b| b.batch(2).record_output(false), &|l| vec![l.run(&x).unwrap()]);
}

/// Spikes of more units than a word has bits, so that a row ends in the middle of a word.
#[test]
fn events_and_bits_of_odd_sizes() {
    for (units, batch) in [(1, 1), (31, 3), (32, 2), (33, 5), (257, 2)] {
        let x = current::<f32>(60, Some(batch), units);
        let lif = || Box::new(Lif::<f32>::new(units).param("tau_ref", 0.4).unwrap()) as Boxed<f32>;
        let vars = || {
            vec![
                monitor("spike").events(),
                monitor("refractory").events().every(2).named("held"),
                monitor("spike").bits().every(3).named("bits"),
                monitor("refractory").bits().units((0..units).rev()).named("held back"),
                // All bits are ones, except those behind the last unit.
                monitor("V").bits().named("ones"),
            ]
        };
        check(&format!("{units} × {batch}"), &lif, &|b| b.batch(batch).out_vars(vars()), &|l| {
            vec![l.run(&x).unwrap()]
        });
    }
}

#[test]
fn a_split_run_is_the_whole() {
    let x = current::<f32>(97, Some(2), 33);
    let vars = || {
        let bits = monitor("spike").bits().every(5).named("bits");
        vec![monitor("V").every(4), monitor("spike").events(), monitor("h").units([1, 32]), bits]
    };
    for cuts in [vec![1, 96], vec![33, 34], vec![0, 50]] {
        check("split", &|| hh(33), &|b| b.batch(2).out_vars(vars()).i0(3).t0(1.25), &|l| {
            let mut from = 0;
            let parts = cuts.iter().chain([&97]).map(|&to| {
                let run = l.run(x.slice(s![from..to, .., ..])).unwrap();
                from = to;
                run
            });
            parts.collect()
        });
    }
    // The whole run on the device equals the parts on the CPU.
    let Some(device) = device() else { return };
    for strategy in STRATEGIES {
        let build = || LoopOverTime::<f32, _>::builder(hh(33)).batch(2).seed(5).out_vars("V");
        let whole = build().device(device).strategy(strategy).build().unwrap().run(&x).unwrap();
        let mut parts = build().build().unwrap();
        let (a, b) = x.view().split_at(Axis(0), 41);
        let joined = [a, b].map(|x| parts.run(x).unwrap()["V"].clone());
        let joined = ndarray::concatenate(Axis(0), &[joined[0].view(), joined[1].view()]).unwrap();
        assert!(whole["V"].iter().map(|v| v.to_bits()).eq(joined.iter().map(|v| v.to_bits())), "{strategy}");
    }
}

/// A run of many chunks has the bits of a run of one chunk. Between chunks, the progress callback
/// is called and a run can be cancelled.
#[test]
fn a_run_of_many_chunks_has_the_bits_of_one() {
    let x = current::<f32>(300, None, 33);
    let stack = || {
        let stack = Sequential::new().layer("hh", Hh::<f32>::new(33).noise(1.0)).layer("dense", Dense::new(33, 5));
        Box::new(stack.layer("lstm", brainpy::LstmCell::new(5, 3))) as Boxed<f32>
    };
    let vars = || {
        let bits = monitor("hh.spike").bits().named("bits");
        vec![monitor("hh.V").every(7), monitor("hh.spike").events(), monitor("lstm.c"), bits, monitor("lstm.h").bits()]
    };
    check("with a callback", &stack, &|b| b.out_vars(vars()).progress(|done, all| done <= all), &|l| {
        vec![l.run(&x).unwrap()]
    });
    check("callback on one side", &stack, &|b| b.out_vars(vars()), &|l| {
        if l.device() != Device::Cpu {
            l.set_progress(|_, _| true);
        }
        vec![l.run(&x).unwrap()]
    });
}

#[test]
fn a_cancelled_run_stands_between_two_chunks() {
    let Some(device) = device() else { return };
    let x = current::<f32>(400, None, 33);
    for strategy in STRATEGIES {
        let build = || LoopOverTime::<f32, _>::builder(hh(33)).seed(5).out_vars("V");
        let mut over_time = build().device(device).strategy(strategy).progress(|_, _| false).build().unwrap();
        let done = match over_time.run(&x) {
            Err(Error::Cancelled { done, steps: 400 }) => done,
            other => panic!("{strategy}: {other:?}"),
        };
        assert!(
            done > 0 && done <= 400 && over_time.i() == done,
            "{strategy}: {done} steps, and the loop is at {}",
            over_time.i()
        );
        // The steps before the cancellation are complete: the state is that after these steps, and
        // the run continues from there.
        let mut on_cpu = build().build().unwrap();
        on_cpu.run(x.slice(s![..done as usize, ..])).unwrap();
        bits::same_states(&format!("{strategy} after {done} steps"), &over_time, &on_cpu);
        over_time.set_progress(|_, _| true);
        let rest = x.slice(s![done as usize.., ..]);
        let (found, expected) = (over_time.run(rest).unwrap(), on_cpu.run(rest).unwrap());
        bits::same_runs(&format!("{strategy}, the rest"), &found, &expected);
    }
}

#[test]
fn a_reset_may_change_the_batch() {
    let Some(device) = device() else { return };
    for strategy in STRATEGIES {
        let build = || LoopOverTime::<f64, _>::builder(hh(9)).seed(11).batch(4).out_vars(["V", "spike"]);
        let (mut found, mut expected) =
            (build().device(device).strategy(strategy).build().unwrap(), build().build().unwrap());
        for batch in [4, 1, 7] {
            found.reset_state(batch).unwrap();
            expected.reset_state(batch).unwrap();
            for _ in 0..2 {
                let (a, b) = (found.run_steps(5).unwrap(), expected.run_steps(5).unwrap());
                bits::same_runs(&format!("{strategy}, a batch of {batch}"), &a, &b);
            }
        }
    }
}

/// A time axis that is flattened automatically, and one that is flattened by an option.
#[test]
fn stateless_systems_have_the_cpus_bits() {
    let layers = || {
        let stack = Sequential::new().layer("a", Dense::<f32>::new(13, 7).b_init(Init::uniform(-1.0, 1.0)));
        Box::new(stack.layer("b", Activation::Gelu.layer([7]))) as Boxed<f32>
    };
    let x = input(&Activation::Identity.layer([13]), Shape { units: 13, batch: Some(5), steps: 37 }, (-1.0, 1.0), 3);
    for (no_state, every) in [(true, 1), (false, 1), (false, 4)] {
        check("stateless", &layers, &|b| b.batch(5).no_state(no_state).record_every(every), &|l| {
            vec![l.run(&x).unwrap(), l.run(x.slice(s![..3, .., ..])).unwrap()]
        });
    }
}
