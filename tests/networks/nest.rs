//! Small networks of NEST's linear neurons, compared with runs of NEST (tests/golden/README.md). With
//! `OVERTIME_NEST=FOLDER` the tests read all files of another folder of this form.

use crate::common::{Golden, close, golden_folder};
use overtime::models::{Lif, Method, Param};
use overtime::network::{Connect, Group, Network, Projection, Receptor};
use overtime::{Init, LoopOverTime, Real, Recording, monitor};
use std::path::PathBuf;

/// The arrays of the files, and the names of their models: `exp`, `alpha` or `delta`.
fn references() -> Vec<(String, Golden)> {
    let folder = std::env::var_os("OVERTIME_NEST").map_or_else(|| golden_folder().join("nest"), PathBuf::from);
    let mut files: Vec<PathBuf> = std::fs::read_dir(&folder)
        .unwrap_or_else(|e| panic!("{}: {e}", folder.display()))
        .map(|e| e.unwrap().path())
        .collect();
    files.retain(|path| path.extension().is_some_and(|extension| extension == "npz"));
    files.sort();
    assert!(!files.is_empty(), "{} has no npz", folder.display());
    files.iter().map(|path| (path.file_stem().unwrap().to_string_lossy().into_owned(), Golden::read(path))).collect()
}

fn list(reference: &Golden, name: &str) -> Vec<f64> {
    reference.array(name).iter().copied().collect()
}

fn number(reference: &Golden, name: &str) -> f64 {
    list(reference, name)[0]
}

/// The network of a file. Excitatory and inhibitory synapses are projections of their own, because
/// their receptors may differ.
pub(crate) fn network<T: Real>(model: &str, reference: &Golden) -> Network<T> {
    let of = |name: &str| number(reference, &format!("p_{name}"));
    let each = |name| Param::Each(list(reference, name).into_iter().map(T::of).collect());
    let lif = Lif::<T>::new(list(reference, "v0").len())
        .method(Method::Exact)
        .v(Init::Values(list(reference, "v0")))
        .param("V_rest", of("E_L"))
        .and_then(|lif| lif.param("V_reset", of("V_reset")))
        .and_then(|lif| lif.param("V_th", of("V_th")))
        .and_then(|lif| lif.param("tau", of("tau_m")))
        .and_then(|lif| lif.param("R", of("tau_m") / of("C_m")))
        .and_then(|lif| lif.param("tau_ref", of("t_ref")))
        .unwrap_or_else(|e| panic!("{e}"));
    let receptor = |name: &str, tau: &str| match model {
        "exp" => Receptor::exponential(name, of(tau)),
        // The weight is the peak.
        "alpha" => Receptor::dual_exponential(name, of(tau), of(tau)),
        "delta" => Receptor::delta(name, "V"),
        _ => panic!("no model `{model}`"),
    };
    let group = Group::new("P", lif)
        .current(each("i_e"))
        .receptor(receptor("ex", "tau_syn_ex"))
        .receptor(receptor("in", "tau_syn_in"));
    let [pre, post, weight, delay] = ["pre", "post", "weight", "delay"].map(|name| list(reference, name));
    let project = |name: &str, fits: fn(f64) -> bool| {
        let places: Vec<usize> = (0..weight.len()).filter(|k| fits(weight[*k])).collect();
        let of = |all: &[f64]| places.iter().map(|k| all[*k]).collect::<Vec<_>>();
        let ids = |all: &[f64]| of(all).into_iter().map(|x| x as u32).collect();
        Projection::new(name, "P", ("P", name))
            .connect(Connect::Arrays { pre: ids(&pre), post: ids(&post) })
            .weight(of(&weight))
            .delay(of(&delay))
    };
    Network::builder(number(reference, "dt"))
        .group(group)
        .project(project("ex", |w| w >= 0.0))
        .project(project("in", |w| w < 0.0))
        .build()
        .unwrap_or_else(|e| panic!("{e}"))
}

fn run<T: Real>(model: &str, reference: &Golden) -> Recording<T> {
    let rec: Vec<usize> = list(reference, "rec").iter().map(|k| *k as usize).collect();
    let vars = [monitor("P.spike").events(), monitor("P.V").units(rec)];
    LoopOverTime::builder(network::<T>(model, reference))
        .dt(number(reference, "dt"))
        .out_vars(vars)
        .build()
        .and_then(|mut over_time| over_time.run_steps(number(reference, "steps") as u64))
        .unwrap_or_else(|e| panic!("{e}"))
}

/// The spikes of a run and of NEST, as sorted pairs of step and neuron. NEST's steps count from 1.
fn spikes<T: Real>(run: &Recording<T>, reference: &Golden) -> [Vec<(u64, usize)>; 2] {
    let events = run.events("P.spike").unwrap_or_else(|e| panic!("{e}"));
    let mut ours: Vec<_> = events.step.iter().copied().zip(events.unit.iter().copied()).collect();
    let steps = list(reference, "spike_step").into_iter().map(|step| step as u64 - 1);
    let mut theirs: Vec<_> = steps.zip(list(reference, "spike_i").into_iter().map(|unit| unit as usize)).collect();
    ours.sort_unstable();
    theirs.sort_unstable();
    [ours, theirs]
}

#[test]
fn in_f64_every_spike_is_nests() {
    for (model, reference) in references() {
        let run = run::<f64>(&model, &reference);
        let [ours, theirs] = spikes(&run, &reference);
        assert!(theirs.len() > 500, "{model}: {} spikes are too few for a test", theirs.len());
        assert_eq!(ours, theirs, "{model}");
        let worst = close(&model, &run["P.V"].clone().into_dyn(), reference.array("rec_v"), 1e-10);
        println!("{model}: {} spikes, V within {worst:e} mV", ours.len());
    }
}

/// In f32, V differs in its seventh digit, so that a spike may be a step earlier or later and change
/// the spikes after it. The first 30 ms are nearly the same.
#[test]
fn in_f32_the_first_spikes_are_nests() {
    for (model, reference) in references() {
        let run = run::<f32>(&model, &reference);
        let [ours, theirs] = spikes(&run, &reference)
            .map(|all| all.into_iter().filter(|(step, _)| *step < 300).collect::<std::collections::BTreeSet<_>>());
        let different = ours.symmetric_difference(&theirs).count();
        println!("{model}: {different} of {} spikes differ", theirs.len());
        assert!(!theirs.is_empty() && different * 50 <= theirs.len(), "{model}: {different} of {}", theirs.len());
    }
}
