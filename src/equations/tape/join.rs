//! Operations of several nodes.
//!
//! A block's loop over one operation loads its operands and stores its result. Where the result has only one
//! reader, both operations become one loop, and the value between them stays in a vector register. The bits
//! are those of the single operations.

use super::code::Code;
use super::operation::{Virtual, is_nothing};
use crate::equations::graph::Id;
use crate::numeric::scalar::Real;
use std::collections::{HashMap, HashSet};

/// Joins operations with those that make their operands.
pub(super) fn joined<R: Real>(operations: Vec<Virtual<R>>, roots: &[Id]) -> Vec<Virtual<R>> {
    let mut join = Join { made: HashMap::new(), readers: HashMap::new() };
    roots.iter().for_each(|root| *join.readers.entry(*root).or_default() += 1);
    operations.iter().for_each(|op| join.count(op, 1));
    let mut order = Vec::new();
    for mut op in operations {
        while let Some(larger) = join.larger(&op) {
            join.count(&larger, 1);
            join.count(&op, -1);
            op = larger;
        }
        order.push(op.result);
        join.made.insert(op.result, op);
    }
    // An operation without a reader is a part of another one.
    order.retain(|id| join.readers.get(id).is_some_and(|count| *count > 0));
    order.into_iter().filter_map(|id| join.made.remove(&id)).collect()
}

struct Join<R> {
    /// The operations so far, by their results.
    made: HashMap<Id, Virtual<R>>,
    /// How many operations and results read a value.
    readers: HashMap<Id, i32>,
}

impl<R: Real> Join<R> {
    /// Adds an operation to the readers of its operands, or removes it. It is one reader of an operand that it
    /// has twice.
    fn count(&mut self, op: &Virtual<R>, by: i32) {
        let operands: HashSet<Id> = op.operands.into_iter().flatten().collect();
        for operand in operands {
            let count = self.readers.entry(operand).or_default();
            *count += by;
            // An operation without a reader does not count as a reader of its own operands.
            if *count == 0
                && let Some(part) = self.made.get(&operand).cloned()
            {
                self.count(&part, -1);
            }
        }
    }

    /// The operation that makes an operand, if it has this code.
    fn part(&self, operand: Option<Id>, code: Code) -> Option<&Virtual<R>> {
        self.made.get(&operand?).filter(|op| op.code == code)
    }

    /// The operation that makes an operand, if it has this code and the operand has no other reader.
    fn single(&self, operand: Option<Id>, code: Code) -> Option<&Virtual<R>> {
        self.part(operand, code).filter(|op| self.readers.get(&op.result) == Some(&1))
    }

    /// The operand and factor of a product with a constant that has no other reader.
    fn scaled(&self, operand: Option<Id>) -> Option<(Option<Id>, R)> {
        let part = self.single(operand, Code::Affine).filter(|part| is_nothing(part.constants[1]))?;
        Some((part.operands[0], part.constants[0]))
    }

    /// An operation that does the same as this one and that of an operand.
    fn larger(&self, op: &Virtual<R>) -> Option<Virtual<R>> {
        let [a, b, _] = op.operands;
        let [k, l, m, ..] = op.constants;
        let is_plain = |scale: R, offset: R| scale == R::of(1.0) && is_nothing(offset);
        let affine = |operand| self.single(operand, Code::Affine);
        match op.code {
            Code::FmaRKR => self.larger_sum(op),
            Code::FmaRRK if is_nothing(k) => self.larger_product(op),
            Code::FmaRRR => self.larger_step(op),
            Code::DivKR if is_plain(k, l) => {
                let part = affine(a)?;
                Some(op.with(op.code, part.operands, [part.constants[0], part.constants[1], m]))
            }
            Code::Exp if is_plain(k, l) => {
                let part = affine(a)?;
                Some(op.with(op.code, part.operands, part.constants))
            }
            Code::Relax if is_plain(l, m) => {
                let part = affine(a)?;
                Some(op.with(op.code, part.operands, [k, part.constants[0], part.constants[1]]))
            }
            Code::InvExprelOf if a != b => {
                if let Some(part) = affine(a).filter(|_| is_plain(k, l)) {
                    let constants = [part.constants[0], part.constants[1], m];
                    return Some(op.with(op.code, [part.operands[0], b, None], constants));
                }
                let (b, m) = self.scaled(b).filter(|_| m == R::of(1.0))?;
                Some(op.with(op.code, [a, b, None], [k, l, m]))
            }
            Code::Within => {
                if let Some(part) = self.single(a, Code::FmaRRK).filter(|part| is_nothing(part.constants[0])) {
                    return Some(op.with(Code::WithinMul, part.operands, op.constants));
                }
                // max(k, min(∞, max(−∞, min(high, x)))) is max(k, min(high, x)).
                let part = self.single(a, Code::Within).or_else(|| self.single(a, Code::WithinMul))?;
                let is_free = part.constants[0] == R::of(f64::NEG_INFINITY) && l == R::of(f64::INFINITY);
                is_free.then(|| op.with(part.code, part.operands, [k, part.constants[1]]))
            }
            Code::ChooseRR | Code::ChooseRK | Code::ChooseKR | Code::ChooseKK => self.larger_choice(op),
            _ => None,
        }
    }

    /// a·k + b and the operation of an operand.
    fn larger_sum(&self, op: &Virtual<R>) -> Option<Virtual<R>> {
        let ([a, b, _], [k, ..]) = (op.operands, op.constants);
        let one = R::of(1.0);
        if let Some(part) = self.single(b, Code::Affine) {
            let [l, m, ..] = part.constants;
            return Some(op.with(Code::FmaAffine, [a, part.operands[0], None], [k, l, m]));
        }
        if let Some(part) = self.single(b, Code::FmaRKR) {
            let operands = [a, part.operands[0], part.operands[1]];
            return Some(op.with(Code::FmaFma, operands, [k, part.constants[0]]));
        }
        if let Some(part) = self.single(a, Code::FmaRKR).filter(|_| k == one) {
            let operands = [b, part.operands[0], part.operands[1]];
            return Some(op.with(Code::FmaFma, operands, [one, part.constants[0]]));
        }
        if let Some(part) = self.single(a, Code::FmaAffine) {
            let ([x, y, _], [inner, l, m, ..]) = (part.operands, part.constants);
            return Some(op.with(Code::SumFma, [x, y, b], [inner, l, m, k]));
        }
        let part = self.single(a, Code::Affine)?;
        let [inner, offset, ..] = part.constants;
        Some(op.with(Code::AffineFma, [part.operands[0], b, None], [inner, offset, k]))
    }

    /// a·b and the product of an operand.
    fn larger_product(&self, op: &Virtual<R>) -> Option<Virtual<R>> {
        let [a, b, _] = op.operands;
        let product = |operand| self.single(operand, Code::FmaRRK).filter(|part| is_nothing(part.constants[0]));
        if a == b {
            return product(a).map(|part| op.with(Code::Square, part.operands, op.constants));
        }
        let (part, other) = product(a).map(|part| (part, b)).or_else(|| product(b).map(|part| (part, a)))?;
        Some(op.with(Code::MulMul, [part.operands[0], part.operands[1], other], op.constants))
    }

    /// A slope times φ added to a state.
    fn larger_step(&self, op: &Virtual<R>) -> Option<Virtual<R>> {
        let [a, b, x] = op.operands;
        let find = |from, slope| self.single(from, Code::Relax).map(|relax| (relax, slope));
        let (relax, slope) = find(a, b).or_else(|| find(b, a))?;
        let ([rate, ..], [time, scale, offset, ..]) = (relax.operands, relax.constants);
        if scale == R::of(1.0)
            && is_nothing(offset)
            && let Some(constant) = self.constant_part(slope, rate, x)
        {
            let (constant, factor) = self.scaled(constant).unwrap_or((constant, R::of(1.0)));
            return Some(op.with(Code::RelaxLinear, [constant, rate, x], [time, factor]));
        }
        Some(op.with(Code::RelaxFma, [slope, rate, x], [time, scale, offset]))
    }

    /// The part a of a slope a − rate·x.
    fn constant_part(&self, slope: Option<Id>, rate: Option<Id>, x: Option<Id>) -> Option<Option<Id>> {
        let [p, q, constant] = self.single(slope, Code::FmaRRR)?.operands;
        let is_minus_x = |operand| self.scaled(operand).is_some_and(|(of, factor)| of == x && factor == R::of(-1.0));
        (q == rate && is_minus_x(p) || p == rate && is_minus_x(q)).then_some(constant)
    }

    /// A choice by a comparison, or of a comparison. A comparison of the condition is made again for each choice,
    /// which costs no more than to load its result.
    fn larger_choice(&self, op: &Virtual<R>) -> Option<Virtual<R>> {
        let ([a, b, c], [k, l, m, n, _]) = (op.operands, op.constants);
        let (zero, one) = (R::of(0.0), R::of(1.0));
        let is_truth = |part: &&Virtual<R>| part.constants[2] == one && part.constants[3] == zero;
        if k == zero
            && l == zero
            && b != a
            && c != a
            && let Some(part) = self.part(a, Code::ChooseKK).filter(is_truth)
        {
            // The comparison is 0 outside of the interval.
            let (x, [low, high, ..]) = (part.operands[0], part.constants);
            return Some(match op.code {
                Code::ChooseRR => op.with(op.code, [x, c, b], [low, high]),
                Code::ChooseRK => op.with(Code::ChooseKR, [x, b, None], [low, high, m]),
                Code::ChooseKR => op.with(Code::ChooseRK, [x, b, None], [low, high, m]),
                _ => op.with(op.code, [x, None, None], [low, high, n, m]),
            });
        }
        match op.code {
            Code::ChooseKR if m == zero => {
                let part = self.single(b, Code::ChooseKK).filter(is_truth)?;
                let [low, high, ..] = part.constants;
                Some(op.with(Code::NotInAndIn, [a, part.operands[0], None], [k, l, low, high]))
            }
            Code::ChooseRK => {
                let part = self.single(b, Code::Affine)?;
                let [scale, offset, ..] = part.constants;
                Some(op.with(Code::ChooseAffine, [a, part.operands[0], None], [k, l, scale, offset, m]))
            }
            _ => None,
        }
    }
}
