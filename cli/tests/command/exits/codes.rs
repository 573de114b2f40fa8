//! Each kind of error has its exit code.

use crate::support::Place;
use ndarray::ArrayD;

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
