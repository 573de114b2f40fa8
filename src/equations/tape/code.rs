//! The operations of a tape.

use crate::numeric::scalar::Real;

/// What an operation does with its operands: a, b, c are registers, k and l constants.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Code {
    /// a + b
    AddRR,
    /// a + k
    AddRK,
    /// a − b
    SubRR,
    /// k − a
    SubKR,
    MulRR,
    MulRK,
    DivRR,
    /// k/a
    DivKR,
    /// a·b + c
    FmaRRR,
    /// a·k + b
    FmaRKR,
    /// a·b + k
    FmaRRK,
    /// a·k + l
    FmaRKK,
    Neg,
    Abs,
    Sqrt,
    Exp,
    Expm1,
    Log,
    Tanh,
    Sin,
    Cos,
    Exprel,
    ExprelSlope,
    InvExprel,
    /// min(a, b), min(a, k), min(k, a)
    MinRR,
    MinRK,
    MinKR,
    MaxRR,
    MaxRK,
    MaxKR,
    /// a < b, a < k, k < a
    LessRR,
    LessRK,
    LessKR,
    LessEqualRR,
    LessEqualRK,
    LessEqualKR,
    EqualRR,
    EqualRK,
    /// b where a is not 0, otherwise c
    SelectRR,
    /// b, or k
    SelectRK,
    /// k, or b
    SelectKR,
    /// k, or l
    SelectKK,
    /// (1 − e^{−a·k})/a
    Relax,
    /// a
    Copy,
    /// k
    Fill,
}

/// An operation: the result goes to register `d`.
#[derive(Clone, Copy, Debug)]
pub(super) struct Op<R> {
    pub(super) code: Code,
    pub(super) d: u16,
    pub(super) a: u16,
    pub(super) b: u16,
    pub(super) c: u16,
    pub(super) k: R,
    pub(super) l: R,
}

impl<R: Real> Op<R> {
    /// d ← a
    pub(super) fn copy(d: u16, a: u16) -> Self {
        let zero = R::of(0.0);
        Self { code: Code::Copy, d, a, b: 0, c: 0, k: zero, l: zero }
    }

    /// d ← k
    pub(super) fn fill(d: u16, k: R) -> Self {
        Self { code: Code::Fill, d, a: 0, b: 0, c: 0, k, l: k }
    }
}
