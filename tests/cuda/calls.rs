//! The calls of the driver in a run, as the simulated driver counts them. Each test runs in its own
//! process.

use crate::cuda::child::simulated;
use crate::cuda::machine::{Report, Simulated};
use crate::cuda::parity::STRATEGIES;
use ndarray::Array2;
use overtime::models::{Activation, Dense, Hh, Lif, brainpy};
use overtime::{Device, LoopOverTime, Sequential, Strategy, System, monitor};

const LAUNCHES: &[&str] = &["cuLaunchKernel", "cuLaunchCooperativeKernel"];
const ALLOCATIONS: &[&str] = &["cuMemAlloc", "cuMemHostAlloc", "cuMemFree"];
const WAITS: &[&str] = &["cuStreamSynchronize", "cuCtxSynchronize", "cuEventSynchronize"];
const LOADS: &[&str] =
    &["cuModuleLoad", "cuStreamCreate", "cuEventCreate", "cuGraphInstantiate", "cuStreamBeginCapture"];

/// The simulated driver is slow, and the length of a chunk follows the clock. With this setting,
/// the counts are those of a GPU.
pub(crate) const UNHURRIED: (&str, &str) = ("OVERTIME_CHUNK_MS", "1e9");

type Boxed = Box<dyn System<f32>>;

fn hh() -> Boxed {
    Box::new(Hh::new(33))
}

fn stack() -> Boxed {
    let stack = Sequential::new().layer("dense", Dense::<f32>::new(33, 9)).layer("lstm", brainpy::LstmCell::new(9, 7));
    Box::new(stack.layer("lif", Lif::new(7)))
}

/// Runs twice, and returns the counts of the second run.
fn counted(system: Boxed, vars: &[&str], strategy: Strategy, steps: usize) -> Report {
    let driver = Simulated::new().unwrap();
    let vars: Vec<_> = vars.iter().map(|v| monitor(*v)).collect();
    let builder = LoopOverTime::builder(system).device(Device::Cuda(0)).strategy(strategy);
    let mut over_time = builder.out_vars(vars).build().unwrap();
    let x = Array2::from_elem((steps, 33), 1.0_f32);
    over_time.run(&x).unwrap();
    driver.reset();
    over_time.run(&x).unwrap();
    driver.report()
}

fn all(report: &Report) -> u64 {
    report.calls.values().sum()
}

#[test]
fn a_persistent_run_is_a_launch_for_a_chunk() {
    simulated("calls::a_persistent_run_is_a_launch_for_a_chunk", &[UNHURRIED], || {
        for (name, system, vars) in
            [("hh", hh as fn() -> Boxed, &["V", "spike"][..]), ("stack", stack, &["lstm.state", "lif.V"])]
        {
            let [few, many] = [8, 512].map(|steps| counted(system(), vars, Strategy::Persistent, steps));
            println!("{name}, 8 steps: {few:?}\n{name}, 512 steps: {many:?}");
            // The steps within a chunk cost no call. A run may be split into chunks, but never into
            // single steps.
            assert!(all(&many) <= 4 * all(&few), "{name}: {} calls for 8 steps, {} for 512", all(&few), all(&many));
            assert!(many.calls(LAUNCHES) <= 4 * few.calls(LAUNCHES), "{name}: {:?}, {:?}", few.calls, many.calls);
            for report in [&few, &many] {
                assert_eq!(report.calls(ALLOCATIONS), 0, "{name} allocates in a run: {:?}", report.calls);
                assert_eq!(report.calls(LOADS), 0, "{name} loads in a run: {:?}", report.calls);
                assert!(report.calls(WAITS) <= 4 * report.calls(LAUNCHES), "{name} waits: {:?}", report.calls);
            }
        }
    });
}

fn small() -> Boxed {
    let stack =
        Sequential::new().layer("a", brainpy::RnnCell::<f32>::new(33, 20)).layer("relu", Activation::Relu.layer([20]));
    Box::new(stack.layer("b", brainpy::RnnCell::new(20, 2)))
}

#[test]
fn small_layers_are_one_launch() {
    simulated("calls::small_layers_are_one_launch", &[UNHURRIED], || {
        let few = counted(small(), &["a.state"], Strategy::Auto, 30);
        println!("small layers, 30 steps: {few:?}");
        // One launch for all layers, and one for the check for non-finite values.
        assert_eq!(few.calls(LAUNCHES), 2, "{:?}", few.kernels);
        assert_eq!(few.kernels["stack_scan"].0, 1, "{:?}", few.kernels);
        // With more steps than one thread block should compute, each layer has one launch or more.
        let many = counted(small(), &["a.state"], Strategy::Auto, 2000);
        assert!(!many.kernels.contains_key("stack_scan"), "{:?}", many.kernels);
        // If each step is a launch, no layer waits for the end of another, so layers are not fused.
        let loops = counted(small(), &["a.state"], Strategy::HostLoop, 3);
        assert!(!loops.kernels.contains_key("stack_scan"), "{:?}", loops.kernels);
    });
}

#[test]
fn a_graph_replays_many_steps_and_a_host_loop_launches_each() {
    simulated("calls::a_graph_replays_many_steps_and_a_host_loop_launches_each", &[UNHURRIED], || {
        let [few, many] = [64, 512].map(|steps| counted(hh(), &["V"], Strategy::Graph, steps));
        println!("graph, 64 steps: {few:?}\ngraph, 512 steps: {many:?}");
        let replays = |r: &Report| r.calls(&["cuGraphLaunch"]);
        assert!(replays(&many) > 0 && replays(&many) <= 512 / 8, "{:?}", many.calls);
        assert_eq!(many.calls(ALLOCATIONS) + many.calls(LOADS), 0, "{:?}", many.calls);
        // Each step was computed once, by either strategy.
        let kernel = many.kernels.iter().find(|(name, _)| name.contains("step")).expect("a kernel that makes a step");
        assert_eq!(kernel.1.0, 512, "{:?}", many.kernels);

        let [few, many] = [8, 128].map(|steps| counted(hh(), &["V"], Strategy::HostLoop, steps));
        println!("host loop, 8 steps: {few:?}\nhost loop, 128 steps: {many:?}");
        let per_step = (many.calls(LAUNCHES) - few.calls(LAUNCHES)) as f64 / 120.0;
        assert!((1.0..=2.0).contains(&per_step), "{per_step} launches a step");
        let other = all(&many) - many.calls(LAUNCHES);
        assert!(
            other <= 4 * (all(&few) - few.calls(LAUNCHES)),
            "calls other than launches grow with steps: {:?}, {:?}",
            few.calls,
            many.calls
        );
        assert_eq!(many.calls(ALLOCATIONS) + many.calls(LOADS), 0, "{:?}", many.calls);
    });
}

#[test]
fn a_dropped_loop_leaves_nothing() {
    simulated("calls::a_dropped_loop_leaves_nothing", &[], || {
        let driver = Simulated::new().unwrap();
        let run = |strategy, steps| {
            for system in [hh(), stack()] {
                let mut over_time =
                    LoopOverTime::builder(system).device(Device::Cuda(0)).strategy(strategy).build().unwrap();
                over_time.run(&Array2::from_elem((steps, 33), 1.0_f32)).unwrap();
                over_time.run(&Array2::from_elem((2 * steps, 33), 1.0_f32)).unwrap();
                over_time.reset_state(5).unwrap();
            }
        };
        // The first loop leaves a context and compiled modules for the next loop.
        STRATEGIES.iter().for_each(|s| run(*s, 3));
        let held = driver.report().held;
        for _ in 0..3 {
            STRATEGIES.iter().for_each(|s| run(*s, 40));
        }
        let after = driver.report();
        assert_eq!(after.held, held, "more loops hold more resources");
        assert!(after.said.is_empty(), "{:?}", after.said);
        println!("held after all loops: {held:?}");
    });
}
