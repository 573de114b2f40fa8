//! Removable singularities: x/(1 − e⁻ˣ), as rates of channels have it, is 1/exprel(−x), which is 1 at 0.

use super::{Binary, Graph, Id, Node, Unary};

/// k·base + c with known k and c.
pub(super) struct Affine {
    pub(super) scale: Id,
    pub(super) offset: Id,
    pub(super) base: Id,
}

impl Graph {
    pub(super) fn affine(&mut self, id: Id) -> Affine {
        let (one, zero) = (self.constant(1.0), self.constant(0.0));
        let (mut scale, mut offset, mut base) = (one, zero, id);
        loop {
            // The value is scale·base + offset.
            match self.node(base) {
                Node::Binary(Binary::Add, x, k) if self.is_fixed(k) && !self.is_fixed(x) => {
                    let k = self.binary(Binary::Mul, k, scale);
                    offset = self.binary(Binary::Add, k, offset);
                    base = x;
                }
                Node::Binary(Binary::Sub, k, x) if self.is_fixed(k) && !self.is_fixed(x) => {
                    let k = self.binary(Binary::Mul, k, scale);
                    offset = self.binary(Binary::Add, k, offset);
                    scale = self.unary(Unary::Neg, scale);
                    base = x;
                }
                Node::Binary(Binary::Mul, x, k) if self.is_fixed(k) && !self.is_fixed(x) => {
                    scale = self.binary(Binary::Mul, k, scale);
                    base = x;
                }
                Node::Unary(Unary::Neg, x) => {
                    scale = self.unary(Unary::Neg, scale);
                    base = x;
                }
                _ => return Affine { scale, offset, base },
            }
        }
    }

    /// Whether two known values are equal, but for rounding.
    fn same(&self, a: Id, b: Id) -> bool {
        match (self.value(a), self.value(b)) {
            (Some(x), Some(y)) => (x - y).abs() <= 1e-12 * x.abs().max(y.abs()),
            _ => a == b,
        }
    }

    /// The quotient a/b without its removable singularity, if it has one: a is a multiple of x, and b
    /// one of 1 − eˣ, or b is exprel(x).
    pub(super) fn removed_singularity(&mut self, a: Id, b: Id) -> Option<Id> {
        if let Node::Unary(Unary::Exprel, x) = self.node(b) {
            let x = self.unary(Unary::Neg, x);
            let inverse = self.unary(Unary::InvExprel, x);
            return Some(self.binary(Binary::Mul, a, inverse));
        }
        let Affine { scale, offset, base } = self.affine(b);
        let Node::Unary(Unary::Exp, x) = self.node(base) else { return None };
        let opposite = self.unary(Unary::Neg, scale);
        if !self.same(offset, opposite) {
            return None;
        }
        // b = scale·(eˣ − 1). a = ratio·x, if offset and scale of both are proportional.
        let (of_a, of_x) = (self.affine(a), self.affine(x));
        if of_a.base != of_x.base {
            return None;
        }
        let left = self.binary(Binary::Mul, of_a.offset, of_x.scale);
        let right = self.binary(Binary::Mul, of_x.offset, of_a.scale);
        if !self.same(left, right) {
            return None;
        }
        // a/b = ratio/scale · x/(eˣ − 1) = ratio/scale / exprel(x).
        let ratio = self.binary(Binary::Div, of_a.scale, of_x.scale);
        let ratio = self.binary(Binary::Div, ratio, scale);
        let x = self.unary(Unary::Neg, x);
        let inverse = self.unary(Unary::InvExprel, x);
        Some(self.binary(Binary::Mul, inverse, ratio))
    }
}
