//! The items of a text, and the expressions in them.

use super::units::Unit;
use std::ops::Range;

/// The number of an expression in [`Expressions`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct ExprId(pub(super) usize);

/// An operator between two expressions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Operator {
    Add,
    Sub,
    Mul,
    Div,
    Power,
    Less,
    LessEqual,
    Greater,
    GreaterEqual,
    Equal,
    NotEqual,
    And,
    Or,
}

impl Operator {
    /// Whether the result is true or false.
    pub(super) fn is_condition(self) -> bool {
        !matches!(self, Self::Add | Self::Sub | Self::Mul | Self::Div | Self::Power)
    }
}

/// What an expression is.
#[derive(Clone, Debug)]
pub(super) enum Kind {
    Number(f64, Option<Unit>),
    Name(String),
    Neg(ExprId),
    Not(ExprId),
    /// The operator, its bytes in the text, and its operands.
    Operation(Operator, Range<usize>, ExprId, ExprId),
    Call(String, Vec<ExprId>),
}

/// An expression and its bytes in the text.
#[derive(Clone, Debug)]
pub(super) struct Expr {
    pub(super) kind: Kind,
    pub(super) at: Range<usize>,
}

/// All expressions of a text. Operands come before the expressions that have them, so that no function
/// calls itself for each level of an expression.
#[derive(Clone, Debug, Default)]
pub(super) struct Expressions {
    pub(super) all: Vec<Expr>,
}

impl Expressions {
    pub(super) fn add(&mut self, kind: Kind, at: Range<usize>) -> ExprId {
        self.all.push(Expr { kind, at });
        ExprId(self.all.len() - 1)
    }

    pub(super) fn at(&self, id: ExprId) -> Range<usize> {
        self.all[id.0].at.clone()
    }
}

/// A name, and its bytes in the text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Named {
    pub(super) name: String,
    pub(super) at: Range<usize>,
}

/// The whole of an expression: the expressions from `first` to `root`, which are all its parts.
#[derive(Clone, Copy, Debug)]
pub(super) struct Whole {
    pub(super) first: usize,
    pub(super) root: ExprId,
}

/// The value of an assignment: `=`, `+=`, `-=`, `*=` or `/=`.
#[derive(Clone, Debug)]
pub(super) struct Assignment {
    pub(super) to: Named,
    /// `None` for `=`.
    pub(super) operator: Option<Operator>,
    pub(super) value: Whole,
}

/// A line of a text.
#[derive(Clone, Debug)]
pub(super) enum Item {
    /// `param name = number unit`
    Param { name: Named, value: f64, unit: Option<Unit> },
    /// `input name : unit`
    Input { name: Named, unit: Option<Unit> },
    /// `state name = expression : unit`
    State { name: Named, value: Whole, unit: Option<Unit> },
    /// `name' = expression : unit`
    Slope { name: Named, value: Whole, unit: Option<Unit>, holds: bool },
    /// `name = expression : unit`
    Let { name: Named, value: Whole, unit: Option<Unit> },
    /// `spike when name crosses expression`
    Crossing { name: Named, threshold: Whole },
    /// `spike when condition`
    Condition(Whole),
    /// `reset assignments`
    Reset(Vec<Assignment>),
    /// `refractory expression holds names`
    Refractory { time: Whole, holds: Vec<Named> },
    /// `each step assignments`
    EachStep(Vec<Assignment>),
    /// `on spike assignments`, with `transmit expression` behind this number of them
    OnSpike { at: Range<usize>, assignments: Vec<Assignment>, transmit: Option<(usize, Whole)> },
    /// `weight name from expression to expression : unit`
    Weight { name: Named, low: Whole, high: Whole, unit: Option<Unit> },
    /// `on pre assignments`
    OnPre { at: Range<usize>, assignments: Vec<Assignment> },
    /// `on post assignments`
    OnPost { at: Range<usize>, assignments: Vec<Assignment> },
    /// `transmit expression`
    Transmit { at: Range<usize>, amount: Whole },
    /// `current expression : unit`
    Current { at: Range<usize>, value: Whole, unit: Option<Unit> },
}

/// A text.
#[derive(Clone, Debug, Default)]
pub(super) struct Syntax {
    pub(super) expressions: Expressions,
    pub(super) items: Vec<Item>,
}
