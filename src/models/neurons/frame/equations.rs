//! What one neuron has and another has not.

use super::step::Block;
use crate::error::Result;
use crate::init::Init;
use crate::numeric::scalar::Real;
use crate::system::param::Param;
use std::fmt::Debug;

/// A neuron's equations: `N` differential variables, the first of which is the potential, and `P` parameters.
///
/// The same operations in the same order stand in its kernel, which includes `neuron.cuh`.
pub trait Equations<const N: usize, const P: usize>: Copy + Debug + Send + Sync + 'static {
    /// The kind, as brainpy names it.
    const KIND: &'static str;
    /// The kernel's file name and text.
    const KERNEL: (&'static str, &'static str);
    /// The differential variables.
    const VARS: [&'static str; N];
    /// The parameters. The first is the threshold; if the potential is reset, then come what it is reset to, and the refractory period,
    /// on which `flow` and `reset` must not depend.
    const PARAMS: [Constant; P];
    /// Whether a potential that is at the threshold or above it is a spike, and is reset; else a spike is a crossing from below.
    const RESETS: bool;

    /// Where the variables start; those that are `None`, where [`steady`](Self::steady) says.
    fn initial() -> [Option<Init>; N];

    /// Where the other variables start at the potential `v`.
    #[must_use]
    fn steady<R: Real>(v: R, p: &[R; P]) -> [R; N] {
        let _ = p;
        [v; N]
    }

    /// dx/dt under the current `i`, and of each variable the derivative of its own by itself, ∂(dx/dt)/∂x, which exponential Euler takes.
    #[must_use]
    fn flow<R: Real>(x: [R; N], i: R, p: &[R; P]) -> ([R; N], [R; N]);

    /// The derivative of dV/dt by the current.
    #[must_use]
    fn gain<R: Real>(p: &[R; P]) -> R;

    /// What a spike does to the variables beside the potential.
    #[must_use]
    fn reset<R: Real>(x: [R; N], p: &[R; P]) -> [R; N] {
        let _ = p;
        x
    }

    /// A step of a block in `f64`: a function of its own, so that the loops are compiled with this library.
    fn step_f64(block: Block<'_, f64, N, P>);

    /// The same in `f32`.
    fn step_f32(block: Block<'_, f32, N, P>);
}

/// The two functions of [`Equations`] that step a block.
macro_rules! steps {
    ($n:expr, $p:expr) => {
        #[inline(never)]
        fn step_f64(block: crate::models::neurons::frame::Block<'_, f64, { $n }, { $p }>) {
            block.step::<Self>();
        }
        #[inline(never)]
        fn step_f32(block: crate::models::neurons::frame::Block<'_, f32, { $n }, { $p }>) {
            block.step::<Self>();
        }
    };
}
pub(crate) use steps;

/// A parameter: its name, its default, and what it must be.
#[derive(Clone, Copy, Debug)]
pub struct Constant {
    /// As users name it.
    pub(crate) name: &'static str,
    pub(crate) default: f64,
    must: Must,
}

#[derive(Clone, Copy, Debug)]
enum Must {
    BeFinite,
    BePositive,
    NotBeNegative,
}

/// Any number.
pub(crate) const fn any(name: &'static str, default: f64) -> Constant {
    Constant { name, default, must: Must::BeFinite }
}

/// A number above 0.
pub(crate) const fn positive(name: &'static str, default: f64) -> Constant {
    Constant { name, default, must: Must::BePositive }
}

/// A number from 0 on.
pub(crate) const fn not_negative(name: &'static str, default: f64) -> Constant {
    Constant { name, default, must: Must::NotBeNegative }
}

impl Constant {
    pub(super) fn check<R: Real>(&self, param: &Param<R>, units: usize) -> Result<()> {
        let zero = R::of(0.0);
        match self.must {
            Must::BeFinite => param.check(self.name, units, |_| true, ""),
            Must::BePositive => param.check(self.name, units, |x| x > zero, "is not positive"),
            Must::NotBeNegative => param.check(self.name, units, |x| x >= zero, "is negative"),
        }
    }
}
