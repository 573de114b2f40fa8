//! The Hodgkin-Huxley neuron over time on a GPU, for every size, both types and three strategies,
//! with and without recordings. Also the networks COBAHH (see `cobahh`) and the cortical
//! microcircuit (see `microcircuit.rs`).
//!
//! The clock stops when the recordings are on the host and the device is idle. The results go to
//! criterion, and as JSON and a table to the folder in `OVERTIME_RESULTS`. After
//! `OVERTIME_BENCH_SECONDS`, no new case starts. With `OVERTIME_TINY` set, the program only shows
//! that it works. The names are those of `benches/peers/time_brainpy.py`.

mod microcircuit;

use criterion::{BenchmarkId, Criterion, Throughput};
use overtime::models::{Hh, Lif, TraubMiles};
use overtime::network::{Connect, Group, Network, Projection, Receptor};
use overtime::{Device, Init, Input, LoopOverTime, OutVars, Real, Result, Strategy, monitor};
use serde_json::{Value, json};
use std::cell::Cell;
use std::hint::black_box;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

/// One measured case.
struct Row {
    name: String,
    strategy: Strategy,
    neurons: usize,
    steps: u64,
    /// The time of the best run.
    seconds: f64,
    /// For a network: the spikes of a neuron in a second.
    rate: Option<f64>,
}

struct Plan {
    tiny: bool,
    until: Instant,
    rows: Vec<Row>,
}

/// The kinds of recording, by the names below, each with the largest number of neurons.
const RECORDED: [(&str, usize); 3] = [("none", usize::MAX), ("spikes", 1_000_000), ("V", 10_000)];

fn out_vars(recorded: &str) -> Option<OutVars> {
    match recorded {
        "spikes" => Some(monitor("spike").events().into()),
        "V" => Some("V".into()),
        _ => None,
    }
}

fn bench<R: Real>(
    c: &mut Criterion,
    plan: &mut Plan,
    strategy: Strategy,
    recorded: &str,
    neurons: usize,
) -> Result<()> {
    let steps = if plan.tiny {
        4
    } else if neurons > 100_000 {
        100
    } else {
        1000
    };
    let mut builder =
        LoopOverTime::builder(Hh::<R>::new(neurons)).device(Device::Cuda(0)).strategy(strategy).record_output(false);
    if let Some(vars) = out_vars(recorded) {
        builder = builder.out_vars(vars);
    }
    let mut over_time = builder.build()?;
    let type_name = if size_of::<R>() == 8 { " f64" } else { "" };
    let case = (format!("hh{type_name}"), format!("n={neurons} T={steps} {recorded}"));
    let seconds =
        time(c, &case, strategy, neurons as u64 * steps, || over_time.run(Input::steps(steps).constant(R::of(10.0))))?;
    plan.rows.push(Row { name: format!("{}/{}", case.0, case.1), strategy, neurons, steps, seconds, rate: None });
    Ok(())
}

/// The best time of a run in seconds.
fn time<V>(
    c: &mut Criterion,
    (group, case): &(String, String),
    strategy: Strategy,
    elements: u64,
    mut run: impl FnMut() -> Result<V>,
) -> Result<f64> {
    run()?;
    let best = Cell::new(f64::INFINITY);
    let mut failed = None;
    let mut group = c.benchmark_group(format!("{group} {strategy}"));
    group.throughput(Throughput::Elements(elements));
    group.bench_function(BenchmarkId::from_parameter(case), |b| {
        b.iter_custom(|runs| {
            let mut all = Duration::ZERO;
            for _ in 0..runs {
                let start = Instant::now();
                match run() {
                    Ok(run) => drop(black_box(run)),
                    Err(e) => failed = Some(e),
                }
                let took = start.elapsed();
                best.set(best.get().min(took.as_secs_f64()));
                all += took;
            }
            all
        });
    });
    group.finish();
    failed.map_or(Ok(best.get()), Err)
}

/// Brian2's COBAHH with `n` cells, four fifths of them excitatory, and with `k` synapses for each
/// on average. The weights are those of k = 80, scaled by 80/k.
fn cobahh(n: usize, k: usize) -> Result<Network<f32>> {
    let cells = Group::new("P", TraubMiles::new(n).v(Init::normal(-65.0, 5.0)))
        .receptor(Receptor::exponential("ge", 5.0).coba(0.0).init(Init::normal(40.0, 15.0)))
        .receptor(Receptor::exponential("gi", 10.0).coba(-80.0).init(Init::normal(200.0, 120.0)));
    let most = n * 4 / 5;
    let project = |name, from, receptor, weight: f64| {
        let each = Connect::FixedProb((k as f64 / n as f64).min(1.0));
        Projection::new(name, ("P", from), ("P", receptor)).connect(each).weight(weight * 80.0 / k as f64)
    };
    Network::builder(0.1)
        .group(cells)
        .project(project("Ce", 0..most, "ge", 6.0))
        .project(project("Ci", most..n, "gi", 67.0))
        .build()
}

/// Measures a network by its case and its number of neurons.
fn bench_network(
    c: &mut Criterion,
    plan: &mut Plan,
    strategy: Strategy,
    (name, size): (&str, &str),
    neurons: usize,
    network: impl Fn() -> Result<Network<f32>>,
) -> Result<()> {
    let steps = if plan.tiny {
        4
    } else if neurons > 100_000 {
        200
    } else {
        1000
    };
    let builder = || Ok(LoopOverTime::builder(network()?).dt(0.1).device(Device::Cuda(0)).strategy(strategy));
    let mut over_time = builder()?.record_output(false).build()?;
    let case = (name.to_owned(), format!("{size} T={steps}"));
    let seconds = time(c, &case, strategy, neurons as u64 * steps, || over_time.run_steps(steps))?;
    drop(over_time);
    // The spikes of the timed steps, from the start: one second, or less.
    let spikes: f32 = builder()?.build()?.run_steps(steps)?.output.iter().sum();
    let rate = Some(f64::from(spikes) / (neurons as f64 * steps as f64 * 1e-4));
    plan.rows.push(Row { name: format!("{}/{}", case.0, case.1), strategy, neurons, steps, seconds, rate });
    Ok(())
}

fn networks(c: &mut Criterion, plan: &mut Plan) {
    let sizes: &[(usize, usize)] =
        if plan.tiny { &[(100, 10)] } else { &[(4000, 80), (4000, 1000), (256_000, 1000), (1_000_000, 80)] };
    let scale = if plan.tiny { 200 } else { 1 };
    for strategy in [Strategy::Persistent, Strategy::Graph] {
        let mut case = |name: &str, size: &str, neurons: usize, network: &dyn Fn() -> Result<Network<f32>>| {
            if Instant::now() > plan.until {
                println!("out of time before {name} {strategy} {size}");
            } else if let Err(e) = bench_network(c, plan, strategy, (name, size), neurons, network) {
                println!("{name} {strategy} {size}: {e}");
            }
        };
        for &(neurons, k) in sizes {
            case("cobahh", &format!("n={neurons} k={k}"), neurons, &|| cobahh(neurons, k));
        }
        let neurons = microcircuit::neurons(scale);
        case("microcircuit", &format!("n={neurons}"), neurons, &|| microcircuit::network(scale));
    }
}

fn all(c: &mut Criterion, plan: &mut Plan) {
    let sizes: &[usize] = if plan.tiny { &[1, 33] } else { &[1, 1000, 10_000, 100_000, 1_000_000, 10_000_000] };
    // The most important cases come first, because the time may not suffice for all.
    for strategy in [Strategy::Persistent, Strategy::Graph, Strategy::HostLoop] {
        for double in [false, true] {
            for (recorded, most) in RECORDED {
                for &neurons in sizes.iter().filter(|n| **n <= most) {
                    if Instant::now() > plan.until {
                        return println!("out of time before hh {strategy} n={neurons} {recorded}");
                    }
                    let done = if double {
                        bench::<f64>(c, plan, strategy, recorded, neurons)
                    } else {
                        bench::<f32>(c, plan, strategy, recorded, neurons)
                    };
                    if let Err(e) = done {
                        println!("hh {strategy} n={neurons} {recorded}: {e}");
                    }
                }
            }
        }
    }
}

/// The time of the first step of a neuron that this process has not compiled, from `build` on. The
/// device has been used before.
fn first_step() -> Result<f64> {
    let mut other = LoopOverTime::<f32, _>::builder(Lif::new(1)).device(Device::Cuda(0)).build()?;
    other.run_steps(1)?;
    let start = Instant::now();
    let mut over_time = LoopOverTime::<f32, _>::builder(Hh::new(1000)).device(Device::Cuda(0)).build()?;
    over_time.run_steps(1)?;
    Ok(start.elapsed().as_secs_f64())
}

const FIRST: &str = "--first-step";

/// The first step in new processes: with an empty cache, and with the cache of the first process.
fn first_steps(folder: &Path) -> Vec<(&'static str, f64)> {
    let cache = folder.join("first-step-cache");
    let _ = std::fs::remove_dir_all(&cache);
    let ask = || {
        let me = std::env::current_exe().ok()?;
        let output = Command::new(me).arg(FIRST).env("OVERTIME_CACHE", &cache).output().ok()?;
        String::from_utf8_lossy(&output.stdout)
            .lines()
            .find_map(|l| l.strip_prefix("first step ")?.trim().parse::<f64>().ok())
    };
    let found = ["compiled", "from the cache"].into_iter().filter_map(|how| Some((how, ask()?))).collect();
    let _ = std::fs::remove_dir_all(&cache);
    found
}

fn write(folder: &Path, plan: &Plan, first: &[(&str, f64)]) -> std::io::Result<()> {
    let rate = |r: &Row| r.neurons as f64 * r.steps as f64 / r.seconds;
    let row = |r: &Row| {
        let (strategy, per_step) = (r.strategy.to_string(), r.seconds / r.steps as f64);
        json!({ "name": r.name, "strategy": strategy, "seconds": r.seconds, "seconds_per_step": per_step, "neuron_steps_per_second": rate(r),
            "spikes_per_neuron_and_second": r.rate })
    };
    let firsts: Vec<Value> = first.iter().map(|(how, s)| json!({ "how": how, "seconds": s })).collect();
    let rows: Vec<Value> = plan.rows.iter().map(row).collect();
    std::fs::write(folder.join("cuda.json"), json!({ "first_step": firsts, "rows": rows }).to_string())?;
    let mut text = String::from("| first step of HH | |\n|---|---|\n");
    first.iter().for_each(|(how, s)| text.push_str(&format!("| {how} | {s:.3} s |\n")));
    text.push_str("\n| case | strategy | ms | µs a step | G neuron-steps/s | Hz |\n|---|---|---|---|---|---|\n");
    for r in &plan.rows {
        let (ms, us) = (r.seconds * 1e3, r.seconds / r.steps as f64 * 1e6);
        let hz = r.rate.map_or(String::new(), |rate| format!("{rate:.1}"));
        text.push_str(&format!("| {} | {} | {ms:.3} | {us:.3} | {:.3} | {hz} |\n", r.name, r.strategy, rate(r) * 1e-9));
    }
    print!("{text}");
    std::fs::write(folder.join("cuda.md"), text)
}

fn main() {
    if let Err(e) = Device::cuda(0) {
        return println!("nothing to measure: {e}");
    }
    if std::env::args().any(|a| a == FIRST) {
        return match first_step() {
            Ok(seconds) => println!("first step {seconds}"),
            Err(e) => println!("{e}"),
        };
    }
    let tiny = std::env::var_os("OVERTIME_TINY").is_some();
    let seconds = std::env::var("OVERTIME_BENCH_SECONDS").ok().and_then(|s| s.parse().ok()).unwrap_or(240);
    let mut plan = Plan { tiny, until: Instant::now() + Duration::from_secs(seconds), rows: Vec::new() };
    let folder = std::env::var_os("OVERTIME_RESULTS").map_or_else(std::env::temp_dir, PathBuf::from);
    let first = first_steps(&folder);
    let times = if tiny { (1, 1) } else { (200, 600) };
    let c = Criterion::default().sample_size(10).without_plots();
    let c = c.warm_up_time(Duration::from_millis(times.0)).measurement_time(Duration::from_millis(times.1));
    let mut c = c.configure_from_args();
    networks(&mut c, &mut plan);
    all(&mut c, &mut plan);
    if let Err(e) = write(&folder, &plan, &first) {
        eprintln!("{}: {e}", folder.display());
    }
    c.final_summary();
}
