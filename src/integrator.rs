//! Integration methods by name: exponential Euler, and explicit Runge-Kutta methods by their
//! tableaux.

use crate::error::{Error, Result};
use crate::numeric::math::decay;
use crate::numeric::scalar::Real;
use std::fmt;
use std::fmt::Display;

/// An integration method.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Method {
    /// Exponential Euler: x + dt·exprel(dt·∂f/∂x)·f, for each variable with its own derivative, at
    /// the state before the step (Jacobi). It is brainpy's `exp_auto`.
    #[default]
    ExpAuto,
    /// Euler's method, order 1.
    Euler,
    /// The midpoint method, order 2.
    Midpoint,
    /// Heun's method (the explicit trapezoid), order 2.
    Heun2,
    /// Ralston's method, order 2, with the least bound on the error (Ralston 1962). It is `rk2`
    /// with β = 2/3.
    Ralston2,
    /// The generic second-order method with β = 2/3 (stages at 0 and 2/3, weights 1/4 and 3/4),
    /// order 2.
    Rk2,
    /// Kutta's third-order method, order 3.
    Rk3,
    /// Heun's third-order method, order 3.
    Heun3,
    /// Ralston's third-order method, order 3 (Ralston 1962).
    Ralston3,
    /// The strong-stability-preserving method of Shu & Osher (1988), order 3.
    Ssprk3,
    /// The classic Runge-Kutta method, order 4.
    Rk4,
    /// Ralston's fourth-order method, order 4 (Ralston 1962).
    Ralston4,
    /// Kutta's 3/8 rule, order 4.
    Rk438Rule,
    /// Exact integration of a linear equation, together with the currents of a network's receptors,
    /// which are linear too (Rotter & Diesmann 1999): NEST's `iaf_psc_exp` and `iaf_psc_alpha`, and
    /// Brian2's `exact`. Only [`Lif`](crate::models::Lif) with currents has it.
    Exact,
}

/// The maximum number of stages of a tableau.
pub(crate) const STAGES: usize = 4;

/// An explicit Runge-Kutta method: stage `s` is evaluated at x + dt·Σ a[s][j]·k[j], and x grows by
/// dt·Σ b[s]·k[s].
pub(crate) struct Tableau {
    a: [[f64; STAGES]; STAGES],
    b: [f64; STAGES],
    stages: usize,
}

impl Method {
    /// All methods.
    pub const ALL: [Self; 14] = [
        Self::ExpAuto,
        Self::Euler,
        Self::Midpoint,
        Self::Heun2,
        Self::Ralston2,
        Self::Rk2,
        Self::Rk3,
        Self::Heun3,
        Self::Ralston3,
        Self::Ssprk3,
        Self::Rk4,
        Self::Ralston4,
        Self::Rk438Rule,
        Self::Exact,
    ];

    /// The name, in brainpy's spelling; `exact` is Brian2's.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::ExpAuto => "exp_auto",
            Self::Euler => "euler",
            Self::Midpoint => "midpoint",
            Self::Heun2 => "heun2",
            Self::Ralston2 => "ralston2",
            Self::Rk2 => "rk2",
            Self::Rk3 => "rk3",
            Self::Heun3 => "heun3",
            Self::Ralston3 => "ralston3",
            Self::Ssprk3 => "ssprk3",
            Self::Rk4 => "rk4",
            Self::Ralston4 => "ralston4",
            Self::Rk438Rule => "rk4_38rule",
            Self::Exact => "exact",
        }
    }

    /// The order of convergence: the error over a fixed time is proportional to dt to this power.
    /// It is `u32::MAX` for [`Method::Exact`], which has no error.
    #[must_use]
    pub fn order(self) -> u32 {
        match self {
            Self::ExpAuto | Self::Euler => 1,
            Self::Midpoint | Self::Heun2 | Self::Ralston2 | Self::Rk2 => 2,
            Self::Rk3 | Self::Heun3 | Self::Ralston3 | Self::Ssprk3 => 3,
            Self::Rk4 | Self::Ralston4 | Self::Rk438Rule => 4,
            Self::Exact => u32::MAX,
        }
    }

    /// Checks that a model whose equations are not linear can use the method.
    pub(crate) fn check_nonlinear(self, kind: &str) -> Result<()> {
        if self == Self::Exact {
            let reason = "its equations are not linear; LIF with currents has this method";
            return Err(Error::Unsupported(format!("method `exact` of {kind}: {reason}")));
        }
        Ok(())
    }

    /// The tableau; `None` for an exponential method.
    pub(crate) fn tableau(self) -> Option<Tableau> {
        let third = 1.0 / 3.0;
        let (a, b): (&[&[f64]], &[f64]) = match self {
            Self::ExpAuto | Self::Exact => return None,
            Self::Euler => (&[&[]], &[1.0]),
            Self::Midpoint => (&[&[], &[0.5]], &[0.0, 1.0]),
            Self::Heun2 => (&[&[], &[1.0]], &[0.5, 0.5]),
            Self::Ralston2 | Self::Rk2 => (&[&[], &[2.0 * third]], &[0.25, 0.75]),
            Self::Rk3 => (&[&[], &[0.5], &[-1.0, 2.0]], &[1.0 / 6.0, 2.0 * third, 1.0 / 6.0]),
            Self::Heun3 => (&[&[], &[third], &[0.0, 2.0 * third]], &[0.25, 0.0, 0.75]),
            Self::Ralston3 => (&[&[], &[0.5], &[0.0, 0.75]], &[2.0 / 9.0, third, 4.0 / 9.0]),
            Self::Ssprk3 => (&[&[], &[1.0], &[0.25, 0.25]], &[1.0 / 6.0, 1.0 / 6.0, 2.0 * third]),
            Self::Rk4 => (&[&[], &[0.5], &[0.0, 0.5], &[0.0, 0.0, 1.0]], &[1.0 / 6.0, third, third, 1.0 / 6.0]),
            Self::Ralston4 => {
                let r = 5.0_f64.sqrt();
                return Some(Tableau::new(
                    &[
                        &[],
                        &[0.4],
                        &[(-2889.0 + 1428.0 * r) / 1024.0, (3785.0 - 1620.0 * r) / 1024.0],
                        &[
                            (-3365.0 + 2094.0 * r) / 6040.0,
                            (-975.0 - 3046.0 * r) / 2552.0,
                            (467_040.0 + 203_968.0 * r) / 240_845.0,
                        ],
                    ],
                    &[
                        (263.0 + 24.0 * r) / 1812.0,
                        (125.0 - 1000.0 * r) / 3828.0,
                        1024.0 * (3346.0 + 1623.0 * r) / 5_924_787.0,
                        (30.0 - 4.0 * r) / 123.0,
                    ],
                ));
            }
            Self::Rk438Rule => (&[&[], &[third], &[-third, 1.0], &[1.0, -1.0, 1.0]], &[0.125, 0.375, 0.375, 0.125]),
        };
        Some(Tableau::new(a, b))
    }
}

impl Tableau {
    fn new(rows: &[&[f64]], weights: &[f64]) -> Self {
        let (mut a, mut b) = ([[0.0; STAGES]; STAGES], [0.0; STAGES]);
        for (row, from) in a.iter_mut().zip(rows) {
            row[..from.len()].copy_from_slice(from);
        }
        b[..weights.len()].copy_from_slice(weights);
        Self { a, b, stages: weights.len() }
    }

    /// The coefficients c₁, c₂, … of a step of x' = λ(1 − x) from 0, which ends at c₁z + c₂z² + …
    /// for z = λ·dt.
    #[inline(always)]
    pub(crate) fn relaxation<R: Real>(&self) -> [R; STAGES] {
        // dt times the slope of each stage, as a series in z: z·(1 − Σ a·slopes).
        let mut slopes = [[0.0; STAGES]; STAGES];
        let mut end = [0.0; STAGES];
        for s in 0..self.stages {
            slopes[s][0] = 1.0;
            for from in 0..s {
                for power in 1..STAGES {
                    slopes[s][power] -= self.a[s][from] * slopes[from][power - 1];
                }
            }
            for power in 0..STAGES {
                end[power] += self.b[s] * slopes[s][power];
            }
        }
        end.map(R::of)
    }

    /// The method for steps of `dt`, in the element type of the state.
    #[inline(always)]
    pub(crate) fn stepper<R: Real>(&self, dt: R) -> Stepper<R> {
        Stepper {
            a: self.a.map(|row| row.map(|c| R::of(c) * dt)),
            b: self.b.map(|c| R::of(c) * dt),
            stages: self.stages,
        }
    }
}

/// A tableau times dt.
#[derive(Clone, Copy)]
pub(crate) struct Stepper<R> {
    a: [[R; STAGES]; STAGES],
    b: [R; STAGES],
    stages: usize,
}

impl<R: Real> Stepper<R> {
    /// The number of stages, and a[stages][stages] and b[stages] one after the other, for kernels.
    pub(crate) fn coefficients(&self) -> (usize, Vec<R>) {
        let rows = self.a.iter().take(self.stages).chain([&self.b]);
        (self.stages, rows.flat_map(|row| row.iter().take(self.stages)).copied().collect())
    }

    /// The weights of earlier slopes in each stage, and the weights of all slopes in the result.
    pub(crate) fn weights(&self) -> (&[[R; STAGES]], &[R]) {
        (&self.a[..self.stages], &self.b[..self.stages])
    }

    /// Makes one step of x' = `slope.at(k, x)` for `W` systems of `N` variables; k is the number of
    /// the system.
    #[inline(always)]
    pub(crate) fn tile<const N: usize, const W: usize>(&self, x: [[R; W]; N], slope: impl Slope<R, N>) -> [[R; W]; N] {
        let mut after = x;
        if self.stages == 1 {
            // Euler's method needs no room for further stages.
            let first = slopes_at(&x, &slope);
            advance(&mut after, &first, self.b[0]);
            return after;
        }
        let mut slopes = [[[R::of(0.0); W]; N]; STAGES];
        for s in 0..self.stages {
            let mut at = x;
            for (slope, a) in slopes[..s].iter().zip(&self.a[s]) {
                advance(&mut at, slope, *a);
            }
            slopes[s] = slopes_at(&at, &slope);
        }
        for (slope, b) in slopes[..self.stages].iter().zip(&self.b) {
            advance(&mut after, slope, *b);
        }
        after
    }
}

/// The right-hand side of x' = f(x) for systems of `N` variables.
///
/// A large closure is not inlined, and is then compiled for the narrowest vectors and without fused
/// operations. An implementation by a type has `#[inline(always)]`.
pub(crate) trait Slope<R, const N: usize> {
    /// dx/dt of system `k` at `x`.
    fn at(&self, k: usize, x: [R; N]) -> [R; N];
}

impl<R, const N: usize, F: Fn(usize, [R; N]) -> [R; N]> Slope<R, N> for F {
    #[inline(always)]
    fn at(&self, k: usize, x: [R; N]) -> [R; N] {
        self(k, x)
    }
}

/// The slopes of `W` systems.
#[inline(always)]
fn slopes_at<R: Real, const N: usize, const W: usize>(at: &[[R; W]; N], slope: &impl Slope<R, N>) -> [[R; W]; N] {
    let mut slopes = [[R::of(0.0); W]; N];
    for k in 0..W {
        // No closures here: a closure that is not inlined would be compiled for the narrowest vectors.
        let mut here = [R::of(0.0); N];
        for var in 0..N {
            here[var] = at[var][k];
        }
        for (d, var) in slope.at(k, here).into_iter().zip(&mut slopes) {
            var[k] = d;
        }
    }
    slopes
}

#[inline(always)]
fn advance<R: Real, const N: usize, const W: usize>(x: &mut [[R; W]; N], slope: &[[R; W]; N], by: R) {
    for (x, d) in x.iter_mut().zip(slope) {
        for k in 0..W {
            x[k] = by.mul_add(d[k], x[k]);
        }
    }
}

/// φ = (1 − e^{−s·dt})/s for two relaxations x' = f − s·(x − x₀), whose solution after dt is
/// x + f·φ. The two share one division. s may be any `divisible` number down to −`GROWTH`/dt, and
/// t > 0. (The bound, far beyond any potential of a neuron, keeps r out of the subnormal numbers,
/// which GPUs divide slowly.)
#[inline(always)]
pub(crate) fn relaxed<R: Real>(s: R, t: R, dt: R) -> (R, R) {
    let r = R::of(1.0) / R::of(4e37).min(s * t);
    (decay(s * dt) * (t * r), decay(t * dt) * (s * r))
}

impl Display for Method {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl std::str::FromStr for Method {
    type Err = Error;
    fn from_str(s: &str) -> Result<Self> {
        Self::ALL
            .into_iter()
            .find(|m| m.name() == s)
            .ok_or_else(|| Error::unknown("method", s, Self::ALL.map(Self::name)))
    }
}
