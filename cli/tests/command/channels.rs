//! Neurons assembled from channels in model files.

use crate::support::{Place, arrays, assert_close, root, texts};
use overtime_model::ModelFile;

/// brainpy's relay neuron.
fn relay(input: &str) -> String {
    format!(
        "kind = 'CondNeuGroup'
size = 3
dt = 0.05
dtype = 'f64'
input = {{ file = '{input}', array = 'in' }}
parameters = {{ C = 1.2, A = 8e-4, V_th = -10.0 }}
initial = {{ V = {{ file = '{input}', array = 'v0' }} }}
[[channel]]
name = 'INa'
kind = 'INa_Ba2002'
parameters = {{ g_max = {{ file = 'p.npz', array = 'g_max' }}, V_sh = {{ file = 'p.npz', array = 'V_sh' }}, T = 34.0 }}
[[channel]]
name = 'IK'
kind = 'IKDR_Ba2002'
parameters = {{ T = 34.0 }}
[[channel]]
name = 'IL'
kind = 'IL'
parameters = {{ g_max = 0.06 }}
[[channel]]
name = 'ICaT'
kind = 'ICaT_HM1992'
parameters = {{ T = 35.0 }}
[[channel]]
name = 'Ih'
kind = 'Ih_HM1992'
parameters = {{ g_max = 0.05, phi = 2.0 }}
"
    )
}

#[test]
fn a_neuron_of_channels_agrees_with_brainpy() {
    let file = root().join("tests/golden/channels/brainpy.npz");
    let all = arrays(&file);
    let place = Place::new();
    let values = |values: [f64; 3]| ndarray::arr1(&values).into_dyn();
    place.npz("p.npz", &[("g_max", values([80.0, 90.0, 100.0])), ("V_sh", values([-52.0, -50.0, -49.0]))]);
    place.write("m.toml", relay(&file.display().to_string()));
    place.ok("run m.toml --out-vars V,INa.p,ICaT.q --out out.npz --quiet");
    let got = place.read("out.npz");
    assert_close(&got["V"], &all["each.V"], 1e-8, "V");
    let last = |name: &str| got[name].index_axis(ndarray::Axis(0), 399).to_owned();
    assert_close(&last("INa.p"), &all["each.INa.p"], 1e-9, "INa.p");
    assert_close(&last("ICaT.q"), &all["each.ICaT.q"], 1e-9, "ICaT.q");
}

#[test]
fn channels_are_for_groups_of_a_network_too() {
    let place = Place::new();
    let group = "steps = 200\ndt = 0.1\n[[group]]\nname = 'R'\nkind = 'CondNeuGroup'\nsize = 4\ncurrent = 8.0\n\
                 channel = [{ name = 'Na', kind = 'INa_HH1952' }, { name = 'K', kind = 'IK_HH1952', parameters = { g_max = 36.0 } }]\n\
                 receptor = [{ name = 'e', tau = 5.0, reversal = 0.0 }]\ninitial = { V = -60.0, e = 0.5 }\n";
    place.write("net.toml", group);
    place.ok("run net.toml --out-vars R.V,R.K.p,R.e --out out.npz --quiet");
    let got = place.read("out.npz");
    assert_eq!(got["R.K.p"].shape(), [200, 4]);
    assert!(got["R.V"].iter().any(|v| *v > 0.0) && got["R.V"].iter().all(|v| v.is_finite()));
}

/// A channel of these lines, from line 7 on.
fn with_text(lines: &str) -> String {
    format!(
        "kind = 'CondNeuGroup'\nduration = 5.0\nsize = 2\ninput = 8.0\n[[channel]]\nname = 'K'\n{lines}\n[[channel]]\n\
         name = 'L'\nkind = 'IL'\n"
    )
}

const TEXT: &str = "param g_max = 20 mS/cm2\ninput V : mV\nn' = (1/(1 + exp(-(V/1 mV + 40)/6)) - n)/2 ms\n\
                    current g_max*n*(-77 mV - V)\n";

#[test]
fn a_channel_can_be_a_text() {
    let place = Place::new();
    place.write("k.eq", TEXT);
    let file = "equations = { file = 'k.eq' }\nparameters = { g_max = 5.0 }\ninitial = { n = 0.25 }";
    place.write("a.toml", with_text(file));
    let within = format!(
        "equations = \"\"\"\n{TEXT}\"\"\"\nparameters.g_max = {{ linspace = [5.0, 5.0, 2] }}\ninitial.n = 0.25"
    );
    place.write("b.toml", with_text(&within));
    place.ok("run a.toml --out a.npz --out-vars V,K.n --quiet");
    place.ok("run b.toml --out b.npz --out-vars V,K.n --quiet");
    let [a, b] = ["a.npz", "b.npz"].map(|name| place.read(name));
    // The program of a parameter that differs between units has other roundings.
    assert_close(&a["V"], &b["V"], 1e-3, "V");
    assert!((a["K.n"][[0, 0]] - 0.25).abs() < 0.05 && a["K.n"].iter().all(|n| n.is_finite()));
    let group = "duration = 5.0\n[[group]]\nname = 'R'\nkind = 'CondNeuGroup'\nsize = 4\n\
                 channel = [{ name = 'K', equations = { file = 'k.eq' } }, { name = 'L', kind = 'IL' }]\n";
    place.write("net.toml", group);
    place.ok("run net.toml --out-vars R.V,R.K.n --out net.npz --quiet");
    assert_eq!(place.read("net.npz")["R.K.n"].shape()[1], 4);
    let (page, _) = texts(&place.run("equations k.eq"));
    assert!(page.contains("of a neuron whose only channel is the text") && page.contains("new n = "), "{page}");
    assert!(place.fails(2, "run k.eq --duration 3").contains("a [[channel]] of CondNeuGroup takes it"));
    place.write("lif.eq", "V' = -V/3\n");
    for (lines, line, expected) in [
        ("equations = '''\nn' = -m\ncurrent n'''", 8, "`m` is not defined"),
        ("equations = { file = 'lif.eq' }", 7, "channel has `current`"),
        ("equations = { file = 'none.eq' }", 7, "`equations`: "),
        ("kind = 'IL'\nequations = { file = 'k.eq' }", 8, "`equations` is not for IL"),
        ("equations = { file = 'k.eq' }\nparameters = { g = 3.0 }", 8, "no parameter named `g`"),
        ("equations = { file = 'k.eq' }\ninitial = { m = 3.0 }", 8, "no variable with an initial value named `m`"),
        ("kind = 'IK_HH1952'\ninitial = { p = 3.0 }", 8, "no variable with an initial value named `p`"),
        ("", 5, "a channel needs `name`, and `kind` or `equations`"),
    ] {
        place.write("bad.toml", with_text(lines));
        let error = place.fails(2, "run bad.toml");
        assert!(error.contains(&format!("bad.toml:{line}")) && error.contains(expected), "{lines}: {error}");
    }
}

/// Units that spike at random, at times from a file, and as an input says. Each one acts on a
/// neuron that keeps all it receives.
#[test]
fn sources_are_groups_of_a_network() {
    let place = Place::new();
    let array = |values: &[f64]| ndarray::arr1(values).into_dyn();
    place.npz(
        "s.npz",
        &[
            ("i", array(&[0.0, 1.0, 1.0])),
            ("t", array(&[0.2, 0.1, 0.5])),
            ("x", ndarray::arr2(&[[0.0, 1.0]; 9]).into_dyn()),
        ],
    );
    let mut text =
        "steps = 9\ndt = 0.1\ndtype = 'f64'\ninput = { file = 's.npz', array = 'x' }\n[[group]]\nname = 'L'\nkind = 'LIF'\nsize = 2\n\
                    parameters = { tau = 1e12, V_th = 1e3 }\nreceptor = [{ name = 'jump', variable = 'V' }]\n"
            .to_owned();
    let sources = [
        ("P", "PoissonGroup", "parameters = { freqs = 10000.0 }"),
        (
            "T",
            "SpikeTimeGroup",
            "parameters = { indices = { file = 's.npz', array = 'i' }, times = { file = 's.npz', array = 't' } }",
        ),
        ("X", "InputGroup", "input = true"),
    ];
    for (name, kind, keys) in sources {
        text += &format!("[[group]]\nname = '{name}'\nkind = '{kind}'\nsize = 2\n{keys}\n");
    }
    for (name, weight) in [("P", 1.0), ("T", 10.0), ("X", 100.0)] {
        text += &format!(
            "[[projection]]\nname = 'of_{name}'\nfrom = '{name}'\nto = 'L.jump'\nweight = {weight}\nconnect = {{ kind = 'one_to_one' }}\n"
        );
    }
    place.write("net.toml", &text);
    place.ok("run net.toml --out-vars L.V --out out.npz --quiet");
    let v = &place.read("out.npz")["L.V"];
    assert_close(&v.index_axis(ndarray::Axis(0), 8).to_owned(), &array(&[19.0, 929.0]), 1e-6, "V");
    // Impossible spike times are errors that name the times.
    let error = place.fails(2, "run net.toml --t0 0.4");
    assert!(error.contains("group `T`: times of unit 0: 0.2 ms is before the run's first step, at 0.4 ms"), "{error}");
    let twice = [
        ("i", array(&[0.0, 1.0, 1.0])),
        ("t", array(&[0.2, 0.1, 0.12])),
        ("x", ndarray::arr2(&[[0.0, 1.0]; 9]).into_dyn()),
    ];
    place.npz("s.npz", &twice);
    let error = place.fails(2, "run net.toml");
    assert!(error.contains("group `T`: times of unit 1: 0.1 and 0.12 ms both belong to step 1"), "{error}");
    place.write("net.toml", text.replace("array = 't' }", "array = 'x' }"));
    assert!(place.fails(2, "run net.toml").contains("times"));
    place.write("net.toml", text.replace(", times = { file = 's.npz', array = 't' }", ""));
    assert!(place.fails(2, "run net.toml").contains("needs `times`"));
}

#[test]
fn every_mistake_has_its_line() {
    let right = relay("x.npz");
    assert!(ModelFile::parse(&right).is_ok());
    let cases = [
        ("kind = 'CondNeuGroup'", "kind = 'HH'", 8, "channels are for CondNeuGroup"),
        ("kind = 'INa_Ba2002'", "kind = 'INa'", 10, "no channel named `INa`"),
        ("name = 'IK'", "name = 'INa'", 13, "two channels named `INa`"),
        ("name = 'IK'", "name = 'I.K'", 13, "has a dot"),
        ("name = 'IK'\n", "", 12, "needs `name`, and `kind` or `equations`"),
        ("phi = 2.0", "V_sh = 2.0", 27, "no parameter named `V_sh`"),
        ("g_max = 0.06", "T = 30.0", 19, "no parameter named `T`"),
        ("phi = 2.0", "phi = 'zeros'", 27, "`phi` must be a number"),
    ];
    for (what, instead, at, says) in cases {
        let text = right.replacen(what, instead, 1);
        assert_ne!(text, right, "{what}");
        // The case that names another kind also has fewer parameters.
        let text = if at == 8 {
            text.replace("parameters = { C = 1.2, A = 8e-4, V_th = -10.0 }", "parameters = {}")
        } else {
            text
        };
        let error = ModelFile::parse(&text).expect_err(&text);
        assert!(
            error.line == at && error.message.contains(says),
            "{instead}: line {}, not {at}: {}",
            error.line,
            error.message
        );
    }
}
