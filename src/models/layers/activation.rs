//! Activation functions: functions of one value, and softmax. As layers they have neither state nor
//! weights.

use crate::error::{Error, Result};
use crate::models::info;
use crate::models::info::{Family, ModelInfo, Port};
use crate::numeric::arithmetic::Arithmetic;
use crate::numeric::math::{exp, expm1, normal_cdf, sigmoid, tanh};
use crate::numeric::scalar::{Real, Scalar};
use crate::numeric::simd::{SimdLoop, vectorize};
use crate::system::program::{CudaSource, Program};
use crate::system::state::State;
use crate::system::{Coupling, Inputs, Schema, Shared, System, Tick};
use std::fmt;
use std::fmt::Display;

/// An activation function.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Activation {
    /// x
    #[default]
    Identity,
    /// max(x, 0)
    Relu,
    /// tanh x
    Tanh,
    /// 1/(1 + e⁻ˣ)
    Sigmoid,
    /// x if x ≥ 0, else x/100
    LeakyRelu,
    /// x if x > 0, else eˣ − 1
    Elu,
    /// x·½(1 + tanh(√(2/π)(x + 0.044715 x³))): the approximation by tanh, JAX's and brainpy's
    /// default (`approximate=True`) and torch's `approximate='tanh'`. It differs by up to 5e-4 from
    /// [`Activation::GeluErf`]. Its other name is `gelu_tanh`
    Gelu,
    /// x·Φ(x) = x·½(1 + erf(x/√2)): the definition of the function, and torch's and Keras' default
    GeluErf,
    /// ln(1 + eˣ)
    Softplus,
    /// e^{xᵢ}/Σ e^{xⱼ} over the last axis; not within a cell
    Softmax,
}

impl Activation {
    /// All activation functions.
    pub const ALL: [Self; 10] = [
        Self::Identity,
        Self::Relu,
        Self::Tanh,
        Self::Sigmoid,
        Self::LeakyRelu,
        Self::Elu,
        Self::Gelu,
        Self::GeluErf,
        Self::Softplus,
        Self::Softmax,
    ];

    /// The name in model files and flags.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Identity => "identity",
            Self::Relu => "relu",
            Self::Tanh => "tanh",
            Self::Sigmoid => "sigmoid",
            Self::LeakyRelu => "leaky_relu",
            Self::Elu => "elu",
            Self::Gelu => "gelu",
            Self::GeluErf => "gelu_erf",
            Self::Softplus => "softplus",
            Self::Softmax => "softmax",
        }
    }

    /// The facts of the function: name, aliases and description.
    #[must_use]
    pub fn info(self) -> ModelInfo {
        let about = match self {
            Self::Identity => "x",
            Self::Relu => "max(x, 0)",
            Self::Tanh => "tanh x",
            Self::Sigmoid => "1/(1 + e⁻ˣ)",
            Self::LeakyRelu => "x if x ≥ 0, else x/100",
            Self::Elu => "x if x > 0, else eˣ − 1",
            Self::Gelu => "the approximation of x Φ(x) by tanh, as in JAX and brainpy",
            Self::GeluErf => "x Φ(x), the default of torch and Keras",
            Self::Softplus => "ln(1 + eˣ)",
            Self::Softmax => "e^{xᵢ}/Σ e^{xⱼ} over the last axis",
        };
        let mut all = ModelInfo::new(Family::Activation, self.name(), about);
        all.aliases = if self == Self::Gelu { &["gelu_tanh"] } else { &[] };
        all.inputs = vec![Port::new("x", "", "features")];
        all.options = info::optional(&["num_in"]);
        all
    }

    /// The name in kernels.
    pub(crate) fn kernel_name(self) -> String {
        self.name().to_uppercase()
    }

    /// The function as a layer for features of this shape.
    #[must_use]
    pub fn layer(self, shape: impl Into<Vec<usize>>) -> ActivationLayer {
        ActivationLayer { activation: self, shape: shape.into() }
    }

    /// Returns f(x). For softmax, which is not a function of one value, it returns x.
    #[must_use]
    #[inline(always)]
    pub fn of<R: Real>(self, x: R) -> R {
        let mut y = [x];
        self.each(&mut y);
        y[0]
    }

    /// Sets y to f(x), element by element. (Softmax, which is not a function of one value, leaves
    /// y = x.)
    #[inline(always)]
    pub(crate) fn each<R: Real>(self, y: &mut [R]) {
        let one = R::of(1.0);
        let zero = R::of(0.0);
        // One loop for each function, so that each loop vectorises.
        match self {
            Self::Identity | Self::Softmax => {}
            // With this comparison a NaN stays a NaN.
            Self::Relu => y.iter_mut().for_each(|v| *v = if *v < zero { zero } else { *v }),
            Self::Tanh => y.iter_mut().for_each(|v| *v = tanh(*v)),
            Self::Sigmoid => y.iter_mut().for_each(|v| *v = sigmoid(*v)),
            Self::LeakyRelu => y.iter_mut().for_each(|v| *v = if *v < zero { *v * R::of(0.01) } else { *v }),
            Self::Elu => y.iter_mut().for_each(|v| {
                let below = expm1(*v);
                *v = if *v > zero { *v } else { below };
            }),
            Self::Gelu => y.iter_mut().for_each(|v| {
                let x = *v;
                let inner = (x * x * x).mul_add(R::of(0.044_715), x) * R::of((2.0 / std::f64::consts::PI).sqrt());
                *v = x * R::of(0.5) * (one + tanh(inner));
            }),
            Self::GeluErf => y.iter_mut().for_each(|v| *v = *v * normal_cdf(*v)),
            Self::Softplus => y.iter_mut().for_each(|v| *v = softplus(*v)),
        }
    }
}

/// max(x, 0) + ln(1 + e^{−|x|}). The logarithm is 2·atanh(e/(2 + e)), by the series of atanh, with
/// e ≤ 1.
#[inline(always)]
fn softplus<R: Real>(x: R) -> R {
    let e = exp(-x.abs());
    let s = e / (e + R::of(2.0));
    let q = s * s;
    let mut p = R::of(2.0 / 37.0);
    let mut k = 35;
    while k >= 1 {
        p = p.mul_add(q, R::of(2.0 / f64::from(k)));
        k -= 2;
    }
    let positive = if x < R::of(0.0) { R::of(0.0) } else { x };
    s.mul_add(p, positive)
}

impl Display for Activation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl std::str::FromStr for Activation {
    type Err = Error;
    fn from_str(s: &str) -> Result<Self> {
        let found = Self::ALL.into_iter().find(|a| a.name() == s || a.info().aliases.contains(&s));
        found.ok_or_else(|| Error::unknown("activation", s, Self::ALL.map(Self::name)))
    }
}

/// An activation function as a layer, which [`Activation::layer`] makes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ActivationLayer {
    activation: Activation,
    shape: Vec<usize>,
}

struct Apply<'a, T> {
    activation: Activation,
    /// The length of the last axis, over which softmax sums.
    last: usize,
    x: &'a [T],
    y: &'a mut [T],
}

impl<T: Scalar> SimdLoop for Apply<'_, T> {
    type Output = ();
    #[inline(always)]
    fn run(self) {
        let zero = T::Acc::of(0.0);
        if self.activation == Activation::Softmax {
            for (x, y) in self.x.chunks(self.last.max(1)).zip(self.y.chunks_mut(self.last.max(1))) {
                let top = x.iter().fold(T::Acc::of(f64::NEG_INFINITY), |m, v| v.to_acc().max(m));
                let sum = x.iter().fold(zero, |s, v| s + exp(v.to_acc() - top));
                y.iter_mut().zip(x).for_each(|(y, v)| *y = T::from_acc(exp(v.to_acc() - top) / sum));
            }
            return;
        }
        let mut lanes = [zero; 64];
        for (x, y) in self.x.chunks(64).zip(self.y.chunks_mut(64)) {
            let lanes = &mut lanes[..x.len()];
            lanes.iter_mut().zip(x).for_each(|(l, v)| *l = v.to_acc());
            self.activation.each(lanes);
            y.iter_mut().zip(lanes).for_each(|(y, l)| *y = T::from_acc(*l));
        }
    }
}

impl<T: Scalar> System<T> for ActivationLayer {
    fn schema(&self) -> Schema {
        let mut schema = Schema::row(self.shape.clone(), self.shape.clone());
        if self.activation != Activation::Softmax {
            schema.coupling = Coupling::Pointwise;
        }
        schema
    }

    fn init(&self, _: &Shared, _: &mut State<'_, T>) {}

    fn step(&self, _: Tick<'_>, x: &Inputs<'_, T>, _: &mut State<'_, T>, y: &mut [T]) {
        let last = self.shape.last().copied().unwrap_or(1);
        vectorize(Apply { activation: self.activation, last, x: x.port(0), y });
    }

    fn takes_lengths(&self) -> bool {
        true
    }

    fn program(&self, _: f64) -> Option<Program> {
        if self.activation == Activation::Softmax {
            let last = self.shape.last().copied().unwrap_or(1);
            let groups = self.shape.iter().product::<usize>() / last.max(1);
            let source = CudaSource::new("softmax.cu", include_str!("../../../kernels/models/softmax.cu"));
            return Some(Program::map(source, &[], groups).params(&(last as u64)));
        }
        let program = Program::pointwise("activation.cu", include_str!("../../../kernels/models/activation.cu"));
        Some(program.define("ACTIVATION", self.activation.kernel_name()))
    }

    fn kind(&self) -> &str {
        self.activation.name()
    }
}
