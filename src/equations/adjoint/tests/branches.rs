//! Adjoints of branches: a branch that is not chosen has the adjoint 0, however steep it is.

use super::Forward;
use crate::equations::adjoint::AdjointOptions;
use crate::equations::evaluate::Evaluator;
use crate::equations::graph::{Binary, Graph, Id, Leaf, Surrogates, Unary};
use crate::equations::surrogate::Surrogate;
use crate::integrator::Method;

/// The derivatives of an expression of x, y and z by them.
fn gradient(at: [f64; 3], make: impl Fn(&mut Graph, [Id; 3]) -> Id) -> [f64; 3] {
    let mut graph = Graph::default();
    let leaves = [0, 1, 2].map(Leaf::State);
    let ids = leaves.map(|leaf| graph.leaf(leaf));
    let root = make(&mut graph, ids);
    let seed = graph.leaf(Leaf::Input(0));
    let adjoints = graph.adjoint(&[root], &[seed], &leaves, &Surrogates::default());
    let known: Vec<Id> = adjoints.iter().copied().flatten().collect();
    let mut evaluator = Evaluator::new(&graph, &known);
    evaluator.run(|leaf| match leaf {
        Leaf::State(k) => at[usize::from(k)],
        _ => 1.0,
    });
    [0, 1, 2].map(|k| adjoints[k].map_or(0.0, |id| evaluator.value(id)))
}

fn less(graph: &mut Graph, a: Id, b: Id) -> Id {
    graph.binary(Binary::Less, a, b)
}

/// An expression of x and y.
type Expression<'e> = &'e dyn Fn(&mut Graph, Id, Id) -> Id;

#[test]
fn a_steep_branch_that_is_not_chosen_has_no_adjoint() {
    // where(x > 0, sqrt(x), 0), and the same with log(x), 1/x and sqrt(x·y).
    let kinds: [Expression<'_>; 4] = [
        &|graph, x, _| graph.unary(Unary::Sqrt, x),
        &|graph, x, _| graph.unary(Unary::Log, x),
        &|graph, x, y| graph.binary(Binary::Div, y, x),
        &|graph, x, y| {
            let xy = graph.binary(Binary::Mul, x, y);
            graph.unary(Unary::Sqrt, xy)
        },
    ];
    for (k, kind) in kinds.iter().enumerate() {
        let of = |at| {
            gradient(at, |graph, [x, y, _]| {
                let zero = graph.constant(0.0);
                let steep = kind(graph, x, y);
                let is_above = less(graph, zero, x);
                graph.select(is_above, steep, zero)
            })
        };
        assert_eq!(of([0.0, 2.0, 0.0]), [0.0; 3], "kind {k}");
        assert!(of([4.0, 2.0, 0.0])[0] != 0.0);
    }
    // The chosen branch keeps its slope: where(x < 1, sqrt(x), x).
    let chosen = |x: f64| {
        gradient([x, 0.0, 0.0], |graph, [x, ..]| {
            let (one, root) = (graph.constant(1.0), graph.unary(Unary::Sqrt, x));
            let is_below = less(graph, x, one);
            graph.select(is_below, root, x)
        })[0]
    };
    assert_eq!((chosen(0.0), chosen(0.25), chosen(2.0)), (f64::INFINITY, 1.0, 1.0));
}

#[test]
fn a_steep_node_of_several_branches_has_no_adjoint_where_none_is_chosen() {
    let of = |at| {
        gradient(at, |graph, [x, y, z]| {
            let zero = graph.constant(0.0);
            let root = graph.unary(Unary::Sqrt, x);
            let (first, second) = (less(graph, zero, y), less(graph, zero, z));
            let first = graph.select(first, root, y);
            let second = graph.select(second, root, z);
            graph.binary(Binary::Add, first, second)
        })
    };
    assert_eq!(of([0.0, -1.0, -1.0]), [0.0, 1.0, 1.0]);
    assert_eq!(of([0.25, 1.0, -1.0]), [1.0, 0.0, 1.0]);
    assert_eq!(of([0.25, 1.0, 1.0]), [2.0, 0.0, 0.0]);
    // Branches in branches, deeper than the limit of conditions.
    let deep = |x: f64, y: f64| {
        gradient([x, y, 0.0], |graph, [x, y, _]| {
            let mut value = graph.unary(Unary::Log, x);
            for k in 0..30 {
                let limit = graph.constant(f64::from(k));
                let is_above = less(graph, limit, y);
                let other = graph.binary(Binary::Mul, y, limit);
                value = graph.select(is_above, value, other);
                value = graph.unary(Unary::Sin, value);
            }
            value
        })[0]
    };
    assert_eq!(deep(0.0, 7.0), 0.0);
    assert!(deep(0.5, 40.0).is_finite() && deep(0.5, 40.0) != 0.0);
}

#[test]
fn both_branches_of_one_condition_are_one_select() {
    let mut graph = Graph::default();
    let [x, y] = [0, 1].map(|k| graph.leaf(Leaf::State(k)));
    let seed = graph.leaf(Leaf::Input(0));
    let three = graph.constant(3.0);
    let scaled = graph.binary(Binary::Mul, x, three);
    let root = graph.select(y, scaled, x);
    let adjoint = graph.adjoint(&[root], &[seed], &[Leaf::State(0)], &Surrogates::default())[0].unwrap();
    let scaled = graph.binary(Binary::Mul, seed, three);
    assert_eq!(adjoint, graph.select(y, scaled, seed));
}

#[test]
fn ties_have_the_derivative_of_the_second_argument() {
    for f in [Binary::Min, Binary::Max] {
        let of = |at| gradient(at, |graph, [x, y, _]| graph.binary(f, x, y));
        assert_eq!(of([2.0, 2.0, 0.0]), [0.0, 1.0, 0.0], "{f:?}");
        assert_eq!(of([1.0, 2.0, 0.0])[0] == 1.0, f == Binary::Min);
    }
    let abs = |x| gradient([x, 0.0, 0.0], |graph, [x, ..]| graph.unary(Unary::Abs, x))[0];
    assert_eq!([abs(-2.0), abs(0.0), abs(2.0)], [-1.0, 1.0, 1.0]);
}

#[test]
fn the_decay_of_exponential_euler_has_its_derivatives_at_and_near_zero() {
    let of = |a, b| gradient([a, b, 0.0], |graph, [a, b, _]| graph.binary(Binary::Relax, a, b));
    for b in [0.01, 0.1, 1.0] {
        for a in [-8.0, -1.0, -1e-3, -1e-9, 1e-12, 1e-6, 0.2, 1.0, 3.0, 8.0] {
            let [by_a, by_b, _] = of(a, b);
            // The sum by a from its own terms: −Σ n·(−a)ⁿ⁻¹·bⁿ⁺¹/(n + 1)!.
            let (mut term, mut expected) = (b * b / 2.0, 0.0);
            for n in 1..80 {
                let n = f64::from(n);
                expected -= n * term;
                term *= -a * b / (n + 2.0);
            }
            assert!((by_a - expected).abs() <= 1e-12 * expected.abs(), "∂a at {a}, {b}: {by_a} and {expected}");
            let expected = (-a * b).exp();
            assert!((by_b - expected).abs() <= 1e-12 * expected.abs(), "∂b at {a}, {b}: {by_b} and {expected}");
        }
        let [by_a, by_b, _] = of(0.0, b);
        assert!((by_a + b * b / 2.0).abs() <= 1e-15 * b * b && by_b == 1.0, "{by_a} {by_b}");
    }
}

#[test]
fn a_reset_that_changes_nothing_gives_another_branch_no_slope_of_the_spike() {
    // The condition of the branch is that of the spike, and the reset leaves x as the branch makes it.
    let text = "y' = 1\nstate y = 0\nstate x = 0\neach step: x = where(y > 0, y, 0)\nspike when y > 0\nreset x = x";
    let forward = Forward::new(text, Method::Euler, 0.05);
    let backward = forward.adjoint(&AdjointOptions::default().surrogate(Surrogate::Sigmoid { alpha: 4.0 })).unwrap();
    let mut adjoints = [0.0, 1.0, 0.0];
    backward.run(&[0.5, 0.0, 0.0], &forward.at(0, 0.0), 0.0, &mut adjoints);
    assert_eq!(adjoints[..2], [1.0, 0.0]);
}
