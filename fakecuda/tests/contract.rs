//! The properties that the library's kernels rely on: one large argument by value, votes, and
//! operations that round once. All results are compared bit for bit.
#![allow(clippy::undocumented_unsafe_blocks)]

use crate::common::*;

/// The struct in `contract.cu`.
#[repr(C)]
#[derive(Clone, Copy)]
struct Ring {
    x: u64,
    stride: u64,
    kind: u32,
    pad: u32,
}

#[repr(C)]
struct Job {
    steps: u64,
    dt: f64,
    scale: f32,
    count: u32,
    rings: [Ring; 20],
    y: u64,
    params: [f64; 101],
    tail: [u16; 7],
    pad: u16,
}

fn bytes_of(job: &Job) -> Vec<u8> {
    unsafe { std::slice::from_raw_parts((&raw const *job).cast::<u8>(), size_of::<Job>()) }.to_vec()
}

#[test]
fn a_large_struct_by_value() {
    let n = 70;
    let mut gpu = Gpu::load("contract");
    let x = random(3 * n, 1);
    let (dx, y) = (gpu.up(&x), gpu.fresh::<f32>(n));
    let mut rings = [Ring { x: 0, stride: 0, kind: 0, pad: 0 }; 20];
    for (k, r) in rings.iter_mut().enumerate() {
        *r = if k % 3 == 0 {
            Ring { x: dx, stride: 1 + k as u64 % 3, kind: 1, pad: 9 }
        } else {
            Ring { x: 0, stride: 0, kind: k as u32 + 10, pad: 9 }
        };
    }
    let params = std::array::from_fn(|k| k as f64 * 0.37);
    let job = Job {
        steps: n as u64,
        dt: 0.1,
        scale: 0.7,
        count: 13,
        rings,
        y,
        params,
        tail: [3, 1, 4, 1, 5, 9, 65535],
        pad: 7,
    };
    let params_bytes = gpu.module.kernels["by_value"].param_bytes;
    assert_eq!(params_bytes, size_of::<Job>(), "the argument's size differs from the struct's");
    let kernel = gpu.module.kernels["by_value"].clone();
    let launch = fakecuda::Launch {
        grid: [3, 1, 1],
        block: [32, 1, 1],
        dynamic_shared: 0,
        cooperative: false,
        cluster: None,
        params: bytes_of(&job),
    };
    fakecuda::run(&kernel, &mut gpu.memory, &launch, &fakecuda::Limits::default(), 1).unwrap();
    let found: Vec<f32> = gpu.down(y, n);
    for (i, found) in found.iter().enumerate() {
        let mut sum = 0_f32;
        for r in &job.rings[..13] {
            let weight = if r.kind == 1 { x[i * r.stride as usize] } else { r.kind as f32 };
            sum = weight.mul_add(job.scale, sum);
        }
        let expected = sum + (job.params[i % 101] * job.dt) as f32 + f32::from(job.tail[i % 7]);
        assert_eq!(found.to_bits(), expected.to_bits(), "unit {i}");
    }
}

/// Values of all magnitudes, and special values.
fn doubles(seed: u32) -> Vec<f64> {
    let w = words(4000, seed);
    let any = w.chunks(2).map(|p| f64::from_bits(p[0] as u64 | (p[1] as u64) << 32));
    let single = w.iter().map(|&p| f64::from(f32::from_bits(p)));
    let near = random(500, seed + 1).into_iter().map(|x| f64::from(x) * 30.0);
    let small = random(500, seed + 2).into_iter().map(|x| f64::from(x) * 1e-40);
    let special =
        [0.0, -0.0, 1.0, f64::INFINITY, f64::NEG_INFINITY, f64::NAN, 5e-324, 2.3e-308, 1e-45, 1.2e-38, 3.4e38, 1.7e308];
    any.chain(single).chain(near).chain(small).chain(special).collect()
}

#[track_caller]
fn same32(what: &str, found: f32, expected: f32) {
    assert!(
        found.to_bits() == expected.to_bits() || found.is_nan() && expected.is_nan(),
        "{what}: {found:e} is not {expected:e}"
    );
}

#[track_caller]
fn same64(what: &str, found: f64, expected: f64) {
    assert!(
        found.to_bits() == expected.to_bits() || found.is_nan() && expected.is_nan(),
        "{what}: {found:e} is not {expected:e}"
    );
}

#[test]
fn operations_round_once() {
    let a = doubles(31);
    let n = a.len();
    let b: Vec<f64> = a.iter().rev().copied().collect();
    let c: Vec<f64> = a.iter().cycle().skip(11).take(n).copied().collect();
    let mut gpu = Gpu::load("contract");
    let (da, db, dc, dy, dz) = (gpu.up(&a), gpu.up(&b), gpu.up(&c), gpu.fresh::<f32>(7 * n), gpu.fresh::<f64>(7 * n));
    let args = Args::new().u64(da).u64(db).u64(dc).u64(dy).u64(dz).i32(n as i32);
    gpu.launch("rounded", n.div_ceil(96) as u32, 96, args).unwrap();
    let (y, z): (Vec<f32>, Vec<f64>) = (gpu.down(dy, 7 * n), gpu.down(dz, 7 * n));
    for i in 0..n {
        let (x, v, w) = (a[i], b[i], c[i]);
        let (p, q, r) = (x as f32, v as f32, w as f32);
        let singles = [p / q, p.abs().sqrt(), 1.0 / q, p.mul_add(q, r), p.copysign(q), p + q, p - q];
        let doubles = [x / v, x.abs().sqrt(), 1.0 / v, x.mul_add(v, w), f64::from(p), x.copysign(v), x * v];
        for (k, (e, f)) in singles.into_iter().zip(doubles).enumerate() {
            same32(&format!("operation {k} of {p:e}, {q:e}, {r:e}"), y[k * n + i], e);
            same64(&format!("operation {k} of {x:e}, {v:e}, {w:e}"), z[k * n + i], f);
        }
    }
}

#[test]
fn whole_numbers_to_floats() {
    let w = words(4000, 41);
    let mut a: Vec<u64> = w.chunks(2).map(|p| p[0] as u64 | (p[1] as u64) << 32).collect();
    a.extend((0..64).flat_map(|k| [1_u64 << k, (1 << k) - 1, (1_u64 << k).wrapping_neg(), (1 << k) | 1]));
    // These values are halfway between two floats, or just past the middle.
    a.extend([0x0100_0001, 0x0100_0003, 0x8000_0080_0000_0000, 0x8000_0080_0000_0001, 0x0020_0000_0000_0001, u64::MAX]);
    let n = a.len();
    let mut gpu = Gpu::load("contract");
    let (da, dy, dz) = (gpu.up(&a), gpu.fresh::<f32>(5 * n), gpu.fresh::<f64>(4 * n));
    gpu.launch("whole", n.div_ceil(64) as u32, 64, Args::new().u64(da).u64(dy).u64(dz).i32(n as i32)).unwrap();
    let (y, z): (Vec<f32>, Vec<f64>) = (gpu.down(dy, 5 * n), gpu.down(dz, 4 * n));
    for (i, &x) in a.iter().enumerate() {
        let singles = [x as i32 as f32, x as u32 as f32, x as i64 as f32, x as f32, x as u16 as f32];
        singles.into_iter().enumerate().for_each(|(k, e)| same32(&format!("{k} of {x:#x}"), y[k * n + i], e));
        let doubles = [x as i32 as f64, x as u32 as f64, x as i64 as f64, x as f64];
        doubles.into_iter().enumerate().for_each(|(k, e)| same64(&format!("{k} of {x:#x}"), z[k * n + i], e));
    }
}

/// Rounds to f16 by IEEE 754, with integers only.
fn f16_bits(x: f32) -> u16 {
    let (bits, sign) = (x.to_bits() & 0x7fff_ffff, (x.to_bits() >> 16 & 0x8000) as u16);
    if bits > 0x7f80_0000 {
        return 0x7fff;
    }
    let exponent = (bits >> 23) as i32 - 127 + 15;
    if exponent >= 31 {
        return sign | 0x7c00;
    }
    let (fraction, shift) =
        if exponent <= 0 { (bits & 0x7f_ffff | 0x80_0000, 14 - exponent) } else { (bits & 0x7f_ffff, 13) };
    if shift > 25 {
        return sign;
    }
    let (kept, rest, half) = (fraction >> shift, fraction & ((1 << shift) - 1), 1 << (shift - 1));
    let up = rest > half || rest == half && kept & 1 == 1;
    sign | (((exponent.max(0) as u32) << 10) + kept + u32::from(up)) as u16
}

#[test]
fn every_half_and_the_way_to_it() {
    let mut a: Vec<f32> = words(40_000, 51).into_iter().map(f32::from_bits).collect();
    // The values are every third f16, the middle between it and the next one, and the two
    // neighbours of the middle.
    a.extend((0..0x7c00_u32).step_by(3).flat_map(|h| {
        let value = |h: u32| if h < 1024 { h as f32 * 2f32.powi(-24) } else { f32::from_bits((h + (112 << 10)) << 13) };
        let middle = (value(h) + value(h + 1)) / 2.0;
        [-middle, middle.next_up(), middle.next_down()]
    }));
    a.resize(65_536.max(a.len()), 0.0);
    let n = a.len();
    let mut gpu = Gpu::load("contract");
    let (da, dh, df) = (gpu.up(&a), gpu.fresh::<u16>(3 * n), gpu.fresh::<f32>(2 * n));
    gpu.launch("halves", n.div_ceil(256) as u32, 256, Args::new().u64(da).u64(dh).u64(df).i32(n as i32)).unwrap();
    let (h, f): (Vec<u16>, Vec<f32>) = (gpu.down(dh, 3 * n), gpu.down(df, 2 * n));
    for (i, &x) in a.iter().enumerate() {
        let bits = x.to_bits();
        let bf16 = if x.is_nan() { 0 } else { (bits.wrapping_add(0x7fff + (bits >> 16 & 1)) >> 16) as u16 };
        assert_eq!(h[i], f16_bits(x), "f16 of {x:e}");
        for found in [h[n + i], h[2 * n + i]] {
            assert!(
                found == bf16 || x.is_nan() && found & 0x7fff > 0x7f80,
                "bf16 of {x:e}: {found:#x} is not {bf16:#x}"
            );
        }
    }
    for i in 0..65_536_usize {
        assert!(f[i].is_nan() || f16_bits(f[i]) == i as u16, "f16 {i:#x} is {:e}", f[i]);
        assert!(!f[i].is_nan() || i & 0x7c00 == 0x7c00 && i & 0x3ff != 0, "f16 {i:#x}");
        same32("bf16", f[n + i], f32::from_bits((i as u32) << 16));
    }
}

#[test]
fn votes_and_the_least() {
    let n = 163;
    let a: Vec<u64> = words(2 * n as usize, 61).chunks(2).map(|p| p[0] as u64 | (p[1] as u64) << 32).collect();
    let mut gpu = Gpu::load("contract");
    let (da, bits, least) = (gpu.up(&a), gpu.fresh::<u32>(6), gpu.up(&[u64::MAX; 4]));
    gpu.launch("votes", 3, 64, Args::new().u64(da).u64(bits).u64(least).i32(n)).unwrap();
    for (w, found) in gpu.down::<u32>(bits, 6).into_iter().enumerate() {
        let expected = (0..32).filter(|l| a.get(w * 32 + l).is_some_and(|x| x & 1 == 1)).fold(0_u32, |m, l| m | 1 << l);
        assert_eq!(found, expected, "warp {w}");
    }
    let of = |part: &[u64]| part.iter().copied().min().unwrap();
    assert_eq!(gpu.down::<u64>(least, 4), [of(&a), of(&a[..64]), of(&a[64..128]), of(&a[128..])]);
}
