//! Texts as Linux kernels write them, and damaged texts.

use super::*;
use std::collections::BTreeMap;

/// The free memory according to these files.
fn look(files: &[(&str, &str)]) -> Option<u64> {
    let files: BTreeMap<PathBuf, String> =
        files.iter().map(|(path, text)| (PathBuf::from(path), (*text).to_owned())).collect();
    free(&|path| files.get(path).cloned())
}

const TWO: &str = "23 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw\n\
    30 23 0:26 / /sys/fs/cgroup rw,nosuid shared:4 - cgroup2 cgroup2 rw,nsdelegate,memory_recursiveprot\n";
const ONE: &str = "31 23 0:28 / /sys/fs/cgroup rw,relatime - tmpfs tmpfs rw,mode=755\n\
    32 31 0:29 / /sys/fs/cgroup/cpu rw,relatime - cgroup cgroup rw,cpu\n\
    35 31 0:32 / /sys/fs/cgroup/memory rw,relatime shared:9 master:3 - cgroup cgroup rw,memory\n";

#[test]
fn version_2_takes_the_least_of_all_groups_around() {
    let job = "/sys/fs/cgroup/system.slice/slurmstepd.scope/job_7";
    let mut files = vec![
        ("/proc/self/cgroup", "0::/system.slice/slurmstepd.scope/job_7/step_0\n".to_owned()),
        ("/proc/self/mountinfo", TWO.to_owned()),
    ];
    let own = format!("{job}/step_0/memory.max");
    let own_now = format!("{job}/step_0/memory.current");
    let (max, now, stat, high) = (
        format!("{job}/memory.max"),
        format!("{job}/memory.current"),
        format!("{job}/memory.stat"),
        format!("{job}/memory.high"),
    );
    files.extend([(own.as_str(), "max\n".to_owned()), (own_now.as_str(), "5000\n".to_owned())]);
    let all = |files: &[(&str, String)]| look(&files.iter().map(|(p, t)| (*p, t.as_str())).collect::<Vec<_>>());
    assert_eq!(all(&files), None, "no limit at all");
    files.extend([(max.as_str(), "1000000\n".to_owned()), (now.as_str(), "300000\n".to_owned())]);
    assert_eq!(all(&files), Some(700_000));
    files.push((
        stat.as_str(),
        "anon 40000\nfile 250000\ninactive_file 100000\nactive_file 50000\nslab_reclaimable 7\nshmem 9\n".to_owned(),
    ));
    assert_eq!(all(&files), Some(850_007), "pages of files are given up");
    files.push((high.as_str(), "600000\n".to_owned()));
    assert_eq!(all(&files), Some(450_007), "a soft limit counts");
    files.push((own_now.as_str(), "5000\n".to_owned()));
    files.retain(|(path, _)| *path != own);
    files.push((own.as_str(), "5500\n".to_owned()));
    assert_eq!(all(&files), Some(500), "the innermost is the least");
}

#[test]
fn version_1_and_both_side_by_side() {
    let limit = ("/sys/fs/cgroup/memory/slurm/uid_1/memory.limit_in_bytes", "8000\n");
    let used = ("/sys/fs/cgroup/memory/slurm/uid_1/memory.usage_in_bytes", "5000\n");
    let stat = (
        "/sys/fs/cgroup/memory/slurm/uid_1/memory.stat",
        "cache 9\ninactive_file 1\ntotal_inactive_file 600\ntotal_active_file 40\n",
    );
    let own = ("/sys/fs/cgroup/memory/slurm/uid_1/job_2/memory.limit_in_bytes", "9223372036854771712\n");
    let groups =
        ("/proc/self/cgroup", "5:cpu,cpuacct:/\n4:memory:/slurm/uid_1/job_2\n1:name=systemd:/x\n0::/init.scope\n");
    let mounts = ("/proc/self/mountinfo", ONE);
    assert_eq!(look(&[limit, used, stat, own, groups, mounts]), Some(3640));
    // The groups within it count their memory separately.
    let flat = ("/sys/fs/cgroup/memory/slurm/uid_1/memory.use_hierarchy", "0\n");
    assert_eq!(look(&[limit, used, stat, own, groups, mounts, flat]), Some(9_223_372_036_854_771_712));
    let deep = ("/sys/fs/cgroup/memory/slurm/uid_1/memory.use_hierarchy", "1\n");
    assert_eq!(look(&[limit, used, stat, own, groups, mounts, deep]), Some(3640));
    // Version 2 beside it has no memory controller, or has one with the lower limit.
    let both = format!("{ONE}41 31 0:38 / /sys/fs/cgroup/unified rw,relatime - cgroup2 cgroup2 rw\n");
    let both = ("/proc/self/mountinfo", both.as_str());
    assert_eq!(look(&[limit, used, stat, own, groups, both]), Some(3640));
    let max = ("/sys/fs/cgroup/unified/init.scope/memory.max", "77\n");
    assert_eq!(look(&[limit, used, stat, own, groups, both, max]), Some(77));
    // The memory controller may share its hierarchy with other controllers.
    let shared = ONE.replace("/memory rw", "/memory,hugetlb rw").replace("rw,memory", "rw,hugetlb,memory");
    let files = [
        ("/proc/self/cgroup", "4:hugetlb,memory:/\n"),
        ("/proc/self/mountinfo", shared.as_str()),
        ("/sys/fs/cgroup/memory,hugetlb/memory.limit_in_bytes", "12"),
    ];
    assert_eq!(look(&files), Some(12));
}

#[test]
fn containers_see_a_part_of_all_groups() {
    // With a cgroup namespace: the group is the root.
    let max = ("/sys/fs/cgroup/memory.max", "900\n");
    let used = ("/sys/fs/cgroup/memory.current", "100\n");
    assert_eq!(look(&[("/proc/self/cgroup", "0::/\n"), ("/proc/self/mountinfo", TWO), max, used]), Some(800));
    // Without a namespace: the folder of the group is mounted, and its whole path is listed.
    let part = TWO.replace("0:26 / /sys", "0:26 /docker/ab /sys");
    assert_eq!(
        look(&[("/proc/self/cgroup", "0::/docker/ab\n"), ("/proc/self/mountinfo", &part), max, used]),
        Some(800)
    );
    // A group within the mounted one.
    let inner = ("/sys/fs/cgroup/app/memory.max", "30\n");
    assert_eq!(
        look(&[("/proc/self/cgroup", "0::/docker/ab/app\n"), ("/proc/self/mountinfo", &part), max, used, inner]),
        Some(30)
    );
    // The listed path is not the mounted one. The mounted folder belongs to the container.
    assert_eq!(
        look(&[("/proc/self/cgroup", "0::/kubepods/x\n"), ("/proc/self/mountinfo", &part), max, used]),
        Some(800)
    );
    // The group is outside of the mounted folder, so that the limits there are those of other
    // groups.
    assert_eq!(look(&[("/proc/self/cgroup", "0::/../y\n"), ("/proc/self/mountinfo", TWO), max, used]), None);
    // The folder of another container, mounted beside the whole hierarchy, does not limit this
    // process.
    let two = format!("{TWO}51 23 0:26 /docker/cd /mnt/cd rw - cgroup2 cgroup2 rw\n");
    let other = ("/mnt/cd/memory.max", "1\n");
    assert_eq!(
        look(&[("/proc/self/cgroup", "0::/docker/ab\n"), ("/proc/self/mountinfo", &two), max, used, other]),
        Some(800)
    );
    // The mount point has a space in its name.
    let spaced = TWO.replace("/sys/fs/cgroup", "/a\\040b\\134c");
    assert_eq!(
        look(&[("/proc/self/cgroup", "0::/\n"), ("/proc/self/mountinfo", &spaced), ("/a b\\c/memory.max", "5\n")]),
        Some(5)
    );
}

#[test]
fn damaged_texts_are_no_limit_and_no_panic() {
    let groups = [
        "",
        ":",
        "::",
        "0::",
        "0:/",
        "x",
        "\0\0",
        "0::relative",
        "4:memory:",
        "0::/\u{e9}\\",
        "9999999999999999999999::/",
    ];
    let mounts = [
        "",
        " - ",
        " - cgroup2",
        "1 2 3 - cgroup2 x rw",
        "1 2 3 / \\ rw - cgroup2 c rw",
        "1 2 0:1 / /\\04 rw - cgroup c memory",
        TWO,
        ONE,
    ];
    let numbers = ["", "max", "-1", "x", "99999999999999999999999", "\n", "1 2", "0x10"];
    for group in groups {
        for mount in mounts {
            for number in numbers {
                let text = |path: &Path| match path.to_str() {
                    Some("/proc/self/cgroup") => Some(group.to_owned()),
                    Some("/proc/self/mountinfo") => Some(mount.to_owned()),
                    _ => Some(number.to_owned()),
                };
                assert_eq!(free(&text), None, "{group:?} {mount:?} {number:?}");
            }
        }
    }
    // A limit without a value in use allows at most the whole limit.
    let files =
        [("/proc/self/cgroup", "0::/\n"), ("/proc/self/mountinfo", TWO), ("/sys/fs/cgroup/memory.max", "4096\n")];
    assert_eq!(look(&files), Some(4096));
    for (current, stat, left) in [
        ("x", "", 4096),
        ("5000", "", 0),
        ("5000", "inactive_file 99999999999\nactive_file\n \n", 4096),
        ("96", "active_file -5", 4000),
    ] {
        let more = [
            files[0],
            files[1],
            files[2],
            ("/sys/fs/cgroup/memory.current", current),
            ("/sys/fs/cgroup/memory.stat", stat),
        ];
        assert_eq!(look(&more), Some(left), "{current} {stat}");
    }
}
