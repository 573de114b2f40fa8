//! Hodgkin and Huxley's neuron over time, on the CPU. Names are those of `benches/peers/time_brainpy.py`.
//!
//! Floor of a neuron-step in f32: 165 vector operations and 3 divisions for 16 neurons, counted in the AVX-512 code of the step
//! as one loop (cut into tiles it has more loads and stores, and the same arithmetic). At two operations a cycle and six cycles
//! for what a division adds that is 5.7 cycles, plus whatever is recorded, 4 bytes a value, written once.

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use overtime::models::{Hh, Lif, Method};
use overtime::{Input, LoopOverTime, OutVars, Real, System, monitor};
use std::hint::black_box;

const STEPS: u64 = 1000;

/// What is recorded, and whether the output is.
fn kinds() -> [(&'static str, Option<OutVars>, bool); 3] {
    [("none", None, false), ("spikes", Some(monitor("spike").events().into()), false), ("V", Some("V".into()), true)]
}

fn bench<T: Real, S: System<T> + Clone>(c: &mut Criterion, group: &str, model: impl Fn(usize) -> S, sizes: &[usize]) {
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
                b.iter(|| match over_time.run(Input::steps(STEPS)) {
                    Ok(run) => black_box(run),
                    Err(e) => panic!("{e}"),
                });
            });
        }
    }
    group.finish();
}

fn neurons(c: &mut Criterion) {
    bench::<f32, _>(c, "hh", Hh::<f32>::new, &[1, 1000, 10_000, 100_000]);
    bench::<f64, _>(c, "hh f64", Hh::<f64>::new, &[10_000]);
    bench::<f32, _>(c, "hh rk4", |n| Hh::<f32>::new(n).method(Method::Rk4), &[10_000]);
    bench::<f32, _>(c, "lif", Lif::<f32>::new, &[10_000]);
}

criterion_group!(benches, neurons);
criterion_main!(benches);
