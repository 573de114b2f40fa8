//! The Hodgkin-Huxley neuron over time on the CPU. The names are those of
//! `benches/peers/time_brainpy.py`.
//!
//! The floor of a neuron-step in f32 is 165 vector operations and 3 divisions for 16 neurons,
//! counted in the AVX-512 code of the step as one loop. (The code in tiles has more loads and
//! stores, and the same arithmetic.) With two operations in a cycle and six additional cycles for a
//! division, this is 5.7 cycles. Each recorded value adds 4 bytes, written once.

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use overtime::models::{Hh, Lif, Method};
use overtime::{Input, LoopOverTime, OutVars, Real, System, monitor};
use std::hint::black_box;

const STEPS: u64 = 1000;

/// The recorded variables, and whether the output is recorded.
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
