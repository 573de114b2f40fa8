//! Settings from environment variables.

use super::arch::{self, Arch};

/// All settings. They are read once, at the first call of the driver.
pub(crate) struct Config {
    /// `FAKECUDA_ARCH`, `sm_90` by default. `cuInit` fails if the architecture is unknown.
    pub(crate) arch: Option<Arch>,
    /// `FAKECUDA_DEVICES` (0 or 1) and `CUDA_VISIBLE_DEVICES`.
    pub(crate) devices: i32,
    /// `FAKECUDA_DRIVER_VERSION`.
    pub(crate) version: i32,
    /// `FAKECUDA_MEMORY_MIB`.
    pub(crate) memory: usize,
    /// Whether races are detected: `FAKECUDA_RACES=0` turns that off.
    pub(crate) races: bool,
    /// `FAKECUDA_MAX_INSTRUCTIONS`: the most instructions of one launch.
    pub(crate) instructions: u64,
    /// `FAKECUDA_WATCHDOG`: the device ends a launch that has more instructions than this.
    pub(crate) watchdog: Option<u64>,
    /// `FAKECUDA_PTX_DIR`: the folder with the PTX of CUBINs, by their hash.
    pub(crate) ptx_dir: Option<std::path::PathBuf>,
    /// `FAKECUDA_REFUSE=code:kinds`: the kinds of images to refuse, and the error code for them. A
    /// kind is `ptx`, or the major CUDA version of the compiler of a CUBIN. Commas separate several
    /// kinds.
    pub(crate) refuse: Option<(i32, String)>,
    /// `FAKECUDA_REPLACE=this=>that`: a replacement in the text of modules, to plant a mistake.
    pub(crate) replace: Option<(String, String)>,
    /// `FAKECUDA_FAIL_ALLOC`, `FAKECUDA_FAIL_LAUNCH` and `FAKECUDA_LOSE_DEVICE`: the number of the
    /// call that fails, counted from 1.
    pub(crate) fail_alloc: u64,
    pub(crate) fail_launch: u64,
    pub(crate) lose_device: u64,
    /// `FAKECUDA_QUIET=1`: the library writes nothing to stderr.
    pub(crate) quiet: bool,
}

fn number<T: std::str::FromStr>(name: &str, default: T) -> T {
    std::env::var(name).ok().and_then(|v| v.parse().ok()).unwrap_or(default)
}

impl Config {
    pub(crate) fn read() -> Config {
        let hidden = std::env::var("CUDA_VISIBLE_DEVICES").is_ok_and(|v| v.is_empty() || v.starts_with('-'));
        let name = std::env::var("FAKECUDA_ARCH").unwrap_or("sm_90".into());
        let mut arch = arch::named(&name);
        if let Some(a) = &mut arch {
            a.multiprocessors = number("FAKECUDA_SMS", a.multiprocessors);
            a.groups = arch::groups(a.multiprocessors);
            if let Ok(groups) = std::env::var("FAKECUDA_GPCS") {
                a.groups = groups.split(',').filter_map(|n| n.trim().parse().ok()).collect();
                a.multiprocessors = a.groups.iter().sum::<i32>().max(1);
            }
            a.shared_block = number("FAKECUDA_SHARED_KIB", a.shared_block);
            a.shared = a.shared.min(a.shared_block + 1).max(a.shared_block);
            a.l2 = number("FAKECUDA_L2_KIB", a.l2);
            a.threads = number("FAKECUDA_THREADS", a.threads);
            a.cooperative = number("FAKECUDA_COOPERATIVE", 1) != 0;
        }
        Config {
            arch,
            devices: if hidden { 0 } else { number("FAKECUDA_DEVICES", 1) },
            version: number("FAKECUDA_DRIVER_VERSION", 13000),
            memory: number::<usize>("FAKECUDA_MEMORY_MIB", 4096) << 20,
            races: number("FAKECUDA_RACES", 1) != 0,
            instructions: number("FAKECUDA_MAX_INSTRUCTIONS", 1 << 38),
            refuse: std::env::var("FAKECUDA_REFUSE").ok().and_then(|r| {
                let (code, what) = r.split_once(':')?;
                Some((code.parse().ok()?, what.to_owned()))
            }),
            watchdog: Some(number("FAKECUDA_WATCHDOG", 0)).filter(|most| *most > 0),
            replace: std::env::var("FAKECUDA_REPLACE")
                .ok()
                .and_then(|r| r.split_once("=>").map(|(a, b)| (a.into(), b.into()))),
            ptx_dir: std::env::var_os("FAKECUDA_PTX_DIR").map(Into::into),
            fail_alloc: number("FAKECUDA_FAIL_ALLOC", 0),
            fail_launch: number("FAKECUDA_FAIL_LAUNCH", 0),
            lose_device: number("FAKECUDA_LOSE_DEVICE", 0),
            quiet: number("FAKECUDA_QUIET", 0) != 0,
        }
    }
}
