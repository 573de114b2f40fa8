//! Recurrent layers, and rows of unequal length: the bits of the CPU.

use crate::cuda::calls::UNHURRIED;
use crate::cuda::child::{apart, simulated};
use crate::cuda::machine::Simulated;
use crate::cuda::{bits, device};
use half::{bf16, f16};
use ndarray::{Array3, s};
use overtime::models::{Activation, Dense, Gru, Lstm, Rnn, brainpy};
use overtime::rng::Stream;
use overtime::{Builder, Device, Error, Input, LoopOverTime, Products, Scalar, Sequential, Strategy, System, monitor};

const SEED: u64 = 20_261_122;

/// A name, the variables to record, and a function that makes the model with `in` features and a
/// number of units.
type Model<T> = (&'static str, &'static [&'static str], fn(usize, usize) -> Box<dyn System<T>>);

fn models<T: Scalar>() -> Vec<Model<T>> {
    vec![
        ("rnn both ×2", &["l0.state", "l1_reverse.state"], |i, n| {
            Box::new(Rnn::new(i, n).num_layers(2).bidirectional(true))
        }),
        ("gru both", &["l0.state", "l0_reverse.state"], |i, n| Box::new(Gru::new(i, n).bidirectional(true))),
        ("lstm both ×3", &["l0.c", "l2_reverse.state"], |i, n| {
            Box::new(Lstm::new(i, n).num_layers(3).bidirectional(true))
        }),
        ("lstm ×3", &["l1.h", "l2.state"], |i, n| Box::new(Lstm::new(i, n).num_layers(3))),
        ("gru of brainpy both", &["l0_reverse.state"], |i, n| Box::new(brainpy::Gru::new(i, n).bidirectional(true))),
        ("in a stack", &["mid.l0_reverse.h", "cell.state"], |i, n| {
            let stack = Sequential::new()
                .layer("in", Dense::new(i, 4))
                .layer("mid", brainpy::Lstm::new(4, n).bidirectional(true));
            let stack =
                stack.layer("relu", Activation::Relu.layer([2 * n])).layer("cell", brainpy::RnnCell::new(2 * n, 5));
            Box::new(stack.layer("out", Dense::new(5, 3)))
        }),
    ]
}

fn series<T: Scalar>([steps, batch, features]: [usize; 3]) -> Array3<T> {
    let stream = Stream::named(SEED, "layers");
    Array3::from_shape_fn((steps, batch, features), |(t, b, k)| {
        T::from_f64(2.0 * stream.uniform(((t * batch + b) * features + k) as u64, 0) - 1.0)
    })
}

fn lengths(steps: usize, batch: usize) -> Vec<usize> {
    (0..batch).map(|b| [steps, 0, steps / 2, 1, steps - 1][b % 5].min(steps)).collect()
}

/// Makes three runs one after the other on both devices, the second with lengths, and describes the
/// first difference.
fn differences<T: Scalar>(
    model: &Model<T>,
    [steps, batch, i, n]: [usize; 4],
    device: Device,
    strategy: Strategy,
) -> Option<String> {
    let (name, vars, make) = model;
    let mut monitors: Vec<_> = vars.iter().map(|v| monitor(*v)).collect();
    monitors.push(monitor(vars[0]).every(3).named("some"));
    monitors.push(monitor(vars[0]).events().named("events"));
    let builder = || -> Builder<T, Box<dyn System<T>>> {
        LoopOverTime::builder(make(i, n)).batch(batch).out_vars(monitors.clone())
    };
    let mut on_cpu = builder().build().unwrap();
    let mut on_gpu = builder().device(device).strategy(strategy).products(Products::Ordered).build().unwrap();
    let (x, lengths) = (series::<T>([steps, batch, i]), lengths(steps, batch));
    for round in 0..3 {
        let longer = series::<T>([steps + steps * (round / 2), batch, i]);
        let input = || if round == 1 { Input::from(&x).lengths(&lengths) } else { Input::from(&longer) };
        let (expected, run) = (on_cpu.run(input()).unwrap(), on_gpu.run(input()).unwrap());
        if let Some(found) = bits::of_runs(&run, &expected).or_else(|| bits::of_states(&on_gpu, &on_cpu)) {
            return Some(format!("{name} {} {strategy} {:?} run {round}: {found}", T::DTYPE, [steps, batch, i, n]));
        }
    }
    None
}

fn check<T: Scalar>(shapes: &[[usize; 4]], strategies: &[Strategy]) {
    let Some(device) = device() else { return };
    println!("seed {SEED}");
    let all = models::<T>().into_iter().flat_map(|model| strategies.iter().map(move |strategy| (model, *strategy)));
    let found: Vec<_> = all
        .flat_map(|(model, strategy)| {
            shapes.iter().filter_map(move |shape| differences(&model, *shape, device, strategy))
        })
        .collect();
    assert!(found.is_empty(), "{}", found.join("\n"));
}

#[test]
fn f32_layers_have_the_cpus_bits() {
    apart("layers::f32_layers_have_the_cpus_bits", || {
        check::<f32>(&[[4, 6, 3, 17]], &[Strategy::HostLoop, Strategy::Persistent]);
        check::<f32>(&[[1, 1, 1, 1]], &[Strategy::Auto]);
        // The run has more steps than a graph replays at once.
        check::<f32>(&[[67, 1, 1, 2]], &[Strategy::Graph]);
    });
}

#[test]
fn f64_layers_have_the_cpus_bits() {
    apart("layers::f64_layers_have_the_cpus_bits", || {
        check::<f64>(&[[4, 6, 2, 5]], &[Strategy::Auto]);
    });
}

#[test]
fn halves_have_the_cpus_bits() {
    apart("layers::halves_have_the_cpus_bits", || {
        check::<f16>(&[[4, 6, 2, 9]], &[Strategy::Auto]);
        check::<bf16>(&[[4, 6, 2, 9]], &[Strategy::Auto]);
    });
}

/// The results stay within a bound for any order of summation, in both directions and with rows of
/// unequal length.
fn within<T: Scalar>(bound: f64) {
    let Some(device) = device() else { return };
    let (x, lengths) = (series::<T>([7, 5, 6]), lengths(7, 5));
    for (name, _, make) in models::<T>() {
        let run = |device: Device| {
            let mut over_time = LoopOverTime::builder(make(6, 40)).batch(5).device(device).build().unwrap();
            let output = over_time.run(Input::from(&x).lengths(&lengths)).unwrap().output;
            let states: Vec<_> = over_time
                .state_dict()
                .unwrap()
                .iter()
                .filter(|(n, _)| n.ends_with("state"))
                .map(|(_, a)| a.clone())
                .collect();
            (output, states)
        };
        let (ours, expected) = (run(device), run(Device::Cpu));
        let all = |(output, states): &(ndarray::ArrayD<T>, Vec<ndarray::ArrayD<T>>)| -> Vec<f64> {
            output.iter().chain(states.iter().flatten()).map(|x| x.to_f64()).collect()
        };
        let (ours, expected) = (all(&ours), all(&expected));
        let norm = |values: &mut dyn Iterator<Item = f64>| values.map(|x| x * x).sum::<f64>().sqrt();
        let error = norm(&mut ours.iter().zip(&expected).map(|(a, b)| a - b)) / norm(&mut expected.iter().copied());
        assert!(ours.len() == expected.len() && error <= bound, "{name} {}: {error:e}", T::DTYPE);
    }
}

#[test]
fn fast_products_stay_within_bounds() {
    apart("layers::fast_products_stay_within_bounds", || {
        within::<f32>(1e-5);
        within::<bf16>(1e-2);
    });
}

/// If a run is split into chunks, the length of each row continues from chunk to chunk.
#[test]
fn chunks_change_no_bit() {
    let Some(device) = device() else { return };
    let (x, lengths) = (series::<f32>([23, 6, 3]), [23, 0, 1, 7, 8, 22]);
    let stack = || Sequential::new().layer("rnn", Lstm::<f32>::new(3, 5).num_layers(2)).layer("out", Dense::new(5, 2));
    let expected =
        LoopOverTime::builder(stack()).batch(6).build().unwrap().run(Input::from(&x).lengths(&lengths)).unwrap();
    for chunk in [1, 4, 100] {
        for every in [1, 3] {
            let builder = || LoopOverTime::builder(stack()).batch(6).products(Products::Ordered).record_every(every);
            let mut over_time = builder().device(device).chunk(chunk).build().unwrap();
            let run = over_time.run(Input::from(&x).lengths(&lengths)).unwrap();
            assert!(run.output == expected.output.slice(s![..;every as isize, .., ..]).into_dyn(), "{chunk} {every}");
        }
    }
}

/// The recordings of a sequence are complete at its end, for any split of its stages. Arrays on the
/// device stay there.
#[test]
fn a_cut_of_a_sequence_changes_no_bit() {
    let Some(device) = device() else { return };
    for chunk in [1, 5, 100] {
        let build = |device: Device| {
            let layers = Gru::<f32>::new(2, 3).num_layers(2).bidirectional(true);
            let builder =
                LoopOverTime::builder(layers).batch(2).chunk(chunk).products(Products::Ordered).record_every(4);
            let reported = |steps: u64, all: u64| steps == all;
            let vars = ["l0.state", "l1_reverse.state"].map(|var| monitor(var).every(3));
            builder.out_vars(vars).device(device).progress(reported).build().unwrap()
        };
        let (mut on_cpu, mut on_gpu) = (build(Device::Cpu), build(device));
        for steps in [3, 40, 9] {
            let x = series::<f32>([steps, 2, 2]);
            bits::same_runs(&format!("{steps} steps by {chunk}"), &on_gpu.run(&x).unwrap(), &on_cpu.run(&x).unwrap());
        }
        let x = series::<f32>([50, 2, 2]);
        let there = on_gpu.to_device(&x).unwrap();
        let (run, expected) = (on_gpu.run_on_device(&there).unwrap(), on_cpu.run(&x).unwrap());
        assert!(run.output.to_host().unwrap() == expected.output, "{chunk}");
        for name in ["l0.state", "l1_reverse.state"] {
            assert!(run.get(name).unwrap().to_host().unwrap() == expected[name], "{name} by {chunk}");
        }
        bits::same_states("on the device", &on_gpu, &on_cpu);
        let error = on_gpu.run_on_device(Input::from(&there).lengths(&[1, 2])).map(|_| ()).unwrap_err();
        assert!(error.to_string().starts_with("run_on_device: lengths"), "{error}");
    }
}

#[test]
fn a_non_finite_value_is_found_in_either_direction() {
    let Some(device) = device() else { return };
    let layers = || {
        let layers =
            Rnn::<f32>::new(1, 2).bidirectional(true).activation(Activation::Identity).b_init(overtime::Init::Zeros);
        layers.wi_init(overtime::Init::Constant(1.0)).wh_init(overtime::Init::Constant(1e10))
    };
    let mut x = Array3::<f32>::zeros((20, 2, 1));
    x[[10, 1, 0]] = 1.0;
    for lengths in [[20, 20], [20, 12]] {
        let fails = |device: Device| {
            let mut over_time = LoopOverTime::builder(layers()).batch(2).device(device).build().unwrap();
            let error = over_time.run(Input::from(&x).lengths(&lengths)).unwrap_err();
            assert!(matches!(error, Error::NotFinite { .. }), "{error}");
            error.to_string()
        };
        assert_eq!(fails(device), fails(Device::Cpu));
    }
}

/// A longer sequence allocates memory when it arrives. If the memory does not suffice, the run is
/// refused and nothing changes.
#[test]
fn a_sequence_that_does_not_fit_is_refused() {
    simulated("layers::a_sequence_that_does_not_fit_is_refused", &[("FAKECUDA_MEMORY_MIB", "64")], || {
        let layers = Rnn::<f32>::new(1, 64).num_layers(2).bidirectional(true);
        let build = |device: Device| {
            let builder = LoopOverTime::builder(layers.clone()).batch(16).products(Products::Ordered);
            builder.record_output(false).chunk(10).device(device).build()
        };
        let mut over_time = build(Device::Cuda(0)).unwrap();
        let error = over_time.run(&Array3::zeros((20_000, 16, 1))).map(|_| ()).unwrap_err();
        assert!(matches!(&error, Error::OutOfMemory { what, .. } if what.contains("20000 steps")), "{error}");
        assert_eq!(over_time.i(), 0);
        let x = series::<f32>([4, 16, 1]);
        let mut on_cpu = build(Device::Cpu).unwrap();
        over_time.run(&x).unwrap();
        on_cpu.run(&x).unwrap();
        bits::same_states("after a refusal", &over_time, &on_cpu);
    });
}

/// One product with the input covers as many steps as the memory allows.
#[test]
fn a_sequence_whose_products_do_not_fit_is_cut() {
    let small = [("FAKECUDA_MEMORY_MIB", "1"), UNHURRIED];
    simulated("layers::a_sequence_whose_products_do_not_fit_is_cut", &small, || {
        let driver = Simulated::new().unwrap();
        let build = |device: Device| {
            let layers = Rnn::<f32>::new(1, 8).bidirectional(true);
            LoopOverTime::builder(layers)
                .batch(64)
                .products(Products::Ordered)
                .record_output(false)
                .device(device)
                .build()
                .unwrap()
        };
        let (mut over_time, mut on_cpu) = (build(Device::Cuda(0)), build(Device::Cpu));
        // Each product takes 2 KiB of an eighth of the memory.
        let x = series::<f32>([800, 64, 1]);
        over_time.run(&x).unwrap();
        on_cpu.run(&x).unwrap();
        bits::same_states("cut", &over_time, &on_cpu);
        assert_eq!(driver.report().kernels["cell_scan"].0, 2 * 13);
    });
}

/// Runs that `benches/peers/check_torch.py` compares with torch's own layers, in the folder that
/// `OVERTIME_TORCH` names.
#[test]
fn runs_for_torch() {
    let Some(folder) = std::env::var_os("OVERTIME_TORCH").map(std::path::PathBuf::from) else {
        println!("SKIPPED: OVERTIME_TORCH is not set");
        return;
    };
    let Some(device) = device() else { return };
    type Make = fn(bool) -> Box<dyn System<f32>>;
    let makes: [(&str, Make); 3] = [
        ("RNN", |both| Box::new(Rnn::new(5, 9).num_layers(3).bidirectional(both))),
        ("GRU", |both| Box::new(Gru::new(5, 9).num_layers(3).bidirectional(both))),
        ("LSTM", |both| Box::new(Lstm::new(5, 9).num_layers(3).bidirectional(both))),
    ];
    let (x, lengths) = (series::<f32>([11, 4, 5]), [11, 3, 1, 8]);
    for (kind, make) in makes {
        for both in [false, true] {
            for packed in [false, true] {
                let mut over_time = LoopOverTime::builder(make(both)).batch(4).device(device).build().unwrap();
                let input = Input::from(&x);
                let run = over_time.run(if packed { input.lengths(&lengths) } else { input }).unwrap();
                let mut npz = overtime_npz::Writer::create(folder.join(format!("{kind}_{both}_{packed}.npz"))).unwrap();
                npz.add("x", x.view().into_dyn()).unwrap();
                if packed {
                    npz.add("lengths", ndarray::arr1(&lengths.map(|l| l as f64)).view().into_dyn()).unwrap();
                }
                npz.add("output", run.output.view()).unwrap();
                for (name, array) in over_time.state_dict().unwrap().iter() {
                    npz.add(name, array.view()).unwrap();
                }
                npz.finish().unwrap();
            }
        }
    }
}
