//! Whole kernels as NVRTC compiles them, compared with plain loops.

use crate::common::*;

fn hh(steps: usize) -> f64 {
    let (mut v, mut m, mut h, mut n) = (-65f64, 0.05, 0.6, 0.32);
    let dt = 0.01;
    let vtrap = |x: f64, y: f64| if (x / y).abs() < 1e-6 { y } else { x / (1.0 - (-x / y).exp()) };
    let relax = |x: f64, a: f64, b: f64| a / (a + b) + (x - a / (a + b)) * (-dt * (a + b)).exp();
    for _ in 0..steps {
        m = relax(m, 0.1 * vtrap(v + 40.0, 10.0), 4.0 * (-(v + 65.0) / 18.0).exp());
        h = relax(h, 0.07 * (-(v + 65.0) / 20.0).exp(), 1.0 / (1.0 + (-(v + 35.0) / 10.0).exp()));
        n = relax(n, 0.01 * vtrap(v + 55.0, 10.0), 0.125 * (-(v + 65.0) / 80.0).exp());
        let (gna, gk) = (120.0 * m * m * m * h, 36.0 * n.powi(4));
        let g = gna + gk + 0.3;
        let inf = (gna * 50.0 - gk * 77.0 - 0.3 * 54.387 + 10.0) / g;
        v = inf + (v - inf) * (-dt * g).exp();
    }
    v
}

#[test]
fn hodgkin_and_huxleys_neuron_f32() {
    let (n, steps) = (515, 1000);
    let mut gpu = Gpu::load("hh");
    let state = [-65f32, 0.05, 0.6, 0.32, 10.0].map(|x| gpu.up(&vec![x; n]));
    let args = state.iter().fold(Args::new(), |a, &p| a.u64(p)).f32(0.01).i32(n as i32).i32(steps);
    gpu.launch("hh", 3, 256, args).unwrap();
    let v: Vec<f32> = gpu.down(state[0], n);
    let expected = hh(steps as usize);
    assert!(v.iter().all(|&x| close(x as f64, expected, 5e-2)), "{} is not {expected}", v[0]);
}

#[test]
fn hodgkin_and_huxleys_neuron_f64() {
    let (n, steps) = (33, 1000);
    let mut gpu = Gpu::load("hh_f64");
    let state = [-65f64, 0.05, 0.6, 0.32, 10.0].map(|x| gpu.up(&vec![x; n]));
    let args = state.iter().fold(Args::new(), |a, &p| a.u64(p)).f64(0.01).i32(n as i32).i32(steps);
    gpu.launch("hh", 2, 32, args).unwrap();
    let v: Vec<f64> = gpu.down(state[0], n);
    let expected = hh(steps as usize);
    assert!(v.iter().all(|&x| close(x, expected, 1e-9)), "{} is not {expected}", v[0]);
}

#[test]
fn tiled_product() {
    let (m, n, k) = (100, 132, 48);
    let (a, b) = (random(m * k, 1), random(k * n, 2));
    let mut gpu = Gpu::load("sgemm");
    let (da, db, dc) = (gpu.up(&a), gpu.up(&b), gpu.fresh::<f32>(m * n));
    let args = Args::new().u64(da).u64(db).u64(dc).i32(m as i32).i32(n as i32).i32(k as i32);
    gpu.launch_full("sgemm", [3, 2, 1], [256, 1, 1], 0, false, args).unwrap();
    let c: Vec<f32> = gpu.down(dc, m * n);
    for i in 0..m {
        for j in 0..n {
            // The kernel's order of summation is the same, so the bits must be equal.
            let sum = (0..k).fold(0f32, |s, q| a[i * k + q].mul_add(b[q * n + j], s));
            assert_eq!(sum.to_bits(), c[i * n + j].to_bits(), "row {i}, column {j}");
        }
    }
}

#[test]
fn reduction() {
    let n = 20_003;
    let x = random(n, 3);
    let mut gpu = Gpu::load("reduce");
    let (dx, sum, count) = (gpu.up(&x), gpu.up(&[0f32]), gpu.up(&[0i32]));
    gpu.launch("reduce", 4, 288, Args::new().u64(dx).i32(n as i32).u64(sum).u64(count)).unwrap();
    assert_eq!(gpu.down::<i32>(count, 1)[0], x.iter().filter(|v| **v > 0.0).count() as i32);
    let expected: f64 = x.iter().map(|&v| v as f64).sum();
    assert!(close(gpu.down::<f32>(sum, 1)[0] as f64, expected, 1e-2));
}

#[test]
fn persistent_recurrent_network() {
    let (h, steps, grid) = (96usize, 20usize, 8usize);
    let w: Vec<f32> = random(h * h, 4).iter().map(|v| v * 0.2).collect();
    let x = random(steps * h, 5);
    let mut gpu = Gpu::load("rnn");
    let (dw, dx) = (gpu.up(&w), gpu.up(&x));
    let (state, bar) = (gpu.up(&vec![0f32; (steps + 1) * h]), gpu.up(&[0u32]));
    let args = Args::new().u64(dw).u64(dx).u64(state).u64(bar).i32(h as i32).i32(steps as i32);
    let bytes = (h.div_ceil(grid) * h + h) * 4;
    gpu.launch_full("rnn", [grid as u32, 1, 1], [128, 1, 1], bytes, true, args).unwrap();
    let got: Vec<f32> = gpu.down(state, (steps + 1) * h);
    let mut now = vec![0f64; h];
    for t in 0..steps {
        let before = now.clone();
        for i in 0..h {
            let sum: f64 = (0..h).map(|j| w[i * h + j] as f64 * before[j]).sum();
            now[i] = (sum + x[t * h + i] as f64).tanh();
            assert!(close(got[(t + 1) * h + i] as f64, now[i], 1e-5), "step {t}, unit {i}");
        }
    }
}

#[test]
fn tensor_products() {
    for (kernel, k, half) in
        [("mma_bf16", 16, "bf16"), ("mma_f16", 16, "f16"), ("ldmatrix_f16", 16, "f16"), ("mma_tf32", 8, "tf32")]
    {
        // Every type can represent these integers and their sums exactly.
        let small = |n, seed| -> Vec<f32> { words(n, seed).iter().map(|w| (w % 15) as f32 - 7.0).collect() };
        let (a, b) = (small(16 * k, 6), small(8 * k, 7));
        let pack = |v: &[f32]| -> Vec<u32> {
            let one = |x: f32| match half {
                "bf16" => x.to_bits() >> 16,
                _ if x == 0.0 => 0,
                _ => {
                    let e = x.abs().log2().floor();
                    let fraction = (x.abs() / 2f32.powi(e as i32) - 1.0) * 1024.0;
                    (if x < 0.0 { 0x8000 } else { 0 }) | (e as u32 + 15) << 10 | fraction as u32
                }
            };
            if half == "tf32" {
                v.iter().map(|x| x.to_bits()).collect()
            } else {
                v.chunks(2).map(|p| one(p[0]) | one(p[1]) << 16).collect()
            }
        };
        let mut gpu = Gpu::load("mma");
        let (da, db, dd) = (gpu.up(&pack(&a)), gpu.up(&pack(&b)), gpu.fresh::<f32>(128));
        gpu.launch(kernel, 1, 32, Args::new().u64(da).u64(db).u64(dd)).unwrap();
        let d: Vec<f32> = gpu.down(dd, 128);
        for i in 0..16 {
            for j in 0..8 {
                let sum: f32 = (0..k).map(|q| a[i * k + q] * b[j * k + q]).sum();
                assert_eq!(d[i * 8 + j], sum, "{kernel}: row {i}, column {j}");
            }
        }
    }
}
