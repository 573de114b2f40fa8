//! Texts compared with the hand-written neurons.

use overtime::models::{Hh, Izhikevich, Lif, Method};
use overtime::{Equations, Init, Input, LoopOverTime, System};

fn text(name: &str) -> Equations {
    let all = super::examples();
    let (_, text) = all.iter().find(|(own, _)| own == name).unwrap();
    Equations::new(text).unwrap()
}

/// The largest difference of a variable, and the spikes of both.
fn compared(a: impl System<f64>, b: impl System<f64>, (own, other): (&str, &str), current: f64) -> (f64, f64, f64) {
    let run = |system: Box<dyn System<f64>>, name: &str| {
        let mut over_time = LoopOverTime::builder(system).dt(0.02).out_vars([name, "spike"]).build().unwrap();
        let run = over_time.run(Input::steps(5000).constant(current)).unwrap();
        (run[name].clone(), run["spike"].sum())
    };
    let ((a, of_a), (b, of_b)) = (run(Box::new(a), own), run(Box::new(b), other));
    let worst = a.iter().zip(&b).map(|(a, b)| if (a - b).is_nan() { f64::MAX } else { (a - b).abs() });
    (worst.fold(0.0, f64::max), of_a, of_b)
}

#[test]
fn the_text_of_hodgkin_and_huxley_is_the_neuron() {
    for method in [Method::ExpAuto, Method::Euler, Method::Rk4] {
        let hand = Hh::<f64>::new(1).method(method);
        // The conductance of the leak is that of the paper here.
        let hand = hand.param("gL", 0.3).unwrap().param("EL", -54.387).unwrap().param("EK", -77.0).unwrap();
        let mut neurons = text("hh").method(method);
        let mut hand = hand;
        for (name, value) in [("V", -65.0), ("m", 0.05), ("h", 0.6), ("n", 0.32)] {
            neurons = neurons.init(name, Init::Constant(value)).unwrap();
            hand = hand.init(name, Init::Constant(value)).unwrap();
        }
        let (worst, own, other) = compared(neurons, hand, ("V", "V"), 10.0);
        assert!(own == other && own > 4.0, "{method}: {own} and {other} spikes");
        assert!(worst <= 1e-8, "{method}: {worst:e} mV");
    }
}

#[test]
fn the_text_of_the_leaky_neuron_is_the_neuron() {
    let hand = Lif::<f64>::new(1).param("V_rest", -70.0).unwrap().param("V_th", -50.0).unwrap();
    let hand = hand.param("V_reset", -70.0).unwrap().param("tau", 10.0).unwrap().param("tau_ref", 3.0).unwrap();
    let hand = hand.init("V", Init::Constant(-70.0)).unwrap();
    let (worst, own, other) = compared(text("lif"), hand, ("V", "V"), 30.0);
    assert!(own == other && own > 3.0, "{own} and {other} spikes");
    assert!(worst <= 1e-9, "{worst:e} mV");
}

#[test]
fn the_text_of_izhikevich_is_the_neuron() {
    // The neuron bounds its equations by the threshold, which Euler's method does not reach before a reset.
    let hand = Izhikevich::<f64>::new(1).method(Method::Euler).init("V", Init::Constant(-65.0)).unwrap();
    let hand = hand.init("u", Init::Constant(-13.0)).unwrap().param("V_th", 30.0).unwrap();
    let hand = hand.param("tau_ref", 0.0).unwrap();
    let (worst, own, other) = compared(text("izhikevich").method(Method::Euler), hand, ("v", "V"), 10.0);
    assert!(own == other && own > 2.0, "{own} and {other} spikes");
    assert!(worst <= 1e-7, "{worst:e} mV");
}
