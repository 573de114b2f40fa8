//! The words of error messages.

use crate::support::{Place, texts};
use ndarray::ArrayD;

/// Names come from files and their contents. An error stays one line, and sends no control
/// characters to the terminal.
#[test]
fn names_in_errors_are_harmless() {
    let place = Place::new();
    let (red, forged) = ("a\u{1b}[31mRED\u{7}", "b\nerror: fake");
    place.npz("esc.npz", &[(red, ArrayD::zeros(vec![3])), (forged, ArrayD::zeros(vec![3]))]);
    place.write("m.toml", "kind = 'LIF'\nsize = 3\ninput = { file = 'esc.npz', array = \"x\\u001b[0m\" }\n");
    place.write(
        "n.toml",
        "[[group]]\nname = \"\\u001b]0;title\\u0007\"\nkind = 'LIF'\n[[projection]]\nname = 'C'\nfrom = 'P'\nto = 'P.s'\n",
    );
    place.write("forged\nerror: fake.npz", "hello");
    for arguments in [
        ["run", "hh", "--input", "esc.npz"].as_slice(),
        &["run", "hh", "--input", "esc.npz:in\u{1b}[0m"],
        &["run", "hh", "--steps", "1", "--state", "esc.npz"],
        &["run", "hh", "--steps", "1", "--weights", "esc.npz"],
        &["run", "m.toml"],
        &["run", "n.toml", "--steps", "1"],
        &["run", "hh", "--input", "forged\nerror: fake.npz"],
        &["run", "no\u{9b}such"],
    ] {
        let output = place.command("").args(arguments).output().unwrap();
        let said = String::from_utf8(output.stderr).unwrap();
        let (first, rest) = said.split_once('\n').unwrap();
        assert!(
            rest.is_empty() && first.starts_with("error: ") && !first.chars().any(char::is_control),
            "{arguments:?}: {said:?}"
        );
        assert!(first.contains("\\u{") || first.contains("\\n"), "{arguments:?}: {said:?}");
    }
    // The messages before and after a run.
    place.write("\u{1b}[2J.toml", "kind = 'LIF'\nsteps = 1\n");
    let output = place.command("run").args(["\u{1b}[2J.toml", "--out", "\u{1b}[2J.npz"]).output().unwrap();
    let said = texts(&output);
    assert!(output.status.success() && !format!("{}{}", said.0, said.1).contains('\u{1b}'), "{said:?}");
}

/// The advice uses the words of the command, and comes before the run starts.
#[test]
fn errors_are_in_the_words_of_the_command() {
    let place = Place::new();
    place.ok("run hh --size 2 --steps 5 --save-state s.safetensors --quiet");
    place.write("m.toml", "[[layer]]\nname = 'l'\nkind = 'Dense'\nnum_in = 1\nnum_out = 2\n");
    place.write("large.toml", "[[layer]]\nname = 'l'\nkind = 'Dense'\nnum_in = 1000000\nnum_out = 4000000\n");
    place.write("i.toml", "kind = 'InputGroup'\nsize = 2\n");
    place.write(
        "init.toml",
        "[[layer]]\nname = 'l'\nkind = 'Dense'\nnum_in = 1\nnum_out = 2\nW_init = 1e6\nb_init = { file = 'large.npz', array = 'b' }\n",
    );
    place.write("gl.toml", "kind = 'HH'\n[parameters]\ngL = 1e300\n");
    place.write("normal.toml", "kind = 'HH'\n[initial]\nV = { normal = [0, 3e38] }\n");
    place.write("lognormal.toml", "kind = 'HH'\n[initial]\nV = { lognormal = [100, 1] }\n");
    let (w, b) = (|x: f64| ("l.W", ArrayD::from_elem(vec![1, 2], x)), |shape: &[usize]| ("l.b", ArrayD::zeros(shape)));
    place.npz("large.npz", &[w(1e6), b(&[2]), ("b", ArrayD::from_elem(vec![2], 1e6))]);
    place.npz("w.npz", &[w(1e6), b(&[2])]);
    place.npz("b.npz", &[w(1.0), b(&[1, 2])]);
    place.npz("b3.npz", &[w(1.0), b(&[3])]);
    place.npz("few.npz", &[w(1.0)]);
    place.npz("v.npz", &[("V", ArrayD::from_elem(vec![2], 1e300))]);
    place.npz("x.npz", &[("in", ArrayD::zeros(vec![5, 3])), ("lengths", ArrayD::ones(vec![5]))]);
    place.write("rnn.toml", "[[layer]]\nname = 'l'\nkind = 'RNN'\nnum_in = 3\nhidden = 2\n");
    let run = "run m.toml --steps 1 --input 1";
    let weights = |file: &str, more: &str| format!("{run} --weights {file} {more}");
    for (code, arguments, words, not) in [
        (
            2,
            "run hh --size 2 --steps 5 --state s.safetensors --dtype f64".to_owned(),
            "`V` is f32, and this run is in f64: --dtype f32",
            "lenient",
        ),
        (2, "run hh --steps 5 --size 2 --first-axis B --out o.npz".to_owned(), "--batch", "batch(…)"),
        (2, "run rnn.toml --input x.npz --lengths x.npz:lengths".to_owned(), "--batch", "batch(…)"),
        (
            2,
            "run hh --size 2 --steps 5 --checkpoint c --checkpoint-every nan".to_owned(),
            "--checkpoint-every NaN",
            "duration",
        ),
        (
            2,
            "run hh --size 2 --steps 5 --checkpoint c --checkpoint-every -1".to_owned(),
            "--checkpoint-every -1",
            "duration",
        ),
        (
            2,
            "run hh --size 2 --steps 5 --checkpoint c --checkpoint-every 0".to_owned(),
            "--checkpoint-every 0",
            "duration",
        ),
        (
            2,
            "run hh --size 2 --steps 5 --checkpoint c --checkpoint-every 1e300".to_owned(),
            "--checkpoint-every 1e300",
            "duration",
        ),
        (2, "run hh --size 2 --duration 1e300".to_owned(), "duration: 1e300 is 1e301 steps of 0.1", "000"),
        (2, "run hh --steps 5 --dt -1e300".to_owned(), "dt: -1e300 is not", "000"),
        (
            4,
            weights("w.npz", "--dtype f16"),
            "w.npz, array `l.W`: the element at [0, 0] is 1000000, too large for f16",
            "inf",
        ),
        (
            4,
            "run m.toml --steps 1 --input 1e6 --dtype f16".to_owned(),
            "the input is 1000000, too large for f16",
            "inf",
        ),
        (
            4,
            "run init.toml --steps 1 --input 1 --dtype f16".to_owned(),
            "init.toml:6: `l.W` has 1000000, too large for f16",
            "inf",
        ),
        (4, "run gl.toml --steps 1".to_owned(), "`parameters.gL` has 1e300, too large for f32", "inf"),
        (4, "run normal.toml --steps 1".to_owned(), "`initial.V` has -1.77", "inf"),
        (4, "run lognormal.toml --steps 1".to_owned(), "`initial.V` has ", "inf"),
        (
            4,
            "run lif --size 2 --steps 1 --state v.npz".to_owned(),
            "v.npz, array `V`: the element at [0] is 1e300, too large for f32",
            "inf",
        ),
        (
            2,
            weights("b.npz", ""),
            "weights of b.npz: weight `l.b`: expected [2], given an array of shape [1, 2]",
            "state",
        ),
        (2, weights("b3.npz", ""), "weight `l.b`: axis 0 has length 3, expected 2", "state"),
        (2, weights("few.npz", ""), "names do not fit this system: it needs l.b", "state"),
        (
            6,
            "run large.toml --steps 1 --input 1".to_owned(),
            "[1000000, 4000000] needs 16000000000000 bytes of memory",
            "than memory can hold",
        ),
    ] {
        let said = place.fails(code, &arguments);
        assert!(said.contains(words) && !said.contains(not) && said.lines().count() == 1, "{arguments}: {said}");
    }
    for input in ["0.5", "2"] {
        let said = place.fails(4, &format!("run i.toml --steps 3 --input {input} --quiet"));
        assert!(said.contains("neither 0 nor 1") && !said.contains("dt"), "{said}");
    }
    // The advice in the messages works.
    place.ok("run hh --size 2 --steps 5 --state s.safetensors --dtype f32 --quiet");
    place.ok("run m.toml --steps 1 --input 1 --weights w.npz --quiet");
}
