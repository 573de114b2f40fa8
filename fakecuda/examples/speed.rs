//! Measures the interpreter's speed in instructions per second:
//! `cargo run --release -p fakecuda --example speed`.

use std::time::Instant;

fn main() {
    let text = |name: &str| {
        std::fs::read_to_string(format!("{}/tests/ptx/{name}.ptx", env!("CARGO_MANIFEST_DIR"))).unwrap_or_default()
    };
    for (name, real) in [("hh", 4usize), ("hh_f64", 8)] {
        let mut memory = fakecuda::Memory::new(1 << 30);
        let module = fakecuda::parse(&text(name), &mut |_| Err("no variables".into())).expect("PTX");
        let (n, steps) = (2048u32, 500u32);
        let mut params = Vec::new();
        for x in [-65f64, 0.05, 0.6, 0.32, 10.0, 0.01] {
            let bytes = if real == 4 { (x as f32).to_le_bytes().to_vec() } else { x.to_le_bytes().to_vec() };
            if x == 0.01 {
                params.extend(bytes);
            } else {
                let at = memory.allocate(n as usize * real).expect("memory");
                memory
                    .bytes_mut(at, n as usize * real)
                    .expect("memory")
                    .chunks_mut(real)
                    .for_each(|c| c.copy_from_slice(&bytes));
                params.extend(at.to_le_bytes());
            }
        }
        params.extend(n.to_le_bytes());
        params.extend(steps.to_le_bytes());
        run(name, &module.kernels["hh"], &mut memory, [n / 256, 1, 1], 256, 0, false, params);
    }
    {
        let mut memory = fakecuda::Memory::new(1 << 30);
        let module = fakecuda::parse(&text("sgemm"), &mut |_| Err("no variables".into())).expect("PTX");
        let n = 256usize;
        let mut params = Vec::new();
        for _ in 0..3 {
            let at = memory.allocate(n * n * 4).expect("memory");
            memory.bytes_mut(at, n * n * 4).expect("memory").fill(0);
            params.extend(at.to_le_bytes());
        }
        (0..3).for_each(|_| params.extend((n as u32).to_le_bytes()));
        run("sgemm", &module.kernels["sgemm"], &mut memory, [4, 4, 1], 256, 0, false, params);
    }
    {
        let mut memory = fakecuda::Memory::new(1 << 30);
        let module = fakecuda::parse(&text("rnn"), &mut |_| Err("no variables".into())).expect("PTX");
        let (h, steps, grid) = (256usize, 20usize, 8u32);
        let mut params = Vec::new();
        for bytes in [h * h * 4, steps * h * 4, (steps + 1) * h * 4, 4] {
            let at = memory.allocate(bytes).expect("memory");
            memory.bytes_mut(at, bytes).expect("memory").fill(0);
            params.extend(at.to_le_bytes());
        }
        params.extend((h as u32).to_le_bytes());
        params.extend((steps as u32).to_le_bytes());
        let shared = (h / grid as usize * h + h) * 4;
        run("rnn", &module.kernels["rnn"], &mut memory, [grid, 1, 1], 128, shared, true, params);
    }
}

#[allow(clippy::too_many_arguments)]
fn run(
    name: &str,
    kernel: &fakecuda::Kernel,
    memory: &mut fakecuda::Memory,
    grid: [u32; 3],
    block: u32,
    dynamic_shared: usize,
    cooperative: bool,
    params: Vec<u8>,
) {
    let launch = fakecuda::Launch { grid, block: [block, 1, 1], dynamic_shared, cooperative, cluster: None, params };
    let start = Instant::now();
    match fakecuda::run(kernel, memory, &launch, &fakecuda::Limits::default(), 1) {
        Ok(o) => {
            let s = start.elapsed().as_secs_f64();
            println!(
                "{name:8} {:12} instructions in {s:.3} s: {:.0} million per second",
                o.instructions,
                o.instructions as f64 / s / 1e6
            );
        }
        Err(e) => println!("{name}: {e}"),
    }
}
