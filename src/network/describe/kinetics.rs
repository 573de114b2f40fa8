//! The kinetics of a projection: presynaptic release models, which are short-term plasticity, and
//! receptors whose opening is a state of the source.

use crate::device::device_struct::device_constants;
use crate::error::{Error, Result};
use crate::init::Init;
use crate::numeric::math::exp;
use crate::numeric::rounding::up;

/// The potential that is an amount of 1, of gap junctions.
pub(crate) const MAX_POTENTIAL: f64 = 512.0;
/// Constants of a release model.
pub(crate) const CONSTANTS: usize = 7;

/// More steps than transmitter stays for.
const STEPS: f64 = 16_777_216.0;

device_constants! {
    RELEASE_MODELS {
        /// Short-term plasticity.
        STP: u32 = 0,
        /// A receptor that a pulse of transmitter opens.
        AMPA: u32 = 1,
        /// A receptor of second order.
        NMDA: u32 = 2,
        /// A receptor of second order that a pulse of transmitter opens.
        BIO_NMDA: u32 = 3,
        /// The source's potential.
        GAP: u32 = 4,
    }
}

/// What a projection makes of each source's spikes; see
/// [`Projection::kinetics`](crate::network::Projection::kinetics).
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub enum Kinetics {
    /// Short-term plasticity.
    Stp(Stp),
    /// Opened by transmitter.
    Ampa(Ampa),
    /// Of second order, brainpy's `NMDA`.
    Nmda(Nmda),
    /// Of second order, opened by transmitter, brainpy's `BioNMDA`.
    BioNmda(BioNmda),
    /// The source's potential itself, which takes no spike: what any projection onto a
    /// [`Receptor::gap`](crate::network::Receptor::gap) has, and none other may.
    Gap,
}

/// Short-term plasticity (Tsodyks, Pawelzik & Markram 1998) with brainpy's names and defaults:
/// du/dt = −u/τf, dx/dt = (1 − x)/τd, from rest: u = 0 and x = 1. A spike first makes u ← u + U·(1
/// − u); its synapses then pass on u·x of their weights, and x ← x − u·x. Solved exactly. So a
/// first spike transmits U, whenever it comes. Variables: `projection.u`, `projection.x`;
/// [`Projection::init`](crate::network::Projection::init) lets them begin elsewhere.
///
/// With `tau_f` 0 there is no facilitation: each spike uses U of what there is. With `tau_d` 0
/// there is no depression: all is there again in the next step.
///
/// brainpy's `STP` begins with u = U, as if there had been a spike a moment before, and gives u·x
/// with the x that is left after a spike, and at all times: a factor of what its synapse has
/// become. Here it is what a spike transmits, as in the paper.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Stp {
    /// U, what a spike uses of the resources when all are there; 0.15 by default.
    pub release: f64,
    /// Of facilitation, ms; 1500 by default, and 0 for none.
    pub tau_f: f64,
    /// Of recovery from depression, ms; 200 by default, and 0 for no depression.
    pub tau_d: f64,
}

impl Default for Stp {
    fn default() -> Self {
        Self { release: 0.15, tau_f: 1500.0, tau_d: 200.0 }
    }
}

/// Receptors opened by a pulse of transmitter (Destexhe, Mainen & Sejnowski 1994), brainpy's
/// `AMPA`, or with [`Ampa::gaba_a`] its `GABAa`: dg/dt = α·T·(1 − g) − β·g, where T is there for
/// `t_dur` from a spike's arrival on. Solved exactly. Variables: `projection.g`, and
/// `projection.left`, for how many more steps there is transmitter.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Ampa {
    /// Binding, 1/(ms·mM); 0.98 by default.
    pub alpha: f64,
    /// Unbinding, 1/ms; 0.18 by default.
    pub beta: f64,
    /// Concentration of transmitter, mM; 0.5 by default.
    pub t: f64,
    /// How long it stays, ms, of which each step that has begun counts; 0.5 by default.
    pub t_dur: f64,
}

impl Default for Ampa {
    fn default() -> Self {
        Self { alpha: 0.98, beta: 0.18, t: 0.5, t_dur: 0.5 }
    }
}

impl Ampa {
    /// α = 0.53, β = 0.18, T = 1 for 1 ms: brainpy's `GABAa`.
    #[must_use]
    pub fn gaba_a() -> Self {
        Self { alpha: 0.53, beta: 0.18, t: 1.0, t_dur: 1.0 }
    }
}

/// dg/dt = −g/τd + a·x·(1 − g), dx/dt = −x/τr, and a spike adds 1 to x (Brunel & Wang 2001):
/// brainpy's `NMDA`, with its `exp_auto`: g is solved exactly for the x of the step before. The
/// magnesium block is the receptor's, [`Receptor::magnesium`](crate::network::Receptor::magnesium).
/// Variables: `projection.g`, `projection.x`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Nmda {
    /// 1/ms; 0.5 by default.
    pub a: f64,
    /// ms; 100 by default.
    pub tau_decay: f64,
    /// ms; 2 by default.
    pub tau_rise: f64,
}

impl Default for Nmda {
    fn default() -> Self {
        Self { a: 0.5, tau_decay: 100.0, tau_rise: 2.0 }
    }
}

/// dg/dt = α₁·x·(1 − g) − β₁·g, dx/dt = α₂·T·(1 − x) − β₂·x, with T as of [`Ampa`]: brainpy's
/// `BioNMDA`, with its `exp_auto` as [`Nmda`]. Variables: `projection.g`, `projection.x`,
/// `projection.left`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct BioNmda {
    /// 1/ms; 2 by default.
    pub alpha1: f64,
    /// 1/ms; 0.01 by default.
    pub beta1: f64,
    /// 1/(ms·mM); 1 by default.
    pub alpha2: f64,
    /// 1/ms; 0.5 by default.
    pub beta2: f64,
    /// Concentration of transmitter, mM; 1 by default.
    pub t: f64,
    /// How long it stays, ms; 0.5 by default.
    pub t_dur: f64,
}

impl Default for BioNmda {
    fn default() -> Self {
        Self { alpha1: 2.0, beta1: 0.01, alpha2: 1.0, beta2: 0.5, t: 1.0, t_dur: 0.5 }
    }
}

macro_rules! from {
    ($($name:ident)*) => {$(
        impl From<$name> for Kinetics {
            fn from(of: $name) -> Self {
                Self::$name(of)
            }
        }
    )*};
}
from!(Stp Ampa Nmda BioNmda);

/// Of a rate that rises to `limit` for so many steps of `dt`: what is left of the distance to it
/// after one, it, what is left after one without, and how many.
fn pulse(opens: f64, closes: f64, t_dur: f64, dt: f64) -> [f64; 4] {
    let limit = if opens > 0.0 { opens / (opens + closes) } else { 0.0 };
    // 0.5 ms are five steps of 0.1, whatever the quotient is rounded to.
    let steps = up(t_dur / dt);
    [exp(-(opens + closes) * dt), limit, exp(-closes * dt), steps]
}

impl Kinetics {
    /// Names of the variables.
    pub(crate) fn names(self) -> &'static [&'static str] {
        match self {
            Self::Stp(_) => &["u", "x"],
            Self::Ampa(_) => &["g", "left"],
            Self::Nmda(_) => &["g", "x"],
            Self::BioNmda(_) => &["g", "x", "left"],
            Self::Gap => &[],
        }
    }

    /// Their values at rest, with which they begin unless the projection says otherwise.
    fn rest(self) -> [f64; 3] {
        if matches!(self, Self::Stp(_)) { [0.0, 1.0, 0.0] } else { [0.0; 3] }
    }

    /// The most that they can be. None can be negative.
    fn most(self) -> &'static [f64] {
        match self {
            Self::Stp(_) => &[1.0, 1.0],
            Self::Ampa(_) => &[1.0, STEPS],
            Self::Nmda(_) => &[1.0, f64::MAX],
            Self::BioNmda(_) => &[1.0, 1.0, STEPS],
            Self::Gap => &[],
        }
    }

    /// What they begin with, of `units` sources: what is `given` by name, else rest.
    pub(crate) fn initial(self, projection: &str, given: &[(String, Init)], units: usize) -> Result<Vec<Init>> {
        let names = self.names();
        if let Some((unknown, _)) = given.iter().find(|(name, _)| !names.contains(&name.as_str())) {
            return Err(Error::unknown(
                "variable",
                &format!("{projection}.{unknown}"),
                names.iter().map(|name| format!("{projection}.{name}")),
            ));
        }
        let mut all: Vec<Init> = self.rest().into_iter().take(names.len()).map(Init::Constant).collect();
        for ((name, most), init) in names.iter().zip(self.most()).zip(&mut all) {
            // As with other settings, the last one counts.
            let Some((_, own)) = given.iter().rev().find(|(given, _)| given == name) else { continue };
            let what = format!("initial {name} of projection `{projection}`");
            own.check(&what, &[units])?;
            let Some((low, high)) = own.range() else {
                return Err(Error::value(what, format!("{own:?}"), "is for matrices"));
            };
            if low < 0.0 || high > *most {
                let between = if *most < f64::MAX { format!("between 0 and {most}") } else { "0 or more".to_owned() };
                let given = if low < high { format!("{low} to {high}") } else { low.to_string() };
                return Err(Error::value(what, given, format!("is not {between}")));
            }
            *init = own.clone();
        }
        Ok(all)
    }

    /// Whether something is transmitted in each step, not with a spike alone.
    pub(crate) fn is_graded(self) -> bool {
        !matches!(self, Self::Stp(_))
    }

    /// The number of the release model in kernels.
    #[cfg_attr(not(feature = "cuda"), allow(dead_code, reason = "read by the CUDA engine alone"))]
    pub(crate) fn release_model(self) -> u32 {
        match self {
            Self::Stp(_) => STP,
            Self::Ampa(_) => AMPA,
            Self::Nmda(_) => NMDA,
            Self::BioNmda(_) => BIO_NMDA,
            Self::Gap => GAP,
        }
    }

    /// What a step of `dt` works with.
    pub(crate) fn constants(self, dt: f64) -> [f64; CONSTANTS] {
        match self {
            Self::Stp(s) => {
                let left = |tau: f64| if tau > 0.0 { exp(-dt / tau) } else { 0.0 };
                [left(s.tau_f), left(s.tau_d), s.release, 0.0, 0.0, 0.0, 0.0]
            }
            Self::Ampa(a) => {
                let [on, limit, off, steps] = pulse(a.alpha * a.t, a.beta, a.t_dur, dt);
                [on, limit, off, steps, 0.0, 0.0, 0.0]
            }
            Self::Nmda(n) => [n.a, 1.0 / n.tau_decay, dt, exp(-dt / n.tau_rise), 0.0, 0.0, 0.0],
            Self::BioNmda(n) => {
                let [on, limit, off, steps] = pulse(n.alpha2 * n.t, n.beta2, n.t_dur, dt);
                [n.alpha1, n.beta1, dt, on, limit, off, steps]
            }
            Self::Gap => [1.0 / MAX_POTENTIAL, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0],
        }
    }

    /// # Errors
    /// If a parameter makes no sense.
    pub(crate) fn check(self, projection: &str) -> Result<()> {
        // Those that must not be 0, then those that may.
        let (positive, others) = match self {
            Self::Stp(s) => (vec![("release", s.release)], vec![("tau_f", s.tau_f), ("tau_d", s.tau_d)]),
            Self::Ampa(a) => (vec![("beta", a.beta)], vec![("alpha", a.alpha), ("t", a.t), ("t_dur", a.t_dur)]),
            Self::Nmda(n) => (vec![("tau_decay", n.tau_decay), ("tau_rise", n.tau_rise)], vec![("a", n.a)]),
            Self::BioNmda(n) => {
                let others = vec![("alpha1", n.alpha1), ("alpha2", n.alpha2), ("t", n.t), ("t_dur", n.t_dur)];
                (vec![("beta1", n.beta1), ("beta2", n.beta2)], others)
            }
            Self::Gap => return Ok(()),
        };
        let of = |name: &str| format!("{name} of projection `{projection}`");
        if let Some((name, value)) = positive.iter().find(|(_, x)| !(*x > 0.0 && x.is_finite())) {
            return Err(Error::value(of(name), *value, "is not a positive number"));
        }
        if let Some((name, value)) = others.iter().find(|(_, x)| !(*x >= 0.0 && x.is_finite())) {
            return Err(Error::value(of(name), *value, "is negative or not finite"));
        }
        if let Self::Stp(Stp { release, .. }) = self
            && release > 1.0
        {
            return Err(Error::value(of("release"), release, "is more than 1"));
        }
        Ok(())
    }
}
