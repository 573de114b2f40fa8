//! Cells and layers over time on the CPU, in f32. The names of the cells are those of
//! `benches/peers/time_brainpy.py` and `time_torch_cpu.py`. The cells are brainpy's, and those with
//! `Torch` in their names are torch's. torch's LSTM makes the same operations as brainpy's. The plain
//! cell has the activation ReLU in both, which is brainpy's default and an option of torch.
//!
//! There are two floors. One is 2·T·B·(in + H)·gates·H operations at 32 multiply-adds in a cycle,
//! for a core with AVX-512 (two units of 16 lanes). For a small B, the other is reading the weights
//! `Wh`, 4·gates·H² bytes, in every step from the nearest cache that holds them. Criterion prints
//! operations per second (not multiply-adds) as elements.

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use ndarray::{ArrayD, Dimension};
use overtime::models::{Activation, Conv2d, Dense, GruCell, brainpy};
use overtime::{LoopOverTime, Sequential, System};
use std::hint::black_box;

/// Benchmarks one loop over a series of this shape, `[T, B, …]`, which takes this number of
/// operations.
fn bench(c: &mut Criterion, name: &str, system: impl System<f32>, shape: &[usize], operations: usize) {
    let mut group = c.benchmark_group("cells");
    group.sample_size(10).throughput(Throughput::Elements(operations as u64));
    let x = ArrayD::from_shape_fn(shape, |at| (at.slice().iter().fold(7, |h, k| h * 31 + k) % 1000) as f32 / 1000.0);
    let Ok(mut over_time) = LoopOverTime::builder(system).batch(shape[1]).build() else {
        panic!("the loop does not build")
    };
    group.bench_function(BenchmarkId::from_parameter(name), |b| {
        // The state is reset, because a cell with random weights and an unbounded activation may
        // grow from run to run.
        b.iter(|| match over_time.reset_state(shape[1]).and_then(|()| over_time.run(&x)) {
            Ok(run) => black_box(run),
            Err(e) => panic!("{e}"),
        });
    });
    group.finish();
}

fn cells(c: &mut Criterion) {
    for [t, b, i, h] in [[30, 128, 100, 20], [256, 64, 256, 256], [256, 1, 512, 512]] {
        let name = |kind: &str| format!("{kind} T={t} B={b} in={i} h={h}");
        let (shape, gate) = ([t, b, i], 2 * t * b * (i + h) * h);
        bench(c, &name("RNNCell"), brainpy::RnnCell::new(i, h), &shape, gate);
        bench(c, &name("LSTMCell"), brainpy::LstmCell::new(i, h), &shape, 4 * gate);
        bench(c, &name("GRUCell"), brainpy::GruCell::new(i, h), &shape, 3 * gate);
        bench(c, &name("GRUCellTorch"), GruCell::new(i, h), &shape, 3 * gate);
    }
}

fn layers(c: &mut Criterion) {
    let seed = Sequential::new()
        .layer("l1", brainpy::RnnCell::new(100, 20))
        .layer("l2", Activation::Relu.layer([20]))
        .layer("l3", brainpy::RnnCell::new(20, 2));
    bench(
        c,
        "Sequential T=30 B=128 RNNCell(100,20) relu RNNCell(20,2)",
        seed,
        &[30, 128, 100],
        2 * 30 * 128 * (120 * 20 + 22 * 2),
    );
    for [t, b, from, to] in [[30, 128, 100, 20], [256, 64, 256, 256]] {
        bench(
            c,
            &format!("Dense T={t} B={b} in={from} out={to}"),
            Dense::new(from, to),
            &[t, b, from],
            2 * t * b * from * to,
        );
    }
    let conv = Conv2d::new(16, 32, (3, 3), (32, 32));
    bench(c, "Conv2d T=8 B=8 32x32x16 3x3 32", conv, &[8, 8, 32, 32, 16], 2 * 64 * 1024 * 9 * 16 * 32);
}

criterion_group!(benches, cells, layers);
criterion_main!(benches);
