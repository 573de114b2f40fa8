//! A grid of clusters, or of single blocks in a launch without clusters. The clusters run one after
//! the other. In a cooperative launch, they all run at once, in turns.

use super::access::Device;
use super::cluster::Cluster;
use super::code::Kernel;
use super::fault::{Fault, Kind};
use super::order::Released;
use crate::memory::Memory;

/// A launch of a kernel.
#[derive(Clone, Debug)]
pub struct Launch {
    /// The blocks of the grid.
    pub grid: [u32; 3],
    /// The threads of a block.
    pub block: [u32; 3],
    /// The bytes of dynamic shared memory.
    pub dynamic_shared: usize,
    /// Whether all blocks run at once.
    pub cooperative: bool,
    /// The blocks of a cluster, for a kernel that does not declare them itself.
    pub cluster: Option<[u32; 3]>,
    /// The bytes of all parameters, in the kernel's layout.
    pub params: Vec<u8>,
}

/// The limits of a launch, and the checks that are made.
#[derive(Clone, Debug)]
pub struct Limits {
    /// The number of instructions, summed over threads, after which a launch counts as endless.
    pub instructions: u64,
    /// Whether races are detected.
    pub races: bool,
}

impl Default for Limits {
    fn default() -> Limits {
        Limits { instructions: 1 << 38, races: true }
    }
}

/// The cost of a launch.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Outcome {
    /// The instructions, summed over threads.
    pub instructions: u64,
}

/// The number of rounds in which all threads only poll and nothing changes, after which the launch
/// counts as endless.
const IDLE: u32 = 1000;

/// Runs a kernel to its end.
pub fn run(
    kernel: &Kernel,
    memory: &mut Memory,
    launch: &Launch,
    limits: &Limits,
    number: u32,
) -> Result<Outcome, Fault> {
    let blocks: u64 = launch.grid.iter().map(|&n| n as u64).product();
    let mut device = Device {
        memory: std::mem::replace(memory, Memory::new(0)),
        released: Released::default(),
        params: launch.params.clone(),
        launch: number,
        races: limits.races && blocks > 1,
        changes: 0,
    };
    let size = kernel.cluster.or(launch.cluster).unwrap_or([1; 3]);
    if (0..3).any(|a| size[a] == 0 || !launch.grid[a].is_multiple_of(size[a])) {
        *memory = device.memory;
        let what = format!("a grid of {:?} blocks does not consist of clusters of {size:?}", launch.grid);
        let (kernel, text) = (kernel.name.clone(), String::new());
        return Err(Fault { kind: Kind::NotDone, kernel, block: [0; 3], thread: [0; 3], line: 0, text, what });
    }
    let clusters = blocks / size.iter().map(|&n| n as u64).product::<u64>();
    let at_once = if launch.cooperative { clusters } else { 1 };
    let (mut first, mut outcome, mut result) = (0, Outcome::default(), Ok(()));
    while first < clusters && result.is_ok() {
        let some = first..clusters.min(first + at_once);
        first = some.end;
        let spare = &mut device.memory.spare;
        let mut list: Vec<_> =
            some.map(|n| Cluster::new(kernel, launch, size, n as u32, limits.races, spare)).collect();
        result = together(kernel, &mut list, &mut device, limits, &mut outcome.instructions, launch.cooperative);
    }
    *memory = device.memory;
    result.map(|_| outcome)
}

fn together(
    k: &Kernel,
    clusters: &mut Vec<Cluster>,
    device: &mut Device,
    limits: &Limits,
    count: &mut u64,
    cooperative: bool,
) -> Result<(), Fault> {
    let mut idle = 0;
    while !clusters.is_empty() {
        let before = device.changes;
        let (mut only_polled, mut n) = (true, 0);
        while n < clusters.len() {
            let round = clusters[n].round(k, device)?;
            *count += round.instructions;
            only_polled &= round.only_polled;
            if round.over {
                clusters.swap_remove(n).leave(&mut device.memory.spare);
            } else {
                n += 1;
            }
        }
        idle = if only_polled && device.changes == before { idle + 1 } else { 0 };
        if idle > IDLE
            && let Some(b) = clusters.iter().find(|c| c.waits()).or(clusters.first())
        {
            let hint = if cooperative {
                ""
            } else {
                " (the launch is not cooperative, so other blocks may not run at the same time)"
            };
            return Err(b.endless(k, &format!("all threads only poll memory that no thread writes{hint}")));
        }
        if *count > limits.instructions
            && let Some(b) = clusters.first()
        {
            return Err(b.endless(k, &format!("the launch took more than {} instructions", limits.instructions)));
        }
    }
    Ok(())
}
