//! The `connect = { … }` of a projection.

use super::Connect;
use super::lists::OF_PROJECTIONS;
use super::tables as raw;
use crate::Value;
use crate::catalog::{self, Family};
use crate::nested::maybe_one;
use crate::rules::{Line, Result, error, finite, needed, start, unknown};
use crate::strict::Keys;
use overtime::network;
use std::collections::BTreeMap;
use std::path::PathBuf;
use toml::Spanned;

/// The connectivity between parts of these sizes.
pub(super) fn connect(item: Spanned<Keys<raw::Connect>>, [pre, post]: [u64; 2], line: Line<'_>) -> Result<Connect> {
    let at = start(&item);
    let Keys(raw) = item.into_inner();
    let p = maybe_one(raw.p, line, "p", OF_PROJECTIONS)?;
    let num = maybe_one(raw.num, line, "num", OF_PROJECTIONS)?;
    let kind = needed(raw.kind, "kind", "`connect`", at, line)?;
    let keys = BTreeMap::from([
        ("p", p.as_ref().map(start)),
        ("num", num.as_ref().map(start)),
        ("file", raw.file.as_ref().map(start)),
        ("pre", raw.pre.as_ref().map(start)),
        ("post", raw.post.as_ref().map(start)),
    ]);
    let what = kind.get_ref().as_str();
    let takes: &[&str] = match what {
        "fixed_prob" => &["p"],
        "fixed_num_pre" | "fixed_num_post" => &["num"],
        "fixed_total_number" => &["num", "p"],
        "one_to_one" | "all_to_all" => &[],
        "arrays" => &["file", "pre", "post"],
        other => {
            return unknown(
                "connectivity",
                other,
                catalog::of(Family::Connectivity).map(|known| known.name),
                start(&kind),
                line,
            );
        }
    };
    if let Some((key, Some(at))) = keys.into_iter().find(|(key, at)| at.is_some() && !takes.contains(key)) {
        return error(line, at, format!("`{key}` is not for {what}"));
    }
    Ok(match what {
        "fixed_prob" => {
            let p = needed(p, "p", what, at, line)?;
            let at = start(&p);
            match finite(p, line, "p", 0.0)? {
                p if p <= 1.0 => Connect::FixedProb(p),
                p => return error(line, at, format!("`p` is a probability, not {}", overtime::Number(p))),
            }
        }
        "fixed_num_pre" => Connect::FixedNumPre(needed(num, "num", what, at, line)?.into_inner()),
        "fixed_num_post" => Connect::FixedNumPost(needed(num, "num", what, at, line)?.into_inner()),
        "fixed_total_number" if num.is_none() => match p {
            Some(p) => total_number(p, pre, post, line)?,
            None => {
                let reason = "needs `num`, or `p`, the probability that a pair has at least one synapse";
                return error(line, at, format!("{what} {reason}"));
            }
        },
        "fixed_total_number" if p.is_some() => {
            return error(line, at, "fixed_total_number has either `num` or `p`, not both");
        }
        "fixed_total_number" => Connect::FixedTotalNumber(needed(num, "num", what, at, line)?.into_inner()),
        "one_to_one" => Connect::OneToOne,
        "all_to_all" => Connect::AllToAll,
        _ => {
            let file = PathBuf::from(needed(raw.file, "file", what, at, line)?.into_inner());
            let array = |name: Spanned<String>| Value::File {
                file: file.clone(),
                line: line(start(&name)),
                array: Some(name.into_inner()),
            };
            let pre = array(needed(raw.pre, "pre", what, at, line)?);
            Connect::Arrays { pre, post: array(needed(raw.post, "post", what, at, line)?) }
        }
    })
}

/// The number of synapses at which a pair has at least one synapse with probability `p`.
fn total_number(p: Spanned<f64>, pre: u64, post: u64, line: Line<'_>) -> Result<Connect> {
    let [pre, post] = [pre, post].map(|n| usize::try_from(n).unwrap_or(usize::MAX));
    match network::Connect::fixed_total_number_of_prob(*p.get_ref(), pre, post) {
        Ok(network::Connect::FixedTotalNumber(n)) => Ok(Connect::FixedTotalNumber(n as u64)),
        Ok(other) => error(line, start(&p), format!("`p`: {other:?} is no total number")),
        Err(e) => error(line, start(&p), e.to_string()),
    }
}

/// Checks that the connectivity takes this value of `multapses`.
pub(super) fn check_multapses(multapses: &Spanned<bool>, connect: &Connect, line: Line<'_>) -> Result<()> {
    let reason = match (multapses.get_ref(), connect) {
        (true, Connect::FixedNumPre(_) | Connect::FixedNumPost(_) | Connect::FixedTotalNumber(_)) => return Ok(()),
        (true, _) => "`multapses = true` is for fixed_num_pre, fixed_num_post and fixed_total_number",
        (false, Connect::FixedTotalNumber(_)) => {
            "`multapses = false` is not for fixed_total_number, which repeats pairs"
        }
        (false, Connect::Arrays { .. }) => "`multapses = false` is not for arrays, whose pairs are not changed",
        (false, _) => return Ok(()),
    };
    error(line, start(multapses), reason)
}
