//! The synapses of a projection, for the caller.

use crate::connectivity::{Delays, SynapseTable, Weights};
use crate::error::Result;
use crate::memory;

/// A projection's synapses, ascending by (source, delay, target). Synapses of one pair with one delay
/// are in the order in which they were drawn or given.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Synapses {
    /// The source of each synapse, as an index into the projection's sources.
    pub pre: Vec<u32>,
    /// The target of each synapse, as an index into the projection's targets.
    pub post: Vec<u32>,
    /// The weight of each synapse, rounded to a multiple of the weight scale.
    pub weight: Vec<f64>,
    /// The delay of each synapse, in steps.
    pub delay: Vec<u32>,
}

impl Synapses {
    /// The synapses of a table whose delays lack `lead` steps.
    pub(crate) fn of(table: &SynapseTable, weight_scale: f64, lead: u32, what: &str) -> Result<Self> {
        let len = table.len();
        let lengths = table.offsets.windows(2).map(|ends| (ends[1] - ends[0]) as usize);
        let mut pre = memory::room(what, len)?;
        pre.extend((0_u32..).zip(lengths).flat_map(|(source, len)| std::iter::repeat_n(source, len)));
        let weight = match &table.weights {
            Weights::Same => memory::collect(what, std::iter::repeat_n(weight_scale, len))?,
            Weights::Each(all) => memory::collect(what, all.iter().map(|m| f64::from(*m) * weight_scale))?,
        };
        let delay = match &table.delays {
            Delays::Same(steps) => memory::collect(what, std::iter::repeat_n(*steps + lead, len))?,
            Delays::Each(all) => memory::collect(what, all.iter().map(|d| u32::from(*d) + lead))?,
            Delays::Classes { .. } => {
                memory::collect(what, (0..len).map(|place| table.delay(pre[place] as usize, place) + lead))?
            }
        };
        let post = memory::collect(what, (0..len).map(|place| table.target(place)))?;
        Ok(Self { pre, post, weight, delay })
    }
}
