//! [`Network::synapses`]: the synapses of a projection, for inspection, built on the host or on a
//! device.

use crate::device::Device;
use crate::error::{Error, Result};
use crate::memory;
use crate::network::{Network, Synapses};
use crate::numeric::scalar::Real;

impl<T: Real> Network<T> {
    /// The synapses of a projection, built on this device. They are the same on all devices. Each
    /// synapse takes 20 bytes of host memory, in addition to the memory of the network.
    ///
    /// # Errors
    /// If the projection does not exist, the device cannot be used, or memory is short.
    pub fn synapses(&self, projection: &str, device: Device) -> Result<Synapses> {
        let found = self.plan.projections.iter().find(|l| l.spec.name == projection);
        let names = self.plan.projections.iter().map(|l| l.spec.name.as_str());
        let spec = &found.ok_or_else(|| Error::unknown("projection", projection, names))?.spec;
        spec.check()?;
        let size = spec.size();
        memory::require(&spec.of("synapses"), size.building.saturating_add(size.synapses.saturating_mul(20)))?;
        let made = match crate::survey::context_of(device)? {
            #[cfg(feature = "cuda")]
            Some(context) => {
                context.bind()?;
                let made = crate::cuda::network::connect::SynapseBuilder::new(&context)?.make(spec)?;
                made.map(|made| made.download(*spec.delays()?.start())).transpose()?
            }
            _ => None,
        };
        let made = made.map_or_else(|| spec.build(), Ok)?;
        Synapses::of(&made, spec.weight_scale(), spec.lead, &spec.of("synapses"))
    }
}
