//! Every mistake in the text of a network has its line.

use super::ALL;
use overtime_model::ModelFile;

#[test]
fn every_mistake_has_its_line() {
    assert!(ModelFile::parse(ALL).is_ok(), "{:?}", ModelFile::parse(ALL));
    // The right text, the wrong text, the line of the error in the wrong text, and a part of the
    // message.
    let cases = [
        ("kind = 'LIF'", "kind = 'LIFE'", "no kind of neuron named `LIFE`"),
        ("name = 'I'", "name = 'E'", "two things named `E`"),
        ("name = 'I'", "name = 'I.1'", "has a dot"),
        ("name = 'EI'", "name = 'EE'", "two things named `EE`"),
        ("name = 'EI'", "name = 'I'", "two things named `I`"),
        ("current = 150.0", "current = 'much'", "no values named `much`"),
        ("current = 150.0", "curent = 150.0", "curent"),
        ("noise = 30.0", "noise = -1", "`noise` must be a non-negative number"),
        ("V_T = -62.5", "V_Z = 1", "no parameter named `V_Z`"),
        ("ge = { normal = [40.0, 15.0] }", "gx = 1", "no variable with an initial value named `gx`"),
        ("ge = { normal = [40.0, 15.0] }", "ge = { normal = 1 }", ""),
        ("ge = { normal = [40.0, 15.0] }", "m = 0.1", "go together"),
        ("tau = 5.0", "tau = 0", "`tau` must be a positive number"),
        ("reversal = -80.0", "reversal = inf", "`reversal` must be a finite number"),
        ("name = 'gi'", "name = 'V'", "two things named `V`"),
        ("name = 'gi'", "name = 'flight'", "two things named `flight`"),
        ("receptor = 'ge'", "receptor = 'ga'", "no receptor named `ga`; there is: ge, gi"),
        ("rate = 300.0", "rate = -300.0", "`rate` must be a non-negative number"),
        ("from = 'E[0..30]'", "from = 'F'", "no group named `F`; there is: E, I"),
        ("from = 'E[0..30]'", "from = 'E[0..41]'", "beyond the 40 neurons"),
        ("from = 'E[0..30]'", "from = 'E[3..3]'", "is empty"),
        ("from = 'E[0..30]'", "from = 'E[0-3]'", "not a part of a group"),
        ("to = 'E.ge'", "to = 'E'", "`GROUP.RECEPTOR`"),
        ("to = 'E.ge'", "to = 'E.gx'", "no receptor named `gx`; there is: ge, gi"),
        ("to = 'I[2..10].kick'", "to = 'I[2..11].kick'", "beyond the 10 neurons"),
        (
            "connect = { kind = 'fixed_prob', p = 0.2 }",
            "connect = { kind = 'some', p = 0.2 }",
            "no connectivity named `some`; there is: fixed_prob",
        ),
        ("connect = { kind = 'fixed_prob', p = 0.2 }", "connect = { kind = 'fixed_prob' }", "fixed_prob needs `p`"),
        (
            "connect = { kind = 'fixed_prob', p = 0.2 }",
            "connect = { kind = 'fixed_prob', p = 1.2 }",
            "`p` is a probability",
        ),
        (
            "connect = { kind = 'fixed_prob', p = 0.2 }",
            "connect = { kind = 'fixed_prob', p = 0.2, num = 3 }",
            "`num` is not for fixed_prob",
        ),
        ("connect = { kind = 'one_to_one' }", "connect = { p = 0.1 }", "needs `kind`"),
        (
            "connect = { kind = 'all_to_all' }",
            "connect = { kind = 'arrays', pre = 'a', post = 'b' }",
            "arrays needs `file`",
        ),
        ("weight = { uniform = [2.0, 8.0] }", "weight = 'orthogonal'", "`weight` is a number"),
        (
            "weight = { uniform = [2.0, 8.0] }",
            "weight = { uniform = [8.0, 2.0] }",
            "8 is the low end of uniform values, above the high end 2",
        ),
        ("delay = { uniform = [0.5, 3.0] }", "delay = { normal = [0.5, -3.0] }", "-3 is a standard deviation below 0"),
        ("autapses = false", "procedural = true", "and for one `delay`"),
        ("weight = 2.0", "procedural = true", "`procedural` is for fixed_prob"),
        ("autapses = false", "multapses = true", "`multapses = true` is for fixed_num_pre, fixed_num_post"),
        ("autapses = false", "multapse = true", "named `multapse` (did you mean `multapses`?)"),
        ("weight = 4.0", "multapses = 1", "`projection.multapses` must be true or false, not 1"),
        (
            "connect = { kind = 'fixed_prob', p = 0.2 }",
            "connect = { kind = 'fixed_total_number', p = 0.2, num = 9 }",
            "fixed_total_number has either `num` or `p`, not both",
        ),
        ("connect = { kind = 'fixed_prob', p = 0.2 }", "connect = { kind = 'fixed_total_number' }", "needs `num`"),
        (
            "connect = { kind = 'fixed_prob', p = 0.2 }",
            "connect = { kind = 'fixed_total_numbers', num = 9 }",
            "(did you mean `fixed_total_number`?)",
        ),
        ("connect = { kind = 'fixed_prob', p = 0.2 }", "connect = { kind = 'fixed_total_number', num = -1 }", "num"),
        ("delay = 1.5", "delay = -1.5", "`delay` must be a non-negative number"),
        ("stdp = { max = 9.0, tau_post = 30.0 }", "stdp = { min = 1.0 }", "needs `max`"),
        (
            "stdp = { max = 9.0, tau_post = 30.0 }",
            "stdp = { max = 1.0, tau_pre = 0.0 }",
            "`tau_pre` must be a positive number",
        ),
        ("stdp = { max = 9.0, tau_post = 30.0 }", "stdp = { max = 1.0, min = 2.0 }", "is above"),
        ("stdp = { max = 9.0, tau_post = 30.0 }", "stdp = { max = -1.0 }", "give `min`, which is 0 by default"),
        ("stdp = { max = 9.0, tau_post = 30.0 }", "stdp = { max = 1.0, min = 1.0 }", "no weight can change"),
        (
            "kind = 'graded'",
            "kind = 'grated'",
            "no kind of receptor named `grated` (did you mean `graded`?); there is: exponential",
        ),
        (
            "kind = 'gap'",
            "kind = 'gab'",
            "no kind of receptor named `gab` (did you mean `gap`?); there is: exponential",
        ),
        ("magnesium = 1.0", "magnesium = -1.0", "`magnesium` must be a non-negative number"),
        ("reversal = 1.0", "tau = 1.0", "`tau` is not for a graded receptor"),
        (
            "kinetics = 'nmda'",
            "kinetics = 'nmdb'",
            "no kinetics named `nmdb` (did you mean `nmda`?); there is: stp, ampa",
        ),
        (
            "parameters = { U = 0.5, tau_f = 30.0 }",
            "parameters = { u = 0.5 }",
            "no parameter named `u` (did you mean `U`?); there is: U, tau_f, tau_d",
        ),
        (
            "initial = { u = 0.25, x = { uniform = [0.5, 1.0] } }",
            "initial = { g = 0.5 }",
            "no variable with an initial value named `g`; there is: u, x",
        ),
        ("weight = 3.0", "initial = { u = 0.5 }", "`initial` of a projection needs `kinetics`"),
        ("parameters = { U = 0.5, tau_f = 30.0 }", "parameters = { U = -0.5 }", "`U` must be a non-negative number"),
    ];
    let mut wrong = String::new();
    for (right, instead, says) in cases {
        assert_eq!(ALL.matches(&format!("\n{right}\n")).count(), 1, "{right}");
        let text = ALL.replace(&format!("\n{right}\n"), &format!("\n{instead}\n"));
        let at = 1 + ALL.lines().position(|line| line == right).unwrap();
        match ModelFile::parse(&text) {
            Ok(_) => wrong += &format!("{instead}: accepted\n"),
            Err(e) if e.line != at || !e.message.contains(says) => {
                wrong += &format!("{instead}: line {}, expected {at}: {}\n", e.line, e.message)
            }
            Err(_) => {}
        }
    }
    for (text, at, says) in [
        ("[[group]]\nkind = 'HH'\n", 1, "no `name`"),
        ("[[group]]\nname = 'a'\n", 1, "needs `kind`"),
        ("size = 3\n[[group]]\nname = 'a'\nkind = 'HH'\n", 1, "`size` stands outside"),
        ("kind = 'HH'\n[[group]]\nname = 'a'\nkind = 'HH'\n", 1, "`kind` stands outside"),
        ("steps = 1\n[[projection]]\nname = 'a'\n", 2, "no `[[group]]`"),
        ("[[group]]\nname = 'a'\nkind = 'HH'\n[[projection]]\nname = 'p'\nto = 'a.x'\n", 4, "needs `from`"),
        ("[[group]]\nname = 'a'\nkind = 'HH'\n[[group.receptor]]\nname = 'x'\n", 4, "needs either `tau`"),
        (
            "[[group]]\nname = 'a'\nkind = 'HH'\n[[group.receptor]]\nname = 'x'\nvariable = 'V'\nreversal = 0\n",
            7,
            "`reversal` is for",
        ),
        (
            "[[group]]\nname = 'a'\nkind = 'HH'\n[[group.receptor]]\nname = 'x'\nkind = 'gap'\ntau = 1\n",
            7,
            "`tau` is not for gap",
        ),
        (
            "[[group]]\nname = 'a'\nkind = 'HH'\n[group.initial]\nx = 1\n[[group.receptor]]\nname = 'x'\nkind = 'gap'\n",
            5,
            "named `x`",
        ),
    ] {
        let e = ModelFile::parse(text).expect_err(text);
        if e.line != at || !e.message.contains(says) {
            wrong += &format!("{text:?}: line {}, expected {at}: {}\n", e.line, e.message);
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}
