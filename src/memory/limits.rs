//! The limits of the process itself (`ulimit -v`, `ulimit -d`), and the available memory of the
//! system.

use super::cgroup::Read;
use std::path::Path;

/// The memory that Linux calls available: a process can allocate it without swapping.
pub(super) fn available(read: Read<'_>) -> Option<u64> {
    kibibytes(&read(Path::new("/proc/meminfo"))?, "MemAvailable:")
}

/// The number of bytes that the limits of address space and of data (`RLIMIT_AS`, `RLIMIT_DATA`)
/// still allow.
pub(super) fn free(read: Read<'_>) -> Option<u64> {
    let limits = read(Path::new("/proc/self/limits"))?;
    let pairs = [("Max address space", "VmSize:"), ("Max data size", "VmData:")];
    let limited = pairs.map(|(limit, used)| Some((soft(&limits, limit)?, used)));
    // Most processes have no such limit. Their use of memory need not be read.
    if limited.iter().all(Option::is_none) {
        return None;
    }
    let status = read(Path::new("/proc/self/status")).unwrap_or_default();
    let left = |(limit, used): (u64, &str)| limit.saturating_sub(kibibytes(&status, used).unwrap_or(0));
    limited.into_iter().flatten().map(left).min()
}

/// The number, in bytes, of a line such as `MemAvailable:   24 kB`.
fn kibibytes(text: &str, name: &str) -> Option<u64> {
    let rest = text.lines().find_map(|line| line.strip_prefix(name))?;
    let mut words = rest.split_whitespace();
    let number = words.next()?.parse::<u64>().ok()?;
    (words.next() == Some("kB")).then(|| number.saturating_mul(1024))
}

/// The soft limit of this name in `/proc/self/limits`; `None` if it is unlimited.
fn soft(text: &str, name: &str) -> Option<u64> {
    text.lines().find_map(|line| line.strip_prefix(name))?.split_whitespace().next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMITS: &str = "\
Limit                     Soft Limit           Hard Limit           Units     
Max data size             3000000              unlimited            bytes     
Max stack size            8388608              unlimited            bytes     
Max address space         9000000              9000000              bytes     
";
    const STATUS: &str = "Name:\tovertime\nVmPeak:\t    5000 kB\nVmSize:\t    4000 kB\nVmData:\t    1000 kB\n";

    /// The free memory according to these files. No other files exist.
    fn with(files: &[(&str, &str)]) -> Option<u64> {
        free(&|path| files.iter().find(|(name, _)| Path::new(name) == path).map(|(_, text)| (*text).to_owned()))
    }

    #[test]
    fn limits_less_what_is_in_use() {
        let both = with(&[("/proc/self/limits", LIMITS), ("/proc/self/status", STATUS)]);
        assert_eq!(both, Some(3_000_000 - 1000 * 1024));
        let space = LIMITS.replace("3000000  ", "unlimited");
        assert_eq!(
            with(&[("/proc/self/limits", &space), ("/proc/self/status", STATUS)]),
            Some(9_000_000 - 4000 * 1024)
        );
        let none = space.replace("9000000  ", "unlimited");
        assert_eq!(with(&[("/proc/self/limits", &none), ("/proc/self/status", STATUS)]), None);
        // More memory is in use than the limit allows, because limits may be lowered at any time.
        let low = LIMITS.replace("3000000", "4096   ");
        assert_eq!(with(&[("/proc/self/limits", &low), ("/proc/self/status", STATUS)]), Some(0));
    }

    #[test]
    fn what_makes_no_sense_is_no_limit() {
        let damaged = [
            "",
            "\n",
            "Max address space",
            "Max address space  x",
            "Max address space  -1",
            "Max address space 99999999999999999999",
        ];
        for limits in damaged {
            assert_eq!(with(&[("/proc/self/limits", limits), ("/proc/self/status", STATUS)]), None, "{limits:?}");
        }
        assert_eq!(with(&[]), None);
        for status in ["", "VmData:\nVmSize:", "VmData: x kB", "VmData: 12 MB", "\0"] {
            assert_eq!(
                with(&[("/proc/self/limits", LIMITS), ("/proc/self/status", status)]),
                Some(3_000_000),
                "{status:?}"
            );
        }
        assert_eq!(kibibytes("MemAvailable: 18446744073709551615 kB", "MemAvailable:"), Some(u64::MAX));
    }
}
