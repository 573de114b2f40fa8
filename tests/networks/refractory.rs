//! The refractory period: a neuron does not spike within it, and synaptic input to V during it is
//! discarded.

use crate::networks::cell::ScriptedCells;
use ndarray::Axis;
use overtime::models::{AdExIf, AdQuaIf, ExpIf, Izhikevich, Lif, QuaIf, Reset};
use overtime::network::{Connect, Group, Network, Projection, Receptor, Stdp};
use overtime::{Init, LoopOverTime, Real, Recording, System};

/// A unit that spikes in each of these steps.
fn scripted(steps: std::ops::Range<u64>) -> ScriptedCells {
    ScriptedCells { units: 1, spikes: steps.map(|step| (step, 0)).collect() }
}

fn spikes<T: Real>(run: &Recording<T>, unit: usize) -> Vec<usize> {
    let spikes = run["b.spike"].index_axis(Axis(1), unit).to_owned();
    spikes.iter().enumerate().filter(|(_, s)| **s != T::of(0.0)).map(|(k, _)| k).collect()
}

/// The leaky neuron as a plain loop. A spike of weight `w` arrives at the end of each step of
/// `burst`.
fn plain(steps: usize, burst: std::ops::Range<usize>, w: f64, hold: usize, soft: bool) -> (Vec<f64>, Vec<usize>) {
    let (v_th, v_reset, tau, dt) = (20.0, 0.0, 20.0_f64, 0.1);
    let (mut v, mut left, mut vs, mut fired) = (0.0, 0, Vec::new(), Vec::new());
    for step in 0..steps {
        if left > 0 {
            left -= 1;
        } else {
            v *= (-dt / tau).exp();
            if v >= v_th {
                v = if soft { v - (v_th - v_reset) } else { v_reset };
                left = hold;
                fired.push(step);
            }
        }
        // An arriving spike acts in the next step, unless V is held in that step.
        if left == 0 && burst.contains(&step) {
            v += w;
        }
        vs.push(v);
    }
    (vs, fired)
}

#[test]
fn a_burst_agrees_with_a_plain_loop() {
    for (w, hold, soft) in [(5.0, 20, false), (5.0, 0, false), (7.5, 3, true), (45.0, 20, true), (45.0, 1, false)] {
        let lif = Lif::<f64>::new(1).param("V_reset", 0.0).unwrap().param("tau", 20.0).unwrap();
        let lif = lif.param("tau_ref", 0.1 * hold as f64).unwrap().reset(if soft { Reset::Soft } else { Reset::Hard });
        let network = Network::builder(0.1)
            .group(Group::new("a", scripted(10..60)))
            .group(Group::new("b", lif).receptor(Receptor::delta("s", "V")))
            .project(Projection::new("p", "a", ("b", "s")).weight(w));
        let built = LoopOverTime::builder(network.build().unwrap()).dt(0.1).out_vars(["b.V", "b.spike"]).build();
        let run = built.unwrap().run_steps(100).unwrap();
        let (v, fired) = plain(100, 10..60, w, hold, soft);
        let what = format!("w {w}, {hold} steps, soft {soft}");
        assert_eq!(spikes(&run, 0), fired, "{what}");
        assert!(fired.len() >= 2, "{what}");
        for (k, (found, v)) in run["b.V"].iter().zip(v).enumerate() {
            assert!((found - v).abs() <= 1e-9, "{what}, step {k}: {found}, not {v}");
        }
    }
}

const UNITS: usize = 19;
const HOLD: f64 = 12.0;

/// A group of this model with all inputs that can act on V. Asserts the properties of each neuron.
fn nothing_moves_it<T: Real>(model: impl System<T> + 'static, up: f64, gap: bool) {
    let what = model.kind().to_owned();
    let group = Group::new("b", model).receptor(Receptor::delta("s", "V")).poisson("s", 2500.0, up).poisson(
        "s",
        1500.0,
        -0.5 * up,
    );
    let group = if gap { group.receptor(Receptor::gap("gap")) } else { group };
    let project = |name: &str, from: &str| Projection::new(name, from, ("b", "s")).connect(Connect::FixedNumPre(1));
    let mut network = Network::<T>::builder(0.1)
        .group(Group::new("a", scripted(0..400)))
        .group(group)
        .project(project("stored", "a").weight(Init::uniform(0.0, up)).delay(Init::uniform(0.0, 2.0)))
        .project(project("learned", "a").weight(0.3 * up).stdp(Stdp::new(up)))
        .project(project("own", "b").weight(-0.2 * up).delay(0.1))
        .project(project("made", "a").connect(Connect::FixedNumPost(UNITS)).weight(0.5 * up).procedural());
    if gap {
        network =
            network.project(Projection::new("joined", "b", ("b", "gap")).connect(Connect::FixedNumPre(3)).weight(0.5));
    }
    let vars = ["b.V", "b.spike", "b.refractory"];
    let built = LoopOverTime::builder(network.build().unwrap()).dt(0.1).batch(2).out_vars(vars).build();
    let run = built.unwrap().run_steps(400).unwrap();
    let [v, spike, refractory] = vars.map(|name| run[name].to_owned());
    let (mut fired, mut held) = (0, 0);
    for row in 0..2 {
        for unit in 0..UNITS {
            let at = |array: &ndarray::ArrayD<T>, step: usize| array[[step, row, unit]];
            let mut last = None;
            for step in 0..400 {
                if at(&spike, step) != T::of(0.0) {
                    let since = last.map(|last| step - last);
                    assert!(since.is_none_or(|since| since > HOLD as usize), "{what}: spikes {since:?} steps apart");
                    (last, fired) = (Some(step), fired + 1);
                }
                // Input that arrives in the last step of the period acts in the next step.
                if step > 0 && at(&refractory, step) > T::of(1.0) && at(&refractory, step - 1) > T::of(1.0) {
                    assert!(
                        at(&v, step) == at(&v, step - 1),
                        "{what}: V moves in step {step} from {} to {}",
                        at(&v, step - 1),
                        at(&v, step)
                    );
                    held += 1;
                }
            }
        }
    }
    println!("{what}: {fired} spikes, {held} steps held");
    assert!(fired > 4 * UNITS && held > 8 * fired, "{what}: {fired} spikes and {held} steps in the period are too few");
}

#[test]
fn nothing_moves_a_refractory_potential() {
    fn all<T: Real>() {
        let tau_ref = 0.1 * HOLD;
        for reset in [Reset::Hard, Reset::Soft] {
            nothing_moves_it(
                Lif::<T>::new(UNITS).param("tau_ref", tau_ref).unwrap().reset(reset).conductance(),
                6.0,
                true,
            );
            nothing_moves_it(
                ExpIf::<T>::new(UNITS).param("tau_ref", tau_ref).unwrap().reset(reset).conductance(),
                4.0,
                true,
            );
            nothing_moves_it(AdExIf::<T>::new(UNITS).param("tau_ref", tau_ref).unwrap().reset(reset), 9.0, false);
            nothing_moves_it(QuaIf::<T>::new(UNITS).param("tau_ref", tau_ref).unwrap().reset(reset), 9.0, false);
            nothing_moves_it(AdQuaIf::<T>::new(UNITS).param("tau_ref", tau_ref).unwrap().reset(reset), 9.0, false);
            nothing_moves_it(
                Izhikevich::<T>::new(UNITS).param("tau_ref", tau_ref).unwrap().reset(reset).conductance(),
                30.0,
                true,
            );
        }
        // The reset potential is above the threshold.
        nothing_moves_it(
            Lif::<T>::new(UNITS).param("tau_ref", tau_ref).unwrap().param("V_reset", 25.0).unwrap(),
            6.0,
            false,
        );
    }
    all::<f64>();
    all::<f32>();
}

/// The refractory period holds only V. Other variables receive spikes.
#[test]
fn adaptation_receives_spikes_in_the_refractory_period() {
    let neuron =
        AdExIf::<f64>::new(1).param("tau_ref", 5.0).unwrap().param("a", 0.0).unwrap().param("tau_w", 1e9).unwrap();
    let network = Network::builder(0.1)
        .group(Group::new("a", scripted(0..30)))
        .group(Group::new("b", neuron).receptor(Receptor::delta("s", "w")))
        .project(Projection::new("p", "a", ("b", "s")).weight(0.5));
    let built = LoopOverTime::builder(network.build().unwrap()).dt(0.1).out_vars(["b.w", "b.spike"]).build();
    let run = built.unwrap().run_steps(30).unwrap();
    // V starts at 0, above the threshold, so the neuron spikes in the first step, which adds b = 1.
    assert_eq!(spikes(&run, 0), [0]);
    let w = run["b.w"][[29, 0]];
    assert!((w - (1.0 + 15.0)).abs() <= 1e-6, "{w}");
}

/// A potential outside the range of gap junctions ends the run, even while it is held.
#[test]
fn a_held_potential_out_of_range_ends_the_run() {
    let lif = Lif::<f64>::new(2)
        .v(Init::Values(vec![25.0, 0.0]))
        .param("V_reset", -600.0)
        .unwrap()
        .param("tau_ref", 50.0)
        .unwrap();
    let group = Group::new("b", lif.conductance())
        .receptor(Receptor::delta("s", "V"))
        .receptor(Receptor::gap("gap"))
        .poisson("s", 100.0, 0.1);
    let network =
        Network::builder(0.1).group(group).project(Projection::new("j", ("b", 0..1), ("b", 1..2, "gap")).weight(0.01));
    let error = LoopOverTime::builder(network.build().unwrap()).dt(0.1).build().unwrap().run_steps(20).unwrap_err();
    assert!(error.to_string().contains("b.V"), "{error}");
}
