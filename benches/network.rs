//! COBAHH over time on the CPU: Brian2's definition (examples/COBAHH.py) with 80 synapses for each
//! neuron, dt = 0.1 ms, and rates of about 36 Hz. The names are those of
//! `benches/peers/time_brian2.py`.
//!
//! The neurons take nearly all of a step: 10 exponentials and 7 divisions each. At 36 Hz and with
//! 80 synapses, a neuron causes 0.29 synaptic events in each step.

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use overtime::models::TraubMiles;
use overtime::network::{Connect, Group, Network, Projection, Receptor};
use overtime::{Init, LoopOverTime, Real, Result};
use std::hint::black_box;

fn cobahh<T: Real>(n: usize) -> Result<Network<T>> {
    let excitatory = n * 4 / 5;
    let connect = || Connect::FixedProb(80.0 / n as f64);
    let cells = TraubMiles::<T>::new(n).v(Init::normal(-65.0, 5.0)).gates(Init::Zeros, Init::Zeros, Init::Zeros);
    let group = Group::new("P", cells)
        .receptor(Receptor::exponential("ge", 5.0).coba(0.0).init(Init::normal(40.0, 15.0)))
        .receptor(Receptor::exponential("gi", 10.0).coba(-80.0).init(Init::normal(200.0, 120.0)));
    Network::builder(0.1)
        .seed(1)
        .group(group)
        .project(Projection::new("Ce", ("P", 0..excitatory), ("P", "ge")).connect(connect()).weight(6.0))
        .project(Projection::new("Ci", ("P", excitatory..n), ("P", "gi")).connect(connect()).weight(67.0))
        .build()
}

fn bench<T: Real>(c: &mut Criterion, n: usize, steps: u64) -> Result<()> {
    let mut group = c.benchmark_group("cobahh");
    group.sample_size(10).throughput(Throughput::Elements(n as u64 * steps));
    let mut over_time = LoopOverTime::builder(cobahh::<T>(n)?).dt(0.1).build()?;
    // This run passes the first volley.
    let run = over_time.run_steps(2000)?;
    let rate = run.output.iter().map(|k| k.to_f64()).sum::<f64>() / n as f64 / 0.2;
    println!("cobahh n={n} {}: {rate:.1} Hz", T::DTYPE);
    group.bench_function(BenchmarkId::from_parameter(format!("{} n={n} T={steps}", T::DTYPE)), |b| {
        b.iter(|| match over_time.run_steps(steps) {
            Ok(run) => black_box(run),
            Err(e) => panic!("{e}"),
        });
    });
    group.finish();
    Ok(())
}

fn networks(c: &mut Criterion) {
    let all = [
        bench::<f64>(c, 4000, 1000),
        bench::<f32>(c, 4000, 1000),
        bench::<f64>(c, 40_000, 100),
        bench::<f32>(c, 40_000, 100),
    ];
    if let Some(Err(e)) = all.into_iter().find(Result::is_err) {
        panic!("{e}");
    }
}

criterion_group!(benches, networks);
criterion_main!(benches);
