//! A module with its memory. Its kernels are launched from Rust, without the driver's entry points.
#![allow(dead_code, unreachable_pub, missing_docs)]

use fakecuda::driver::api::context::{
    cuDevicePrimaryCtxGetState, cuDevicePrimaryCtxRelease_v2, cuDevicePrimaryCtxReset_v2,
};
use fakecuda::driver::api::device::cuInit;
use fakecuda::{Fault, Launch, Limits, Memory, Module, Outcome};
use std::sync::{Mutex, MutexGuard, PoisonError};

static TURN: Mutex<()> = Mutex::new(());

/// Waits for this test's turn: the entry points share one state in the process, so tests that call
/// them take turns.
pub fn turn() -> MutexGuard<'static, ()> {
    let turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
    let (mut flags, mut active) = (0, 0);
    // SAFETY: the calls write one int to each of the two locals.
    unsafe {
        assert_eq!(cuInit(0), 0);
        // Another test may have left a context with its resources.
        while cuDevicePrimaryCtxGetState(0, &raw mut flags, &raw mut active) == 0 && active != 0 {
            cuDevicePrimaryCtxReset_v2(0);
            cuDevicePrimaryCtxRelease_v2(0);
        }
    }
    turn
}

pub struct Gpu {
    pub memory: Memory,
    pub module: Module,
    launches: u32,
}

/// A kernel's arguments in the kernel's layout.
#[derive(Default)]
pub struct Args(Vec<u8>);

impl Args {
    pub fn new() -> Args {
        Args::default()
    }
    pub fn put<const N: usize>(mut self, bytes: [u8; N]) -> Args {
        self.0.resize(self.0.len().next_multiple_of(N), 0);
        self.0.extend(bytes);
        self
    }
    pub fn u64(self, x: u64) -> Args {
        self.put(x.to_le_bytes())
    }
    pub fn i32(self, x: i32) -> Args {
        self.put(x.to_le_bytes())
    }
    pub fn f32(self, x: f32) -> Args {
        self.put(x.to_le_bytes())
    }
    pub fn f64(self, x: f64) -> Args {
        self.put(x.to_le_bytes())
    }
}

pub trait Plain: Copy {
    fn bytes(self) -> Vec<u8>;
    fn of(b: &[u8]) -> Self;
}
macro_rules! plain { ($($t:ty),*) => {$(impl Plain for $t {
    fn bytes(self) -> Vec<u8> { self.to_le_bytes().to_vec() }
    fn of(b: &[u8]) -> Self { <$t>::from_le_bytes(b.try_into().unwrap()) }
})*} }
plain!(u8, u16, u32, i32, u64, f32, f64);

impl Gpu {
    pub fn new(ptx: &str) -> Gpu {
        let mut memory = Memory::new(1 << 30);
        let module = fakecuda::parse(ptx, &mut |v| {
            let constant = v.space == fakecuda::Space::Const;
            memory.variable(&v.name, v.size, &v.init, constant).ok_or("no memory".to_string())
        });
        Gpu { module: module.unwrap_or_else(|e| panic!("{e}")), memory, launches: 0 }
    }
    pub fn load(name: &str) -> Gpu {
        Gpu::new(&text(name))
    }
    pub fn up<T: Plain>(&mut self, x: &[T]) -> u64 {
        let bytes: Vec<u8> = x.iter().flat_map(|v| v.bytes()).collect();
        let at = self.memory.allocate(bytes.len()).expect("memory");
        self.memory.bytes_mut(at, bytes.len()).unwrap().copy_from_slice(&bytes);
        at
    }
    pub fn fresh<T: Plain>(&mut self, n: usize) -> u64 {
        self.memory.allocate(n * size_of::<T>()).expect("memory")
    }
    pub fn down<T: Plain>(&self, at: u64, n: usize) -> Vec<T> {
        self.memory.bytes(at, n * size_of::<T>()).unwrap().chunks(size_of::<T>()).map(T::of).collect()
    }
    pub fn launch(&mut self, name: &str, grid: u32, block: u32, args: Args) -> Result<Outcome, Fault> {
        self.launch_full(name, [grid, 1, 1], [block, 1, 1], 0, false, args)
    }
    pub fn launch_cluster(
        &mut self,
        name: &str,
        grid: u32,
        block: u32,
        cluster: [u32; 3],
        cooperative: bool,
        args: Args,
    ) -> Result<Outcome, Fault> {
        let launch = Launch {
            grid: [grid, 1, 1],
            block: [block, 1, 1],
            dynamic_shared: 0,
            cooperative,
            cluster: Some(cluster),
            params: args.0,
        };
        self.run(name, launch)
    }
    /// Launches a kernel in clusters, with dynamic shared memory.
    pub fn launch_with(
        &mut self,
        grid: [u32; 3],
        block: u32,
        cluster: [u32; 3],
        dynamic_shared: usize,
        name: &str,
        args: Args,
    ) -> Result<Outcome, Fault> {
        let launch = Launch {
            grid,
            block: [block, 1, 1],
            dynamic_shared,
            cooperative: false,
            cluster: Some(cluster),
            params: args.0,
        };
        self.run(name, launch)
    }
    fn run(&mut self, name: &str, launch: Launch) -> Result<Outcome, Fault> {
        let kernel = self.module.kernels.get(name).unwrap_or_else(|| panic!("no kernel {name}")).clone();
        assert_eq!(launch.params.len(), kernel.param_bytes, "arguments of {name}");
        self.launches += 1;
        fakecuda::run(&kernel, &mut self.memory, &launch, &Limits::default(), self.launches)
    }
    pub fn launch_full(
        &mut self,
        name: &str,
        grid: [u32; 3],
        block: [u32; 3],
        dynamic_shared: usize,
        cooperative: bool,
        args: Args,
    ) -> Result<Outcome, Fault> {
        let launch = Launch { grid, block, dynamic_shared, cooperative, cluster: None, params: args.0 };
        self.run(name, launch)
    }
}

pub fn text(name: &str) -> String {
    std::fs::read_to_string(format!("{}/tests/ptx/{name}.ptx", env!("CARGO_MANIFEST_DIR"))).unwrap()
}

/// Random numbers in -1 … 1, from a seed.
pub fn random(n: usize, seed: u32) -> Vec<f32> {
    words(n, seed).into_iter().map(|x| (x >> 8) as f32 / 8388608.0 - 1.0).collect()
}

pub fn words(n: usize, seed: u32) -> Vec<u32> {
    let mut x = seed.wrapping_mul(0x9e37_79b9) | 1;
    let mut next = || {
        x ^= x << 13;
        x ^= x >> 17;
        x ^= x << 5;
        x
    };
    (0..n).map(|_| next()).collect()
}

/// Whether two values are close; NaN is never close.
pub fn close(a: f64, b: f64, tolerance: f64) -> bool {
    (a - b).abs() <= tolerance
}
