//! An adjoint as text.

use super::AdjointProgram;
use crate::equations::cuda;
use crate::equations::graph::Leaf;
use crate::equations::model::Model;
use crate::equations::print::lines;

impl Model {
    /// The name of a state after the step, or of the output as the last one.
    fn seed_name(&self, states: usize, k: usize) -> String {
        if k == states { "output".to_owned() } else { self.name(Leaf::State(k as u16)) }
    }

    /// The lines of an adjoint. `adj_V` is the adjoint of V after the step, `old adj_V` the one before it, and
    /// `grad_p` the gradient by the parameter p.
    pub(crate) fn adjoint_lines(&self, program: &AdjointProgram) -> Vec<String> {
        let states = program.states;
        let name = |leaf| match leaf {
            Leaf::State(k) => match usize::from(k).checked_sub(states) {
                Some(k) => format!("grad_{}", program.by.get(k).map_or("?", String::as_str)),
                None => format!("adj_{}", self.seed_name(states, usize::from(k))),
            },
            Leaf::Input(k) => match usize::from(k).checked_sub(states) {
                Some(k) if k < program.inputs.len() => self.name(Leaf::Input(k as u16)),
                Some(_) => "adj_output".to_owned(),
                None => self.name(Leaf::State(k)),
            },
            Leaf::Param(k) => format!("each{k}"),
            leaf => self.name(leaf),
        };
        let after = program.after.iter().enumerate().map(|(k, id)| {
            let when = if k < states { "old" } else { "new" };
            (format!("{when} {}", name(Leaf::State(k as u16))), *id)
        });
        let inputs = program.inputs.iter().enumerate();
        let inputs = inputs.map(|(k, id)| (format!("adj_{}", self.name(Leaf::Input(k as u16))), *id));
        lines(&program.graph, &after.chain(inputs).collect::<Vec<_>>(), &name)
    }
}

/// The adjoint as a function of CUDA C: `adjoint(a, s, x, y, p, at)`. The fields of `a` are the adjoints s0, …
/// of states, x0, … of inputs, and the gradients g0, …. `s` has the states before the step, `x` the inputs, and
/// `y` is the adjoint of the output.
pub(crate) fn cuda_text(program: &AdjointProgram) -> String {
    let (states, inputs) = (program.states, program.inputs.len());
    let of_states = |k: usize| match k.checked_sub(states) {
        Some(k) => format!("a.g{k}"),
        None => format!("a.s{k}"),
    };
    let leaf = |leaf| match leaf {
        Leaf::State(k) => Some(of_states(usize::from(k))),
        Leaf::Input(k) => Some(match usize::from(k).checked_sub(states) {
            Some(0) if inputs == 1 => "x".to_owned(),
            Some(k) if k < inputs => format!("x.port[{k}]"),
            Some(_) => "y".to_owned(),
            None => format!("s.s{k}"),
        }),
        _ => None,
    };
    let after = program.after.iter().enumerate().map(|(k, id)| (of_states(k), *id));
    let stored: Vec<_> =
        after.chain(program.inputs.iter().enumerate().map(|(k, id)| (format!("a.x{k}"), *id))).collect();
    let mut out = String::from(cuda::INCLUDES);
    out.push_str(&cuda::structure("Params", &[("p", program.each.len())]));
    out.push_str(&cuda::structure("State", &[("s", states)]));
    out.push_str(&cuda::structure("Adjoint", &[("s", states), ("x", inputs), ("g", program.by.len())]));
    out.push_str("\n__device__ __forceinline__ void adjoint(Adjoint& a, const State& s, Input x, acc_t y, ");
    out.push_str("const Params& p, const Tick& at) {\n");
    out.push_str(&cuda::body(&program.graph, &stored, None, &leaf));
    out.push_str("}\n");
    out
}
