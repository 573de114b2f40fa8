//! Spike-timing-dependent plasticity of a projection's weights.

use super::plasticity::check_bounds;
use crate::equations::Equations;
use crate::error::{Error, Result};
use crate::numeric::math::exp;

/// Additive spike-timing-dependent plasticity with all pairs of spikes (Song, Miller & Abbott, Nat.
/// Neurosci. 3, 2000, 919-926, as in Brian2's example `Song_Abbott`). It is the argument of
/// [`Projection::stdp`](crate::network::Projection::stdp).
///
/// ```text
/// a spike of the source arrives:  it is delivered with w;  a_pre ← a_pre + A_pre;    w ← clip(w + a_post)
/// the target spikes:                                       a_post ← a_post + A_post; w ← clip(w + a_pre)
/// in between:                     τ_pre da_pre/dt = −a_pre,  τ_post da_post/dt = −a_post
/// ```
///
/// clip(w) is the nearest value in `[min, max]`. If an arrival and a spike of the target are in one
/// step, the arrival comes first. A source's spike counts when it arrives; a target's spike counts
/// in its own step. brainpy's `STDP_Song2000` has the names `tau_s`, `tau_t`, `A1`, `−A2`, with the
/// defaults 16.8, 33.7, 0.96, −0.53. It has no bounds by default, and delivers a spike with the
/// weight after its change.
///
/// | parameter | default | unit |
/// |---|---|---|
/// | `tau_pre`, `tau_post` | 20, 20 | ms |
/// | `A_pre` | 0.01 (`max` − `min`) | of a weight |
/// | `A_post` | −0.0105 (`max` − `min`) | of a weight |
/// | `min` | 0 | of a weight |
///
/// `A_pre` increases w whatever the sign of w, so that negative weights become weaker. For
/// inhibitory synapses that become stronger when a source spikes before its target, give both
/// amplitudes the opposite signs.
///
/// | variable of the network | meaning |
/// |---|---|
/// | `projection.w` | weights, `[synapses]`, ascending by (source, delay, target), as [`Network::synapses`](crate::network::Network::synapses) has them |
/// | `projection.pre` | a_pre of each source, `[sources]`; where synapses have delays of their own, of each delay in steps from the shortest to the longest, `[delays, sources]` |
/// | `projection.post` | a_post of each target, `[targets]` |
///
/// Variables have the values of the end of a step. The initial weights are the projection's
/// weights, clipped, in the network's own type. If all of them are out of bounds, the build returns
/// an error. A spike is delivered with a weight that is rounded to a multiple of 2⁻³⁰ of the power
/// of two above the larger of |`min`| and |`max`|, so that sums stay exact: see
/// [Exactness](crate::network#exactness). Each batch row has its own weights.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Stdp {
    pub(crate) tau: [f64; 2],
    /// A_pre and A_post; `None` for the defaults.
    pub(crate) amplitudes: Option<[f64; 2]>,
    pub(crate) min: f64,
    pub(crate) max: f64,
}

/// The rule. The traces decay exactly, by a factor in each step.
const TEXT: &str = "
    param keep_pre = 0
    param keep_post = 0
    param A_pre = 0
    param A_post = 0
    param low = 0
    param high = 1
    state pre = 0
    state post = 0
    weight w from low to high
    each step: pre *= keep_pre; post *= keep_post
    on pre: pre += A_pre; w += post
    on post: post += A_post; w += pre
";

impl Stdp {
    /// The default of both time constants, ms.
    pub const TAU: f64 = 20.0;
    /// The defaults of `A_pre` and `A_post`, as multiples of `max` − `min`.
    pub const AMPLITUDES: [f64; 2] = [0.01, -0.0105];

    /// Creates a rule for weights from 0, or from [`Stdp::min`], to `max`.
    #[must_use]
    pub fn new(max: f64) -> Self {
        Self { tau: [Self::TAU; 2], amplitudes: None, min: 0.0, max }
    }

    /// Sets the time constants of the traces, ms: `tau_pre`, `tau_post`.
    #[must_use]
    pub fn tau(mut self, pre: f64, post: f64) -> Self {
        self.tau = [pre, post];
        self
    }

    /// Sets the amounts that a spike adds to its trace: `A_pre`, `A_post`. (Brian2's example has
    /// `A_post = −1.05 A_pre tau_pre/tau_post`.)
    #[must_use]
    pub fn amplitudes(mut self, pre: f64, post: f64) -> Self {
        self.amplitudes = Some([pre, post]);
        self
    }

    /// A_pre and A_post. The defaults are proportional to `max` − `min`.
    pub(crate) fn steps(&self) -> [f64; 2] {
        let room = self.max - self.min;
        self.amplitudes.unwrap_or(Self::AMPLITUDES.map(|amplitude| amplitude * room))
    }

    /// Sets the smallest weight; 0 by default.
    #[must_use]
    pub fn min(mut self, min: f64) -> Self {
        self.min = min;
        self
    }

    /// The rule as a text of plasticity, for steps of `dt`.
    pub(crate) fn equations(&self, dt: f64) -> Result<Equations> {
        let [keep_pre, keep_post] = self.tau.map(|tau| exp(-dt / tau));
        let [pre, post] = self.steps();
        let values = [
            ("keep_pre", keep_pre),
            ("keep_post", keep_post),
            ("A_pre", pre),
            ("A_post", post),
            ("low", self.min),
            ("high", self.max),
        ];
        values.into_iter().try_fold(Equations::new(TEXT)?, |text, (name, value)| text.param(name, value))
    }

    /// Checks the rule for a projection of this name.
    pub(crate) fn check(&self, projection: &str) -> Result<()> {
        let of = |what: &str| format!("{what} of the plasticity of projection `{projection}`");
        for (name, tau) in ["tau_pre", "tau_post"].into_iter().zip(self.tau) {
            if !(tau > 0.0 && tau.is_finite()) {
                return Err(Error::value(of(name), tau, "is not a positive number"));
            }
        }
        check_bounds(projection, [self.min, self.max])?;
        for (name, step) in ["A_pre", "A_post"].into_iter().zip(self.steps()) {
            if !step.is_finite() {
                return Err(Error::value(of(name), step, "is not finite"));
            }
        }
        Ok(())
    }
}
