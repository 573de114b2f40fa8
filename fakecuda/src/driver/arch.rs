//! The devices that can be simulated.

/// The properties of a device of one architecture.
#[derive(Clone, Debug)]
pub(crate) struct Arch {
    pub(crate) major: i32,
    pub(crate) minor: i32,
    pub(crate) multiprocessors: i32,
    /// The most threads on one SM.
    pub(crate) threads: i32,
    pub(crate) blocks: i32,
    /// The shared memory in KiB: of one SM, and the most of one block.
    pub(crate) shared: i32,
    pub(crate) shared_block: i32,
    /// The size of L2 in KiB.
    pub(crate) l2: i32,
    /// The SMs of each group (GPC). A cluster stays within one group.
    pub(crate) groups: Vec<i32>,
    /// Whether the device supports cooperative launches.
    pub(crate) cooperative: bool,
}

/// The device of an architecture's name, such as `sm_90`.
pub(crate) fn named(name: &str) -> Option<Arch> {
    let number = name.trim_start_matches("sm_").trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let (multiprocessors, threads, blocks, shared, shared_block) = match number {
        "75" => (40, 1024, 16, 64, 64),
        "80" => (108, 2048, 32, 164, 163),
        "86" => (84, 1536, 16, 100, 99),
        "87" => (16, 1536, 16, 164, 163),
        "89" => (128, 1536, 24, 100, 99),
        "90" => (132, 2048, 32, 228, 227),
        "100" => (148, 2048, 32, 228, 227),
        "120" => (170, 1536, 24, 100, 99),
        _ => return None,
    };
    let n: i32 = number.parse().ok()?;
    let groups = groups(multiprocessors);
    Some(Arch {
        major: n / 10,
        minor: n % 10,
        multiprocessors,
        threads,
        blocks,
        shared,
        shared_block,
        l2: 50 << 10,
        groups,
        cooperative: true,
    })
}

/// Divides SMs into groups of 16, as on an H100, which has 132 SMs. The last groups have 18, which
/// takes up the remainder.
pub(crate) fn groups(multiprocessors: i32) -> Vec<i32> {
    let mut groups = vec![16; (multiprocessors / 16) as usize];
    let mut rest = multiprocessors % 16;
    if groups.len() as i32 * 2 >= rest {
        for group in groups.iter_mut().rev() {
            let more = rest.min(2);
            *group += more;
            rest -= more;
        }
    }
    groups.extend((rest > 0).then_some(rest));
    groups
}

impl Arch {
    pub(crate) fn capability(&self) -> i32 {
        self.major * 10 + self.minor
    }

    /// The number of clusters that fit at once if `each` blocks fit on an SM. A cluster stays
    /// within a group.
    pub(crate) fn clusters(&self, each: i32, size: i32) -> i32 {
        if size <= 1 {
            return each * self.multiprocessors;
        }
        self.groups.iter().map(|group| group * each / size).sum()
    }

    /// The number of blocks that fit on one SM.
    pub(crate) fn occupancy(&self, registers: i32, threads: i32, shared: usize) -> i32 {
        if threads <= 0 {
            return 0;
        }
        let warps = (threads + 31) / 32;
        // An SM has four parts with 16,384 registers each. A warp takes registers in units of 256,
        // and each part holds a quarter of a block's warps, rounded up.
        let by_registers = 16384 / ((registers * 32 + 255) / 256 * 256).max(256) / ((warps + 3) / 4);
        // From compute capability 8 on, each block takes 1 KiB of shared memory for the system.
        let system = if self.major >= 8 { 1024 } else { 0 };
        let by_shared = (self.shared as usize * 1024) / (shared + system).next_multiple_of(128).max(128);
        by_registers.min(self.threads / 32 / warps).min(self.blocks).min(by_shared as i32)
    }
}

/// The device attribute with CUDA's number `n`.
pub(crate) fn attribute(a: &Arch, n: i32) -> Option<i32> {
    Some(match n {
        1..=3 => 1024,
        4 => 64,
        5 => i32::MAX,
        6 | 7 => 65535,
        // In this order: shared memory of a block by default, constant memory, warp size, pitch,
        // registers, clock in kHz.
        8 => 48 << 10,
        9 => 64 << 10,
        10 => 32,
        11 => i32::MAX,
        12 | 82 => 65536,
        13 => 1_500_000,
        14 => 512,
        15 | 31 | 41 => 1,
        16 => a.multiprocessors,
        18 | 20 | 32 | 33 | 35 | 83 | 84 | 85 | 86 => 0,
        34 => 1,
        36 => 2_600_000,
        37 => 5120,
        38 => a.l2 << 10,
        39 => a.threads,
        40 => 3,
        75 => a.major,
        76 => a.minor,
        77 => 1,
        78..=80 => 1,
        81 => a.shared << 10,
        // There is no managed memory, and no access to pageable memory.
        88..=94 => 0,
        95 => i32::from(a.cooperative),
        96 => 0,
        97 => a.shared_block << 10,
        106 => a.blocks,
        108..=110 => 0,
        111 => 1024,
        115 => 1,
        120 => (a.major >= 9) as i32,
        _ => return None,
    })
}

/// The PTX version that a driver for this version of CUDA (such as 13000) reads.
pub(crate) fn ptx(cuda: i32) -> (u32, u32) {
    match cuda / 10 {
        ..1200 => (7, 8),
        // CUDA 12.5 has PTX 8.5, and CUDA 12.6 added no version.
        minor @ 1200..=1205 => (8, minor as u32 - 1200),
        minor @ 1206..=1299 => (8, minor as u32 - 1201),
        later => (9, later as u32 % 10),
    }
}
