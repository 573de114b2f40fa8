//! The library under a limit of the process's address space (`ulimit -v`). It returns errors with
//! numbers and never aborts, and gives the same results with the threads that can be started.

use ndarray::{Array1, Array2, ArrayD};
use overtime::models::{Dense, Hh, Lif, brainpy};
use overtime::network::{Connect, Group, Network, Projection, Receptor};
use overtime::states::{self, Tensor};
use overtime::{Device, Error, Init, Input, LoopOverTime, Result, memory, monitor};
use std::fs::File;
use std::io::Write;
use std::process::{Command, Output};

const CASE: &str = "OVERTIME_CHILD_CASE";
/// A limit in KiB that is just enough for the program and its threads.
const LIMIT: u64 = 600_000;

fn network(size: usize, synapses: usize) -> Result<Network<f32>> {
    let group = Group::new("P", Lif::<f32>::new(size)).receptor(Receptor::exponential("s", 5.0));
    let projection =
        Projection::new("C", "P", ("P", "s")).connect(Connect::FixedNumPost(synapses)).weight(Init::uniform(0.0, 1.0));
    Network::builder(0.1).group(group).project(projection).build()
}

/// A state file with this many elements that occupies no space on the disk.
fn file(elements: u64) -> std::path::PathBuf {
    let path = std::env::temp_dir().join(format!("overtime-limits-{}.safetensors", std::process::id()));
    let header =
        format!("{{\"V\":{{\"dtype\":\"F32\",\"shape\":[{elements}],\"data_offsets\":[0,{}]}}}}", elements * 4);
    let mut file = File::create(&path).unwrap();
    file.write_all(&(header.len() as u64).to_le_bytes()).unwrap();
    file.write_all(header.as_bytes()).unwrap();
    file.set_len(8 + header.len() as u64 + elements * 4).unwrap();
    path
}

/// Carries out the case of this name, which needs more memory than the limit allows.
fn too_much(case: &str) -> Result<()> {
    match case {
        "state" => LoopOverTime::<f32, _>::new(Hh::new(50_000_000)).map(drop),
        "batch" => LoopOverTime::builder(Hh::<f32>::new(1000)).batch(50_000).build().map(drop),
        "reset" => LoopOverTime::<f32, _>::new(Hh::new(1000))?.reset_state(50_000),
        "recording" => LoopOverTime::builder(Hh::<f32>::new(1000)).out_vars("V").build()?.run_steps(100_000).map(drop),
        // Only the array of times, with one time for each step, is large.
        "times" => {
            let spikes = monitor("spike").events();
            LoopOverTime::builder(Hh::<f32>::new(1))
                .record_output(false)
                .out_vars(spikes)
                .build()?
                .run_steps(1 << 40)
                .map(drop)
        }
        "synapses" => LoopOverTime::builder(network(40_000, 5000)?).build().map(drop),
        "synapses to look at" => network(10_000, 2500)?.synapses("C", Device::Cpu).map(drop),
        "weights of a cell" => LoopOverTime::builder(brainpy::RnnCell::<f32>::new(3, 20_000)).build().map(drop),
        "weights of a layer" => LoopOverTime::builder(Dense::<f32>::new(20_000, 20_000)).build().map(drop),
        "product" => {
            let column = Array2::<f32>::zeros((20_000, 1));
            overtime::matmul::matmul(&column, &column.t()).map(drop)
        }
        "copy of a state" => {
            let over_time = LoopOverTime::<f32, _>::new(Hh::new(12_000_000))?;
            over_time.state_dict().map(drop)
        }
        "file of a state" => LoopOverTime::<f32, _>::new(Hh::new(12_000_000))?.states_file().map(drop),
        "reading a file" => {
            let path = file(200_000_000);
            let read = states::read(&path).map(drop);
            std::fs::remove_file(path).unwrap();
            read
        }
        "another type" => {
            let path = file(50_000_000);
            let read = states::read(&path).and_then(|file| file.tensors[0].1.to_array::<f64>().map(drop));
            std::fs::remove_file(path).unwrap();
            read
        }
        "tensor" => Tensor::try_from_array(ArrayD::<f64>::zeros(vec![40_000_000]).view()).map(drop),
        "noise" => {
            overtime::inputs::wiener_process::<f64>(200_000_000, 0, overtime::inputs::Span::new(0.1, 0.1)).map(drop)
        }
        "helpers" => memory::zeros::<f64>("zeros", 1 << 27)
            .map(drop)
            .and_then(|()| memory::room::<f64>("room", 1 << 27).map(drop)),
        other => panic!("no case `{other}`"),
    }
}

const CASES: [&str; 17] = [
    "state",
    "batch",
    "reset",
    "recording",
    "times",
    "synapses",
    "synapses to look at",
    "weights of a cell",
    "weights of a layer",
    "product",
    "copy of a state",
    "file of a state",
    "reading a file",
    "another type",
    "tensor",
    "noise",
    "helpers",
];

/// The spikes and potentials of a network and of neurons, as bits.
fn results() -> Result<String> {
    let mut net = LoopOverTime::builder(network(3000, 100)?).seed(3).build()?;
    let counts = net.run_steps(50)?.output;
    let mut neurons = LoopOverTime::builder(Hh::<f64>::new(5000).noise(1.0)).out_vars("V").build()?;
    let x = Array1::from_elem(50, 6.0);
    let run = neurons.run(Input::from(&x))?;
    let sum = counts
        .iter()
        .map(|n| n.to_bits().into())
        .chain(run["V"].iter().map(|v| v.to_bits()))
        .fold(7_u64, |all, bits| all.rotate_left(5) ^ bits);
    Ok(format!("{sum:x}"))
}

/// The child processes of the tests below run this function. It does nothing otherwise.
#[test]
fn child_runs_its_case() {
    let Ok(case) = std::env::var(CASE) else { return };
    let said = match case.as_str() {
        "results" => results(),
        other => too_much(other).map(|()| "it fits".to_owned()),
    };
    match said {
        Ok(said) => println!("SAID: {said}"),
        Err(Error::OutOfMemory { what, need, free }) => println!("REFUSED: {what}: {need} of {free}"),
        Err(other) => println!("OTHERWISE: {other}"),
    }
}

fn child(limit: u64, case: &str) -> Output {
    child_with(limit, case, "")
}

/// Runs the child with this number of rayon threads, if a number is given.
fn child_with(limit: u64, case: &str, threads: &str) -> Output {
    let script = format!("ulimit -c 0; ulimit -v {limit}; exec \"$0\" --exact limits::child_runs_its_case --nocapture");
    let me = std::env::current_exe().unwrap();
    Command::new("sh")
        .arg("-c")
        .arg(script)
        .arg(me)
        .env(CASE, case)
        .env("RAYON_NUM_THREADS", threads)
        .env_remove("RUST_BACKTRACE")
        .output()
        .unwrap()
}

#[test]
fn too_much_is_an_error_with_numbers() {
    for case in CASES {
        let output = child(LIMIT, case);
        let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        assert!(output.status.success(), "{case}: {:?}\n{out}\n{err}", output.status);
        assert!(out.contains("REFUSED: "), "{case}: {out}\n{err}");
        assert!(!err.contains("panicked") && !err.contains("memory allocation"), "{case}: {err}");
    }
}

/// The stacks of threads count towards the limit. If a thread cannot be started, fewer threads do
/// the work, and in the end only the calling thread.
#[test]
fn results_do_not_depend_on_the_threads_that_can_start() {
    let said = |output: &Output| {
        String::from_utf8_lossy(&output.stdout).lines().find_map(|l| l.split("SAID: ").nth(1).map(str::to_owned))
    };
    let all = child(8_000_000, "results");
    let expected = said(&all).unwrap_or_else(|| panic!("{}", String::from_utf8_lossy(&all.stderr)));
    let mut done = 0;
    for limit in (20..200).step_by(12) {
        let output = child(limit * 1000, "results");
        // Below some limit, the test harness itself cannot start.
        if let Some(found) = said(&output) {
            assert_eq!(found, expected, "{limit} MB");
            done += 1;
        }
        let err = String::from_utf8_lossy(&output.stderr);
        assert!(!err.contains("global thread pool"), "{limit} MB: {err}");
    }
    assert!(done > 3, "{done}");
    // There is not enough memory for 400 threads, and rayon's own pool would start all of them.
    let mut done = 0;
    for limit in [250_000, 300_000, 350_000, 400_000] {
        let output = child_with(limit, "results", "400");
        let err = String::from_utf8_lossy(&output.stderr);
        assert!(!err.contains("global thread pool"), "{limit} KiB: {err}");
        if let Some(found) = said(&output) {
            assert_eq!(found, expected, "{limit} KiB");
            done += 1;
        }
    }
    assert!(done > 0, "no child finished");
}
