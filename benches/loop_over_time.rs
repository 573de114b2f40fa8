//! Neurons over time on the CPU. The names are those of `benches/peers/time_brainpy.py`,
//! `time_brian2.py` and `time_arbor.py`.
//!
//! A group `hh` has no input, and does not fire. A constant current makes the neurons of the groups
//! `lif` and `izhikevich` fire. The other simulators have the same currents, initial values and
//! methods. A check prints the rate of each of these groups.
//!
//! The floor of a neuron-step in f32 is 165 vector operations and 3 divisions for 16 neurons,
//! counted in the AVX-512 code of the step as one loop. (The code in tiles has more loads and
//! stores, and the same arithmetic.) With two operations in a cycle and six additional cycles for a
//! division, this is 5.7 cycles. Each recorded value adds 4 bytes, written once.

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use overtime::models::{Hh, Izhikevich, Lif, Method};
use overtime::{Init, Input, LoopOverTime, OutVars, Real, Result, System, monitor};
use std::hint::black_box;

/// The steps of a run, of 0.1 ms each.
const STEPS: u64 = 1000;
/// The current of each `Lif` neuron, in nA. Its rate is 25 Hz.
const LIF_CURRENT: f64 = 20.5;
/// The current of each `Izhikevich` neuron, in mV/ms. Its rate is 23 Hz in the first second.
const IZHIKEVICH_CURRENT: f64 = 10.0;

/// The recorded variables, and whether the output is recorded.
fn kinds() -> [(&'static str, Option<OutVars>, bool); 3] {
    [("none", None, false), ("spikes", Some(monitor("spike").events().into()), false), ("V", Some("V".into()), true)]
}

fn input<T: Real>(steps: u64, current: Option<f64>) -> Input<'static, T> {
    let input = Input::steps(steps);
    match current {
        Some(current) => input.constant(T::from_f64(current)),
        None => input,
    }
}

fn bench<T: Real, S: System<T> + Clone>(
    c: &mut Criterion,
    group: &str,
    model: impl Fn(usize) -> S,
    sizes: &[usize],
    current: Option<f64>,
) {
    let mut group = c.benchmark_group(group);
    group.sample_size(10);
    for &n in sizes {
        for (name, vars, output) in kinds() {
            if name == "V" && n > 10_000 {
                continue;
            }
            let mut builder = LoopOverTime::builder(model(n)).record_output(output);
            if let Some(vars) = vars {
                builder = builder.out_vars(vars);
            }
            let Ok(mut over_time) = builder.build() else { panic!("the loop does not build") };
            group.throughput(Throughput::Elements(n as u64 * STEPS));
            group.bench_function(BenchmarkId::from_parameter(format!("n={n} T={STEPS} {name}")), |b| {
                b.iter(|| match over_time.run(input(STEPS, current)) {
                    Ok(run) => black_box(run),
                    Err(e) => panic!("{e}"),
                });
            });
        }
    }
    group.finish();
}

/// The mean rate of a neuron in the first second, in Hz.
fn rate<T: Real, S: System<T> + Clone>(model: S, n: usize, current: f64) -> Result<f64> {
    let mut over_time =
        LoopOverTime::builder(model).record_output(false).out_vars(monitor("spike").events()).build()?;
    let run = over_time.run(input(10_000, Some(current)))?;
    Ok(run.events("spike")?.len() as f64 / n as f64)
}

/// Prints the rate, and benchmarks neurons that a constant current makes fire.
fn firing<T: Real, S: System<T> + Clone>(c: &mut Criterion, group: &str, model: impl Fn(usize) -> S, current: f64) {
    let n = 10_000;
    match rate(model(n), n, current) {
        Ok(rate) => println!("{group} n={n}: {rate:.1} Hz"),
        Err(e) => panic!("{e}"),
    }
    bench(c, group, model, &[n], Some(current));
}

fn lif<T: Real>(n: usize) -> Lif<T> {
    Lif::new(n).v(Init::uniform(0.0, 20.0))
}

/// The method is Euler's, which Brian2 has for these equations.
fn izhikevich<T: Real>(n: usize) -> Izhikevich<T> {
    Izhikevich::new(n).method(Method::Euler).v(Init::uniform(-70.0, -50.0))
}

fn neurons(c: &mut Criterion) {
    bench(c, "hh", Hh::<f32>::new, &[1, 1000, 10_000, 100_000], None);
    bench(c, "hh f64", Hh::<f64>::new, &[10_000, 100_000], None);
    bench(c, "hh rk4", |n| Hh::<f32>::new(n).method(Method::Rk4), &[10_000], None);
    firing(c, "lif", lif::<f32>, LIF_CURRENT);
    firing(c, "lif f64", lif::<f64>, LIF_CURRENT);
    firing(c, "izhikevich", izhikevich::<f32>, IZHIKEVICH_CURRENT);
    firing(c, "izhikevich f64", izhikevich::<f64>, IZHIKEVICH_CURRENT);
}

criterion_group!(benches, neurons);
criterion_main!(benches);
