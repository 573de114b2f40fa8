//! The latencies that decide which strategy is best on a GPU, and the rates of copies to and from
//! the device.
//!
//! The program prints a table, and writes it and the values to the folder in `OVERTIME_RESULTS`.
//! With `OVERTIME_TINY` set, it only shows that it works.

mod gpu;

use gpu::{Gpu, Handle, Result};
use std::time::Instant;

/// The values in the order of measurement: name, value and unit, or the reason why there is no
/// value.
struct Table {
    rows: Vec<(String, Result<f64>, &'static str)>,
}

impl Table {
    fn add(&mut self, name: impl Into<String>, unit: &'static str, value: Result<f64>) {
        let name = name.into();
        match &value {
            Ok(value) => println!("{name:44} {value:12.3} {unit}"),
            Err(why) => println!("{name:44} {why}"),
        }
        self.rows.push((name, value, unit));
    }

    fn markdown(&self) -> String {
        let rows = self.rows.iter().map(|(name, value, unit)| match value {
            Ok(value) => format!("| {name} | {value:.3} {unit} |\n"),
            Err(why) => format!("| {name} | {} |\n", why.replace('|', "/").replace('\n', " ")),
        });
        format!("| latency | |\n|---|---|\n{}", rows.collect::<String>())
    }

    fn json(&self) -> serde_json::Value {
        let row = |(name, value, unit): &(String, Result<f64>, &str)| match value {
            Ok(value) => serde_json::json!({ "name": name, "value": value, "unit": unit }),
            Err(why) => serde_json::json!({ "name": name, "skipped": why }),
        };
        serde_json::Value::Array(self.rows.iter().map(row).collect())
    }
}

/// The best of several tries in microseconds, because any disturbance only makes a measurement
/// longer.
fn best(tries: usize, mut work: impl FnMut() -> Result<()>) -> Result<f64> {
    work()?;
    let mut best = f64::INFINITY;
    for _ in 0..tries {
        let start = Instant::now();
        work()?;
        best = best.min(start.elapsed().as_secs_f64());
    }
    Ok(best * 1e6)
}

struct Sizes {
    launches: u32,
    barriers: u32,
    bytes: usize,
    tries: usize,
}

/// The time of one barrier: a kernel with many barriers, less a kernel with none.
fn barrier(gpu: &Gpu, function: &Result<Handle>, shape: [u32; 2], together: bool, sizes: &Sizes) -> Result<f64> {
    let function = *function.as_ref().map_err(Clone::clone)?;
    let x = gpu.zeros(8)?;
    let run = |times| {
        best(sizes.tries, || {
            gpu.launch(function, shape, x, times, together)?;
            gpu.wait()
        })
    };
    Ok((run(sizes.barriers)? - run(0)?).max(0.0) / f64::from(sizes.barriers))
}

fn measure(gpu: &Gpu, sizes: &Sizes, table: &mut Table) -> Result<()> {
    let x = gpu.zeros(8)?;
    let nothing = gpu.function("nothing")?;
    let many = |launches: u32| {
        for _ in 0..launches {
            gpu.launch(nothing, [1, 32], x, 0, false)?;
        }
        Ok(())
    };
    let each = |total: Result<f64>, n: u32| total.map(|t| t / f64::from(n));
    table.add(
        "stream launch, one after another",
        "µs",
        each(best(sizes.tries, || many(sizes.launches).and_then(|()| gpu.wait())), sizes.launches),
    );
    table.add("stream launch and wait for it", "µs", best(10 * sizes.tries, || many(1).and_then(|()| gpu.wait())));
    let graph = gpu.graph(|| many(sizes.launches));
    let replay = graph.and_then(|g| best(sizes.tries, || gpu.replay(g).and_then(|()| gpu.wait())));
    table.add("node of a graph", "µs", each(replay, sizes.launches));

    let function = gpu.function("block_barrier");
    table.add("barrier of a block of 256", "µs", barrier(gpu, &function, [1, 256], false, sizes));
    for blocks in [4, 8] {
        let function = gpu.function(&format!("cluster_barrier_{blocks}")).map_err(|_| "no clusters here".to_owned());
        table.add(
            format!("barrier of a cluster of {blocks} blocks"),
            "µs",
            barrier(gpu, &function, [blocks, 256], false, sizes),
        );
    }
    let (function, all) = (gpu.function("grid_barrier"), gpu.attribute(16)?);
    for blocks in [2, 32, 64, all] {
        if blocks <= all {
            table.add(
                format!("barrier of a grid of {blocks} blocks"),
                "µs",
                barrier(gpu, &function, [blocks, 256], true, sizes),
            );
        }
    }

    let (device, host) = (gpu.zeros(sizes.bytes)?, gpu.pinned(sizes.bytes)?);
    let rate = |t: Result<f64>| t.map(|us| sizes.bytes as f64 / us * 1e-3);
    let up = best(sizes.tries, || gpu.up(device, host, sizes.bytes).and_then(|()| gpu.wait()));
    table.add("copy to the device, pinned", "GB/s", rate(up));
    let down = best(sizes.tries, || gpu.down(host, device, sizes.bytes).and_then(|()| gpu.wait()));
    table.add("copy from the device, pinned", "GB/s", rate(down));
    Ok(())
}

fn main() {
    // `cargo test --benches` passes `--test`, and checks only that the program starts.
    let tiny = std::env::var_os("OVERTIME_TINY").is_some() || std::env::args().any(|a| a == "--test");
    let sizes = if tiny {
        Sizes { launches: 10, barriers: 3, bytes: 1 << 16, tries: 1 }
    } else {
        Sizes { launches: 2000, barriers: 2000, bytes: 256 << 20, tries: 7 }
    };
    let mut table = Table { rows: Vec::new() };
    let gpu = match Gpu::new(include_str!("kernels.cu")) {
        Ok(gpu) => gpu,
        Err(why) => return println!("nothing to measure: {why}"),
    };
    println!("{}, compute capability {}.{}", gpu.name, gpu.capability.0, gpu.capability.1);
    if let Err(why) = measure(&gpu, &sizes, &mut table) {
        println!("given up: {why}");
        table.rows.push(("given up".into(), Err(why), ""));
    }
    let Some(folder) = std::env::var_os("OVERTIME_RESULTS").map(std::path::PathBuf::from) else { return };
    let device = serde_json::json!({ "name": gpu.name, "capability": format!("{}.{}", gpu.capability.0, gpu.capability.1), "simulated": gpu.is_simulated });
    let all = serde_json::json!({ "device": device, "rows": table.json() });
    let written = std::fs::write(folder.join("latencies.json"), all.to_string())
        .and_then(|()| std::fs::write(folder.join("latencies.md"), table.markdown()));
    if let Err(e) = written {
        eprintln!("{}: {e}", folder.display());
    }
}
