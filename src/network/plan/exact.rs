//! The effect of a receptor on a linear membrane in a step, solved exactly (Rotter & Diesmann 1999).
//!
//! A model's step is exact for a current that is constant over the step. The current of a receptor
//! is not constant: it decays. But the equations are linear, so that the receptor moves the
//! potential in proportion to its variables s and h at the beginning of the step. The factors here
//! are those of the constant currents with the same effect.

use super::postsynaptic::TimeCourse;
use crate::numeric::math::{exp, exprel};

/// The constant current over a step that has the effect of s = 1, and of h = 1 if the receptor has a
/// rise, at the beginning of the step.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct CurrentGains {
    /// One for each neuron, or one for all.
    pub(crate) s: Vec<f64>,
    pub(crate) h: Option<Vec<f64>>,
    /// The receptor is a delta: s moves V by its value at the end of the step.
    pub(crate) jump: bool,
}

impl CurrentGains {
    /// The gains of a receptor, in a step of `dt`, for membranes with the time constants `tau`: one
    /// for each neuron, or one for all.
    pub(crate) fn of(course: TimeCourse, tau: &[f64], dt: f64) -> Self {
        let each = |gain: &dyn Fn(f64) -> f64| tau.iter().map(|tau| gain(-dt / *tau)).collect::<Vec<f64>>();
        let s = -dt / course.tau;
        // A current of 1 moves V by exprel(m)·dt/τ of R, where m = −dt/τ.
        Self {
            s: each(&|m| divided([m, s]) / exprel(m)),
            h: course.rise.map(|rise| each(&|m| rise.scale * dt * divided_twice([m, s, -dt / rise.tau]) / exprel(m))),
            jump: false,
        }
    }

    /// The gains of a delta: the constant current that moves V by 1 in a step of `dt`, for membranes
    /// with these time constants and resistances.
    pub(crate) fn of_delta(tau: &[f64], r: &[f64], dt: f64) -> Self {
        let gain = |tau: f64, r: f64| tau / (r * dt * exprel(-dt / tau));
        let s = match (tau, r) {
            ([tau], r) => r.iter().map(|r| gain(*tau, *r)).collect(),
            (tau, [r]) => tau.iter().map(|tau| gain(*tau, *r)).collect(),
            (tau, r) => tau.iter().zip(r).map(|(tau, r)| gain(*tau, *r)).collect(),
        };
        Self { s, h: None, jump: true }
    }
}

/// The divided difference (e^a − e^b)/(a − b), which is e^a for a = b.
fn divided([a, b]: [f64; 2]) -> f64 {
    let (low, high) = (a.min(b), a.max(b));
    exp(high) * exprel(low - high)
}

/// The second divided difference of e^x: (f(a, b) − f(b, c))/(a − c), where f is [`divided`].
fn divided_twice(mut x: [f64; 3]) -> f64 {
    x.sort_unstable_by(f64::total_cmp);
    let [low, middle, high] = x;
    if high - low > 1.0 {
        return (divided([high, middle]) - divided([middle, low])) / (high - low);
    }
    // e^low·Σ p(k)/(k + 2)!, where p(k) = Σ u^i·v^(k − i). All terms are positive.
    let (u, v) = (middle - low, high - low);
    let (mut p, mut power, mut factor, mut sum) = (1.0, 1.0, 0.5, 0.0);
    for k in 0..20 {
        sum += p * factor;
        power *= v;
        p = p * u + power;
        factor /= f64::from(k + 3);
    }
    exp(low) * sum
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::network::plan::postsynaptic::Rise;

    /// The potential after a step, by many small steps of a Runge-Kutta method of order 4.
    fn integrated(course: TimeCourse, tau: f64, dt: f64, [s, h]: [f64; 2]) -> f64 {
        let n = 20_000;
        let by = dt / f64::from(n);
        let slope = |[v, s, h]: [f64; 3]| {
            let (rise, scale) = course.rise.map_or((1.0, 0.0), |rise| (rise.tau, rise.scale));
            [(s - v) / tau, -s / course.tau + scale * h, -h / rise]
        };
        let moved = |x: [f64; 3], d: [f64; 3], by: f64| std::array::from_fn(|k| by.mul_add(d[k], x[k]));
        let mut x = [0.0, s, h];
        for _ in 0..n {
            let a = slope(x);
            let b = slope(moved(x, a, by / 2.0));
            let c = slope(moved(x, b, by / 2.0));
            let d = slope(moved(x, c, by));
            x = std::array::from_fn(|k| x[k] + by / 6.0 * (a[k] + 2.0 * b[k] + 2.0 * c[k] + d[k]));
        }
        x[0]
    }

    #[test]
    fn gains_give_the_potential_of_a_decaying_current() {
        let rise = |tau: f64, scale: f64| Some(Rise { tau, scale });
        for (course, dt) in [
            (TimeCourse { tau: 0.5, rise: None }, 0.1),
            (TimeCourse { tau: 10.0, rise: None }, 0.1),
            (TimeCourse { tau: 10.000_001, rise: None }, 1.0),
            (TimeCourse { tau: 5.0, rise: rise(5.0, 0.2) }, 0.1),
            (TimeCourse { tau: 10.0, rise: rise(10.0, 0.1) }, 2.0),
            (TimeCourse { tau: 3.0, rise: rise(0.4, 1.3) }, 0.5),
            (TimeCourse { tau: 0.4, rise: rise(3.0, 1.3) }, 4.0),
            (TimeCourse { tau: 9.9, rise: rise(10.1, 0.7) }, 9.0),
        ] {
            let taus = [10.0, 12.5, 0.8];
            let gains = CurrentGains::of(course, &taus, dt);
            for (k, tau) in taus.into_iter().enumerate() {
                let relaxed = -(-dt / tau).exp_m1();
                let s = gains.s[k] * relaxed;
                let exact = integrated(course, tau, dt, [1.0, 0.0]);
                assert!((s / exact - 1.0).abs() <= 1e-11, "{course:?}, tau {tau}, dt {dt}: s gives {s}, not {exact}");
                let Some(h) = &gains.h else { continue };
                let h = h[k] * relaxed;
                let exact = integrated(course, tau, dt, [0.0, 1.0]);
                assert!((h / exact - 1.0).abs() <= 1e-10, "{course:?}, tau {tau}, dt {dt}: h gives {h}, not {exact}");
            }
            let one = CurrentGains::of(course, &taus[1..2], dt);
            assert_eq!(one.s, [gains.s[1]]);
        }
    }

    /// The second divided difference does not depend on the order, and is continuous.
    #[test]
    fn divided_differences_are_continuous() {
        for low in [-1e-9, -0.3, -5.0, -700.0] {
            for gap in [0.0, 1e-12, 1e-3, 0.999_999_9, 1.000_000_1, 40.0] {
                for part in [0.0, 0.4, 1.0] {
                    let x = [low, low - gap * part, low - gap];
                    let [y, z] = [divided_twice(x), divided_twice([x[2], x[0], x[1]])];
                    assert_eq!(y, z);
                    let near = divided_twice([low, low - gap * part, low - gap * (1.0 + 1e-7)]);
                    assert!(y > 0.0 && (near / y - 1.0).abs() <= 1e-5, "{x:?}: {y} and {near}");
                }
            }
        }
        assert_eq!(divided_twice([0.0; 3]), 0.5);
    }
}
