//! The kinetics of a projection: presynaptic release models. They are short-term plasticity,
//! receptors whose open fraction is a state of the source, and texts of equations.

use crate::equations::{Equations, TRANSMITTED};
use crate::error::{Error, Result};
use crate::init::Init;
use crate::network::plan::release::{CONSTANTS, MAX_POTENTIAL, ReleaseModel};
use crate::numeric::math::exp;
use crate::numeric::rounding::up;

/// An upper bound of the number of steps of a pulse of transmitter.
const STEPS: f64 = 16_777_216.0;

/// The presynaptic release model of a projection; see
/// [`Projection::kinetics`](crate::network::Projection::kinetics).
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Kinetics {
    /// Short-term plasticity.
    Stp(Stp),
    /// A receptor that a pulse of transmitter opens, brainpy's `AMPA` and `GABAa`.
    Ampa(Ampa),
    /// A receptor of second order, brainpy's `NMDA`.
    Nmda(Nmda),
    /// A receptor of second order that a pulse of transmitter opens, brainpy's `BioNMDA`.
    BioNmda(BioNmda),
    /// The source's potential itself, which depends on no spike. Every projection onto a
    /// [`Receptor::gap`](crate::network::Receptor::gap) has this release model, and no other
    /// projection may have it.
    Gap,
    /// A text of equations with `on spike` or `transmit`. The page `docs/equations.md` of the
    /// repository describes it. All sources have the same parameters. The number of units of the
    /// [`Equations`] has no effect.
    ///
    /// ```
    /// use overtime::Equations;
    /// use overtime::network::Projection;
    ///
    /// # fn main() -> overtime::Result<()> {
    /// let depression = "
    ///     param U = 0.5
    ///     param tau = 700 ms
    ///     x' = (1 - x)/tau
    ///     state x = 1
    ///     on spike: transmit U*x; x -= U*x
    /// ";
    /// let kinetics = Equations::new(depression)?.param("U", 0.6)?;
    /// let synapses = Projection::new("p", "E", ("I", "ampa")).kinetics(kinetics);
    /// # let _ = synapses;
    /// # Ok(()) }
    /// ```
    ///
    /// Variables: those of the text, as `projection.x`, and `projection.transmitted`, the amount
    /// that the source transmits in the step. It is between −1 and 1. Another amount ends the run
    /// with [`Error::OutOfRange`](crate::Error::OutOfRange).
    Equations(Box<Equations>),
}

/// Short-term plasticity (Tsodyks, Pawelzik & Markram 1998) with brainpy's names and defaults:
/// du/dt = −u/τf, dx/dt = (1 − x)/τd, from rest: u = 0 and x = 1. A spike first sets u ← u + U·(1 −
/// u). Its synapses then transmit u·x times their weights, and x ← x − u·x. The equations are
/// solved exactly. So a first spike transmits U, at any time. Variables: `projection.u`,
/// `projection.x`; [`Projection::init`](crate::network::Projection::init) sets other initial
/// values.
///
/// With `tau_f` 0 there is no facilitation: each spike uses the fraction U of the available
/// resources. With `tau_d` 0 there is no depression: all resources are available again in the next
/// step.
///
/// brainpy's `STP` starts with u = U, as just after a spike. It returns u·x at all times, with the
/// x that remains after a spike, as a factor of its synapse's conductance. Here u·x is the amount
/// that a spike transmits, as in the paper.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Stp {
    /// U, the fraction of the resources that a spike uses if all are available; 0.15 by default.
    pub release: f64,
    /// The time constant of facilitation, ms; 1500 by default, and 0 for no facilitation.
    pub tau_f: f64,
    /// The time constant of recovery from depression, ms; 200 by default, and 0 for no depression.
    pub tau_d: f64,
}

impl Default for Stp {
    fn default() -> Self {
        Self { release: 0.15, tau_f: 1500.0, tau_d: 200.0 }
    }
}

/// Receptors that a pulse of transmitter opens (Destexhe, Mainen & Sejnowski 1994): brainpy's
/// `AMPA`, or its `GABAa` with [`Ampa::gaba_a`]. dg/dt = α·T·(1 − g) − β·g, where T is present for
/// `t_dur` after a spike's arrival. The equation is solved exactly. Variables: `projection.g`, and
/// `projection.left`, the number of steps for which the transmitter remains.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Ampa {
    /// The binding rate, 1/(ms·mM); 0.98 by default.
    pub alpha: f64,
    /// The unbinding rate, 1/ms; 0.18 by default.
    pub beta: f64,
    /// The concentration of transmitter, mM; 0.5 by default.
    pub t: f64,
    /// The duration of the pulse of transmitter, ms; 0.5 by default. A step that has begun counts
    /// in full.
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

/// dg/dt = −g/τd + a·x·(1 − g), dx/dt = −x/τr, and a spike adds 1 to x (Brunel & Wang 2001). This
/// is brainpy's `NMDA` with its `exp_auto`: g is solved exactly for the x of the step before. The
/// magnesium block belongs to the receptor:
/// [`Receptor::magnesium`](crate::network::Receptor::magnesium). Variables: `projection.g`,
/// `projection.x`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Nmda {
    /// The rate a, 1/ms; 0.5 by default.
    pub a: f64,
    /// The time constant τd, ms; 100 by default.
    pub tau_decay: f64,
    /// The time constant τr, ms; 2 by default.
    pub tau_rise: f64,
}

impl Default for Nmda {
    fn default() -> Self {
        Self { a: 0.5, tau_decay: 100.0, tau_rise: 2.0 }
    }
}

/// dg/dt = α₁·x·(1 − g) − β₁·g, dx/dt = α₂·T·(1 − x) − β₂·x, with the pulse T of [`Ampa`]. This is
/// brainpy's `BioNMDA`, with the `exp_auto` of [`Nmda`]. Variables: `projection.g`, `projection.x`,
/// `projection.left`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct BioNmda {
    /// The rate α₁, 1/ms; 2 by default.
    pub alpha1: f64,
    /// The rate β₁, 1/ms; 0.01 by default.
    pub beta1: f64,
    /// The rate α₂, 1/(ms·mM); 1 by default.
    pub alpha2: f64,
    /// The rate β₂, 1/ms; 0.5 by default.
    pub beta2: f64,
    /// The concentration of transmitter, mM; 1 by default.
    pub t: f64,
    /// The duration of the pulse of transmitter, ms; 0.5 by default.
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

impl From<Equations> for Kinetics {
    fn from(text: Equations) -> Self {
        Self::Equations(Box::new(text))
    }
}

/// The constants of a fraction that relaxes towards a limit during a pulse of transmitter, and
/// towards 0 after it: the factor of the distance to the limit in a step during the pulse, the
/// limit, the factor in a step after the pulse, and the number of steps of the pulse.
fn pulse(opens: f64, closes: f64, t_dur: f64, dt: f64) -> [f64; 4] {
    let limit = if opens > 0.0 { opens / (opens + closes) } else { 0.0 };
    // A pulse of 0.5 ms has five steps of 0.1 ms, however the quotient is rounded.
    let steps = up(t_dur / dt);
    [exp(-(opens + closes) * dt), limit, exp(-closes * dt), steps]
}

impl Kinetics {
    /// The names of the variables.
    pub(crate) fn names(&self) -> Vec<&str> {
        match self {
            Self::Stp(_) => vec!["u", "x"],
            Self::Ampa(_) => vec!["g", "left"],
            Self::Nmda(_) => vec!["g", "x"],
            Self::BioNmda(_) => vec!["g", "x", "left"],
            Self::Gap => vec![],
            Self::Equations(text) => text.release_variables().into_iter().chain([TRANSMITTED]).collect(),
        }
    }

    /// The names of the variables with initial values.
    fn with_initial_values(&self) -> Vec<&str> {
        let mut names = self.names();
        names.retain(|name| *name != TRANSMITTED);
        names
    }

    /// The values of the variables at rest, which are their initial values unless the projection
    /// sets others.
    fn rest(&self) -> [f64; 3] {
        if matches!(self, Self::Stp(_)) { [0.0, 1.0, 0.0] } else { [0.0; 3] }
    }

    /// The upper bounds of the variables; the lower bounds are 0.
    fn most(&self) -> &'static [f64] {
        match self {
            Self::Stp(_) => &[1.0, 1.0],
            Self::Ampa(_) => &[1.0, STEPS],
            Self::Nmda(_) => &[1.0, f64::MAX],
            Self::BioNmda(_) => &[1.0, 1.0, STEPS],
            Self::Gap | Self::Equations(_) => &[],
        }
    }

    /// The initial values for `units` sources: the values `given` by name, and otherwise rest. There
    /// are none for a text, whose program sets them.
    pub(crate) fn initial(&self, projection: &str, given: &[(String, Init)], units: usize) -> Result<Vec<Init>> {
        let names = self.with_initial_values();
        if let Some((unknown, _)) = given.iter().find(|(name, _)| !names.contains(&name.as_str())) {
            let known = names.iter().map(|name| format!("{projection}.{name}"));
            return Err(Error::unknown("variable", &format!("{projection}.{unknown}"), known));
        }
        if let Self::Equations(_) = self {
            return Ok(Vec::new());
        }
        let mut all: Vec<Init> = self.rest().into_iter().take(names.len()).map(Init::Constant).collect();
        for ((name, most), init) in names.iter().zip(self.most()).zip(&mut all) {
            // As with other settings, the last value counts.
            let Some((_, own)) = given.iter().rev().find(|(given, _)| given == name) else { continue };
            let what = format!("initial {name} of projection `{projection}`");
            own.check(&what, &[units])?;
            let Some((low, high)) = own.range() else {
                return Err(Error::value(what, format!("{own:?}"), "is defined for matrices only"));
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

    /// Whether the projection transmits in each step, and not only at spikes.
    pub(crate) fn is_graded(&self) -> bool {
        match self {
            Self::Stp(_) => false,
            Self::Equations(text) => text.transmits_in_each_step(),
            _ => true,
        }
    }

    /// Whether the release model reads the potential of the source.
    pub(crate) fn reads_potential(&self) -> bool {
        matches!(self, Self::Equations(text) if text.reads_potential())
    }

    /// The release model. A text has this number in the network.
    pub(crate) fn model(&self, text: usize) -> ReleaseModel {
        match self {
            Self::Stp(_) => ReleaseModel::Stp,
            Self::Ampa(_) => ReleaseModel::Ampa,
            Self::Nmda(_) => ReleaseModel::Nmda,
            Self::BioNmda(_) => ReleaseModel::BioNmda,
            Self::Gap => ReleaseModel::Gap,
            Self::Equations(_) => ReleaseModel::Equations(text),
        }
    }

    /// The constants for steps of `dt`.
    pub(crate) fn constants(&self, dt: f64) -> [f64; CONSTANTS] {
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
            Self::Equations(_) => [0.0; CONSTANTS],
        }
    }

    /// # Errors
    /// If a parameter makes no sense.
    pub(crate) fn check(&self, projection: &str) -> Result<()> {
        // Parameters that must be positive, then parameters that may be 0.
        let (positive, others) = match self {
            Self::Stp(s) => (vec![("release", s.release)], vec![("tau_f", s.tau_f), ("tau_d", s.tau_d)]),
            Self::Ampa(a) => (vec![("beta", a.beta)], vec![("alpha", a.alpha), ("t", a.t), ("t_dur", a.t_dur)]),
            Self::Nmda(n) => (vec![("tau_decay", n.tau_decay), ("tau_rise", n.tau_rise)], vec![("a", n.a)]),
            Self::BioNmda(n) => {
                let others = vec![("alpha1", n.alpha1), ("alpha2", n.alpha2), ("t", n.t), ("t_dur", n.t_dur)];
                (vec![("beta1", n.beta1), ("beta2", n.beta2)], others)
            }
            Self::Gap => return Ok(()),
            Self::Equations(text) => return text.check_release(projection),
        };
        let of = |name: &str| format!("{name} of projection `{projection}`");
        if let Some((name, value)) = positive.iter().find(|(_, x)| !(*x > 0.0 && x.is_finite())) {
            return Err(Error::value(of(name), *value, "is not a positive number"));
        }
        if let Some((name, value)) = others.iter().find(|(_, x)| !(*x >= 0.0 && x.is_finite())) {
            return Err(Error::value(of(name), *value, "is negative or not finite"));
        }
        if let Self::Stp(Stp { release, .. }) = self
            && *release > 1.0
        {
            return Err(Error::value(of("release"), *release, "is more than 1"));
        }
        Ok(())
    }
}
