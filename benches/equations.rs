//! Neurons of equations as text beside the hand-written ones, on the CPU, and the time from a text to
//! the first step.
//!
//! A group `NAME text` has the example `examples/equations/NAME.eq`, and the group `NAME` has the
//! hand-written neuron with the same parameters, initial values and input.

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use overtime::models::{Hh, Izhikevich, Lif, Method};
use overtime::{Equations, Init, Input, LoopOverTime, Real, System};
use std::hint::black_box;

/// The number of neurons, and of steps of 0.1 ms.
const UNITS: usize = 10_000;
const STEPS: u64 = 1000;

const HH: &str = include_str!("../examples/equations/hh.eq");
const LIF: &str = include_str!("../examples/equations/lif.eq");
const IZHIKEVICH: &str = include_str!("../examples/equations/izhikevich.eq");

/// The neurons of a text.
fn text(text: &str) -> Equations {
    match Equations::new(text) {
        Ok(equations) => equations.units(UNITS),
        Err(error) => panic!("{error}"),
    }
}

fn bench<T: Real>(c: &mut Criterion, group: &str, system: impl System<T> + Clone, current: f64) {
    let mut group = c.benchmark_group(group);
    group.sample_size(10);
    let Ok(mut over_time) = LoopOverTime::builder(system).record_output(false).build() else {
        panic!("the loop does not build")
    };
    group.throughput(Throughput::Elements(UNITS as u64 * STEPS));
    group.bench_function(BenchmarkId::from_parameter(format!("n={UNITS} T={STEPS} {}", T::DTYPE)), |b| {
        b.iter(|| match over_time.run(Input::steps(STEPS).constant(T::from_f64(current))) {
            Ok(run) => black_box(run),
            Err(e) => panic!("{e}"),
        });
    });
    group.finish();
}

fn pairs<T: Real>(c: &mut Criterion) {
    bench::<T>(c, "hh", Hh::<T>::new(UNITS), 10.0);
    bench::<T>(c, "hh text", text(HH), 10.0);
    bench::<T>(c, "lif", Lif::<T>::new(UNITS).v(Init::Constant(0.0)), 20.5);
    bench::<T>(c, "lif text", text(LIF), 20.5);
    let euler = Method::Euler;
    bench::<T>(c, "izhikevich", Izhikevich::<T>::new(UNITS).method(euler).v(Init::Constant(-65.0)), 10.0);
    bench::<T>(c, "izhikevich text", text(IZHIKEVICH).method(euler), 10.0);
}

fn start(c: &mut Criterion) {
    c.bench_function("hh text to the first step", |b| {
        b.iter(|| {
            let loops = Equations::new(HH).and_then(|equations| LoopOverTime::<f32, _>::builder(equations).build());
            match loops.and_then(|mut over_time| over_time.run_steps(1)) {
                Ok(run) => black_box(run),
                Err(error) => panic!("{error}"),
            }
        });
    });
}

criterion_group!(benches, pairs::<f32>, pairs::<f64>, start);
criterion_main!(benches);
