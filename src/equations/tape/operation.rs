//! The operation of a node.

use super::code::{CONSTANTS, Code};
use crate::equations::graph::{Binary, Graph, Id, Node, Unary};
use crate::numeric::scalar::{DType, Real};

/// An operation before registers are assigned.
#[derive(Clone, Debug)]
pub(super) struct Virtual<R> {
    pub(super) code: Code,
    pub(super) result: Id,
    pub(super) operands: [Option<Id>; 3],
    pub(super) constants: [R; CONSTANTS],
}

impl<R: Real> Virtual<R> {
    /// Another operation with the same result.
    pub(super) fn with<const N: usize>(&self, code: Code, operands: [Option<Id>; 3], constants: [R; N]) -> Self {
        let mut all = [R::of(0.0); CONSTANTS];
        for (to, from) in all.iter_mut().zip(constants) {
            *to = from;
        }
        Self { code, result: self.result, operands, constants: all }
    }
}

/// Whether the sum of a number and any other is the other: it is −0.
pub(super) fn is_nothing<R: Real>(x: R) -> bool {
    x == R::of(0.0) && R::of(1.0).copysign(x) < R::of(0.0)
}

/// An operand: a register, or a constant.
#[derive(Clone, Copy)]
enum Operand<R> {
    Register(Id),
    Constant(R),
}

/// The operation of a node; `None` for constants and leaves.
pub(super) fn operation<R: Real>(graph: &Graph, id: Id) -> Option<Virtual<R>> {
    let operand = |id: Id| match graph.value(id) {
        Some(value) => Operand::Constant(R::of(value)),
        None => Operand::Register(id),
    };
    let (zero, one) = (R::of(0.0), R::of(1.0));
    // x + −0 is x, for x = 0 and x = −0 too.
    let nothing = -zero;
    let make = |code, registers: &[Id], numbers: &[R]| {
        let (mut operands, mut constants) = ([None; 3], [zero; CONSTANTS]);
        for (to, from) in operands.iter_mut().zip(registers) {
            *to = Some(*from);
        }
        constants[..numbers.len()].copy_from_slice(numbers);
        Some(Virtual { code, result: id, operands, constants })
    };
    use Operand::{Constant as K, Register as V};
    match graph.node(id) {
        Node::Const(_) | Node::Leaf(_) => None,
        Node::Unary(f, a) => match f {
            Unary::Neg => make(Code::Affine, &[a], &[-one, nothing]),
            Unary::Abs => make(Code::Abs, &[a], &[]),
            Unary::Sqrt => make(Code::Sqrt, &[a], &[]),
            Unary::Exp => make(Code::Exp, &[a], &[one, nothing]),
            Unary::Expm1 => make(Code::Expm1, &[a], &[]),
            Unary::Log => make(Code::Log, &[a], &[]),
            Unary::Tanh => make(Code::Tanh, &[a], &[]),
            Unary::Sin => make(Code::Sin, &[a], &[]),
            Unary::Cos => make(Code::Cos, &[a], &[]),
            Unary::Exprel => make(Code::Exprel, &[a], &[]),
            Unary::ExprelSlope => make(Code::ExprelSlope, &[a], &[]),
            Unary::InvExprel => make(Code::InvExprel, &[a], &[]),
            Unary::ExpNeg => make(Code::ExpNeg, &[a], &[]),
            Unary::InvExprelNear => make(Code::InvExprelNear, &[a], &[]),
            Unary::Reciprocal => make(Code::Reciprocal, &[a], &[]),
        },
        Node::Binary(f, a, b) => {
            let (a, b) = (operand(a), operand(b));
            match (f, a, b) {
                (_, K(_), K(_)) => None,
                (Binary::Add, V(a), V(b)) => make(Code::FmaRKR, &[a, b], &[one]),
                (Binary::Add, V(a), K(k)) | (Binary::Add, K(k), V(a)) => make(Code::Affine, &[a], &[one, k]),
                (Binary::Sub, V(a), V(b)) => make(Code::FmaRKR, &[b, a], &[-one]),
                (Binary::Sub, V(a), K(k)) => make(Code::Affine, &[a], &[one, -k]),
                (Binary::Sub, K(k), V(b)) => make(Code::Affine, &[b], &[-one, k]),
                (Binary::Mul, V(a), V(b)) => make(Code::FmaRRK, &[a, b], &[nothing]),
                (Binary::Mul, V(a), K(k)) | (Binary::Mul, K(k), V(a)) => make(Code::Affine, &[a], &[k, nothing]),
                (Binary::Div, V(a), V(b)) => make(Code::DivRR, &[a, b], &[]),
                (Binary::Div, V(a), K(k)) => make(Code::DivRK, &[a], &[k]),
                (Binary::Div, K(k), V(b)) => make(Code::DivKR, &[b], &[one, nothing, k]),
                (Binary::Min, V(a), V(b)) => make(Code::MinRR, &[a, b], &[]),
                (Binary::Min, V(a), K(k)) => make(Code::MinRK, &[a], &[k]),
                (Binary::Min, K(k), V(b)) => make(Code::Within, &[b], &[R::of(f64::NEG_INFINITY), k]),
                (Binary::Max, V(a), V(b)) => make(Code::MaxRR, &[a, b], &[]),
                (Binary::Max, V(a), K(k)) => make(Code::MaxRK, &[a], &[k]),
                (Binary::Max, K(k), V(b)) => make(Code::Within, &[b], &[k, R::of(f64::INFINITY)]),
                (Binary::Less, V(a), V(b)) => make(Code::Less, &[a, b], &[]),
                (Binary::LessEqual, V(a), V(b)) => make(Code::LessEqual, &[a, b], &[]),
                (Binary::Equal, V(a), V(b)) => make(Code::Equal, &[a, b], &[]),
                (Binary::Less, V(a), K(k)) => make(Code::ChooseKK, &[a], &truth(below(k))),
                (Binary::Less, K(k), V(a)) => make(Code::ChooseKK, &[a], &truth(above(k))),
                (Binary::LessEqual, V(a), K(k)) => make(Code::ChooseKK, &[a], &truth((R::of(f64::NEG_INFINITY), k))),
                (Binary::LessEqual, K(k), V(a)) => make(Code::ChooseKK, &[a], &truth((k, R::of(f64::INFINITY)))),
                (Binary::Equal, V(a), K(k)) | (Binary::Equal, K(k), V(a)) => make(Code::ChooseKK, &[a], &truth((k, k))),
                (Binary::Relax, V(a), K(k)) => make(Code::Relax, &[a], &[k, one, nothing]),
                (Binary::Relax, K(k), V(b)) => make(Code::RelaxKR, &[b], &[k]),
                (Binary::Relax, V(a), V(b)) => make(Code::RelaxRR, &[a, b], &[]),
                (Binary::InvExprelOf, V(a), V(b)) => make(Code::InvExprelOf, &[a, b], &[one, nothing, one]),
                // The exponential is one of a.
                (Binary::InvExprelOf, ..) => None,
            }
        }
        Node::Fma(a, b, c) => match (operand(a), operand(b), operand(c)) {
            (V(a), V(b), V(c)) => make(Code::FmaRRR, &[a, b, c], &[]),
            (V(a), K(k), V(c)) | (K(k), V(a), V(c)) => make(Code::FmaRKR, &[a, c], &[k]),
            (V(a), V(b), K(k)) => make(Code::FmaRRK, &[a, b], &[k]),
            (V(a), K(k), K(l)) | (K(k), V(a), K(l)) => make(Code::Affine, &[a], &[k, l]),
            (K(_), K(_), _) => None,
        },
        // b where a is not 0, otherwise c
        Node::Select(a, b, c) => match (operand(a), operand(b), operand(c)) {
            (V(a), V(b), V(c)) => make(Code::ChooseRR, &[a, c, b], &[zero, zero]),
            (V(a), V(b), K(n)) => make(Code::ChooseKR, &[a, b], &[zero, zero, n]),
            (V(a), K(m), V(c)) => make(Code::ChooseRK, &[a, c], &[zero, zero, m]),
            (V(a), K(m), K(n)) => make(Code::ChooseKK, &[a], &[zero, zero, n, m]),
            (K(_), _, _) => None,
        },
    }
}

/// The interval of the numbers below k.
fn below<R: Real>(k: R) -> (R, R) {
    (R::of(f64::NEG_INFINITY), -next_above(-k))
}

/// The interval of the numbers above k.
fn above<R: Real>(k: R) -> (R, R) {
    (next_above(k), R::of(f64::INFINITY))
}

/// The least number above k: none is above ∞.
fn next_above<R: Real>(k: R) -> R {
    let above = match R::DTYPE {
        DType::F64 => k.to_f64().next_up(),
        _ => f64::from((k.to_f64() as f32).next_up()),
    };
    if above > k.to_f64() { R::of(above) } else { R::of(f64::NAN) }
}

/// 1 in an interval, otherwise 0.
fn truth<R: Real>((low, high): (R, R)) -> [R; 4] {
    [low, high, R::of(1.0), R::of(0.0)]
}
