//! The operations of a tape.

use crate::numeric::scalar::Real;

/// What an operation does with its operands: a, b, c are registers, k, l, m, n, o are constants.
///
/// The loads and the store of an operation take longer than its arithmetic. There are therefore few operations
/// of a single product or sum: a + k is a·1 + k, and a·k is a·k + −0, with the same bits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Code {
    /// a·k + l
    Affine,
    /// a·k + b
    FmaRKR,
    /// a·b + k
    FmaRRK,
    /// a·b + c
    FmaRRR,
    /// a·k + (b·l + m)
    FmaAffine,
    /// a·k + (b·l + c)
    FmaFma,
    /// (a·k + l)·m + b
    AffineFma,
    /// (a·k + (b·l + m))·n + c
    SumFma,
    /// (a·b)·c
    MulMul,
    /// (a·b)²
    Square,
    /// m/(a·k + l)
    DivKR,
    /// a/k
    DivRK,
    DivRR,
    Abs,
    Sqrt,
    /// exp(a·k + l)
    Exp,
    Expm1,
    Log,
    Tanh,
    Sin,
    Cos,
    Exprel,
    ExprelSlope,
    InvExprel,
    /// x/(1 − b·m) for x = a·k + l, where b·m is e⁻ˣ
    InvExprelOf,
    /// φ(s, k) = (1 − e^{−s·k})/s for s = a·l + m
    Relax,
    /// φ(k, a)
    RelaxKR,
    /// φ(a, b)
    RelaxRR,
    /// a·φ(b·l + m, k) + c
    RelaxFma,
    /// (a·l − b·c)·φ(b, k) + c: an exponential Euler step of c' = a·l − b·c
    RelaxLinear,
    ExpNeg,
    InvExprelNear,
    Reciprocal,
    MinRR,
    /// min(a, k)
    MinRK,
    MaxRR,
    MaxRK,
    /// max(k, min(l, a))
    Within,
    /// max(k, min(l, a·b))
    WithinMul,
    /// a < b
    Less,
    LessEqual,
    Equal,
    /// b where k ≤ a ≤ l, otherwise c
    ChooseRR,
    /// b, or m
    ChooseRK,
    /// m, or b
    ChooseKR,
    /// m, or n
    ChooseKK,
    /// b·m + n, or o
    ChooseAffine,
    /// 1 where k ≤ a ≤ l does not hold and m ≤ b ≤ n does, otherwise 0
    NotInAndIn,
    /// a
    Copy,
    /// k
    Fill,
}

/// The most constants of an operation.
pub(super) const CONSTANTS: usize = 5;

/// An operation: the result goes to register `d`.
#[derive(Clone, Copy, Debug)]
pub(super) struct Op<R> {
    pub(super) code: Code,
    pub(super) d: u16,
    /// a, b and c
    pub(super) registers: [u16; 3],
    /// k, l, m, n and o
    pub(super) constants: [R; CONSTANTS],
}

impl<R: Real> Op<R> {
    /// d ← a
    pub(super) fn copy(d: u16, a: u16) -> Self {
        Self { code: Code::Copy, d, registers: [a, 0, 0], constants: [R::of(0.0); CONSTANTS] }
    }

    /// d ← k
    pub(super) fn fill(d: u16, k: R) -> Self {
        Self { code: Code::Fill, d, registers: [0; 3], constants: [k; CONSTANTS] }
    }
}
