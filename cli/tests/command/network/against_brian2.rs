//! Networks of Brian2, spike by spike.

use crate::support::{Place, arrays, assert_close, root};
use serde_json::Value;

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
