//! Asynchronous copies: byte counts of mbarriers, boxes of tensors, swizzles, copies to other
//! blocks, and missing waits.

use crate::common::*;
use fakecuda::driver::api::tensor::{Map, cuTensorMapEncodeTiled};
use fakecuda::{Fault, Kind, Outcome};

fn fault(r: Result<Outcome, Fault>, kind: Kind, word: &str) {
    let f = r.expect_err("the mistake was not detected");
    assert!(f.kind == kind && f.what.contains(word), "{f}");
    println!("{f}");
}

/// The bytes of a tensor map with elements of `element` bytes, or the driver's error.
fn map(
    element: usize,
    address: u64,
    dims: &[u64],
    strides: &[u64],
    tile: &[u32],
    swizzle: u32,
) -> Result<[u8; 128], u32> {
    let kind = match element {
        1 => 0,
        2 => 9,
        4 => 7,
        _ => 8,
    };
    let (mut map, ones) = (Map::default(), [1u32; 5]);
    let _turn = turn();
    // SAFETY: each list has one element for each dimension, and `map` has room for the map.
    let code = unsafe {
        let (d, s, t) = (dims.as_ptr(), strides.as_ptr(), tile.as_ptr());
        cuTensorMapEncodeTiled(&raw mut map, kind, dims.len() as u32, address, d, s, t, ones.as_ptr(), 0, swizzle, 0, 0)
    };
    if code == 0 { Ok(map.bytes()) } else { Err(code) }
}

#[test]
fn there_and_back() {
    let run = |mode| {
        let mut gpu = Gpu::load("bulk");
        let x = random(256, 1);
        let (dx, y) = (gpu.up(&x), gpu.fresh::<f32>(256));
        let r = gpu.launch("there_and_back", 1, 256, Args::new().u64(dx).u64(y).i32(mode));
        (r, x, gpu.down::<f32>(y, 256))
    };
    let (r, x, y) = run(0);
    r.unwrap();
    assert!(x.iter().zip(&y).all(|(x, y)| 2.0 * x == *y));
    for (mode, kind, word) in [
        (1, Kind::Deadlock, "16 bytes"),
        (2, Kind::Deadlock, "-512 bytes"),
        (3, Kind::Misaligned, "multiple of 16"),
        (4, Kind::Race, "was"),
        (5, Kind::Race, "no fence.proxy.async since"),
        (6, Kind::Race, "was"),
        (7, Kind::Race, ""),
    ] {
        fault(run(mode).0, kind, word);
    }
}

#[test]
fn boxes_of_a_tensor() {
    // The tensor has shape [4, 7, 40], and its rows are 48 words apart. The boxes are partly
    // outside.
    let (dims, strides) = ([40u64, 7, 4], [192u64, 192 * 7]);
    let x: Vec<u32> = words(48 * 7 * 4, 2);
    for (swizzle, tile) in [(0u32, [20u32, 3, 2]), (0, [64, 2, 1]), (1, [8, 5, 2]), (2, [16, 8, 1]), (3, [32, 4, 3])] {
        for corner in [[0i32, 0, 0], [8, 2, 1], [-4, -1, -1], [33, 5, 3], [39, 6, 0], [100, 0, 0]] {
            let mut gpu = Gpu::load("bulk");
            let n = (tile[0] * tile[1] * tile[2]) as usize;
            let (from, to, out) = (gpu.up(&x), gpu.fresh::<u32>(x.len()), gpu.fresh::<u32>(n));
            let (a, b) = (
                map(4, from, &dims, &strides, &tile, swizzle).unwrap(),
                map(4, to, &dims, &strides, &tile, swizzle).unwrap(),
            );
            let args = Args::new().put(a).put(b).u64(out).i32(n as i32).i32(corner[0]).i32(corner[1]).i32(corner[2]);
            gpu.launch_full("box", [1; 3], [64, 1, 1], n * 4, false, args).unwrap();
            let (out, back): (Vec<u32>, Vec<u32>) = (gpu.down(out, n), gpu.down(to, x.len()));
            let mut copied = vec![0xa5a5_a5a5u32; x.len()];
            for k in 0..n as i32 {
                let c = [k % tile[0] as i32, k / tile[0] as i32 % tile[1] as i32, k / (tile[0] * tile[1]) as i32];
                let at: Vec<i32> = (0..3).map(|d| corner[d] + c[d]).collect();
                let inside = (0..3).all(|d| at[d] >= 0 && at[d] < dims[d] as i32);
                let index = || (at[2] as usize * 7 + at[1] as usize) * 48 + at[0] as usize;
                let expected = if inside { x[index()] } else { 0 };
                if inside {
                    copied[index()] = expected;
                }
                // The swizzle permutes units of 16 bytes by the index of their row of 128 bytes.
                let (byte, mask) = (4 * k as usize, (1usize << swizzle) - 1);
                let place = byte ^ (((byte / 128) & mask) << 4);
                assert_eq!(out[place / 4], expected, "swizzle {swizzle}, box {tile:?} at {corner:?}, element {c:?}");
            }
            assert!(back == copied, "swizzle {swizzle}, box {tile:?} at {corner:?}: wrong bytes written back");
        }
    }
}

#[test]
fn impossible_tensor_maps_are_refused() {
    let ok = |address, dims: &[u64], strides: &[u64], tile: &[u32], swizzle| {
        map(2, address, dims, strides, tile, swizzle).is_ok()
    };
    let at = 1 << 32;
    assert!(ok(at, &[100, 50], &[208], &[64, 256], 3));
    assert!(!ok(at + 8, &[100, 50], &[208], &[64, 16], 3), "address");
    assert!(!ok(at, &[100, 50], &[200], &[64, 16], 3), "stride");
    assert!(!ok(at, &[100, 50], &[208], &[64, 257], 3), "box");
    assert!(!ok(at, &[100, 50], &[208], &[72, 16], 3), "accepted a row that is wider than the swizzle");
    assert!(!ok(at, &[100, 50], &[208], &[4, 16], 0), "accepted a row of 8 bytes");
    assert!(!ok(at, &[100, 0], &[208], &[64, 16], 0), "dimension");
    assert_eq!(map(2, at, &[100, 50], &[200], &[64, 16], 3), Err(1));
}

#[test]
fn to_all_blocks_of_a_cluster() {
    let run = |size: u32, mode: i32, mangled: bool| {
        let mut gpu = Gpu::load("bulk");
        let x: Vec<f32> = (0..64).map(|k| k as f32).collect();
        let (dx, y) = (gpu.up(&x), gpu.fresh::<f32>(32 * size as usize));
        let mut m = map(4, dx, &[32, 2], &[128], &[32, 1], 0).unwrap();
        m[0] ^= mangled as u8;
        let r = gpu.launch_cluster("spread", size, 32, [size, 1, 1], false, Args::new().put(m).u64(y).i32(mode));
        (r, gpu.down::<f32>(y, 32 * size as usize))
    };
    for size in [2u32, 4, 8] {
        let (r, y) = run(size, 0, false);
        r.unwrap();
        for (k, &y) in y.iter().enumerate() {
            let (block, t) = (k as u32 / 32, k % 32);
            assert_eq!(y, (32 + t) as f32 + ((block + size - 1) % size) as f32, "block {block}, thread {t}");
        }
    }
    fault(run(4, 0, true).0, Kind::Misuse, "not a tensor map");
    fault(run(4, 1, false).0, Kind::UseAfterFree, "has ended");
    fault(run(4, 2, false).0, Kind::Race, "was");
    fault(run(4, 3, false).0, Kind::Misuse, "mbarrier of a copy");
}
