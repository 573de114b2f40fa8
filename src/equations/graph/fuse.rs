//! Products and sums as fused operations. The graph has them, and not a program made of it, so that
//! all programs have the same roundings.

use super::{Binary, Graph, Id, Node, Unary};

impl Graph {
    /// The same expressions, in which the products that only sums use are fused with them.
    pub(crate) fn fused(&self, roots: &[Id]) -> (Self, Vec<Id>) {
        let uses = self.uses(roots);
        let in_sums = self.uses_in_sums(&uses);
        let mut to = Self::default();
        let mut new = vec![Id(0); self.len()];
        let product = |id: Id| match self.nodes[id.index()] {
            Node::Binary(Binary::Mul, a, b) if uses[id.index()] == in_sums[id.index()] && !self.is_fixed(id) => {
                Some((a, b))
            }
            _ => None,
        };
        // Two products that only one sum uses.
        let products = |id: Id| match self.nodes[id.index()] {
            Node::Binary(Binary::Add, a, b) if uses[id.index()] == 1 => product(a).zip(product(b)),
            _ => None,
        };
        for (k, node) in self.nodes.iter().enumerate() {
            if uses[k] == 0 {
                continue;
            }
            let at = |id: Id| new[id.index()];
            new[k] = match *node {
                _ if self.fixed[k] => to.kept(*node, at),
                Node::Binary(Binary::Add, a, b) => match (product(a), product(b), products(a), products(b)) {
                    // (x·y + z·w) + b = x·y + (z·w + b)
                    (None, None, Some(((x, y), (z, w))), _) => {
                        let inner = to.add_fma(at(z), at(w), at(b));
                        to.add_fma(at(x), at(y), inner)
                    }
                    (None, None, _, Some(((x, y), (z, w)))) => {
                        let inner = to.add_fma(at(z), at(w), at(a));
                        to.add_fma(at(x), at(y), inner)
                    }
                    (Some((x, y)), ..) => to.add_fma(at(x), at(y), at(b)),
                    (_, Some((x, y)), ..) => to.add_fma(at(x), at(y), at(a)),
                    _ => to.kept(*node, at),
                },
                Node::Binary(Binary::Sub, a, b) => match (product(a), product(b)) {
                    // a − x·y = −x·y + a
                    (_, Some((x, y))) => {
                        let (x, y) = (at(x), at(y));
                        let (x, y) = if to.is_fixed(y) {
                            let y = to.unary(Unary::Neg, y);
                            (x, y)
                        } else {
                            (to.add_node(Node::Unary(Unary::Neg, x)), y)
                        };
                        to.add_fma(x, y, at(a))
                    }
                    (Some((x, y)), _) => {
                        let minus = to.add_node(Node::Unary(Unary::Neg, at(b)));
                        to.add_fma(at(x), at(y), minus)
                    }
                    _ => to.kept(*node, at),
                },
                // A comparison is 1 or 0.
                Node::Select(c, yes, no)
                    if is_truth(to.node(at(c))) && self.value(yes) == Some(1.0) && self.value(no) == Some(0.0) =>
                {
                    at(c)
                }
                node => to.kept(node, at),
            };
        }
        (to, roots.iter().map(|root| new[root.index()]).collect())
    }

    /// How often a sum or a difference uses each node.
    fn uses_in_sums(&self, uses: &[u32]) -> Vec<u32> {
        let mut counts = vec![0; self.len()];
        for (k, node) in self.nodes.iter().enumerate() {
            if let Node::Binary(Binary::Add | Binary::Sub, a, b) = *node
                && uses[k] > 0
                && !self.fixed[k]
            {
                counts[a.index()] += 1;
                counts[b.index()] += 1;
            }
        }
        counts
    }

    fn add_fma(&mut self, a: Id, b: Id, c: Id) -> Id {
        self.add_node(Node::Fma(a, b, c))
    }

    /// A node as it is, with other operands.
    pub(super) fn kept(&mut self, node: Node, at: impl Fn(Id) -> Id) -> Id {
        self.add_node(match node {
            Node::Const(_) | Node::Leaf(_) => node,
            Node::Unary(f, a) => Node::Unary(f, at(a)),
            Node::Binary(f, a, b) => Node::Binary(f, at(a), at(b)),
            Node::Fma(a, b, c) => Node::Fma(at(a), at(b), at(c)),
            Node::Select(a, b, c) => Node::Select(at(a), at(b), at(c)),
        })
    }

    /// How many operands each node is; a root counts as one. Nodes that no root reaches have none.
    pub(crate) fn uses(&self, roots: &[Id]) -> Vec<u32> {
        let mut uses = vec![0; self.len()];
        roots.iter().for_each(|root| uses[root.index()] += 1);
        for k in (0..self.len()).rev() {
            if uses[k] > 0 {
                self.nodes[k].operands().for_each(|operand| uses[operand.index()] += 1);
            }
        }
        uses
    }
}

/// Whether a node is a comparison.
fn is_truth(node: Node) -> bool {
    matches!(node, Node::Binary(Binary::Less | Binary::LessEqual | Binary::Equal, ..))
}
