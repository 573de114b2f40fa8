//! Surrogates: slopes for the step from no spike to a spike.

use super::graph::{Binary, Graph, Id, Unary};
use crate::error::{Error, Result};
use std::f64::consts::PI;
use std::str::FromStr;

/// A slope that gradients have in the place of the derivative of a spike by x = V − V_th, which is 0 almost
/// everywhere. A step does not change by it.
///
/// The names and the defaults are brainpy's. `"sigmoid".parse()` has the defaults.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub enum Surrogate {
    /// α·σ(αx)·(1 − σ(αx)) with the logistic function σ. The default of α is 4.
    Sigmoid {
        /// α
        alpha: f64,
    },
    /// α − α²·|x|, and 0 where this is negative. The default of α is 1.
    PiecewiseQuadratic {
        /// α
        alpha: f64,
    },
    /// α/2·e^{−α|x|}. The default of α is 1.
    PiecewiseExp {
        /// α
        alpha: f64,
    },
    /// α/2/(1 + α|x|)². The default of α is 1.
    SoftSign {
        /// α
        alpha: f64,
    },
    /// α/2/(1 + (παx/2)²). The default of α is 1.
    Arctan {
        /// α
        alpha: f64,
    },
    /// α/√π·e^{−α²x²}. The default of α is 1.
    Erf {
        /// α
        alpha: f64,
    },
    /// α·(width − |x|), and 0 where this is negative. The defaults are 0.3 and 1.
    ReluGrad {
        /// α
        alpha: f64,
        /// The distance from the threshold at which the slope ends.
        width: f64,
    },
    /// α times the density of a normal distribution with the standard deviation σ. The defaults are 0.5.
    GaussianGrad {
        /// The standard deviation σ.
        sigma: f64,
        /// α
        alpha: f64,
    },
    /// 1/(α|x| + 1)². The default of α is 100.
    InvSquareGrad {
        /// α
        alpha: f64,
    },
    /// e^{−α|x|}. The default of α is 1.
    SlayerGrad {
        /// α
        alpha: f64,
    },
}

/// The surrogates by name, with their defaults.
const ALL: [(&str, Surrogate); 10] = [
    ("sigmoid", Surrogate::Sigmoid { alpha: 4.0 }),
    ("piecewise_quadratic", Surrogate::PiecewiseQuadratic { alpha: 1.0 }),
    ("piecewise_exp", Surrogate::PiecewiseExp { alpha: 1.0 }),
    ("soft_sign", Surrogate::SoftSign { alpha: 1.0 }),
    ("arctan", Surrogate::Arctan { alpha: 1.0 }),
    ("erf", Surrogate::Erf { alpha: 1.0 }),
    ("relu_grad", Surrogate::ReluGrad { alpha: 0.3, width: 1.0 }),
    ("gaussian_grad", Surrogate::GaussianGrad { sigma: 0.5, alpha: 0.5 }),
    ("inv_square_grad", Surrogate::InvSquareGrad { alpha: 100.0 }),
    ("slayer_grad", Surrogate::SlayerGrad { alpha: 1.0 }),
];

impl FromStr for Surrogate {
    type Err = Error;

    fn from_str(name: &str) -> Result<Self> {
        let found = ALL.iter().find(|(own, _)| *own == name).map(|(_, surrogate)| *surrogate);
        found.ok_or_else(|| Error::unknown("surrogate", name, ALL.map(|(own, _)| own)))
    }
}

impl Surrogate {
    /// The slope at x, the distance above the threshold.
    pub(super) fn slope(self, graph: &mut Graph, x: Id) -> Id {
        let mut made = Made { graph, x };
        match self {
            Self::Sigmoid { alpha } => {
                // σ(z)·(1 − σ(z)) = σ(z)·σ(−z), of which both factors are accurate.
                let (up, down) = (made.sigmoid(alpha), made.sigmoid(-alpha));
                let product = made.graph.binary(Binary::Mul, up, down);
                made.times(product, alpha)
            }
            Self::PiecewiseQuadratic { alpha } => made.tent(alpha * alpha, alpha),
            Self::PiecewiseExp { alpha } => {
                let e = made.decay(alpha);
                made.times(e, alpha / 2.0)
            }
            Self::SoftSign { alpha } => {
                let distance = made.distance(alpha);
                made.inverse_square(distance, alpha / 2.0)
            }
            Self::Arctan { alpha } => {
                let z = made.times(made.x, PI * alpha / 2.0);
                let square = made.graph.binary(Binary::Mul, z, z);
                let under = made.plus(square, 1.0);
                made.over(alpha / 2.0, under)
            }
            Self::Erf { alpha } => made.bell(alpha, alpha / PI.sqrt()),
            Self::ReluGrad { alpha, width } => made.tent(alpha, alpha * width),
            Self::GaussianGrad { sigma, alpha } => {
                let scale = 0.5_f64.sqrt() / sigma;
                made.bell(scale, alpha * scale / PI.sqrt())
            }
            Self::InvSquareGrad { alpha } => {
                let distance = made.distance(alpha);
                made.inverse_square(distance, 1.0)
            }
            Self::SlayerGrad { alpha } => made.decay(alpha),
        }
    }
}

/// Expressions of x.
struct Made<'g> {
    graph: &'g mut Graph,
    x: Id,
}

impl Made<'_> {
    fn times(&mut self, a: Id, factor: f64) -> Id {
        let factor = self.graph.constant(factor);
        self.graph.binary(Binary::Mul, a, factor)
    }

    fn plus(&mut self, a: Id, other: f64) -> Id {
        let other = self.graph.constant(other);
        self.graph.binary(Binary::Add, a, other)
    }

    fn over(&mut self, a: f64, under: Id) -> Id {
        let a = self.graph.constant(a);
        self.graph.binary(Binary::Div, a, under)
    }

    /// α·|x|
    fn distance(&mut self, alpha: f64) -> Id {
        let distance = self.graph.unary(Unary::Abs, self.x);
        self.times(distance, alpha)
    }

    /// e^{−α|x|}
    fn decay(&mut self, alpha: f64) -> Id {
        let z = self.distance(-alpha);
        self.graph.unary(Unary::Exp, z)
    }

    /// 1/(1 + e^{−αx})
    fn sigmoid(&mut self, alpha: f64) -> Id {
        let z = self.times(self.x, -alpha);
        let e = self.graph.unary(Unary::Exp, z);
        let under = self.plus(e, 1.0);
        self.over(1.0, under)
    }

    /// factor·e^{−(scale·x)²}
    fn bell(&mut self, scale: f64, factor: f64) -> Id {
        let z = self.times(self.x, scale);
        let square = self.graph.binary(Binary::Mul, z, z);
        let minus = self.graph.unary(Unary::Neg, square);
        let e = self.graph.unary(Unary::Exp, minus);
        self.times(e, factor)
    }

    /// factor/(1 + distance)²
    fn inverse_square(&mut self, distance: Id, factor: f64) -> Id {
        let under = self.plus(distance, 1.0);
        let square = self.graph.binary(Binary::Mul, under, under);
        self.over(factor, square)
    }

    /// The larger one of 0 and height − slope·|x|.
    fn tent(&mut self, slope: f64, height: f64) -> Id {
        let fall = self.distance(-slope);
        let rest = self.plus(fall, height);
        let zero = self.graph.constant(0.0);
        self.graph.binary(Binary::Max, rest, zero)
    }
}
