//! Inputs of groups.

use crate::support::Place;
use ndarray::ArrayD;

const TWO: &str = "dt = 0.1\n[[group]]\nname = 'A'\nkind = 'LIF'\nsize = 2\ninput = true\n[[group]]\nname = 'B'\nkind = 'LIF'\nsize = 2\ninput = true\n\
                   [[group]]\nname = 'C'\nkind = 'LIF'\nsize = 2\n";

/// The inputs of groups by name, from the file and from flags. V of a LIF with V_rest = 0, R = 1
/// and τ = 10 ms approaches I·(1 − e^{−t/τ}).
#[test]
fn groups_have_inputs_of_their_own() {
    let place = Place::new();
    let series =
        ndarray::Array2::from_shape_fn((20, 2), |(t, n)| (n + 1) as f64 * if t < 10 { 1.0 } else { 0.0 }).into_dyn();
    place.npz("x.npz", &[("b", series), ("c", ArrayD::ones(vec![7]))]);
    let model = format!("{TWO}[[group]]\nname = 'D'\nkind = 'LIF'\ninput = true\n").replace(
        "kind = 'LIF'\n",
        "kind = 'LIF'\nparameters = { V_rest = 0.0, V_reset = 0.0, V_th = 50.0, R = 1.0, tau = 10.0 }\ninitial = { V = 0.0 }\n",
    );
    let v = |input: &str, arguments: &str| {
        place.write("m.toml", format!("{input}\nout_vars = ['A.V', 'B.V', 'C.V', 'D.V']\n{model}"));
        place.ok(&format!("run m.toml {arguments} --dtype f64 --out a.npz --quiet"));
        place.read("a.npz")
    };
    let rise = |steps: i32| 1.0 - (-0.01 * f64::from(steps)).exp();
    let check = |out: &std::collections::BTreeMap<String, ArrayD<f64>>, a: f64| {
        for t in 0..20 {
            let b = if t < 10 { rise(t + 1) } else { rise(10) * (-0.01 * f64::from(t - 9)).exp() };
            for n in 0..2 {
                let at = [t as usize, n];
                assert!((out["A.V"][at] - a * rise(t + 1)).abs() <= 1e-12, "A {t} {n}");
                assert!((out["B.V"][at] - b * (n + 1) as f64).abs() <= 1e-12, "B {t} {n}");
                assert!(out["C.V"][at] == 0.0);
            }
            assert!(out["D.V"][[t as usize, 0]] == 0.0, "D has no input");
        }
    };
    let input = "input = { A = 3.0, B = { file = 'x.npz', array = 'b' } }";
    check(&v(input, ""), 3.0);
    check(&v("", "--input A=3.0 --input B=x.npz:b"), 3.0);
    // An argument overrides the input of that name in the file.
    check(&v(input, "--input A=2.0"), 2.0);
    check(&v("input = { A = 3.0 }", "--input B=x.npz:b --steps 20"), 3.0);
    check(&v("", "--input A=-1.5 --input B=x.npz:b"), -1.5);
    // The inputs as a table.
    place.write(
        "t.toml",
        format!(
            "out_vars = ['A.V', 'B.V', 'C.V', 'D.V']\n{model}[input]\nA = 3.0\n[input.B]\nfile = 'x.npz'\narray = 'b'\n"
        ),
    );
    place.ok("run t.toml --dtype f64 --out a.npz --quiet");
    check(&place.read("a.npz"), 3.0);
    for (input, arguments, says) in [
        ("input = { A = 3.0, B = { file = 'x.npz', array = 'b' } }", "--steps 19", "length 20, expected 19"),
        ("input = { A = { file = 'x.npz', array = 'c' }, B = { file = 'x.npz', array = 'b' } }", "", "expected 7"),
        ("input = { C = 1.0 }\nsteps = 5", "", "m.toml:1: group `C` takes no input: it needs `input = true`"),
        ("input = { E = 1.0 }\nsteps = 5", "", "no group named `E`"),
        (
            "input = { A = { uniform = [0, 1] } }\nsteps = 5",
            "",
            "`input.A.uniform`: no kind of input named `uniform`; there is: file, ",
        ),
        ("input = { A = 1.0, file = 'x.npz' }", "", "`file` beside names of groups"),
        ("steps = 5", "--input C=1.0", "`input = true`"),
        ("steps = 5", "--input E=1.0", "no group named `E`"),
        ("steps = 5", "--input A=1.0 --input A=2.0", "twice for `A`"),
        ("steps = 5", "--input A=1.0 --input 2.0", "with a group's name and without one"),
        ("steps = 5", "--input 1.0 --input 2.0", "--input is given twice"),
    ] {
        place.write("m.toml", format!("{input}\n{model}"));
        let said = place.fails(2, &format!("run m.toml {arguments}"));
        assert!(said.contains(says), "{input} {arguments}: {said}");
    }
    place.write("hh.toml", "kind = 'HH'\nsteps = 5\ninput = { A = 1.0 }\n");
    let said = place.fails(2, "run hh.toml");
    assert!(said.contains("hh.toml:3: no kind of input named `A`"), "{said}");
    assert!(said.contains("`input` by name is for the groups of a network"), "{said}");
    assert!(
        place.fails(2, "run hh --steps 5 --input A=1.0").contains("inputs by name are for the groups of a network")
    );
}

/// An input without a name goes to the first group, with a warning. It is an error if no group
/// takes an input.
#[test]
fn an_input_without_a_name_is_the_first_groups() {
    let place = Place::new();
    let run = |input: &str, model: &str| {
        place.write("m.toml", format!("steps = 5\n{input}\nout_vars = ['A.V', 'B.V', 'C.V']\n{model}"));
        place.run("run m.toml --device cpu --out a.npz")
    };
    let output = run("input = 1.0", TWO);
    let (_, said) = crate::support::texts(&output);
    assert!(
        output.status.success() && said.contains("warning: the input goes to `A`") && said.contains("none to `B`"),
        "{said}"
    );
    let unnamed = place.read("a.npz");
    run("input = { A = 1.0 }", TWO);
    assert_eq!(unnamed, place.read("a.npz"));
    assert_ne!(unnamed["A.V"], unnamed["B.V"]);
    let one = TWO.replacen("input = true\n", "", 1);
    let (_, said) = crate::support::texts(&run("input = 1.0", &one));
    assert!(!said.contains("warning"), "{said}");
    let none = one.replace("input = true\n", "");
    for output in [run("input = 1.0", &none), place.run("run m.toml --input 2.0")] {
        let (_, said) = crate::support::texts(&output);
        assert_eq!(output.status.code(), Some(2), "{said}");
        assert!(said.contains("no group takes one: `A`, `B`, `C` needs `input = true`"), "{said}");
    }
    place.write("m.toml", format!("steps = 5\n{none}"));
    assert!(place.fails(2, "run m.toml --input 2.0").contains("`input = true`"));
}

/// An interrupted run continues with the rest of each group's series.
#[test]
fn named_inputs_are_in_checkpoints() {
    let place = Place::new();
    let steps = 3000;
    let series =
        |k: usize| ndarray::Array2::from_shape_fn((steps, 2), |(t, n)| ((t / 7 + k + n) % 5) as f64).into_dyn();
    place.npz("x.npz", &[("a", series(0)), ("b", series(3))]);
    place.write(
        "m.toml",
        format!(
            "out_vars = ['A.V', 'B.V']\ninput = {{ A = {{ file = 'x.npz', array = 'a' }}, B = {{ file = 'x.npz', array = 'b' }} }}\n{TWO}"
        ),
    );
    place.ok("run m.toml --out whole.npz --quiet");
    // The last checkpoint is of step 2000. A run that finishes does not delete its checkpoint.
    place.ok("run m.toml --out a.npz --checkpoint c.safetensors --checkpoint-every 200 --quiet");
    std::fs::remove_file(place.path("a.npz")).unwrap();
    std::fs::remove_file(place.path("x.npz")).unwrap();
    place.ok("resume c.safetensors --quiet");
    assert_eq!(place.read("a.npz"), place.read("whole.npz"));
}
