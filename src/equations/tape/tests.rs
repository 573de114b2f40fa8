//! Joined operations have the bits of single ones.

use super::{Units, compile};
use crate::equations::evaluate::Evaluator;
use crate::equations::graph::{Binary, Graph, Id, Leaf, Unary};
use crate::equations::properties::{LEAVES, at, count, with_constants, with_trees};
use crate::equations::tape::code::Code;
use crate::system::{Inputs, Shared, Tick};
use std::collections::HashSet;

const UNITS: usize = 19;
const STATES: usize = 3;

/// Makes a step of a graph whose states stay, and compares its output with a scalar interpreter. `values` are
/// those of [`LEAVES`]. Returns the operations that the step has.
fn compare(graph: &Graph, id: Id, values: &[f64], text: &dyn Fn() -> String) -> Vec<Code> {
    let mut graph = graph.clone();
    let after: Vec<Id> = (0..STATES).map(|k| graph.leaf(Leaf::State(k as u16))).collect();
    let tape = compile::<f64>(&graph, &after, id).unwrap();
    let of_unit = |leaf: Leaf, unit: usize| match leaf {
        Leaf::State(_) | Leaf::Input(_) => at(values, leaf) * (1.0 + 0.1 * unit as f64),
        leaf => at(values, leaf),
    };
    let array = |leaf: Leaf| (0..UNITS).map(|unit| of_unit(leaf, unit)).collect::<Vec<f64>>();
    let mut vars: Vec<Vec<f64>> = (0..STATES).map(|k| array(Leaf::State(k as u16))).collect();
    let (before, input, mut y) = (vars.clone(), array(Leaf::Input(0)), vec![f64::NAN; UNITS]);
    let shared = Shared::new(7);
    let now = Tick { i: 3, t: at(values, Leaf::Time), dt: at(values, Leaf::Dt), shared: &shared };
    let mut slices: Vec<&mut [f64]> = vars.iter_mut().map(Vec::as_mut_slice).collect();
    let place = Units { first: 0, row: UNITS, node: 0 };
    let each: Vec<Vec<f64>> = (0..3).map(|k| array(Leaf::Param(k))).collect();
    tape.step(now, place, &Inputs::new(&[&input]), &each, &mut slices, &mut y);
    let bits = |all: &[Vec<f64>]| all.iter().flatten().map(|x| x.to_bits()).collect::<Vec<u64>>();
    assert_eq!(bits(&vars), bits(&before));
    let mut scalar = Evaluator::new(&graph, &[id]);
    for (unit, is) in y.iter().enumerate() {
        scalar.run(|leaf| of_unit(leaf, unit));
        let expected = scalar.value(id);
        assert!(
            is.to_bits() == expected.to_bits() || is.is_nan() && expected.is_nan(),
            "unit {unit}: {is:e} and {expected:e}: {} at {values:?}: {:?}",
            text(),
            tape.ops
        );
    }
    tape.ops.iter().map(|op| op.code).collect()
}

#[test]
fn random_expressions_have_the_bits_of_a_scalar_interpreter() {
    let mut seen: HashSet<String> = HashSet::new();
    with_trees(count(20_000), |tree, values| {
        let mut graph = Graph::default();
        let id = tree.node(&mut graph);
        let (constant, constant_id) = with_constants(&graph, id, values);
        for (graph, id) in [(graph, id), (constant, constant_id)] {
            let (shared, ids) = graph.shared::<f64>(&[id]);
            let (fused, ids) = shared.fused(&ids);
            for (graph, id) in [(&graph, id), (&fused, ids[0])] {
                seen.extend(compare(graph, id, values, &|| tree.text()).iter().map(|code| format!("{code:?}")));
            }
        }
    });
    println!("{} operations", seen.len());
    for code in [
        Code::FmaAffine,
        Code::FmaFma,
        Code::AffineFma,
        Code::SumFma,
        Code::MulMul,
        Code::Square,
        Code::Within,
        Code::ChooseRR,
        Code::ChooseRK,
        Code::ChooseKR,
        Code::ChooseKK,
        Code::ChooseAffine,
        Code::NotInAndIn,
    ] {
        assert!(seen.contains(&format!("{code:?}")), "{code:?} is not tested: {seen:?}");
    }
}

/// The operations of an expression of two states, a and b.
fn operations(make: impl Fn(&mut Graph, [Id; 2]) -> Id) -> Vec<Code> {
    let mut graph = Graph::default();
    let (a, b) = (graph.leaf(LEAVES[0]), graph.leaf(LEAVES[1]));
    let id = make(&mut graph, [a, b]);
    let mut all = Vec::new();
    for [a, b] in [[0.7, -0.4], [-3.0, 2.5], [0.0, -0.0], [-0.0, 1e-320], [f64::NAN, 1.0], [800.0, f64::INFINITY]] {
        all = compare(&graph, id, &[a, b, 0.2, 0.0, 0.0, 0.0, 0.0, 1.0, 0.1], &|| "two states".to_owned());
    }
    // The rest are copies of results.
    all.retain(|code| *code != Code::Copy);
    all
}

#[test]
fn steps_of_exponential_euler_are_one_operation() {
    let step = |graph: &mut Graph, rate: Id, slope: Id, x: Id| {
        let time = graph.constant(0.1);
        let factor = graph.binary(Binary::Relax, rate, time);
        graph.fma(slope, factor, x)
    };
    let linear = |scale: f64| {
        move |graph: &mut Graph, [rate, x]: [Id; 2]| {
            let scale = graph.constant(scale);
            let constant = graph.leaf(LEAVES[2]);
            let constant = graph.binary(Binary::Mul, constant, scale);
            let minus = graph.unary(Unary::Neg, x);
            let slope = graph.fma(minus, rate, constant);
            step(graph, rate, slope, x)
        }
    };
    assert_eq!(operations(linear(1.0)), [Code::RelaxLinear]);
    assert_eq!(operations(linear(0.07)), [Code::RelaxLinear]);
    let sloped = operations(|graph, [rate, x]| {
        let (scale, offset) = (graph.constant(2.0), graph.constant(-0.3));
        let rate = graph.fma(rate, scale, offset);
        let slope = graph.leaf(LEAVES[2]);
        step(graph, rate, slope, x)
    });
    assert_eq!(sloped, [Code::RelaxFma]);
}

#[test]
fn shared_exponentials_are_one_operation_with_their_arguments() {
    let e = operations(|graph, [a, _]| {
        let (scale, offset) = (graph.constant(-0.5), graph.constant(3.0));
        let x = graph.fma(a, scale, offset);
        graph.unary(Unary::Exp, x)
    });
    assert_eq!(e, [Code::Exp]);
    let quotient = operations(|graph, [a, b]| {
        let (scale, offset) = (graph.constant(0.1), graph.constant(4.0));
        let (x, e) = (graph.fma(a, scale, offset), graph.binary(Binary::Mul, b, scale));
        graph.binary(Binary::InvExprelOf, x, e)
    });
    assert_eq!(quotient, [Code::InvExprelOf]);
    let power = operations(|graph, [a, b]| {
        let (high, low) = (graph.constant(50.0), graph.constant(0.01));
        let product = graph.binary(Binary::Mul, a, b);
        let below = graph.binary(Binary::Min, high, product);
        graph.binary(Binary::Max, low, below)
    });
    assert_eq!(power, [Code::WithinMul]);
}

#[test]
fn comparisons_with_constants_are_intervals() {
    for k in [0.0, 1.5, -2.0, f64::INFINITY, f64::NEG_INFINITY, f64::NAN, f64::MAX, 5e-324] {
        for f in [Binary::Less, Binary::LessEqual, Binary::Equal] {
            for constant_first in [false, true] {
                operations(|graph, [a, _]| {
                    let k = graph.constant(k);
                    let (a, b) = if constant_first { (k, a) } else { (a, k) };
                    graph.binary(f, a, b)
                });
            }
        }
    }
}
