//! `overtime equations`: the step of a text, and its mistakes.

use crate::support::{Place, texts};

const LEAKY: &str = "param tau = 10 ms\ninput I : mV\nV' = (I - V)/tau : mV\nspike when V >= 15 mV\nreset V = 0\n";

#[test]
fn the_step_of_a_text_is_printed() {
    let place = Place::new();
    place.write("leaky.eq", LEAKY);
    let output = place.run("equations leaky.eq --dtype f64");
    let (text, error) = texts(&output);
    assert_eq!(output.status.code(), Some(0), "{error}");
    for part in [
        "Variables   V (mV), spike",
        "Inputs      I (mV)",
        "Parameters  tau = 10 ms",
        "A step of 0.1 ms by exp_auto in f64",
        "new spike = ",
        "__device__ __forceinline__ acc_t step(State& s, Input x, const Params& p, const Tick& at)",
    ] {
        assert!(text.contains(part), "no `{part}` in\n{text}");
    }
    let output = place.run("equations leaky.eq --cuda --method rk4");
    assert!(texts(&output).0.starts_with("#include \"math.cuh\""));
}

#[test]
fn the_adjoint_of_a_text_is_printed() {
    let place = Place::new();
    place.write("leaky.eq", LEAKY);
    let output = place.run("equations leaky.eq --adjoint --gradient tau");
    let (text, error) = texts(&output);
    assert_eq!(output.status.code(), Some(0), "{error}");
    for part in [
        "The adjoint of a step of 0.1 ms by exp_auto in f32",
        "  old adj_V = ",
        "  new grad_tau = ",
        "  adj_I = ",
        "No gradient spike, output",
        "void adjoint(Adjoint& a, const State& s, Input x, acc_t y, const Params& p, const Tick& at)",
    ] {
        assert!(text.contains(part), "no `{part}` in\n{text}");
    }
    let output = place.run("equations leaky.eq --adjoint --surrogate sigmoid --detach-reset --cuda --dtype f64");
    let (text, error) = texts(&output);
    assert!(text.starts_with("#include \"math.cuh\"") && text.contains("y"), "{error}{text}");
    for (command, what) in [
        ("--adjoint --gradient taus", "did you mean `tau`?"),
        ("--adjoint --surrogate sigmoids", "sigmoid"),
        ("--surrogate sigmoid", "--adjoint"),
    ] {
        let output = place.run(&format!("equations leaky.eq {command}"));
        let error = texts(&output).1;
        assert!(output.status.code() != Some(0) && error.contains(what), "{command}: {error}");
    }
}

#[test]
fn mistakes_have_the_line_of_the_file() {
    let place = Place::new();
    place.write("leaky.eq", LEAKY.replace("/tau", "/taus"));
    let output = place.run("equations leaky.eq");
    let (text, error) = texts(&output);
    assert_eq!((output.status.code(), &*text), (Some(2), ""), "{error}");
    assert!(error.contains("`taus` is not defined (did you mean `tau`?)"), "{error}");
    assert!(error.contains("leaky.eq:3:14") && error.contains("^^^"), "{error}");
    for (command, code) in
        [("equations none.eq", 5), ("equations leaky.eq --dt 0", 2), ("equations leaky.eq --method x", 2)]
    {
        assert_eq!(place.run(command).status.code(), Some(code), "{command}");
    }
}

#[test]
fn the_gallery_has_a_command_and_a_picture_of_each_text() {
    let place = Place::new();
    let docs = crate::support::root().join("docs");
    let page = std::fs::read_to_string(docs.join("equations_gallery.md")).unwrap();
    let mut names = Vec::new();
    for line in page.lines().filter_map(|line| line.strip_prefix("overtime run examples/equations/")) {
        let (name, options) = line.trim_end_matches('\\').split_once(".eq ").unwrap();
        // Three steps in the place of the whole run.
        let (before, after) = options.split_once("--duration ").unwrap();
        let rest = after.split_once(' ').unwrap_or_default().1;
        let text = crate::support::root().join(format!("examples/equations/{name}.eq"));
        place.ok(&format!("run {} {before} --steps 3 {rest} --plot p.png --quiet", text.display()));
        assert!(page.contains(&format!("--plot docs/equations/{name}.png ")), "{name}");
        assert!(docs.join(format!("equations/{name}.png")).exists(), "{name}");
        names.push(name.to_owned());
    }
    names.sort();
    let texts = std::fs::read_dir(crate::support::root().join("examples/equations")).unwrap();
    // The folder `synapses` has texts of kinetics, which do not run alone.
    let paths = texts.map(|entry| entry.unwrap().path()).filter(|path| path.is_file());
    let mut all: Vec<String> = paths.map(|path| path.file_stem().unwrap().to_string_lossy().into_owned()).collect();
    all.sort();
    assert_eq!(names, all);
}

#[test]
fn a_text_runs_alone_and_in_a_model_file() {
    let place = Place::new();
    place.write("leaky.eq", LEAKY);
    place.ok("run leaky.eq --size 2 --duration 20 --input 20 --out a.npz --out-vars V");
    place.write("m.toml", "size = 2\nduration = 20.0\ninput = { I = 20.0 }\nequations = { file = 'leaky.eq' }\n");
    place.ok("run m.toml --out b.npz --out-vars V");
    let of = |name: &str| std::fs::read(place.path(name)).unwrap();
    assert_eq!(of("a.npz"), of("b.npz"));
    let error = place.fails(2, "run leaky.eq --duration 20 --input J=20");
    assert!(error.contains("no input of the equations named `J`; there is: I"), "{error}");
    place.write("bad.toml", "size = 2\nequations = '''\nV' = (E - V)/3 ms : mV\n'''\n");
    let error = place.fails(2, "run bad.toml --duration 20");
    assert!(error.contains("bad.toml:3: `E` is not defined\n --> 3:7\n"), "{error}");
    place.write("gone.toml", "equations = { file = 'gone.eq' }\n");
    assert!(place.fails(2, "run gone.toml").contains("gone.toml:1: `equations`: "));
}

/// A network whose projection has these lines of kinetics, from line 20 on.
fn with_kinetics(lines: &str) -> String {
    format!(
        "duration = 60.0
out_vars = ['p.transmitted', 'b.s']
[[group]]
name = 'a'
kind = 'LIF'
size = 2
parameters = {{ V_rest = 0.0, V_reset = 0.0, V_th = 20.0, tau = 10.0 }}
initial = {{ V = 0.0 }}
current = 30.0
[[group]]
name = 'b'
kind = 'LIF'
size = 2
receptor = [{{ name = 's', tau = 5.0 }}]
[[projection]]
name = 'p'
from = 'a'
to = 'b.s'
connect = {{ kind = 'all_to_all' }}
{lines}
"
    )
}

const DEPRESSION: &str = "param U = 0.5\nx' = (1 - x)/300 ms\nstate x = 1\non spike: transmit U*x; x -= U*x\n";

#[test]
fn a_text_is_the_kinetics_of_a_projection() {
    let place = Place::new();
    place.write("x.eq", DEPRESSION);
    let beside = "parameters = { U = 0.6 }\ninitial = { x = 0.9 }";
    place.write("file.toml", with_kinetics(&format!("kinetics = {{ equations = {{ file = 'x.eq' }} }}\n{beside}")));
    let text = format!("kinetics = {{ equations = \"\"\"\n{DEPRESSION}\"\"\", method = 'exp_auto' }}\n{beside}");
    place.write("text.toml", with_kinetics(&text));
    for name in ["file", "text"] {
        place.ok(&format!("run {name}.toml --out {name}.npz --quiet"));
    }
    assert_eq!(std::fs::read(place.path("file.npz")).unwrap(), std::fs::read(place.path("text.npz")).unwrap());
    let whole = place.read("file.npz");
    let amounts = &whole["p.transmitted"];
    // The first spike finds a little more than 0.9, and uses 0.6 of it.
    let first = amounts.iter().copied().find(|amount| *amount > 0.0).unwrap();
    assert!(first > 0.54 && first < 0.56, "{first}");
    // A run that is resumed is the whole run.
    place.ok("run file.toml --duration 25 --save-state s.safetensors --quiet");
    place.ok("run file.toml --duration 35 --state s.safetensors --out rest.npz --quiet");
    let rest = place.read("rest.npz");
    let rest = &rest["p.transmitted"];
    let later = amounts.iter().skip(amounts.len() - rest.len());
    assert!(rest.iter().zip(later).all(|(a, b)| a == b) && rest.iter().any(|amount| *amount > 0.0));
    let printed = place.ok("equations x.eq");
    assert!(printed.contains("transmitted = where(spiked, ") && printed.contains("acc_t release0("), "{printed}");
    assert!(place.fails(2, "run x.eq --duration 3").contains("describes synapses"));
}

#[test]
fn a_mistake_in_kinetics_has_its_line() {
    let place = Place::new();
    place.write("neuron.eq", LEAKY);
    for (lines, message) in [
        (
            "kinetics = { equations = '''\nx' = -x\non spike: transmit y; x += 1\n''' }",
            "m.toml:22: `y` is not defined\n  --> 22:20\n",
        ),
        ("kinetics = { equations = { file = 'gone.eq' } }", "m.toml:20: `equations`: "),
        (
            "kinetics = { equations = { file = 'neuron.eq' } }",
            "m.toml:20: `equations`: this text describes a neuron: kinetics have `on spike` or `transmit`",
        ),
        ("kinetics = { method = 'euler' }", "m.toml:20: `kinetics` needs `equations`, or is a name such as"),
        ("kinetics = { equations = 'transmit 1', method = 'rk5' }", "rk5"),
        ("kinetics = { equation = 'transmit 1' }", "equation"),
        ("kinetics = 3", "the name of kinetics, such as \"stp\", or { equations = … }"),
        (
            "kinetics = { equations = 'on spike: transmit 1' }\nparameters = { U = 1 }",
            "m.toml:21: no parameter named `U`",
        ),
        (
            "kinetics = { equations = \"param U = 1\\non spike: transmit U\" }\nparameters = { U = { uniform = [0, 1] } }",
            "m.toml:21: `U` must be a number, which all synapses share",
        ),
        ("kinetics = { equations = 'transmit 1' }", "is not a graded receptor"),
        ("kinetics = { equations = 'on spike: transmit 2' }", "p.transmitted[0] goes out of range at step"),
    ] {
        place.write("m.toml", with_kinetics(lines));
        let output = place.run("run m.toml --quiet");
        let error = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(!output.status.success() && error.contains(message), "{lines}: {error}");
    }
    place.write("m.toml", format!("size = 2\nequations = '''\n{DEPRESSION}'''\n"));
    let error = place.fails(2, "run m.toml --duration 20");
    assert!(
        error.contains("m.toml:2: `equations`: a text with `on spike` or `transmit` describes synapses"),
        "{error}"
    );
}

const TRIPLETS: &str = "param eta = 0.01\nr' = -r/17 ms\no' = -o/34 ms\nweight w from 0 to 1\n\
    on pre: w -= eta*o; r += 1\non post: w += 2*eta*r; o += 1\n";

#[test]
fn a_text_is_the_plasticity_of_a_projection() {
    let place = Place::new();
    place.write("x.eq", TRIPLETS);
    let beside = "weight = 0.5\nparameters = { eta = 0.02 }\ninitial = { o = 0.25 }";
    let lines =
        |plasticity: &str| with_kinetics(&format!("{plasticity}\n{beside}")).replace("'p.transmitted'", "'p.w', 'p.r'");
    place.write("file.toml", lines("plasticity = { equations = { file = 'x.eq' } }"));
    place.write("text.toml", lines(&format!("plasticity = {{ equations = \"\"\"\n{TRIPLETS}\"\"\" }}")));
    for name in ["file", "text"] {
        place.ok(&format!("run {name}.toml --out {name}.npz --quiet"));
    }
    assert_eq!(std::fs::read(place.path("file.npz")).unwrap(), std::fs::read(place.path("text.npz")).unwrap());
    let whole = place.read("file.npz");
    assert!(whole["p.w"].iter().any(|w| (*w - 0.5).abs() > 1e-3), "{:?}", whole["p.w"]);
    place.ok("run file.toml --duration 25 --save-state s.safetensors --quiet");
    place.ok("run file.toml --duration 35 --state s.safetensors --out rest.npz --quiet");
    let rest = place.read("rest.npz");
    let later = whole["p.w"].iter().skip(whole["p.w"].len() - rest["p.w"].len());
    assert!(rest["p.w"].iter().zip(later).all(|(a, b)| a == b));
    let printed = place.ok("equations x.eq");
    assert!(printed.contains("new w after `on post` = ") && printed.contains("struct Rule0 {"), "{printed}");
    assert!(place.fails(2, "run x.eq --duration 3").contains("describes plasticity"));
}

#[test]
fn a_mistake_in_plasticity_has_its_line() {
    let place = Place::new();
    place.write("neuron.eq", LEAKY);
    for (lines, message) in [
        (
            "plasticity = { equations = '''\nweight w from 0 to 1\non pre: w += y\n''' }",
            "m.toml:22: `y` is not defined\n  --> 22:14\n",
        ),
        (
            "plasticity = { equations = { file = 'neuron.eq' } }",
            "m.toml:20: `equations`: this text describes a neuron: kinetics have `on spike` or `transmit`",
        ),
        ("plasticity = { equations = 'transmit 1' }", "m.toml:20: `equations`: a text with `on spike` or `transmit`"),
        (
            "kinetics = { equations = \"weight w from 0 to 1\\non pre: w += 1\" }",
            "m.toml:20: `equations`: a text with `weight` describes plasticity",
        ),
        ("plasticity = { method = 'euler' }", "m.toml:20: `plasticity` needs `equations`"),
        ("parameters = { U = 1 }", "m.toml:20: `parameters` of a projection needs `kinetics` or `plasticity`"),
        (
            "stdp = { max = 1.0 }\nplasticity = { equations = \"weight w from 0 to 1\\non pre: w += 1\" }",
            "m.toml:21: a projection has `plasticity` or `stdp`, but not both",
        ),
        (
            "procedural = true\nplasticity = { equations = \"weight w from 0 to 1\\non pre: w += 1\" }",
            "`procedural` stores no weights, and `plasticity` needs stored weights",
        ),
        (
            "plasticity = { equations = \"weight w from 0 to 1\\non pre: w += 1\" }\ninitial = { w = 1 }",
            "is the weight of projection `p`, whose initial values are its weights",
        ),
        ("plasticity = { equations = \"weight w from 2 to 3\\non pre: w += 1\" }", "are all out of the bounds"),
    ] {
        place.write("m.toml", with_kinetics(lines));
        let output = place.run("run m.toml --quiet");
        let error = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(!output.status.success() && error.contains(message), "{lines}: {error}");
    }
}
