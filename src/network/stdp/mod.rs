//! Spike-timing-dependent plasticity of a projection's weights.

mod columns;
mod plan;
mod step;

pub(crate) use columns::Columns;
pub(crate) use plan::Plastic;
pub(super) use step::{Learning, Rule};

use crate::error::{Error, Result};

/// Spike-timing-dependent plasticity by pairs of spikes, all to all, additive (Song, Miller & Abbott, Nat. Neurosci. 3, 2000, 919-926, as
/// Brian2's example `Song_Abbott` has it). For [`Projection::stdp`](super::Projection::stdp).
///
/// ```text
/// a spike of the source arrives:  it is delivered with w;  a_pre ← a_pre + A_pre;    w ← clip(w + a_post)
/// the target spikes:                                       a_post ← a_post + A_post; w ← clip(w + a_pre)
/// in between:                     τ_pre da_pre/dt = −a_pre,  τ_post da_post/dt = −a_post
/// ```
///
/// clip(w) is the nearest in `[min, max]`. Where both are in one step, the arrival comes first. A spike of the source counts when it arrives,
/// one of the target when it is fired. brainpy's `STDP_Song2000` calls them `tau_s`, `tau_t`, `A1`, `−A2`, by default 16.8, 33.7, 0.96, −0.53, has no
/// bounds unless given, and delivers a spike with the weight after its change.
///
/// | parameter | default | unit |
/// |---|---|---|
/// | `tau_pre`, `tau_post` | 20, 20 | ms |
/// | `A_pre` | 0.01 `max` | of a weight |
/// | `A_post` | −0.0105 `max` | of a weight |
/// | `min` | 0 | of a weight |
///
/// | variable of the network | meaning |
/// |---|---|
/// | `projection.w` | weights, `[synapses]`, ascending by (source, delay, target), as [`Network::synapses`](super::Network::synapses) has them |
/// | `projection.pre` | a_pre of each source, `[sources]`; where synapses have delays of their own, of each delay in steps from the shortest to the longest, `[delays, sources]` |
/// | `projection.post` | a_post of each target, `[targets]` |
///
/// They are as at the end of a step. Weights start as those that the projection would have without a rule, clipped, and are of the network's own type. A spike is delivered with a weight that
/// is rounded to a multiple of 2⁻³⁰ of the power of two above the larger of |`min`| and |`max`|: sums stay exact, see
/// [Exactness](super#exactness). Each row of a batch learns on its own.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Stdp {
    pub(crate) tau: [f64; 2],
    pub(crate) steps: [f64; 2],
    pub(crate) min: f64,
    pub(crate) max: f64,
}

impl Stdp {
    /// With the defaults for weights from 0 to `max`.
    #[must_use]
    pub fn new(max: f64) -> Self {
        Self { tau: [20.0; 2], steps: [0.01 * max, -0.0105 * max], min: 0.0, max }
    }

    /// Time constants of the traces, ms: `tau_pre`, `tau_post`.
    #[must_use]
    pub fn tau(mut self, pre: f64, post: f64) -> Self {
        self.tau = [pre, post];
        self
    }

    /// What a spike adds to its trace: `A_pre`, `A_post`. (Brian2's example has `A_post = −1.05 A_pre tau_pre/tau_post`.)
    #[must_use]
    pub fn amplitudes(mut self, pre: f64, post: f64) -> Self {
        self.steps = [pre, post];
        self
    }

    /// The smallest weight; 0 by default.
    #[must_use]
    pub fn min(mut self, min: f64) -> Self {
        self.min = min;
        self
    }

    /// Whether it is one, for a projection of this name.
    fn check(&self, projection: &str) -> Result<()> {
        let of = |what: &str| format!("{what} of the plasticity of projection `{projection}`");
        for (name, tau) in ["tau_pre", "tau_post"].into_iter().zip(self.tau) {
            if !(tau > 0.0 && tau.is_finite()) {
                return Err(Error::value(of(name), tau, "is not a positive number"));
            }
        }
        for (name, step) in ["A_pre", "A_post"].into_iter().zip(self.steps) {
            if !step.is_finite() {
                return Err(Error::value(of(name), step, "is not finite"));
            }
        }
        // Beyond that an f32 has no room for a sum, and no number either.
        let most = 1e30;
        if !(self.min <= self.max && self.min >= -most && self.max <= most) {
            return Err(Error::value(of("weights"), format!("{} to {}", self.min, self.max), "are no range of numbers up to 1e30"));
        }
        Ok(())
    }
}
