//! Sweeps and stimuli in model files.

use crate::support::Place;
use ndarray::{Array1, ArrayD, Axis};
use overtime::inputs::{self, Span};

/// A run of a file gives the same results as one whose numbers come from an npz.
#[test]
fn a_sweep_is_an_array() {
    let place = Place::new();
    let values = |from: f64, to: f64| Array1::linspace(from, to, 5).into_dyn();
    let current = Array1::linspace(0.0, 8.0, 5).insert_axis(Axis(0)).broadcast((300, 5)).unwrap().to_owned().into_dyn();
    place.npz("a.npz", &[("gL", values(0.1, 0.5)), ("V", values(-70.0, -60.0)), ("in", current)]);
    let file = |input: &str, gl: &str, v: &str| {
        format!("kind = 'HH'\nout_vars = ['V']\ninput = {input}\n[parameters]\ngL = {gl}\n[initial]\nV = {v}\n")
    };
    let array = |name: &str| format!("{{ file = 'a.npz', array = '{name}' }}");
    place.write("array.toml", format!("size = 5\n{}", file(&array("in"), &array("gL"), &array("V"))));
    let sweep = file("{ linspace = [0, 8, 5] }", "{ linspace = [0.1, 0.5, 5] }", "{ linspace = [-70, -60, 5] }");
    place.write("sweep.toml", format!("steps = 300\n{sweep}"));
    place.write("size.toml", format!("size = 5\nsteps = 300\n{sweep}"));
    place.ok("run array.toml --dtype f64 --out array.npz --quiet");
    for name in ["sweep", "size"] {
        place.ok(&format!("run {name}.toml --dtype f64 --out {name}.npz --plot a.png --quiet"));
        assert_eq!(place.read(&format!("{name}.npz")), place.read("array.npz"), "{name}");
    }
    // Each batch row has the same sweep, in either order of axes.
    place.ok("run sweep.toml --dtype f64 --batch 2 --out batch.npz --quiet");
    place.ok("run sweep.toml --dtype f64 --batch 2 --first-axis B --out major.npz --quiet");
    let (one, batch, major) = (place.read("array.npz"), place.read("batch.npz"), place.read("major.npz"));
    for row in 0..2 {
        assert_eq!(batch["V"].index_axis(Axis(1), row), one["V"]);
        assert_eq!(major["V"].index_axis(Axis(0), row), one["V"]);
    }
}

#[test]
fn a_stimulus_is_a_series() {
    let place = Place::new();
    let span = || Span::new(30.0, 0.1);
    let sections = vec![inputs::Level::All(0.0), inputs::Level::Each(vec![1.0, 5.0, 9.0])];
    let all: Vec<(&str, ArrayD<f64>)> = vec![
        ("constant = [[0, 10], [5, 20]]", inputs::constant_input([(0.0, 10.0), (5.0, 20.0)], 0.1).unwrap().0),
        (
            "section = { values = [0, { linspace = [1, 9, 3] }], durations = [10, 20] }",
            inputs::section_input(sections.clone(), [10.0, 20.0], 0.1).unwrap(),
        ),
        (
            "section = { values = [0, [1, 5, 9]], durations = [10, 20] }",
            inputs::section_input(sections, [10.0, 20.0], 0.1).unwrap(),
        ),
        (
            "spike = { sp_times = [5, 20], sp_lens = 2, sp_sizes = [10, 20] }",
            inputs::spike_input(&[5.0, 20.0], 2.0, [10.0, 20.0], 30.0, 0.1).unwrap(),
        ),
        ("ramp = { c_start = 0, c_end = 9 }", inputs::ramp_input(0.0, 9.0, span()).unwrap()),
        (
            "ramp = { c_start = 0, c_end = 9, t_start = 5, t_end = 20 }",
            inputs::ramp_input(0.0, 9.0, span().between(5.0, 20.0)).unwrap(),
        ),
        (
            "sinusoidal = { amplitude = 4, frequency = 100, bias = true }",
            inputs::sinusoidal_input(4.0, 100.0, true, span()).unwrap(),
        ),
        ("square = { amplitude = 4, frequency = 100 }", inputs::square_input(4.0, 100.0, false, span()).unwrap()),
        ("ou_process = { mean = 5, sigma = 2, tau = 3 }", inputs::ou_process(5.0, 2.0, 3.0, 3, 7, span()).unwrap()),
        ("wiener_process = { seed = 3 }", inputs::wiener_process(3, 3, span()).unwrap()),
    ];
    for (stimulus, series) in all {
        let duration = if stimulus.starts_with(['c']) || stimulus.starts_with("se") { "" } else { "duration = 30.0\n" };
        let head = "kind = 'HH'\nsize = 3\nout_vars = ['V']\nseed = 7\ndtype = 'f64'\n";
        place.npz("x.npz", &[("in", series)]);
        place.write("series.toml", format!("{head}input = {{ file = 'x.npz' }}\n"));
        place.write("stimulus.toml", format!("{head}{duration}input = {{ {stimulus} }}\n"));
        place.ok("run series.toml --out series.npz --quiet");
        place.ok("run stimulus.toml --out stimulus.npz --plot a.svg --quiet");
        assert_eq!(place.read("stimulus.npz"), place.read("series.npz"), "{stimulus}");
    }
}

/// Groups of a network have sweeps and stimuli by name, and constant currents.
#[test]
fn groups_take_sweeps_and_stimuli() {
    let place = Place::new();
    let groups = "[[group]]\nname = 'A'\nkind = 'LIF'\ninput = true\nsize = 4\n\
                  [[group]]\nname = 'B'\nkind = 'LIF'\ncurrent = { linspace = [0, 30, 6] }\ninput = true\n";
    let head = "duration = 100.0\nout_vars = ['A.V', 'B.V']\n";
    let input = "input = { A = { linspace = [0, 30, 4] }, B = { ramp = { c_start = 0, c_end = 1 } } }\n";
    place.write("m.toml", format!("{head}{input}{groups}"));
    place.ok("run m.toml --out a.npz --quiet");
    let a = place.read("a.npz");
    assert_eq!((a["A.V"].shape(), a["B.V"].shape()), (&[1000, 4][..], &[1000, 6][..]));
    let counts = |name: &str, n: usize| {
        let mut counts = vec![0; n];
        a[&format!("{name}.spike_i")].iter().for_each(|unit| counts[*unit as usize] += 1);
        counts
    };
    for (name, n) in [("A", 4), ("B", 6)] {
        let counts = counts(name, n);
        assert!(counts.is_sorted() && counts[0] == 0 && counts[n - 1] > 3, "{name}: {counts:?}");
    }
}

/// An interrupted run continues with the rest of its stimulus, and with its sweep.
#[test]
fn stimuli_and_sweeps_resume() {
    let place = Place::new();
    for input in ["{ ramp = { c_start = 0, c_end = 9 } }", "{ linspace = [0, 9, 3] }"] {
        place.write("m.toml", format!("kind = 'HH'\nsize = 3\nsteps = 400\ninput = {input}\nout_vars = ['V']\n"));
        place.ok("run m.toml --out a.npz --checkpoint c.safetensors --checkpoint-every 10 --quiet");
        place.ok("resume c.safetensors --out b.npz --quiet");
        assert_eq!(place.read("a.npz"), place.read("b.npz"), "{input}");
    }
}

#[test]
fn rates_of_the_fi_curve_rise() {
    let place = Place::new();
    place.ok("new fi_curve");
    place.ok("run fi_curve.toml --out a.npz --quiet");
    let a = place.read("a.npz");
    let mut counts = vec![0; 200];
    a["spike_unit"].iter().for_each(|unit| counts[*unit as usize] += 1);
    assert!(counts[0] == 0 && counts[199] > 20, "{counts:?}");
    assert!(counts.windows(2).all(|pair| pair[1] + 2 >= pair[0]), "{counts:?}");
}

#[test]
fn wrong_sweeps_and_stimuli_are_refused() {
    let place = Place::new();
    let hh = "kind = 'HH'\nduration = 10.0\n";
    for (text, messages) in [
        (
            format!("{hh}size = 3\ninput = {{ linspace = [0, 1, 4] }}\n"),
            &["m.toml:4", "`input`", "4 values", "`size` is 3"][..],
        ),
        (format!("{hh}input = {{ linspace = [0, 1] }}\n"), &["m.toml:3"]),
        (format!("{hh}input = {{ linspace = [0, 1, 2.5] }}\n"), &["m.toml:3", "number of values"]),
        (format!("{hh}input = {{ linspace = [0, nan, 2] }}\n"), &["m.toml:3", "not a finite number"]),
        (format!("{hh}input = {{ linspace = [0, 1, 2], ramp = {{ c_start = 0, c_end = 1 }} }}\n"), &["m.toml:3"]),
        (format!("{hh}input = {{ rump = {{ c_start = 0, c_end = 1 }} }}\n"), &["m.toml:3"]),
        (format!("{hh}input = {{ ramp = {{ c_start = 0 }} }}\n"), &["m.toml:3", "c_end"]),
        (
            format!("{hh}input = {{ ramp = {{ c_start = 0, c_end = 1, slope = 3 }} }}\n"),
            &["m.toml:3", "slope", "t_end"],
        ),
        (format!("{hh}input = {{ ramp = {{ c_start = 0, c_end = inf }} }}\n"), &["m.toml:3", "not a finite number"]),
        (format!("{hh}input = {{ ramp = {{ c_start = 0, c_end = 1, t_end = 20 }} }}\n"), &["input", "t_end"]),
        (format!("{hh}input = {{ ou_process = {{ mean = 0, sigma = 1, tau = 0 }} }}\n"), &["input", "tau"]),
        (
            format!("{hh}input = {{ section = {{ values = [1, 2], durations = [10] }} }}\n"),
            &["m.toml:3", "2 values and 1 dur"],
        ),
        (format!("{hh}input = {{ section = {{ values = [1], durations = [20] }} }}\n"), &["input", "100", "200"]),
        (
            "kind = 'HH'\n[parameters]\ngL = { linspace = [1, 2, 3] }\nC = { linspace = [1, 2, 4] }\n".to_owned(),
            &["m.toml:", "3 values", "4 values"],
        ),
        (format!("{hh}[parameters]\ngL = {{ geomspace = [-1, 2, 3] }}\n"), &["m.toml:4", "`gL`", "geomspace"]),
        (format!("{hh}[parameters]\ngL = {{ arange = [0, 1, -1] }}\n"), &["m.toml:4", "`gL`", "arange"]),
        (format!("{hh}[parameters]\ngL = {{ linspace = [0, 1, 3], file = 'x.npz' }}\n"), &["m.toml:4", "exactly one"]),
        (format!("{hh}[parameters]\ngL = {{ linspace = [1, 2, 1e15] }}\n"), &["memory"]),
        (
            "[[layer]]\nname = 'l'\nkind = 'Dense'\nnum_in = 2\nnum_out = 2\n"
                .replace("[[layer]]", "input = { linspace = [0, 1, 2] }\n[[layer]]"),
            &["m.toml:1", "neurons"],
        ),
    ] {
        place.write("m.toml", &text);
        let output = place.run("run m.toml --quiet");
        let err = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(!output.status.success() && !err.contains("panicked"), "{text}\n{err}");
        assert!(messages.iter().all(|message| err.contains(message)), "{text}\n{err}\n{messages:?}");
    }
}
