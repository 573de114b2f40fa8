//! Scales a network: the number of neurons changes, and a neuron keeps its number of synapses.

use super::{Connect, Network};
use crate::error::spec;

impl Network {
    /// Multiplies the number of neurons of groups and of their parts by `scale`. A neuron keeps its
    /// number of synapses: `fixed_prob` divides its probability by `scale`, `fixed_total_number` is
    /// multiplied by it, and `fixed_num_…` and `one_to_one` are unchanged. Weights, inputs and
    /// delays are unchanged.
    ///
    /// # Errors
    /// If the scale is not a positive number, or the connectivity cannot be scaled.
    pub fn scale(&mut self, scale: f64) -> crate::Result<()> {
        if !(scale > 0.0 && scale.is_finite()) {
            return Err(spec(format!("--scale must be a positive number, not {}", overtime::Number(scale))));
        }
        let scaled = |n: u64| (n as f64 * scale).round() as u64;
        for group in &mut self.groups {
            group.neurons.size = scaled(group.neurons.size);
        }
        for units in self.named.iter_mut().filter_map(|named| named.part.units.as_mut()) {
            *units = scaled(units.start)..scaled(units.end);
        }
        for projection in &mut self.projections {
            for units in [&mut projection.from.units, &mut projection.to.units].into_iter().flatten() {
                *units = scaled(units.start)..scaled(units.end);
            }
            let name = &projection.name;
            match &mut projection.connect {
                Connect::FixedProb(p) if *p / scale > 1.0 => {
                    let most = format!("a probability of {} over {scale} is more than 1", *p);
                    return Err(spec(format!(
                        "--scale: projection `{name}`: {most}, so that no network so small has as many synapses"
                    )));
                }
                Connect::FixedProb(p) => *p /= scale,
                Connect::FixedTotalNumber(n) => *n = scaled(*n),
                Connect::FixedNumPre(_) | Connect::FixedNumPost(_) | Connect::OneToOne => {}
                Connect::AllToAll | Connect::Arrays { .. } => {
                    return Err(spec(format!(
                        "--scale: the connectivity of projection `{name}` says all its synapses, and cannot be scaled"
                    )));
                }
            }
        }
        Ok(())
    }
}
