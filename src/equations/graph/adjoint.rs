//! Adjoints: how much a weighted sum of nodes changes with each leaf.
//!
//! The pass goes from the results to the leaves. The adjoint of a node is the sum over the nodes that read
//! it, the youngest reader first. This order belongs to the graph, so that all programs made of it have the
//! same bits.
//!
//! Comparisons have no derivative, and neither have the conditions of selects. At equal arguments, `min`
//! and `max` have the derivative of their second argument. `abs` has the derivative 1 at 0.

use super::guard::{Guarded, Guards};
use super::{Binary, Graph, Id, Leaf, MAKING, Node, Unary};
use std::collections::{HashMap, HashSet};

/// Nodes that pass on adjoints by other rules than those of calculus.
#[derive(Clone, Debug, Default)]
pub(crate) struct Surrogates {
    /// The slope that a comparison a < b or a ≤ b has as a function of b − a.
    pub(crate) slopes: HashMap<Id, Id>,
    /// Selects whose condition has an adjoint: a select of a and b is b + condition·(a − b).
    pub(crate) conditions: HashSet<Id>,
    /// Selects whose last operand has the whole adjoint, whatever the condition is.
    pub(crate) unconditional: HashSet<Id>,
}

/// The adjoints that a pass has found so far.
struct Adjoints {
    of: Vec<Option<Guarded>>,
    guards: Guards,
    /// Whether a node has a derivative by some of the leaves.
    varies: Vec<bool>,
}

impl Graph {
    /// The derivative of Σ seedₖ·rootₖ by each of these leaves; `None` where it is 0 everywhere.
    ///
    /// The result is without meaning if the graph [is too large](Self::is_too_large) afterwards.
    pub(crate) fn adjoint(
        &mut self,
        roots: &[Id],
        seeds: &[Id],
        by: &[Leaf],
        surrogates: &Surrogates,
    ) -> Vec<Option<Id>> {
        let order = self.order(roots);
        self.work += 2 * MAKING * order.len();
        let varies = self.varies(&order, by, surrogates);
        let mut all = Adjoints { of: vec![None; varies.len()], guards: Guards::default(), varies };
        for (root, seed) in roots.iter().zip(seeds) {
            if self.value(*seed) != Some(0.0) {
                all.add(self, *root, Guarded::free(*seed));
            }
        }
        for id in order.into_iter().rev() {
            if self.is_too_large() {
                break;
            }
            if let Some(own) = all.of[id.index()] {
                self.pass_on(id, own, surrogates, &mut all);
            }
        }
        let mut of = |leaf: &Leaf| {
            let id = self.known_leaf(*leaf)?;
            let own = *all.of.get(id.index())?;
            own.map(|own| all.guards.free(self, own))
        };
        by.iter().map(&mut of).collect()
    }

    /// Whether each node has a derivative by some of these leaves.
    fn varies(&self, order: &[Id], by: &[Leaf], surrogates: &Surrogates) -> Vec<bool> {
        let by: HashSet<&Leaf> = by.iter().collect();
        let mut varies = vec![false; self.len()];
        for id in order {
            let at = |id: Id| varies[id.index()];
            let node = self.node(*id);
            varies[id.index()] = match node {
                Node::Leaf(leaf) => by.contains(&leaf),
                Node::Binary(Binary::Equal, ..) => false,
                Node::Binary(Binary::Less | Binary::LessEqual, a, b) => {
                    surrogates.slopes.contains_key(id) && (at(a) || at(b))
                }
                Node::Select(condition, a, b) => at(a) || at(b) || at(condition) && surrogates.conditions.contains(id),
                node => node.operands().any(at),
            };
        }
        varies
    }

    /// Adds a node's share to the adjoints of its operands.
    fn pass_on(&mut self, id: Id, own: Guarded, surrogates: &Surrogates, all: &mut Adjoints) {
        match self.node(id) {
            Node::Const(_) | Node::Leaf(_) => {}
            Node::Unary(f, a) => {
                let slope = self.slope(f, a, id);
                all.add_product(self, a, own, slope);
            }
            Node::Binary(f, a, b) => self.pass_on_to_two(f, (a, b), (id, own), surrogates, all),
            Node::Fma(a, b, c) => {
                all.add(self, c, own);
                all.add_product(self, a, own, b);
                all.add_product(self, b, own, a);
            }
            Node::Select(condition, a, b) => {
                if surrogates.unconditional.contains(&id) {
                    return all.add(self, b, own);
                }
                all.add_branches(self, (a, b), own, condition);
                if surrogates.conditions.contains(&id) && all.varies(condition) {
                    let difference = self.binary(Binary::Sub, a, b);
                    all.add_product(self, condition, own, difference);
                }
            }
        }
    }

    fn pass_on_to_two(
        &mut self,
        f: Binary,
        (a, b): (Id, Id),
        (id, own): (Id, Guarded),
        surrogates: &Surrogates,
        all: &mut Adjoints,
    ) {
        match f {
            Binary::Add => {
                all.add(self, a, own);
                all.add(self, b, own);
            }
            Binary::Sub => {
                all.add(self, a, own);
                all.add_negative(self, b, own);
            }
            Binary::Mul => {
                all.add_product(self, a, own, b);
                all.add_product(self, b, own, a);
            }
            // q = a/b has the derivatives 1/b and −q/b.
            Binary::Div => {
                let over = Guards::over(self, own, b);
                all.add(self, a, over);
                if all.varies(b) {
                    let product = Guards::times(self, over, id);
                    all.add_negative(self, b, product);
                }
            }
            Binary::Min | Binary::Max => {
                let (first, second) = if f == Binary::Min { (a, b) } else { (b, a) };
                let is_a = self.binary(Binary::Less, first, second);
                all.add_branches(self, (a, b), own, is_a);
            }
            Binary::Less | Binary::LessEqual => {
                if let Some(slope) = surrogates.slopes.get(&id) {
                    let product = all.guards.times_surrogate(self, own, *slope);
                    all.add(self, b, product);
                    all.add_negative(self, a, product);
                }
            }
            Binary::Equal => {}
            Binary::Relax => {
                if all.varies(a) {
                    let slope = self.relax_by_rate(a, b);
                    all.add_product(self, a, own, slope);
                }
                if all.varies(b) {
                    let slope = self.relax_by_time(a, b);
                    all.add_product(self, b, own, slope);
                }
            }
            // b = e⁻ᵃ is a function of a.
            Binary::InvExprelOf => {
                let slope = self.slope(Unary::InvExprel, a, id);
                all.add_product(self, a, own, slope);
            }
        }
    }
}

impl Adjoints {
    fn varies(&self, id: Id) -> bool {
        self.varies[id.index()]
    }

    /// Adds to the adjoint of a node, if it has a derivative.
    fn add(&mut self, graph: &mut Graph, to: Id, share: Guarded) {
        if !self.varies(to) || graph.value(share.value) == Some(0.0) {
            return;
        }
        let sum = match self.of[to.index()] {
            Some(known) => self.guards.sum(graph, known, share),
            None => share,
        };
        self.of[to.index()] = Some(sum);
    }

    fn add_product(&mut self, graph: &mut Graph, to: Id, share: Guarded, slope: Id) {
        if self.varies(to) {
            let product = Guards::times(graph, share, slope);
            self.add(graph, to, product);
        }
    }

    fn add_negative(&mut self, graph: &mut Graph, to: Id, share: Guarded) {
        if self.varies(to) {
            let negative = share.negative(graph);
            self.add(graph, to, negative);
        }
    }

    fn add_branches(&mut self, graph: &mut Graph, (yes, no): (Id, Id), share: Guarded, condition: Id) {
        for (to, is_not_zero) in [(yes, true), (no, false)] {
            if self.varies(to) {
                let branch = self.guards.branch(graph, share, condition, is_not_zero);
                self.add(graph, to, branch);
            }
        }
    }
}
