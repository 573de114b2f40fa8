//! Properties of random expressions: folding, derivatives, fused operations and printed lines keep their
//! values.

use super::evaluate;
use super::evaluate::Evaluator;
use super::graph::{Binary, Graph, Id, Leaf, Node, Surrogates, Unary};
use super::print::lines;
use super::samples::Random;
use super::text::read;
use std::collections::HashMap;

pub(super) const LEAVES: [Leaf; 9] = [
    Leaf::State(0),
    Leaf::State(1),
    Leaf::State(2),
    Leaf::Param(0),
    Leaf::Param(1),
    Leaf::Param(2),
    Leaf::Input(0),
    Leaf::Time,
    Leaf::Dt,
];

/// An expression, as it is written.
#[derive(Clone, Debug)]
pub(super) enum Tree {
    Number(f64),
    Leaf(usize),
    Unary(Unary, Box<Tree>),
    Binary(Binary, Box<[Tree; 2]>),
    Power(Box<Tree>, u32),
    Fma(Box<[Tree; 3]>),
    Select(Box<[Tree; 3]>),
}

const SMOOTH: [Unary; 11] = [
    Unary::Neg,
    Unary::Neg,
    Unary::Sqrt,
    Unary::Exp,
    Unary::Expm1,
    Unary::Log,
    Unary::Tanh,
    Unary::Sin,
    Unary::Cos,
    Unary::Exprel,
    Unary::InvExprel,
];
const KINKED: [Binary; 5] = [Binary::Min, Binary::Max, Binary::Less, Binary::LessEqual, Binary::Equal];

impl Tree {
    /// A random expression. `simple` has arithmetic alone, which has the most rules.
    fn new(random: &mut Random, size: usize, simple: bool) -> Self {
        if size <= 1 {
            return match random.below(4) {
                0 => Self::Number([0.0, 1.0, -1.0, 2.0, 0.5, -0.25, 3.0, 1e-3, 10.0][random.below(9)]),
                _ => Self::Leaf(random.below(LEAVES.len())),
            };
        }
        let first = 1 + random.below(size - 1);
        let one = |random: &mut Random, size| Box::new(Self::new(random, size, simple));
        match random.below(if simple { 11 } else { 22 }) {
            0 => Self::Unary(Unary::Neg, one(random, size - 1)),
            k @ 1..11 => {
                let f =
                    [Binary::Add, Binary::Add, Binary::Sub, Binary::Sub, Binary::Mul, Binary::Mul, Binary::Mul][k % 7];
                let f = if k > 7 { Binary::Div } else { f };
                // What a rule joins is often alike.
                let a = Self::new(random, first, simple);
                let b = if random.below(8) == 0 { a.clone() } else { Self::new(random, size - first, simple) };
                Self::Binary(f, Box::new([a, b]))
            }
            11..17 => Self::Unary(SMOOTH[random.below(SMOOTH.len())], one(random, size - 1)),
            17 => Self::Unary([Unary::Abs, Unary::ExprelSlope][random.below(2)], one(random, size - 1)),
            18 => {
                let f = KINKED[random.below(5)];
                Self::Binary(f, Box::new([*one(random, first), *one(random, size - first)]))
            }
            19 => Self::Power(one(random, size - 1), random.below(6) as u32),
            k => {
                let part = size.div_ceil(3);
                let three = Box::new([*one(random, part), *one(random, part), *one(random, part)]);
                if k == 20 { Self::Fma(three) } else { Self::Select(three) }
            }
        }
    }

    /// x/(1 − e⁻ˣ) and its relatives, with a shift and a scale of parameters.
    fn rate(random: &mut Random) -> Self {
        let leaf = |k| Self::Leaf(k);
        let number = |x| Self::Number(x);
        let two = |f, a, b| Self::Binary(f, Box::new([a, b]));
        let (scale, shift) = match random.below(3) {
            0 => (number(4.0), number(0.37)),
            1 => (leaf(3), leaf(4)),
            _ => (number(0.1), leaf(5)),
        };
        let above = two([Binary::Sub, Binary::Add][random.below(2)], leaf(0), shift);
        let scaled = two([Binary::Div, Binary::Mul][random.below(2)], above.clone(), scale);
        let sign =
            if random.below(2) == 0 { Self::Unary(Unary::Neg, Box::new(scaled.clone())) } else { scaled.clone() };
        let e = Self::Unary(Unary::Exp, Box::new(sign));
        let under =
            if random.below(2) == 0 { two(Binary::Sub, number(1.0), e) } else { two(Binary::Sub, e, number(1.0)) };
        let over = if random.below(2) == 0 { above } else { scaled };
        two(Binary::Div, two(Binary::Mul, number(0.32), over), under)
    }

    /// The node, as the rules make it.
    pub(super) fn node(&self, graph: &mut Graph) -> Id {
        match self {
            Self::Number(x) => graph.constant(*x),
            Self::Leaf(k) => graph.leaf(LEAVES[*k]),
            Self::Unary(f, a) => {
                let a = a.node(graph);
                graph.unary(*f, a)
            }
            Self::Binary(f, both) => {
                let [a, b] = both.each_ref().map(|tree| tree.node(graph));
                graph.binary(*f, a, b)
            }
            Self::Power(a, n) => {
                let a = a.node(graph);
                graph.power(a, *n)
            }
            Self::Fma(all) => {
                let [a, b, c] = all.each_ref().map(|tree| tree.node(graph));
                graph.fma(a, b, c)
            }
            Self::Select(all) => {
                let [a, b, c] = all.each_ref().map(|tree| tree.node(graph));
                graph.select(a, b, c)
            }
        }
    }

    /// The value, and a bound of the size of its rounding errors in units of 2⁻⁵²: NaN where a value
    /// between is not finite, or a condition is near to a change.
    fn value(&self, leaves: &[f64]) -> (f64, f64) {
        let (value, error) = match self {
            Self::Number(x) => (*x, 0.0),
            Self::Leaf(k) => (leaves[*k], 0.0),
            Self::Unary(f, a) => {
                let (x, error) = a.value(leaves);
                // The square root has no slope at 0.
                let value = if *f == Unary::Sqrt && x == 0.0 { f64::NAN } else { evaluate::unary(*f, x) };
                // Exponentials end at the ends of their range.
                let exponential = [Unary::Exp, Unary::Expm1, Unary::Exprel, Unary::ExprelSlope, Unary::InvExprel];
                let value = if exponential.contains(f) && x.abs() > 200.0 { f64::NAN } else { value };
                let slope = match f {
                    Unary::Sin | Unary::Cos => 1.0,
                    _ => slope(|x| evaluate::unary(*f, x), x),
                };
                (value, error * slope + 4.0 * value.abs())
            }
            Self::Binary(f, both) => {
                let [(a, ea), (b, eb)] = both.each_ref().map(|tree| tree.value(leaves));
                let value = evaluate::binary(*f, a, b);
                let error = match f {
                    Binary::Add | Binary::Sub => ea + eb + a.abs() + b.abs(),
                    Binary::Mul => ea * b.abs() + eb * a.abs() + 2.0 * value.abs(),
                    // An operand that is not far from 0 is no divisor.
                    Binary::Div if b.abs() <= 1e6 * f64::EPSILON * eb => f64::NAN,
                    Binary::Div => (ea + eb * value.abs()) / b.abs() + 3.0 * value.abs(),
                    Binary::Min | Binary::Max => ea + eb,
                    // Near values are compared in another way after rounding.
                    _ if (a - b).abs() <= 1e3 * f64::EPSILON * (ea + eb) && ea + eb > 0.0 => f64::NAN,
                    _ => 0.0,
                };
                // A comparison with a value that is not finite has none here.
                (value + 0.0 * a + 0.0 * b, error)
            }
            Self::Power(a, n) => {
                let (x, error) = a.value(leaves);
                let value = x.powi(*n as i32);
                let slope = if *n == 0 { 0.0 } else { f64::from(*n) * x.powi(*n as i32 - 1).abs() };
                (value, error * slope + 8.0 * value.abs())
            }
            Self::Fma(all) => {
                let [(a, ea), (b, eb), (c, ec)] = all.each_ref().map(|tree| tree.value(leaves));
                (a.mul_add(b, c), ea * b.abs() + eb * a.abs() + ec + 2.0 * (a * b).abs() + c.abs())
            }
            Self::Select(all) => {
                let [(a, ea), b, c] = all.each_ref().map(|tree| tree.value(leaves));
                if a.is_nan() || a.abs() <= 1e3 * f64::EPSILON * ea && ea > 0.0 {
                    return (f64::NAN, f64::NAN);
                }
                // Both branches are finite, because a product of a select by 0 is 0.
                let (value, error) = if a != 0.0 { b } else { c };
                (value + 0.0 * b.0 + 0.0 * c.0, error)
            }
        };
        let is_known = 1e6 * f64::EPSILON * error < value.abs() + 1.0;
        if value.is_finite() && is_known && value.abs() < 1e100 { (value, error) } else { (f64::NAN, f64::NAN) }
    }

    fn parts(&self) -> Vec<&Self> {
        match self {
            Self::Number(_) | Self::Leaf(_) => Vec::new(),
            Self::Unary(_, a) | Self::Power(a, _) => vec![a],
            Self::Binary(_, all) => all.iter().collect(),
            Self::Fma(all) | Self::Select(all) => all.iter().collect(),
        }
    }

    /// A part that fails, whose own parts do not.
    fn smallest(&self, fails: &impl Fn(&Self) -> bool) -> Self {
        self.parts().into_iter().find(|part| fails(part)).map_or_else(|| self.clone(), |part| part.smallest(fails))
    }

    /// The expression in the language.
    pub(super) fn text(&self) -> String {
        match self {
            Self::Number(x) => format!("({x:?})"),
            Self::Leaf(k) => name(LEAVES[*k]),
            Self::Unary(f, a) => format!("({}({}))", super::print::unary_name(*f), a.text()),
            Self::Binary(f, both) => {
                let [a, b] = both.each_ref().map(Self::text);
                match f {
                    Binary::Add => format!("({a} + {b})"),
                    Binary::Sub => format!("({a} - {b})"),
                    Binary::Mul => format!("({a}*{b})"),
                    Binary::Div => format!("({a}/{b})"),
                    Binary::Less => format!("({a} < {b})"),
                    Binary::LessEqual => format!("({a} <= {b})"),
                    Binary::Equal => format!("({a} == {b})"),
                    Binary::Min => format!("min({a}, {b})"),
                    Binary::Max => format!("max({a}, {b})"),
                    Binary::Relax => format!("relax({a}, {b})"),
                    Binary::InvExprelOf => format!("inv_exprel_of({a}, {b})"),
                }
            }
            Self::Power(a, n) => format!("({}^{n})", a.text()),
            Self::Fma(all) => format!("fma({})", all.each_ref().map(Self::text).join(", ")),
            Self::Select(all) => format!("where({})", all.each_ref().map(Self::text).join(", ")),
        }
    }
}

/// The largest slope of a function near a number, with room.
fn slope(f: impl Fn(f64) -> f64, x: f64) -> f64 {
    let h = 1e-6 * (1.0 + x.abs());
    let (low, at, high) = (f(x - h), f(x), f(x + h));
    2.0 * ((high - at) / h).abs().max(((at - low) / h).abs())
}

fn name(leaf: Leaf) -> String {
    match leaf {
        Leaf::State(k) => format!("x{k}"),
        Leaf::Param(k) => format!("p{k}"),
        Leaf::Input(k) => format!("i{k}"),
        Leaf::Dt => "dt".to_owned(),
        _ => "t".to_owned(),
    }
}

pub(super) fn at(leaves: &[f64], leaf: Leaf) -> f64 {
    LEAVES.iter().position(|own| *own == leaf).map_or(f64::NAN, |k| leaves[k])
}

fn value_of(graph: &Graph, id: Id, leaves: &[f64]) -> f64 {
    let mut evaluator = Evaluator::new(graph, &[id]);
    evaluator.run(|leaf| at(leaves, leaf));
    evaluator.value(id)
}

/// The graph with the parameters and the time step as constants.
pub(super) fn with_constants(graph: &Graph, id: Id, leaves: &[f64]) -> (Graph, Id) {
    let (graph, ids) = graph.rebuilt(&[id], |graph, leaf| match leaf {
        Leaf::Param(_) | Leaf::Dt => graph.constant(at(leaves, leaf)),
        leaf => graph.leaf(leaf),
    });
    (graph, ids[0])
}

fn seed() -> u64 {
    let seed = std::env::var("OVERTIME_SEED").ok().and_then(|seed| seed.parse().ok()).unwrap_or(1);
    println!("seed {seed}");
    seed
}

pub(super) fn count(other: u64) -> u64 {
    std::env::var("OVERTIME_TEXTS").ok().and_then(|count| count.parse().ok()).unwrap_or(other)
}

/// Calls a function with random expressions, and with random values of their leaves.
pub(super) fn with_trees(count: u64, mut f: impl FnMut(&Tree, &[f64])) {
    let seed = seed();
    for k in 0..count {
        let mut random = Random(seed.wrapping_mul(1_000_003).wrapping_add(k));
        let size = 2 + random.below(24);
        let tree = if k % 16 == 0 { Tree::rate(&mut random) } else { Tree::new(&mut random, size, k % 2 == 0) };
        let leaves: Vec<f64> = LEAVES.iter().map(|_| random.number()).collect();
        f(&tree, &leaves);
    }
}

#[test]
fn folded_graphs_have_the_values_of_their_texts() {
    let (mut finite, mut most) = (0, (0, 0));
    let count = count(20_000);
    with_trees(count, |tree, leaves| {
        let is_wrong = |tree: &Tree| {
            let mut graph = Graph::default();
            let id = tree.node(&mut graph);
            let (constant, constant_id) = with_constants(&graph, id, leaves);
            let (expected, error) = tree.value(leaves);
            let limit = 1e-9 * expected.abs() + 1e3 * f64::EPSILON * error + 1e-300;
            let values = [value_of(&graph, id, leaves), value_of(&constant, constant_id, leaves)];
            !expected.is_nan() && !values.iter().all(|value| (value - expected).abs() <= limit)
        };
        if is_wrong(tree) {
            let tree = tree.smallest(&is_wrong);
            let mut graph = Graph::default();
            let id = tree.node(&mut graph);
            let printed = lines(&graph, &[("is".to_owned(), id)], &name).join("; ");
            panic!(
                "{} becomes {printed} at {leaves:?}: {} and {:?}",
                tree.text(),
                value_of(&graph, id, leaves),
                tree.value(leaves)
            );
        }
        let mut graph = Graph::default();
        let id = tree.node(&mut graph);
        let (constant, constant_id) = with_constants(&graph, id, leaves);
        for graph in [&graph, &constant] {
            let (depth, rules) = graph.most_rules();
            assert!(depth < 16 && rules < 120, "{depth} rules within each other, {rules} rules: {}", tree.text());
            most = (depth.max(most.0), rules.max(most.1));
        }
        let (expected, error) = tree.value(leaves);
        if expected.is_nan() {
            return;
        }
        finite += 1;
        let (fused, fused_ids) = graph.fused(&[id]);
        let all = [
            ("folded", value_of(&graph, id, leaves)),
            ("folded with constants", value_of(&constant, constant_id, leaves)),
            ("fused", value_of(&fused, fused_ids[0], leaves)),
        ];
        for (kind, value) in all {
            let limit = 1e-9 * expected.abs() + 1e3 * f64::EPSILON * error + 1e-300;
            assert!((value - expected).abs() <= limit, "{kind}: {value} and {expected}: {} at {leaves:?}", tree.text());
        }
    });
    println!(
        "{finite} of {count} values are finite; at most {} rules within each other, {} for one operation",
        most.0, most.1
    );
    assert!(finite * 3 > count);
}

#[test]
fn derivatives_are_quotients_of_differences() {
    let mut compared = 0;
    let count = count(10_000);
    with_trees(count, |tree, leaves| {
        let mut graph = Graph::default();
        let id = tree.node(&mut graph);
        for (place, leaf) in LEAVES.iter().enumerate().take(3) {
            let derivative = graph.derivative(id, *leaf);
            let moved = |by: f64| {
                let mut leaves = leaves.to_vec();
                leaves[place] += by;
                tree.value(&leaves)
            };
            // Differences of two lengths agree where the function is smooth.
            let difference = |h: f64| (moved(h).0 - moved(-h).0) / (2.0 * h);
            let (h, error) = (1e-4, moved(0.0).1);
            let (rough, fine) = (difference(h), difference(h / 2.0));
            let better = (4.0 * fine - rough) / 3.0;
            let sides = ((moved(h).0 - moved(0.0).0) / h, (moved(0.0).0 - moved(-h).0) / h);
            let noise = 1e3 * f64::EPSILON * error / h;
            let is_smooth = (rough - fine).abs() <= 1e-6 * fine.abs() + noise
                && (sides.0 - sides.1).abs() <= 1e-2 * fine.abs() + noise;
            let is = value_of(&graph, derivative, leaves);
            if !is_smooth || !better.is_finite() || noise > 1e-4 * (1.0 + better.abs()) {
                continue;
            }
            compared += 1;
            let limit = 1e-5 * better.abs() + 10.0 * noise + 1e-7;
            assert!(
                (is - better).abs() <= limit,
                "d/d{}: {is} and {better}: {} at {leaves:?}",
                name(*leaf),
                tree.text()
            );
        }
    });
    println!("{compared} derivatives are compared");
    assert!(compared > count);
}

/// The values of these nodes, and the largest one of all nodes that they need.
fn values_and_size(graph: &Graph, ids: &[Id], leaves: &[f64]) -> (Vec<f64>, f64) {
    let mut evaluator = Evaluator::new(graph, ids);
    evaluator.run(|leaf| at(leaves, leaf));
    let reached = graph.reached(ids);
    let all = graph.all().filter(|(id, _)| reached[id.index()]).map(|(id, _)| evaluator.value(id).abs());
    let size = all.filter(|value| value.is_finite()).fold(0.0, f64::max);
    (ids.iter().map(|id| evaluator.value(*id)).collect(), size)
}

#[test]
fn adjoints_are_derivatives() {
    let (mut compared, mut exact) = (0, 0);
    let count = count(20_000);
    with_trees(count, |tree, leaves| {
        let mut graph = Graph::default();
        let root = tree.node(&mut graph);
        let seed = graph.constant(1.0);
        let adjoints = graph.adjoint(&[root], &[seed], &LEAVES, &Surrogates::default());
        for (leaf, adjoint) in LEAVES.iter().zip(adjoints) {
            let derivative = graph.derivative(root, *leaf);
            let adjoint = adjoint.unwrap_or_else(|| graph.constant(0.0));
            let (values, size) = values_and_size(&graph, &[derivative, adjoint], leaves);
            let [expected, is] = values[..] else { return };
            if !expected.is_finite() {
                continue;
            }
            // Where a value between is infinite or almost so, one of both may have 0·∞.
            if is.is_nan() && tree.value(leaves).0.is_nan() || size > 1e100 {
                continue;
            }
            compared += 1;
            exact += u64::from(is == expected);
            let limit = 1e-11 * expected.abs() + 1e-13 * size;
            assert!(
                (is - expected).abs() <= limit,
                "d/d{}: {is} and {expected}, {size}: {} at {leaves:?}",
                name(*leaf),
                tree.text()
            );
        }
    });
    println!("{compared} adjoints are compared, {exact} are the same to the bit");
    assert!(compared > 5 * count);
}

/// The value of `result` in a text of named values.
fn value_of_text(text: &str, leaves: &[f64]) -> Result<f64, String> {
    let params: String = (0..3).map(|k| format!("param p{k} = 1\n")).collect();
    let states: String = (0..3).map(|k| format!("x{k}' = 0\n")).collect();
    let model = read(&format!("{params}{states}input i0\n{text}\n")).map_err(|error| error.to_string())?;
    let (_, id, _) = model.lets.iter().find(|(name, ..)| name == "result").ok_or("no result")?;
    Ok(value_of(&model.graph, *id, leaves))
}

#[test]
fn texts_and_printed_lines_have_the_values_of_their_graphs() {
    let mut read = 0;
    let count = count(4000);
    with_trees(count, |tree, leaves| {
        let (expected, error) = tree.value(leaves);
        if expected.is_nan() {
            return;
        }
        let mut graph = Graph::default();
        let id = tree.node(&mut graph);
        let (fused, fused_ids) = graph.fused(&[id]);
        let text = |graph: &Graph, id: Id| lines(graph, &[("result".to_owned(), id)], &name).join("\n");
        let texts = [format!("result = {}", tree.text()), text(&graph, id), text(&fused, fused_ids[0])];
        for text in texts {
            match value_of_text(&text, leaves) {
                Ok(value) => {
                    read += 1;
                    let limit = 1e-9 * expected.abs() + 1e3 * f64::EPSILON * error + 1e-300;
                    assert!((value - expected).abs() <= limit, "{value} and {expected}: {text} at {leaves:?}");
                }
                // Constants without a value are refused, also in a branch that is not taken.
                Err(error) => {
                    let allowed = ["a division by 0", "this is infinite", "this has no value"];
                    assert!(allowed.iter().any(|allowed| error.contains(allowed)), "{error}: {text}");
                }
            }
        }
    });
    println!("{read} texts have the values of their graphs");
    assert!(read > count);
}

#[test]
fn printed_lines_of_all_nodes_are_read() {
    let mut graph = Graph::default();
    let [x, y, z] = [0, 1, 2].map(|k| graph.leaf(Leaf::State(k)));
    let leaves: Vec<f64> = (0..LEAVES.len()).map(|k| 0.3 + 0.2 * k as f64).collect();
    let mut all = Vec::new();
    for f in [Unary::Neg, Unary::Abs, Unary::Sqrt, Unary::Exp, Unary::Expm1, Unary::Log, Unary::Tanh, Unary::Sin]
        .into_iter()
        .chain([Unary::Cos, Unary::Exprel, Unary::ExprelSlope, Unary::InvExprel])
    {
        all.push(graph.unary(f, x));
    }
    for f in [Binary::Add, Binary::Sub, Binary::Mul, Binary::Div, Binary::Min, Binary::Max, Binary::Relax]
        .into_iter()
        .chain([Binary::Less, Binary::LessEqual, Binary::Equal])
    {
        all.push(graph.binary(f, x, y));
        // Operators within each other.
        let last = *all.last().unwrap();
        all.push(graph.binary(f, z, last));
        all.push(graph.binary(f, last, z));
        all.push(graph.unary(Unary::Neg, last));
    }
    all.push(graph.fma(x, y, z));
    all.push(graph.select(x, y, z));
    for id in all {
        let text = lines(&graph, &[("result".to_owned(), id)], &name).join("\n");
        let (is, expected) = (value_of_text(&text, &leaves).unwrap(), value_of(&graph, id, &leaves));
        assert!((is - expected).abs() <= 1e-14 * expected.abs(), "{text}: {is} and {expected}");
    }
    let kinds: HashMap<_, _> = graph.all().map(|(_, node)| (std::mem::discriminant(&node), node)).collect();
    assert!(kinds.len() >= 5 && kinds.values().any(|node| matches!(node, Node::Fma(..))));
}
