//! Data of any size is on the device before a kernel reads it: each test uses its data at once. The
//! simulated driver does not land a copy from pageable memory before the program waits for it, and
//! names the copy that a kernel did not wait for.

use crate::cuda::child::alone;
use crate::cuda::networks::{SEED, values};
use crate::cuda::parity::STRATEGIES;
use crate::cuda::products::Case;
use crate::cuda::{bits, device};
use ndarray::{Array2, Array3};
use overtime::models::{Dense, Hh, Lif, brainpy};
use overtime::network::{Connect, Group, Network, Projection, Receptor};
use overtime::rng::Stream;
use overtime::{Builder, Device, Init, LoopOverTime, Products, Strategy, System, monitor};

/// Runs on both devices, and again after the state was written, in its own process with enough
/// memory.
fn same<S: System<f32>>(name: &str, steps: u64, make: impl Fn() -> Builder<f32, S>, strategies: &[Strategy]) {
    alone(&format!("uploads::{name}"), &[("FAKECUDA_MEMORY_MIB", "512")], || same_here(name, steps, make, strategies));
}

fn same_here<S: System<f32>>(name: &str, steps: u64, make: impl Fn() -> Builder<f32, S>, strategies: &[Strategy]) {
    let Some(device) = device() else { return };
    let mut on_cpu = make().build().unwrap();
    let expected = on_cpu.run_steps(steps).unwrap();
    on_cpu.reset_state(9).unwrap();
    let again = on_cpu.run_steps(1).unwrap();
    for strategy in strategies {
        let mut over_time = make().device(device).strategy(*strategy).build().unwrap();
        bits::same_runs(&format!("{name}, {strategy}"), &over_time.run_steps(steps).unwrap(), &expected);
        over_time.reset_state(9).unwrap();
        bits::same_runs(&format!("{name}, {strategy}, written anew"), &over_time.run_steps(1).unwrap(), &again);
    }
}

#[test]
fn a_state_of_many_neurons() {
    // Each of four variables takes 160 kB.
    let hh = || {
        LoopOverTime::builder(Hh::<f32>::new(40_000).v(Init::uniform(-75.0, -40.0))).seed(SEED).dt(0.02).out_vars("V")
    };
    same("a_state_of_many_neurons", 3, hh, &[Strategy::Auto, Strategy::HostLoop]);
}

#[test]
fn constants_of_many_neurons() {
    let tau: Vec<f32> = (0..40_000).map(|k| 5.0 + (k % 97) as f32).collect();
    let lif = move || {
        let lif = Lif::<f32>::new(40_000).param("tau", tau.clone()).unwrap().v(Init::uniform(-5.0, 19.0));
        LoopOverTime::builder(lif).seed(SEED).out_vars("V")
    };
    same("constants_of_many_neurons", 2, lif, &[Strategy::Auto]);
}

/// The offsets of 20,000 rows, given targets and weights, and generated ones, each of more than 64
/// KiB.
#[test]
fn synapses_of_many_neurons() {
    let n = 20_000;
    let draw = |what: &str| -> Vec<u32> {
        let stream = Stream::named(SEED, what);
        (0..2 * n as u64).map(|k| (stream.uniform(k, 0) * n as f64) as u32).collect()
    };
    let make = || {
        let cells = Lif::<f32>::new(n).v(Init::uniform(10.0, 21.0));
        let cells = Group::new("E", cells)
            .receptor(Receptor::exponential("s", 5.0))
            .receptor(Receptor::delta("kick", "V"))
            .current(15.0);
        let network = Network::builder(0.1)
            .group(cells)
            .project(
                Projection::new("given", "E", ("E", "s"))
                    .connect(Connect::Arrays { pre: draw("pre"), post: draw("post") })
                    .weight(values("weights", 2 * n, -0.5, 1.5))
                    .delay(0.1),
            )
            .project(
                Projection::new("made", "E", ("E", "kick"))
                    .connect(Connect::FixedNumPost(3))
                    .weight(Init::uniform(0.0, 0.2))
                    .delay(0.1),
            )
            .build()
            .unwrap();
        LoopOverTime::builder(network).dt(0.1).seed(SEED).out_vars([monitor("E.V"), monitor("E.spike").events()])
    };
    same("synapses_of_many_neurons", 3, make, &[Strategy::Auto, Strategy::HostLoop]);
}

/// The weights are read by a packing kernel as soon as they are written, by another kernel before
/// that, and by the loop's own kernel.
#[test]
fn weights_of_wide_layers() {
    let Some(device) = device() else { return };
    let x = Array3::from_shape_fn((2, 2, 130), |(t, b, k)| ((t * 7 + b * 3 + k) % 11) as f32 * 0.1 - 0.5);
    for products in [Products::Ordered, Products::Fast] {
        let run = |device: Device| {
            let builder =
                LoopOverTime::builder(brainpy::LstmCell::<f32>::new(130, 160)).batch(2).seed(SEED).products(products);
            builder.device(device).build().unwrap().run(&x).unwrap().output
        };
        let (found, expected) = (run(device), run(Device::Cpu));
        // The sums are in another order: they have 290 products of magnitude below one, each
        // rounded to 24 bits.
        let bound = if products == Products::Ordered { 0.0 } else { 1e-4 };
        let far = found
            .iter()
            .zip(&expected)
            .map(|(a, b)| (a - b).abs())
            .fold(0.0, |most, d| if d <= most { most } else { d });
        assert!(far <= bound, "{products:?}: {far:e}");
    }
    let dense = |device| {
        let builder =
            LoopOverTime::builder(Dense::<f32>::new(300, 200)).seed(SEED).products(Products::Ordered).device(device);
        builder.build().unwrap().run(&Array2::from_elem((3, 300), 0.3_f32)).unwrap()
    };
    bits::same_runs("dense", &dense(device), &dense(Device::Cpu));
}

#[test]
fn operands_of_a_product() {
    let Some(device) = device() else { return };
    // A, B and the bias take 160 kB or more.
    let case = Case { products: Products::Ordered, ..Case::new(200, 200, 200, [false; 2]) };
    let [a, b, bias] = case.inputs::<f32>(SEED);
    let [cpu, cuda] = [Device::Cpu, device].map(|device| case.build::<f32>(device).run(&a, &b, Some(&bias)).unwrap());
    assert!(bytemuck::cast_slice::<f32, u8>(&cpu) == bytemuck::cast_slice::<f32, u8>(&cuda));
    let mut product = case.build::<f32>(device);
    let [a, b, bias] = [&a, &b, &bias].map(|x| product.to_device(x).unwrap());
    let found = product.run_on_device(&a, &b, Some(&bias)).unwrap().to_host().unwrap();
    assert!(bytemuck::cast_slice::<f32, u8>(&cpu) == bytemuck::cast_slice::<f32, u8>(found.as_slice().unwrap()));
}

#[test]
fn inputs_on_the_device() {
    let Some(device) = device() else { return };
    let x = Array2::from_shape_fn((3, 30_000), |(t, k)| ((t * 13 + k) % 29) as f32);
    let make = || LoopOverTime::builder(Lif::<f32>::new(30_000)).seed(SEED).out_vars("V");
    let expected = make().build().unwrap().run(&x).unwrap();
    for strategy in STRATEGIES {
        let mut over_time = make().device(device).strategy(strategy).build().unwrap();
        let on_device = over_time.to_device(&x).unwrap();
        let found = over_time.run_on_device(&on_device).unwrap().output.to_host().unwrap();
        assert!(found.as_slice() == expected.output.as_slice(), "{strategy}");
    }
}
