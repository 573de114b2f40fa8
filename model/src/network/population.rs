//! The populations of a network, and the numbers of their synapses.

use super::{Connect, Network, Part, Projection};
use serde::{Deserialize, Serialize};
use std::ops::Range;

/// Neurons of a group with the same outgoing projections and the same named population, if they
/// have one. Rates and statistics are those of populations.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Population {
    /// Its own name, or `P`, or `P[0..3200]` for a part without a name.
    pub name: String,
    /// The number of its group.
    pub group: usize,
    /// The name of its group.
    pub of: String,
    /// Its neurons in the group.
    pub units: Range<u64>,
    /// The mean number of synapses of one of its neurons. The number of synapses from arrays is
    /// unknown before the file is read.
    pub degree: f64,
}

/// The sum, which is 0 without numbers: `sum` without numbers is −0.
pub fn total(all: impl Iterator<Item = f64>) -> f64 {
    all.fold(0.0, |sum, x| sum + x)
}

impl Network {
    /// The mean number of all synapses of these populations.
    #[must_use]
    pub fn synapses(populations: &[Population]) -> f64 {
        total(populations.iter().map(|p| p.degree * (p.units.end - p.units.start) as f64))
    }

    /// The populations, in the order of groups and neurons.
    pub fn populations(&self, synapses: impl Fn(&Projection) -> u64) -> Vec<Population> {
        let mut all = Vec::new();
        for (number, group) in self.groups.iter().enumerate() {
            let size = group.neurons.size;
            let whole = 0..size;
            let from = |p: &Projection| p.from.units.clone().unwrap_or(0..size);
            let own: Vec<&Projection> = self.projections.iter().filter(|p| p.from.group == group.name).collect();
            let named: Vec<(&str, Range<u64>)> = (self.named.iter())
                .filter(|n| n.part.group == group.name)
                .map(|n| (n.name.as_str(), n.part.units.clone().unwrap_or(0..size)))
                .collect();
            let of_projections = own.iter().flat_map(|p| [from(p).start, from(p).end]);
            let of_names = named.iter().flat_map(|(_, units)| [units.start, units.end]);
            let mut cuts: Vec<u64> = of_projections.chain(of_names).chain([0, size]).filter(|c| *c <= size).collect();
            cuts.sort_unstable();
            cuts.dedup();
            for ends in cuts.windows(2) {
                let &[start, end] = ends else { continue };
                let units = start..end;
                let starts_here = own.iter().filter(|p| from(p).start <= start && end <= from(p).end);
                let degree = total(starts_here.map(|p| self.degree(p, synapses(p))));
                // Neurons of a part of a named population count from its first.
                let name = match named.iter().find(|(_, all)| all.start <= start && end <= all.end) {
                    Some((name, all)) if *all == units => (*name).to_owned(),
                    Some((name, all)) => format!("{name}[{}..{}]", start - all.start, end - all.start),
                    None if units == whole => group.name.clone(),
                    None => format!("{}[{start}..{end}]", group.name),
                };
                all.push(Population { name, group: number, of: group.name.clone(), units, degree });
            }
        }
        all
    }

    /// The mean number of synapses of one source. `listed` is the number of synapses in an array.
    fn degree(&self, projection: &Projection, listed: u64) -> f64 {
        let size = |part: &Part| {
            let whole = || self.groups.iter().find(|g| g.name == part.group).map_or(0, |g| g.neurons.size);
            part.units.as_ref().map_or_else(whole, |units| units.end.saturating_sub(units.start)) as f64
        };
        let (pre, post) = (size(&projection.from), size(&projection.to));
        match projection.connect {
            Connect::FixedProb(p) => p * post,
            Connect::FixedNumPre(k) => k as f64 * post / pre.max(1.0),
            Connect::FixedNumPost(k) => k as f64,
            Connect::FixedTotalNumber(n) => n as f64 / pre.max(1.0),
            Connect::OneToOne => 1.0,
            Connect::AllToAll => post,
            Connect::Arrays { .. } => listed as f64 / pre.max(1.0),
        }
    }
}
