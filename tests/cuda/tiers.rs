//! Recurrent cells with the fast kernels. Every tier stays within a bound of the CPU's run, and all
//! tiers have the same bits. Other tests compare the CPU's run with an independent program in f64.
//! The environment selects a tier, so each selection needs its own process.

use crate::cuda::bits;
use crate::cuda::calls::UNHURRIED;
use crate::cuda::child::{alone, simulated};
use crate::cuda::machine::{Simulated, device};
use crate::cuda::models::{self, Model};
use crate::cuda::parity::{Shape, input};
use half::{bf16, f16};
use ndarray::ArrayD;
use overtime::models::brainpy;
use overtime::{
    Builder, Device, Error, Init, Input, LoopOverTime, Products, Recording, Scalar, Strategy, System, monitor,
};
use std::primitive::{f32, f64};

const TIERS: [&str; 5] = ["block", "cluster", "grid", "step", PRODUCT];
/// The tier that sums as a dense product does, in another order than the other tiers.
const PRODUCT: &str = "product";
const SEED: u64 = 77;

/// Selects the tier of cells from now on.
fn take(tier: &str) {
    // SAFETY: this process runs one test alone, and the thread that runs the test makes this call.
    unsafe { std::env::set_var("OVERTIME_CELLS", tier) };
}

fn builder<T: Scalar>(model: &Model<T>, shape: Shape) -> Builder<T, Box<dyn System<T>>> {
    let builder = LoopOverTime::builder(model.system(shape.units)).batch(shape.batch).seed(SEED);
    let state = |name: &str| monitor(name.to_owned());
    let mut vars: Vec<_> = model.vars.iter().map(|v| state(v)).collect();
    vars.extend(model.vars.first().map(|v| state(v).every(2).named("seldom")));
    vars.extend(model.vars.first().map(|v| state(v).events().named("bits")));
    builder.out_vars(vars)
}

fn distance<T: Scalar>(a: &ArrayD<T>, b: &ArrayD<T>) -> f64 {
    assert_eq!(a.shape(), b.shape());
    let [mut error, mut size] = [0.0; 2];
    for (a, b) in a.iter().zip(b) {
        error += (a.to_f64() - b.to_f64()).powi(2);
        size += b.to_f64().powi(2);
    }
    if error == 0.0 { 0.0 } else { (error / size).sqrt() }
}

/// The largest distance between two runs, over the output and the recordings.
fn farthest<T: Scalar>(found: &Recording<T>, expected: &Recording<T>) -> f64 {
    let names = found.iter().map(|(name, _)| name).filter(|name| *name != "bits");
    let of_vars = names.map(|name| distance(found.get(name).unwrap(), expected.get(name).unwrap()));
    // The comparison is written so that NaN counts as the largest distance.
    of_vars.chain([distance(&found.output, &expected.output)]).fold(0.0, |most, d| if d <= most { most } else { d })
}

/// Events are the non-zero values of the recorded state.
fn events_are_where_values_are<T: Scalar>(model: &Model<T>, run: &Recording<T>) {
    let Some(name) = model.vars.first() else { return };
    let values = run.get(name).unwrap();
    let count = values.iter().filter(|x| x.to_f64() != 0.0).count();
    let events = run.events("bits").unwrap();
    assert_eq!(events.step.len(), count, "{}: the number of events differs", model.name);
}

fn every_tier<T: Scalar>(bound: f64, products: Products, shapes: &[Shape], names: &[&str]) {
    let device = Device::Cuda(0);
    for model in models::cells::<T>().iter().filter(|m| names.contains(&m.name.as_str())) {
        for &shape in shapes {
            let what = format!("{} {} {shape:?}", model.name, T::DTYPE);
            let mut on_cpu = builder(model, shape).build().unwrap();
            let x = input(on_cpu.system(), shape, model.scale, SEED);
            let expected = on_cpu.run(&x).unwrap();
            let mut first: Option<Recording<T>> = None;
            for tier in TIERS {
                take(tier);
                let make = || builder(model, shape).device(device).products(products);
                let mut whole = match make().build() {
                    Ok(built) => built,
                    // One block or one cluster cannot hold this cell.
                    Err(Error::Unsupported(why)) if matches!(tier, "block" | "cluster") => {
                        println!("{what} {tier}: {why}");
                        continue;
                    }
                    Err(error) => panic!("{what} {tier}: {error}"),
                };
                assert!(whole.strategy().contains(&format!("tier `{tier}`")), "{}", whole.strategy());
                let run = whole.run(&x).unwrap();
                let far = farthest(&run, &expected);
                println!("{what} {tier}: {far:e}");
                assert!(far <= bound, "{what} {tier}: {far:e} from the CPU's run, seed {SEED}");
                events_are_where_values_are(model, &run);
                // The run is repeated in chunks.
                let mut cut = make().chunk(2).build().unwrap();
                let again = cut.run(&x).unwrap();
                let same = bits::of_runs(&again, &run).or_else(|| bits::of_states(&cut, &whole));
                assert_eq!(same, None, "{what} {tier} in chunks");
                match &first {
                    None => first = Some(run),
                    Some(_) if tier == PRODUCT => {}
                    Some(first) => {
                        assert_eq!(bits::of_runs(&run, first), None, "{what} {tier} differs from the other tiers")
                    }
                }
            }
        }
    }
}

const fn shape(units: usize, batch: Option<usize>, steps: usize) -> Shape {
    Shape { units, batch, steps }
}

const ALL: &[&str] = &["rnn tanh", "gru", "gru of torch", "lstm"];

#[test]
fn every_tier_keeps_its_bounds_and_all_agree() {
    alone("tiers::every_tier_keeps_its_bounds_and_all_agree", &[], || {
        every_tier::<f32>(1e-5, Products::Fast, &[shape(33, Some(7), 5)], ALL);
        every_tier::<f32>(1e-5, Products::Fast, &[shape(1, None, 1)], &["gru"]);
        every_tier::<f32>(1e-5, Products::Fast, &[shape(129, Some(1), 2)], &["lstm"]);
        every_tier::<bf16>(1e-2, Products::Fast, &[shape(33, Some(17), 3)], &["gru", "lstm"]);
        every_tier::<bf16>(1e-2, Products::Fast, &[shape(129, None, 2)], &["gru of torch"]);
        every_tier::<f64>(1e-14, Products::Fast, &[shape(17, Some(2), 3)], &["gru"]);
        every_tier::<f16>(2e-3, Products::Fast, &[shape(17, Some(2), 3)], &["lstm"]);
        every_tier::<f32>(1e-3, Products::Tf32, &[shape(33, Some(3), 3)], &["gru"]);
    });
}

/// The table's own choice, for every strategy.
#[test]
fn strategies_take_their_tiers() {
    let Some(device) = device() else { return };
    let model = &models::cells::<f32>().into_iter().find(|m| m.name == "gru").unwrap();
    let shape = shape(9, Some(2), 67);
    let mut on_cpu = builder(model, shape).build().unwrap();
    let x = input(on_cpu.system(), shape, model.scale, SEED);
    let expected = on_cpu.run(&x).unwrap();
    let mut first: Option<Recording<f32>> = None;
    for (strategy, tier) in [
        (Strategy::Auto, "block"),
        (Strategy::Persistent, "block"),
        (Strategy::Graph, "step"),
        (Strategy::HostLoop, "step"),
    ] {
        let mut on_gpu = builder(model, shape).device(device).strategy(strategy).build().unwrap();
        assert!(on_gpu.strategy().contains(&format!("tier `{tier}`")), "{strategy}: {}", on_gpu.strategy());
        let run = on_gpu.run(&x).unwrap();
        let far = farthest(&run, &expected);
        assert!(far <= 1e-5, "{strategy}: {far:e}");
        match &first {
            None => first = Some(run),
            Some(first) => assert_eq!(bits::of_runs(&run, first), None, "{strategy}"),
        }
    }
}

/// Both directions of time write to one row of the output, with rows of unequal length.
#[test]
fn rows_of_unequal_length_go_both_ways() {
    alone("tiers::rows_of_unequal_length_go_both_ways", &[], || {
        let make = || {
            LoopOverTime::builder(brainpy::Gru::<f32>::new(3, 9).bidirectional(true))
                .batch(5)
                .out_vars("l0_reverse.state")
        };
        let mut on_cpu = make().build().unwrap();
        let x = input(on_cpu.system(), shape(9, Some(5), 4), (-1.0, 1.0), SEED);
        let lengths = [4, 0, 2, 1, 3];
        let expected = on_cpu.run(Input::from(&x).lengths(&lengths)).unwrap();
        let mut first: Option<Recording<f32>> = None;
        for tier in TIERS {
            take(tier);
            let mut on_gpu = make().device(Device::Cuda(0)).build().unwrap();
            assert!(on_gpu.strategy().contains(&format!("tier `{tier}`")), "{}", on_gpu.strategy());
            let run = on_gpu.run(Input::from(&x).lengths(&lengths)).unwrap();
            let far = farthest(&run, &expected);
            assert!(far <= 1e-5, "{tier}: {far:e}");
            match &first {
                None => first = Some(run),
                Some(_) if tier == PRODUCT => {}
                Some(first) => assert_eq!(bits::of_runs(&run, first), None, "{tier}"),
            }
        }
    });
}

/// There are more rows than a shard has, and the weights change.
#[test]
fn weights_are_packed_whenever_they_change() {
    let Some(device) = device() else { return };
    let shape = shape(12, Some(150), 2);
    let make = || LoopOverTime::builder(brainpy::LstmCell::<f32>::new(3, 12)).batch(150);
    let (mut on_cpu, mut on_gpu) = (make().build().unwrap(), make().device(device).build().unwrap());
    let x = input(on_cpu.system(), shape, (-1.0, 1.0), SEED);
    let before = on_gpu.run(&x).unwrap();
    let far = farthest(&before, &on_cpu.run(&x).unwrap());
    assert!(far <= 1e-5, "{far:e}");
    for over_time in [&mut on_cpu, &mut on_gpu] {
        let mut dict = over_time.state_dict().unwrap();
        dict.insert("Wh", ArrayD::from_shape_fn(vec![12, 48], |at| ((at[0] * 48 + at[1]) % 7) as f32 * 0.05 - 0.1));
        over_time.load_state_dict(&dict, true).unwrap();
    }
    let far = farthest(&on_gpu.run(&x).unwrap(), &on_cpu.run(&x).unwrap());
    assert!(far <= 1e-5, "{far:e} with other weights");
}

/// A chunk takes one launch and one launch for its products. If each step is a launch, it takes one
/// for each phase.
#[test]
fn launches_are_few() {
    simulated("tiers::launches_are_few", &[UNHURRIED], || {
        for (tier, steps, kernel, expected) in [
            ("block", 50, "tile_scan", 1),
            ("cluster", 50, "tile_scan", 1),
            ("grid", 50, "tile_scan", 1),
            ("step", 70, "tile_step", 140),
            (PRODUCT, 70, "tile_gates", 140),
            (PRODUCT, 70, "product", 140),
            (PRODUCT, 70, "tile_begin", 1),
        ] {
            take(tier);
            let driver = Simulated::new().unwrap();
            let mut over_time = LoopOverTime::builder(brainpy::GruCell::<f32>::new(3, 33))
                .batch(2)
                .device(Device::Cuda(0))
                .build()
                .unwrap();
            let x = input(over_time.system(), shape(33, Some(2), steps), (-1.0, 1.0), SEED);
            over_time.run(&x).unwrap();
            driver.reset();
            over_time.run(&x).unwrap();
            let report = driver.report();
            println!("{tier}: {:?} {:?}", report.calls, report.kernels);
            assert_eq!(report.kernels.get(kernel).map(|k| k.0), Some(expected), "{tier}: {:?}", report.kernels);
            assert!(!report.kernels.contains_key("tile_pack"), "{tier} packs weights in a run");
            assert_eq!(report.said, Vec::<String>::new());
        }
    });
}

/// A cell whose barrier does not work must be detected.
fn caught(tier: &str) -> String {
    take(tier);
    let cell = brainpy::LstmCell::<f32>::new(3, 33).wh_init(Init::uniform(-0.1, 0.1));
    let driver = Simulated::new().unwrap();
    let built = LoopOverTime::builder(cell).batch(2).device(Device::Cuda(0)).build();
    let mut over_time = built.unwrap();
    let x = input(over_time.system(), shape(33, Some(2), 4), (-1.0, 1.0), SEED);
    assert!(over_time.run(&x).is_err(), "{tier}: the run did not fail");
    driver.report().said.join("\n")
}

macro_rules! planted {
    ($($name:ident: $tier:expr, $mistake:literal, $kernel:literal;)*) => {$(
        #[test]
        fn $name() {
            simulated(concat!("tiers::", stringify!($name)), &[("FAKECUDA_REPLACE", $mistake)], || {
                let said = caught($tier);
                println!("{said}");
                assert!(said.contains($kernel), "{said}");
            });
        }
    )*};
}
planted! {
    a_block_without_its_barrier_is_caught: "block", "bar.sync \t0;=>", "Race in kernel tile_";
    a_cluster_without_its_barrier_is_caught: "cluster", "cluster.arrive.release=>cluster.arrive.relaxed", "Race in kernel tile_";
    a_grid_whose_barrier_does_not_acquire_is_detected: "grid", "ld.acquire.gpu=>ld.relaxed.gpu", "Race in kernel tile_";
    a_step_without_its_barrier_is_caught: "step", "bar.sync \t0;=>", "Race in kernel tile_";
    a_product_without_its_barrier_is_caught: PRODUCT, "bar.sync \t0;=>", "Race in kernel product";
}

/// The tier `step` reads the weights once for each shard of rows, and a product reads them only
/// once. So the table selects the product, for every way to launch steps. On a device of compute
/// capability 9.0, warp groups compute it, and a graph keeps its tensor maps.
#[test]
fn many_rows_of_a_large_cell_are_a_product_a_step() {
    simulated("tiers::many_rows_of_a_large_cell_are_a_product_a_step", &[("FAKECUDA_SMS", "1")], || {
        let shape = shape(496, Some(128), 2);
        let make = || LoopOverTime::builder(brainpy::LstmCell::<bf16>::new(3, 496)).batch(128);
        let mut on_cpu = make().build().unwrap();
        let x = input(on_cpu.system(), shape, (-1.0, 1.0), SEED);
        let expected = on_cpu.run(&x).unwrap();
        let driver = Simulated::new().unwrap();
        let mut on_gpu = make().device(Device::Cuda(0)).build().unwrap();
        assert!(on_gpu.strategy().contains("tier `product`"), "{}", on_gpu.strategy());
        driver.reset();
        let far = farthest(&on_gpu.run(&x).unwrap(), &expected);
        assert!(far <= 1e-2, "{far:e}");
        let report = driver.report();
        assert_eq!(report.calls.get("cuTensorMapEncodeTiled"), Some(&4), "{report:?}");
    });
}
