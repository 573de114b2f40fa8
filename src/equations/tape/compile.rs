//! A graph to a tape: the order of operations, and their registers.

use super::code::Op;
use super::join::joined;
use super::operation::{Virtual, operation};
use super::purpose;
use crate::equations::graph::{Graph, Id, Leaf, Node};
use crate::numeric::rng::Stream;
use crate::numeric::scalar::Real;
use std::collections::HashMap;

/// The operations of a step, and the meaning of its registers. The first registers are the states' own
/// memory and that of the results; the others belong to a block.
#[derive(Clone, Debug)]
pub(crate) struct Tape<R> {
    pub(super) ops: Vec<Op<R>>,
    /// The number of states and results.
    pub(super) arrays: usize,
    /// The leaves beside states, which are loaded before the operations, into registers in this order,
    /// and the streams of those that are random numbers, for seed 0.
    pub(super) loads: Vec<(Leaf, Stream)>,
    /// The number of registers of a block.
    pub(super) temporaries: usize,
}

/// Compiles a graph: the states after the step, and the output. `None` if it needs more registers than
/// a tape can number.
pub(crate) fn compile<R: Real>(graph: &Graph, after: &[Id], output: Id) -> Option<Tape<R>> {
    compile_all(graph, after, &[output])
}

/// Compiles a graph with any number of results beside the states.
pub(crate) fn compile_all<R: Real>(graph: &Graph, after: &[Id], results: &[Id]) -> Option<Tape<R>> {
    let roots: Vec<Id> = after.iter().chain(results).copied().collect();
    let order = order(graph, &roots);
    let operations = joined(order.into_iter().filter_map(|id| operation::<R>(graph, id)).collect(), &roots);
    Allocation::new(graph, after.len(), roots.len()).all(graph, &roots, operations)
}

/// The nodes that are operations of their own, each after its operands: of two operands the one with
/// the longer way comes first, which needs fewer registers.
fn order(graph: &Graph, roots: &[Id]) -> Vec<Id> {
    let mut depth = vec![0_u32; graph.len()];
    for (id, node) in graph.all() {
        let deepest = node.operands().map(|operand| depth[operand.index()]).max();
        depth[id.index()] = deepest.map_or(0, |deepest| deepest + 1);
    }
    let mut done = vec![false; graph.len()];
    let mut order = Vec::new();
    for root in roots {
        // A node, and whether its operands are done.
        let mut stack = vec![(*root, false)];
        while let Some((id, ready)) = stack.pop() {
            if done[id.index()] {
                continue;
            }
            let node = graph.node(id);
            if matches!(node, Node::Const(_) | Node::Leaf(_)) {
                done[id.index()] = true;
                continue;
            }
            if ready {
                done[id.index()] = true;
                order.push(id);
                continue;
            }
            stack.push((id, true));
            let mut operands: Vec<Id> = node.operands().collect();
            // The last one that is pushed comes first.
            operands.sort_by_key(|operand| depth[operand.index()]);
            stack.extend(operands.into_iter().map(|operand| (operand, false)));
        }
    }
    order
}

/// Assigns registers to the results of operations.
struct Allocation {
    states: usize,
    /// The number of states and results.
    arrays: usize,
    /// The register of each node that has one.
    registers: HashMap<Id, u16>,
    loads: Vec<(Leaf, Stream)>,
    /// The next register, and those that are free again.
    next: usize,
    free: Vec<u16>,
}

impl Allocation {
    fn new(graph: &Graph, states: usize, arrays: usize) -> Self {
        let mut registers = HashMap::new();
        for (id, node) in graph.all() {
            if let Node::Leaf(Leaf::State(k)) = node {
                registers.insert(id, k);
            }
        }
        Self { states, arrays, registers, loads: Vec::new(), next: arrays, free: Vec::new() }
    }

    /// A register of a block.
    fn temporary(&mut self) -> Option<u16> {
        self.free.pop().or_else(|| {
            self.next += 1;
            u16::try_from(self.next - 1).ok()
        })
    }

    /// The registers of the leaves that operations and results need.
    fn load(&mut self, graph: &Graph, used: impl Iterator<Item = Id>) -> Option<()> {
        for id in used {
            if let Node::Leaf(leaf) = graph.node(id)
                && !self.registers.contains_key(&id)
            {
                let register = self.temporary()?;
                self.registers.insert(id, register);
                self.loads.push((leaf, Stream::named(0, &purpose(leaf).unwrap_or_default())));
            }
        }
        Some(())
    }

    fn all<R: Real>(mut self, graph: &Graph, roots: &[Id], operations: Vec<Virtual<R>>) -> Option<Tape<R>> {
        let used = operations.iter().flat_map(|op| op.operands.into_iter().flatten()).chain(roots.iter().copied());
        self.load(graph, used)?;
        // The last operation that reads each node.
        let mut last: HashMap<Id, usize> = HashMap::new();
        for (k, op) in operations.iter().enumerate() {
            op.operands.iter().flatten().for_each(|operand| {
                last.insert(*operand, k);
            });
        }
        let count = operations.len();
        let is_result = |id: Id| roots.contains(&id);
        let mut ops = Vec::with_capacity(count + roots.len());
        // Results that are other states at the start are copied before these are overwritten.
        let mut moved: HashMap<usize, u16> = HashMap::new();
        for (k, root) in roots.iter().enumerate() {
            if let Node::Leaf(Leaf::State(state)) = graph.node(*root)
                && usize::from(state) != k
            {
                let register = self.temporary()?;
                ops.push(Op::copy(register, state));
                moved.insert(k, register);
            }
        }
        for (k, op) in operations.iter().enumerate() {
            let mut numbers = [0_u16; 3];
            for (number, operand) in numbers.iter_mut().zip(op.operands) {
                if let Some(operand) = operand {
                    *number = *self.registers.get(&operand)?;
                }
            }
            for operand in op.operands.iter().flatten() {
                if last.get(operand) == Some(&k)
                    && !is_result(*operand)
                    && let Some(register) = self.registers.get(operand)
                    && usize::from(*register) >= self.arrays
                    && !self.free.contains(register)
                {
                    self.free.push(*register);
                }
            }
            // A result goes to its state, if no later operation reads the state as it was.
            let own = roots.iter().take(self.states).position(|root| *root == op.result).map(|state| state as u16);
            let direct = own.filter(|state| {
                let at_start = |(id, node): (Id, Node)| (node == Node::Leaf(Leaf::State(*state))).then_some(id);
                let leaf = graph.all().find_map(at_start);
                leaf.is_none_or(|leaf| last.get(&leaf).is_none_or(|last| *last <= k))
            });
            let d = match direct {
                Some(state) => state,
                None => self.temporary()?,
            };
            self.registers.insert(op.result, d);
            ops.push(Op { code: op.code, d, registers: numbers, constants: op.constants });
        }
        // The other results.
        for (k, root) in roots.iter().enumerate() {
            let d = u16::try_from(k).ok()?;
            match (graph.value(*root), moved.get(&k)) {
                (Some(value), _) => ops.push(Op::fill(d, R::of(value))),
                (None, Some(from)) => ops.push(Op::copy(d, *from)),
                (None, None) => {
                    let from = *self.registers.get(root)?;
                    if from != d {
                        ops.push(Op::copy(d, from));
                    }
                }
            }
        }
        let temporaries = self.next - self.arrays;
        Some(Tape { ops, arrays: self.arrays, loads: self.loads, temporaries })
    }
}
