//! The spelling of numbers and special registers in PTX.

use crate::exec::Special;

/// The bits of a literal: a decimal integer, `0x…`, `0f…` (f32) or `0d…` (f64).
pub(crate) fn number(word: &str) -> Option<u64> {
    let hex = |s: &str| u64::from_str_radix(s, 16).ok();
    match word.get(..2) {
        Some("0f" | "0F") => hex(&word[2..]),
        Some("0d" | "0D") => hex(&word[2..]),
        Some("0x" | "0X") => hex(word[2..].trim_end_matches('U')),
        _ => word.trim_end_matches('U').parse().ok(),
    }
}

pub(crate) fn special(word: &str) -> Option<Special> {
    let (name, axis) = match word.rsplit_once('.') {
        Some((name, "x")) => (name, 0),
        Some((name, "y")) => (name, 1),
        Some((name, "z")) => (name, 2),
        _ => (word, 0),
    };
    Some(match name {
        "%tid" => Special::Thread(axis),
        "%ntid" => Special::BlockSize(axis),
        "%ctaid" => Special::Block(axis),
        "%nctaid" => Special::GridSize(axis),
        "%laneid" => Special::Lane,
        "%warpid" => Special::Warp,
        "%nwarpid" => Special::Warps,
        "%lanemask_eq" => Special::MaskEqual,
        "%lanemask_lt" => Special::MaskBelow,
        "%lanemask_le" => Special::MaskUpTo,
        "%lanemask_gt" => Special::MaskAbove,
        "%lanemask_ge" => Special::MaskFrom,
        "%smid" | "%nsmid" | "%gridid" => Special::Zero,
        "%cluster_ctaid" => Special::InCluster(axis),
        "%cluster_nctaid" => Special::ClusterSize(axis),
        "%clusterid" => Special::Cluster(axis),
        "%nclusterid" => Special::Clusters(axis),
        "%cluster_ctarank" => Special::Rank,
        "%cluster_nctarank" => Special::Ranks,
        "%is_explicit_cluster" => Special::IsCluster,
        "%dynamic_smem_size" => Special::DynamicSize,
        _ => return None,
    })
}
