//! Rows: the targets of one source, computed without any other row.

use super::permutation::Permutation;
use super::spec::ConnectivitySpec;
use super::{Connect, geometric_rows, uniform_partners};
use crate::numeric::rng::Stream;

/// The generator of rows. `FixedNumPre` generates columns instead.
#[derive(Clone, Copy, Debug)]
pub(super) struct Rows<'a> {
    pub(super) stream: Stream,
    pub(super) pre: u32,
    pub(super) post: u32,
    own_shift: Option<i64>,
    rule: Rule<'a>,
}

#[derive(Clone, Copy, Debug)]
enum Rule<'a> {
    Gaps {
        factor: f64,
    },
    First {
        k: u32,
    },
    /// Every neuron has this number of partners, with repetition.
    Repeated {
        k: u32,
    },
    /// As `Repeated`, with the start of each row.
    Counted {
        offsets: &'a [u64],
    },
    One,
    All,
    None,
}

impl<'a> Rows<'a> {
    /// Creates the generator of a checked specification. `offsets` is the start of each row if
    /// lengths are drawn ([`ConnectivitySpec::drawn_offsets`]), else empty.
    pub(super) fn of(spec: &ConnectivitySpec, offsets: &'a [u64]) -> Self {
        let repeats = spec.repeats();
        let rule = match spec.connect {
            Connect::FixedProb(p) if p > 0.0 => Rule::Gaps { factor: geometric_rows::factor(p) },
            Connect::FixedNumPost(k) | Connect::FixedNumPre(k) if k > 0 && repeats => Rule::Repeated { k: k as u32 },
            Connect::FixedNumPost(k) | Connect::FixedNumPre(k) if k > 0 => Rule::First { k: k as u32 },
            Connect::FixedTotalNumber(n) if n > 0 => Rule::Counted { offsets },
            Connect::OneToOne => Rule::One,
            Connect::AllToAll => Rule::All,
            _ => Rule::None,
        };
        let (pre, post) = (spec.pre.len() as u32, spec.post.len() as u32);
        Self { stream: spec.stream, pre, post, own_shift: spec.own_shift(), rule }
    }

    /// The target that is the source itself, if autapses are excluded.
    fn own_target(&self, source: u32) -> Option<u32> {
        let target = i64::from(source) + self.own_shift?;
        u32::try_from(target).ok().filter(|target| *target < self.post)
    }

    /// Writes a source's targets into `out`, ascending.
    pub(super) fn row(&self, source: u32, out: &mut Vec<u32>) {
        self.targets(source, out);
        if matches!(self.rule, Rule::First { .. } | Rule::Repeated { .. } | Rule::Counted { .. }) {
            out.sort_unstable();
        }
    }

    /// Writes a source's targets into `out`.
    pub(super) fn targets(&self, source: u32, out: &mut Vec<u32>) {
        let own = self.own_target(source);
        out.clear();
        match self.rule {
            Rule::Gaps { factor } => {
                geometric_rows::row(self.stream, source, self.post, factor, out);
                if let Some(place) = own.and_then(|own| out.binary_search(&own).ok()) {
                    out.remove(place);
                }
            }
            Rule::First { k } => Permutation::new(self.stream, source, self.post).first(k, own, out),
            Rule::Repeated { .. } | Rule::Counted { .. } => {
                let len = self.known_len(source).unwrap_or(0) as usize;
                uniform_partners::row(self.stream, source, self.post, own, len, out);
            }
            Rule::One if own != Some(source) => out.push(source),
            Rule::All => out.extend((0..self.post).filter(|target| own != Some(*target))),
            Rule::One | Rule::None => {}
        }
    }

    /// Writes a target's sources into `out`, in no particular order: `FixedNumPre`.
    pub(super) fn column(&self, target: u32, out: &mut Vec<u32>) {
        let own = self
            .own_shift
            .and_then(|shift| u32::try_from(i64::from(target) - shift).ok())
            .filter(|source| *source < self.pre);
        out.clear();
        match self.rule {
            Rule::First { k } => Permutation::new(self.stream, target, self.pre).first(k, own, out),
            Rule::Repeated { k } => uniform_partners::row(self.stream, target, self.pre, own, k as usize, out),
            _ => {}
        }
    }

    /// The number of synapses of a row, if it is known without computing the row.
    pub(super) fn known_len(&self, source: u32) -> Option<u32> {
        let own = u32::from(self.own_target(source).is_some());
        match self.rule {
            Rule::Gaps { .. } => None,
            Rule::First { k } | Rule::Repeated { k } => Some(k),
            Rule::Counted { offsets } => {
                let ends = offsets.get(source as usize..source as usize + 2)?;
                Some((ends[1] - ends[0]) as u32)
            }
            Rule::One => Some(u32::from(self.own_target(source) != Some(source))),
            Rule::All => Some(self.post - own),
            Rule::None => Some(0),
        }
    }
}
