//! Properties that hold for any input: split runs, batches, threads, blocks and seeds.

use ndarray::{Array3, ArrayD, Axis, s};
use overtime::models::{
    Activation, AdExIf, Channel, ChannelKind, CondNeuGroup, Dense, Hh, Lif, Method, MorrisLecar, TraubMiles, brainpy,
};
use overtime::{
    Equations, Init, Input, Inputs, LoopOverTime, Real, Recording, Scalar, Schema, Sequential, Shared, State, System,
    Tick, VarSpec,
};
use proptest::prelude::*;

/// A system that is coupled within its rows, with two variables of different lengths: a ring in
/// which each unit pulls its neighbour.
struct Ring(usize);

impl<R: Real> System<R> for Ring {
    fn schema(&self) -> Schema {
        Schema::row([self.0], [self.0]).var(VarSpec::new("ring", [self.0])).var(VarSpec::new("sum", [1]))
    }

    fn init(&self, _: &Shared, state: &mut State<'_, R>) {
        let [ring, sum] = state.vars();
        ring.fill(R::of(0.5));
        sum.fill(R::of(0.0));
    }

    fn step(&self, at: Tick<'_>, x: &Inputs<'_, R>, state: &mut State<'_, R>, y: &mut [R]) {
        let n = self.0;
        let dt = R::of(at.dt);
        let [ring, sum] = state.vars();
        let rows = ring.chunks_mut(n).zip(sum.iter_mut()).zip(x.port(0).chunks(n)).zip(y.chunks_mut(n));
        for (((ring, sum), x), y) in rows {
            let old = ring.to_vec();
            for k in 0..n {
                ring[k] = old[k] + dt * (old[(k + 1) % n] - old[k] + x[k] * R::of(0.01));
                *sum += ring[k];
            }
            y.copy_from_slice(ring);
        }
    }
}

/// The number of systems that each property is tested with.
const SYSTEMS: usize = 15;

fn system<R: Real>(which: usize, units: usize, noise: bool) -> (Box<dyn System<R>>, &'static [&'static str]) {
    let sigma = if noise { 2.0 } else { 0.0 };
    let v = || Init::Values((0..units).map(|k| -65.0 + k as f64 % 7.0).collect());
    let each = |from: f64, by: f64| (0..units).map(|k| R::of(from + by * k as f64)).collect::<Vec<_>>();
    let hh = || Hh::new(units).v(v()).noise(sigma);
    match which {
        0 => (Box::new(hh()), &["V", "m", "h", "n", "spike", "input", "below"]),
        1 => (Box::new(hh().method(Method::Rk4)), &["V", "n"]),
        2 => (Box::new(hh().param("gL", each(0.03, 0.01)).unwrap()), &["V", "h"]),
        3 => (Box::new(Lif::new(units).param("tau_ref", 0.7).unwrap()), &["V", "spike", "refractory"]),
        4 => (Box::new(Lif::new(units).param("tau", each(5.0, 0.5)).unwrap().method(Method::Heun3)), &["V"]),
        // All nodes are pointwise, so blocks can split rows.
        5 => {
            let stages = Sequential::new()
                .layer("hh", hh())
                .layer("gain", Activation::Elu.layer([units]))
                .layer("lif", Lif::new(units));
            (Box::new(stages), &["hh.V", "lif.V"])
        }
        6 => (Box::new(brainpy::LstmCell::<R>::new(units, 9)), &["state"]),
        7 => (Box::new(brainpy::RnnCell::<R>::new(units, 11).activation(Activation::Tanh)), &["state"]),
        8 => {
            let stages = Sequential::new()
                .layer("gru", brainpy::GruCell::<R>::new(units, 7))
                .layer("dense", Dense::<R>::new(7, 5));
            (Box::new(stages), &["gru.state"])
        }
        9 => {
            let cell = TraubMiles::new(units).v(v()).param("V_T", each(-64.0, 0.1)).unwrap();
            (Box::new(cell), &["V", "m", "h", "n", "spike", "refractory"])
        }
        10 => {
            let neuron = AdExIf::new(units)
                .v(v())
                .param("tau_ref", each(0.0, 0.01))
                .unwrap()
                .param("a", each(0.1, 0.1))
                .unwrap();
            (Box::new(neuron), &["V", "w", "spike", "refractory"])
        }
        11 => (Box::new(MorrisLecar::new(units).v(v()).method(Method::Heun2)), &["V", "W", "spike"]),
        12 => {
            let channel = |kind| Channel::new(kind).param("g_max", each(0.2, 0.05)).unwrap();
            let cell = CondNeuGroup::new(units)
                .v(v())
                .channel("T", channel(ChannelKind::ICaTHm1992))
                .channel("h", channel(ChannelKind::IhHm1992));
            (Box::new(cell), &["V", "T.q", "h.p", "spike"])
        }
        13 => {
            let text = "param tau = 10 ms\nparam sigma = 1 mV\ninput I : mV\n\
                        V' = (-65 mV - V + I)/tau + sigma*sqrt(2/tau)*xi : mV\nw' = -w/tau + 0.1*(V + 65 mV)/tau : mV\n\
                        state V = -65 mV + 0.2*tau*1 [mV/ms]\nspike when V >= -60 mV\nreset V = -65 mV; w += 0.5 mV\n\
                        refractory 0.7 ms holds V";
            let taus: Vec<f64> = (0..units).map(|k| 5.0 + k as f64).collect();
            let equations = Equations::new(text).unwrap().units(units).param("tau", taus).unwrap();
            (Box::new(equations.param("sigma", sigma).unwrap()), &["V", "w", "spike", "refractory"])
        }
        // The nodes couple their rows, with a pointwise system between them.
        _ => {
            let stages = Sequential::new()
                .layer("ring", Ring(units))
                .layer("hh", hh())
                .layer("soft", Activation::Softmax.layer([units]));
            (Box::new(stages), &["ring.ring", "ring.sum", "hh.V"])
        }
    }
}

struct Case {
    which: usize,
    units: usize,
    batch: usize,
    noise: bool,
    seed: u64,
    threads: Option<usize>,
    block: Option<usize>,
}

impl Case {
    fn build<R: Real>(&self) -> LoopOverTime<R, Box<dyn System<R>>> {
        let (system, vars) = system::<R>(self.which, self.units, self.noise);
        let mut builder =
            LoopOverTime::builder(system).batch(self.batch).dt(0.02).seed(self.seed).out_vars(vars.to_vec());
        if let Some(threads) = self.threads {
            builder = builder.threads(threads);
        }
        if let Some(block) = self.block {
            builder = builder.block(block);
        }
        builder.build().unwrap()
    }
}

/// Random currents between 0 and 30.
fn input<R: Real>(steps: usize, batch: usize, units: usize, seed: u64) -> Array3<R> {
    let mut s = seed;
    Array3::from_shape_simple_fn((steps, batch, units), || {
        s = s.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        R::of((s >> 40) as f64 / (1 << 24) as f64 * 30.0)
    })
}

fn bits<'a, T: Scalar>(array: impl IntoIterator<Item = &'a T>) -> Vec<u64> {
    array.into_iter().map(|v| v.to_f64().to_bits()).collect()
}

/// The output and all variables as bits.
fn all_bits<T: Scalar>(run: &Recording<T>) -> Vec<(String, Vec<u64>)> {
    let mut all = vec![("output".to_owned(), bits(&run.output))];
    all.extend(run.iter().map(|(name, _)| (name.to_owned(), bits(&run[name]))));
    all
}

fn split<R: Real>(case: &Case, steps: usize, cut: usize) {
    let x = input::<R>(steps, case.batch, case.units, case.seed);
    let whole = case.build::<R>().run(&x).unwrap();
    let mut over_time = case.build::<R>();
    let (a, b) =
        (over_time.run(x.slice(s![..cut, .., ..])).unwrap(), over_time.run(x.slice(s![cut.., .., ..])).unwrap());
    let joined = |a: &ArrayD<R>, b: &ArrayD<R>| bits(&ndarray::concatenate(Axis(0), &[a.view(), b.view()]).unwrap());
    assert_eq!(joined(&a.output, &b.output), bits(&whole.output));
    for (name, _) in whole.iter() {
        assert_eq!(joined(&a[name], &b[name]), bits(&whole[name]), "{name}");
    }
    assert_eq!(whole.i, b.i);
}

fn rows<R: Real>(case: &Case, steps: usize) {
    let x = input::<R>(steps, case.batch, case.units, case.seed);
    let whole = case.build::<R>().run(&x).unwrap();
    for row in 0..case.batch {
        let alone = Case { batch: 1, ..*case }.build::<R>().run(x.slice(s![.., row..=row, ..])).unwrap();
        let of_row = |array: &ArrayD<R>| bits(array.index_axis(Axis(1), row));
        assert_eq!(bits(&alone.output), of_row(&whole.output), "row {row}");
        for (name, _) in alone.iter() {
            assert_eq!(bits(&alone[name]), of_row(&whole[name]), "{name}, row {row}");
        }
    }
}

fn threads_and_blocks<R: Real>(case: &Case, steps: usize, block: usize) {
    let x = input::<R>(steps, case.batch, case.units, case.seed);
    let run = |threads, block| all_bits(&Case { threads, block, ..*case }.build::<R>().run(&x).unwrap());
    let reference = run(Some(1), None);
    for threads in [2, 8] {
        assert_eq!(run(Some(threads), None), reference, "{threads} threads");
    }
    assert_eq!(run(Some(2), Some(block)), reference, "blocks of {block}");
    assert_eq!(run(Some(1), Some(1)), reference, "blocks of 1");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, failure_persistence: None, ..ProptestConfig::default() })]

    /// run(T) = run(a), then run(T − a), bit for bit, with noise.
    #[test]
    fn a_split_run_is_the_whole_run(
        which in 0..SYSTEMS, units in 1..40_usize, batch in 1..4_usize, seed: u64, (steps, cut) in (1..150_usize).prop_flat_map(|t| (Just(t), 0..=t)),
    ) {
        let case = Case { which, units, batch, noise: true, seed, threads: None, block: None };
        split::<f32>(&case, steps, cut);
        split::<f64>(&case, steps, cut);
    }

    /// A batch row alone gives the same result as in the batch. There is no noise, because noise
    /// differs between rows.
    #[test]
    fn a_row_alone_is_that_row(which in 0..SYSTEMS, units in 1..70_usize, batch in 1..5_usize, seed: u64, steps in 1..100_usize) {
        let case = Case { which, units, batch, noise: false, seed, threads: None, block: None };
        rows::<f32>(&case, steps);
        rows::<f64>(&case, steps);
    }

    /// The number of threads and the block size change no bit, with noise.
    #[test]
    fn threads_and_block_size_change_no_bit(
        which in 0..SYSTEMS, units in 1..200_usize, batch in 1..5_usize, seed: u64, steps in 1..60_usize, block in 1..90_usize,
    ) {
        let case = Case { which, units, batch, noise: true, seed, threads: None, block: None };
        threads_and_blocks::<f32>(&case, steps, block);
        threads_and_blocks::<f64>(&case, steps, block);
    }

    /// A stateless system flattened over time gives the same result as the loop over its steps.
    #[test]
    fn flattening_is_the_loop(which in 0..9_usize, units in 1..40_usize, batch in 1..5_usize, seed: u64, steps in 1..30_usize) {
        let x = input::<f32>(steps, batch, units, seed);
        let layer = Activation::ALL[which].layer([units]);
        let flat = LoopOverTime::builder(layer.clone()).batch(batch).no_state(true).build().unwrap().run(&x).unwrap();
        let mut over_time = LoopOverTime::<f32, _>::builder(layer).batch(batch).build().unwrap();
        for t in 0..steps {
            let one = over_time.run(x.slice(s![t..=t, .., ..])).unwrap();
            prop_assert_eq!(bits(&one.output), bits(flat.output.index_axis(Axis(0), t)));
        }
    }

    /// A reset and a second run give the same bits. Another seed gives different bits.
    #[test]
    fn noise_depends_on_the_seed_alone(which in 0..3_usize, units in 1..40_usize, seed in 0..u64::MAX) {
        let case = Case { which, units, batch: 2, noise: true, seed, threads: None, block: None };
        let mut over_time = case.build::<f64>();
        let first = over_time.run_steps(20).unwrap();
        over_time.reset_state(2).unwrap();
        prop_assert_eq!(all_bits(&over_time.run_steps(20).unwrap()), all_bits(&first));
        let other = Case { seed: seed + 1, ..case }.build::<f64>().run_steps(20).unwrap();
        prop_assert_ne!(all_bits(&other), all_bits(&first));
    }
}

/// The run is long enough for several chunks of the engine's own choice.
#[test]
fn a_long_run_is_its_parts() {
    for which in [0, 3, 6, 9, 10, 12] {
        let case = Case { which, units: 5, batch: 2, noise: true, seed: 3, threads: Some(2), block: None };
        split::<f64>(&case, 2600, 1031);
    }
}

/// The noise of `Hh` is σ/√dt times a standard normal number, independent between neurons, rows and
/// steps.
#[test]
fn noise_has_the_moments_of_white_noise() {
    let (sigma, dt) = (3.0, 0.25);
    let mut over_time = LoopOverTime::builder(Hh::<f64>::new(50).noise(sigma))
        .batch(8)
        .dt(dt)
        .seed(9)
        .out_vars("input")
        .build()
        .unwrap();
    let run = over_time.run(Input::steps(500).constant(7.0)).unwrap();
    let z = (run["input"].clone() - 7.0) * (dt.sqrt() / sigma);
    let n = z.len() as f64;
    let mean = |f: &dyn Fn(f64) -> f64| z.iter().map(|z| f(*z)).sum::<f64>() / n;
    assert!((mean(&|z| z)).abs() <= 5.0 / n.sqrt());
    assert!((mean(&|z| z * z) - 1.0).abs() <= 5.0 * (2.0 / n).sqrt());
    assert!((mean(&|z| z.powi(4)) - 3.0).abs() <= 5.0 * (96.0 / n).sqrt());
    // Neighbours along every axis are uncorrelated.
    for axis in 0..3 {
        let (a, b) = (z.slice_axis(Axis(axis), (..-1_isize).into()), z.slice_axis(Axis(axis), (1..).into()));
        let correlation = (&a * &b).sum() / a.len() as f64;
        assert!(correlation.abs() <= 5.0 / (a.len() as f64).sqrt(), "axis {axis}: {correlation}");
    }
}

/// Two nodes of the same kind in one system have different noise.
#[test]
fn nodes_have_different_random_streams() {
    let hh = || Hh::<f64>::new(30).noise(1.0).v(Init::Constant(-65.0));
    let system = Sequential::new().layer("a", hh()).layer("b", hh());
    let mut over_time = LoopOverTime::builder(system).out_vars(["a.input", "b.input"]).build().unwrap();
    let run = over_time.run_steps(50).unwrap();
    let (a, b) = (&run["a.input"], &run["b.input"]);
    let correlation = (a * b).sum() / (a * a).sum().max((b * b).sum());
    assert!(correlation.abs() <= 0.15, "{correlation}");
}

/// The error of a smooth solution without a spike, compared with a fine solution, decreases with dt
/// to the power of the method's order.
#[test]
fn every_method_converges_with_its_order() {
    let end = |method: Method, steps: u32| {
        let system = Hh::<f64>::new(1).method(method).v(Init::Constant(-62.0));
        let mut over_time =
            LoopOverTime::builder(system).dt(2.0 / f64::from(steps)).out_vars(["V", "m", "h", "n"]).build().unwrap();
        let run = over_time.run(Input::steps(steps.into()).constant(2.0)).unwrap();
        ["V", "m", "h", "n"].map(|name| run[name][[steps as usize - 1, 0]])
    };
    let exact = end(Method::Rk4, 8192);
    let other = end(Method::Ralston4, 8192);
    assert!((exact[0] - other[0]).abs() <= 1e-11, "the two fine solutions are {} and {}", exact[0], other[0]);
    for method in crate::common::approximate_methods() {
        let order = f64::from(method.order());
        let steps = if method.order() >= 3 { 128 } else { 256 };
        let error = |steps| (end(method, steps)[0] - exact[0]).abs();
        let found = (error(steps) / error(2 * steps)).log2();
        assert!((found - order).abs() <= 0.15, "{method}: order {found}, not {order}");
    }
}
