//! The two programs of an adjoint.

use super::Forward;
use crate::equations::adjoint::{Adjoint, AdjointOptions, text::cuda_text};
use crate::equations::evaluate::Evaluator;
use crate::equations::graph::{Id, Leaf};
use crate::equations::samples::examples;
use crate::equations::tape::{Units, purpose};
use crate::integrator::Method;
use crate::numeric::rng::Stream;
use crate::system::param::Param;
use crate::system::{Shared, Tick};

/// The options with all gradients that a text has.
pub(super) fn everything(forward: &Forward) -> AdjointOptions {
    let mut options = AdjointOptions::default();
    if forward.step.step.spike.is_some() {
        let with = options.clone().surrogate("sigmoid".parse().unwrap());
        if forward.adjoint(&with).is_ok() {
            options = with;
        }
    }
    let names = forward.model.params.iter().map(|param| param.name.clone());
    let by: Vec<String> = names.filter(|name| forward.adjoint(&options.clone().by([name])).is_ok()).collect();
    options.by(by)
}

#[test]
fn the_tape_of_an_adjoint_computes_what_a_scalar_interpreter_computes() {
    let units = 37;
    for (name, text) in examples() {
        for method in [Method::ExpAuto, Method::Rk4] {
            let dt = 0.05;
            let forward = Forward::new(&text, method, dt);
            let mut params = forward.params();
            if let Some(first) = params.first_mut() {
                let value = first.at(0);
                *first = Param::Each((0..units).map(|k| value * (1.0 + 0.001 * k as f64)).collect());
            }
            let options = everything(&forward);
            let program = forward.model.adjoint::<f64>(method, dt, &params, &options).unwrap();
            let adjoint = Adjoint::<f64>::new(&program).unwrap();
            let read = program.states + program.inputs.len() + 1;
            let before: Vec<Vec<f64>> = (0..read)
                .map(|s| (0..units).map(|k| [0.3, -40.0][k % 2] * (s + 1) as f64 + 0.01 * k as f64).collect())
                .collect();
            let before: Vec<&[f64]> = before.iter().map(Vec::as_slice).collect();
            let start: Vec<Vec<f64>> = (0..program.after.len())
                .map(|s| (0..units).map(|k| 1.0 + s as f64 - 0.03 * k as f64).collect())
                .collect();
            let (mut adjoints, mut inputs) = (start.clone(), vec![vec![f64::NAN; units]; program.inputs.len()]);
            let shared = Shared::new(7);
            let at = Tick { i: 3, t: 3.0 * dt, dt, shared: &shared };
            {
                let mut adjoints: Vec<&mut [f64]> = adjoints.iter_mut().map(Vec::as_mut_slice).collect();
                let mut inputs: Vec<&mut [f64]> = inputs.iter_mut().map(Vec::as_mut_slice).collect();
                let place = Units { first: 0, row: units, node: 0 };
                adjoint.step(at, place, &before, &mut adjoints, &mut inputs);
            }
            let roots: Vec<Id> = program.after.iter().chain(&program.inputs).copied().collect();
            let mut scalar = Evaluator::new(&program.graph, &roots);
            for k in 0..units {
                scalar.run(|leaf| match leaf {
                    Leaf::State(s) => start[usize::from(s)][k],
                    Leaf::Param(p) => program.each[usize::from(p)][k],
                    Leaf::Input(s) => before[usize::from(s)][k],
                    Leaf::Time => at.t,
                    Leaf::Dt => dt,
                    Leaf::Normal(_) | Leaf::Uniform(_) => {
                        let stream = Stream::of_node(7, 0, &purpose(leaf).unwrap());
                        let is_normal = matches!(leaf, Leaf::Normal(_));
                        if is_normal { f64::from(stream.normal(k as u64, 3)) } else { stream.uniform(k as u64, 3) }
                    }
                });
                for (s, (is, root)) in adjoints.iter().chain(&inputs).zip(&roots).enumerate() {
                    let (is, expected) = (is[k], scalar.value(*root));
                    assert!(
                        is.to_bits() == expected.to_bits() || is.is_nan() && expected.is_nan(),
                        "{name} {method}, unit {k}, result {s}: {is} and {expected}"
                    );
                }
            }
        }
    }
}

#[test]
fn the_texts_of_adjoints_have_all_results() {
    for (name, text) in examples() {
        let forward = Forward::new(&text, Method::ExpAuto, 0.1);
        let program = forward.adjoint(&everything(&forward)).unwrap().program;
        let cuda = cuda_text(&program);
        let lines = forward.model.adjoint_lines(&program);
        for state in &forward.model.states {
            let start = format!("old adj_{} = ", state.name);
            assert!(lines.iter().any(|line| line.starts_with(&start)), "{name}: {lines:?}");
        }
        for k in 0..program.inputs.len() {
            assert!(cuda.contains(&format!("a.x{k} = ")), "{name}: {cuda}");
        }
        assert!(!cuda.contains("inf") && !cuda.contains("NaN") && !lines.join(" ").contains('?'), "{name}: {cuda}");
        assert!(cuda.ends_with("}\n") && cuda.contains("void adjoint(Adjoint& a, const State& s, "));
    }
}

/// The operations of a step and of its adjoint with all gradients.
#[test]
fn an_adjoint_has_a_few_times_the_operations_of_its_step() {
    use crate::equations::print::operations;
    use crate::equations::tape::compile;
    for (name, text) in examples() {
        let forward = Forward::new(&text, Method::ExpAuto, 0.1);
        let step = forward.model.program::<f32>(Method::ExpAuto, 0.1, &forward.params()).unwrap();
        let tape = compile::<f32>(&step.graph, &step.after, step.output).unwrap();
        let count = |all: Vec<(String, usize)>| all.iter().map(|(_, count)| count).sum::<usize>();
        let of = |options: &AdjointOptions| {
            let program = forward.adjoint(options).unwrap().program;
            let tape = Adjoint::<f32>::new(&program).unwrap().tape;
            let roots: Vec<_> = program.after.iter().chain(&program.inputs).copied().collect();
            (count(operations(&program.graph, &roots)), tape.registers())
        };
        let (step, registers) = (count(operations(&step.graph, &step.after)), tape.registers());
        let (states, all) = (of(&AdjointOptions::default()), of(&everything(&forward)));
        println!(
            "{name}: step {step} operations, {registers} registers; adjoint of states and inputs {}, {}; with all \
             gradients {}, {}",
            states.0, states.1, all.0, all.1
        );
        assert!(states.0 < 6 * step + 20, "{name}: {states:?} and {step}");
    }
}

#[test]
fn adjoints_of_hodgkin_and_huxley_in_single_precision_are_finite_far_from_rest() {
    let text = examples().into_iter().find(|(name, _)| name == "hh").unwrap().1;
    let forward = Forward::new(&text, Method::ExpAuto, 0.05);
    let program =
        forward.model.adjoint::<f32>(Method::ExpAuto, 0.05, &forward.params(), &everything(&forward)).unwrap();
    let adjoint = Adjoint::<f32>::new(&program).unwrap();
    let units = 21;
    let v: Vec<f32> = (0..units).map(|k| -500.0 + 40.0 * k as f32).collect();
    let (gate, zero, input) = (vec![0.3; units], vec![0.0; units], vec![10.0; units]);
    let before: [&[f32]; 8] = [&v, &gate, &gate, &gate, &zero, &zero, &input, &gate];
    let mut adjoints = vec![vec![1.0_f32; units]; program.after.len()];
    let mut of_input = vec![0.0_f32; units];
    let shared = Shared::new(7);
    let at = Tick { i: 0, t: 0.0, dt: 0.05, shared: &shared };
    let mut all: Vec<&mut [f32]> = adjoints.iter_mut().map(Vec::as_mut_slice).collect();
    adjoint.step(at, Units { first: 0, row: units, node: 0 }, &before, &mut all, &mut [&mut of_input]);
    assert!(adjoints.iter().flatten().chain(&of_input).all(|x| x.is_finite()), "{adjoints:?} {of_input:?}");
}
