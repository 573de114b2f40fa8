//! The lines of a model file's settings in errors that only a run finds.

use crate::support::Place;
use ndarray::{ArrayD, IxDyn};

/// The error names the file and the line if the file gives the setting, and the flag if the command
/// line gives it.
#[test]
fn a_setting_of_the_file_has_its_line() {
    let place = Place::new();
    place.npz("x.npz", &[("in", ArrayD::zeros(IxDyn(&[20, 2])))]);
    for (code, setting, error) in [
        (2, "input = { file = 'x.npz' }", "`input`: axis time has length 20, expected 3"),
        (5, "input = { file = 'none.npz' }", "input: cannot open none.npz"),
        (4, "input = 1e39", "the input is 1e39, too large for f32"),
        (4, "input = { constant = [[1e39, 0.3]] }", "input `x`[0] is inf at step 0"),
        (4, "input = { ramp = { c_start = 0, c_end = 1e39 } }", "input `x`[0] is inf at step 1"),
        (2, "input = { ou_process = { mean = 0, sigma = 1, tau = 0 } }", "input: tau: 0 is not a positive number"),
        (2, "lengths = { file = 'x.npz' }", "`lengths` needs a series: give --input FILE"),
        (2, "out_vars = ['V[3]']", "out-vars: `V` has 2 units, and no unit 3"),
        (2, "out_vars = ['q']", "no variable named `q`"),
        (5, "state = 'none.npz'", "cannot open none.npz"),
        (5, "weights = 'none.npz'", "cannot open none.npz"),
        (2, "weights = 'x.npz'", "weights of x.npz: names do not fit this system: it has no in"),
        (2, "dt = 1e-50", "dt: 1e-50 is 0 in f32"),
    ] {
        place.write("m.toml", format!("kind = 'HH'\nsize = 2\nsteps = 3\n{setting}\n"));
        let said = place.fails(code, "run m.toml");
        assert!(said.starts_with(&format!("error: m.toml:4: {error}")), "{setting}: {said}");
    }
    // An argument replaces the setting of the file, which has no place in the error then.
    place.write("m.toml", "kind = 'HH'\nsize = 2\ninput = 1.0\nout_vars = ['V']\nstate = 'none.npz'\ndt = 0.1\n");
    for (code, flags, error) in [
        (5, "--state other.npz", "cannot open other.npz"),
        (5, "--weights other.npz --state x.npz", "cannot open other.npz"),
        (4, "--input 1e39 --state x.npz", "the input is 1e39"),
        (5, "--input other.npz --state x.npz", "input: cannot open other.npz"),
        (2, "--out-vars V[3] --state x.npz", "out-vars: `V` has 2 units"),
        (2, "--input x.npz --state x.npz", "state of x.npz"),
    ] {
        let said = place.fails(code, &format!("run m.toml --steps 3 {flags}"));
        assert!(said.starts_with(&format!("error: {error}")), "{flags}: {said}");
    }
    let said = place.fails(2, "run hh --size 2 --steps 3 --input x.npz");
    assert!(said.starts_with("error: --input: axis time has length 20"), "{said}");
}

/// The library names a projection, whose table has a line.
#[test]
fn an_error_of_a_projection_has_the_line_of_its_name() {
    let place = Place::new();
    let text = "steps = 3\n[[group]]\nname = 'P'\nkind = 'LIF'\nsize = 3\n[[group.receptor]]\nname = 'ge'\ntau = 5.0\n\
                [[projection]]\nname = 's'\nfrom = 'P'\nto = 'P.ge'\nconnect = { kind = 'fixed_num_pre', num = 80 }\n";
    place.write("m.toml", text);
    let said = place.fails(2, "run m.toml");
    assert!(said.starts_with("error: m.toml:10: number of sources of projection `s`: 80 is more than"), "{said}");
}
