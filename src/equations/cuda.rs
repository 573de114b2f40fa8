//! The step of a program as CUDA C, with the operations of the tape.

use super::graph::{Binary, Graph, Id, Leaf, Node, Unary};
use super::print::unary_name;
use super::program::StepProgram;
use super::tape::purpose;
use crate::numeric::rng::Stream;
use std::collections::HashSet;
use std::fmt::Write;

/// The headers that a text needs.
pub(crate) const INCLUDES: &str = "#include \"math.cuh\"\n#include \"philox.cuh\"\n#include \"system.cuh\"\n\n";

/// The CUDA text of a pointwise program. The fields of `struct Params` are the parameters that differ
/// between units; those of `struct State` are the states.
pub(crate) fn text(program: &StepProgram, inputs: usize) -> String {
    let mut out = String::from(INCLUDES);
    out.push_str(&structure("Params", &[("p", program.each.len())]));
    out.push_str(&structure("State", &[("s", program.after.len())]));
    out.push_str("\n__device__ __forceinline__ acc_t step(State& s, Input x, const Params& p, const Tick& at) {\n");
    let leaf = |leaf| match leaf {
        Leaf::State(k) => Some(format!("s.s{k}")),
        Leaf::Input(_) if inputs == 1 => Some("x".to_owned()),
        Leaf::Input(k) => Some(format!("x.port[{k}]")),
        _ => None,
    };
    let stored: Vec<(String, Id)> = program.after.iter().enumerate().map(|(k, id)| (format!("s.s{k}"), *id)).collect();
    out.push_str(&body(&program.graph, &stored, Some(program.output), &leaf));
    out.push_str("    return y;\n}\n");
    out
}

/// A structure with numbered fields of some letters.
pub(crate) fn structure(name: &str, fields: &[(&str, usize)]) -> String {
    let all = fields.iter().flat_map(|(letter, count)| (0..*count).map(move |k| format!("{letter}{k}")));
    let list: Vec<String> = all.collect();
    if list.is_empty() {
        format!("struct {name} {{}};\n")
    } else {
        format!("struct {name} {{ acc_t {}; }};\n", list.join(", "))
    }
}

/// The lines that compute these results and store them, and the output as `y`. `leaf` has the names of states
/// and inputs.
pub(crate) fn body(
    graph: &Graph,
    stored: &[(String, Id)],
    output: Option<Id>,
    leaf: &dyn Fn(Leaf) -> Option<String>,
) -> String {
    let mut out = String::new();
    let roots: Vec<Id> = stored.iter().map(|(_, id)| *id).chain(output).collect();
    let uses = graph.uses(&roots);
    let name = |id: Id| match graph.node(id) {
        Node::Const(bits) => constant(f64::from_bits(bits)),
        Node::Leaf(Leaf::Param(k)) => format!("p.p{k}"),
        Node::Leaf(Leaf::Time) => "acc_t(at.t)".to_owned(),
        Node::Leaf(Leaf::Dt) => "acc_t(at.dt)".to_owned(),
        Node::Leaf(from) => leaf(from).unwrap_or_else(|| format!("v{}", id.index())),
        _ => format!("v{}", id.index()),
    };
    for (id, node) in graph.all().filter(|(id, _)| uses[id.index()] > 0) {
        if let Some(value) = value(node, &name) {
            let _ = writeln!(out, "    const acc_t v{} = {value};", id.index());
        }
    }
    if let Some(output) = output {
        let _ = writeln!(out, "    const acc_t y = {};", name(output));
    }
    // The stored values change after all operations: no operation reads a changed one.
    let places: HashSet<&str> = stored.iter().map(|(place, _)| place.as_str()).collect();
    let mut stores = String::new();
    for (k, (place, id)) in stored.iter().enumerate() {
        let mut value = name(*id);
        if value == *place {
            continue;
        }
        if places.contains(value.as_str()) {
            let _ = writeln!(out, "    const acc_t moved{k} = {value};");
            value = format!("moved{k}");
        }
        let _ = writeln!(stores, "    {place} = {value};");
    }
    out + &stores
}

/// A constant with the bits that the tape has.
fn constant(value: f64) -> String {
    // 17 digits determine an f64.
    format!("acc_t({value:.17e})")
}

/// The value of a node that is a line of its own.
fn value(node: Node, name: &dyn Fn(Id) -> String) -> Option<String> {
    Some(match node {
        Node::Leaf(leaf @ (Leaf::Normal(_) | Leaf::Uniform(_))) => {
            let (hash, stream) = Stream::named(0, &purpose(leaf)?).parts();
            let arguments = format!("at.seed ^ (u64)at.node << 40 ^ {hash}ull, {stream}u, at.cell, at.i");
            match leaf {
                Leaf::Normal(_) => format!("acc_t(random_normal({arguments}))"),
                _ => format!("acc_t(random_uniform({arguments}))"),
            }
        }
        Node::Const(_) | Node::Leaf(_) => return None,
        Node::Unary(Unary::Neg, a) => format!("-{}", name(a)),
        Node::Unary(Unary::Sqrt, a) => format!("sqrt({})", name(a)),
        Node::Unary(f, a) => format!("math::{}({})", unary_name(f), name(a)),
        Node::Binary(f, a, b) => {
            let (a, b) = (name(a), name(b));
            match f {
                Binary::Add => format!("{a} + {b}"),
                Binary::Sub => format!("{a} - {b}"),
                Binary::Mul => format!("{a} * {b}"),
                Binary::Div => format!("{a} / {b}"),
                Binary::Min => format!("{a} < {b} ? {a} : {b}"),
                Binary::Max => format!("{a} > {b} ? {a} : {b}"),
                Binary::Less => format!("{a} < {b} ? acc_t(1) : acc_t(0)"),
                Binary::LessEqual => format!("{a} <= {b} ? acc_t(1) : acc_t(0)"),
                Binary::Equal => format!("{a} == {b} ? acc_t(1) : acc_t(0)"),
                Binary::Relax => format!("math::relax({a}, {b})"),
                Binary::InvExprelOf => format!("math::inv_exprel_of({a}, {b})"),
            }
        }
        Node::Fma(a, b, c) => format!("fma({}, {}, {})", name(a), name(b), name(c)),
        Node::Select(a, b, c) => format!("{} == acc_t(0) ? {} : {}", name(a), name(c), name(b)),
    })
}
