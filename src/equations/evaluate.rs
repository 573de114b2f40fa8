//! The values of nodes in `f64`: for constants, for parameters of units, and for initial values.
//!
//! The functions are those of [`math`](crate::math), so that a constant has the same bits everywhere.

use super::graph::{Binary, Graph, Id, Leaf, Node, Unary};
use crate::numeric::math;

/// f(a)
pub(crate) fn unary(f: Unary, a: f64) -> f64 {
    match f {
        Unary::Neg => -a,
        Unary::Abs => a.abs(),
        Unary::Sqrt => a.sqrt(),
        Unary::Exp => math::exp(a),
        Unary::Expm1 => math::expm1(a),
        Unary::Log => math::log(a),
        Unary::Tanh => math::tanh(a),
        Unary::Sin => math::sin(a),
        Unary::Cos => math::cos(a),
        Unary::Exprel => math::exprel(a),
        Unary::ExprelSlope => math::exprel_slope(a),
        Unary::InvExprel => math::inv_exprel(a),
        Unary::ExpNeg => math::exp_neg(a),
        Unary::InvExprelNear => math::inv_exprel_near(a),
        Unary::Reciprocal => math::reciprocal(a),
    }
}

/// f(a, b)
pub(crate) fn binary(f: Binary, a: f64, b: f64) -> f64 {
    let truth = |yes: bool| f64::from(u8::from(yes));
    match f {
        Binary::Add => a + b,
        Binary::Sub => a - b,
        Binary::Mul => a * b,
        Binary::Div => a / b,
        Binary::Min => {
            if a < b {
                a
            } else {
                b
            }
        }
        Binary::Max => {
            if a > b {
                a
            } else {
                b
            }
        }
        Binary::Less => truth(a < b),
        Binary::LessEqual => truth(a <= b),
        Binary::Equal => truth(a == b),
        Binary::Relax => math::relax(a, b),
        Binary::InvExprelOf => math::inv_exprel_of(a, b),
    }
}

/// Computes the values of some nodes for many units.
pub(crate) struct Evaluator {
    /// The nodes that the results need, operands first.
    nodes: Vec<(Id, Node)>,
    values: Vec<f64>,
}

impl Evaluator {
    pub(crate) fn new(graph: &Graph, roots: &[Id]) -> Self {
        let reached = graph.reached(roots);
        let nodes = graph.all().filter(|(id, _)| reached[id.index()]).collect();
        Self { nodes, values: vec![0.0; reached.len()] }
    }

    /// The value of a node of the last [`run`](Self::run).
    pub(crate) fn value(&self, id: Id) -> f64 {
        self.values[id.index()]
    }

    /// Computes the values for leaves of these values.
    pub(crate) fn run(&mut self, mut leaf: impl FnMut(Leaf) -> f64) {
        for (own, node) in &self.nodes {
            let at = |id: Id| self.values[id.index()];
            self.values[own.index()] = match *node {
                Node::Const(bits) => f64::from_bits(bits),
                Node::Leaf(from) => leaf(from),
                Node::Unary(f, a) => unary(f, at(a)),
                Node::Binary(f, a, b) => binary(f, at(a), at(b)),
                Node::Fma(a, b, c) => at(a).mul_add(at(b), at(c)),
                Node::Select(c, a, b) => at(if at(c) == 0.0 { b } else { a }),
            };
        }
    }
}
