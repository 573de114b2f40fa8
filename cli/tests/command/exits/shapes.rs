//! Shapes that do not fit.

use crate::support::Place;
use ndarray::ArrayD;

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
    assert!(error.contains("it needs l1.b; it has no l9.b"), "{error}");
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
