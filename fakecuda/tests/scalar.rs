//! Arithmetic, conversions, bit operations, warp operations and control flow, lane by lane,
//! compared with Rust's own results.

#![allow(clippy::precedence)]

use crate::common::*;

/// Random bits and special values.
fn floats() -> Vec<f32> {
    let mut v = vec![
        0.0,
        -0.0,
        1.0,
        -1.0,
        0.5,
        1.5,
        2.5,
        -2.5,
        f32::MIN_POSITIVE,
        1e-40,
        -1e-40,
        f32::MAX,
        f32::INFINITY,
        f32::NEG_INFINITY,
        f32::NAN,
    ];
    v.extend(words(1000, 11).into_iter().map(f32::from_bits));
    v.extend(random(1000, 12).iter().map(|x| x * 100.0));
    v
}

fn same(a: f32, b: f32) -> bool {
    a.to_bits() == b.to_bits() || a.is_nan() && b.is_nan()
}

#[test]
fn single_precision_bit_for_bit() {
    let (a, n) = (floats(), floats().len());
    let b: Vec<f32> = a.iter().rev().copied().collect();
    let c: Vec<f32> = a.iter().cycle().skip(7).take(n).copied().collect();
    let mut gpu = Gpu::load("scalar");
    let (da, db, dc, dy) = (gpu.up(&a), gpu.up(&b), gpu.up(&c), gpu.fresh::<f32>(12 * n));
    gpu.launch("arith32", n.div_ceil(64) as u32, 64, Args::new().u64(da).u64(db).u64(dc).u64(dy).i32(n as i32))
        .unwrap();
    let y: Vec<f32> = gpu.down(dy, 12 * n);
    for i in 0..n {
        let (x, z, w) = (a[i], b[i], c[i]);
        let least = if x.is_nan() {
            z
        } else if z.is_nan() || x < z {
            x
        } else {
            z
        };
        let most = if x.is_nan() {
            z
        } else if z.is_nan() || x > z {
            x
        } else {
            z
        };
        let expected = [
            x + z,
            x - z,
            x * z,
            x / z,
            x.sqrt(),
            x.mul_add(z, w),
            least,
            most,
            x.abs(),
            x.round_ties_even(),
            x.floor(),
            x.trunc(),
        ];
        for (k, e) in expected.into_iter().enumerate() {
            let got = y[k * n + i];
            assert!(
                same(got, e) || k / 2 == 3 && got == e,
                "operation {k} of {x:e}, {z:e}, {w:e}: {got:e} is not {e:e}"
            );
        }
    }
}

#[test]
fn double_precision_bit_for_bit() {
    let a: Vec<f64> = words(2000, 13)
        .chunks(2)
        .map(|w| f64::from_bits(w[0] as u64 | (w[1] as u64) << 32))
        .chain(random(500, 1).iter().map(|x| *x as f64))
        .collect();
    let n = a.len();
    let b: Vec<f64> = a.iter().rev().copied().collect();
    let c: Vec<f64> = a.iter().cycle().skip(7).take(n).copied().collect();
    let mut gpu = Gpu::load("scalar");
    let (da, db, dc, dy) = (gpu.up(&a), gpu.up(&b), gpu.up(&c), gpu.fresh::<f64>(12 * n));
    gpu.launch("arith64", n.div_ceil(64) as u32, 64, Args::new().u64(da).u64(db).u64(dc).u64(dy).i32(n as i32))
        .unwrap();
    let y: Vec<f64> = gpu.down(dy, 12 * n);
    for i in 0..n {
        let (x, z, w) = (a[i], b[i], c[i]);
        let expected = [
            x + z,
            x - z,
            x * z,
            x / z,
            x.sqrt(),
            x.mul_add(z, w),
            x.min(z),
            x.max(z),
            x.abs(),
            x.round_ties_even(),
            x.floor(),
            x.trunc(),
        ];
        for (k, e) in expected.into_iter().enumerate() {
            let got = y[k * n + i];
            assert!(
                got.to_bits() == e.to_bits() || got.is_nan() && e.is_nan() || k / 2 == 3 && got == e,
                "operation {k} of {x:e}, {z:e}: {got:e} is not {e:e}"
            );
        }
    }
}

#[test]
fn mathematical_functions() {
    let a: Vec<f64> = random(500, 14).iter().map(|x| *x as f64 * 20.0).chain([0.5, 1e-3, 1000.25, -77.0]).collect();
    let n = a.len();
    let of = |x: f64| {
        [
            x.exp(),
            x.exp_m1(),
            x.abs().ln(),
            x.tanh(),
            x.sin(),
            x.cos(),
            x.abs().powf(1.5),
            f64::NAN,
            x.abs().ln_1p(),
            x.cbrt(),
        ]
    };
    let mut gpu = Gpu::load("scalar");
    let (d64, y64) = (gpu.up(&a), gpu.fresh::<f64>(10 * n));
    let singles: Vec<f32> = a.iter().map(|x| *x as f32).collect();
    let (d32, y32, fast) = (gpu.up(&singles), gpu.fresh::<f32>(10 * n), gpu.fresh::<f32>(6 * n));
    let blocks = n.div_ceil(96) as u32;
    gpu.launch("math64", blocks, 96, Args::new().u64(d64).u64(y64).i32(n as i32)).unwrap();
    gpu.launch("math32", blocks, 96, Args::new().u64(d32).u64(y32).i32(n as i32)).unwrap();
    gpu.launch("fast32", blocks, 96, Args::new().u64(d32).u64(fast).i32(n as i32)).unwrap();
    let (y64, y32): (Vec<f64>, Vec<f32>) = (gpu.down(y64, 10 * n), gpu.down(y32, 10 * n));
    for i in 0..n {
        for (k, (e, f)) in of(a[i]).into_iter().zip(of(singles[i] as f64)).enumerate() {
            if k == 7 {
                continue;
            }
            let (got, single) = (y64[k * n + i], y32[k * n + i] as f64);
            assert!(
                close(got, e, 4e-16 * e.abs().max(1e-3)) || got == e,
                "function {k} of {:e}: {got:e} is not {e:e}",
                a[i]
            );
            assert!(
                close(single, f, 4e-7 * f.abs().max(1e-3)) || single == f as f32 as f64,
                "function {k} of {:e} in f32: {single:e} is not {f:e}",
                singles[i]
            );
        }
    }
}

#[test]
fn whole_numbers() {
    let mut a = words(1000, 15);
    a.extend([0, 1, u32::MAX, 1 << 31, 7]);
    let n = a.len();
    let b: Vec<u32> = a.iter().rev().copied().collect();
    let mut gpu = Gpu::load("scalar");
    let (da, db, dy) = (gpu.up(&a), gpu.up(&b), gpu.fresh::<u32>(16 * n));
    gpu.launch("ints", n.div_ceil(64) as u32, 64, Args::new().u64(da).u64(db).u64(dy).i32(n as i32)).unwrap();
    let y: Vec<u32> = gpu.down(dy, 16 * n);
    for i in 0..n {
        let (x, z) = (a[i], b[i]);
        let (s, t) = (x as i32, z as i32);
        let bytes = (x as u64 | (z as u64) << 32).to_le_bytes();
        let perm = u32::from_le_bytes([0, 1, 2, 3].map(|k| bytes[(z >> (4 * k) & 7) as usize]));
        let first = if x == 0 { 0 } else { x.trailing_zeros() + 1 };
        let expected = [
            x.wrapping_mul(z),
            (x as u64 * z as u64 >> 32) as u32,
            (s as i64 * t as i64 >> 32) as u32,
            x.checked_div(z).unwrap_or(7),
            x.checked_rem(z).unwrap_or(7),
            if t != 0 { s.wrapping_div(t | 1) as u32 } else { 7 },
            s.wrapping_rem(t | 1) as u32,
            x << (z & 31),
            (s >> (z & 31)) as u32,
            x.count_ones() + 64 * x.leading_zeros() + 4096 * first,
            x.reverse_bits(),
            perm,
            (((x as u64 | (z as u64) << 32) << (z & 31)) >> 32) as u32,
            s.max(t) as u32,
            s.unsigned_abs(),
            (x & z) ^ (x | !z),
        ];
        for (k, e) in expected.into_iter().enumerate() {
            assert_eq!(y[k * n + i], e, "operation {k} of {x:#x}, {z:#x}");
        }
    }
}

#[test]
fn long_whole_numbers() {
    let w = words(2000, 16);
    let a: Vec<u64> = w.chunks(2).map(|p| p[0] as u64 | (p[1] as u64) << 32).collect();
    let n = a.len();
    let b: Vec<u64> = a.iter().rev().copied().collect();
    let mut gpu = Gpu::load("scalar");
    let (da, db, dy) = (gpu.up(&a), gpu.up(&b), gpu.fresh::<u64>(8 * n));
    gpu.launch("longs", n.div_ceil(64) as u32, 64, Args::new().u64(da).u64(db).u64(dy).i32(n as i32)).unwrap();
    let y: Vec<u64> = gpu.down(dy, 8 * n);
    for i in 0..n {
        let (x, z) = (a[i], b[i]);
        let expected = [
            x.wrapping_mul(z),
            (x as u128 * z as u128 >> 64) as u64,
            x / (z | 1),
            (x as i64).wrapping_rem((z | 1) as i64) as u64,
            (x as i64 >> (z & 63)) as u64,
            (x.count_ones() + x.leading_zeros()) as u64,
            ((x as u32 as u64) * (z as u32 as u64)).wrapping_add(x),
            (x as i32 as i64 * z as i32 as i64) as u64,
        ];
        for (k, e) in expected.into_iter().enumerate() {
            assert_eq!(y[k * n + i], e, "operation {k} of {x:#x}, {z:#x}");
        }
    }
}

#[test]
fn conversions() {
    let a: Vec<f64> =
        random(500, 17).iter().map(|x| *x as f64 * 1e5).chain([0.0, 0.5, 1.5, -0.5, 1e300, -1e300, 127.5]).collect();
    let n = a.len();
    let mut gpu = Gpu::load("scalar");
    let (da, df, dy) = (gpu.up(&a), gpu.fresh::<f32>(4 * n), gpu.fresh::<u64>(6 * n));
    gpu.launch("convert", n.div_ceil(64) as u32, 64, Args::new().u64(da).u64(df).u64(dy).i32(n as i32)).unwrap();
    let (f, y): (Vec<f32>, Vec<u64>) = (gpu.down(df, 4 * n), gpu.down(dy, 6 * n));
    for i in 0..n {
        let x = a[i];
        let near = x as f32;
        let zero =
            if (near as f64).abs() > x.abs() { if x > 0.0 { near.next_down() } else { near.next_up() } } else { near };
        assert_eq!([f[i], f[n + i], f[2 * n + i]], [near, zero, x as i32 as f32], "{x:e}");
        let expected = [
            x as i64 as u64,
            x.abs() as u32 as u64,
            x as i32 as i8 as i64 as u64,
            x as i32 as u16 as u64,
            x.round_ties_even() as i32 as i64 as u64,
            near.floor() as i32 as i64 as u64,
        ];
        for (k, e) in expected.into_iter().enumerate() {
            assert_eq!(y[k * n + i], e, "conversion {k} of {x:e}");
        }
    }
}

/// Rounds `x` to `bits` significant bits, with exponents of at least `least`.
fn rounded(x: f64, bits: i32, least: i32, most: f64) -> f64 {
    if x == 0.0 || !x.is_finite() {
        return x;
    }
    let unit = 2f64.powi((x.abs().log2().floor() as i32).max(least) - bits + 1);
    let r = (x / unit).round_ties_even() * unit;
    if r.abs() > most { f64::INFINITY.copysign(x) } else { r }
}

#[test]
fn halves() {
    let a: Vec<f32> = random(1000, 18)
        .iter()
        .enumerate()
        .map(|(i, x)| x * 2f32.powi(i as i32 % 60 - 40))
        .chain([0.0, 65504.0, 65519.9, 65520.0, 1e30, f32::INFINITY, 5.9604645e-8, 2.9802322e-8])
        .collect();
    let n = a.len();
    let mut gpu = Gpu::load("scalar");
    let (da, dy, df) = (gpu.up(&a), gpu.fresh::<u16>(7 * n), gpu.fresh::<f32>(2 * n));
    gpu.launch("halves", n.div_ceil(64) as u32, 64, Args::new().u64(da).u64(dy).u64(df).i32(n as i32)).unwrap();
    let (y, f): (Vec<u16>, Vec<f32>) = (gpu.down(dy, 7 * n), gpu.down(df, 2 * n));
    let value = |h: u16| {
        let (e, m) = ((h >> 10 & 31) as i32, (h & 1023) as f64);
        let v = if e == 0 {
            m * 2f64.powi(-24)
        } else if e == 31 {
            if m == 0.0 { f64::INFINITY } else { f64::NAN }
        } else {
            (1.0 + m / 1024.0) * 2f64.powi(e - 15)
        };
        if h >> 15 == 1 { -v } else { v }
    };
    for i in 0..n {
        let x = a[i] as f64;
        let h = rounded(x, 11, -14, 65504.0);
        assert_eq!([value(y[i]), f[i] as f64, value(y[2 * n + i])], [h; 3], "f16 of {x:e}");
        assert_eq!(f[n + i] as f64, rounded(x, 8, -126, 3.3895313892515355e38), "bf16 of {x:e}");
        assert_eq!(value(y[3 * n + i]), rounded((a[i] + 1.0) as f64, 11, -14, 65504.0), "upper half of {x:e}");
        let sum = rounded(h + h, 11, -14, 65504.0);
        assert_eq!(value(y[4 * n + i]), sum, "sum of {x:e}");
        let fused = rounded(h * h + h, 11, -14, 65504.0);
        assert!(
            value(y[5 * n + i]) == fused || h.is_infinite() && value(y[5 * n + i]).is_nan() && fused.is_nan(),
            "fma of {x:e}"
        );
    }
}

#[test]
fn diverged_lanes_converge_again() {
    let a: Vec<i32> = words(500, 19).iter().map(|w| (w % 10_000) as i32 + 1).collect();
    let n = a.len();
    let mut gpu = Gpu::load("scalar");
    let (da, dy) = (gpu.up(&a), gpu.fresh::<i32>(n));
    gpu.launch("diverge", n.div_ceil(128) as u32, 128, Args::new().u64(da).u64(dy).i32(n as i32)).unwrap();
    let y: Vec<i32> = gpu.down(dy, n);
    for i in 0..n {
        let (mut x, mut steps) = (a[i], 0);
        while x != 1 && steps < 1000 {
            x = if x & 1 == 1 { 3 * x + 1 } else { x / 2 };
            steps += 1;
        }
        steps = match a[i] % 7 {
            0 => steps + 1,
            1 => steps * 2,
            2 => steps - 5,
            3 => steps ^ 3,
            4 => steps + 100,
            5 => -steps,
            _ => steps + 7,
        };
        let mut local = [0; 8];
        for k in 0..8 {
            local[((k * 5 + steps) & 7) as usize] = k * steps;
        }
        assert_eq!(y[i], local[(a[i] & 7) as usize] + [10, 20, 30][(a[i] % 3) as usize], "{}", a[i]);
    }
}

#[test]
fn warps_together() {
    let a: Vec<u32> = words(64, 20).iter().map(|w| w % 2000).collect();
    let n = a.len();
    let mut gpu = Gpu::load("scalar");
    let (da, dy) = (gpu.up(&a), gpu.fresh::<u32>(8 * n));
    gpu.launch("warps", 1, 64, Args::new().u64(da).u64(dy).i32(n as i32)).unwrap();
    let y: Vec<u32> = gpu.down(dy, 8 * n);
    for i in 0..n {
        let (lane, base) = (i % 32, i / 32 * 32);
        let warp = &a[base..base + 32];
        let ballot = |f: &dyn Fn(u32) -> bool| warp.iter().enumerate().fold(0u32, |m, (l, &x)| m | (f(x) as u32) << l);
        let up = if lane % 16 >= 3 { warp[lane - 3] } else { warp[lane] };
        let parted = if lane & 1 == 1 { ballot(&|x| x & 2 != 0) & 0xaaaa_aaaa } else { warp[lane ^ 2] };
        let any = warp.contains(&3) as u32 + 2 * warp.iter().all(|&x| x < 1000) as u32;
        let sum = warp.iter().sum::<u32>() + warp.iter().max().unwrap();
        let expected = [
            warp[lane * 7 & 31],
            up,
            ballot(&|x| x & 1 == 1),
            any,
            ballot(&|x| x & 3 == warp[lane] & 3),
            parted,
            u32::MAX,
            sum,
        ];
        for (k, e) in expected.into_iter().enumerate() {
            assert_eq!(y[k * n + i], e, "operation {k}, lane {lane}");
        }
    }
}

#[test]
fn atomics() {
    let a = words(300, 21);
    let n = a.len();
    let mut gpu = Gpu::load("scalar");
    let (da, du) = (gpu.up(&a), gpu.up(&[0u32, u32::MAX, 0, u32::MAX, 0, 0, 0, 0, 0, 1, 1, 1, 1]));
    let (df, dd, dl) = (gpu.up(&[0f32]), gpu.up(&[0f64]), gpu.up(&[0u64]));
    gpu.launch("atomics", 1, 320, Args::new().u64(da).u64(du).u64(df).u64(dd).u64(dl).i32(n as i32)).unwrap();
    let u: Vec<u32> = gpu.down(du, 13);
    let all = |f: fn(u32, u32) -> u32, start| a.iter().fold(start, |s, &x| f(s, x));
    let expected = [
        all(u32::wrapping_add, 0),
        all(u32::min, u32::MAX),
        all(u32::max, 0),
        all(|a, b| a & b, u32::MAX),
        all(|a, b| a | b, 0),
        all(|a, b| a ^ b, 0),
        n as u32 % 5,
        a[0],
        5,
    ];
    assert_eq!(u[..9], expected);
    let sum: u32 = a.iter().map(|x| x & 15).sum();
    assert_eq!((gpu.down::<f32>(df, 1)[0], gpu.down::<f64>(dd, 1)[0]), (sum as f32, sum as f64));
    assert_eq!(gpu.down::<u64>(dl, 1)[0], a.iter().map(|&x| (x as u64) << 20).sum());
    let launches = gpu.module.globals.iter().find(|g| g.0.name == "launches").unwrap().1;
    assert_eq!(gpu.down::<u32>(launches, 1), [1]);
}

#[test]
fn constants_structs_vectors_and_calls() {
    let n = 37;
    let x = random(4 * n, 22);
    let mut gpu = Gpu::load("scalar");
    let (dy, dd, dv, dx) = (gpu.fresh::<f32>(2 * n), gpu.fresh::<f64>(n), gpu.fresh::<f32>(2 * n), gpu.up(&x));
    gpu.launch("constants", 2, 32, Args::new().u64(dy).i32(n as i32)).unwrap();
    assert!(gpu.down::<f32>(dy, n).iter().enumerate().all(|(i, &v)| v == 2.0 * (1 << (i & 3)) as f32));
    let pair = Args::new().f32(1.5).f64(2.5).u64(3).u64(dd).i32(n as i32);
    gpu.launch("by_value", 2, 32, pair).unwrap();
    assert!(gpu.down::<f64>(dd, n).iter().enumerate().all(|(i, &v)| v == 9.0 + i as f64));
    gpu.launch("vectors", 2, 32, Args::new().u64(dx).u64(dv).i32(n as i32)).unwrap();
    let v: Vec<f32> = gpu.down(dv, 2 * n);
    assert!((0..n).all(|i| v[2 * i] == x[4 * i] + x[4 * i + 1] && v[2 * i + 1] == x[4 * i + 2] * x[4 * i + 3]));
    gpu.launch("calls", 2, 32, Args::new().u64(dx).u64(dy).i32(n as i32)).unwrap();
    let callee = |x: f32, k: usize| if k > 0 { x.mul_add(0.5, k as f32) } else { x };
    let y: Vec<f32> = gpu.down(dy, n);
    assert!((0..n).all(|i| close(y[i] as f64, (callee(x[i], i & 3) + callee(x[i] + 1.0, 2)) as f64, 1e-6)));
}
