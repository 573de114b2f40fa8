//! Networks in model files.

use crate::support::{Place, arrays, assert_close, root};
use ndarray::ArrayD;
use overtime_model::ModelFile;
use serde_json::Value;

/// Two groups, with every kind of connectivity, receptor, input and initial value.
const ALL: &str = "
steps = 300
seed = 5
[[group]]
name = 'E'
kind = 'TraubMiles'
size = 40
current = 150.0
noise = 30.0
[group.initial]
V = { uniform = [-65.0, -55.0] }
ge = { normal = [40.0, 15.0] }
[group.parameters]
V_T = -62.5
[[group.receptor]]
name = 'ge'
tau = 5.0
reversal = 0.0
[[group.receptor]]
name = 'gi'
tau = 10.0
reversal = -80.0
[[group.receptor]]
name = 'nmda'
kind = 'graded'
magnesium = 1.0
reversal = 1.0
[[group.receptor]]
name = 'gap'
kind = 'gap'
[[group.poisson]]
receptor = 'ge'
rate = 300.0
weight = 5.0
[[group]]
name = 'I'
kind = 'LIF'
size = 10
input = true
parameters = { V_rest = -60.0, V_reset = -65.0, V_th = -50.0, tau_ref = 2.0 }
initial = { V = -60.0 }
receptor = [{ name = 'x', kind = 'alpha', tau = 3.0 }, { name = 'd', kind = 'dual_exponential', tau_rise = 0.5, tau = 3.0 }, { name = 'kick', variable = 'V' }, { name = 'g', tau = 3.0, reversal = 0.0 }]
[[projection]]
name = 'EE'
from = 'E[0..30]'
to = 'E.ge'
connect = { kind = 'fixed_prob', p = 0.2 }
autapses = false
weight = { uniform = [2.0, 8.0] }
delay = { uniform = [0.5, 3.0] }
[[projection]]
name = 'EI'
from = 'E'
to = 'I[2..10].kick'
connect = { kind = 'fixed_num_post', num = 3 }
weight = 4.0
delay = 1.5
[[projection]]
name = 'EIx'
from = 'E'
to = 'I.x'
connect = { kind = 'fixed_num_pre', num = 7 }
weight = 2.0
kinetics = 'stp'
parameters = { U = 0.5, tau_f = 30.0 }
initial = { u = 0.25, x = { uniform = [0.5, 1.0] } }
[[projection]]
name = 'EN'
from = 'E'
to = 'E.nmda'
connect = { kind = 'fixed_num_pre', num = 4 }
weight = 0.5
kinetics = 'nmda'
[[projection]]
name = 'EIg'
from = 'E[0..10]'
to = 'I.g'
connect = { kind = 'one_to_one' }
weight = 0.05
[[projection]]
name = 'EG'
from = 'E'
to = 'E.gap'
connect = { kind = 'fixed_num_pre', num = 5 }
weight = 0.25
[[projection]]
name = 'IE'
from = 'I'
to = 'E.gi'
connect = { kind = 'all_to_all' }
weight = 3.0
stdp = { max = 9.0, tau_post = 30.0 }
";

#[test]
fn every_mistake_has_its_line() {
    assert!(ModelFile::parse(ALL).is_ok(), "{:?}", ModelFile::parse(ALL));
    // The right text, the wrong text, the line of the error in the wrong text, and a part of the
    // message.
    let cases = [
        ("kind = 'LIF'", "kind = 'LIFE'", "no kind of neuron named `LIFE`"),
        ("name = 'I'", "name = 'E'", "two things named `E`"),
        ("name = 'I'", "name = 'I.1'", "has a dot"),
        ("name = 'EI'", "name = 'EE'", "two things named `EE`"),
        ("name = 'EI'", "name = 'I'", "two things named `I`"),
        ("current = 150.0", "current = 'much'", "no values named `much`"),
        ("current = 150.0", "curent = 150.0", "curent"),
        ("noise = 30.0", "noise = -1", "`noise` must be a non-negative number"),
        ("V_T = -62.5", "V_Z = 1", "no parameter named `V_Z`"),
        ("ge = { normal = [40.0, 15.0] }", "gx = 1", "no variable with an initial value named `gx`"),
        ("ge = { normal = [40.0, 15.0] }", "ge = { normal = 1 }", ""),
        ("ge = { normal = [40.0, 15.0] }", "m = 0.1", "go together"),
        ("tau = 5.0", "tau = 0", "`tau` must be a positive number"),
        ("reversal = -80.0", "reversal = inf", "`reversal` must be a finite number"),
        ("name = 'gi'", "name = 'V'", "two things named `V`"),
        ("name = 'gi'", "name = 'flight'", "two things named `flight`"),
        ("receptor = 'ge'", "receptor = 'ga'", "no receptor named `ga`; there is: ge, gi"),
        ("rate = 300.0", "rate = -300.0", "`rate` must be a non-negative number"),
        ("from = 'E[0..30]'", "from = 'F'", "no group named `F`; there is: E, I"),
        ("from = 'E[0..30]'", "from = 'E[0..41]'", "beyond the 40 neurons"),
        ("from = 'E[0..30]'", "from = 'E[3..3]'", "is empty"),
        ("from = 'E[0..30]'", "from = 'E[0-3]'", "not a part of a group"),
        ("to = 'E.ge'", "to = 'E'", "`GROUP.RECEPTOR`"),
        ("to = 'E.ge'", "to = 'E.gx'", "no receptor named `gx`; there is: ge, gi"),
        ("to = 'I[2..10].kick'", "to = 'I[2..11].kick'", "beyond the 10 neurons"),
        (
            "connect = { kind = 'fixed_prob', p = 0.2 }",
            "connect = { kind = 'some', p = 0.2 }",
            "no connectivity named `some`; there is: fixed_prob",
        ),
        ("connect = { kind = 'fixed_prob', p = 0.2 }", "connect = { kind = 'fixed_prob' }", "fixed_prob needs `p`"),
        (
            "connect = { kind = 'fixed_prob', p = 0.2 }",
            "connect = { kind = 'fixed_prob', p = 1.2 }",
            "`p` is a probability",
        ),
        (
            "connect = { kind = 'fixed_prob', p = 0.2 }",
            "connect = { kind = 'fixed_prob', p = 0.2, num = 3 }",
            "`num` is not for fixed_prob",
        ),
        ("connect = { kind = 'one_to_one' }", "connect = { p = 0.1 }", "needs `kind`"),
        (
            "connect = { kind = 'all_to_all' }",
            "connect = { kind = 'arrays', pre = 'a', post = 'b' }",
            "arrays needs `file`",
        ),
        ("weight = { uniform = [2.0, 8.0] }", "weight = 'orthogonal'", "`weight` is a number"),
        (
            "weight = { uniform = [2.0, 8.0] }",
            "weight = { uniform = [8.0, 2.0] }",
            "8 is the low end of uniform values, above the high end 2",
        ),
        ("delay = { uniform = [0.5, 3.0] }", "delay = { normal = [0.5, -3.0] }", "-3 is a standard deviation below 0"),
        ("autapses = false", "procedural = true", "and for one `delay`"),
        ("weight = 2.0", "procedural = true", "`procedural` is for fixed_prob"),
        ("delay = 1.5", "delay = -1.5", "`delay` must be a non-negative number"),
        ("stdp = { max = 9.0, tau_post = 30.0 }", "stdp = { min = 1.0 }", "needs `max`"),
        (
            "stdp = { max = 9.0, tau_post = 30.0 }",
            "stdp = { max = 1.0, tau_pre = 0.0 }",
            "`tau_pre` must be a positive number",
        ),
        ("stdp = { max = 9.0, tau_post = 30.0 }", "stdp = { max = 1.0, min = 2.0 }", "is above"),
        ("stdp = { max = 9.0, tau_post = 30.0 }", "stdp = { max = -1.0 }", "give `min`, which is 0 by default"),
        ("stdp = { max = 9.0, tau_post = 30.0 }", "stdp = { max = 1.0, min = 1.0 }", "no weight can change"),
        (
            "kind = 'graded'",
            "kind = 'grated'",
            "no kind of receptor named `grated` (did you mean `graded`?); there is: exponential",
        ),
        (
            "kind = 'gap'",
            "kind = 'gab'",
            "no kind of receptor named `gab` (did you mean `gap`?); there is: exponential",
        ),
        ("magnesium = 1.0", "magnesium = -1.0", "`magnesium` must be a non-negative number"),
        ("reversal = 1.0", "tau = 1.0", "`tau` is not for a graded receptor"),
        (
            "kinetics = 'nmda'",
            "kinetics = 'nmdb'",
            "no kinetics named `nmdb` (did you mean `nmda`?); there is: stp, ampa",
        ),
        (
            "parameters = { U = 0.5, tau_f = 30.0 }",
            "parameters = { u = 0.5 }",
            "no parameter named `u` (did you mean `U`?); there is: U, tau_f, tau_d",
        ),
        (
            "initial = { u = 0.25, x = { uniform = [0.5, 1.0] } }",
            "initial = { g = 0.5 }",
            "no variable with an initial value named `g`; there is: u, x",
        ),
        ("weight = 3.0", "initial = { u = 0.5 }", "`initial` of a projection needs `kinetics`"),
        ("parameters = { U = 0.5, tau_f = 30.0 }", "parameters = { U = -0.5 }", "`U` must be a non-negative number"),
    ];
    let mut wrong = String::new();
    for (right, instead, says) in cases {
        assert_eq!(ALL.matches(&format!("\n{right}\n")).count(), 1, "{right}");
        let text = ALL.replace(&format!("\n{right}\n"), &format!("\n{instead}\n"));
        let at = 1 + ALL.lines().position(|line| line == right).unwrap();
        match ModelFile::parse(&text) {
            Ok(_) => wrong += &format!("{instead}: accepted\n"),
            Err(e) if e.line != at || !e.message.contains(says) => {
                wrong += &format!("{instead}: line {}, expected {at}: {}\n", e.line, e.message)
            }
            Err(_) => {}
        }
    }
    for (text, at, says) in [
        ("[[group]]\nkind = 'HH'\n", 1, "no `name`"),
        ("[[group]]\nname = 'a'\n", 1, "needs `kind`"),
        ("size = 3\n[[group]]\nname = 'a'\nkind = 'HH'\n", 1, "`size` stands outside"),
        ("kind = 'HH'\n[[group]]\nname = 'a'\nkind = 'HH'\n", 1, "`kind` stands outside"),
        ("steps = 1\n[[projection]]\nname = 'a'\n", 2, "no `[[group]]`"),
        ("[[group]]\nname = 'a'\nkind = 'HH'\n[[projection]]\nname = 'p'\nto = 'a.x'\n", 4, "needs `from`"),
        ("[[group]]\nname = 'a'\nkind = 'HH'\n[[group.receptor]]\nname = 'x'\n", 4, "needs either `tau`"),
        (
            "[[group]]\nname = 'a'\nkind = 'HH'\n[[group.receptor]]\nname = 'x'\nvariable = 'V'\nreversal = 0\n",
            7,
            "`reversal` is for",
        ),
        (
            "[[group]]\nname = 'a'\nkind = 'HH'\n[[group.receptor]]\nname = 'x'\nkind = 'gap'\ntau = 1\n",
            7,
            "`tau` is not for gap",
        ),
        (
            "[[group]]\nname = 'a'\nkind = 'HH'\n[group.initial]\nx = 1\n[[group.receptor]]\nname = 'x'\nkind = 'gap'\n",
            5,
            "named `x`",
        ),
    ] {
        let e = ModelFile::parse(text).expect_err(text);
        if e.line != at || !e.message.contains(says) {
            wrong += &format!("{text:?}: line {}, expected {at}: {}\n", e.line, e.message);
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}

/// Brian2's networks, compared spike by spike, with synapses and initial values from Brian2's file.
#[test]
fn networks_agree_with_brian2() {
    for (name, delay) in [("small_delay0", 0.0), ("small_delay15", 1.5)] {
        let file = root().join(format!("tests/golden/net/{name}.npz"));
        let all = arrays(&file);
        let place = Place::new();
        let synapse = |want_excitatory: bool, which: &str| {
            let kept = all["pre"].iter().zip(&all[which]).filter(|(pre, _)| (**pre < 160.0) == want_excitatory);
            ndarray::Array1::from_iter(kept.map(|(_, x)| *x)).into_dyn()
        };
        let (e, i) = (true, false);
        place.npz(
            "net.npz",
            &[
                ("pre", synapse(e, "pre")),
                ("post", synapse(e, "post")),
                ("pre_i", synapse(i, "pre") - 160.0),
                ("post_i", synapse(i, "post")),
            ],
        );
        let from = |array: &str| format!("{{ file = '{}', array = '{array}' }}", file.display());
        let model = format!(
            "dtype = 'f64'\nsteps = 1000\ndt = 0.1\n[[group]]\nname = 'P'\nkind = 'TraubMiles'\nsize = 200\n\
             initial = {{ m = 0.0, h = 0.0, n = 0.0, V = {}, ge = {}, gi = {} }}\n\
             receptor = [{{ name = 'ge', tau = 5.0, reversal = 0.0 }}, {{ name = 'gi', tau = 10.0, reversal = -80.0 }}]\n\
             [[projection]]\nname = 'Ce'\nfrom = 'P[0..160]'\nto = 'P.ge'\nweight = 6.0\ndelay = {delay}\n\
             connect = {{ kind = 'arrays', file = 'net.npz', pre = 'pre', post = 'post' }}\n\
             [[projection]]\nname = 'Ci'\nfrom = 'P[160..200]'\nto = 'P.gi'\nweight = 67.0\ndelay = {delay}\n\
             connect = {{ kind = 'arrays', file = 'net.npz', pre = 'pre_i', post = 'post_i' }}\n",
            from("v0"),
            from("ge0_nS"),
            from("gi0_nS"),
        );
        place.write("net.toml", model);
        let recorded = all["rec"].iter().map(|unit| format!("{unit}")).collect::<Vec<_>>().join(",");
        place.ok(&format!("run net.toml --out-vars P.V[{recorded}] --out out.npz --quiet"));
        let got = place.read("out.npz");
        assert_close(&got["P.V"], &all["rec_v"], 1e-9, "V");
        let pairs = |step: &str, unit: &str, from: &std::collections::BTreeMap<String, ndarray::ArrayD<f64>>| {
            let mut all: Vec<(u64, u64)> =
                from[step].iter().zip(&from[unit]).map(|(s, i)| (*s as u64, *i as u64)).collect();
            all.sort_unstable();
            all
        };
        assert_eq!(pairs("spike_step", "spike_i", &got), pairs("spike_step", "spike_i", &all), "{name}");
        // In f32, the rate is within 2 %.
        let summary: Value = serde_json::from_str(&place.ok("run net.toml --dtype f32 --json --quiet")).unwrap();
        let (spikes, right) = (summary["spikes"].as_f64().unwrap(), all["spike_step"].len() as f64);
        assert!((spikes / right - 1.0).abs() <= 0.02, "{name}: {spikes} spikes in f32, {right} in f64");
        assert_eq!(summary["synapses"].as_f64(), Some(all["pre"].len() as f64));
        let error = place.fails(2, "run net.toml --scale 2");
        assert!(error.contains("`Ce`") && error.contains("cannot be scaled"), "{error}");
    }
}

#[test]
fn results_statistics_and_pictures() {
    let place = Place::new();
    place.write("all.toml", format!("plot = 'from_file.svg'\n{ALL}"));
    let summary = place.ok("run all.toml --out out.npz --out-vars E.V[0,3],I.V --json --quiet --input 12");
    let summary: Value = serde_json::from_str(&summary).unwrap();
    let out = place.read("out.npz");
    let names: Vec<&str> = out.keys().map(String::as_str).collect();
    assert_eq!(
        names,
        ["E.V", "E.spike_i", "E.spike_step", "I.V", "I.spike_i", "I.spike_step", "i", "output", "t", "ts"]
    );
    // The output counts the spikes of each group.
    for (column, group) in ["E", "I"].into_iter().enumerate() {
        let mut counts = vec![0.0; 300];
        out[&format!("{group}.spike_step")].iter().for_each(|k| counts[*k as usize] += 1.0);
        assert!(counts.iter().sum::<f64>() > 5.0, "group {group} has no spikes");
        for (k, count) in counts.iter().enumerate() {
            assert_eq!(out["output"][[k, column]], *count, "group {group}, step {k}");
        }
    }
    // Populations are divided where projections begin and end. The summary has the rate and the
    // regularity of each.
    let populations = summary["populations"].as_array().unwrap();
    let called: Vec<&str> = populations.iter().map(|p| p["name"].as_str().unwrap()).collect();
    assert_eq!(called, ["E[0..10]", "E[10..30]", "E[30..40]", "I"]);
    let (steps, units) = (&out["E.spike_step"], &out["E.spike_i"]);
    let of =
        |unit: f64| steps.iter().zip(units).filter(move |(_, u)| **u == unit).map(|(k, _)| *k).collect::<Vec<f64>>();
    let (mut spikes, mut cvs) = (0.0, Vec::new());
    for unit in 10..30 {
        let times = of(f64::from(unit));
        spikes += times.len() as f64;
        let intervals: Vec<f64> = times.windows(2).map(|w| w[1] - w[0]).collect();
        if intervals.len() >= 2 {
            let n = intervals.len() as f64;
            let mean = intervals.iter().sum::<f64>() / n;
            cvs.push((intervals.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / n).sqrt() / mean);
        }
    }
    assert_eq!(populations[1]["spikes"].as_f64(), Some(spikes));
    assert!((populations[1]["rate"].as_f64().unwrap() - spikes / 20.0 / 0.03).abs() <= 1e-9);
    match populations[1]["cv"].as_f64() {
        Some(cv) => assert!((cv - cvs.iter().sum::<f64>() / cvs.len() as f64).abs() <= 1e-9),
        None => assert!(cvs.is_empty()),
    }
    assert!(summary["synaptic_events_per_s"].as_f64() > Some(0.0) && summary["real_time_factor"].as_f64() > Some(0.0));
    let svg = std::fs::read_to_string(place.path("from_file.svg")).unwrap();
    for text in ["neuron", "rate (Hz)", "E[0..10]", "E[30..40]", "E.V", "time (ms)", "</svg>"] {
        assert!(svg.contains(text), "{text}");
    }
    // Procedural synapses give the same results.
    let lean = ALL.replace("num = 3 }", "num = 3 }\nprocedural = true");
    assert_eq!(lean.matches("procedural").count(), 1);
    place.write("lean.toml", lean);
    place.ok("run lean.toml --out lean.npz --out-vars E.V[0,3],I.V --quiet --input 12");
    assert_eq!(place.read("lean.npz"), out);
    // A histogram is only in the picture, and shows the last values.
    place.ok("run all.toml --steps 9 --out h.npz --out-vars E.V:histogram,I.V --plot h.svg --quiet");
    assert!(!place.read("h.npz").contains_key("E.V"));
    let svg = std::fs::read_to_string(place.path("h.svg")).unwrap();
    assert!(
        ["number", "E.V", "time (ms)"].iter().all(|text| svg.contains(text)) && svg.matches("<rect").count() > 5,
        "{svg}"
    );
    assert!(place.fails(2, "run all.toml --out-vars E.W:histogram").contains("no variable named `E.W`"));
    let text = place.ok("run all.toml --steps 100 --plot p.png");
    assert!(
        text.contains("E[10..30]") && text.contains("Hz, CV of intervals") && text.contains("synaptic events"),
        "{text}"
    );
    // The initial values of kinetics.
    place.ok("run all.toml --steps 1 --out-vars EIx.u,EIx.x --out k.npz --quiet --input 12");
    let (u, x) = (&place.read("k.npz")["EIx.u"], &place.read("k.npz")["EIx.x"]);
    assert!(u.iter().all(|u| (u - 0.25 * (-0.1_f64 / 30.0).exp()).abs() <= 1e-6), "{u}");
    assert!(x.iter().all(|x| (0.5..1.0).contains(x)) && x[[0, 0]] != x[[0, 1]], "{x}");
    place.ok("run all.toml --steps 20 --batch 3 --out b.npz --quiet --plot p.png");
    assert_eq!(place.read("b.npz")["E.spike_row"].len(), place.read("b.npz")["E.spike_i"].len());
    place.ok("run all.toml --steps 0 --out b.npz --quiet --plot p.png");
}

#[test]
fn a_scaled_network_keeps_its_synapses_per_neuron() {
    let place = Place::new();
    let cobahh = root().join("examples/models/cobahh.toml");
    let run = |more: &str| -> Value {
        let text = place.ok(&format!("run {} --steps 2 --plot p.svg --json --quiet {more}", cobahh.display()));
        serde_json::from_str(&text).unwrap()
    };
    let (one, two) = (run(""), run("--scale 0.5"));
    let names = |json: &Value| {
        json["populations"]
            .as_array()
            .unwrap()
            .iter()
            .map(|p| p["name"].as_str().unwrap().to_owned())
            .collect::<Vec<_>>()
    };
    let neurons = |json: &Value| {
        json["populations"].as_array().unwrap().iter().map(|p| p["neurons"].as_u64().unwrap()).collect::<Vec<_>>()
    };
    assert_eq!((names(&one), names(&two)), (vec!["E".into(), "I".into()], vec!["E".into(), "I".to_owned()]));
    assert_eq!((neurons(&one), neurons(&two)), (vec![3200, 800], vec![1600, 400]));
    assert_eq!((one["synapses"].as_f64(), two["synapses"].as_f64()), (Some(320_000.0), Some(160_000.0)));
    for (scale, says) in [("0", "positive"), ("-1", "positive"), ("nan", "positive"), ("0.01", "more than 1")] {
        let error = place.fails(2, &format!("run {} --steps 2 --scale {scale}", cobahh.display()));
        assert!(error.contains(says), "{error}");
    }
    assert!(place.fails(2, "run hh --steps 2 --scale 2").contains("--scale is for a network"));
    assert!(place.fails(2, &format!("run {} --size 3", cobahh.display())).contains("--scale"));
    place.write("all.toml", ALL);
    assert!(place.fails(2, "run all.toml --scale 2").contains("`IE`"));
    assert!(place.fails(2, "run all.toml --dtype f16").contains("cannot run in f16"));
}

/// A checkpoint with spikes in transit leads to the same results, with the same statistics and
/// picture.
#[test]
fn a_network_resumes_from_a_checkpoint() {
    let place = Place::new();
    place.write("all.toml", ALL);
    let run = "run all.toml --out-vars E.V,I.spike:events --plot p.svg --json --quiet";
    let whole: Value = serde_json::from_str(&place.ok(&format!("{run} --out whole.npz"))).unwrap();
    let picture = std::fs::read(place.path("p.svg")).unwrap();
    place.ok(&format!("{run} --out again.npz --checkpoint c.safetensors --checkpoint-every 13"));
    std::fs::remove_file(place.path("all.toml")).unwrap();
    let resumed: Value =
        serde_json::from_str(&place.ok("resume c.safetensors --out resumed.npz --json --quiet")).unwrap();
    assert_eq!(place.read("whole.npz"), place.read("again.npz"));
    assert_eq!(place.read("whole.npz"), place.read("resumed.npz"));
    assert!(whole["spikes"].as_u64() > Some(20) && resumed["steps_here"].as_u64() < Some(300));
    for key in ["spikes", "populations", "synaptic_events"] {
        assert_eq!(whole[key], resumed[key], "{key}");
    }
    assert_eq!(std::fs::read(place.path("p.svg")).unwrap(), picture);
}

/// The sum of nothing is 0, and not −0.
#[test]
fn a_network_without_synapses_counts_zero_synapses() {
    let place = Place::new();
    place.write("m.toml", "dt = 0.1\nsteps = 5\n[[group]]\nname = 'A'\nkind = 'LIF'\nsize = 3\n");
    let output = place.run("-v run m.toml --device cpu --json");
    let (out, err) = crate::support::texts(&output);
    assert!(err.contains("3 neurons, 0.00 synapses"), "{err}");
    assert!(out.contains("\"synapses\":0.0,\"synaptic_events\":0.0,\"synaptic_events_per_s\":0.0"), "{out}");
    let text = place.ok("run m.toml --device cpu");
    assert!(text.contains("synaptic events   0.00, 0.00 per second") && !text.contains("-0"), "{text}");
}

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
        ("input = { A = { uniform = [0, 1] } }\nsteps = 5", "", "`input.A` must be a number"),
        ("input = { A = 1.0, file = 'x.npz' }", "", "`file` beside names of groups"),
        ("steps = 5", "--input C=1.0", "`input = true`"),
        ("steps = 5", "--input E=1.0", "no group named `E`"),
        ("steps = 5", "--input A=1.0 --input A=2.0", "twice for group `A`"),
        ("steps = 5", "--input A=1.0 --input 2.0", "with a group's name and without one"),
        ("steps = 5", "--input 1.0 --input 2.0", "--input is given twice"),
    ] {
        place.write("m.toml", format!("{input}\n{model}"));
        let said = place.fails(2, &format!("run m.toml {arguments}"));
        assert!(said.contains(says), "{input} {arguments}: {said}");
    }
    place.write("hh.toml", "kind = 'HH'\nsteps = 5\ninput = { A = 1.0 }\n");
    assert!(place.fails(2, "run hh.toml").contains("hh.toml:3: `input` by name is for the groups of a network"));
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

/// A long name does not touch the text after it, and a long number has an exponent.
#[test]
fn names_and_numbers_of_any_length_are_readable() {
    let place = Place::new();
    place.write("m.toml", "[[group]]\nname = 'a_name_of_23_characters_'\nkind = 'LIF'\nsize = 2\n");
    let said = place.ok("run m.toml --steps 3 --dt 1e-9");
    assert!(said.contains("  a_name_of_23_characters_ 0.00 Hz, ") && said.contains("3 steps of 1e-9 ms in"), "{said}");
    let connected = "[[projection]]\nname = 'C'\nfrom = 'P'\nto = 'P.s'\nconnect = { kind = 'all_to_all' }\n";
    let net = |delay: &str| {
        format!(
            "[[group]]\nname = 'P'\nkind = 'LIF'\nsize = 2\n[[group.receptor]]\nname = 's'\ntau = 5.0\n{connected}delay = {delay}\n"
        )
    };
    for (delay, words) in [
        ("1e300", "longest delay of projection `C`: 1e300 ms is more than"),
        ("-1e300", "`delay` must be a non-negative number, not -1e300"),
        ("{ normal = [-1.0, 0.1] }", "mean delay of projection `C`: -1 ms is negative"),
    ] {
        place.write("n.toml", net(delay));
        let said = place.fails(2, "run n.toml --steps 1");
        assert!(said.contains(words) && said.len() < 200, "{said}");
    }
    // Values below 0 from a normal distribution become 0.
    place.write("n.toml", net("{ normal = [0.0, 5.0] }"));
    place.ok("run n.toml --steps 1 --quiet");
}
