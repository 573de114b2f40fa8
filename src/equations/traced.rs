//! The arithmetic that records the operations of equations in Rust, from which their CUDA text and
//! their derivatives come.

use super::graph::{Binary, Graph, Id, Leaf, Node, Unary};
use crate::numeric::arithmetic::{Arithmetic, sealed};
use crate::numeric::math::Functions;
use std::cell::RefCell;
use std::ops::{Add, AddAssign, Div, DivAssign, Mul, MulAssign, Neg, Sub, SubAssign};

thread_local! {
    /// The record of the equations that this thread calls.
    static RECORD: RefCell<Graph> = RefCell::default();
}

/// The leaf that is 1 in double precision and 0 in single precision.
pub(crate) const IS_DOUBLE: Leaf = Leaf::Param(u16::MAX);

/// A value of recorded equations: a node of the record.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Traced(Id);

/// The operations of equations, in their order and with their roundings.
#[derive(Debug)]
pub(crate) struct Record {
    pub(crate) graph: Graph,
    /// The nodes of the results, in the order in which the equations returned them.
    pub(crate) results: Vec<Id>,
}

/// Calls equations, and returns the record of their operations.
pub(crate) fn record(equations: impl FnOnce() -> Vec<Traced>) -> Record {
    RECORD.take();
    let results = equations().into_iter().map(|Traced(id)| id).collect();
    Record { graph: RECORD.take(), results }
}

impl Traced {
    fn node(node: Node) -> Self {
        RECORD.with_borrow_mut(|graph| Self(graph.recorded(node)))
    }

    /// A value that the equations read.
    pub(crate) fn leaf(leaf: Leaf) -> Self {
        Self::node(Node::Leaf(leaf))
    }

    /// The state variables.
    pub(crate) fn states<const N: usize>() -> [Self; N] {
        std::array::from_fn(|k| Self::leaf(Leaf::State(k as u16)))
    }

    /// The parameters.
    pub(crate) fn params<const P: usize>() -> [Self; P] {
        std::array::from_fn(|k| Self::leaf(Leaf::Param(k as u16)))
    }

    fn unary(self, f: Unary) -> Self {
        Self::node(Node::Unary(f, self.0))
    }

    fn binary(self, f: Binary, other: Self) -> Self {
        Self::node(Node::Binary(f, self.0, other.0))
    }

    fn select(self, yes: Self, no: Self) -> Self {
        Self::node(Node::Select(self.0, yes.0, no.0))
    }
}

impl sealed::Sealed for Traced {}

impl Arithmetic for Traced {
    fn of(x: f64) -> Self {
        Self::node(Node::Const(x.to_bits()))
    }

    fn of_precision(double: f64, single: f64) -> Self {
        Self::leaf(IS_DOUBLE).select(Self::of(double), Self::of(single))
    }

    fn mul_add(self, a: Self, b: Self) -> Self {
        Self::node(Node::Fma(self.0, a.0, b.0))
    }

    fn abs(self) -> Self {
        self.unary(Unary::Abs)
    }

    fn sqrt(self) -> Self {
        self.unary(Unary::Sqrt)
    }

    fn min(self, other: Self) -> Self {
        self.binary(Binary::Min, other)
    }

    fn max(self, other: Self) -> Self {
        self.binary(Binary::Max, other)
    }

    fn select_less(a: Self, b: Self, yes: Self, no: Self) -> Self {
        a.binary(Binary::Less, b).select(yes, no)
    }

    fn select_less_equal(a: Self, b: Self, yes: Self, no: Self) -> Self {
        a.binary(Binary::LessEqual, b).select(yes, no)
    }
}

macro_rules! functions {
    ($($name:ident $f:ident;)*) => {
        impl Functions for Traced {
            $(fn $name(x: Self) -> Self {
                x.unary(Unary::$f)
            })*
        }
    };
}

functions! {
    exp Exp;
    expm1 Expm1;
    exp_neg ExpNeg;
    exprel Exprel;
    exprel_slope ExprelSlope;
    inv_exprel InvExprel;
    inv_exprel_near InvExprelNear;
    log Log;
    tanh Tanh;
    sin Sin;
    cos Cos;
    reciprocal Reciprocal;
}

macro_rules! operators {
    ($($operator:ident $name:ident $assign:ident $assigned:ident;)*) => {$(
        impl $operator for Traced {
            type Output = Self;
            fn $name(self, other: Self) -> Self {
                self.binary(Binary::$operator, other)
            }
        }

        impl $assign for Traced {
            fn $assigned(&mut self, other: Self) {
                *self = self.$name(other);
            }
        }
    )*};
}

operators! {
    Add add AddAssign add_assign;
    Sub sub SubAssign sub_assign;
    Mul mul MulAssign mul_assign;
    Div div DivAssign div_assign;
}

impl Neg for Traced {
    type Output = Self;
    fn neg(self) -> Self {
        self.unary(Unary::Neg)
    }
}
