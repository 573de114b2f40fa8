//! Products and sums as fused operations. The graph has them, and not a program made of it, so that
//! all programs have the same roundings.

use super::{Binary, Graph, Id, Node, Unary};

impl Graph {
    /// The same expressions, in which a product that only one sum uses is fused with it.
    pub(crate) fn fused(&self, roots: &[Id]) -> (Self, Vec<Id>) {
        let uses = self.uses(roots);
        let mut to = Self::default();
        let mut new = vec![Id(0); self.len()];
        let single = |id: Id| match self.nodes[id.index()] {
            Node::Binary(Binary::Mul, a, b) if uses[id.index()] == 1 && !self.is_fixed(id) => Some((a, b)),
            _ => None,
        };
        for (k, node) in self.nodes.iter().enumerate() {
            if uses[k] == 0 {
                continue;
            }
            let at = |id: Id| new[id.index()];
            new[k] = match *node {
                _ if self.fixed[k] => to.kept(*node, at),
                Node::Binary(Binary::Add, a, b) => match (single(a), single(b)) {
                    (Some((x, y)), _) => to.add_fma(at(x), at(y), at(b)),
                    (_, Some((x, y))) => to.add_fma(at(x), at(y), at(a)),
                    _ => to.kept(*node, at),
                },
                Node::Binary(Binary::Sub, a, b) => match (single(a), single(b)) {
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
                node => to.kept(node, at),
            };
        }
        (to, roots.iter().map(|root| new[root.index()]).collect())
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
