//! Long and changed texts: their adjoints are made or refused, in a bounded time.

use crate::equations::adjoint::{Adjoint, AdjointOptions, text::cuda_text};
use crate::equations::samples::{Random, examples};
use crate::equations::text::read;
use crate::integrator::Method;
use crate::system::param::Param;
use std::time::{Duration, Instant};

/// Makes the adjoint of a text, if it can be read. Returns whether there is one.
fn make(text: &str) -> bool {
    let Ok(model) = read(text) else { return false };
    let params: Vec<Param<f64>> = model.params.iter().map(|param| Param::All(param.default)).collect();
    let each: Vec<Param<f64>> = params.iter().map(|param| Param::Each(vec![param.at(0); 2])).collect();
    let names: Vec<String> = model.params.iter().map(|param| param.name.clone()).collect();
    let plain = AdjointOptions::default();
    let spiking = plain.clone().surrogate("sigmoid".parse().unwrap());
    let by = plain.clone().by(names.iter().take(20));
    let mut made = false;
    let cases = [(&params, &plain), (&params, &spiking), (&each, &by)];
    for (method, (params, options)) in [Method::ExpAuto, Method::Rk4, Method::ExpAuto].into_iter().zip(cases) {
        if let Ok(program) = model.adjoint::<f64>(method, 0.1, params, options) {
            made = true;
            let _ = Adjoint::<f64>::new(&program);
            let _ = (cuda_text(&program), model.adjoint_lines(&program), program.without_gradient(&model));
        }
    }
    made
}

#[test]
fn adjoints_of_long_texts_take_a_bounded_time() {
    let many = |count: usize, line: &dyn Fn(usize) -> String| (0..count).map(line).collect::<String>();
    let size = |count: usize| if cfg!(debug_assertions) { count / 10 } else { count };
    let state = "x' = -x\ny' = -y\n";
    let texts = [
        ("squares", format!("{state}spike when x > 1\nreset x = x*x{}", "; x = x*x".repeat(size(30_000)))),
        (
            "doubled sums",
            format!("{state}spike when x > 1\nreset x = y{}", "; x = x*x + y; y = sin(x) + y".repeat(size(20_000))),
        ),
        ("a sum", format!("{state}z' = y{}\n", many(size(60_000), &|k| format!(" + y*{}.5", k + 1)))),
        ("a chain", format!("{state}z' = y{}\n", many(size(60_000), &|k| format!("*(y + {k}.5)")))),
        ("conditions", format!("spike when x > 1{}\nx' = 1", " and not x > 2 or x == 3".repeat(size(30_000)))),
        ("where", format!("x' = {}x{}", "where(x > 1, 2*x, ".repeat(100), ")".repeat(100))),
        (
            "branches in branches",
            format!(
                "{state}{}z' = a0",
                many(size(20_000), &|k| { format!("a{k} = where(x > {k}, sqrt(a{}), y*{k}.5)\n", k + 1) })
            ) + &format!("\na{} = x", size(20_000)),
        ),
        (
            "a node of many branches",
            format!("{state}u = sqrt(x)\nz' = 0{}", many(size(20_000), &|k| format!(" + where(y > {k}, u, x)"))),
        ),
        ("a coupled system", {
            let all = many(300, &|k| format!(" + s{k}*{k}.5"));
            format!("big = 0{all}\n{}", many(300, &|k| format!("s{k}' = exp(big*s{k})/(1 + big)\n")))
        }),
        ("a ring", many(1000, &|k| format!("s{k}' = exp(-s{k})*s{}\n", (k + 1) % 1000))),
        (
            "parameters",
            many(1000, &|k| format!("param p{k} = {k}.5\n"))
                + "x' = x"
                + &many(size(30_000), &|k| format!("*exp(-p{} + x/p{}*{k}.5)", k % 1000, k % 999)),
        ),
        ("quotients", format!("x' = y{}\ny' = x", "/(1 + exp(x))/(x + 1.5)".repeat(size(30_000)))),
        ("known factors", format!("param k = 2\nparam j = 3\nx' = x{}", "*k*(j + k)/j + k - j*k".repeat(size(20_000)))),
        ("powers", format!("x' = x{}", " ^ 16".repeat(size(10_000)))),
        ("minima", format!("x' = {}x{}", "min(x, ".repeat(100), ")".repeat(100))),
    ];
    let limit = Duration::from_secs(if cfg!(debug_assertions) { 60 } else { 20 });
    for (name, text) in texts {
        let start = Instant::now();
        let is_made = make(&text);
        let time = start.elapsed();
        println!("{:>8.3} s, {is_made:<5} {:>8} bytes: {name}", time.as_secs_f64(), text.len());
        assert!(time < limit, "{name}: {time:?}");
    }
}

#[test]
fn adjoints_of_changed_texts_are_made_or_refused() {
    let examples: Vec<String> = examples().into_iter().map(|(_, text)| text).collect();
    let words = [
        "where(V > 0, ",
        "sqrt(",
        "log(",
        "abs(",
        "min(V, ",
        "0",
        "-1",
        "^2",
        "^-3",
        "/0.5",
        "*",
        "+",
        "exp(",
        "V",
        "x",
        "rand()",
        "randn()",
        "xi",
        "t",
        "dt",
        ")",
        " and ",
        " or ",
        "not ",
        "<",
        "==",
        "relax(",
        "exprel(",
        "1e300",
    ];
    let (mut made, count) = (0, 600);
    for k in 0..count {
        let mut random = Random(k);
        let mut text = examples[random.below(examples.len())].clone();
        for _ in 0..1 + random.below(3) {
            let spaces: Vec<usize> = text.match_indices([' ', '(', '*']).map(|(at, _)| at + 1).collect();
            let at = spaces[random.below(spaces.len())];
            text.insert_str(at, random.of(&words));
        }
        let start = Instant::now();
        let caught = std::panic::catch_unwind(|| make(&text));
        made += u64::from(caught.unwrap_or_else(|_| panic!("text {k}:\n{text}")));
        assert!(start.elapsed() < Duration::from_secs(5), "text {k}:\n{text}");
    }
    println!("{made} of {count} texts have an adjoint");
    assert!(made * 20 > count);
}
