//! Expressions of parameters alone, which are computed once, when a loop is built.

use super::{Graph, Id, Leaf, Node};

impl Graph {
    /// The same expressions, in which each largest expression of parameters alone is a parameter of its
    /// own. `known` returns a new parameter for such an expression.
    pub(crate) fn hoisted(&self, roots: &[Id], mut known: impl FnMut(Id) -> u16) -> (Self, Vec<Id>) {
        // The largest ones are the operands of nodes that depend on more, and roots.
        let reached = self.reached(roots);
        let mut largest = vec![false; self.len()];
        for (id, node) in self.all().filter(|(id, _)| reached[id.index()]) {
            if !self.is_fixed(id) {
                node.operands().for_each(|operand| largest[operand.index()] = true);
            }
        }
        roots.iter().for_each(|root| largest[root.index()] = true);
        let mut to = Self::default();
        let mut new = vec![Id(0); self.len()];
        for (id, node) in self.all().filter(|(id, _)| reached[id.index()]) {
            new[id.index()] = match node {
                Node::Const(_) => to.kept(node, |id| id),
                _ if !self.is_fixed(id) => to.kept(node, |id| new[id.index()]),
                _ if largest[id.index()] => to.leaf(Leaf::Param(known(id))),
                _ => continue,
            };
        }
        let roots = roots.iter().map(|root| new[root.index()]).collect();
        (to, roots)
    }
}
