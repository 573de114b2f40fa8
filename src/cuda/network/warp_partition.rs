//! The partition of a launch's warps among groups. A task is 32 neurons of a batch row, computed by
//! one warp.

/// The threads of a block in a launch of several blocks.
pub(crate) const THREADS: u32 = 128;
/// The maximum number of threads of a single block. A thread has as many registers as in a launch
/// of several blocks.
pub(crate) const ALONE: u32 = 512;

/// A launch's blocks, and each group's warps.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct WarpPartition {
    pub(crate) blocks: u32,
    pub(crate) threads: u32,
    /// Whether each warp has at most one task, so that neurons can stay in registers.
    pub(crate) in_registers: bool,
    /// The first warp of each group, and the one after its last.
    pub(crate) groups: Vec<[u32; 2]>,
}

/// Divides warps among groups of these numbers of tasks. Each task has one warp if `most` blocks
/// are enough, and the launch has a single block if `alone` threads are enough. `None` if there are
/// more groups than warps, or more tasks than a launch can have threads.
pub(crate) fn share(tasks: &[u64], most: Option<u32>, alone: u32) -> Option<WarpPartition> {
    let all = tasks.iter().try_fold(0_u64, |sum, n| sum.checked_add(*n)).filter(|all| *all < 1 << 26)? as u32;
    let warps = all.max(tasks.len() as u32).max(1);
    if most.is_some() && warps <= alone / 32 {
        return Some(WarpPartition {
            blocks: 1,
            threads: warps * 32,
            in_registers: true,
            groups: ranges(tasks.iter().map(|n| (*n as u32).max(1))),
        });
    }
    let each = THREADS / 32;
    let blocks = warps.div_ceil(each);
    match most.filter(|most| blocks > *most) {
        None => Some(WarpPartition {
            blocks,
            threads: THREADS,
            in_registers: true,
            groups: ranges(tasks.iter().map(|n| (*n as u32).max(1))),
        }),
        Some(most) => {
            // One warp for each group; the other warps in proportion to the tasks.
            let spare = (most * each).checked_sub(tasks.len() as u32)?;
            let own = |n: &u64| 1 + (n * u64::from(spare) / u64::from(all)) as u32;
            Some(WarpPartition {
                blocks: most,
                threads: THREADS,
                in_registers: false,
                groups: ranges(tasks.iter().map(own)),
            })
        }
    }
}

fn ranges(warps: impl Iterator<Item = u32>) -> Vec<[u32; 2]> {
    let mut end = 0;
    warps
        .map(|n| {
            end += n;
            [end - n, end]
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_group_has_warps_and_no_two_groups_share_one() {
        assert_eq!(share(&[3, 0, 1], Some(1), ALONE).unwrap().groups, [[0, 3], [3, 4], [4, 5]]);
        for (tasks, most) in
            [(vec![1_u64], 1), (vec![16], 1), (vec![17], 2), (vec![1000, 1, 0, 10], 7), (vec![1 << 25, 5], 528)]
        {
            for most in [None, Some(most)] {
                let WarpPartition { blocks, threads, in_registers, groups } = share(&tasks, most, ALONE).unwrap();
                assert!(most.is_none_or(|most| blocks <= most) && threads % 32 == 0);
                let mut end = 0;
                for (group, tasks) in groups.iter().zip(&tasks) {
                    assert!(group[0] == end && group[1] > end, "{groups:?}");
                    assert!(!in_registers || u64::from(group[1] - group[0]) >= *tasks);
                    end = group[1];
                }
                assert!(end <= blocks * threads / 32, "{groups:?} of {blocks} blocks");
            }
        }
        assert_eq!(share(&[u64::MAX, 1], None, ALONE), None);
        assert_eq!(share(&[1000; 9], Some(2), ALONE), None, "more groups than warps");
    }
}
