//! Recorded equations as CUDA C: the operations of the record, one expression for each result.
//!
//! A value that has one reader stands where it is read. The other values have names, and so has each call
//! of a function: the calls stand in the order of the equations, which needs fewer registers. A comparison
//! is the condition of selects alone, as [`Traced`](super::traced::Traced) records it.

use super::graph::{Binary, Graph, Id, Leaf, Node, Unary};
use super::print::unary_name;
use super::traced::{IS_DOUBLE, Record};
use std::collections::HashMap;
use std::fmt::Write;

/// The most characters of an expression on a line.
const LONGEST: usize = 110;

/// How strongly an operator binds; a higher one binds more strongly.
const TERNARY: u8 = 1;
const COMPARISON: u8 = 4;
const SUM: u8 = 5;
const PRODUCT: u8 = 6;
const SIGN: u8 = 7;
const ATOM: u8 = 9;

/// An expression, and how strongly its operator binds.
type Printed = (String, u8);

/// The lines that compute named values, and the expressions of the results. `leaf` has the names of the
/// values that the equations read.
pub(crate) fn text(Record { graph, results }: &Record, leaf: &dyn Fn(Leaf) -> String) -> (String, Vec<String>) {
    let uses = graph.uses(results);
    let mut texts: HashMap<Id, Printed> = HashMap::new();
    let (mut lines, mut count) = (String::new(), 0);
    for (id, node) in graph.all().filter(|(id, _)| uses[id.index()] > 0) {
        let (text, binds) = print(graph, node, leaf, |id| texts.get(&id).cloned().unwrap_or_default());
        let is_atom = matches!(node, Node::Const(_) | Node::Leaf(_));
        let is_long = text.len() > LONGEST && !results.contains(&id);
        let printed = if !is_atom && (uses[id.index()] > 1 || is_long || is_call(node)) {
            count += 1;
            let kind = if is_comparison(node) { "bool" } else { "acc_t" };
            // Writing to a String never fails.
            let _ = writeln!(lines, "    const {kind} v{count} = {text};");
            (format!("v{count}"), ATOM)
        } else {
            (text, binds)
        };
        texts.insert(id, printed);
    }
    let results = results.iter().map(|id| texts.get(id).map(|(text, _)| text.clone()).unwrap_or_default());
    (lines, results.collect())
}

/// Whether a node is the call of a function that takes many operations.
fn is_call(node: Node) -> bool {
    matches!(node, Node::Unary(f, _) if !matches!(f, Unary::Neg | Unary::Abs | Unary::Sqrt | Unary::Reciprocal))
}

fn is_comparison(node: Node) -> bool {
    matches!(node, Node::Binary(Binary::Less | Binary::LessEqual | Binary::Equal, ..))
}

/// A constant, which the CUDA compiler rounds to the type of arithmetic as Rust does.
fn constant(value: f64) -> String {
    if value.is_finite() {
        format!("acc_t({value:?})")
    } else {
        format!("acc_t(__longlong_as_double({:#x}ll))", value.to_bits())
    }
}

/// The text of a node, whose operands have these texts.
fn print(graph: &Graph, node: Node, leaf: &dyn Fn(Leaf) -> String, at: impl Fn(Id) -> Printed) -> Printed {
    let within = |id: Id, least: u8| {
        let (text, binds) = at(id);
        if binds < least { format!("({text})") } else { text }
    };
    let free = |id: Id| at(id).0;
    match node {
        Node::Const(bits) => (constant(f64::from_bits(bits)), ATOM),
        Node::Leaf(IS_DOUBLE) => ("acc_t(sizeof(acc_t) == 8)".to_owned(), ATOM),
        Node::Leaf(from) => (leaf(from), ATOM),
        Node::Unary(Unary::Neg, a) => (format!("-{}", within(a, ATOM)), SIGN),
        Node::Unary(Unary::Sqrt, a) => (format!("sqrt({})", free(a)), ATOM),
        Node::Unary(f, a) => (format!("math::{}({})", unary_name(f), free(a)), ATOM),
        Node::Binary(f, a, b) => {
            let between = |sign: &str, own: u8| (format!("{} {sign} {}", within(a, own), within(b, own + 1)), own);
            let called = |name: &str| (format!("math::{name}({}, {})", free(a), free(b)), ATOM);
            match f {
                Binary::Add => between("+", SUM),
                Binary::Sub => between("-", SUM),
                Binary::Mul => between("*", PRODUCT),
                Binary::Div => between("/", PRODUCT),
                Binary::Less => between("<", COMPARISON),
                Binary::LessEqual => between("<=", COMPARISON),
                Binary::Equal => between("==", COMPARISON),
                Binary::Min => called("at_most"),
                Binary::Max => called("at_least"),
                Binary::Relax => called("relax"),
                Binary::InvExprelOf => called("inv_exprel_of"),
            }
        }
        Node::Fma(a, b, c) => (format!("fma({}, {}, {})", free(a), free(b), free(c)), ATOM),
        Node::Select(condition, a, b) => {
            let test = if is_comparison(graph.node(condition)) { "" } else { " != acc_t(0)" };
            let branch = |id| within(id, TERNARY + 1);
            (format!("{}{test} ? {} : {}", within(condition, COMPARISON), branch(a), branch(b)), TERNARY)
        }
    }
}
