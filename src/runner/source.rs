//! What a runner gives its targets, and how.

use crate::error::{Error, Result};
use crate::stimuli::Level;
use crate::system::Tick;
use ndarray::{ArrayBase, ArrayD, Data, Dimension};
use std::str::FromStr;

/// What is done to a target with a value: brainpy's `+ - * / =`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Op {
    /// The target becomes the value.
    Set,
    /// The value is added.
    #[default]
    Add,
    /// The value is taken off.
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
    /// In f64: of operands of a shorter type that is rounded to it, the result is the type's own.
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

/// Values for a target, and what is done with them: [`fix`], [`series`], [`iter`] or [`func`].
pub struct Source {
    pub(super) kind: Kind,
    pub(super) op: Op,
}

/// In the order in which brainpy applies them.
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

    /// Where it stands in the order of application.
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

    /// What is done with the values; they are added otherwise.
    #[must_use]
    pub fn op(mut self, op: Op) -> Self {
        self.op = op;
        self
    }
}

/// The same at every step: a number, or one for each unit. brainpy's `'fix'`.
#[must_use]
pub fn fix(value: impl Into<Level>) -> Source {
    Source::new(Kind::Fix(value.into()))
}

/// A row for each step since the last reset, `[T]`, `[T, N]` or `[T, B, N]`: brainpy's `'iter'` of an array.
#[must_use]
pub fn series<S, D>(array: &ArrayBase<S, D>) -> Source
where
    S: Data,
    S::Elem: Copy + Into<f64>,
    D: Dimension,
{
    // Row-major, whatever the array's order is.
    let values = array.iter().map(|x| (*x).into()).collect();
    Source::new(Kind::Series(ArrayD::from_shape_vec(array.raw_dim().into_dyn(), values).unwrap_or_default()))
}

/// The iterator's next value for each step: brainpy's `'iter'` of anything else. It is asked ahead of the steps, in their order, and goes on
/// where it was in the next run, after a reset too.
#[must_use]
pub fn iter<I>(values: I) -> Source
where
    I: IntoIterator,
    I::IntoIter: Send + 'static,
    I::Item: Into<Level> + 'static,
{
    Source::new(Kind::Iter(Box::new(values.into_iter().map(Into::into))))
}

/// A function of the step: brainpy's `'func'`. It is called ahead of the steps, in their order, and knows nothing of the state.
#[must_use]
pub fn func<L: Into<Level>>(mut function: impl FnMut(Tick<'_>) -> L + Send + 'static) -> Source {
    Source::new(Kind::Func(Box::new(move |at| function(at).into())))
}
