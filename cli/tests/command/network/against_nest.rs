//! Small networks of NEST's linear neurons, spike by spike, as model files.

use crate::support::{Place, arrays, assert_close, root};
use std::collections::BTreeSet;

/// The receptor table of a synaptic current.
fn receptor(model: &str, name: &str, tau: f64) -> String {
    match model {
        "exp" => format!("{{ name = '{name}', tau = {tau} }}"),
        // The weight is the peak.
        "alpha" => format!("{{ name = '{name}', kind = 'dual_exponential', tau_rise = {tau}, tau = {tau} }}"),
        _ => format!("{{ name = '{name}', variable = 'V' }}"),
    }
}

#[test]
fn networks_agree_with_nest() {
    for model in ["exp", "alpha", "delta"] {
        let file = root().join(format!("tests/golden/nest/{model}.npz"));
        let all = arrays(&file);
        let place = Place::new();
        let number = |name: &str| all[name].first().copied().unwrap();
        let synapses = |array: &str, excitatory: bool| {
            let kept = all["weight"].iter().zip(&all[array]).filter(|(weight, _)| (**weight >= 0.0) == excitatory);
            ndarray::Array1::from_iter(kept.map(|(_, x)| *x)).into_dyn()
        };
        let mut parts = Vec::new();
        for (name, excitatory) in [("ex", true), ("in", false)] {
            for array in ["pre", "post", "weight", "delay"] {
                parts.push((format!("{array}_{name}"), synapses(array, excitatory)));
            }
        }
        place.npz("net.npz", &parts.iter().map(|(name, array)| (name.as_str(), array.clone())).collect::<Vec<_>>());
        let from = |array: &str| format!("{{ file = '{}', array = '{array}' }}", file.display());
        let tau = |name: &str| all.get(name).map_or(0.0, |tau| tau.first().copied().unwrap());
        let projection = |name: &str| {
            format!(
                "[[projection]]\nname = '{name}'\nfrom = 'P'\nto = 'P.{name}'\n\
                 connect = {{ kind = 'arrays', file = 'net.npz', pre = 'pre_{name}', post = 'post_{name}' }}\n\
                 weight = {{ file = 'net.npz', array = 'weight_{name}' }}\n\
                 delay = {{ file = 'net.npz', array = 'delay_{name}' }}\n"
            )
        };
        let text = format!(
            "dtype = 'f64'\nsteps = {}\ndt = {}\n[[group]]\nname = 'P'\nkind = 'LIF'\nmethod = 'exact'\nsize = {}\n\
             current = {}\ninitial = {{ V = {} }}\nparameters = {{ V_rest = {}, V_reset = {}, V_th = {}, tau = {}, \
             R = {}, tau_ref = {} }}\nreceptor = [{}, {}]\n{}{}",
            number("steps"),
            number("dt"),
            all["v0"].len(),
            from("i_e"),
            from("v0"),
            number("p_E_L"),
            number("p_V_reset"),
            number("p_V_th"),
            number("p_tau_m"),
            number("p_tau_m") / number("p_C_m"),
            number("p_t_ref"),
            receptor(model, "ex", tau("p_tau_syn_ex")),
            receptor(model, "in", tau("p_tau_syn_in")),
            projection("ex"),
            projection("in"),
        );
        place.write("net.toml", text);
        let recorded = all["rec"].iter().map(|unit| format!("{unit}")).collect::<Vec<_>>().join(",");
        place.ok(&format!("run net.toml --out-vars P.V[{recorded}] --out out.npz --quiet"));
        let got = place.read("out.npz");
        // NEST counts steps from 1.
        let pairs = |from: &std::collections::BTreeMap<String, ndarray::ArrayD<f64>>, first: u64| {
            let all = from["spike_step"].iter().zip(&from["spike_i"]);
            all.map(|(step, i)| (*step as u64 - first, *i as u64)).collect::<BTreeSet<_>>()
        };
        let right = pairs(&all, 1);
        assert_eq!(pairs(&got, 0), right, "{model}");
        assert!(right.len() > 500 && right.len() == all["spike_i"].len(), "{model}: {} spikes", right.len());
        assert_close(&got["P.V"], &all["rec_v"], 1e-10, "V");
    }
}
