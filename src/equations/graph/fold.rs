//! Nodes from operands: constants are computed, and sums and products with them are joined.
//!
//! The rules are part of the language: they decide which operations a program has. A quotient by what
//! is known when the loop is built is a product with the reciprocal.

use super::{Binary, Graph, Id, Leaf, Node, Unary};
use crate::equations::evaluate;

/// The most rules within each other.
const DEEPEST: u32 = 32;
/// The most rules for one operation.
const MOST: u32 = 256;

/// The rules that an operation uses. A node beyond the limits is added as it is, so that an operation
/// takes a bounded time.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Rules {
    depth: u32,
    count: u32,
    /// The largest numbers that an operation has had.
    #[cfg(test)]
    pub(super) most: (u32, u32),
}

impl Graph {
    /// Follows the rules of an operation, or adds its node where the limits are reached.
    fn by_rules(&mut self, node: Node, rules: impl FnOnce(&mut Self) -> Id) -> Id {
        if self.rules.depth >= DEEPEST || self.rules.count >= MOST {
            return self.add_node(node);
        }
        self.rules.depth += 1;
        self.rules.count += 1;
        #[cfg(test)]
        {
            let Rules { depth, count, most } = self.rules;
            self.rules.most = (most.0.max(depth), most.1.max(count));
        }
        let id = rules(self);
        self.rules.depth -= 1;
        if self.rules.depth == 0 {
            self.rules.count = 0;
        }
        id
    }

    /// The most rules within each other, and for one operation, as far as the graph has been built.
    #[cfg(test)]
    pub(crate) fn most_rules(&self) -> (u32, u32) {
        self.rules.most
    }

    /// A constant.
    pub(crate) fn constant(&mut self, value: f64) -> Id {
        // 0 and −0 are one constant, and so are all NaNs.
        let value = if value == 0.0 {
            0.0
        } else if value.is_nan() {
            f64::NAN
        } else {
            value
        };
        self.add_node(Node::Const(value.to_bits()))
    }

    /// A leaf.
    pub(crate) fn leaf(&mut self, leaf: Leaf) -> Id {
        self.add_node(Node::Leaf(leaf))
    }

    /// A function of one argument.
    pub(crate) fn unary(&mut self, f: Unary, a: Id) -> Id {
        if let Some(x) = self.value(a) {
            return self.constant(evaluate::unary(f, x));
        }
        let node = Node::Unary(f, a);
        if f == Unary::Neg {
            return self.by_rules(node, |graph| graph.neg(a));
        }
        self.add_node(node)
    }

    /// A function of two arguments.
    pub(crate) fn binary(&mut self, f: Binary, a: Id, b: Id) -> Id {
        if let (Some(x), Some(y)) = (self.value(a), self.value(b)) {
            return self.constant(evaluate::binary(f, x, y));
        }
        let node = Node::Binary(f, a, b);
        match f {
            Binary::Add => self.by_rules(node, |graph| graph.sum(a, b)),
            Binary::Sub => self.by_rules(node, |graph| graph.difference(a, b)),
            Binary::Mul => self.by_rules(node, |graph| graph.product(a, b)),
            Binary::Div => self.by_rules(node, |graph| graph.quotient(a, b)),
            _ => self.add_node(node),
        }
    }

    /// a·b + c, rounded once.
    pub(crate) fn fma(&mut self, a: Id, b: Id, c: Id) -> Id {
        // What is known when the loop is built is one number by then.
        let product_is_simple = self.is_fixed(a) && self.is_fixed(b)
            || [a, b].iter().any(|id| matches!(self.value(*id), Some(0.0 | 1.0)))
            || self.value(c) == Some(0.0);
        if product_is_simple {
            let product = self.binary(Binary::Mul, a, b);
            return self.binary(Binary::Add, product, c);
        }
        let (a, b) = self.ordered(a, b);
        // (x·k)·b + c with known k and b
        if let Some((x, k)) = self.scaled(a).filter(|_| self.is_fixed(b)) {
            let k = self.binary(Binary::Mul, k, b);
            return self.fma(x, k, c);
        }
        self.add_node(Node::Fma(a, b, c))
    }

    /// `yes` where the condition is not 0, otherwise `no`.
    pub(crate) fn select(&mut self, condition: Id, yes: Id, no: Id) -> Id {
        match self.value(condition) {
            Some(0.0) => no,
            Some(_) => yes,
            None if yes == no => yes,
            None => self.add_node(Node::Select(condition, yes, no)),
        }
    }

    /// The operands in the order in which the graph has them: what is known when the loop is built
    /// comes last, and otherwise the younger node.
    fn ordered(&self, a: Id, b: Id) -> (Id, Id) {
        let last = |id: Id| (self.is_fixed(id), id);
        if last(a) > last(b) { (b, a) } else { (a, b) }
    }

    /// A sum x + k with a known k.
    fn shifted(&self, id: Id) -> Option<(Id, Id)> {
        match self.node(id) {
            Node::Binary(Binary::Add, x, k) if self.is_fixed(k) && !self.is_fixed(x) => Some((x, k)),
            _ => None,
        }
    }

    /// A product x·k with a known k.
    fn scaled(&self, id: Id) -> Option<(Id, Id)> {
        match self.node(id) {
            Node::Binary(Binary::Mul, x, k) if self.is_fixed(k) && !self.is_fixed(x) => Some((x, k)),
            _ => None,
        }
    }

    fn sum(&mut self, a: Id, b: Id) -> Id {
        let (a, b) = self.ordered(a, b);
        match (self.value(a), self.value(b)) {
            (Some(0.0), _) => return b,
            (_, Some(0.0)) => return a,
            _ => {}
        }
        if a == b {
            let two = self.constant(2.0);
            return self.binary(Binary::Mul, a, two);
        }
        // A known number that is subtracted is a sum: see `difference`.
        if let (Node::Unary(Unary::Neg, b), false) = (self.node(b), self.is_fixed(b)) {
            return self.difference(a, b);
        }
        if let Node::Unary(Unary::Neg, a) = self.node(a) {
            return self.difference(b, a);
        }
        if let Some((x, k)) = self.shifted(a).filter(|_| self.is_fixed(b)) {
            let k = self.binary(Binary::Add, k, b);
            return self.binary(Binary::Add, x, k);
        }
        self.add_node(Node::Binary(Binary::Add, a, b))
    }

    fn difference(&mut self, a: Id, b: Id) -> Id {
        if a == b {
            return self.constant(0.0);
        }
        if self.value(b) == Some(0.0) {
            return a;
        }
        if self.value(a) == Some(0.0) {
            return self.unary(Unary::Neg, b);
        }
        if self.is_fixed(b) && !self.is_fixed(a) {
            let b = self.unary(Unary::Neg, b);
            return self.binary(Binary::Add, a, b);
        }
        if let Node::Unary(Unary::Neg, b) = self.node(b) {
            return self.binary(Binary::Add, a, b);
        }
        // a − (x·k + y·c) = a + (x·−k + y·−c)
        if let Node::Binary(Binary::Add, x, y) = self.node(b)
            && self.scaled(x).is_some()
            && self.scaled(y).is_some()
        {
            let b = self.unary(Unary::Neg, b);
            return self.binary(Binary::Add, a, b);
        }
        // k − (x + c) = (k − c) − x
        if let Some((x, c)) = self.shifted(b).filter(|_| self.is_fixed(a)) {
            let k = self.binary(Binary::Sub, a, c);
            return self.binary(Binary::Sub, k, x);
        }
        self.add_node(Node::Binary(Binary::Sub, a, b))
    }

    fn product(&mut self, a: Id, b: Id) -> Id {
        let (a, b) = self.ordered(a, b);
        match (self.value(a), self.value(b)) {
            (Some(0.0), _) | (_, Some(0.0)) => return self.constant(0.0),
            (Some(1.0), _) => return b,
            (_, Some(1.0)) => return a,
            (_, Some(-1.0)) => return self.unary(Unary::Neg, a),
            _ => {}
        }
        if self.is_fixed(b) && !self.is_fixed(a) {
            if let Some((x, k)) = self.scaled(a) {
                let k = self.binary(Binary::Mul, k, b);
                return self.binary(Binary::Mul, x, k);
            }
            if let Some((x, c)) = self.shifted(a) {
                let (x, c) = (self.binary(Binary::Mul, x, b), self.binary(Binary::Mul, c, b));
                return self.binary(Binary::Add, x, c);
            }
            // (c − x)·k = c·k − x·k
            if let Node::Binary(Binary::Sub, c, x) = self.node(a)
                && self.is_fixed(c)
            {
                let k = self.unary(Unary::Neg, b);
                let (x, c) = (self.binary(Binary::Mul, x, k), self.binary(Binary::Mul, c, b));
                return self.binary(Binary::Add, x, c);
            }
            if let Node::Unary(Unary::Neg, x) = self.node(a) {
                let k = self.unary(Unary::Neg, b);
                return self.binary(Binary::Mul, x, k);
            }
        }
        if self.is_fixed(b) {
            return self.add_node(Node::Binary(Binary::Mul, a, b));
        }
        // Known factors come last: (x·k)·y = (x·y)·k.
        if !self.is_fixed(a) {
            if let Some((x, k)) = self.scaled(a) {
                let xy = self.binary(Binary::Mul, x, b);
                return self.binary(Binary::Mul, xy, k);
            }
            if let Some((y, k)) = self.scaled(b) {
                let xy = self.binary(Binary::Mul, a, y);
                return self.binary(Binary::Mul, xy, k);
            }
        }
        match (self.node(a), self.node(b)) {
            (Node::Unary(Unary::Neg, x), Node::Unary(Unary::Neg, y)) => self.binary(Binary::Mul, x, y),
            (Node::Unary(Unary::Neg, x), _) => {
                let xb = self.binary(Binary::Mul, x, b);
                self.unary(Unary::Neg, xb)
            }
            (_, Node::Unary(Unary::Neg, y)) => {
                let ay = self.binary(Binary::Mul, a, y);
                self.unary(Unary::Neg, ay)
            }
            _ => self.add_node(Node::Binary(Binary::Mul, a, b)),
        }
    }

    fn quotient(&mut self, a: Id, b: Id) -> Id {
        if self.value(a) == Some(0.0) {
            return a;
        }
        if self.value(b) == Some(1.0) {
            return a;
        }
        if self.is_fixed(b) && !self.is_fixed(a) {
            let one = self.constant(1.0);
            let k = self.binary(Binary::Div, one, b);
            return self.binary(Binary::Mul, a, k);
        }
        if let Some(id) = self.removed_singularity(a, b) {
            return id;
        }
        // (x·k)/y = (x/y)·k, and x/(y·k) = (x/y)·(1/k).
        if let Some((x, k)) = self.scaled(a) {
            let quotient = self.binary(Binary::Div, x, b);
            return self.binary(Binary::Mul, quotient, k);
        }
        if let Some((y, k)) = self.scaled(b) {
            let k = self.binary(Binary::Div, a, k);
            if self.is_fixed(a) {
                return self.add_node(Node::Binary(Binary::Div, k, y));
            }
            return self.binary(Binary::Div, k, y);
        }
        self.add_node(Node::Binary(Binary::Div, a, b))
    }

    fn neg(&mut self, a: Id) -> Id {
        match self.node(a) {
            Node::Unary(Unary::Neg, x) => x,
            Node::Binary(Binary::Sub, x, y) => self.binary(Binary::Sub, y, x),
            Node::Binary(Binary::Mul, x, k) if self.is_fixed(k) && !self.is_fixed(x) => {
                let k = self.unary(Unary::Neg, k);
                self.binary(Binary::Mul, x, k)
            }
            Node::Binary(Binary::Add, x, k) if self.is_fixed(k) && !self.is_fixed(x) => {
                let k = self.unary(Unary::Neg, k);
                self.binary(Binary::Sub, k, x)
            }
            Node::Binary(Binary::Add, x, y) if self.scaled(x).is_some() && self.scaled(y).is_some() => {
                let (x, y) = (self.unary(Unary::Neg, x), self.unary(Unary::Neg, y));
                self.binary(Binary::Add, x, y)
            }
            _ => self.add_node(Node::Unary(Unary::Neg, a)),
        }
    }

    /// A whole power, by squaring.
    pub(crate) fn power(&mut self, a: Id, n: u32) -> Id {
        match n {
            0 => self.constant(1.0),
            1 => a,
            n if n % 2 == 0 => {
                let half = self.power(a, n / 2);
                self.binary(Binary::Mul, half, half)
            }
            n => {
                let rest = self.power(a, n - 1);
                self.binary(Binary::Mul, rest, a)
            }
        }
    }
}
