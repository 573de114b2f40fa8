//! The step of a program as CUDA C, with the operations of the tape.

use super::graph::{Binary, Id, Leaf, Node, Unary};
use super::print::unary_name;
use super::program::StepProgram;
use super::tape::purpose;
use crate::numeric::rng::Stream;
use std::fmt::Write;

/// The CUDA text of a pointwise program. The fields of `struct Params` are the parameters that differ
/// between units; those of `struct State` are the states.
pub(crate) fn text(program: &StepProgram, inputs: usize) -> String {
    let mut out = String::from("#include \"math.cuh\"\n#include \"philox.cuh\"\n#include \"system.cuh\"\n\n");
    let fields = |name: &str, letter: char, count: usize| {
        let list: Vec<String> = (0..count).map(|k| format!("{letter}{k}")).collect();
        if list.is_empty() {
            format!("struct {name} {{}};\n")
        } else {
            format!("struct {name} {{ acc_t {}; }};\n", list.join(", "))
        }
    };
    out.push_str(&fields("Params", 'p', program.each.len()));
    out.push_str(&fields("State", 's', program.after.len()));
    out.push_str("\n__device__ __forceinline__ acc_t step(State& s, Input x, const Params& p, const Tick& at) {\n");
    let mut roots = program.after.clone();
    roots.push(program.output);
    let uses = program.graph.uses(&roots);
    let name = |id: Id| match program.graph.node(id) {
        Node::Const(bits) => constant(f64::from_bits(bits)),
        Node::Leaf(Leaf::State(k)) => format!("s.s{k}"),
        Node::Leaf(Leaf::Param(k)) => format!("p.p{k}"),
        Node::Leaf(Leaf::Input(_)) if inputs == 1 => "x".to_owned(),
        Node::Leaf(Leaf::Input(k)) => format!("x.port[{k}]"),
        Node::Leaf(Leaf::Time) => "acc_t(at.t)".to_owned(),
        Node::Leaf(Leaf::Dt) => "acc_t(at.dt)".to_owned(),
        _ => format!("v{}", id.index()),
    };
    for (id, node) in program.graph.all().filter(|(id, _)| uses[id.index()] > 0) {
        if let Some(value) = value(node, &name) {
            let _ = writeln!(out, "    const acc_t v{} = {value};", id.index());
        }
    }
    // The states change after all operations: no operation reads a changed one.
    let moved: Vec<(usize, Id)> = program.after.iter().copied().enumerate().collect();
    let is_other =
        |k: usize, id: Id| matches!(program.graph.node(id), Node::Leaf(Leaf::State(s)) if usize::from(s) != k);
    let _ = writeln!(out, "    const acc_t y = {};", name(program.output));
    for (k, id) in moved.iter().filter(|(k, id)| is_other(*k, *id)) {
        let _ = writeln!(out, "    const acc_t moved{k} = {};", name(*id));
    }
    for (k, id) in moved {
        let value = if is_other(k, id) { format!("moved{k}") } else { name(id) };
        if value != format!("s.s{k}") {
            let _ = writeln!(out, "    s.s{k} = {value};");
        }
    }
    out.push_str("    return y;\n}\n");
    out
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
            }
        }
        Node::Fma(a, b, c) => format!("fma({}, {}, {})", name(a), name(b), name(c)),
        Node::Select(a, b, c) => format!("{} == acc_t(0) ? {} : {}", name(a), name(c), name(b)),
    })
}
