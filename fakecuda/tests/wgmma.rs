//! Products of warp groups: layouts of both operands with every swizzle, and missing waits.

use crate::common::*;
use fakecuda::driver::api::tensor::{Map, cuTensorMapEncodeTiled};
use fakecuda::{Fault, Kind, Outcome};

fn fault(r: Result<Outcome, Fault>, kind: Kind, word: &str) {
    let f = r.expect_err("the mistake was not detected");
    assert!(f.kind == kind && f.what.contains(word), "{f}");
    println!("{f}");
}

#[derive(Clone, Copy, PartialEq, Debug)]
enum Ty {
    F16,
    Bf16,
    Tf32,
}

fn bits(ty: Ty, x: f32) -> Vec<u8> {
    match ty {
        Ty::Tf32 => x.to_bits().to_le_bytes().to_vec(),
        Ty::Bf16 => ((x.to_bits() >> 16) as u16).to_le_bytes().to_vec(),
        Ty::F16 if x == 0.0 => vec![0, 0],
        Ty::F16 => {
            let e = x.abs().log2().floor() as i32;
            let fraction = (x.abs() / 2f32.powi(e) - 1.0) * 1024.0;
            ((if x < 0.0 { 0x8000 } else { 0u16 }) | ((e + 15) as u16) << 10 | fraction as u16).to_le_bytes().to_vec()
        }
    }
}

/// The descriptor of a matrix [rows, k] in shared memory, and the amount by which each step
/// advances it.
struct Placed {
    descriptor: u64,
    by: u64,
}

/// Places the matrix in shared memory as TMA would: boxes as wide as the swizzle, side by side, in
/// groups of 8 rows.
fn place(image: &mut Vec<u8>, ty: Ty, m: &[f32], rows: usize, k: usize, swizzle: usize, across: bool) -> Placed {
    let (n, at, span) = (bits(ty, 0.0).len(), image.len().next_multiple_of(1024), 16 << swizzle);
    let (step, code) = (32 / n, [0u64, 3, 2, 1][swizzle]);
    let (inner, outer) = if across { (rows, k) } else { (k, rows) };
    // A box has `outer` lines of `span` bytes.
    let panel = span * outer;
    image.resize(at + panel * (inner * n).div_ceil(span), 0);
    for r in 0..rows {
        for c in 0..k {
            let (i, o) = if across { (r, c) } else { (c, r) };
            let byte = i * n / span * panel + o * span + i * n % span;
            let byte = byte ^ (((byte / 128) & ((1 << swizzle) - 1)) << 4);
            image[at + byte..at + byte + n].copy_from_slice(&bits(ty, m[r * k + c]));
        }
    }
    // The leading and stride offsets of one step's share of the matrix.
    let (leading, stride) = match (across, swizzle) {
        (false, 0) => (panel, 128),
        (false, _) => (16, 8 * span),
        (true, 0) => (128, panel),
        (true, _) => (panel, 8 * span),
    };
    let by = match (across, swizzle) {
        (true, _) => step * span,
        (false, 0) => 2 * panel,
        // A step stays within the span, so it does not reach the next panel.
        (false, _) => 32,
    };
    let field = |x: usize, at: u32| ((x as u64 >> 4) & 0x3fff) << at;
    Placed { descriptor: field(at, 0) | field(leading, 16) | field(stride, 32) | code << 62, by: by as u64 >> 4 }
}

struct Case {
    ty: Ty,
    kind: u32,
    swizzle: usize,
    k: usize,
    mode: u32,
}

fn run(c: Case) -> Result<Outcome, Fault> {
    let small = |n, seed| -> Vec<f32> { words(n, seed).iter().map(|w| (w % 15) as f32 - 7.0).collect() };
    let (a, b) = (small(64 * c.k, 6), small(16 * c.k, 7));
    let (mut image, across, step) = (Vec::new(), c.kind == 2, if c.ty == Ty::Tf32 { 8 } else { 16 });
    let pa = place(&mut image, c.ty, &a, 64, c.k, c.swizzle, across);
    let pb = place(&mut image, c.ty, &b, 16, c.k, if c.kind == 2 { c.swizzle.min(1) } else { c.swizzle }, across);
    image.resize(image.len().next_multiple_of(16).max(128 * 16), 0);
    // A's fragments: register `i` of a step has row `g + 8 (i % 2)` and columns `2 t` and
    // `2 t + 1`, plus 8 for `i > 1`.
    let mut regs = Vec::new();
    for k in (0..c.k).step_by(16) {
        for i in 0..4 {
            for t in 0..128 {
                let (row, column) = (t / 32 * 16 + t % 32 / 4 + 8 * (i % 2), k + t % 4 * 2 + i / 2 * 8);
                let x = |c2: usize| a.get(row * c.k + c2).map_or(0, |x| x.to_bits() >> 16);
                regs.push(x(column) | x(column + 1) << 16);
            }
        }
    }
    let mut gpu = Gpu::load("wgmma");
    let (di, dr, dd) = (gpu.up(&image), gpu.up(&regs), gpu.fresh::<f32>(64 * 16));
    let steps = (c.k / step) as i32;
    let args = Args::new()
        .u64(di)
        .i32(image.len() as i32 / 16)
        .u64(dr)
        .u64(pa.descriptor)
        .u64(pb.descriptor)
        .u64(pa.by)
        .u64(pb.by);
    let args = args.i32(steps).i32(c.kind as i32).i32(c.mode as i32).u64(dd);
    let outcome = gpu.launch_full("product", [1; 3], [128, 1, 1], image.len(), false, args)?;
    let d: Vec<f32> = gpu.down(dd, 64 * 16);
    for i in 0..64 {
        for j in 0..16 {
            let sum: f32 = (0..c.k).map(|k| a[i * c.k + k] * b[j * c.k + k]).sum();
            let sum = if c.kind == 4 { -sum } else { sum } + if c.mode == 9 { 7.0 } else { 0.0 };
            assert_eq!(
                d[i * 16 + j],
                sum,
                "{:?}, kind {}, swizzle {}, k = {}: row {i}, column {j}",
                c.ty,
                c.kind,
                c.swizzle,
                c.k
            );
        }
    }
    Ok(outcome)
}

#[test]
fn layouts_and_types() {
    for (ty, kind) in [(Ty::F16, 0), (Ty::Bf16, 1), (Ty::Bf16, 2), (Ty::Tf32, 3), (Ty::Bf16, 4)] {
        for swizzle in 0..4 {
            let step = if ty == Ty::Tf32 { 8 } else { 16 };
            // The steps stay within the swizzle's span if the layout is K-major with a swizzle.
            let most = if kind == 2 || swizzle == 0 { 4 } else { 1 << (swizzle - 1) };
            for steps in [1, most] {
                run(Case { ty, kind, swizzle, k: step * steps, mode: 0 }).unwrap();
            }
        }
    }
    run(Case { ty: Ty::Bf16, kind: 1, swizzle: 3, k: 64, mode: 9 }).unwrap();
}

#[test]
fn mistakes() {
    let with = |mode| run(Case { ty: Ty::Bf16, kind: 1, swizzle: 3, k: 64, mode });
    fault(with(1), Kind::Race, "no fence.proxy.async since");
    fault(with(2), Kind::Race, "no wgmma.wait_group since");
    fault(with(3), Kind::Misuse, "no wgmma.fence");
    fault(with(4), Kind::Race, "was read by a product");
    fault(with(5), Kind::Race, "no wgmma.wait_group since");
}

#[test]
fn sums_in_f16() {
    let small = |n, seed| -> Vec<f32> { words(n, seed).iter().map(|w| (w % 7) as f32 - 3.0).collect() };
    let (a, b) = (small(64 * 16, 1), small(8 * 16, 2));
    let mut image = Vec::new();
    let pa = place(&mut image, Ty::F16, &a, 64, 16, 1, false);
    let pb = place(&mut image, Ty::F16, &b, 8, 16, 1, false);
    let mut gpu = Gpu::load("wgmma");
    let (di, dd) = (gpu.up(&image), gpu.fresh::<u32>(256));
    let args = Args::new().u64(di).i32(image.len() as i32 / 16).u64(pa.descriptor).u64(pb.descriptor).u64(dd);
    gpu.launch_full("halves", [1; 3], [128, 1, 1], image.len(), false, args).unwrap();
    let d: Vec<u32> = gpu.down(dd, 256);
    for (n, &w) in d.iter().enumerate() {
        let t = n % 128;
        for h in 0..2 {
            let (i, j) = (t / 32 * 16 + t % 32 / 4 + 8 * (n / 128), t % 4 * 2 + h);
            let sum: f32 = (0..16).map(|k| a[i * 16 + k] * b[j * 16 + k]).sum();
            assert_eq!(
                (w >> (16 * h)) as u16,
                u16::from_le_bytes(bits(Ty::F16, sum).try_into().unwrap()),
                "row {i}, column {j}"
            );
        }
    }
}

/// The tensor map of a row-major matrix [rows, columns], with boxes of size `tile`.
fn map(kind: u32, address: u64, (rows, columns, bytes): (u64, u64, u64), tile: [u32; 2], swizzle: u32) -> [u8; 128] {
    let (mut map, dims, strides, ones) = (Map::default(), [columns, rows], [columns * bytes], [1u32; 2]);
    let _turn = turn();
    // SAFETY: each list has one element for each dimension, and `map` has room for the map.
    unsafe {
        let (d, s, t) = (dims.as_ptr(), strides.as_ptr(), tile.as_ptr());
        assert_eq!(cuTensorMapEncodeTiled(&raw mut map, kind, 2, address, d, s, t, ones.as_ptr(), 0, swizzle, 0, 0), 0);
    }
    map.bytes()
}

fn whole(m: usize, n: usize, k: usize, mode: i32) -> Result<Outcome, Fault> {
    let small = |n, seed| -> Vec<f32> { words(n, seed).iter().map(|w| (w % 15) as f32 - 7.0).collect() };
    let (a, b) = (small(m * k, 3), small(n * k, 4));
    let bf16 = |v: &[f32]| -> Vec<u8> { v.iter().flat_map(|&x| bits(Ty::Bf16, x)).collect() };
    let mut gpu = Gpu::load("gemm");
    let (da, db, dc) = (gpu.up(&bf16(&a)), gpu.up(&bf16(&b)), gpu.fresh::<f32>(m * n));
    let maps = [
        map(9, da, (m as u64, k as u64, 2), [64, 64], 3),
        map(9, db, (n as u64, k as u64, 2), [64, 32], 3),
        map(7, dc, (m as u64, n as u64, 4), [64, 64], 0),
    ];
    let args = maps.into_iter().fold(Args::new(), Args::put).i32(k.next_multiple_of(64) as i32).i32(mode);
    let grid = [m.div_ceil(64).next_multiple_of(2) as u32, n.div_ceil(64) as u32, 1];
    let outcome = gpu.launch_with(grid, 256, [2, 1, 1], 65536, "gemm", args)?;
    for (at, &c) in gpu.down::<f32>(dc, m * n).iter().enumerate() {
        let (i, j) = (at / n, at % n);
        assert_eq!(c, (0..k).map(|q| a[i * k + q] * b[j * k + q]).sum::<f32>(), "[{m}, {n}, {k}]: row {i}, column {j}");
    }
    Ok(outcome)
}

#[test]
fn a_whole_product() {
    whole(128, 64, 320, 0).unwrap();
    whole(65, 4, 40, 0).unwrap();
    fault(whole(128, 64, 320, 1), Kind::Misuse, "arrivals at an mbarrier that waits for 0 more");
    fault(whole(128, 64, 320, 2), Kind::Race, "no wgmma.wait_group since");
    fault(whole(128, 64, 64, 3), Kind::Race, "no fence.proxy.async since");
    fault(whole(128, 64, 64, 4), Kind::Race, "ended without waiting");
}
