//! Texts with mistakes of all kinds: each is read or refused, in a bounded time.

use super::read;
use crate::equations::Equations;
use crate::equations::samples::{Random, channels, examples, synapses};
use crate::equations::tape::compile;
use crate::integrator::Method;
use crate::system::param::Param;
use std::time::{Duration, Instant};

/// Words that are right at some places and wrong at others.
const WORDS: [&str; 98] = [
    "^",
    "**",
    "*",
    "/",
    "+",
    "-",
    "(",
    ")",
    "[",
    "]",
    "=",
    "+=",
    "/= 0",
    "==",
    "<",
    ">=",
    "!=",
    ":",
    ";",
    ",",
    "'",
    "#",
    "\n",
    "\r\n",
    "\t",
    " ",
    "·",
    "−",
    "µ",
    "Ω",
    "é",
    "日本",
    "\u{0}",
    "\u{2028}",
    "\u{202e}",
    "🧠",
    "²",
    "d/dt",
    "dt",
    "dV/dt",
    "t",
    "pi",
    "xi",
    "xi_1",
    "xi*xi",
    "rand()",
    "randn()",
    "spike",
    "when",
    "crosses",
    "reset",
    "refractory",
    "holds",
    "each step",
    "on spike",
    "transmit",
    "\non spike: ",
    "; transmit ",
    "\ntransmit ",
    "transmit = ",
    "current",
    "\ncurrent ",
    "param",
    "input",
    "state",
    "param param = 1",
    "not",
    "and",
    "or",
    "1e999",
    "1e308*1e308",
    "0",
    "-0.0",
    "1e-320",
    "1.2.3",
    ".",
    "1e",
    "0/0",
    "1/0",
    "^ 16 ^ 16",
    "^ -16",
    "^ 0.5",
    "^ V",
    "mV",
    "mV^100*mV^100",
    "[mV^99999]",
    "mV^-100/mV^100",
    "nS/cm2",
    "1/ms",
    "(unless refractory)",
    "exp(",
    "where(",
    "min(V, ",
    "fma(",
    "relax(",
    "inv_exprel(",
    "exprel_slope(",
    "log(0)",
];

/// A text with one more change.
fn changed(text: &str, random: &mut Random) -> String {
    let chars: Vec<char> = text.chars().collect();
    let (from, to) = (random.below(chars.len()), random.below(chars.len()));
    let (low, high) = (from.min(to), from.max(to));
    let text_of = |part: &[char]| part.iter().collect::<String>();
    let lines: Vec<&str> = text.lines().collect();
    match random.below(12) {
        0 => {
            let mut chars = chars;
            if let Some(c) = chars.get_mut(from) {
                *c = char::from_u32(random.below(0x180) as u32).unwrap_or('x');
            }
            text_of(&chars)
        }
        1 => format!("{}{}", text_of(&chars[..low]), text_of(&chars[high.min(low + 12)..])),
        2 => {
            let mut lines = lines;
            if !lines.is_empty() {
                let (a, b) = (random.below(lines.len()), random.below(lines.len()));
                lines.swap(a, b);
            }
            lines.join("\n")
        }
        3 => {
            let mut lines = lines;
            if !lines.is_empty() {
                let line = lines[random.below(lines.len())];
                lines.insert(random.below(lines.len()), line);
            }
            lines.join("\n")
        }
        4 => {
            let mut lines = lines;
            if !lines.is_empty() {
                lines.remove(random.below(lines.len()));
            }
            lines.join("\n")
        }
        5 => {
            // A word for another one of the text.
            let words: Vec<&str> = text.split_inclusive(|c: char| !c.is_alphanumeric()).collect();
            let mut words = words;
            if words.len() > 1 {
                let (a, b) = (random.below(words.len()), random.below(words.len()));
                words.swap(a, b);
            }
            words.concat()
        }
        6 => {
            let digits = random.of(&["9", "0.", "12e", "(", "-", "not ", "[", "exp("]);
            format!("{}{}{}", text_of(&chars[..from]), digits.repeat(random.below(300)), text_of(&chars[from..]))
        }
        7 => {
            let line = random.of(&["reset V = V*V", "on spike: u = V*V; transmit u", "current V"]);
            format!("{text}\n{line}{}\n", "; V = V*V + V".repeat(random.below(40)))
        }
        8 => format!("{text}\nx_{0}' = (V + x_{0})*{1} : {1}\n", random.below(3), random.of(&WORDS)),
        9 => format!("{}{}", text_of(&chars[..high]), text_of(&chars[low..])),
        _ => format!("{}{}{}", text_of(&chars[..from]), random.of(&WORDS), text_of(&chars[from..])),
    }
}

/// Reads a text, and makes the step of its model. Returns whether it is right.
fn make(text: &str) -> bool {
    let model = match read(text) {
        Ok(model) => model,
        Err(error) => {
            assert!(!error.mistakes.is_empty() && error.mistakes.iter().all(|mistake| !mistake.message.is_empty()));
            assert!(error.mistakes.iter().all(|mistake| text.get(mistake.at.clone()).is_some()), "{error}");
            assert!(!error.to_string().is_empty());
            return false;
        }
    };
    let params: Vec<Param<f64>> = model.params.iter().map(|param| Param::All(param.default)).collect();
    let each: Vec<Param<f64>> = params.iter().map(|param| Param::Each(vec![param.at(0); 2])).collect();
    for (method, params) in [(Method::ExpAuto, &params), (Method::ExpAuto, &each), (Method::Rk4, &params)] {
        if let Ok(program) = model.program::<f64>(method, 0.1, params) {
            let _ = compile::<f64>(&program.graph, &program.after, program.output);
        }
    }
    if model.current.is_some() || model.plasticity.is_some() {
        let equations = Equations::new(text).unwrap();
        let _ = (equations.step_text::<f64>(0.1), equations.method(Method::Rk4).step_text::<f32>(0.1));
    }
    true
}

fn timed(text: &str, limit: Duration) -> bool {
    let start = Instant::now();
    let is_right = make(text);
    let time = start.elapsed();
    assert!(time < limit, "{time:?} for {} bytes: {}", text.len(), text.chars().take(400).collect::<String>());
    is_right
}

#[test]
fn mutated_texts_are_read_or_refused() {
    let number =
        |name: &str, other: u64| std::env::var(name).ok().and_then(|value| value.parse().ok()).unwrap_or(other);
    let (seed, count) = (number("OVERTIME_SEED", 1), number("OVERTIME_TEXTS", 1500));
    // Half of the texts are those of synapses and of channels.
    let (neurons, others) = (examples(), [synapses(), channels()].concat());
    let repeated = neurons.len().div_ceil(others.len());
    let all = neurons.into_iter().chain(std::iter::repeat_n(others, repeated).flatten());
    let examples: Vec<String> = all.map(|(_, text)| text).collect();
    // `OVERTIME_FIRST` is the number of the first text.
    let first = number("OVERTIME_FIRST", 0);
    let mut right = 0_u64;
    for k in first..first + count {
        let mut random = Random(seed.wrapping_mul(1_000_000_007).wrapping_add(k));
        let mut text = examples[random.below(examples.len())].clone();
        for _ in 0..1 + random.below(4) {
            text = changed(&text, &mut random);
        }
        // The text is known if the test ends here.
        let caught = std::panic::catch_unwind(|| timed(&text, Duration::from_secs(5)));
        right += u64::from(caught.unwrap_or_else(|_| panic!("seed {seed}, text {k}:\n{text}")));
    }
    println!("seed {seed}: {right} of {count} texts are right");
    assert!(right * 20 > count, "most texts are refused at once");
}

#[test]
fn long_texts_take_a_bounded_time() {
    let many = |count: usize, line: &dyn Fn(usize) -> String| (0..count).map(line).collect::<String>();
    // A debug build has shorter texts, and takes as long.
    let size = |count: usize| if cfg!(debug_assertions) { count / 10 } else { count };
    let state = "x' = -x\ny' = -y\n";
    let big_sum = |count: usize| format!("big = y{}\n", many(count, &|k| format!(" + y*{}.5", k + 1)));
    let big_chain = |count: usize| format!("big = y{}\n", many(count, &|k| format!("*(y + {k}.5)")));
    let texts = [
        ("squares", format!("{state}spike when x > 1\nreset x = x*x{}", "; x = x*x".repeat(size(100_000)))),
        (
            "doubled sums",
            format!("{state}spike when x > 1\nreset x = y{}", "; x = x*x + y; y = sin(x) + y".repeat(size(30_000))),
        ),
        ("a sum", format!("{state}{}", big_sum(size(85_000)))),
        ("a chain", format!("{state}{}", big_chain(size(75_000)))),
        ("a let in many assignments", {
            let assigned = "; x = big".repeat(size(80_000));
            format!("{state}{}spike when x > 1\nreset y = x + 1{assigned}", big_sum(size(20_000)))
        }),
        ("a let of x in many assignments", {
            format!(
                "{state}{}spike when x > 1\nreset y = x + 1{}",
                big_chain(size(20_000)),
                "; y = big".repeat(size(80_000))
            )
        }),
        (
            "a let in many names",
            format!("{state}{}{}", big_chain(3000), many(9000, &|k| format!("n{k} = big + {k}\n"))),
        ),
        ("a coupled system", {
            let all = many(1000, &|k| format!(" + s{k}*{k}.5"));
            format!("big = 0{all}\n{}", many(1000, &|k| format!("s{k}' = exp(big*s{k})/(1 + big)\n")))
        }),
        (
            "a ring",
            many(1000, &|k| format!("s{k}' = exp(-s{k})*s{}\nstate s{k} = s{}\n", (k + 1) % 1000, (k + 1) % 1000)),
        ),
        ("initial values of all others", {
            let others = |k: usize| many(k, &|j| format!(" + s{j}"));
            many(400, &|k| format!("s{k}' = 1\nstate s{k} = 1{}\n", others(k)))
        }),
        (
            "an initial chain",
            many(1000, &|k| format!("s{}' = 1\nstate s{} = 1 + s{}\n", 999 - k, 999 - k, 998_usize.saturating_sub(k))),
        ),
        ("noises", format!("x' = {}", many(size(50_000), &|k| format!("xi_{k} + ")))),
        ("many noises", many(900, &|k| format!("s{k}' = xi_{k}*s{} + big*xi_{}\n", k / 2, k / 3)) + "big = s1*s2"),
        ("random numbers", format!("x' = 0{}", " + rand()".repeat(size(100_000)))),
        (
            "units",
            format!(
                "x = 1{}\n{}",
                many(400, &|k| format!(" * 1 {}{}", ["m", "u", "n", "p", "k"][k % 5], ["V", "A", "S", "F"][k % 4])),
                "y = x + x*0\n"
            ),
        ),
        ("a long unit", format!("x = 1 [mV{}]\n", "*mV".repeat(size(200_000)))),
        (
            "long units",
            format!("x = 1 mV{}\n", many(20, &|k| format!("*1 {}V", ["m", "u", "n", "p"][k % 4])).repeat(1000)),
        ),
        ("lets", many(size(60_000), &|k| format!("a{k} = a{}\n", k + 1))),
        ("a circle of lets", many(size(10_000), &|k| format!("a{k} = a{}\n", (k + 1) % 10_000))),
        (
            "circles of lets",
            many(size(9_999), &|k| format!("a{k} = a{} + a{} + a{}\n", (k + 1) % 9999, k / 2, k * 7 % 9999)),
        ),
        (
            "unknown names",
            many(size(9_999), &|k| {
                format!(
                    "abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyz{k} = zbcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyz{k}\n"
                )
            }),
        ),
        ("twice", "x = 1\n".repeat(size(170_000))),
        ("mistakes", "x\n".repeat(size(500_000))),
        ("lines", "\n".repeat(1 << 20)),
        ("a number", format!("x = {}", "9".repeat(1 << 19))),
        ("small digits", format!("x = 0.{}1", "0".repeat(1 << 19))),
        ("a name", format!("x = {}", "a".repeat(1 << 19))),
        ("parentheses", format!("x = {}1", "(".repeat(1 << 19))),
        ("arguments", format!("x = min({}1)", "1,".repeat(1 << 18))),
        ("signs", format!("x = {}1", "-".repeat(1 << 19))),
        ("powers", format!("x' = x{}", " ^ 16".repeat(size(100_000)))),
        ("powers of powers", format!("x' = {}x{}", "(".repeat(100), ")^15".repeat(100))),
        ("quotients", format!("x' = y{}\ny' = x", "/(1 + exp(x))/(x + 1.5)".repeat(size(30_000)))),
        ("known factors", format!("param k = 2\nparam j = 3\nx' = x{}", "*k*(j + k)/j + k - j*k".repeat(size(20_000)))),
        ("known summands", format!("param k = 2\nx' = x{}", " + k".repeat(size(200_000)))),
        ("known quotients", format!("param k = 2\nx' = k{}", "/(x*k)".repeat(size(100_000)))),
        (
            "parameters",
            many(1000, &|k| format!("param p{k} = {k}.5\n"))
                + "x' = x"
                + &many(size(30_000), &|k| format!("*exp(-p{} + x/p{}*{k}.5)", k % 1000, k % 999)),
        ),
        ("conditions", format!("spike when x > 1{}\nx' = 1", " and not x > 2 or x == 3".repeat(size(30_000)))),
        ("where", format!("x' = {}x{}", "where(x > 1, 2, ".repeat(100), ")".repeat(100))),
        ("held by mistake", format!("{state}spike when x > 1\nrefractory 1 holds x{}", ", z".repeat(size(200_000)))),
        ("assigned by mistake", format!("{state}spike when x > 1\nreset x = 1{}", "; z = 1 mV".repeat(size(80_000)))),
        ("held", format!("{state}spike when x > 1\nrefractory 1 holds x{}", ", x".repeat(size(200_000)))),
    ];
    let limit = Duration::from_secs(if cfg!(debug_assertions) { 60 } else { 20 });
    for (name, text) in texts {
        assert!(text.len() <= 2 << 20, "{name}");
        let start = Instant::now();
        let is_right = timed(&text, limit);
        println!("{:>8.3} s, {is_right:<5} {:>8} bytes: {name}", start.elapsed().as_secs_f64(), text.len());
    }
}
