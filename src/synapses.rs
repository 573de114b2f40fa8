//! [`Network::synapses`]: the synapses of a projection, made on the host or on a device, to look at.

use crate::device::Device;
use crate::error::{Error, Result};
use crate::memory;
use crate::network::{Network, Synapses};
use crate::numeric::scalar::Real;

impl<T: Real> Network<T> {
    /// The synapses of a projection, made on this device; they are the same on all. This takes 20 bytes of the host's memory each, beside
    /// what the network takes.
    ///
    /// # Errors
    /// If there is no such projection, the device cannot be used, or there is not enough memory.
    pub fn synapses(&self, projection: &str, device: Device) -> Result<Synapses> {
        let link = self.plan.projections.iter().find(|l| l.recipe.name == projection);
        let names = self.plan.projections.iter().map(|l| l.recipe.name.as_str());
        let recipe = &link.ok_or_else(|| Error::unknown("projection", projection, names))?.recipe;
        recipe.check()?;
        let size = recipe.size();
        memory::require(&recipe.of("synapses"), size.building.saturating_add(size.synapses.saturating_mul(20)))?;
        let made = match crate::survey::context_of(device)? {
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
