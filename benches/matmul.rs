//! Dense products on the CPU, and on a GPU if there is one.
//!
//! On a GPU, the arrays are on the device, and the clock stops when the product is complete. The
//! results go to criterion, and as JSON and a table to the folder in `OVERTIME_RESULTS`.
//! `benches/peers/time_torch.py` times cuBLAS with the same shapes. Without a GPU the program
//! measures the shapes of a CPU, and so it does if `CUDA_VISIBLE_DEVICES` is empty.
//! `time_torch_cpu.py` times torch on the CPU with the same shapes in `f32`. With `OVERTIME_TINY`
//! set, the program only shows that it works.

use criterion::{BenchmarkId, Criterion, Throughput};
use half::{bf16, f16};
use overtime::matmul::Matmul;
use overtime::{Device, Products, Result, Scalar};
use serde_json::{Value, json};
use std::fmt::{self, Display};
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

/// A product of A, `[m, k]`, and B, `[k, n]`. A may be stored transposed.
#[derive(Clone, Copy, Debug)]
struct Shape {
    m: usize,
    k: usize,
    n: usize,
    transpose_a: bool,
}

impl Shape {
    const fn new([m, k, n]: [usize; 3]) -> Self {
        Self { m, k, n, transpose_a: false }
    }
}

impl Display for Shape {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "m={} k={} n={}{}", self.m, self.k, self.n, if self.transpose_a { " A transposed" } else { "" })
    }
}

fn bench<T: Scalar>(
    c: &mut Criterion,
    rows: &mut Vec<Row>,
    device: Device,
    products: Products,
    shape: Shape,
) -> Result<()> {
    let Shape { m, k, n, transpose_a } = shape;
    let product = Matmul::<T>::new(m, k, n).transpose_a(transpose_a);
    let mut product = product.device(device).products(products).build()?;
    let flops = 2.0 * m as f64 * k as f64 * n as f64;
    let values = |len: usize| (0..len).map(|i| T::from_f64((i * 31 % 1000) as f64 / 1000.0 - 0.5)).collect::<Vec<T>>();
    let (a, b) = (values(m * k), values(k * n));
    let name = if products == Products::Tf32 { "tf32".to_owned() } else { T::DTYPE.to_string() };
    let mut best = f64::INFINITY;
    let mut group = c.benchmark_group(format!("matmul {name} {device}"));
    group.sample_size(10).throughput(Throughput::Elements(flops as u64));
    let id = BenchmarkId::from_parameter(shape);
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
    // A filter of criterion may have left the case out.
    if best.is_finite() {
        rows.push(Row { name: format!("matmul {name} {shape}"), kernel, flops, seconds: best });
    }
    Ok(())
}

/// The shape with `OVERTIME_TINY` set.
const TINY: [[usize; 3]; 1] = [[64, 40, 72]];
/// The sizes of `time_torch.py`, and then the product of a cell with its input: T·B × in × gates·H.
const ON_GPU: [[usize; 3]; 6] = [[1024; 3], [2048; 3], [4096; 3], [8192; 3], [16384, 768, 3072], [1024, 512, 2048]];
/// Shapes that the CPU measures in every type.
const ON_CPU: [[usize; 3]; 3] = [[512; 3], [1024; 3], [1024, 512, 2048]];
/// Shapes that the CPU measures in `f32` alone. The last is the gradient of a layer's weights: Xᵀ·G,
/// for 16,384 rows.
const ON_CPU_F32: [Shape; 2] = [Shape::new([2048; 3]), Shape { m: 512, k: 16384, n: 512, transpose_a: true }];

fn on(c: &mut Criterion, rows: &mut Vec<Row>, device: Device, shapes: &[[usize; 3]]) {
    for shape in shapes.iter().copied().map(Shape::new) {
        let done = [
            bench::<bf16>(c, rows, device, Products::Fast, shape),
            bench::<f32>(c, rows, device, Products::Fast, shape),
            if device == Device::Cpu { Ok(()) } else { bench::<f32>(c, rows, device, Products::Tf32, shape) },
            bench::<f16>(c, rows, device, Products::Fast, shape),
        ];
        done.into_iter().filter_map(Result::err).for_each(|e| println!("{shape}: {e}"));
    }
}

fn on_cpu(c: &mut Criterion, rows: &mut Vec<Row>, tiny: bool) {
    if tiny {
        return on(c, rows, Device::Cpu, &TINY);
    }
    on(c, rows, Device::Cpu, &ON_CPU);
    for shape in ON_CPU_F32 {
        if let Err(e) = bench::<f32>(c, rows, Device::Cpu, Products::Fast, shape) {
            println!("{shape}: {e}");
        }
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
        Ok(device) => on(&mut c, &mut rows, device, if tiny { &TINY } else { &ON_GPU }),
        Err(e) => {
            println!("on the CPU only: {e}");
            on_cpu(&mut c, &mut rows, tiny);
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
