//! Synapses to look at.

use super::Network;
use crate::connectivity::{Delays, Weights, Wiring};
use crate::device::Device;
use crate::error::{Error, Result};
use crate::memory;
use crate::numeric::scalar::Real;

/// A projection's synapses, ascending by (source, delay, target).
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Synapses {
    /// Each one's source, within the part of the sources.
    pub pre: Vec<u32>,
    /// Its target, within the part of the targets.
    pub post: Vec<u32>,
    /// Its weight, as the network knows it: rounded to quanta.
    pub weight: Vec<f64>,
    /// Its delay in steps.
    pub delay: Vec<u32>,
}

impl Synapses {
    fn of(wiring: &Wiring, quantum: f64, what: &str) -> Result<Self> {
        let len = wiring.len();
        let lengths = wiring.offsets.windows(2).map(|ends| (ends[1] - ends[0]) as usize);
        let mut pre = memory::room(what, len)?;
        pre.extend((0_u32..).zip(lengths).flat_map(|(source, len)| std::iter::repeat_n(source, len)));
        let weight = match &wiring.weights {
            Weights::Same => memory::collect(what, std::iter::repeat_n(quantum, len))?,
            Weights::Each(all) => memory::collect(what, all.iter().map(|m| f64::from(*m) * quantum))?,
        };
        let delay = match &wiring.delays {
            Delays::Same(steps) => memory::collect(what, std::iter::repeat_n(*steps, len))?,
            Delays::Each(all) => memory::collect(what, all.iter().map(|d| u32::from(*d)))?,
        };
        let post = memory::collect(what, (0..len).map(|place| wiring.target(place)))?;
        Ok(Self { pre, post, weight, delay })
    }
}

impl<T: Real> Network<T> {
    /// The synapses of a projection, made on this device; they are the same on all. This takes 20 bytes of the host's memory each, beside
    /// what the network takes.
    ///
    /// # Errors
    /// If there is no such projection, the device cannot be used, or there is not enough memory.
    pub fn synapses(&self, projection: &str, device: Device) -> Result<Synapses> {
        let link = self.links.iter().find(|l| l.recipe.name == projection);
        let names = self.links.iter().map(|l| l.recipe.name.as_str());
        let recipe = &link.ok_or_else(|| Error::unknown("projection", projection, names))?.recipe;
        recipe.check()?;
        let size = recipe.size();
        memory::require(&recipe.of("synapses"), size.building.saturating_add(size.synapses.saturating_mul(20)))?;
        let made = match device.context()? {
            #[cfg(feature = "cuda")]
            Some(context) => {
                context.bind()?;
                let made = crate::cuda::network::connect::Maker::new(&context)?.make(recipe)?;
                made.map(|made| made.download(*recipe.delays()?.start())).transpose()?
            }
            _ => None,
        };
        let made = made.map_or_else(|| recipe.build(), Ok)?;
        Synapses::of(&made, recipe.quantum(), &recipe.of("synapses"))
    }
}
