//! The limits of Linux control groups. Containers and batch systems such as Slurm limit memory with
//! them.

use std::path::{Component, Path, PathBuf};

/// Reads a file; `None` if it does not exist.
pub(super) type Read<'a> = &'a dyn Fn(&Path) -> Option<String>;

/// The maximum number of nested groups that are read.
const DEEPEST: usize = 256;

/// The two versions of control groups. Some systems mount both.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Version {
    One,
    Two,
}

/// A control group of the process that may limit memory: the mount point of its hierarchy, and its
/// folder below the mount point.
#[derive(Debug, PartialEq, Eq)]
struct Group {
    version: Version,
    mount: PathBuf,
    below: PathBuf,
}

/// The number of bytes that the control groups of the process, and all groups around them, still
/// allow; `None` if none of them has a limit.
pub(super) fn free(read: Read<'_>) -> Option<u64> {
    let groups = read(Path::new("/proc/self/cgroup"))?;
    let mounts = read(Path::new("/proc/self/mountinfo"))?;
    find(&groups, &mounts).iter().filter_map(|group| group.free(read)).min()
}

/// The control groups of the process, from the texts of `/proc/self/cgroup` and
/// `/proc/self/mountinfo`.
fn find(groups: &str, mounts: &str) -> Vec<Group> {
    let mounts: Vec<(Version, PathBuf, PathBuf)> = mounts.lines().filter_map(mount).collect();
    let mut all = Vec::new();
    for (version, path) in groups.lines().filter_map(group) {
        let mut found: Vec<Group> = (mounts.iter().filter(|(v, ..)| *v == version))
            .filter_map(|(_, root, at)| Some(Group { version, mount: at.clone(), below: below(&path, root)? }))
            .collect();
        // A container may see only the folder of its own group, under a name that differs from the
        // one in `/proc/self/cgroup`.
        if found.is_empty() && !path.components().any(|c| c == Component::ParentDir) {
            let whole = mounts.iter().filter(|(v, ..)| *v == version);
            found.extend(whole.map(|(_, _, at)| Group { version, mount: at.clone(), below: PathBuf::new() }));
        }
        all.extend(found);
    }
    all
}

/// Parses a line of `/proc/self/cgroup`, `number:controllers:path`. The result is `None` if the
/// hierarchy cannot limit memory.
fn group(line: &str) -> Option<(Version, PathBuf)> {
    let mut fields = line.splitn(3, ':');
    let (number, controllers, path) = (fields.next()?, fields.next()?, fields.next()?);
    let version = match controllers {
        "" if number == "0" => Version::Two,
        _ if controllers.split(',').any(|c| c == "memory") => Version::One,
        _ => return None,
    };
    Some((version, PathBuf::from(path)))
}

/// Parses a line of `/proc/self/mountinfo`: the version, the mounted group, and the mount point.
/// The result is `None` if the mount is not a hierarchy that may limit memory.
fn mount(line: &str) -> Option<(Version, PathBuf, PathBuf)> {
    let (before, after) = line.split_once(" - ")?;
    let mut fields = before.split(' ').skip(3);
    let (root, at) = (fields.next()?, fields.next()?);
    let mut fields = after.split(' ');
    let (kind, options) = (fields.next()?, fields.nth(1).unwrap_or_default());
    let version = match kind {
        "cgroup2" => Version::Two,
        "cgroup" if options.split(',').any(|o| o == "memory") => Version::One,
        _ => return None,
    };
    Some((version, PathBuf::from(unescaped(root)), PathBuf::from(unescaped(at))))
}

/// The path of a group below the mounted group `root`; `None` if it is outside.
fn below(path: &Path, root: &Path) -> Option<PathBuf> {
    let below = path.strip_prefix(root).ok()?;
    below.components().all(|c| matches!(c, Component::Normal(_))).then(|| below.to_owned())
}

/// Decodes a path of mountinfo, in which a space is `\040`.
fn unescaped(text: &str) -> String {
    let mut parts = text.split('\\');
    let mut all = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let code = part.get(..3).and_then(|digits| u8::from_str_radix(digits, 8).ok()).filter(u8::is_ascii);
        match (code, part.get(3..)) {
            (Some(code), Some(rest)) => {
                all.push(char::from(code));
                all.push_str(rest);
            }
            _ => {
                all.push('\\');
                all.push_str(part);
            }
        }
    }
    all
}

impl Group {
    /// The number of bytes that this group and the groups around it still allow.
    fn free(&self, read: Read<'_>) -> Option<u64> {
        let mut least: Option<u64> = None;
        for below in self.below.ancestors().take(DEEPEST) {
            let folder = self.mount.join(below);
            let inner = below != self.below;
            // In version 1 a group may count its own memory only, and not that of the groups within
            // it.
            if inner
                && self.version == Version::One
                && read(&folder.join("memory.use_hierarchy")).is_some_and(|on| on.trim() == "0")
            {
                break;
            }
            least = [least, free_of(self.version, &|name| read(&folder.join(name)))].into_iter().flatten().min();
        }
        least
    }
}

/// The number of bytes that one group still allows: its limit, less the memory in use that cannot
/// be reclaimed.
fn free_of(version: Version, read: &dyn Fn(&str) -> Option<String>) -> Option<u64> {
    // Beyond `memory.high` the kernel does not end a process, but slows it down until it makes
    // almost no progress.
    let (limits, used, given_up): (&[&str], _, &[&str]) = match version {
        Version::Two => {
            (&["memory.max", "memory.high"], "memory.current", &["inactive_file", "active_file", "slab_reclaimable"])
        }
        Version::One => {
            (&["memory.limit_in_bytes"], "memory.usage_in_bytes", &["total_inactive_file", "total_active_file"])
        }
    };
    let number = |name: &str| read(name)?.trim().parse::<u64>().ok();
    let limit = limits.iter().filter_map(|name| number(name)).min()?;
    // Cached pages of files count as used, but the kernel reclaims them when memory is short.
    let cached = read("memory.stat").map_or(0, |stat| {
        let of = |line: &str| {
            let (name, bytes) = line.split_once(' ')?;
            given_up.contains(&name).then(|| bytes.trim().parse::<u64>().ok()).flatten()
        };
        stat.lines().filter_map(of).fold(0, u64::saturating_add)
    });
    Some(limit.saturating_sub(number(used).unwrap_or(0).saturating_sub(cached)))
}

#[cfg(test)]
mod tests;
