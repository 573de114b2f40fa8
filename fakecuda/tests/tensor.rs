//! Matrix operations and packed 16-bit arithmetic.

use crate::common::*;
use fakecuda::Kind;

#[test]
fn matrices_transposed_on_the_way() {
    let x: Vec<u32> = words(128, 3);
    let halves = |w: &[u32]| -> Vec<u16> { w.iter().flat_map(|&w| [w as u16, (w >> 16) as u16]).collect() };
    for how in [0, 1, 2, 3, 4] {
        let mut gpu = Gpu::load("mma");
        let (dx, dy) = (gpu.up(&x), gpu.fresh::<u32>(128));
        gpu.launch("matrices", 1, 32, Args::new().u64(dx).u64(dy).i32(how)).unwrap();
        let (from, to) = (halves(&x), halves(&gpu.down::<u32>(dy, 128)));
        for n in 0..256 {
            let (m, r, c) = (n / 64, n / 8 % 8, n % 8);
            let turned = how == 1 || how == 2 || how == 4 && m == 0;
            assert_eq!(to[n], from[if turned { m * 64 + c * 8 + r } else { n }], "way {how}, element {n}");
        }
    }
    let mut gpu = Gpu::load("mma");
    let (dx, dy) = (gpu.up(&x), gpu.fresh::<u32>(128));
    let f = gpu.launch("matrices", 1, 32, Args::new().u64(dx).u64(dy).i32(8)).expect_err("a race");
    assert_eq!(f.kind, Kind::Race, "{f}");
}

#[test]
fn products_in_f64() {
    let of = |n, seed| -> Vec<f64> { random(n, seed).iter().map(|&x| x as f64 * 1.1).collect() };
    let (a, b) = (of(128, 1), of(64, 2));
    let mut gpu = Gpu::load("mma");
    let (da, db, dd) = (gpu.up(&a), gpu.up(&b), gpu.fresh::<f64>(256));
    gpu.launch("dmma", 1, 32, Args::new().u64(da).u64(db).u64(dd)).unwrap();
    let d: Vec<f64> = gpu.down(dd, 256);
    for i in 0..16 {
        for j in 0..8 {
            let sum = (0..8).fold(0f64, |s, k| a[i * 8 + k].mul_add(b[j * 8 + k], s));
            assert_eq!([d[i * 8 + j], d[128 + i * 8 + j]], [sum; 2], "row {i}, column {j}");
        }
    }
}

#[test]
fn copies_filled_with_zeros() {
    let mut gpu = Gpu::load("mma");
    // Bytes that are not read need not exist.
    let (x, y) = (gpu.up(&random(37, 9)), gpu.fresh::<f32>(128));
    gpu.launch("fill", 1, 16, Args::new().u64(x).u64(y).i32(37)).unwrap();
    let (from, to): (Vec<f32>, Vec<f32>) = (gpu.down(x, 37), gpu.down(y, 128));
    for n in 0..64 {
        assert_eq!(to[n], if n < 37 { from[n] } else { 0.0 }, "element {n}");
        assert_eq!(to[64 + n], if n < 36 { from[n] } else { 0.0 }, "element {n} by predicate");
    }
    let f = gpu.launch("fill", 1, 16, Args::new().u64(x).u64(y).i32(38)).expect_err("past the end");
    assert_eq!(f.kind, Kind::OutOfBounds, "{f}");
}

#[test]
fn packed_halves() {
    // Integers of magnitude below 16 have few bits, so nothing is rounded.
    let small = |seed| -> Vec<f32> { words(64, seed).iter().map(|w| (w % 31) as f32 - 15.0).collect() };
    let (a, b, c) = (small(1), small(2), small(3));
    let bf16 =
        |v: &[f32]| -> Vec<u32> { v.chunks(2).map(|p| p[0].to_bits() >> 16 | p[1].to_bits() & 0xffff_0000).collect() };
    let mut gpu = Gpu::load("mma");
    let f: Vec<f32> = random(33, 4);
    let (x, df, y) = (gpu.up(&[bf16(&a), bf16(&b), bf16(&c)].concat()), gpu.up(&f), gpu.fresh::<u32>(128));
    gpu.launch("packed", 1, 32, Args::new().u64(x).u64(df).u64(y)).unwrap();
    let y: Vec<u32> = gpu.down(y, 128);
    for n in 0..64 {
        let r = f32::from_bits(y[32 + n / 2] >> (16 * (n % 2)) << 16);
        let exact = a[n] * b[n] + c[n];
        assert!((r - exact).abs() <= exact.abs() / 256.0, "{r} is not {exact}");
    }
    for n in 0..32 {
        let near = |bits: u32, x: f32| (f32::from_bits(bits) - x.max(0.0)).abs() <= x.abs() / 256.0;
        assert!(near(y[64 + n] & 0xffff_0000, f[n]) && near(y[64 + n] << 16, f[n + 1]), "relu {n}");
        let tf32 = f32::from_bits(f[n].to_bits().wrapping_add(0x1000) & 0xffff_e000);
        assert_eq!(y[96 + n] & 0xffff_e000, tf32.to_bits(), "tf32 {n}");
    }
}
