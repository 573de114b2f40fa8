//! Scales a network: the number of neurons, and the numbers of synapses of a neuron.

mod mean_input;

use super::{Connect, Network, Part, Projection};
use crate::error::spec;
use crate::{Result, Value};
use overtime::Number;

/// The two factors of [`Network::scale`].
#[derive(Clone, Copy)]
struct Factors {
    neurons: f64,
    in_degrees: f64,
}

impl Network {
    /// Multiplies the number of neurons of groups and of their parts by `neurons`, and the numbers
    /// of synapses of a neuron by `in_degrees`: NEST's `N_scaling` and `K_scaling`.
    ///
    /// `fixed_prob` multiplies its probability by `in_degrees / neurons`, `fixed_num_…` its number
    /// by `in_degrees`, and `fixed_total_number` by both. Numbers are rounded. Rates of Poisson
    /// drives are multiplied by `in_degrees`. Delays and initial values are unchanged.
    ///
    /// If `in_degrees` is not 1, weights are divided by its square root, so that the variance of
    /// the input stays. The mean input would change by the same factor, and a constant current of
    /// each group compensates its loss, with the [`mean_rate`](super::Group::mean_rate) of the
    /// sources (van Albada, Helias & Diesmann, PLoS Comput. Biol. 11, 2015, e1004490).
    ///
    /// # Errors
    /// If a factor is not a positive number, the connectivity cannot be scaled, or the mean input
    /// cannot be compensated. The network is then unchanged.
    pub fn scale(&mut self, neurons: f64, in_degrees: f64) -> Result<()> {
        for (flag, factor) in [("--scale", neurons), ("--scale-in-degrees", in_degrees)] {
            if !(factor > 0.0 && factor.is_finite()) {
                return Err(spec(format!("{flag} must be a positive number, not {}", Number(factor))));
            }
        }
        if neurons == 1.0 && in_degrees == 1.0 {
            return Ok(());
        }
        let mut scaled = self.clone();
        scaled.scale_sizes(neurons);
        let factors = Factors { neurons, in_degrees };
        let all = scaled.projections.iter().map(|projection| scaled.connect(projection, factors));
        let all = all.collect::<Result<Vec<_>>>()?;
        for (projection, connect) in scaled.projections.iter_mut().zip(all) {
            projection.connect = connect;
        }
        if in_degrees != 1.0 {
            self.compensate(&mut scaled.groups, in_degrees)?;
            scaled.scale_weights(in_degrees);
        }
        *self = scaled;
        Ok(())
    }

    fn scale_sizes(&mut self, neurons: f64) {
        let scaled = |n: u64| (n as f64 * neurons).round() as u64;
        for group in &mut self.groups {
            group.neurons.size = scaled(group.neurons.size);
        }
        let ends = self.projections.iter_mut().flat_map(|p| [&mut p.from, &mut p.to]);
        let parts = ends.chain(self.named.iter_mut().map(|named| &mut named.part));
        for units in parts.filter_map(|part| part.units.as_mut()) {
            *units = scaled(units.start)..scaled(units.end);
        }
    }

    /// Divides weights by √`in_degrees`, and multiplies the rates of Poisson drives.
    fn scale_weights(&mut self, in_degrees: f64) {
        let root = in_degrees.sqrt();
        for drive in self.groups.iter_mut().flat_map(|group| &mut group.poisson) {
            drive.rate *= in_degrees;
            drive.weight /= root;
        }
        for projection in &mut self.projections {
            match &mut projection.weight {
                Value::Number(weight) => *weight /= root,
                Value::Random(bounded) => *bounded = bounded.scaled(1.0 / root),
                // `compensate` refuses other values.
                _ => {}
            }
        }
    }

    /// The connectivity of a projection whose parts are scaled already.
    fn connect(&self, projection: &Projection, factors: Factors) -> Result<Connect> {
        let Factors { neurons, in_degrees } = factors;
        let refused = |reason: String| spec(format!("{}: projection `{}`: {reason}", flag(factors), projection.name));
        let scaled = |n: u64, factor: f64| match (n as f64 * factor).round() as u64 {
            0 if n > 0 && in_degrees != 1.0 => {
                Err(refused(format!("{n} times {} is less than one synapse", Number(factor))))
            }
            number => Ok(number),
        };
        let enough = |n: u64, part: &Part, what: &str| {
            let without_own = !projection.autapses && self.shared(projection) > 0;
            let most = self.size(part).saturating_sub(u64::from(without_own));
            if projection.multapses == Some(true) || n <= most {
                return Ok(n);
            }
            Err(refused(format!("{n} {what} are more than there are ({most}), without `multapses = true`")))
        };
        match &projection.connect {
            Connect::FixedProb(p) => match p * in_degrees / neurons {
                scaled if scaled > 1.0 => Err(refused(format!(
                    "the probability {p} becomes {}, which is more than 1: no network so small has as many synapses",
                    Number(scaled)
                ))),
                scaled => Ok(Connect::FixedProb(scaled)),
            },
            Connect::FixedTotalNumber(n) => Ok(Connect::FixedTotalNumber(scaled(*n, neurons * in_degrees)?)),
            Connect::FixedNumPre(n) => {
                Ok(Connect::FixedNumPre(enough(scaled(*n, in_degrees)?, &projection.from, "sources of a target")?))
            }
            Connect::FixedNumPost(n) => {
                Ok(Connect::FixedNumPost(enough(scaled(*n, in_degrees)?, &projection.to, "targets of a source")?))
            }
            Connect::OneToOne if in_degrees == 1.0 => Ok(Connect::OneToOne),
            Connect::OneToOne => {
                Err(refused("one_to_one has one synapse for each neuron, and cannot be scaled".into()))
            }
            Connect::AllToAll | Connect::Arrays { .. } => {
                Err(refused("the connectivity says all its synapses, and cannot be scaled".into()))
            }
        }
    }

    /// The number of neurons that are sources and targets.
    fn shared(&self, projection: &Projection) -> u64 {
        if projection.from.group != projection.to.group {
            return 0;
        }
        let [from, to] = [&projection.from, &projection.to].map(|part| match &part.units {
            Some(units) => units.clone(),
            None => 0..self.size(part),
        });
        from.end.min(to.end).saturating_sub(from.start.max(to.start))
    }
}

/// The flags of the factors that are not 1.
fn flag(factors: Factors) -> &'static str {
    match (factors.neurons == 1.0, factors.in_degrees == 1.0) {
        (_, true) => "--scale",
        (true, false) => "--scale-in-degrees",
        (false, false) => "--scale and --scale-in-degrees",
    }
}
