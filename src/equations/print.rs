//! Graphs as text, in the words of the language.

use super::graph::{Binary, Graph, Id, Leaf, Node, Unary};
use std::cmp::Reverse;
use std::collections::{BTreeMap, HashMap};

/// The most characters of an expression in a message.
const LONGEST: usize = 200;

/// How strongly an operator binds; a higher one binds more strongly.
const SUM: u8 = 5;
const PRODUCT: u8 = 6;
const SIGN: u8 = 7;
const ATOM: u8 = 9;

/// The name of a function of one argument.
pub(crate) fn unary_name(f: Unary) -> &'static str {
    match f {
        Unary::Neg => "-",
        Unary::Abs => "abs",
        Unary::Sqrt => "sqrt",
        Unary::Exp => "exp",
        Unary::Expm1 => "expm1",
        Unary::Log => "log",
        Unary::Tanh => "tanh",
        Unary::Sin => "sin",
        Unary::Cos => "cos",
        Unary::Exprel => "exprel",
        Unary::ExprelSlope => "exprel_slope",
        Unary::InvExprel => "inv_exprel",
        Unary::ExpNeg => "exp_neg",
        Unary::InvExprelNear => "inv_exprel_near",
        Unary::Reciprocal => "reciprocal",
    }
}

/// A node as text, and how strongly its operator binds.
type Printed = (String, u8);

/// A number, with as many digits as it needs.
fn number(value: f64) -> Printed {
    let text = crate::error::Number(value).to_string();
    let binds = if text.starts_with('-') { SIGN } else { ATOM };
    (text, binds)
}

/// The text of a node, whose operands have these texts.
fn print(node: Node, leaf: &dyn Fn(Leaf) -> String, at: impl Fn(Id) -> Printed) -> Printed {
    let within = |id: Id, least: u8| {
        let (text, binds) = at(id);
        if binds < least { format!("({text})") } else { text }
    };
    let free = |id: Id| at(id).0;
    match node {
        Node::Const(bits) => number(f64::from_bits(bits)),
        Node::Leaf(from) => (leaf(from), ATOM),
        Node::Unary(Unary::Neg, a) => (format!("-{}", within(a, SIGN)), SIGN),
        Node::Unary(f, a) => (format!("{}({})", unary_name(f), free(a)), ATOM),
        Node::Binary(f, a, b) => {
            let between = |sign: &str, own: u8| (format!("{} {sign} {}", within(a, own), within(b, own + 1)), own);
            // A comparison has two sides.
            let compared = |sign: &str| (format!("{} {sign} {}", within(a, SUM), within(b, SUM)), SUM - 1);
            let called = |name: &str| (format!("{name}({}, {})", free(a), free(b)), ATOM);
            match f {
                Binary::Add => between("+", SUM),
                Binary::Sub => between("-", SUM),
                Binary::Mul => between("*", PRODUCT),
                Binary::Div => between("/", PRODUCT),
                Binary::Less => compared("<"),
                Binary::LessEqual => compared("<="),
                Binary::Equal => compared("=="),
                Binary::Min => called("min"),
                Binary::Max => called("max"),
                Binary::Relax => called("relax"),
                Binary::InvExprelOf => called("inv_exprel_of"),
            }
        }
        Node::Fma(a, b, c) => (format!("fma({}, {}, {})", free(a), free(b), free(c)), ATOM),
        Node::Select(a, b, c) => (format!("where({}, {}, {})", free(a), free(b), free(c)), ATOM),
    }
}

/// The names of the operations that these results need, and how often each occurs.
pub(crate) fn operations(graph: &Graph, roots: &[Id]) -> Vec<(String, usize)> {
    let reached = graph.reached(roots);
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for (_, node) in graph.all().filter(|(id, _)| reached[id.index()]) {
        let name = match node {
            Node::Const(_) | Node::Leaf(_) => continue,
            Node::Unary(Unary::Neg, _) => "negate",
            Node::Unary(f, _) => unary_name(f),
            Node::Binary(f, ..) => match f {
                Binary::Add => "add",
                Binary::Sub => "subtract",
                Binary::Mul => "multiply",
                Binary::Div => "divide",
                Binary::Less | Binary::LessEqual | Binary::Equal => "compare",
                Binary::Min => "min",
                Binary::Max => "max",
                Binary::Relax => "relax",
                Binary::InvExprelOf => "inv_exprel_of",
            },
            Node::Fma(..) => "fma",
            Node::Select(..) => "where",
        };
        *counts.entry(name).or_default() += 1;
    }
    let mut all: Vec<(String, usize)> = counts.into_iter().map(|(name, count)| (name.to_owned(), count)).collect();
    all.sort_by_key(|(_, count)| Reverse(*count));
    all
}

/// An expression, shortened if it is long.
pub(crate) fn expression(graph: &Graph, id: Id, leaf: &dyn Fn(Leaf) -> String) -> String {
    let reached = graph.reached(&[id]);
    let mut texts: HashMap<Id, Printed> = HashMap::new();
    for (own, node) in graph.all().filter(|(own, _)| reached[own.index()]) {
        let (text, binds) = print(node, leaf, |id| texts.get(&id).cloned().unwrap_or_default());
        let short = if text.chars().count() > LONGEST { ("…".to_owned(), ATOM) } else { (text, binds) };
        texts.insert(own, short);
    }
    texts.remove(&id).unwrap_or_default().0
}

/// A graph as lines `name = expression`: one for each node that has several uses, then the results by
/// their names.
pub(crate) fn lines(graph: &Graph, roots: &[(String, Id)], leaf: &dyn Fn(Leaf) -> String) -> Vec<String> {
    let ids: Vec<Id> = roots.iter().map(|(_, id)| *id).collect();
    let uses = graph.uses(&ids);
    let mut texts: HashMap<Id, Printed> = HashMap::new();
    let mut lines = Vec::new();
    for (own, node) in graph.all().filter(|(own, _)| uses[own.index()] > 0) {
        let (text, binds) = print(node, leaf, |id| texts.get(&id).cloned().unwrap_or_default());
        let is_named = !matches!(node, Node::Const(_) | Node::Leaf(_)) && (uses[own.index()] > 1 || text.len() > 90);
        let printed = if is_named {
            let name = format!("_{}", lines.len() + 1);
            lines.push(format!("{name} = {text}"));
            (name, ATOM)
        } else {
            (text, binds)
        };
        texts.insert(own, printed);
    }
    for (name, id) in roots {
        lines.push(format!("{name} = {}", texts.get(id).map_or("", |(text, _)| text)));
    }
    lines
}
