//! Spike-timing-dependent plasticity of a projection's weights.

use crate::error::{Error, Result};

/// Spike-timing-dependent plasticity by pairs of spikes, all to all, additive (Song, Miller &
/// Abbott, Nat. Neurosci. 3, 2000, 919-926, as Brian2's example `Song_Abbott` has it). For
/// [`Projection::stdp`](crate::network::Projection::stdp).
///
/// ```text
/// a spike of the source arrives:  it is delivered with w;  a_pre ← a_pre + A_pre;    w ← clip(w + a_post)
/// the target spikes:                                       a_post ← a_post + A_post; w ← clip(w + a_pre)
/// in between:                     τ_pre da_pre/dt = −a_pre,  τ_post da_post/dt = −a_post
/// ```
///
/// clip(w) is the nearest in `[min, max]`. Where both are in one step, the arrival comes first. A
/// spike of the source counts when it arrives, one of the target when it is fired. brainpy's
/// `STDP_Song2000` calls them `tau_s`, `tau_t`, `A1`, `−A2`, by default 16.8, 33.7, 0.96, −0.53,
/// has no bounds unless given, and delivers a spike with the weight after its change.
///
/// | parameter | default | unit |
/// |---|---|---|
/// | `tau_pre`, `tau_post` | 20, 20 | ms |
/// | `A_pre` | 0.01 (`max` − `min`) | of a weight |
/// | `A_post` | −0.0105 (`max` − `min`) | of a weight |
/// | `min` | 0 | of a weight |
///
/// `A_pre` raises w whatever its sign: weights below 0 become weaker by it. Inhibitory synapses
/// that are to become stronger where a source spikes before its target have amplitudes of the other
/// signs.
///
/// | variable of the network | meaning |
/// |---|---|
/// | `projection.w` | weights, `[synapses]`, ascending by (source, delay, target), as [`Network::synapses`](crate::network::Network::synapses) has them |
/// | `projection.pre` | a_pre of each source, `[sources]`; where synapses have delays of their own, of each delay in steps from the shortest to the longest, `[delays, sources]` |
/// | `projection.post` | a_post of each target, `[targets]` |
///
/// They are as at the end of a step. Weights start as those that the projection would have without
/// a rule, clipped, and are of the network's own type; where all of them are out of bounds, that is
/// an error. A spike is delivered with a weight that is rounded to a multiple of 2⁻³⁰ of the power
/// of two above the larger of |`min`| and |`max`|: sums stay exact, see
/// [Exactness](crate::network#exactness). Each row of a batch learns on its own.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Stdp {
    pub(crate) tau: [f64; 2],
    /// A_pre and A_post, if they are not the defaults.
    pub(crate) amplitudes: Option<[f64; 2]>,
    pub(crate) min: f64,
    pub(crate) max: f64,
}

impl Stdp {
    /// For weights from 0, or from [`Stdp::min`], to `max`.
    #[must_use]
    pub fn new(max: f64) -> Self {
        Self { tau: [20.0; 2], amplitudes: None, min: 0.0, max }
    }

    /// Time constants of the traces, ms: `tau_pre`, `tau_post`.
    #[must_use]
    pub fn tau(mut self, pre: f64, post: f64) -> Self {
        self.tau = [pre, post];
        self
    }

    /// What a spike adds to its trace: `A_pre`, `A_post`. (Brian2's example has
    /// `A_post = −1.05 A_pre tau_pre/tau_post`.)
    #[must_use]
    pub fn amplitudes(mut self, pre: f64, post: f64) -> Self {
        self.amplitudes = Some([pre, post]);
        self
    }

    /// A_pre and A_post. The defaults go by the room that weights have, whatever its place.
    pub(crate) fn steps(&self) -> [f64; 2] {
        let room = self.max - self.min;
        self.amplitudes.unwrap_or([0.01 * room, -0.0105 * room])
    }

    /// The smallest weight; 0 by default.
    #[must_use]
    pub fn min(mut self, min: f64) -> Self {
        self.min = min;
        self
    }

    /// Whether it is one, for a projection of this name.
    pub(crate) fn check(&self, projection: &str) -> Result<()> {
        let of = |what: &str| format!("{what} of the plasticity of projection `{projection}`");
        for (name, tau) in ["tau_pre", "tau_post"].into_iter().zip(self.tau) {
            if !(tau > 0.0 && tau.is_finite()) {
                return Err(Error::value(of(name), tau, "is not a positive number"));
            }
        }
        // Beyond that an f32 has no room for a sum, and no number either.
        let most = 1e30;
        if !(self.min <= self.max && self.min >= -most && self.max <= most) {
            return Err(Error::value(
                of("weights"),
                format!("{} to {}", self.min, self.max),
                "are no range of numbers up to 1e30",
            ));
        }
        if self.min == self.max {
            let reason =
                "leave weights no room to learn: give min and max that differ, or a projection without plasticity";
            return Err(Error::value(of("bounds"), format!("{} and {}", self.min, self.max), reason));
        }
        for (name, step) in ["A_pre", "A_post"].into_iter().zip(self.steps()) {
            if !step.is_finite() {
                return Err(Error::value(of(name), step, "is not finite"));
            }
        }
        Ok(())
    }
}
