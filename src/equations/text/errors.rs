//! The messages about mistakes in texts, and their places.

use super::read;
use crate::integrator::Method;
use crate::system::param::Param;

/// The message and the place of each mistake, in the order of the text.
fn mistakes(text: &str) -> Vec<(String, (usize, usize))> {
    let Err(error) = read(text) else { return Vec::new() };
    error.mistakes.iter().map(|mistake| (mistake.message.clone(), error.place(mistake))).collect()
}

/// A text, a part of the message of its only mistake, and the line and column of the place.
const TABLE: &[(&str, &str, (usize, usize))] = &[
    // Names.
    ("x' = -y", "`y` is not defined", (1, 7)),
    ("param tau_m = 1\nx' = -x/tau_n", "`tau_n` is not defined (did you mean `tau_m`?)", (2, 9)),
    ("x' = exq(x)", "there is no function `exq`", (1, 6)),
    ("x' = sigmiod(x)", "(did you mean `sigmoid`?)", (1, 6)),
    ("x' = min(x)", "`min` has 2 arguments, and 1 is given", (1, 6)),
    ("x' = exp(x, x)", "`exp` has 1 argument, and 2 are given", (1, 6)),
    ("x' = int(x)", "the argument of `int` is a condition", (1, 10)),
    ("x' = not_refractory*x", "`not_refractory` is not defined; `refractory 2 ms holds V`", (1, 6)),
    ("x' = 50*mV", "`mV` is not defined; as a unit it stands behind a number: `2 mV`", (1, 9)),
    ("x' = 3 mV/ms", "`ms` is not defined; as a unit it stands behind a number: `2 ms`", (1, 11)),
    ("x' = 1\nx' = 2", "`x'` is defined twice", (2, 1)),
    ("x = 1\nparam x = 2", "`x` is defined twice", (2, 7)),
    ("state x = 1\nstate x = 2", "`x` has two initial values", (2, 7)),
    ("param exp = 2", "`exp` has a meaning of its own", (1, 7)),
    ("param xi_1 = 2", "`xi_1` has a meaning of its own", (1, 7)),
    ("not = 2", "`not` has a meaning of its own", (1, 1)),
    ("t' = 1", "`t` has a meaning of its own", (1, 1)),
    ("dt/dt = 1", "`t` has a meaning of its own", (1, 2)),
    ("d/dt = 1", "a line begins with", (1, 1)),
    ("a = b\nb = a\nx' = a", "these need each other: a → b → a", (1, 1)),
    ("a = a + 1", "these need each other: a → a", (1, 1)),
    ("a = b\nb = c\nc = b\nx' = a", "these need each other: b → c → b", (2, 1)),
    ("a = q\nx' = a*2", "`q` is not defined", (1, 5)),
    ("input a\ninput b\ninput c\ninput d\ninput e", "a model has at most 4 inputs", (5, 7)),
    // Lines.
    ("param x = 5 mV : mV", "`x` has two units", (1, 16)),
    ("param x = 5*2", "`x` is one number and its unit", (1, 12)),
    ("param x = y", "`x` needs a number here", (1, 11)),
    ("x : mV", "`x` has no value", (1, 1)),
    ("x' = 1\nspike x > 1", "`when` is missing here", (2, 7)),
    ("x' = 1\nspike when x > 1\nspike when x > 2", "a model has one line `spike when …`", (3, 12)),
    ("x' = 1\nspike when x > 1\nreset x = 0\nreset x = 1", "a model has one line `reset`", (4, 7)),
    ("x' = 1\neach step: x = 0\neach step: x = 1", "a model has one line `each step`", (3, 12)),
    ("x' = 1\nspike when x > 1\nrefractory 1\nrefractory 2", "a model has one line `refractory`", (4, 12)),
    ("x' = 1\nreset x = 0", "without a line `spike when …`", (2, 7)),
    ("x' = 0 : mV (unless refractory)", "without a line `refractory …`", (1, 1)),
    ("x' = 1\nspike when x > 1\nparam p = 1\nrefractory 1 holds p", "`holds` needs a state; `p` is none", (4, 20)),
    ("x1' = 1\nspike when x1 > 1\nrefractory 1 holds X1", "there is no state `X1` (did you mean `x1`?)", (3, 20)),
    ("x' = 1\nspike when x > 1\nreset y = 0", "there is no state `y`", (3, 7)),
    ("x' = 1\ninput i\nspike when i crosses 1", "`crosses` needs a state; `i` is none", (3, 12)),
    ("x' = 1\nspike when x > 1\nrefractory x", "a refractory period depends on parameters alone", (3, 12)),
    ("x' = 1 < 2 < 3", "comparisons have two sides", (1, 12)),
    ("x' = (1 + 2", "`)` is missing here", (1, 12)),
    ("x' = 1 +", "an expression is missing here", (1, 9)),
    ("x' = 1 2", "the line should end here", (1, 8)),
    ("x' = 1e999", "is not a number", (1, 6)),
    ("x' = 1 $ 2", "`$` has no meaning here", (1, 8)),
    ("x' = 1\nspike when x crosses 1 or x > 2", "the threshold of `crosses` is a value", (2, 22)),
    // Plasticity.
    ("weight w from 0 to 10*dt\non pre: w += 1", "a bound of the weight depends on parameters alone", (1, 20)),
    ("weight w from 0 to 1\non pre: w = w; w += 0", "nothing changes the weight `w`", (1, 8)),
    ("weight w from 0 to 1 : nS\nv = 3\non post: w += 7*v", "`w` is in nS, and this is", (3, 15)),
    // Synapses.
    ("on spike: transmit 1; x = 1", "there is no state `x`", (1, 23)),
    ("x' = 1\non V += 1", "`spike`, `pre` or `post` is missing here, as in `on spike:", (2, 4)),
    ("x' = 1\non spike", "the name of a variable is missing here", (2, 9)),
    ("x' = 1\non spike: x", "`=`, `+=`, `-=`, `*=` or `/=` is missing here", (2, 12)),
    ("x' = 1\non spike: x = 1; transmit", "an expression is missing here", (2, 26)),
    ("x' = 1\ntransmit x y", "the line should end here", (2, 12)),
    ("x' = 1\non spike: transmit x; transmit x", "a text has one `transmit`", (2, 23)),
    ("x' = 1\non spike: transmit x\ntransmit x", "a text has one `transmit`", (3, 1)),
    ("x' = 1\ntransmit x\non spike: transmit 2*x", "a text has one `transmit`", (3, 20)),
    ("x' = 1\non spike: transmit x\non spike: x = 1", "a text has one line `on spike`", (3, 1)),
    ("x' = 1\non spike: x = 1", "`transmit` is missing: without it nothing reaches the targets", (2, 1)),
    ("x' = 1\non spike: transmit x\nspike when x > 1", "`on spike` and `transmit` belong to synapses", (2, 1)),
    ("x' = 1\nspike when x > 1\nreset x = 0\ntransmit x", "`on spike` and `transmit` belong to synapses", (4, 1)),
    ("x' = 1 (unless refractory)\ntransmit x", "the line should end here", (1, 8)),
    ("input I\nx' = I\ntransmit x", "a text of synapses has one input, the potential of the source", (1, 7)),
    ("x' = exp(V)\ntransmit x", "`V` is not defined; `input V : mV` is the potential of the source", (1, 10)),
    ("x' = rand()\ntransmit x", "kinetics have random numbers in lines `state …` alone: they follow", (1, 6)),
    ("r = randn()\nstate x = r\ntransmit x", "kinetics have random numbers in lines `state …` alone", (1, 5)),
    ("x' = xi_a\ntransmit x", "kinetics have no `xi_a`: they follow from spikes", (1, 6)),
    ("x' = 1\non spike: transmit t", "kinetics have no `t`: they follow from spikes", (2, 20)),
    ("state transmitted = 0\ntransmit 1", "`transmitted` is the amount that a step transmits", (1, 7)),
    (
        "state V = 0 : mV\ntransmit V",
        "an amount that is transmitted is a number without a unit, and this is in mV",
        (2, 10),
    ),
    ("x' = 1\ntransmit = x\ntransmit y", "`y` is not defined", (3, 10)),
    // Values.
    ("x' = x/0", "a division by 0", (1, 8)),
    ("x' = x/(1 - 1)", "a division by 0", (1, 9)),
    ("x' = 1\nspike when x > 1\nreset x /= 0", "a division by 0", (3, 12)),
    ("x' = 1e200*1e200", "this is infinite", (1, 6)),
    ("x' = x*log(-1)", "this has no value", (1, 8)),
    ("x' = x*0^-1", "this is infinite", (1, 8)),
    ("state x = dt", "an initial value depends on parameters, states and random numbers alone", (1, 11)),
    ("state x = t", "an initial value depends on parameters, states and random numbers alone", (1, 11)),
    ("state x = y\nstate y = x", "the initial value of `x` needs itself", (1, 7)),
    // Noise.
    ("x' = -x + xi*xi", "an equation is linear in `xi`", (1, 6)),
    ("x' = -x + xi^2", "an equation is linear in `xi`", (1, 6)),
    ("x' = xi_a*xi_b", "an equation is linear in `xi`", (1, 6)),
    ("x' = exp(xi)", "an equation is linear in `xi`", (1, 6)),
    ("x' = x/xi", "an equation is linear in `xi`", (1, 6)),
    ("x' = where(xi > 0, 1, 2)", "an equation is linear in `xi`", (1, 6)),
    ("x' = max(xi, 0)", "an equation is linear in `xi`", (1, 6)),
    ("n = 2*xi\nx' = n*n", "an equation is linear in `xi`", (2, 6)),
    ("state x = xi", "`xi` is noise over time; `randn()`", (1, 11)),
    ("x' = 1\nspike when x > xi", "`xi` is noise over time, which only an equation has", (2, 12)),
    ("x' = 1\neach step: x += xi", "`xi` is noise over time, which only an equation has", (2, 17)),
    // Units.
    ("param V = 1 mv", "there is no unit `mv` (did you mean `mV`?)", (1, 13)),
    ("param V = 1 volts", "there is no unit `volts` (did you mean `volt`?)", (1, 13)),
    ("x' = 3 qq", "there is no unit `qq`, and `*` is missing if it is a name", (1, 8)),
    ("x' = 3 cm2", "a unit with a power stands in brackets", (1, 8)),
    ("param a = 1 mV\nparam b = 1 ms\nc = a + b", "a sum of mV and ms", (3, 7)),
    ("param a = 1 mV\nparam b = 1 ms\nc = 2*(a)\t-  b", "a difference of mV and ms", (3, 11)),
    ("param a = 1 mV\nc = a > 1", "a comparison of mV and a number without a unit", (2, 7)),
    ("param a = 1 mV\nc = exp(a)", "the argument of `exp` is a number without a unit; this is in mV", (2, 9)),
    ("param a = 1 mV\nc = min(a, 1)", "`min` of mV and a number without a unit", (2, 5)),
    ("param a = 1 mV\nc = clip(a, 0, 2 ms)", "`clip` of mV and 0 and ms", (2, 5)),
    ("param a = 1 mV\nc = 2^a", "an exponent is a number without a unit; this is in mV", (2, 7)),
    ("param a = 1 mV\nparam n = 2\nc = a^n", "a power of mV whose exponent is not a number", (3, 5)),
    ("param a = 1 mV\nc = a^0.3", "a unit to the power of 0.3: mV", (2, 5)),
    ("param a = 1 [V^60]\nc = a*a*a", "the unit of V^60 and V^60 has too large powers", (2, 6)),
    ("param a = 1 [mV^99999]", "the power of a unit is a whole number up to 100", (1, 17)),
    ("param a = 1 [mV99999]", "this power of a unit is too large", (1, 14)),
    ("param a = 1 [V^60*V^60*mV]", "the powers of this unit are too large", (1, 19)),
    ("state x = 0 : mV\nx' = 0 : V", "`x` is in V here, and in mV in another line", (2, 1)),
    ("c = 3 mV^2", "a unit with a power stands in brackets", (1, 9)),
    ("V' = V : mV", "`V'` is in mV/ms, and this is in mV", (1, 6)),
    ("V' = -1 : mV", "`V'` is in mV/ms, and this is a number without a unit", (1, 6)),
    (
        "V' = 3 [mV/ms]",
        "`V'` is in 1/ms, and this is in mV/ms; `: mV` at the end of the line gives `V` this unit",
        (1, 6),
    ),
    ("param a = 1 mV\nc = 1 ms*2 : mV", "`c` is in mV, and this is in ms", (2, 5)),
    ("state V = 1 ms : mV", "`V` is in mV, and this is in ms", (1, 11)),
    (
        "state V = 0 : mV\nspike when V\nreset V = 1 mV",
        "a condition is a number without a unit, and this is in mV",
        (2, 12),
    ),
    ("state V = 0 : mV\nspike when V > 1 mV\nreset V = 1 ms", "`V` is in mV, and this is in ms", (3, 11)),
    (
        "state V = 0 : mV\nspike when V > 1 mV\nreset V *= 2 mV",
        "`V` is a number without a unit, and this is in mV",
        (3, 12),
    ),
    (
        "state V = 0 : mV\nspike when V > 1 mV\nrefractory 2",
        "a refractory period is in ms, and this is a number without a unit",
        (3, 12),
    ),
    ("state V = 0 : mV\nspike when V crosses 1", "`V` is in mV, and this is a number without a unit", (2, 22)),
];

#[test]
fn mistakes_have_a_message_and_a_place() {
    let mut wrong = Vec::new();
    for (text, part, place) in TABLE {
        let all = mistakes(text);
        let is_right = matches!(&*all, [(message, at)] if message.contains(part) && at == place);
        if !is_right {
            wrong.push(format!("{text:?}: expected {part:?} at {place:?}, found {all:?}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn texts_that_look_like_mistakes_are_right() {
    for text in [
        "x' = -x;".trim_end_matches(';'),
        "dx/dt = -x",
        "x' = 1\nspike when x > 1\nreset: x = 0; x += 1;",
        "param x = 5 [mV]\nparam y = -5 : mV\nparam z = 5 1/ms",
        "c = 0.5 : 1/ms\nx' = -c*x",
        "V' = 0 : mV",
        "V' = (1 mV - V)/2 ms : mV\nspike when V > 0",
        "x' = 2*xi + where(x > 0, xi, 3*xi_b)/2",
        "param a = 1 mV\nc = a^0\nd = sqrt(a*a) + a^0.5*a^0.5",
        "param a = 1 mV\nparam b = 1 V\nc = clip(0, a, b)",
        "x' = 1 # a comment\n# another one\n\n",
        "x' = (1\n + 2)",
        "x' = 1\r\ny' = 2\r\n",
        "x' = 2^-1 - -1 + 2**2",
        "x' = 1\nspike when not x < 1 and x != 3 or x == 4",
        "state x = y + 1\nstate y = randn()",
        "state x = 1 : mV",
        "x' = int(x > 1) - int(not x > 1)",
        "x' = -x/2 ms : mV\nstate x = 1 : mV",
        "transmit 0.5",
        "on spike transmit 0.5;",
        "input V\ntransmit sigmoid(V)",
        "x' = -x + dt\neach step: x *= 0.9\non spike: x += 1\ntransmit x",
        "state x = rand()\non spike: transmit x; x = 1",
        "transmit' = 1\non' = transmit\nx = transmit*on",
        "state transmit = 1\non spike: transmit *= 2; transmit transmit; transmit = 1",
    ] {
        assert_eq!(mistakes(text), [], "{text}");
    }
}

#[test]
fn units_of_other_scales_become_factors() {
    let value = |text: &str| {
        let model = read(text).unwrap();
        let (_, id, unit) = model.lets.last().unwrap().clone();
        (model.graph.value(id).unwrap(), unit)
    };
    for (text, expected, unit) in [
        ("c = 1 mV + 1 V", 1001.0, "mV"),
        ("c = 1 V + 1 mV", 1.001, "V"),
        ("c = clip(0, 1 mV, 1 V)", 1.0, "mV"),
        ("c = clip(5 V, 1 mV, 2000 mV)", 2.0, "V"),
        ("c = (1 V/1 mV)^1", 1000.0, "1"),
        ("c = 2^(1 V/1 mV/500)", 4.0, "1"),
        ("c = exp(0*1 V/1 mV)", 1.0, "1"),
        ("c = 1 nS*1 mV : pA", 1.0, "pA"),
        ("c = 1 uS*1 mV : pA", 1000.0, "pA"),
        ("c = 4 : 1/ms", 4.0, "1/ms"),
        ("c = (3 mV)^2", 9.0, "mV^2"),
        ("c = sqrt(4 [mV^2])", 2.0, "mV"),
    ] {
        assert_eq!(value(text), (expected, unit.to_owned()), "{text}");
    }
}

#[test]
fn a_method_of_several_stages_refuses_noise_with_a_factor_of_a_state() {
    let program = |text: &str, method| read(text).unwrap().program::<f64>(method, 0.1, &[Param::All(1.0)]).map(|_| ());
    let multiplied = "param s = 1\ny' = s*xi\nx' = -x + s*x*xi";
    let added = "param s = 1\ninput i\nx' = -x + s*i*xi + xi_b\ny' = x + y*2";
    for method in Method::ALL.into_iter().filter(|method| *method != Method::Exact) {
        assert!(program(added, method).is_ok(), "{method}");
        let result = program(multiplied, method);
        match method {
            Method::ExpAuto | Method::Euler => assert!(result.is_ok(), "{method}"),
            _ => {
                let error = result.unwrap_err().to_string();
                assert!(error.contains("the white noise of `x`") && error.contains(method.name()), "{error}");
            }
        }
    }
}

#[test]
fn all_lines_with_a_sign_without_a_meaning_are_reported() {
    let all = mistakes("x' = 1 $ 2\ny' = 3)\nz' = 1e999\nw' = 4 ?");
    let places: Vec<(usize, usize)> = all.iter().map(|(_, at)| *at).collect();
    assert_eq!(places, [(1, 8), (2, 7), (3, 6), (4, 8)], "{all:?}");
}

/// Lines that define names, in the units that the page of the language says.
const DEFINITIONS: [(&str, &str); 11] = [
    ("x", "x' = -x"),
    ("V", "state V = 0 : mV"),
    ("E", "param E = 1 mV"),
    ("I", "input I : mV"),
    ("tau", "param tau = 10 ms"),
    ("a", "param a = 1"),
    ("b", "param b = 1"),
    ("y", "param y = 1"),
    ("c", "param c = 1"),
    ("n", "param n = 2"),
    ("i", "input i"),
];

/// The text of a row of the page: its line, and the definitions of the names in it.
fn text_of(line: &str) -> String {
    let words: Vec<&str> = line.split(|c: char| !c.is_alphanumeric() && c != '_').collect();
    let own = |name: &str| {
        let mut parts = line.split([' ', '\'', '=']);
        let first = parts.next().unwrap_or_default();
        let defines = ["param", "input", "state"].contains(&first);
        let slope = line.strip_prefix(name).is_some_and(|rest| rest.starts_with(['\'', ' ']));
        (if defines { parts.next() == Some(name) } else { slope }) || line.starts_with(&format!("d{name}/"))
    };
    let needed = DEFINITIONS.iter().filter(|(name, _)| words.contains(name) && !own(name));
    let mut text: String = needed.map(|(_, definition)| format!("{definition}\n")).collect();
    if line.starts_with("reset") || line.starts_with("refractory") {
        text += "state s = 0 : mV\nspike when s > 1 mV\n";
    }
    text + line
}

/// Rows of the page whose first cell is no line of a text, and texts that they mean.
const IN_WORDS: &[(&str, &str)] = &[
    ("a second `param a`", "param a = 1\nparam a = 2"),
    ("a second `x' = …`", "x' = 1\nx' = 2"),
    ("a second `state x = …`", "state x = 1\nstate x = 2"),
    ("a fifth `input I4`", "input I0\ninput I1\ninput I2\ninput I3\ninput I4"),
    ("`a = b` with `b = 2*c` and `c = a`", "a = b\nb = 2*c\nc = a"),
    ("a second `spike when …`", "x' = 1\nspike when x > 1\nspike when x > 2"),
    ("a second `reset`", "x' = 1\nspike when x > 1\nreset x = 1\nreset x = 2"),
    ("a second `refractory`", "x' = 1\nspike when x > 1\nrefractory 1\nrefractory 2"),
    ("`reset x = 3` alone", "x' = 1\nreset x = 3"),
    ("`(unless refractory)` alone", "x' = 0 : mV (unless refractory)"),
    ("`x' = 3 : V` and `state x = 0 : mV`", "state x = 0 : mV\nx' = 3 [V/ms] : V"),
    ("`V' = (E - V)/Tau : mV`", "param tau = 10 ms\nparam E = 1 mV\nV' = (E - V)/Tau : mV"),
    ("`state V = -65` with `V' = -V/tau : mV`", "param tau = 10 ms\nstate V = -65\nV' = -V/tau : mV"),
    ("`refractory x`", "x' = 1\nspike when x > 1\nrefractory x"),
    ("`V' = 3 [mV/ms]` without `: mV`", "V' = 3 [mV/ms]"),
    ("`transmit x` beside `on spike: transmit x`", "state x = 1\non spike: transmit x\ntransmit x"),
    ("a second `on spike`", "state x = 1\non spike: transmit x\non spike: x = 1"),
    ("`transmit x` beside `spike when …`", "state x = 1\nspike when x > 1\ntransmit x"),
    ("`transmit x` beside `input I`", "input I\nstate x = 1\ntransmit x"),
    ("`transmit sigmoid(V)` without an input", "transmit sigmoid(V)"),
    ("a second `current`", "current 1\ncurrent 2"),
    ("`current V`", "input V : mV\ncurrent V"),
    ("`current 3 : nS` beside `input V : mV`", "input V : mV\ncurrent 3 : nS"),
    ("`current x` beside `spike when …`", "state x = 1\nspike when x > 1\ncurrent x"),
    ("`current x` beside `transmit x`", "state x = 1\ncurrent x\ntransmit x"),
    ("`current V` beside `input V : V`", "input V : V\ncurrent V"),
    ("`current V` beside `V' = 1`", "V' = 1\ncurrent V"),
    ("`current sigmoid(V)` without an input", "current sigmoid(V)"),
    ("`current x*xi`", "x' = -x\ncurrent x*xi"),
    ("`x' = xi` beside `transmit x`", "x' = xi\ntransmit x"),
    ("`on pre: x += 1` without `weight`", "state x = 1\non pre: x += 1"),
    ("`weight w from 0 to x` with a variable x", "x' = -x\nweight w from 0 to x\non pre: w += 1"),
    ("a second `weight`", "weight w from 0 to 1\nweight v from 0 to 1\non pre: w += 1"),
    ("a second `on pre`", "weight w from 0 to 1\non pre: w += 1\non pre: w += 2"),
    ("a second `on post`", "weight w from 0 to 1\non post: w += 1\non post: w += 2"),
    ("`state w = 1` for the weight", "state w = 1\nweight w from 0 to 1\non pre: w += 1"),
    ("`weight w from 0 to 1` alone", "weight w from 0 to 1"),
    ("`weight w from 0 to 1` beside `spike when …`", "weight w from 0 to 1\non pre: w += 1\nspike when w > 1"),
    ("`transmit x` beside `weight w from 0 to 1`", "state x = 1\nweight w from 0 to 1\non pre: w += 1\ntransmit x"),
    ("`on pre: w += 1` beside `input I`", "input I\nweight w from 0 to 1\non pre: w += 1"),
    ("`on pre: w += V` without an input", "weight w from 0 to 1\non pre: w += V"),
    ("`on pre: w += rand()`", "weight w from 0 to 1\non pre: w += rand()"),
    ("`on pre: w += t`", "weight w from 0 to 1\non pre: w += t"),
    ("`w' = xi`", "weight w from 0 to 1\nw' = xi"),
    ("`state x = y` for another variable y", "state y = 1\nstate x = y\nweight w from 0 to 1\non pre: w += x"),
    ("`state transmitted = 1` beside `transmit x`", "state x = 1\nstate transmitted = 1\ntransmit x"),
];

#[test]
fn the_page_of_the_language_has_the_messages() {
    let page = include_str!("../../../docs/equations.md");
    let (mut rows, mut wrong, mut section) = (0, Vec::new(), "");
    for line in page.lines() {
        if let Some(title) = line.strip_prefix("### ") {
            section = title;
        }
        let cells: Vec<&str> = line.split(" | ").map(|cell| cell.trim_matches(['|', ' '])).collect();
        let [cause, report] = cells[..] else { continue };
        let sections = ["Form", "Names", "Units and values", "Noise", "Synapses", "Plasticity", "Channels"];
        if !sections.contains(&section) || cause == "line" || cause.starts_with("---") {
            continue;
        }
        rows += 1;
        let in_words = IN_WORDS.iter().find(|(row, _)| *row == cause);
        let line = cause.strip_prefix('`').and_then(|rest| rest.strip_suffix('`'));
        let text = match (in_words, line) {
            (Some((_, text)), _) => (*text).to_owned(),
            (None, None) if cause == "64 variables" => {
                let states: String = (1..64).map(|k| format!("x{k}' = -x{k}\n")).collect();
                states + "weight w from 0 to 1\non pre: w += x1"
            }
            (None, Some(line)) => text_of(line),
            (None, None) => {
                wrong.push(format!("{cause}: no text"));
                continue;
            }
        };
        let found = mistakes(&text);
        if !found.iter().any(|(message, _)| message.starts_with(report)) {
            wrong.push(format!("{cause}: {report}\n    {text:?}: {found:?}"));
        }
    }
    assert!(wrong.is_empty() && rows > 50, "{rows} rows\n{}", wrong.join("\n"));
}
