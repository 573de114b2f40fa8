//! Devices that have room for less at once than a whole one of their kind: loops run in another way, say why, and give the same bits.

use crate::cuda::child::simulated;
use crate::cuda::machine::Simulated;
use crate::cuda::{bits, missing, networks};
use half::bf16;
use overtime::models::brainpy;
use overtime::{Device, Error, LoopOverTime, Recording, Scalar, Strategy};

const STEPS: usize = 6;

/// Blocks for 22 warps of neurons and 8: several, which wait for each other where all steps are one launch.
const NEURONS: usize = 700;

/// A network by this strategy, to the CPU's bits. What the loop says of its strategy.
fn network(neurons: usize, strategy: Strategy) -> Result<String, Error> {
    let x = networks::input::<f32>(STEPS, None);
    let expected = networks::builder::<f32>(neurons, None).build()?.run(&x)?;
    let mut on_gpu = networks::builder::<f32>(neurons, None).device(Device::Cuda(0)).strategy(strategy).build()?;
    bits::same_runs(&format!("{neurons} neurons, {strategy}"), &on_gpu.run(&x)?, &expected);
    Ok(on_gpu.strategy())
}

/// Runs cells by this tier from now on, or by the table's.
fn take(tier: Option<&str>) {
    // SAFETY: called in a process that runs one test alone, by the thread that runs it.
    unsafe {
        match tier {
            Some(tier) => std::env::set_var("OVERTIME_CELLS", tier),
            None => std::env::remove_var("OVERTIME_CELLS"),
        }
    }
}

/// A cell, and what its loop says of its strategy.
fn cell<T: Scalar>(hidden: usize, batch: usize, strategy: Strategy) -> Result<(Recording<T>, String), Error> {
    let x = ndarray::Array3::from_shape_fn((3, batch, 5), |(t, b, k)| T::from_f64((t + 3 * b + k) as f64 * 0.1 - 0.7));
    let builder = LoopOverTime::builder(brainpy::LstmCell::<T>::new(5, hidden)).batch(batch).seed(7);
    let mut over_time = builder.device(Device::Cuda(0)).strategy(strategy).build()?;
    Ok((over_time.run(&x)?, over_time.strategy()))
}

/// The table's choice gives the bits of a launch a step, whose blocks need not be there at once.
fn cell_as_by_step<T: Scalar>(hidden: usize, batch: usize) -> String {
    take(Some("step"));
    let (expected, _) = cell::<T>(hidden, batch, Strategy::Auto).unwrap();
    take(None);
    let (found, strategy) = cell::<T>(hidden, batch, Strategy::Auto).unwrap();
    bits::same_runs(&strategy, &found, &expected);
    strategy
}

fn says(text: &str, parts: &[&str]) {
    assert!(parts.iter().all(|part| text.contains(part)), "{parts:?} are not all in: {text}");
}

#[test]
fn a_device_without_cooperative_launches_captures_steps() {
    let set = [("FAKECUDA_COOPERATIVE", "0"), ("FAKECUDA_ARCH", "sm_80")];
    simulated("room::a_device_without_cooperative_launches_captures_steps", &set, || {
        missing::runs();
        says(&network(NEURONS, Strategy::Auto).unwrap(), &["graph: not persistent", "cannot hold all blocks of a launch at once"]);
        says(&network(NEURONS, Strategy::Graph).unwrap(), &["graph: it was asked for"]);
        says(&network(NEURONS, Strategy::HostLoop).unwrap(), &["it was asked for"]);
        // A block that is alone waits for nobody.
        says(&network(40, Strategy::Auto).unwrap(), &["persistent"]);
        let error = network(NEURONS, Strategy::Persistent).unwrap_err();
        assert!(matches!(error, Error::Unsupported(_)), "{error:?}");
        says(&error.to_string(), &["persistent strategy", "cuda:0", "cannot hold all blocks", "graph"]);
        // Without clusters, all blocks together would keep these weights.
        says(&cell_as_by_step::<f64>(160, 2), &["graph: tier `step`", "not `grid`, since the device cannot hold all blocks"]);
        let error = cell::<f64>(160, 2, Strategy::Persistent).unwrap_err();
        says(&error.to_string(), &["persistent strategy", "160 units", "cannot hold all blocks of a launch at once"]);
    });
}

/// The same cell on the whole device, so that the test above shows what it is meant to.
#[test]
fn a_whole_device_takes_the_tier_that_the_others_lack() {
    simulated("room::a_whole_device_takes_the_tier_that_the_others_lack", &[("FAKECUDA_ARCH", "sm_80")], || {
        says(&cell_as_by_step::<f64>(160, 2), &["persistent: tier `grid`"]);
    });
}

#[test]
fn a_part_of_a_device_has_no_room_for_clusters() {
    let set = [("FAKECUDA_GPCS", "1,1,1,1,1,1")];
    simulated("room::a_part_of_a_device_has_no_room_for_clusters", &set, || {
        missing::runs();
        says(&network(NEURONS, Strategy::Auto).unwrap(), &["persistent"]);
        says(&cell_as_by_step::<f64>(160, 2), &["not `cluster`, because no cluster of 4 such blocks fits on the device"]);
    });
}

/// Twelve multiprocessors are three times four, but two groups of six have room for two clusters of four.
#[test]
fn as_many_shards_are_made_as_clusters_fit() {
    for (groups, said) in [("12", "(3 of 4 blocks)"), ("6,6", "(2 of 4 blocks)")] {
        simulated("room::as_many_shards_are_made_as_clusters_fit", &[("FAKECUDA_GPCS", groups), ("SAID", said)], || {
            let strategy = cell_as_by_step::<f64>(100, 3);
            says(&strategy, &["tier `cluster`", &std::env::var("SAID").unwrap()]);
            assert!(!strategy.contains("not `cluster`"), "{strategy}");
        });
    }
}

#[test]
fn little_shared_memory_is_asked_for_where_there_is_little() {
    let set = [("FAKECUDA_SHARED_KIB", "99"), ("FAKECUDA_SMS", "2")];
    simulated("room::little_shared_memory_is_asked_for_where_there_is_little", &set, || {
        missing::runs();
        says(&network(NEURONS, Strategy::Auto).unwrap(), &["persistent"]);
        cell_as_by_step::<f64>(160, 2);
        // Large products by tensor maps need more.
        let driver = Simulated::new().unwrap();
        driver.reset();
        let x = ndarray::Array3::from_shape_fn((1, 128, 3), |(_, b, k)| bf16::from_f64((b + k) as f64 * 0.01));
        let large = || LoopOverTime::builder(brainpy::LstmCell::<bf16>::new(3, 496)).batch(128).device(Device::Cuda(0));
        let mut over_time = large().build().unwrap();
        over_time.run(&x).unwrap();
        assert_eq!(driver.report().calls.get("cuTensorMapEncodeTiled"), None);
    });
}

/// As many blocks as the driver says, though the compiler left room for more.
#[test]
fn a_network_has_the_blocks_that_fit() {
    let set = [("FAKECUDA_THREADS", "256"), ("FAKECUDA_SMS", "2")];
    simulated("room::a_network_has_the_blocks_that_fit", &set, || {
        for strategy in [Strategy::Auto, Strategy::Persistent] {
            says(&network(NEURONS, strategy).unwrap(), &["persistent"]);
        }
    });
}
