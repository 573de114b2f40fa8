//! The equations of the release models of the library. They run on the host as they are, and
//! `kernels/include/release_models.cuh` is generated from the record of their operations.
//!
//! A function has the constants of a release model, 1 if a spike arrives in the step and otherwise 0, and
//! the variables of a source. It returns the variables after the step, and the amount.

use crate::network::plan::release::CONSTANTS;
use crate::numeric::arithmetic::Arithmetic;
use crate::numeric::math::exp;

/// Smaller values become 0, as in `receptor_step`: subnormal numbers are slow.
const NOTHING: f64 = 1e-30;

#[inline(always)]
fn flushed<A: Arithmetic>(x: A) -> A {
    A::select_less(x.abs(), A::of(NOTHING), A::of(0.0), x)
}

/// `yes` if the condition is above 0, otherwise `no`.
#[inline(always)]
fn if_positive<A: Arithmetic>(condition: A, yes: A, no: A) -> A {
    A::select_less(A::of(0.0), condition, yes, no)
}

/// Short-term plasticity.
#[inline(always)]
pub(super) fn stp<A: Arithmetic>(c: &[A; CONSTANTS], came: A, [u, x]: [A; 2]) -> ([A; 2], A) {
    let one = A::of(1.0);
    let (u, x) = (flushed(u * c[0]), (x - one).mul_add(c[1], one));
    let after = c[2].mul_add(one - u, u);
    let amount = after * x;
    ([if_positive(came, after, u), if_positive(came, x - amount, x)], if_positive(came, amount, A::of(0.0)))
}

/// A step of a pulse of transmitter: x, which relaxes to the level of the pulse or to 0, and the pulse's
/// remaining steps.
#[inline(always)]
fn pulse<A: Arithmetic>(c: &[A], came: A, x: A, left: A) -> (A, A) {
    let left = if_positive(came, c[3], left);
    let x = if_positive(left, (x - c[1]).mul_add(c[0], c[1]), flushed(x * c[2]));
    (x, if_positive(left, left - A::of(1.0), A::of(0.0)))
}

/// A receptor that a pulse of transmitter opens.
#[inline(always)]
pub(super) fn ampa<A: Arithmetic>(c: &[A; CONSTANTS], came: A, [g, left]: [A; 2]) -> ([A; 2], A) {
    let (g, left) = pulse(&c[..4], came, g, left);
    ([g, left], g)
}

/// The gating variable g after a step with constant x.
#[inline(always)]
fn opened<A: Arithmetic>(c: &[A; CONSTANTS], g: A, x: A) -> A {
    let opens = c[0] * x;
    let rate = opens + c[1];
    let limit = opens / rate;
    flushed((g - limit).mul_add(exp(-(rate * c[2])), limit))
}

/// A receptor of second order.
#[inline(always)]
pub(super) fn nmda<A: Arithmetic>(c: &[A; CONSTANTS], came: A, [g, x]: [A; 2]) -> ([A; 2], A) {
    let g = opened(c, g, x);
    let x = flushed(x * c[3]);
    ([g, if_positive(came, x + A::of(1.0), x)], g)
}

/// A receptor of second order that a pulse of transmitter opens.
#[inline(always)]
pub(super) fn bio_nmda<A: Arithmetic>(c: &[A; CONSTANTS], came: A, [g, x, left]: [A; 3]) -> ([A; 3], A) {
    let g = opened(c, g, x);
    let (x, left) = pulse(&c[3..], came, x, left);
    ([g, x, left], g)
}

#[cfg(test)]
mod tests {
    use super::{CONSTANTS, ampa, bio_nmda, nmda, stp};
    use crate::equations::graph::Leaf;
    use crate::equations::trace_text;
    use crate::equations::traced::{Traced, record};
    use std::fmt::Write;
    use std::path::Path;

    /// The CUDA function of a release model with this comment.
    fn function<const N: usize>(
        (name, comment): (&str, &str),
        step: impl FnOnce(&[Traced; CONSTANTS], Traced, [Traced; N]) -> ([Traced; N], Traced),
    ) -> String {
        let record = record(|| {
            let (vars, amount) = step(&Traced::params(), Traced::leaf(Leaf::Input(0)), Traced::states());
            vars.into_iter().chain([amount]).collect()
        });
        let (lines, results) = trace_text::text(&record, &|leaf| match leaf {
            Leaf::State(k) => format!("x[{k}]"),
            Leaf::Param(k) => format!("c[{k}].value"),
            _ => "came".to_owned(),
        });
        let mut text = format!(
            "\n// {comment}\n__device__ __forceinline__ acc_t {name}_step(const Value* c, acc_t came, acc_t* x) {{\n{lines}"
        );
        for (k, result) in results.iter().enumerate() {
            let name = if k == N { "amount".to_owned() } else { format!("x{k}") };
            writeln!(text, "    const acc_t {name} = {result};").unwrap();
        }
        for k in 0..N {
            writeln!(text, "    x[{k}] = x{k};").unwrap();
        }
        text + "    return amount;\n}\n"
    }

    /// `GENERATED=write` writes the file.
    #[test]
    fn generated_files_of_release_models() {
        let mut text = "// Generated from the equations in Rust: src/network/host/release_models.rs. A function has the\n\
                        // constants of a release model, 1 if a spike arrives in the step and otherwise 0, and the variables\n\
                        // of a source, which it changes. It returns the amount that the source releases.\n\
                        #pragma once\n#include \"math.cuh\"\n#include \"deliver.cuh\"\n"
            .to_owned();
        text += &function(("stp", "Short-term plasticity."), stp);
        text += &function(("ampa", "A receptor that a pulse of transmitter opens."), ampa);
        text += &function(("nmda", "A receptor of second order."), nmda);
        text += &function(("bio_nmda", "A receptor of second order that a pulse of transmitter opens."), bio_nmda);
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("kernels/include/release_models.cuh");
        if std::env::var_os("GENERATED").is_some_and(|how| how == "write") {
            std::fs::write(&path, &text).unwrap();
        }
        let written = std::fs::read_to_string(&path).unwrap_or_default();
        assert!(written == text, "GENERATED=write cargo test --lib generated_files writes {}", path.display());
    }
}
