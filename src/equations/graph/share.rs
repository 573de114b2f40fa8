//! Exponentials of multiples of one expression as powers of one exponential, and quotients by one
//! divisor as products with its reciprocal.
//!
//! The rates of channels have exponentials of V with several scales: e^{−V/80}, whose fourth and
//! eighth powers are e^{−V/20} and e^{−V/10}. A power costs one to three products.

use super::sign::Sign;
use super::{Binary, Graph, Id, Node, Unary};
use crate::numeric::scalar::Real;
use std::collections::HashMap;

/// The powers that take at most three products.
const POWERS: [u32; 6] = [1, 2, 3, 4, 6, 8];
/// The largest exponent of a constant factor between an exponential and a power.
const FARTHEST: f64 = 16.0;

/// A node with the exponential e^{scale·base + offset}.
struct Exponential {
    id: Id,
    base: Id,
    scale: f64,
    offset: f64,
}

/// The exponential of a node as a multiple of a power: factor·e^power.
#[derive(Clone, Copy)]
struct Shared {
    /// The exponent of the power's base.
    exponent: Id,
    power: u32,
    factor: f64,
}

impl Graph {
    /// The same expressions with shared exponentials and quotients, in the arithmetic of an element type.
    ///
    /// A power is between e⁻⁷¹ and e⁷¹ in `f32`, and between e⁻⁶⁹² and e⁶⁹² in `f64`, before it is multiplied by
    /// a constant, which is between e⁻¹⁶ and e¹⁶. An exponential whose power is 1 has the range of
    /// [`exp`](crate::math::exp).
    pub(crate) fn shared<R: Real>(&self, roots: &[Id]) -> (Self, Vec<Id>) {
        let mut from = self.clone();
        let shared = from.shared_exponentials(roots);
        let quotients = from.quotients(roots);
        let largest = R::EXP_RANGE.1.min(-R::EXP_RANGE.0).floor() - FARTHEST;
        let mut to = Self::default();
        let mut new = vec![None; from.len()];
        for id in from.order(roots) {
            let node = from.node(id);
            let mut at = |id: Id| from.copied(&mut to, id, &mut new);
            let copy = match (node, shared.get(&id)) {
                (Node::Unary(f, x), Some(own)) => {
                    let (x, exponent) = (at(x), at(own.exponent));
                    let is_exp = f == Unary::Exp;
                    let e = to.shared_power(exponent, own, is_exp, largest);
                    if is_exp { e } else { to.add_node(Node::Binary(Binary::InvExprelOf, x, e)) }
                }
                (Node::Binary(Binary::Div, a, b), _) if quotients.get(&b).is_some_and(|count| *count > 1) => {
                    let (a, b, one) = (at(a), at(b), to.constant(1.0));
                    let reciprocal = to.add_node(Node::Binary(Binary::Div, one, b));
                    to.binary(Binary::Mul, a, reciprocal)
                }
                _ => at(id),
            };
            new[id.index()] = Some(copy);
        }
        let roots = roots.iter().filter_map(|root| new[root.index()]).collect();
        (to, roots)
    }

    /// The nodes whose exponentials are multiples of powers of others.
    fn shared_exponentials(&mut self, roots: &[Id]) -> HashMap<Id, Shared> {
        let mut all: Vec<Exponential> = Vec::new();
        for id in self.order(roots) {
            let Node::Unary(f @ (Unary::Exp | Unary::InvExprel), x) = self.node(id) else { continue };
            let sign = if f == Unary::Exp { 1.0 } else { -1.0 };
            let form = self.affine(x);
            if let (Some(scale), Some(offset)) = (self.value(form.scale), self.value(form.offset)) {
                all.push(Exponential { id, base: form.base, scale: sign * scale, offset: sign * offset });
            }
        }
        // The first one of a group has the least scale.
        all.sort_by(|a, b| a.base.cmp(&b.base).then_with(|| a.scale.abs().total_cmp(&b.scale.abs())));
        let mut shared = HashMap::new();
        let mut exponents = HashMap::new();
        for (k, first) in all.iter().enumerate() {
            if shared.contains_key(&first.id) {
                continue;
            }
            let of_first = |other: &Exponential| {
                let power = power(other.scale / first.scale)?;
                let distance = other.offset - f64::from(power) * first.offset;
                (distance.abs() <= FARTHEST).then_some((power, distance.exp()))
            };
            let group: Vec<(Id, u32, f64)> = (all[k..].iter())
                .take_while(|other| other.base == first.base)
                .filter(|other| !shared.contains_key(&other.id))
                .filter_map(|other| of_first(other).map(|(power, factor)| (other.id, power, factor)))
                .collect();
            if group.len() < 2 {
                continue;
            }
            let exponent = *exponents.entry(first.id).or_insert_with(|| {
                let (scale, offset) = (self.constant(first.scale), self.constant(first.offset));
                let product = self.binary(Binary::Mul, first.base, scale);
                self.binary(Binary::Add, product, offset)
            });
            shared.extend(group.into_iter().map(|(id, power, factor)| (id, Shared { exponent, power, factor })));
        }
        shared
    }

    /// How many quotients have a divisor whose reciprocal is finite.
    fn quotients(&mut self, roots: &[Id]) -> HashMap<Id, usize> {
        let signs = self.signs(roots);
        let mut counts = HashMap::new();
        for id in self.order(roots) {
            if let Node::Binary(Binary::Div, _, b) = self.node(id)
                && !self.is_fixed(b)
                && signs[b.index()] == Sign::Above
            {
                *counts.entry(b).or_insert(0) += 1;
            }
        }
        counts
    }

    /// A node in another graph. `new` has the nodes that are there already: of an exponent base·scale + offset
    /// the base is, and the other nodes are added.
    fn copied(&self, to: &mut Self, id: Id, new: &mut [Option<Id>]) -> Id {
        if let Some(copy) = new[id.index()] {
            return copy;
        }
        for operand in self.node(id).operands() {
            new[operand.index()] = Some(self.copied(to, operand, new));
        }
        let copy = to.kept(self.node(id), |operand| new[operand.index()].unwrap_or(operand));
        new[id.index()] = Some(copy);
        copy
    }

    /// factor·e^{power·exponent}, where the power is within e^±largest. A single exponential that is `free` has
    /// its own range.
    fn shared_power(&mut self, exponent: Id, of: &Shared, is_free: bool, largest: f64) -> Id {
        let e = self.add_node(Node::Unary(Unary::Exp, exponent));
        if of.power == 1 && of.factor == 1.0 && is_free {
            return e;
        }
        let power = self.product_power(e, of.power);
        let (high, low) = (self.constant(largest.exp()), self.constant((-largest).exp()));
        // In this order a NaN passes both.
        let below = self.add_node(Node::Binary(Binary::Min, high, power));
        let within = self.add_node(Node::Binary(Binary::Max, low, below));
        let factor = self.constant(of.factor);
        self.binary(Binary::Mul, within, factor)
    }

    fn product_power(&mut self, e: Id, power: u32) -> Id {
        match power {
            1 => e,
            3 => {
                let square = self.add_node(Node::Binary(Binary::Mul, e, e));
                self.add_node(Node::Binary(Binary::Mul, square, e))
            }
            even => {
                let half = self.product_power(e, even / 2);
                self.add_node(Node::Binary(Binary::Mul, half, half))
            }
        }
    }
}

/// A ratio of scales that is one of the powers, but for rounding.
fn power(ratio: f64) -> Option<u32> {
    POWERS.into_iter().find(|power| (ratio - f64::from(*power)).abs() <= 1e-12 * f64::from(*power))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::equations::evaluate::Evaluator;
    use crate::equations::graph::Leaf;

    /// The rates of the channels of Hodgkin and Huxley's equations: exponentials with four scales.
    fn rates(graph: &mut Graph) -> Vec<Id> {
        let v = graph.leaf(Leaf::State(0));
        let of = |graph: &mut Graph, f, scale: f64, offset: f64| {
            let (scale, offset) = (graph.constant(scale), graph.constant(offset));
            let product = graph.binary(Binary::Mul, v, scale);
            let x = graph.binary(Binary::Add, product, offset);
            graph.unary(f, x)
        };
        vec![
            of(graph, Unary::InvExprel, 0.1, 4.0),
            of(graph, Unary::Exp, -1.0 / 18.0, -65.0 / 18.0),
            of(graph, Unary::Exp, -0.05, -3.25),
            of(graph, Unary::Exp, -0.1, -3.5),
            of(graph, Unary::InvExprel, 0.1, 5.5),
            of(graph, Unary::Exp, -0.0125, -0.8125),
            of(graph, Unary::Exp, -0.0375, 1.0),
        ]
    }

    fn count(graph: &Graph, roots: &[Id], f: Unary) -> usize {
        let reached = graph.reached(roots);
        let is = |node| matches!(node, Node::Unary(of, _) if of == f);
        graph.all().filter(|(id, node)| reached[id.index()] && is(*node)).count()
    }

    #[test]
    fn exponentials_of_multiples_are_powers() {
        let mut graph = Graph::default();
        let roots = rates(&mut graph);
        let (shared, ids) = graph.shared::<f64>(&roots);
        assert_eq!((count(&graph, &roots, Unary::Exp), count(&graph, &roots, Unary::InvExprel)), (5, 2));
        assert_eq!((count(&shared, &ids, Unary::Exp), count(&shared, &ids, Unary::InvExprel)), (2, 0));
        let (mut single, mut powers) = (Evaluator::new(&graph, &roots), Evaluator::new(&shared, &ids));
        for k in -4000..4000 {
            let v = 0.173 * f64::from(k);
            single.run(|_| v);
            powers.run(|_| v);
            for (root, id) in roots.iter().zip(&ids) {
                let (expected, is) = (single.value(*root), powers.value(*id));
                assert!((is - expected).abs() <= 1e-14 * expected.abs(), "{v}: {is:e} and {expected:e}");
            }
        }
    }

    #[test]
    fn powers_are_finite_and_not_zero_for_all_arguments() {
        let mut graph = Graph::default();
        let roots = rates(&mut graph);
        let (shared, ids) = graph.shared::<f32>(&roots);
        let mut powers = Evaluator::new(&shared, &ids);
        for v in [1e3, 1e4, 1e6, 1e30, f64::INFINITY] {
            for v in [v, -v] {
                powers.run(|_| v);
                for (k, id) in ids.iter().enumerate() {
                    let is = powers.value(*id);
                    // x/(1 − e⁻ˣ) is x for large x.
                    let is_large = [0, 4].contains(&k) && v > 0.0;
                    assert!(is > 0.0 && (is_large || is.is_finite()), "{v}: {is:e}");
                }
            }
        }
        powers.run(|_| f64::NAN);
        assert!(ids.iter().all(|id| powers.value(*id).is_nan()));
    }

    #[test]
    fn scales_that_are_no_multiples_are_not_shared() {
        let mut graph = Graph::default();
        let v = graph.leaf(Leaf::State(0));
        let mut of = |scale: f64, offset: f64| {
            let (scale, offset) = (graph.constant(scale), graph.constant(offset));
            let product = graph.binary(Binary::Mul, v, scale);
            let x = graph.binary(Binary::Add, product, offset);
            graph.unary(Unary::Exp, x)
        };
        // The ratio is 1.5, the sign is another one, or the factor is too large.
        let roots = [of(0.2, 0.0), of(0.3, 0.0), of(-0.2, 0.0), of(0.4, 20.0)];
        let (shared, ids) = graph.shared::<f64>(&roots);
        assert_eq!(count(&shared, &ids, Unary::Exp), 4);
    }

    #[test]
    fn quotients_by_one_divisor_share_a_reciprocal() {
        let mut graph = Graph::default();
        let [a, b, c] = [0, 1, 2].map(|k| graph.leaf(Leaf::State(k)));
        let one = graph.constant(1.0);
        let e = graph.unary(Unary::Exp, c);
        let above = graph.binary(Binary::Add, e, one);
        let pairs = [(a, above), (b, above), (one, above), (a, b), (one, b)];
        let roots = pairs.map(|(x, y)| graph.binary(Binary::Div, x, y));
        let (shared, ids) = graph.shared::<f64>(&roots);
        let reached = shared.reached(&ids);
        let is_quotient = |node| matches!(node, Node::Binary(Binary::Div, ..));
        let quotients = shared.all().filter(|(id, node)| reached[id.index()] && is_quotient(*node));
        // b may be 0, or nearly 0.
        assert_eq!(quotients.count(), 3);
        let mut values = Evaluator::new(&shared, &ids);
        values.run(|leaf| {
            if leaf == Leaf::State(0) {
                6.0
            } else if leaf == Leaf::State(1) {
                -2.0
            } else {
                0.0
            }
        });
        let all: Vec<f64> = ids.iter().map(|id| values.value(*id)).collect();
        assert_eq!(all, [3.0, -1.0, 0.5, -3.0, -0.5]);
    }

    /// The kernels' own reciprocal of 1 − e needs e below 8e37.
    #[test]
    fn exponentials_of_quotients_are_bounded() {
        let mut graph = Graph::default();
        let v = graph.leaf(Leaf::State(0));
        let scale = graph.constant(2.5);
        let x = graph.binary(Binary::Mul, v, scale);
        let minus = graph.unary(Unary::Neg, x);
        let roots = [graph.unary(Unary::InvExprel, x), graph.unary(Unary::Exp, minus)];
        let (shared, ids) = graph.shared::<f32>(&roots);
        let Node::Binary(Binary::InvExprelOf, _, e) = shared.node(ids[0]) else { panic!("{:?}", shared.node(ids[0])) };
        let mut values = Evaluator::new(&shared, &[e, ids[1]]);
        values.run(|_| -35.05);
        assert!(values.value(e) < 8e37 && values.value(ids[1]) > 8e37);
    }
}
