//! The signs that values have for all arguments.

use super::{Binary, Graph, Id, Node, Unary};

/// The least value of [`Sign::Above`], whose reciprocal is finite in `f32`.
const LEAST: f64 = 1e-30;

/// What is known of a value that is a number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Sign {
    /// Nothing.
    Unknown,
    /// It is 0 or more.
    NotNegative,
    /// It is so far above 0 that its reciprocal is finite.
    Above,
}

impl Graph {
    /// The signs of the nodes that these depend on, and their own.
    pub(super) fn signs(&mut self, roots: &[Id]) -> Vec<Sign> {
        let mut signs = vec![Sign::Unknown; self.len()];
        for id in self.order(roots) {
            let at = |id: Id| signs[id.index()];
            signs[id.index()] = match self.node(id) {
                Node::Const(bits) => match f64::from_bits(bits) {
                    LEAST.. => Sign::Above,
                    0.0.. => Sign::NotNegative,
                    _ => Sign::Unknown,
                },
                // In `f32`, e⁻⁸⁷ is the least value.
                Node::Unary(Unary::Exp, _) => Sign::Above,
                Node::Unary(Unary::Abs | Unary::Sqrt | Unary::Exprel | Unary::InvExprel, _) => Sign::NotNegative,
                Node::Binary(Binary::Add, a, b) => sum(at(a), at(b)),
                Node::Binary(Binary::Mul, a, b) => product((a, at(a)), (b, at(b))),
                Node::Fma(a, b, c) => sum(product((a, at(a)), (b, at(b))), at(c)),
                Node::Binary(Binary::Min, a, b) => at(a).min(at(b)),
                Node::Binary(Binary::Max, a, b) => at(a).max(at(b)),
                Node::Binary(Binary::Less | Binary::LessEqual | Binary::Equal, ..) => Sign::NotNegative,
                Node::Select(_, a, b) => at(a).min(at(b)),
                _ => Sign::Unknown,
            };
        }
        signs
    }
}

fn sum(a: Sign, b: Sign) -> Sign {
    if a.min(b) == Sign::Unknown { Sign::Unknown } else { a.max(b) }
}

/// A product of two values far above 0 may be near to 0.
fn product((a, of_a): (Id, Sign), (b, of_b): (Id, Sign)) -> Sign {
    if a == b || of_a.min(of_b) > Sign::Unknown { Sign::NotNegative } else { Sign::Unknown }
}
