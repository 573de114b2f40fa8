//! Recurrent cells on a GPU, with the product of the cell with its input, and the stack of small
//! layers of brainpy's own example.
//!
//! Inputs and outputs are on the device, and the clock stops when the device is idle. The results
//! go to criterion, and as JSON and a table to the folder in `OVERTIME_RESULTS`.
//! `benches/peers/time_torch.py` times cuDNN with the same shapes, and `time_brainpy.py` times
//! brainpy. With `OVERTIME_TINY` set, the program only shows that it works.

use criterion::{BenchmarkId, Criterion, Throughput};
use half::{bf16, f16};
use ndarray::Array3;
use overtime::models::{Activation, GruCell, LstmCell, brainpy};
use overtime::{Device, Init, LoopOverTime, Products, Result, Scalar, Sequential, System};
use serde_json::{Value, json};
use std::hint::black_box;
use std::path::PathBuf;
use std::time::{Duration, Instant};

/// One measured case.
struct Row {
    name: String,
    strategy: String,
    steps: usize,
    /// The time of the best run.
    seconds: f64,
}

struct Plan {
    tiny: bool,
    until: Instant,
    rows: Vec<Row>,
}

/// T, B, features, H: as in `time_torch.py`.
const SHAPES: [[usize; 4]; 5] =
    [[1024, 16, 768, 768], [1024, 1, 512, 512], [256, 64, 256, 256], [1024, 64, 1024, 1024], [1024, 128, 128, 128]];

fn bench<T: Scalar, S: System<T>>(
    c: &mut Criterion,
    plan: &mut Plan,
    name: &str,
    system: S,
    products: Products,
    shape: [usize; 3],
) {
    if Instant::now() > plan.until {
        return println!("{name}: no time left");
    }
    if let Err(error) = measure(c, plan, name, system, products, shape) {
        println!("{name}: {error}");
    }
}

fn measure<T: Scalar, S: System<T>>(
    c: &mut Criterion,
    plan: &mut Plan,
    name: &str,
    system: S,
    products: Products,
    [steps, batch, features]: [usize; 3],
) -> Result<()> {
    let builder =
        LoopOverTime::builder(system).device(Device::Cuda(0)).batch(batch).products(products).allow_non_finite();
    let mut over_time = builder.build()?;
    let values =
        |(t, b, k): (usize, usize, usize)| T::from_f64(((t * 31 + b * 17 + k * 7) % 1000) as f64 / 1000.0 - 0.5);
    let x = over_time.to_device(&Array3::from_shape_fn((steps, batch, features), values))?;
    over_time.run_on_device(&x)?;
    let (mut best, mut failed) = (f64::INFINITY, None);
    let mut group = c.benchmark_group("recurrent");
    group.throughput(Throughput::Elements(steps as u64));
    group.bench_function(BenchmarkId::from_parameter(name), |bencher| {
        bencher.iter_custom(|runs| {
            let mut all = Duration::ZERO;
            for _ in 0..runs {
                let start = Instant::now();
                match over_time.run_on_device(&x) {
                    Ok(run) => drop(black_box(run)),
                    Err(error) => failed = Some(error),
                }
                let took = start.elapsed();
                best = best.min(took.as_secs_f64());
                all += took;
            }
            all
        });
    });
    group.finish();
    failed.map_or(Ok(()), Err)?;
    plan.rows.push(Row { name: name.to_owned(), strategy: over_time.strategy(), steps, seconds: best });
    Ok(())
}

fn cells<T: Scalar>(c: &mut Criterion, plan: &mut Plan, products: Products) {
    let shapes: &[[usize; 4]] = if plan.tiny { &[[3, 2, 5, 33]] } else { &SHAPES };
    let element = if products == Products::Tf32 { "tf32".to_owned() } else { T::DTYPE.to_string() };
    for [steps, batch, from, hidden] in shapes.iter().copied() {
        let shape = [steps, batch, from];
        // An orthogonal matrix of this size takes long to compute.
        let small = || Init::uniform(-0.05, 0.05);
        let name = |cell: &str| format!("{cell} {element} T={steps} B={batch} in={from} h={hidden}");
        bench(c, plan, &name("LSTM"), LstmCell::<T>::new(from, hidden), products, shape);
        bench(c, plan, &name("GRU"), GruCell::<T>::new(from, hidden), products, shape);
        bench(
            c,
            plan,
            &name("RNN"),
            brainpy::RnnCell::<T>::new(from, hidden).activation(Activation::Tanh),
            products,
            shape,
        );
        bench(
            c,
            plan,
            &name("GRU of brainpy"),
            brainpy::GruCell::<T>::new(from, hidden).wi_init(small()).wh_init(small()),
            products,
            shape,
        );
    }
}

fn stack(c: &mut Criterion, plan: &mut Plan) {
    let small =
        Sequential::<f32>::new().layer("l1", brainpy::RnnCell::new(100, 20)).layer("l2", Activation::Relu.layer([20]));
    let (small, shape) =
        (small.layer("l3", brainpy::RnnCell::new(20, 2)), if plan.tiny { [3, 2, 100] } else { [30, 128, 100] });
    bench(c, plan, "Sequential T=30 B=128 RNNCell(100,20) relu RNNCell(20,2)", small, Products::Fast, shape);
}

fn main() {
    if let Err(error) = Device::cuda(0) {
        return println!("nothing to measure: {error}");
    }
    let tiny = std::env::var_os("OVERTIME_TINY").is_some();
    let seconds = std::env::var("OVERTIME_BENCH_SECONDS").ok().and_then(|s| s.parse().ok()).unwrap_or(600.0);
    let times = if tiny { (1, 1) } else { (100, 400) };
    let c = Criterion::default().sample_size(10).without_plots();
    let c = c.warm_up_time(Duration::from_millis(times.0)).measurement_time(Duration::from_millis(times.1));
    let mut c = c.configure_from_args();
    let mut plan = Plan { tiny, until: Instant::now() + Duration::from_secs_f64(seconds), rows: Vec::new() };
    stack(&mut c, &mut plan);
    cells::<bf16>(&mut c, &mut plan, Products::Fast);
    cells::<f32>(&mut c, &mut plan, Products::Fast);
    cells::<f16>(&mut c, &mut plan, Products::Fast);
    cells::<f32>(&mut c, &mut plan, Products::Tf32);
    let rows: Vec<Value> = (plan.rows.iter())
        .map(|r| json!({ "name": r.name, "strategy": r.strategy, "ms": r.seconds * 1e3, "us_per_step": r.seconds * 1e6 / r.steps as f64 }))
        .collect();
    let mut text = String::from("| cells | ms | µs a step | by |\n|---|---|---|---|\n");
    plan.rows.iter().for_each(|r| {
        text.push_str(&format!(
            "| {} | {:.3} | {:.2} | {} |\n",
            r.name,
            r.seconds * 1e3,
            r.seconds * 1e6 / r.steps as f64,
            r.strategy
        ));
    });
    print!("{text}");
    let folder = std::env::var_os("OVERTIME_RESULTS").map_or_else(std::env::temp_dir, PathBuf::from);
    let written = std::fs::write(folder.join("recurrent.json"), Value::from(rows).to_string());
    if let Err(error) = written.and_then(|()| std::fs::write(folder.join("recurrent.md"), text)) {
        eprintln!("{}: {error}", folder.display());
    }
    c.final_summary();
}
