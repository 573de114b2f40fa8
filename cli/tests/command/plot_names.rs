//! `overtime plot`: names of units and panels, and the names of what is missing.

use crate::support::Place;

const MODEL: &str = "steps = 100
[populations]
I = 'P[7..10]'
[[group]]
name = 'P'
kind = 'LIF'
size = 10
current = 30.0
[[group.receptor]]
name = 'ge'
tau = 5.0
[[group]]
name = 'Q'
kind = 'HH'
size = 4
[[projection]]
name = 'S'
from = 'P'
to = 'P.ge'
connect = { kind = 'all_to_all' }
weight = 0.1
stdp = { max = 0.2 }
[[projection]]
name = 'R'
from = 'P'
to = 'P.ge'
connect = { kind = 'fixed_prob', p = 0.5 }
weight = 0.1
stdp = { max = 0.2 }
";

fn place() -> Place {
    let place = Place::new();
    place.write("net.toml", MODEL);
    place
}

/// Runs a command that must succeed, and returns its stderr.
fn said(place: &Place, arguments: &str) -> String {
    let output = place.run(arguments);
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{arguments}: {said}");
    said
}

/// The texts in an SVG.
fn texts(place: &Place, name: &str) -> Vec<String> {
    let svg = std::fs::read_to_string(place.path(name)).unwrap();
    let of = |rest: &str| rest.split_once('>').map(|(_, text)| text.split("</text>").next().unwrap().trim().to_owned());
    svg.split("<text").skip(1).filter_map(of).collect()
}

fn has(texts: &[String], text: &str) -> bool {
    texts.iter().any(|own| own == text)
}

/// The output of every fifth step has a fifth of the spikes.
#[test]
fn spikes_of_some_steps_are_not_drawn() {
    let place = Place::new();
    let run = "run izhikevich --size 8 --input 10 --duration 300 --record-every 5 --out a.npz --quiet";
    place.ok(&format!("{run} --out-vars V[2..4]"));
    let plot = "plot a.npz --model izhikevich --input 10 -o a.svg";
    let warning = "the picture has no `spike` (record `spike:events`): a.npz does not have the values\n";
    assert!(said(&place, &format!("{plot} --out-vars V[2..4]")).contains(warning));
    assert!(!has(&texts(&place, "a.svg"), "neuron"));
    assert!(place.fails(2, &format!("{plot} --out-vars V[2..4] --plot-panels rate,spike")).contains("spike:events"));
    assert!(!said(&place, &format!("{plot} --out-vars V[2..4] --plot-panels input")).contains("warning"));
    let listed = "--out-vars V[2..4],spike:events --plot-panels spike,rate";
    place.ok(&format!("{run} {listed} --plot b.svg"));
    assert!(!said(&place, &format!("{plot} {listed}")).contains("warning"));
    let read = |name: &str| std::fs::read_to_string(place.path(name)).unwrap();
    assert!(read("a.svg") == read("b.svg"));
}

#[test]
fn units_beyond_the_model_are_an_error() {
    let place = place();
    place.ok("run hh --size 8 --steps 50 --input 5 --out-vars V[3,1] --out a.npz --quiet");
    place.ok("run hh --size 4 --steps 50 --input 5 --out-vars V --out b.npz --quiet");
    place.ok("run net.toml --out-vars P.V[3,1] --out n.npz --quiet");
    place.write("d.toml", "steps = 5\ninput = 1.0\n[[layer]]\nname = 'a'\nkind = 'RNNCell'\nnum_in = 1\nnum_out = 2\n");
    place.ok("run d.toml --out-vars a.state[1] --out d.npz --quiet");
    for (plot, says) in [
        ("a.npz --model hh --out-vars V[70,60]", "`V` has 8 units, and no unit 70"),
        ("a.npz --model hh --out-vars V[3,8]", "`V` has 8 units, and no unit 8"),
        ("b.npz --model hh --out-vars V[0..5]", "`V` has 4 units, and no unit 4"),
        ("n.npz --model net.toml --out-vars P.V[99,98]", "`P.V` has 10 units, and no unit 99"),
        ("d.npz --model d.toml --out-vars a.state[9]", "`a.state` has 2 units, and no unit 9"),
    ] {
        let said = place.fails(2, &format!("plot {plot} -o x.svg"));
        assert!(said.contains(says) && !place.path("x.svg").exists(), "{plot}: {said}");
    }
}

/// Columns are synapses only if the model determines their number.
#[test]
fn columns_without_units_are_columns() {
    let place = place();
    place.ok("run net.toml --out-vars S.w,R.w[4,2] --out a.npz --quiet");
    for (out_vars, text, other) in [
        ("S.w,R.w", "column 1", "synapse 5"),
        ("S.w,R.w[4,2]", "synapse 4", "column 1"),
        ("S.w", "column 0", "synapse 5"),
    ] {
        place.ok(&format!("plot a.npz --model net.toml --out-vars {out_vars} -o a.svg --quiet"));
        let texts = texts(&place, "a.svg");
        assert!(has(&texts, text) && has(&texts, "synapse 0") && !has(&texts, other), "{out_vars}: {texts:?}");
    }
}

#[test]
fn all_that_is_missing_is_named() {
    let place = place();
    place.ok("run net.toml --out-vars I.V --out a.npz --quiet");
    let said = said(&place, "plot a.npz --model net.toml --out-vars I.V,Q.V,S.w,P.V:histogram -o a.svg");
    assert!(said.contains("the picture has no `Q.V`, `S.w`, `P.V:histogram`: a.npz does not"), "{said}");
    assert!(
        self::said(&place, "plot a.npz --model net.toml --out-vars I.V,Q.spike:events -o a.svg") == "wrote a.svg\n"
    );
    place.ok("run lif --size 2 --steps 50 --input 5 --out-vars V --out b.npz --quiet");
    for (plot, says) in [
        ("b.npz --model lif --out-vars bogus", "no variable named `bogus`; there is: V, spike, refractory"),
        ("b.npz --model lif --out-vars V,refractry", "did you mean `refractory`?"),
        ("a.npz --model net.toml --out-vars I.V,Q.mm", "no variable named `Q.mm` (did you mean `Q.m`?)"),
    ] {
        let said = place.fails(2, &format!("plot {plot} -o x.svg"));
        assert!(said.contains(says) && !place.path("x.svg").exists(), "{plot}: {said}");
    }
    // What noise added is not in the file.
    place.write("noise.toml", "kind = 'LIF'\nsteps = 50\nnoise = 1.0\ninput = 20.0\nout_vars = ['V']\n");
    place.ok("run noise.toml --out c.npz --quiet");
    assert!(self::said(&place, "plot c.npz --model noise.toml -o c.svg").contains("no `input` (it has noise)"));
}

#[test]
fn a_single_curve_of_several_units_has_a_name() {
    let place = place();
    let drawn = |run: &str| {
        place.ok(&format!("run {run} --plot a.svg --quiet"));
        texts(&place, "a.svg")
    };
    assert!(has(&drawn("hh --size 8 --steps 50 --input 5 --out-vars V[3]"), "neuron 3"));
    assert!(has(&drawn("hh --size 3 --steps 50 --input 5 --out-vars V[0]"), "neuron 0"));
    assert!(has(&drawn("net.toml --out-vars P.V[8]"), "neuron 8 (I)"));
    let single = drawn("hh --steps 50 --input 5 --out-vars V,m");
    assert!(!single.iter().any(|text| text.starts_with("neuron")), "{single:?}");
}

#[test]
fn panels_without_units_say_so() {
    let place = place();
    place.write("d.toml", "steps = 5\ninput = 1.0\n[[layer]]\nname = 'a'\nkind = 'Dense'\nnum_in = 1\nnum_out = 2\n");
    place.ok("run net.toml --out n.npz --quiet");
    for (arguments, name) in [
        ("run d.toml --plot a.svg --plot-panels output[1]", "output"),
        ("run net.toml --plot a.svg --plot-panels spike[3]", "spike"),
        ("plot n.npz -o a.svg --plot-panels rate[3]", "rate"),
    ] {
        let said = place.fails(2, arguments);
        assert!(said.contains(&format!("`{name}` has all units; write `{name}`")), "{arguments}: {said}");
    }
    let said = place.fails(2, "run lif --steps 5 --plot a.svg --plot-panels W");
    assert!(
        said.contains("there is: spike, rate, rate_boxplot, cv_boxplot, correlation_boxplot, input, V, refractory\n"),
        "{said}"
    );
}
