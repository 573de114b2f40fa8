//! mbarriers: phases, counts, waits, and misuse.

use crate::common::*;
use fakecuda::{Fault, Kind, Outcome};

fn fault(r: Result<Outcome, Fault>, kind: Kind, word: &str) {
    let f = r.expect_err("the mistake was not detected");
    assert!(f.kind == kind && f.what.contains(word), "{f}");
    println!("{f}");
}

fn pipeline(tiles: usize, mode: i32) -> (Result<Outcome, Fault>, Vec<f32>, Vec<f32>) {
    let mut gpu = Gpu::load("mbarrier");
    let x: Vec<f32> = words(32 * tiles, 5).iter().map(|w| (w % 100) as f32).collect();
    let (dx, dy) = (gpu.up(&x), gpu.fresh::<f32>(32));
    let r = gpu.launch("pipeline", 1, 64, Args::new().u64(dx).u64(dy).i32(tiles as i32).i32(mode));
    (r, x, gpu.down(dy, 32))
}

#[test]
fn tiles_from_warp_to_warp() {
    for tiles in [1, 2, 3, 33] {
        let (r, x, y) = pipeline(tiles, 0);
        r.unwrap();
        for (lane, &y) in y.iter().enumerate() {
            assert_eq!(y, (0..tiles).map(|k| x[k * 32 + 31 - lane]).sum::<f32>(), "{tiles} tiles, lane {lane}");
        }
    }
}

#[test]
fn mistakes_with_tiles() {
    for (mode, kind, word) in [
        (1, Kind::Misuse, "no mbarrier"),
        (2, Kind::Deadlock, "lacks 1 of 33 arrivals"),
        (3, Kind::Race, "initialised"),
        (4, Kind::Deadlock, "waits at the mbarrier"),
        (5, Kind::Deadlock, "waits at the mbarrier"),
        (6, Kind::Race, "was written"),
    ] {
        fault(pipeline(8, mode).0, kind, word);
    }
}

#[test]
fn states_and_bytes() {
    let mut gpu = Gpu::load("mbarrier");
    let y = gpu.up(&[9u32; 8]);
    gpu.launch("states", 1, 1, Args::new().u64(y)).unwrap();
    assert_eq!(gpu.down::<u32>(y, 7), [3, 0, 0, 1, 2, 1, 0]);
}

#[test]
fn blocks_of_a_cluster() {
    let run = |size: u32, mode| {
        let mut gpu = Gpu::load("mbarrier");
        let y = gpu.fresh::<f32>(8);
        let r = gpu.launch_cluster("neighbours", 8, 32, [size, 1, 1], false, Args::new().u64(y).i32(5).i32(mode));
        (r, gpu.down::<f32>(y, 8))
    };
    for size in [2u32, 4, 8] {
        let (r, y) = run(size, 0);
        r.unwrap();
        let expected = |b: u32| ((b + 5 * size - 5) % size + 1) as f32 * 32.0;
        assert!((0..8).all(|b| y[b as usize] == expected(b % size)), "clusters of {size}: {y:?}");
    }
    fault(run(4, 1).0, Kind::Deadlock, "waits at the mbarrier");
    fault(run(4, 2).0, Kind::Race, "may not have started");
}
