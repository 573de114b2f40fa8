//! Clusters of blocks: special registers, each other's shared memory, the barrier, and mistakes
//! with them.

use crate::common::*;
use fakecuda::{Fault, Kind, Outcome};

fn fault(r: Result<Outcome, Fault>, kind: Kind, word: &str) {
    let f = r.expect_err("the mistake was not detected");
    assert!(f.kind == kind && f.what.contains(word), "{f}");
    println!("{f}");
}

fn ring(size: u32, mode: u32) -> (Result<Outcome, Fault>, Vec<f32>, Vec<f32>) {
    let (mut gpu, grid, t) = (Gpu::load("cluster"), 3 * size, 64);
    let (y, sums) = (gpu.fresh::<f32>((grid * t) as usize), gpu.fresh::<f32>(3));
    let args = Args::new().u64(y).u64(sums).i32(mode as i32);
    let r = gpu.launch_cluster("ring", grid, t, [size, 1, 1], false, args);
    (r, gpu.down(y, (grid * t) as usize), gpu.down(sums, 3))
}

#[test]
fn shared_memory_of_other_blocks() {
    for size in [1u32, 2, 3, 8, 16] {
        let (r, y, sums) = ring(size, 0);
        r.unwrap();
        for block in 0..3 * size {
            let of = |by: u32, t: u32| (block / size * size + (block % size + by) % size) as f32 * 100.0 + t as f32;
            for t in 0..64 {
                assert_eq!(
                    y[(block * 64 + t) as usize],
                    of(1, t) + of(2, t),
                    "clusters of {size}, block {block}, thread {t}"
                );
            }
        }
        for (c, sum) in sums.iter().enumerate() {
            let blocks = c as u32 * size..(c as u32 + 1) * size;
            assert_eq!(*sum, blocks.map(|b| b as f32 * 6400.0 + 2016.0).sum::<f32>(), "cluster {c} of {size}");
        }
    }
}

#[test]
fn a_block_that_has_not_started() {
    fault(ring(2, 1).0, Kind::Race, "may not have started");
}

#[test]
fn a_block_that_has_ended() {
    fault(ring(2, 2).0, Kind::Race, "ended without waiting");
}

#[test]
fn missing_and_relaxed_barrier() {
    let run = |mode| {
        let mut gpu = Gpu::load("cluster");
        let y = gpu.fresh::<f32>(4);
        let r = gpu.launch_cluster("scatter", 4, 1, [4, 1, 1], false, Args::new().u64(y).i32(mode));
        r.map(|_| gpu.down::<f32>(y, 4))
    };
    assert_eq!(run(0).unwrap(), [3.0, 0.0, 1.0, 2.0]);
    for mode in [1, 2] {
        fault(run(mode).map(|_| Outcome::default()), Kind::Race, "of the cluster");
    }
}

#[test]
fn special_registers_of_a_cluster() {
    let mut gpu = Gpu::load("cluster");
    let y = gpu.fresh::<u32>(8 * 12);
    gpu.launch_cluster("where", 12, 1, [4, 1, 1], false, Args::new().u64(y)).unwrap();
    for (b, w) in gpu.down::<u32>(y, 96).chunks(8).enumerate() {
        assert_eq!(w, [b as u32 % 4, 4, b as u32 / 4, 3, 1, b as u32 % 4, 4, 3], "block {b}");
    }
    gpu.launch("where", 2, 1, Args::new().u64(y)).unwrap();
    assert_eq!(gpu.down::<u32>(y, 8), [0, 1, 0, 2, 0, 0, 1, 0]);
    gpu.launch("fixed", 4, 1, Args::new().u64(y)).unwrap();
    assert_eq!(gpu.down::<u32>(y, 4), [2; 4]);
    fault(gpu.launch("fixed", 3, 1, Args::new().u64(y)), Kind::NotDone, "clusters");
}

#[test]
fn the_barrier_misused() {
    for (mode, word) in [(0, "wait at"), (1, "again"), (2, "without having arrived")] {
        let mut gpu = Gpu::load("cluster");
        fault(gpu.launch_cluster("unmet", 2, 32, [2, 1, 1], false, Args::new().i32(mode)), Kind::Deadlock, word);
    }
}

#[test]
fn clusters_within_a_barrier_over_the_grid() {
    for (size, cooperative) in [(2u32, true), (4, true), (2, false)] {
        let mut gpu = Gpu::load("cluster");
        let (y, bar) = (gpu.fresh::<u32>(16), gpu.up(&[0u32]));
        let r = gpu.launch_cluster("grid", 8, 64, [size, 1, 1], cooperative, Args::new().u64(y).u64(bar));
        if !cooperative {
            fault(r, Kind::Endless, "cooperative");
            continue;
        }
        r.unwrap();
        for (b, &found) in gpu.down::<u32>(y, 16)[8..].iter().enumerate() {
            let b = b as u32;
            let other = b / size * size + size - 1 - b % size + 1;
            assert_eq!(found, 7 * ((b + size) % 8 + 1) + other, "block {b} in clusters of {size}");
        }
    }
}

#[test]
fn flags_in_another_blocks_memory() {
    for mode in 0..3 {
        let mut gpu = Gpu::load("cluster");
        let y = gpu.fresh::<f32>(2);
        let r = gpu.launch_cluster("flag", 2, 1, [2, 1, 1], false, Args::new().u64(y).i32(mode));
        if mode == 2 {
            fault(r, Kind::Race, "was written");
        } else {
            r.unwrap();
            assert_eq!(gpu.down::<f32>(y, 2), [0.0, 42.0], "mode {mode}");
        }
    }
}
