//! Dense products on the CPU, and on a GPU if there is one.
//!
//! On a GPU, the arrays are on the device, and the clock stops when the product is complete. The
//! results go to criterion, and as JSON and a table to the folder in `OVERTIME_RESULTS`.
//! `benches/peers/time_torch.py` times cuBLAS with the same shapes. With `OVERTIME_TINY` set, the
//! program only shows that it works.

use criterion::{BenchmarkId, Criterion, Throughput};
use half::{bf16, f16};
use overtime::matmul::Matmul;
use overtime::{Device, Products, Result, Scalar};
use serde_json::{Value, json};
use std::hint::black_box;
use std::path::PathBuf;
use std::time::{Duration, Instant};

/// One measured case.
struct Row {
    name: String,
    kernel: String,
    flops: f64,
    /// The time of the best run.
    seconds: f64,
}

fn bench<T: Scalar>(
    c: &mut Criterion,
    rows: &mut Vec<Row>,
    device: Device,
    products: Products,
    [m, k, n]: [usize; 3],
) -> Result<()> {
    let mut product = Matmul::<T>::new(m, k, n).device(device).products(products).build()?;
    let flops = 2.0 * m as f64 * k as f64 * n as f64;
    let values = |len: usize| (0..len).map(|i| T::from_f64((i * 31 % 1000) as f64 / 1000.0 - 0.5)).collect::<Vec<T>>();
    let (a, b) = (values(m * k), values(k * n));
    let name = if products == Products::Tf32 { "tf32".to_owned() } else { T::DTYPE.to_string() };
    let mut best = f64::INFINITY;
    let mut group = c.benchmark_group(format!("matmul {name} {device}"));
    group.sample_size(10).throughput(Throughput::Elements(flops as u64));
    let id = BenchmarkId::from_parameter(format!("m={m} k={k} n={n}"));
    let mut failed = None;
    let mut time = |run: &mut dyn FnMut() -> Result<()>| {
        group.bench_function(id.clone(), |bencher| {
            bencher.iter_custom(|runs| {
                let mut all = Duration::ZERO;
                for _ in 0..runs {
                    let start = Instant::now();
                    failed = run().err().or(failed.take());
                    let took = start.elapsed();
                    best = best.min(took.as_secs_f64());
                    all += took;
                }
                all
            });
        });
    };
    let kernel = product.kernel();
    if device == Device::Cpu {
        let mut to = vec![T::default(); m * n];
        time(&mut || product.run_into(black_box(&a), black_box(&b), None, &mut to));
    } else {
        let (a, b) = (product.to_device(&a)?, product.to_device(&b)?);
        time(&mut || product.run_on_device(&a, &b, None).map(|c| drop(black_box(c))));
    }
    group.finish();
    failed.map_or(Ok(()), Err)?;
    rows.push(Row { name: format!("matmul {name} m={m} k={k} n={n}"), kernel, flops, seconds: best });
    Ok(())
}

/// The sizes of `time_torch.py`, and then the product of a cell with its input: T·B × in × gates·H.
const SHAPES: [[usize; 3]; 6] = [[1024; 3], [2048; 3], [4096; 3], [8192; 3], [16384, 768, 3072], [1024, 512, 2048]];

fn on(c: &mut Criterion, rows: &mut Vec<Row>, device: Device, shapes: &[[usize; 3]]) {
    for shape in shapes.iter().copied() {
        let done = [
            bench::<bf16>(c, rows, device, Products::Fast, shape),
            bench::<f32>(c, rows, device, Products::Fast, shape),
            if device == Device::Cpu { Ok(()) } else { bench::<f32>(c, rows, device, Products::Tf32, shape) },
            bench::<f16>(c, rows, device, Products::Fast, shape),
        ];
        done.into_iter().filter_map(Result::err).for_each(|e| println!("{shape:?}: {e}"));
    }
}

fn main() {
    let tiny = std::env::var_os("OVERTIME_TINY").is_some();
    let times = if tiny { (1, 1) } else { (200, 600) };
    let c = Criterion::default().sample_size(10).without_plots();
    let c = c.warm_up_time(Duration::from_millis(times.0)).measurement_time(Duration::from_millis(times.1));
    let mut c = c.configure_from_args();
    let mut rows = Vec::new();
    match Device::cuda(0) {
        Ok(device) => on(&mut c, &mut rows, device, if tiny { &[[64, 40, 72]] } else { &SHAPES }),
        Err(e) => {
            println!("on the CPU only: {e}");
            on(
                &mut c,
                &mut rows,
                Device::Cpu,
                if tiny { &[[64, 40, 72]] } else { &[[512; 3], [1024; 3], [1024, 512, 2048]] },
            );
        }
    }
    let folder = std::env::var_os("OVERTIME_RESULTS").map_or_else(std::env::temp_dir, PathBuf::from);
    let json: Vec<Value> = (rows.iter())
        .map(|r| json!({ "name": r.name, "kernel": r.kernel, "seconds": r.seconds, "flops_per_second": r.flops / r.seconds }))
        .collect();
    let mut text = String::from("| product | kernel | ms | TFLOP/s |\n|---|---|---|---|\n");
    rows.iter().for_each(|r| {
        text.push_str(&format!(
            "| {} | {} | {:.3} | {:.2} |\n",
            r.name,
            r.kernel,
            r.seconds * 1e3,
            r.flops / r.seconds * 1e-12
        ))
    });
    print!("{text}");
    let written = std::fs::write(folder.join("matmul.json"), Value::from(json).to_string());
    if let Err(e) = written.and_then(|()| std::fs::write(folder.join("matmul.md"), text)) {
        eprintln!("{}: {e}", folder.display());
    }
    c.final_summary();
}
