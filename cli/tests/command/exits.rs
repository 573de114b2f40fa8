//! The exit codes, and the command's reaction to a closed stream.

use crate::support::{Place, texts};
use ndarray::ArrayD;
use std::io::Read;
use std::process::Stdio;

#[test]
fn a_usage_error_exits_with_2() {
    let place = Place::new();
    for arguments in [
        "",
        "fly",
        "run",
        "run hh",
        "run hh --steps 5 --duration 5",
        "run hh --steps five",
        "run hh --steps 5 --what",
        "run nothing --steps 5",
        "run hh --steps 5 --method rk9",
        "run hh --steps 5 --dtype f8",
        "run hh --steps 5 --dtype f16",
        "run hh --steps 5 --dtype bf16",
        "run hh --steps 5 --device tpu",
        "run hh --steps 5 --strategy fast",
        "run hh --steps 5 --device cpu --strategy graph",
        "run hh --steps 5 --out-vars W",
        "run hh --steps 5 --out-vars V,",
        "run hh --steps 5 --out-vars V[7]",
        "run hh --steps 5 --out a.txt",
        "run hh --steps 5 --plot a.gif",
        "run hh --steps 5 --out a.npz --save-state a.npz",
        "run hh --duration -5",
        "run hh --duration nan",
        "run hh --steps 5 --dt 0",
        "run hh --steps 5 --dt -1",
        "run hh --steps 5 --dt nan",
        "run hh --steps 5 --record-every 0",
        "run hh --steps 5 --checkpoint-every 5",
        "run hh --steps 5 --first-axis B",
        "run hh --steps 5 --first-axis X",
        "run hh --steps 5 --input  ",
    ] {
        place.fails(2, arguments);
    }
    // An empty argument is an error too.
    let output = place.command("run hh --steps 5 --input").arg("").output().unwrap();
    assert_eq!(output.status.code(), Some(2));
}

#[test]
fn an_absent_device_exits_with_3() {
    let place = Place::new();
    let error = place.fails(3, "run hh --steps 5 --device cuda:97");
    assert!(error.contains("cuda:97"), "{error}");
}

#[test]
fn a_non_finite_number_exits_with_4() {
    let place = Place::new();
    place.fails(4, "run hh --steps 5 --input nan");
    place.fails(4, "run hh --steps 5 --input inf");
    let mut x = ArrayD::zeros(vec![5000, 2]);
    x[[4321, 1]] = f64::NAN;
    place.npz("x.npz", &[("in", x)]);
    place.write("old.npz", "as it was");
    let error = place.fails(4, "run hh --size 2 --input x.npz --out old.npz");
    assert!(error.contains("x.npz: the element at [4321, 1] is NaN"), "{error}");
    assert_eq!(std::fs::read(place.path("old.npz")).unwrap(), b"as it was");
    // A current for which no neuron stays finite.
    let error = place.fails(4, "run hh --steps 1000 --input 1e30 --method euler");
    assert!(error.contains("step"), "{error}");
    for arguments in [
        "--input nan",
        "--input x.npz --size 2",
        "--input 1e30 --method euler --steps 1000",
        "--input 1e38 --steps 1000",
    ] {
        let steps = if arguments.contains("steps") || arguments.contains("x.npz") { "" } else { "--steps 5" };
        assert!(!place.fails(4, &format!("run hh {steps} {arguments}")).contains("allow_non_finite"), "{arguments}");
    }
}

/// Euler's method at a step that is too long: V changes by the factor dt·g/C, and an open sodium
/// channel has g = 120 mS/cm².
#[test]
fn an_unstable_method_is_an_error_with_its_step() {
    let place = Place::new();
    place.write("m.toml", "kind = 'HH'\nsize = 2\ninput = 10.0\ndt = 0.1\nduration = 50.0\nmethod = 'euler'\n");
    let said = place.fails(4, "run m.toml");
    for word in
        ["[0] is ", "at step", "the explicit method euler", "dt = 0.1 ms", "--dt (0.025 ms)", "--method exp_auto"]
    {
        assert!(said.contains(word), "{word}: {said}");
    }
    // The advice in the message works.
    place.ok("run m.toml --dt 0.01 --quiet");
    place.ok("run m.toml --method exp_auto --quiet");
    let group = "name = 'P'\nkind = 'HH'\ncurrent = 10.0\nmethod = 'euler'\n";
    place.write("n.toml", format!("dt = 0.1\nduration = 50.0\n[[group]]\n{group}"));
    let said = place.fails(4, "run n.toml");
    assert!(
        said.contains("P.") && said.contains("euler") && said.contains("method = \"exp_auto\" in its [[group]]"),
        "{said}"
    );
    // f16 overflows where f32 does not. Padding may have any value.
    let mut x = ArrayD::from_elem(vec![3, 2, 3], 1e6);
    x[[2, 1, 0]] = f64::NAN;
    place.npz("x.npz", &[("in", x), ("lengths", ndarray::arr1(&[3.0, 2.0]).into_dyn())]);
    place.write(
        "l.toml",
        "input = { file = 'x.npz', array = 'in' }\n[[layer]]\nname = 'l'\nkind = 'RNN'\nnum_in = 3\nhidden = 2\n",
    );
    let said = place.fails(4, "run l.toml --dtype f16");
    assert!(said.contains("x.npz, array `in`: the element at [0, 0, 0] is 1000000, too large for f16"), "{said}");
    assert!(place.fails(4, "run l.toml").contains("array `in`: the element at [2, 1, 0] is NaN"));
    place.ok("run l.toml --lengths x.npz:lengths --quiet");
}

#[test]
fn a_file_error_exits_with_5() {
    let place = Place::new();
    for arguments in [
        "run gone.toml --steps 5",
        "run hh --input gone.npz",
        "run hh --steps 5 --state gone.safetensors",
        "run hh --steps 5 --weights gone.npz",
        "run hh --steps 5 --out nowhere/a.npz",
        "run hh --steps 5 --plot nowhere/a.png",
        "run hh --steps 5 --save-state .",
        "run hh --input .",
        "resume gone.safetensors",
    ] {
        place.fails(5, arguments);
    }
    let error = place.fails(5, "run hh --input gone.npz");
    assert!(error.contains("gone.npz") && error.contains("open"), "{error}");
    // This file is not a checkpoint.
    place.ok("run hh --steps 5 --save-state s.safetensors --quiet");
    assert!(place.fails(5, "resume s.safetensors").contains("not a checkpoint"));
    // A damaged input, and an input that claims more data than it has.
    place.npz("x.npz", &[("in", ArrayD::zeros(vec![50, 1]))]);
    let whole = std::fs::read(place.path("x.npz")).unwrap();
    place.write("cut.npz", &whole[..whole.len() / 2]);
    place.fails(5, "run hh --input cut.npz");
    let header = format!("{:<117}\n", "{'descr': '<f8', 'fortran_order': False, 'shape': (999999999999, 3), }");
    let mut npy = b"\x93NUMPY\x01\x00".to_vec();
    npy.extend((header.len() as u16).to_le_bytes());
    npy.extend(header.bytes());
    place.write("forged.npy", npy);
    place.fails(5, "run hh --input forged.npy");
}

/// Files that cannot be written, and two names of the same file, are found before the run, because
/// the results would be lost at its end.
#[test]
fn files_that_cannot_be_written_are_found_before_the_run() {
    let place = Place::new();
    let long = "x".repeat(300);
    let refused = |code, flags: &str| {
        let error = place.fails(code, &format!("run hh --steps 5 {flags}"));
        assert!(!error.contains(", on "), "{flags}: the run started: {error}");
        error
    };
    for (flag, ending) in [
        ("--out", "npz"),
        ("--out", "safetensors"),
        ("--plot", "png"),
        ("--save-state", "s"),
        ("--checkpoint", "s"),
        ("--spikes", "npz"),
    ] {
        assert!(refused(5, &format!("{flag} {long}.{ending}")).contains(&long), "{flag}");
        if cfg!(target_os = "linux") {
            assert!(refused(5, &format!("{flag} /proc/x.{ending}")).contains("/proc/x."), "{flag}");
        }
    }
    std::fs::create_dir_all(place.path("p/q")).unwrap();
    let mut same = vec![
        "--out x.npz --save-state p/../x.npz",
        "--checkpoint p/q/../../a --save-state ./a",
        "--out x.npz --stream --save-state x.npz.parts",
    ];
    same.extend(["--spikes p/x.npz --checkpoint p/x.npz.parts", "--spikes p/x.npz --out p/q/../x.npz"]);
    #[cfg(unix)]
    {
        std::os::unix::fs::symlink("p", place.path("link")).unwrap();
        std::os::unix::fs::symlink("old", place.path("alias")).unwrap();
        place.write("old", "as it was");
        same.extend([
            "--out p/x.npz --spikes link/x.npz",
            "--save-state alias --checkpoint old",
            "--save-state link/q/../../old --checkpoint alias",
        ]);
    }
    for flags in same {
        assert!(refused(2, flags).contains("the same file"), "{flags}");
    }
    // The checks leave no files behind and do not change existing files. Different names of
    // different files are accepted.
    let left = |folder: &str| {
        std::fs::read_dir(place.path(folder))
            .unwrap()
            .filter(|e| e.as_ref().unwrap().file_type().unwrap().is_file())
            .count()
    };
    assert_eq!((left(""), left("p"), left("p/q")), (usize::from(cfg!(unix)), 0, 0));
    place.ok("run hh --steps 5 --out x.npz --spikes p/x.npz --save-state p/q/x.npz --quiet");
}

/// A bidirectional layer has no state between its first step and its last.
#[test]
fn there_is_no_checkpoint_in_the_middle_of_one_piece() {
    let place = Place::new();
    place.npz("x.npz", &[("in", ArrayD::zeros(vec![50, 3]))]);
    let layer = |both| {
        format!(
            "input = {{ file = 'x.npz' }}\n[[layer]]\nname = 'l'\nkind = 'GRU'\nnum_in = 3\nhidden = 2\nbidirectional = {both}\n"
        )
    };
    place.write("both.toml", layer(true));
    place.write("one.toml", layer(false));
    let flags = "--out o.npz --checkpoint c.safetensors --checkpoint-every 1";
    let error = place.fails(2, &format!("run both.toml {flags}"));
    assert!(
        error.contains("--checkpoint-every") && error.contains("both directions") && error.contains("one slice"),
        "{error}"
    );
    assert!(!place.path("o.npz").exists());
    let output = place.run("run both.toml --out o.npz --checkpoint c.safetensors");
    let (_, error) = crate::support::texts(&output);
    assert!(
        output.status.success() && error.contains("warning") && error.contains("c.safetensors will not be written"),
        "{error}"
    );
    place.ok(&format!("run one.toml {flags} --quiet"));
    assert!(place.path("c.safetensors").exists());
}

/// For a file of any other kind, the message names the file, its kind, and the kinds that the
/// command reads.
#[test]
fn errors_name_files_of_other_kinds() {
    let place = Place::new();
    // The local header of a zip archive, with the name of its first entry.
    let zip = |name: &str| {
        let mut bytes = b"PK\x03\x04".to_vec();
        bytes.extend([0; 22]);
        bytes.extend((name.len() as u16).to_le_bytes());
        bytes.extend([0; 2]);
        bytes.extend(name.bytes());
        bytes
    };
    let text = (0..50).map(|k| format!("1.0,{k}.5,2.0\n")).collect::<String>();
    for (name, bytes, what) in [
        ("x.csv", text.into_bytes(), "a text, such as csv"),
        (
            "x.mat",
            b"MATLAB 5.0 MAT-file, Platform: posix, Created on: Thu Nov 26 2026\0\0\0\0".to_vec(),
            "a MATLAB file",
        ),
        ("x.h5", b"\x89HDF\r\n\x1a\n\0\0\0\0\0".to_vec(), "an HDF5 file"),
        ("x.pt", zip("x/data.pkl"), "a file of torch.save"),
        ("x.xlsx", zip("[Content_Types].xml"), "a zip archive of something else"),
        ("x.pkl", b"\x80\x04\x95\x1a\0\0\0\0\0\0\0}".to_vec(), "a pickle of Python objects"),
        ("x.npz", Vec::new(), "an empty file"),
        ("x.bin", (0..200).map(|k: u8| k ^ 0x55).collect(), "no file of arrays"),
    ] {
        place.write(name, bytes);
        place.write("m.toml", format!("kind = 'LIF'\nsize = 3\ninput = {{ file = '{name}' }}\n"));
        for arguments in [
            "run m.toml".to_owned(),
            format!("run hh --input {name}"),
            format!("run hh --steps 5 --state {name}"),
            format!("run hh --steps 5 --weights {name}"),
            format!("resume {name}"),
            format!("inspect {name}"),
        ] {
            let said = place.fails(5, &arguments);
            assert!(
                said.contains(name) && said.contains(what) && said.contains("npz, npy and safetensors"),
                "{arguments}: {said}"
            );
        }
    }
    place.npz("c.npz", &[("V", ArrayD::zeros(vec![3]))]);
    assert!(place.fails(5, "resume c.npz").contains("c.npz is not a checkpoint"));
}

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

#[test]
fn a_lack_of_memory_exits_with_6() {
    let place = Place::new();
    let error = place.fails(6, "run hh --size 100000000000 --steps 5");
    assert!(error.contains("bytes"), "{error}");
    place.fails(6, "run hh --size 18446744073709551615 --steps 5");
    place.fails(6, "run hh --size 1000 --steps 1000000000000 --out a.npz");
    place.write("m.toml", "[[layer]]\nname='l'\nkind='RNNCellBrainpy'\nnum_in=3\nnum_out=4000000000\n");
    place.fails(6, "run m.toml --steps 1 --input 1");
}

#[test]
fn wrong_shapes_name_axis_expected_and_given() {
    let place = Place::new();
    place.npz("x.npz", &[("in", ArrayD::zeros(vec![10, 4]))]);
    let error = place.fails(2, "run hh --size 3 --input x.npz");
    assert!(error.contains("expected 3") && error.contains("length 4"), "{error}");
    place.npz("b.npz", &[("in", ArrayD::zeros(vec![10, 2, 3]))]);
    let error = place.fails(2, "run hh --size 3 --batch 5 --input b.npz");
    assert!(error.contains("batch") && error.contains("expected 5") && error.contains("length 2"), "{error}");
    place.npz("r.npz", &[("in", ArrayD::zeros(vec![10, 2, 3, 4]))]);
    assert!(place.fails(2, "run hh --size 3 --input r.npz").contains("[10, 2, 3, 4]"));
    // A shape with two possible meanings is refused.
    place.npz("column.npz", &[("in", ArrayD::zeros(vec![50, 3, 1]))]);
    place.npz("major.npz", &[("in", ArrayD::zeros(vec![3, 50, 1]))]);
    place.npz("three.npz", &[("in", ArrayD::zeros(vec![3]))]);
    let error = place.fails(2, "run hh --size 3 --input column.npz");
    assert!(error.contains("[50, 3, 1]") && error.contains("give [50, 3]") && error.contains("--batch 3"), "{error}");
    assert!(place.fails(2, "run hh --size 3 --input major.npz --first-axis B").contains("give [50, 3]"));
    let error = place.fails(2, "run hh --size 3 --input three.npz");
    assert!(error.contains("[steps, 3]") && error.contains("--steps 3"), "{error}");
    place.write("net.toml", "[[group]]\nname = 'A'\nkind = 'LIF'\nsize = 3\ninput = true\n");
    assert!(place.fails(2, "run net.toml --input column.npz").contains("--batch 3"));
    for (arguments, shape) in
        [("--size 3 --input column.npz --batch 3", [50, 3, 3]), ("--size 4 --input column.npz", [50, 3, 4])]
    {
        place.ok(&format!("run hh {arguments} --out o.npz --quiet"));
        assert_eq!(place.read("o.npz")["output"].shape(), shape, "{arguments}");
    }
    place.ok("run hh --size 3 --input three.npz --steps 3 --quiet");
    place.ok("run hh --size 1 --input three.npz --quiet");
    place.npz("scalar.npz", &[("in", ArrayD::zeros(vec![]))]);
    place.fails(2, "run hh --size 3 --input scalar.npz");
    place.write(
        "m.toml",
        "[[layer]]\nname='l1'\nkind='Dense'\nnum_in=3\nnum_out=4\n[[layer]]\nname='l2'\nkind='Dense'\nnum_in=5\nnum_out=2\n",
    );
    let error = place.fails(2, "run m.toml --steps 1 --input 1");
    assert!(error.contains("m.toml") && error.contains("l2"), "{error}");
    place.write("m.toml", "[[layer]]\nname='l1'\nkind='Dense'\nnum_in=3\nnum_out=4\n");
    place.npz("w.npz", &[("l1.W", ArrayD::zeros(vec![3, 4])), ("l1.b", ArrayD::zeros(vec![5]))]);
    assert!(place.fails(2, "run m.toml --steps 1 --input 1 --weights w.npz").contains("l1.b"));
    place.npz("w.npz", &[("l1.W", ArrayD::zeros(vec![3, 4])), ("l9.b", ArrayD::zeros(vec![4]))]);
    let error = place.fails(2, "run m.toml --steps 1 --input 1 --weights w.npz");
    assert!(error.contains("missing [l1.b]") && error.contains("unexpected [l9.b]"), "{error}");
}

/// The error gives the shape that is in the file, before the run reports that it starts.
#[test]
fn wrong_shapes_are_the_files_own() {
    let place = Place::new();
    let zeros = |shape: &[usize]| ("in", ArrayD::zeros(shape));
    place.npz("axes.npz", &[zeros(&[500, 2, 3, 4])]);
    place.npz("wide.npz", &[zeros(&[500, 5])]);
    place.npz("major.npz", &[zeros(&[4, 500, 5])]);
    place.npz("groups.npz", &[("a", ArrayD::zeros(vec![500, 3])), ("b", ArrayD::zeros(vec![500, 2, 3]))]);
    let group = |name: &str| format!("[[group]]\nname = '{name}'\nkind = 'LIF'\nsize = 3\ninput = true\n");
    place.write("net.toml", group("A") + &group("B"));
    place.write("poisson.toml", "kind = 'PoissonGroup'\n");
    place.write("dense.toml", "[[layer]]\nname = 'l'\nkind = 'Dense'\nnum_in = 3\nnum_out = 4\n");
    for (arguments, words) in [
        ("run hh --size 3 --input axes.npz", "expected [T, 3], given an array of shape [500, 2, 3, 4]"),
        ("run hh --size 3 --batch 4 --input wide.npz", "expected [T, 4, 3], given an array of shape [500, 5]"),
        ("run hh --size 3 --input wide.npz", "axis feature 0 has length 5, expected 3"),
        ("run hh --size 5 --batch 3 --first-axis B --input major.npz", "axis batch has length 4, expected 3"),
        (
            "run net.toml --input A=groups.npz:a --input B=groups.npz:b",
            "input `A`: expected [T, 2, 3], given an array of shape [500, 3]",
        ),
        ("run poisson.toml --input 1 --steps 5", "has no input"),
        ("run dense.toml --steps 5", "needs the input"),
    ] {
        let said = place.fails(2, arguments);
        assert!(said.contains(words) && said.lines().count() == 1, "{arguments}: {said}");
    }
    place.ok("run hh --size 5 --first-axis B --input major.npz --quiet");
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
            "init.toml: `l.W` has 1000000, too large for f16",
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
        (2, weights("few.npz", ""), "names do not fit this system: missing [l.b]", "state"),
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

#[test]
fn a_closed_stdout_is_a_quiet_end() {
    let place = Place::new();
    for arguments in ["models", "devices", "run hh --steps 10 --json --quiet", "--help", "run --help"] {
        let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_overtime"));
        command.args(arguments.split_whitespace()).current_dir(place.path("")).stderr(Stdio::piped());
        // A pipe whose reading end is closed.
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        let mut child = command.stdout(writer).spawn().unwrap();
        drop(command);
        let mut error = String::new();
        child.stderr.take().unwrap().read_to_string(&mut error).unwrap();
        assert_eq!((child.wait().unwrap().code(), error.as_str()), (Some(0), ""), "{arguments}");
    }
    // A closed stderr does not stop the run either.
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_overtime"));
    command.args(["-vv", "run", "hh", "--steps", "1000", "--out", "a.npz"]).current_dir(place.path(""));
    assert_eq!(command.stderr(writer).stdout(Stdio::null()).status().unwrap().code(), Some(0));
    assert_eq!(place.read("a.npz")["output"].shape(), [1000, 1]);
}
