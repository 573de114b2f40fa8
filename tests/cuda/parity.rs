//! Every system, type and strategy has the bits of the CPU, for odd shapes.

use crate::cuda::child::{alone, apart};
use crate::cuda::models::{self, Model};
use crate::cuda::{bits, device};
use half::{bf16, f16};
use ndarray::{ArrayD, IxDyn};
use overtime::rng::Stream;
use overtime::{Builder, Device, Error, Input, LoopOverTime, Products, Scalar, Strategy, System};
use std::panic::{AssertUnwindSafe, catch_unwind};

pub(crate) const STRATEGIES: [Strategy; 4] =
    [Strategy::HostLoop, Strategy::Graph, Strategy::Persistent, Strategy::Auto];

/// The number of units, of batch rows (or none), and of steps.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Shape {
    pub(crate) units: usize,
    pub(crate) batch: Option<usize>,
    pub(crate) steps: usize,
}

const fn shape(units: usize, batch: Option<usize>, steps: usize) -> Shape {
    Shape { units, batch, steps }
}

/// Random values of a schema's first input, `[steps, batch, …]`, in a range, all exact in `T`.
pub(crate) fn input<T: Scalar>(system: &impl System<T>, shape: Shape, (low, high): (f64, f64), seed: u64) -> ArrayD<T> {
    let features = system.schema().inputs.first().map(|i| i.shape.clone()).unwrap_or_default();
    let axes: Vec<usize> = std::iter::once(shape.steps).chain(shape.batch).chain(features).collect();
    let (stream, mut k) = (Stream::named(seed, "test input"), 0);
    ArrayD::from_shape_simple_fn(IxDyn(&axes), || {
        k += 1;
        T::from_f64(low + (high - low) * stream.uniform(k, 0))
    })
}

pub(crate) fn builder<T: Scalar>(model: &Model<T>, shape: Shape) -> Builder<T, Box<dyn System<T>>> {
    let builder = LoopOverTime::builder(model.system(shape.units))
        .batch(shape.batch)
        .dt(0.02)
        .seed(SEED)
        .products(Products::Ordered);
    if model.vars.is_empty() { builder } else { builder.out_vars(model.vars.to_vec()) }
}

const SEED: u64 = 20_260;

/// Runs one system in one shape on the CPU and with these strategies, and describes the
/// differences.
fn differences<T: Scalar>(model: &Model<T>, shape: Shape, device: Device, strategies: &[Strategy]) -> Vec<String> {
    let mut on_cpu = builder(model, shape).build().unwrap();
    let x = input(on_cpu.system(), shape, model.scale, SEED);
    // A second input, if there is one, is a conductance.
    let g = input(on_cpu.system(), shape, (0.0, model.scale.1 / 10.0), SEED + 1);
    let second = on_cpu.schema().inputs.len() == 2;
    let none = on_cpu.schema().inputs.is_empty();
    let given = || match (none, second) {
        (true, _) => Input::steps(shape.steps as u64),
        (_, true) => Input::from(&x).named("g", &g),
        _ => Input::from(&x),
    };
    let expected = on_cpu.run(given()).unwrap();
    let mut found = Vec::new();
    for &strategy in strategies {
        let run = || {
            let mut over_time = match builder(model, shape).device(device).strategy(strategy).build() {
                Err(Error::Unsupported(why)) if strategy == Strategy::Persistent || strategy == Strategy::Graph => {
                    // `every_system_runs_in_every_strategy` below tests which systems may refuse a
                    // strategy.
                    println!("{} {} {strategy}: {why}", model.name, T::DTYPE);
                    return None;
                }
                Err(e) => return Some(e.to_string()),
                Ok(built) => built,
            };
            match over_time.run(given()) {
                Err(e) => Some(e.to_string()),
                Ok(run) => bits::of_runs(&run, &expected).or_else(|| bits::of_states(&over_time, &on_cpu)),
            }
        };
        let difference = catch_unwind(AssertUnwindSafe(run)).unwrap_or_else(|_| Some("panicked".into()));
        found.extend(difference.map(|d| format!("{} {} {strategy} {shape:?}: {d}", model.name, T::DTYPE)));
    }
    found
}

fn check<T: Scalar>(models: &[Model<T>], shapes: &[Shape], strategies: &[Strategy]) {
    let Some(device) = device() else { return };
    // `PARITY=text` runs only the systems whose names contain the text.
    let only = std::env::var("PARITY").unwrap_or_default();
    let mut found = Vec::new();
    for model in models.iter().filter(|m| m.name.contains(&only)) {
        for &shape in shapes {
            found.extend(differences(model, shape, device, strategies));
        }
    }
    assert!(
        found.is_empty(),
        "seed {SEED}; {} of {} systems' runs differ:\n{}",
        found.len(),
        models.len(),
        found.join("\n")
    );
}

/// One neuron with many steps, a small batch, and more neurons than a block has threads.
const OF_NEURONS: [Shape; 3] = [shape(1, None, 257), shape(33, Some(7), 3), shape(1025, Some(1), 2)];
const OF_LAYERS: [Shape; 3] = [shape(1, None, 1), shape(33, Some(7), 5), shape(131, Some(1), 2)];
const OF_CELLS: [Shape; 3] = [shape(1, None, 257), shape(33, Some(7), 5), shape(129, Some(1), 2)];

macro_rules! each_type {
    ($($kind:ident($shapes:ident): $($t:ident)*;)*) => {
        $(mod $kind {
            $(#[test]
            fn $t() {
                let test = concat!("parity::", stringify!($kind), "::", stringify!($t));
                super::apart(test, || super::check::<super::$t>(&super::models::$kind(), &super::$shapes, &super::STRATEGIES));
            })*
        })*
    };
}
use std::primitive::{f32, f64};
each_type! {
    neurons(OF_NEURONS): f64 f32;
    layers(OF_LAYERS): f64 f32 f16 bf16;
    cells(OF_CELLS): f64 f32 f16 bf16;
}

/// A hidden state of more than a thousand units, more than a block has threads.
#[test]
fn wide_cells() {
    let wide = |name: &str| name == "rnn tanh" || name == "lstm" || name == "gru";
    let models: Vec<Model<f32>> = models::cells().into_iter().filter(|m| wide(&m.name)).collect();
    apart("parity::wide_cells", || check(&models, &[shape(1025, Some(2), 2)], &STRATEGIES));
}

/// A state larger than a block's shared memory, which is kept in device memory.
#[test]
fn cells_with_a_state_in_device_memory() {
    // The weights need more memory than other tests use.
    alone("parity::cells_with_a_state_in_device_memory", &[("FAKECUDA_MEMORY_MIB", "128")], || {
        let Some(device) = device() else { return };
        let models = models::cells::<f64>();
        let model = models.iter().find(|m| m.name == "gru of any size").unwrap();
        let shape = shape(1537, Some(2), 2);
        // The chunks are as short as the run, so that its products leave memory for the weights.
        let make = || builder(model, shape).chunk(2);
        let (mut on_cpu, mut on_gpu) = (make().build().unwrap(), make().device(device).build().unwrap());
        let x = input(on_cpu.system(), shape, model.scale, SEED);
        let (expected, run) = (on_cpu.run(&x).unwrap(), on_gpu.run(&x).unwrap());
        assert_eq!(bits::of_runs(&run, &expected).or_else(|| bits::of_states(&on_gpu, &on_cpu)), None);
    });
}

/// A run of no steps, or of no units, leaves nothing behind.
#[test]
fn runs_without_steps_or_units_are_empty() {
    let Some(device) = device() else { return };
    for units in [0, 3] {
        for steps in [0, 2] {
            let model = &models::neurons::<f32>()[0];
            let shape = shape(units, Some(2), steps);
            let found = differences(model, shape, device, &STRATEGIES);
            assert!(found.is_empty(), "{}", found.join("\n"));
        }
    }
}

/// The systems that may refuse a strategy; so far there are none.
#[test]
fn every_system_runs_in_every_strategy() {
    apart("parity::every_system_runs_in_every_strategy", refusals);
}

fn refusals() {
    const CANNOT: &[(&str, Strategy)] = &[];
    let Some(device) = device() else { return };
    let mut refused = Vec::new();
    let mut ask = |name: &str, strategy: Strategy, error: Option<Error>| match error {
        Some(Error::Unsupported(why)) if !CANNOT.contains(&(name, strategy)) => {
            refused.push(format!("{name} {strategy}: {why}"))
        }
        None if CANNOT.contains(&(name, strategy)) => refused.push(format!("{name} {strategy} can run now")),
        Some(Error::Unsupported(_)) | None => {}
        Some(other) => refused.push(format!("{name} {strategy}: {other}")),
    };
    for strategy in STRATEGIES {
        for model in models::neurons::<f32>().into_iter().chain(models::layers()).chain(models::cells()) {
            ask(
                &model.name,
                strategy,
                builder(&model, shape(9, Some(2), 1)).device(device).strategy(strategy).build().err(),
            );
        }
    }
    assert!(refused.is_empty(), "{}", refused.join("\n"));
}
