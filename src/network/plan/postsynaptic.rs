//! The variables of a receptor from step to step: linear equations, solved exactly.

use crate::connectivity::log::ln;
use crate::error::{Error, Result};
use crate::network::describe::receptor::{Kind, Receptor, Shape};
use crate::numeric::math;
use crate::numeric::scalar::Real;

/// The equations of one receptor. Its variable s acts on the model. If it has a rise, spikes add to
/// h, else to s.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct SynapticFilter<T> {
    /// s ← s·decay.
    pub(crate) decay: T,
    pub(crate) rise: Option<RiseStage<T>>,
    /// The reversal potential of a conductance; `None` for a current.
    pub(crate) reversal: Option<T>,
    pub(crate) block: Option<MgBlock<T>>,
}

/// s ← fma(h, gain, s·decay), with the decay of s; then h ← h·decay.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct RiseStage<T> {
    pub(crate) decay: T,
    pub(crate) gain: T,
}

/// The open part of s is s/fma(e^{−alpha·V}, scale, 1), where V is the model's variable number
/// `var`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct MgBlock<T> {
    pub(crate) scale: T,
    pub(crate) alpha: T,
    pub(crate) var: usize,
}

impl SynapticFilter<f64> {
    /// The same equations in the type of the network.
    pub(crate) fn to<T: Real>(self) -> SynapticFilter<T> {
        SynapticFilter {
            decay: T::of(self.decay),
            rise: self.rise.map(|rise| RiseStage { decay: T::of(rise.decay), gain: T::of(rise.gain) }),
            reversal: self.reversal.map(T::of),
            block: self.block.map(|block| MgBlock {
                scale: T::of(block.scale),
                alpha: T::of(block.alpha),
                var: block.var,
            }),
        }
    }
}

/// The equations in time: ds/dt = −s/tau, to which a rise adds scale·h, and dh/dt = −h/rise.tau.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct TimeCourse {
    pub(crate) tau: f64,
    pub(crate) rise: Option<Rise>,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Rise {
    pub(crate) tau: f64,
    pub(crate) scale: f64,
}

impl Shape {
    /// The equations in time; `None` for a value that lasts for one step.
    pub(crate) fn time_course(self, label: &str) -> Result<Option<TimeCourse>> {
        let check = |tau: f64| {
            if tau > 0.0 && tau.is_finite() {
                return Ok(tau);
            }
            Err(Error::value(format!("time constant of `{label}`"), tau, "is not a positive number"))
        };
        let (tau, rise) = match self {
            Self::Graded => return Ok(None),
            Self::Exponential { tau } => (check(tau)?, None),
            Self::Alpha { tau } => (check(tau)?, Some(Rise { tau, scale: 1.0 / tau })),
            Self::Dual { rise, tau } => {
                let (rise, tau) = (check(rise)?, check(tau)?);
                (tau, Some(Rise { tau: rise, scale: 1.0 / after(peak(rise, tau), rise, tau) }))
            }
        };
        Ok(Some(TimeCourse { tau, rise }))
    }
}

impl Receptor {
    /// The integral over time of the receptor's variable after a spike with the weight 1, in ms.
    /// It is τ for [`Receptor::exponential`] and [`Receptor::alpha`], and A·(τd − τr) for
    /// [`Receptor::dual_exponential`], or e·τ with equal time constants. `None` for deltas, gap
    /// junctions and graded receptors.
    ///
    /// # Errors
    /// If a time constant is not a positive number.
    pub fn integral(&self) -> Result<Option<f64>> {
        match self.kind {
            Kind::Filter { shape, .. } => Ok(shape.time_course(&self.name)?.map(TimeCourse::integral)),
            Kind::Delta { .. } | Kind::Gap => Ok(None),
        }
    }
}

impl TimeCourse {
    /// The integral of s after a spike of 1.
    fn integral(self) -> f64 {
        self.tau * self.rise.map_or(1.0, |rise| rise.scale * rise.tau)
    }

    /// The factor of s in a step of `dt`, and the stage from which it rises.
    pub(crate) fn steps(self, label: &str, dt: f64) -> Result<(f64, Option<RiseStage<f64>>)> {
        let decay = math::exp(-dt / self.tau);
        let Some(rise) = self.rise else { return Ok((decay, None)) };
        let gain = rise.scale * after(dt, rise.tau, self.tau);
        if !gain.is_finite() {
            return Err(Error::value(
                format!("time constants of `{label}`"),
                format!("{} and {}", rise.tau, self.tau),
                "are too far apart",
            ));
        }
        Ok((decay, Some(RiseStage { decay: math::exp(-dt / rise.tau), gain })))
    }
}

/// The value of s at time t after an h of 1, for ds/dt = −s/tau + h: (e^{−t/tau} −
/// e^{−t/rise})/(1/rise − 1/tau), or t·e^{−t/tau}.
fn after(t: f64, rise: f64, tau: f64) -> f64 {
    math::exp(-t / tau) * t * math::exprel(-t * (1.0 / rise - 1.0 / tau))
}

/// The time at which `after` is largest.
fn peak(rise: f64, tau: f64) -> f64 {
    // If the time constants are nearly equal, the peak is flat: an error of ε in time is one of ε²
    // in height.
    if ((rise - tau) / tau).abs() < 1e-6 { tau } else { ln(tau / rise) / (1.0 / rise - 1.0 / tau) }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The factors of s and of h, and the gain.
    fn stages(shape: Shape, dt: f64) -> (f64, f64, f64) {
        let course = shape.time_course("x").unwrap().unwrap();
        let (decay, Some(rise)) = course.steps("x", dt).unwrap() else { panic!("the shape has no rise") };
        (decay, rise.decay, rise.gain)
    }

    #[test]
    fn a_dual_exponential_is_1_at_its_peak() {
        for (rise, tau) in
            [(1.0, 10.0), (2.0, 100.0), (10.0, 1.0), (5.0, 5.0), (5.0, 5.000_001), (5.0, 5.001), (0.1, 0.3)]
        {
            let dt = peak(rise, tau) / 1000.0;
            let (decay, h_decay, gain) = stages(Shape::Dual { rise, tau }, dt);
            let (mut s, mut h, mut most, mut at) = (0.0_f64, 1.0_f64, 0.0_f64, 0);
            for k in 1..3000 {
                s = h.mul_add(gain, s * decay);
                h *= h_decay;
                if s > most {
                    (most, at) = (s, k);
                }
            }
            assert!((most - 1.0).abs() < 1e-9 && (at - 1000_i32).abs() <= 30, "{rise} {tau}: {most} in step {at}");
        }
    }

    #[test]
    fn the_integral_is_that_of_the_time_course() {
        let (rise, tau) = (2.0, 10.0);
        let peak = |t: f64| (-t / tau).exp() - (-t / rise).exp();
        let gain = 1.0 / peak((tau / rise).ln() / (1.0 / rise - 1.0 / tau));
        let e = std::f64::consts::E;
        for (receptor, right) in [
            (Receptor::exponential("x", 0.5), Some(0.5)),
            (Receptor::alpha("x", 4.0), Some(4.0)),
            (Receptor::dual_exponential("x", rise, tau), Some(gain * (tau - rise))),
            (Receptor::dual_exponential("x", tau, rise), Some(gain * (tau - rise))),
            (Receptor::dual_exponential("x", 3.0, 3.0), Some(3.0 * e)),
            (Receptor::exponential("x", 5.0).coba(0.0), Some(5.0)),
            (Receptor::graded("x"), None),
            (Receptor::gap("x"), None),
            (Receptor::delta("x", "V"), None),
        ] {
            let found = receptor.integral().unwrap();
            let near = |(a, b): (f64, f64)| (a - b).abs() <= 1e-12 * b;
            assert!(found.is_some() == right.is_some() && found.zip(right).is_none_or(near), "{found:?} {right:?}");
        }
        for tau in [0.0, -1.0, f64::NAN, f64::INFINITY] {
            assert!(Receptor::alpha("x", tau).integral().is_err());
        }
    }

    #[test]
    fn an_alpha_is_exact_at_any_step() {
        for dt in [0.05, 0.1, 1.0, 7.0] {
            let (decay, h_decay, gain) = stages(Shape::Alpha { tau: 4.0 }, dt);
            let (mut s, mut h) = (0.0_f64, 3.0_f64);
            for k in 1..50 {
                s = h.mul_add(gain, s * decay);
                h *= h_decay;
                let t = f64::from(k) * dt / 4.0;
                assert!((s - 3.0 * t * (-t).exp()).abs() <= 1e-13, "{dt} {k}: {s}");
            }
        }
    }
}
