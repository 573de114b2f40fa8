//! Results, statistics, pictures and the summary of a network.

use super::ALL;
use crate::support::Place;
use serde_json::Value;

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
