//! The sources of a runner: the values for a target, and the operation that applies them.

use crate::error::{Error, Result};
use crate::stimuli::Level;
use crate::system::Tick;
use ndarray::{ArrayBase, ArrayD, Data, Dimension};
use std::str::FromStr;

/// The operation that applies a value to a target: brainpy's `+ - * / =`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Op {
    /// The value replaces the target.
    Set,
    /// The value is added to the target.
    #[default]
    Add,
    /// The value is subtracted from the target.
    Sub,
    /// The target is multiplied by the value.
    Mul,
    /// The target is divided by the value.
    Div,
}

impl FromStr for Op {
    type Err = Error;
    fn from_str(text: &str) -> Result<Self> {
        match text {
            "=" => Ok(Self::Set),
            "+" => Ok(Self::Add),
            "-" => Ok(Self::Sub),
            "*" => Ok(Self::Mul),
            "/" => Ok(Self::Div),
            other => Err(Error::unknown("operation", other, ["+", "-", "*", "/", "="])),
        }
    }
}

impl Op {
    /// Computes in f64. If the operands come from a shorter type and the result is rounded to that
    /// type, it equals the result of the operation in that type.
    pub(super) fn apply(self, target: f64, value: f64) -> f64 {
        match self {
            Self::Set => value,
            Self::Add => target + value,
            Self::Sub => target - value,
            Self::Mul => target * value,
            Self::Div => target / value,
        }
    }
}

pub(super) type Values = Box<dyn Iterator<Item = Level> + Send>;
pub(super) type Function = Box<dyn FnMut(Tick<'_>) -> Level + Send>;

/// The values for a target, and the operation that applies them: [`fix`], [`series`], [`iter`] or
/// [`func`].
pub struct Source {
    pub(super) kind: Kind,
    pub(super) op: Op,
}

/// The kinds of sources, in the order in which brainpy applies them.
pub(super) enum Kind {
    Fix(Level),
    Series(ArrayD<f64>),
    Func(Function),
    Iter(Values),
}

impl std::fmt::Debug for Source {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Source").field("kind", &self.kind.name()).field("op", &self.op).finish()
    }
}

impl Kind {
    pub(super) fn name(&self) -> &'static str {
        match self {
            Self::Fix(_) => "fix",
            Self::Series(_) => "series",
            Self::Func(_) => "func",
            Self::Iter(_) => "iter",
        }
    }

    /// The position of this kind in the order of application.
    pub(super) fn place(&self) -> u8 {
        match self {
            Self::Fix(_) => 0,
            Self::Series(_) => 1,
            Self::Func(_) => 2,
            Self::Iter(_) => 3,
        }
    }
}

impl Source {
    fn new(kind: Kind) -> Self {
        Self { kind, op: Op::Add }
    }

    /// Sets the operation that applies the values. The default is [`Op::Add`].
    #[must_use]
    pub fn op(mut self, op: Op) -> Self {
        self.op = op;
        self
    }
}

/// The same value at every step: one number, or one number for each unit. This is brainpy's
/// `'fix'`.
#[must_use]
pub fn fix(value: impl Into<Level>) -> Source {
    Source::new(Kind::Fix(value.into()))
}

/// One row for each step since the last reset, `[T]`, `[T, N]` or `[T, B, N]`. This is brainpy's
/// `'iter'` of an array.
#[must_use]
pub fn series<S, D>(array: &ArrayBase<S, D>) -> Source
where
    S: Data,
    S::Elem: Copy + Into<f64>,
    D: Dimension,
{
    // The iterator visits the elements in row-major order, whatever the memory order of the array.
    let values = array.iter().map(|x| (*x).into()).collect();
    Source::new(Kind::Series(ArrayD::from_shape_vec(array.raw_dim().into_dyn(), values).unwrap_or_default()))
}

/// The next value of the iterator for each step. This is brainpy's `'iter'` of any iterable that is
/// not an array. The runner takes the values before it makes the steps, in the order of the steps.
/// The next run continues with the next value, also after a reset.
#[must_use]
pub fn iter<I>(values: I) -> Source
where
    I: IntoIterator,
    I::IntoIter: Send + 'static,
    I::Item: Into<Level> + 'static,
{
    Source::new(Kind::Iter(Box::new(values.into_iter().map(Into::into))))
}

/// A function of the step. This is brainpy's `'func'`. The runner calls it before it makes the
/// steps, in the order of the steps. The function has no access to the state.
#[must_use]
pub fn func<L: Into<Level>>(mut function: impl FnMut(Tick<'_>) -> L + Send + 'static) -> Source {
    Source::new(Kind::Func(Box::new(move |at| function(at).into())))
}
