//! Devices that can run less at once than a whole device of their kind. Loops then run in another
//! way, give the reason, and have the same bits.

use crate::cuda::child::simulated;
use crate::cuda::machine::Simulated;
use crate::cuda::{bits, missing, networks};
use half::bf16;
use overtime::models::brainpy;
use overtime::{Device, Error, LoopOverTime, Recording, Scalar, Strategy};

const STEPS: usize = 6;

/// The blocks hold 22 and 8 warps of neurons. There are several blocks, which wait for each other
/// if all steps are one launch.
const NEURONS: usize = 700;

/// Runs a network with this strategy, asserts the bits of the CPU, and returns the loop's
/// description of its strategy.
fn network(neurons: usize, strategy: Strategy) -> Result<String, Error> {
    let x = networks::input::<f32>(STEPS, None);
    let expected = networks::builder::<f32>(neurons, None).build()?.run(&x)?;
    let mut on_gpu = networks::builder::<f32>(neurons, None).device(Device::Cuda(0)).strategy(strategy).build()?;
    bits::same_runs(&format!("{neurons} neurons, {strategy}"), &on_gpu.run(&x)?, &expected);
    Ok(on_gpu.strategy())
}

/// Selects the tier of cells from now on: this tier, or the table's choice.
fn take(tier: Option<&str>) {
    // SAFETY: this process runs one test alone, and the thread that runs the test makes this call.
    unsafe {
        match tier {
            Some(tier) => std::env::set_var("OVERTIME_CELLS", tier),
            None => std::env::remove_var("OVERTIME_CELLS"),
        }
    }
}

/// Runs a cell, and returns the recording and the loop's description of its strategy.
fn cell<T: Scalar>(hidden: usize, batch: usize, strategy: Strategy) -> Result<(Recording<T>, String), Error> {
    let x = ndarray::Array3::from_shape_fn((3, batch, 5), |(t, b, k)| T::from_f64((t + 3 * b + k) as f64 * 0.1 - 0.7));
    let builder = LoopOverTime::builder(brainpy::LstmCell::<T>::new(5, hidden)).batch(batch).seed(7);
    let mut over_time = builder.device(Device::Cuda(0)).strategy(strategy).build()?;
    Ok((over_time.run(&x)?, over_time.strategy()))
}

/// The table's choice has the bits of the tier `step`, whose blocks need not run at the same time.
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
        says(
            &network(NEURONS, Strategy::Auto).unwrap(),
            &["graph: not persistent", "cannot hold all blocks of a launch at once"],
        );
        says(&network(NEURONS, Strategy::Graph).unwrap(), &["graph: it was asked for"]);
        says(&network(NEURONS, Strategy::HostLoop).unwrap(), &["it was asked for"]);
        // A single block waits for no other block.
        says(&network(40, Strategy::Auto).unwrap(), &["persistent"]);
        let error = network(NEURONS, Strategy::Persistent).unwrap_err();
        assert!(matches!(error, Error::Unsupported(_)), "{error:?}");
        says(&error.to_string(), &["persistent strategy", "cuda:0", "cannot hold all blocks", "graph"]);
        // On a device with cooperative launches but without clusters, all blocks together would
        // keep these weights.
        says(
            &cell_as_by_step::<f64>(160, 2),
            &["graph: tier `step`", "not `grid`, since the device cannot hold all blocks"],
        );
        let error = cell::<f64>(160, 2, Strategy::Persistent).unwrap_err();
        says(&error.to_string(), &["persistent strategy", "160 units", "cannot hold all blocks of a launch at once"]);
    });
}

/// The same cell on the whole device. This shows that the test above tests what it should.
#[test]
fn a_whole_device_uses_the_tier_grid() {
    simulated("room::a_whole_device_uses_the_tier_grid", &[("FAKECUDA_ARCH", "sm_80")], || {
        says(&cell_as_by_step::<f64>(160, 2), &["persistent: tier `grid`"]);
    });
}

#[test]
fn a_part_of_a_device_has_no_room_for_clusters() {
    let set = [("FAKECUDA_GPCS", "1,1,1,1,1,1")];
    simulated("room::a_part_of_a_device_has_no_room_for_clusters", &set, || {
        missing::runs();
        says(&network(NEURONS, Strategy::Auto).unwrap(), &["persistent"]);
        says(
            &cell_as_by_step::<f64>(160, 2),
            &["not `cluster`, because no cluster of 4 such blocks fits on the device"],
        );
    });
}

/// Twelve SMs are three times four, but two groups of six SMs hold only two clusters of four.
#[test]
fn as_many_shards_are_made_as_clusters_fit() {
    for (groups, said) in [("12", "(3 of 4 blocks)"), ("6,6", "(2 of 4 blocks)")] {
        simulated(
            "room::as_many_shards_are_made_as_clusters_fit",
            &[("FAKECUDA_GPCS", groups), ("SAID", said)],
            || {
                let strategy = cell_as_by_step::<f64>(100, 3);
                says(&strategy, &["tier `cluster`", &std::env::var("SAID").unwrap()]);
                assert!(!strategy.contains("not `cluster`"), "{strategy}");
            },
        );
    }
}

#[test]
fn kernels_use_no_more_shared_memory_than_a_block_has() {
    let set = [("FAKECUDA_SHARED_KIB", "99"), ("FAKECUDA_SMS", "2")];
    simulated("room::kernels_use_no_more_shared_memory_than_a_block_has", &set, || {
        missing::runs();
        says(&network(NEURONS, Strategy::Auto).unwrap(), &["persistent"]);
        cell_as_by_step::<f64>(160, 2);
        // Large products with tensor maps need more shared memory.
        let driver = Simulated::new().unwrap();
        driver.reset();
        let x = ndarray::Array3::from_shape_fn((1, 128, 3), |(_, b, k)| bf16::from_f64((b + k) as f64 * 0.01));
        let large = || LoopOverTime::builder(brainpy::LstmCell::<bf16>::new(3, 496)).batch(128).device(Device::Cuda(0));
        let mut over_time = large().build().unwrap();
        over_time.run(&x).unwrap();
        assert_eq!(driver.report().calls.get("cuTensorMapEncodeTiled"), None);
    });
}

/// The number of blocks is the driver's occupancy, although the compiler's registers would allow
/// more.
#[test]
fn a_network_has_the_blocks_that_fit() {
    let set = [("FAKECUDA_THREADS", "256"), ("FAKECUDA_SMS", "2")];
    simulated("room::a_network_has_the_blocks_that_fit", &set, || {
        for strategy in [Strategy::Auto, Strategy::Persistent] {
            says(&network(NEURONS, strategy).unwrap(), &["persistent"]);
        }
    });
}
