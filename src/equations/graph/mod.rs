//! Expressions as a graph in which equal expressions are one node.
//!
//! A node's operands come before it, so that each pass is one loop over the nodes. Constants are
//! `f64`; the programs made of a graph round them to their element type.

mod adjoint;
mod derivative;
mod fold;
mod fuse;
mod guard;
mod hoist;
mod share;
mod sign;
mod singularity;

pub(crate) use adjoint::Surrogates;
use std::collections::HashMap;

/// A node's number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct Id(u32);

impl Id {
    /// The place of the node among all nodes.
    pub(crate) fn index(self) -> usize {
        self.0 as usize
    }
}

/// A value that an expression reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Leaf {
    /// A state variable.
    State(u16),
    /// A constant of each unit.
    Param(u16),
    /// An input.
    Input(u16),
    /// The time at the start of the step, in ms.
    Time,
    /// The length of a step, in ms.
    Dt,
    /// A standard normal number of this unit and step.
    Normal(u16),
    /// A uniform number of this unit and step.
    Uniform(u16),
}

/// A function of one argument.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Unary {
    Neg,
    Abs,
    Sqrt,
    Exp,
    Expm1,
    Log,
    Tanh,
    Sin,
    Cos,
    /// (eˣ − 1)/x, 1 at 0.
    Exprel,
    /// The derivative of `Exprel`.
    ExprelSlope,
    /// x/(1 − e⁻ˣ), 1 at 0.
    InvExprel,
    /// e⁻ˣ, with the rounding of models.
    ExpNeg,
    /// x/(1 − e⁻ˣ) for |x| ≤ ½.
    InvExprelNear,
    /// 1/x in the range of normal numbers.
    Reciprocal,
}

/// A function of two arguments. Comparisons are 1 or 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Binary {
    Add,
    Sub,
    Mul,
    Div,
    /// The first argument if it is below the second one, otherwise the second one.
    Min,
    /// The first argument if it is above the second one, otherwise the second one.
    Max,
    Less,
    LessEqual,
    Equal,
    /// (1 − e^{−a·b})/a for a rate a and a time b: the factor of a slope in a step of exponential
    /// Euler.
    Relax,
    /// a/(1 − b) for b = e⁻ᵃ, 1 at 0: [`Unary::InvExprel`] from an exponential that other nodes share.
    InvExprelOf,
}

/// A node.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Node {
    /// The bits of an `f64`.
    Const(u64),
    Leaf(Leaf),
    Unary(Unary, Id),
    Binary(Binary, Id, Id),
    /// a·b + c, rounded once.
    Fma(Id, Id, Id),
    /// The second argument if the first one is not 0, otherwise the third one.
    Select(Id, Id, Id),
}

impl Node {
    /// The operands.
    pub(crate) fn operands(self) -> impl Iterator<Item = Id> {
        let all = match self {
            Self::Const(_) | Self::Leaf(_) => [None; 3],
            Self::Unary(_, a) => [Some(a), None, None],
            Self::Binary(_, a, b) => [Some(a), Some(b), None],
            Self::Fma(a, b, c) | Self::Select(a, b, c) => [Some(a), Some(b), Some(c)],
        };
        all.into_iter().flatten()
    }
}

/// The most nodes of a graph.
pub(crate) const NODES: usize = 200_000;
/// The most nodes that all passes together visit. A pass that makes nodes counts as [`MAKING`] visits. The
/// limit is reached after about a second.
const WORK: usize = 10_000_000;
const MAKING: usize = 8;

/// The graph.
#[derive(Clone, Debug, Default)]
pub(crate) struct Graph {
    nodes: Vec<Node>,
    /// Whether a node depends on nothing but constants and parameters.
    fixed: Vec<bool>,
    known: HashMap<Node, Id>,
    /// The number of nodes that passes have visited.
    work: usize,
    /// The rules of folding that are in use.
    rules: fold::Rules,
}

impl Graph {
    /// The node, which is added if the graph has none equal to it.
    fn add_node(&mut self, node: Node) -> Id {
        if let Some(id) = self.known.get(&node) {
            return *id;
        }
        let id = Id(self.nodes.len() as u32);
        let fixed = match node {
            Node::Const(_) | Node::Leaf(Leaf::Param(_) | Leaf::Dt) => true,
            Node::Leaf(_) => false,
            _ => node.operands().all(|operand| self.fixed[operand.index()]),
        };
        self.nodes.push(node);
        self.fixed.push(fixed);
        self.known.insert(node, id);
        id
    }

    /// A node as it is, without the rules of [`unary`](Self::unary) and of the other operations. The result
    /// has the roundings of the recorded operations.
    pub(crate) fn recorded(&mut self, node: Node) -> Id {
        self.add_node(node)
    }

    /// A leaf, if the graph has it.
    pub(crate) fn known_leaf(&self, leaf: Leaf) -> Option<Id> {
        self.known.get(&Node::Leaf(leaf)).copied()
    }

    /// The number of nodes.
    pub(crate) fn len(&self) -> usize {
        self.nodes.len()
    }

    /// All nodes, operands first.
    pub(crate) fn all(&self) -> impl Iterator<Item = (Id, Node)> + '_ {
        (0_u32..).map(Id).zip(self.nodes.iter().copied())
    }

    /// A node.
    pub(crate) fn node(&self, id: Id) -> Node {
        self.nodes[id.index()]
    }

    /// The value of a constant.
    pub(crate) fn value(&self, id: Id) -> Option<f64> {
        match self.node(id) {
            Node::Const(bits) => Some(f64::from_bits(bits)),
            _ => None,
        }
    }

    /// Whether a node depends on nothing but constants and parameters, so that its value is known when
    /// a loop is built.
    pub(crate) fn is_fixed(&self, id: Id) -> bool {
        self.fixed[id.index()]
    }

    /// The nodes that these depend on, and themselves.
    pub(crate) fn reached(&self, roots: &[Id]) -> Vec<bool> {
        let mut reached = vec![false; self.len()];
        roots.iter().for_each(|root| reached[root.index()] = true);
        for k in (0..self.len()).rev() {
            if reached[k] {
                self.nodes[k].operands().for_each(|operand| reached[operand.index()] = true);
            }
        }
        reached
    }

    /// Whether the graph has too many nodes, or the passes over it have visited too many.
    pub(crate) fn is_too_large(&self) -> bool {
        self.len() > NODES || self.work > WORK
    }

    /// The numbers of the nodes that these depend on, and their own, operands first.
    fn order(&mut self, roots: &[Id]) -> Vec<Id> {
        let mut seen = vec![false; self.len()];
        let mut order: Vec<Id> = Vec::new();
        let mut stack: Vec<Id> = roots.to_vec();
        while let Some(id) = stack.pop() {
            if !std::mem::replace(&mut seen[id.index()], true) {
                order.push(id);
                stack.extend(self.node(id).operands());
            }
        }
        order.sort_unstable();
        // The memory of a pass is as long as the graph.
        self.work += order.len() + self.len() / 64;
        order
    }

    /// The leaves that these nodes depend on, in the order of their numbers.
    pub(crate) fn leaves(&mut self, roots: &[Id]) -> Vec<Leaf> {
        let order = self.order(roots);
        let leaf = |id: Id| if let Node::Leaf(leaf) = self.nodes[id.index()] { Some(leaf) } else { None };
        order.into_iter().filter_map(leaf).collect()
    }

    /// The degree of a node as a polynomial in some leaves: 0, 1, or 2 for all others.
    pub(crate) fn degree(&mut self, of: Id, is_variable: impl Fn(Leaf) -> bool) -> u8 {
        let mut degrees = vec![0_u8; of.index() + 1];
        for id in self.order(&[of]) {
            let at = |id: Id| degrees[id.index()];
            let node = self.node(id);
            let of_function = || if node.operands().any(|operand| at(operand) > 0) { 2 } else { 0 };
            degrees[id.index()] = match node {
                Node::Const(_) => 0,
                Node::Leaf(leaf) => u8::from(is_variable(leaf)),
                Node::Unary(Unary::Neg, a) => at(a),
                Node::Binary(Binary::Add | Binary::Sub, a, b) => at(a).max(at(b)),
                Node::Binary(Binary::Mul, a, b) => 2.min(at(a) + at(b)),
                Node::Binary(Binary::Div, a, b) if at(b) == 0 => at(a),
                Node::Fma(a, b, c) => 2.min(at(a) + at(b)).max(at(c)),
                Node::Select(condition, a, b) if at(condition) == 0 => at(a).max(at(b)),
                _ => of_function(),
            };
        }
        degrees[of.index()]
    }

    /// The same expressions with other nodes in the place of some leaves.
    pub(crate) fn replaced(&mut self, roots: &[Id], mut leaf: impl FnMut(Leaf) -> Option<Id>) -> Vec<Id> {
        let order = self.order(roots);
        self.work += (MAKING - 1) * order.len();
        let mut new: Vec<Id> = vec![Id(0); self.len()];
        for id in order {
            let at = |id: Id| new[id.index()];
            new[id.index()] = match self.node(id) {
                Node::Const(_) => id,
                Node::Leaf(from) => leaf(from).unwrap_or(id),
                Node::Unary(f, a) => self.unary(f, at(a)),
                Node::Binary(f, a, b) => self.binary(f, at(a), at(b)),
                Node::Fma(a, b, c) => self.fma(at(a), at(b), at(c)),
                Node::Select(a, b, c) => self.select(at(a), at(b), at(c)),
            };
        }
        roots.iter().map(|root| new[root.index()]).collect()
    }

    /// The same expressions in a new graph, with other nodes in the place of the leaves.
    pub(crate) fn rebuilt(&self, roots: &[Id], leaf: impl FnMut(&mut Self, Leaf) -> Id) -> (Self, Vec<Id>) {
        let mut to = Self::default();
        let roots = to.import(self, roots, leaf);
        (to, roots)
    }

    /// Adds the expressions of another graph, with other nodes in the place of the leaves.
    pub(crate) fn import(&mut self, from: &Self, roots: &[Id], mut leaf: impl FnMut(&mut Self, Leaf) -> Id) -> Vec<Id> {
        let reached = from.reached(roots);
        let mut new = vec![Id(0); from.len()];
        for k in 0..from.len() {
            if reached[k] {
                let at = |id: Id| new[id.index()];
                new[k] = match from.nodes[k] {
                    Node::Const(bits) => self.constant(f64::from_bits(bits)),
                    Node::Leaf(from) => leaf(self, from),
                    Node::Unary(f, a) => self.unary(f, at(a)),
                    Node::Binary(f, a, b) => self.binary(f, at(a), at(b)),
                    Node::Fma(a, b, c) => self.fma(at(a), at(b), at(c)),
                    Node::Select(a, b, c) => self.select(at(a), at(b), at(c)),
                };
            }
        }
        roots.iter().map(|root| new[root.index()]).collect()
    }

    /// The same nodes with other leaves. Leaves that differ stay different.
    pub(crate) fn relabelled(&self, leaf: impl Fn(Leaf) -> Leaf) -> Self {
        let mut to = self.clone();
        for node in &mut to.nodes {
            if let Node::Leaf(from) = node {
                *from = leaf(*from);
            }
        }
        to.known = to.all().map(|(id, node)| (node, id)).collect();
        to
    }
}
