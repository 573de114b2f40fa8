//! How the weights of a projection change.

use super::stdp::Stdp;
use crate::equations::Equations;
use crate::error::{Error, Number, Result};

/// How the weights of a projection change; see
/// [`Projection::plasticity`](crate::network::Projection::plasticity).
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Plasticity {
    /// Spike-timing-dependent plasticity of pairs of spikes.
    Stdp(Stdp),
    /// A text of equations with `weight`, `on pre` and `on post`. The page `docs/equations.md` of the
    /// repository describes it. All synapses have the same parameters. The number of units of the
    /// [`Equations`] has no effect.
    ///
    /// ```
    /// use overtime::Equations;
    /// use overtime::network::Projection;
    ///
    /// # fn main() -> overtime::Result<()> {
    /// let inhibitory = "
    ///     param eta = 0.01
    ///     param alpha = 0.2
    ///     pre' = -pre/(20 ms)
    ///     post' = -post/(20 ms)
    ///     weight w from 0 to 1
    ///     on pre: pre += 1; w += eta*(post - alpha)
    ///     on post: post += 1; w += eta*pre
    /// ";
    /// let rule = Equations::new(inhibitory)?.param("eta", 0.005)?;
    /// let synapses = Projection::new("p", "I", ("E", "gi")).weight(0.1).plasticity(rule);
    /// # let _ = synapses;
    /// # Ok(()) }
    /// ```
    Equations(Box<Equations>),
}

impl From<Stdp> for Plasticity {
    fn from(rule: Stdp) -> Self {
        Self::Stdp(rule)
    }
}

impl From<Equations> for Plasticity {
    fn from(text: Equations) -> Self {
        Self::Equations(Box::new(text))
    }
}

impl Plasticity {
    /// The rule as a text for steps of `dt`, checked for a projection of this name.
    pub(crate) fn equations(&self, projection: &str, dt: f64) -> Result<Equations> {
        match self {
            Self::Stdp(rule) => {
                rule.check(projection)?;
                rule.equations(dt)
            }
            Self::Equations(text) => {
                text.check_rule(projection)?;
                Ok((**text).clone())
            }
        }
    }
}

/// Checks the bounds of the weights of a projection of this name.
pub(crate) fn check_bounds(projection: &str, [min, max]: [f64; 2]) -> Result<()> {
    let of = |what: &str| format!("{what} of the plasticity of projection `{projection}`");
    // Larger bounds exceed the range of an f32 in sums, or in the weights themselves.
    let most = 1e30;
    if !(min <= max && min >= -most && max <= most) {
        return Err(Error::value(
            of("weights"),
            format!("{} to {}", Number(min), Number(max)),
            "are not a range of numbers up to 1e30",
        ));
    }
    // The weight scale of smaller bounds exceeds the range of an f32.
    let least = 1e-25;
    if min != max && min.abs().max(max.abs()) < least {
        let reason = format!("are too small: one of them has at least a magnitude of {least:e}; choose another unit");
        return Err(Error::value(of("bounds"), format!("{} and {}", Number(min), Number(max)), reason));
    }
    if min == max {
        let reason = "leave weights no room to learn: set bounds that differ, or remove the plasticity";
        return Err(Error::value(of("bounds"), format!("{min} and {max}"), reason));
    }
    Ok(())
}
