//! Adjoints within branches: a value, and the conditions under which it is not 0.
//!
//! The adjoint of the branch of a select is 0 where the other branch is chosen, and the slopes of this
//! branch may be infinite there. 0·∞ is NaN. An adjoint is therefore multiplied by slopes as if its branch
//! were chosen, and becomes 0 by a select afterwards, where it meets adjoints of other branches.

use super::{Binary, Graph, Id, MAKING, Unary};

/// The most conditions on an adjoint. Each meeting of two adjoints takes at most this number of selects.
const DEEPEST: u32 = 8;

/// An adjoint: `value` where its conditions hold, and 0 elsewhere.
#[derive(Clone, Copy, Debug)]
pub(super) struct Guarded {
    pub(super) value: Id,
    /// The number of the last condition in [`Guards`]; `None` without one.
    last: Option<u32>,
    /// Whether the value may be infinite or NaN where [`Guard::NotZero`] has the value 0.
    risky: bool,
}

impl Guarded {
    /// An adjoint without conditions.
    pub(super) fn free(value: Id) -> Self {
        Self { value, last: None, risky: false }
    }

    /// The opposite adjoint.
    pub(super) fn negative(self, graph: &mut Graph) -> Self {
        Self { value: graph.unary(Unary::Neg, self.value), ..self }
    }
}

/// A condition.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Guard {
    /// The node is not 0, if the flag is set, and otherwise is 0.
    Branch(Id, bool),
    /// A node is not 0, and where it is 0, so is the adjoint but for infinite factors.
    NotZero(Id),
}

/// The conditions of all adjoints of a pass. Each has the number of the condition before it, and how many
/// come before it.
#[derive(Debug, Default)]
pub(super) struct Guards(Vec<(Guard, Option<u32>, u32)>);

impl Guards {
    fn depth(&self, last: Option<u32>) -> u32 {
        last.map_or(0, |last| self.0[last as usize].2 + 1)
    }

    fn under(&mut self, adjoint: Guarded, guard: Guard) -> Guarded {
        self.0.push((guard, adjoint.last, self.depth(adjoint.last)));
        Guarded { last: Some(self.0.len() as u32 - 1), ..adjoint }
    }

    /// The adjoint of a branch, which is chosen where the condition is not 0, or is 0.
    pub(super) fn branch(&mut self, graph: &mut Graph, adjoint: Guarded, condition: Id, is_not_zero: bool) -> Guarded {
        let mut adjoint = adjoint;
        if self.depth(adjoint.last) >= DEEPEST {
            let value = self.free(graph, adjoint);
            adjoint = self.under(Guarded::free(value), Guard::NotZero(value));
        }
        self.under(adjoint, Guard::Branch(condition, is_not_zero))
    }

    /// An adjoint times a slope.
    pub(super) fn times(graph: &mut Graph, adjoint: Guarded, slope: Id) -> Guarded {
        let value = graph.binary(Binary::Mul, adjoint.value, slope);
        let risky = adjoint.risky || adjoint.last.is_some() && !graph.is_fixed(slope);
        Guarded { value, risky, ..adjoint }
    }

    /// An adjoint over a divisor.
    pub(super) fn over(graph: &mut Graph, adjoint: Guarded, divisor: Id) -> Guarded {
        let value = graph.binary(Binary::Div, adjoint.value, divisor);
        let risky = adjoint.risky || adjoint.last.is_some() && !graph.is_fixed(divisor);
        Guarded { value, risky, ..adjoint }
    }

    /// An adjoint times the slope of a surrogate. It is 0 where the slope is 0, also if the adjoint is infinite.
    pub(super) fn times_surrogate(&mut self, graph: &mut Graph, adjoint: Guarded, slope: Id) -> Guarded {
        let value = graph.binary(Binary::Mul, adjoint.value, slope);
        self.under(Guarded { value, risky: true, ..adjoint }, Guard::NotZero(slope))
    }

    /// The same adjoint without its last condition.
    fn lifted(&self, graph: &mut Graph, adjoint: Guarded) -> Guarded {
        let Some(last) = adjoint.last else { return adjoint };
        let (guard, before, _) = self.0[last as usize];
        let zero = graph.constant(0.0);
        graph.work += MAKING;
        let value = match guard {
            Guard::Branch(condition, true) => graph.select(condition, adjoint.value, zero),
            Guard::Branch(condition, false) => graph.select(condition, zero, adjoint.value),
            Guard::NotZero(of) if adjoint.risky => graph.select(of, adjoint.value, zero),
            // A multiple of 0 with finite factors.
            Guard::NotZero(_) => adjoint.value,
        };
        Guarded { value, last: before, risky: adjoint.risky && before.is_some() }
    }

    /// The value of an adjoint, 0 where its conditions do not hold.
    pub(super) fn free(&self, graph: &mut Graph, adjoint: Guarded) -> Id {
        let mut adjoint = adjoint;
        while adjoint.last.is_some() {
            adjoint = self.lifted(graph, adjoint);
        }
        adjoint.value
    }

    /// Both branches of one select as one value, if these are its adjoints.
    fn joined(&self, graph: &mut Graph, a: Guarded, b: Guarded) -> Option<Guarded> {
        let (of_a, before, _) = self.0[a.last? as usize];
        let (of_b, other, _) = self.0[b.last? as usize];
        let (Guard::Branch(condition, is_a), Guard::Branch(same, is_b)) = (of_a, of_b) else { return None };
        if (before, condition, is_a) != (other, same, !is_b) {
            return None;
        }
        let (yes, no) = if is_a { (a, b) } else { (b, a) };
        let value = graph.select(condition, yes.value, no.value);
        Some(Guarded { value, last: before, risky: (a.risky || b.risky) && before.is_some() })
    }

    /// The sum of two adjoints.
    pub(super) fn sum(&mut self, graph: &mut Graph, a: Guarded, b: Guarded) -> Guarded {
        let (mut a, mut b) = (a, b);
        let (mut a_changes, mut b_changes) = (false, false);
        let sum = loop {
            if a.last == b.last {
                let value = graph.binary(Binary::Add, a.value, b.value);
                let sum = Guarded { value, last: a.last, risky: a.risky || b.risky };
                // One of both has no further condition.
                if !(a_changes && b_changes) {
                    return sum;
                }
                break sum;
            }
            if let Some(sum) = self.joined(graph, a, b) {
                if !(a_changes || b_changes) {
                    return sum;
                }
                break sum;
            }
            let (of_a, of_b) = (self.depth(a.last), self.depth(b.last));
            if of_a >= of_b {
                a = self.lifted(graph, a);
                a_changes = true;
            }
            if of_b >= of_a {
                b = self.lifted(graph, b);
                b_changes = true;
            }
        };
        // The sum is 0 where no branch of both is chosen.
        self.under(sum, Guard::NotZero(sum.value))
    }
}
