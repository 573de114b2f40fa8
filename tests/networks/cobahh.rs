//! COBAHH as in Brian2 (examples/COBAHH.py), with 4,000 cells and 80 synapses each, over one
//! second.

use overtime::models::TraubMiles;
use overtime::network::{Connect, Group, Network, Projection, Receptor};
use overtime::{Init, LoopOverTime, monitor};

/// Brian2 2.9 (C++ standalone, f64) with ten seeds: 32.5 to 48.4 Hz, mean 37.4, standard deviation
/// 4.5; the mean CV of the intervals of cells with at least two intervals is 1.85 to 2.02. This
/// network with ten seeds: 31.0 to 39.1 Hz, mean 35.9, standard deviation 2.4; CV 1.83 to 2.02.
#[test]
fn rate_and_irregularity_are_brian2s() {
    let (n, steps) = (4000, 10_000);
    let connect = || Connect::FixedProb(80.0 / n as f64);
    let cells = TraubMiles::<f32>::new(n).v(Init::normal(-65.0, 5.0)).gates(Init::Zeros, Init::Zeros, Init::Zeros);
    let group = Group::new("P", cells)
        .receptor(Receptor::exponential("ge", 5.0).coba(0.0).init(Init::normal(40.0, 15.0)))
        .receptor(Receptor::exponential("gi", 10.0).coba(-80.0).init(Init::normal(200.0, 120.0)));
    let network = Network::builder(0.1)
        .seed(1)
        .group(group)
        .project(Projection::new("Ce", ("P", 0..3200), ("P", "ge")).connect(connect()).weight(6.0))
        .project(Projection::new("Ci", ("P", 3200..n), ("P", "gi")).connect(connect()).weight(67.0))
        .build()
        .unwrap();
    let mut over_time =
        LoopOverTime::builder(network).dt(0.1).seed(1).out_vars(monitor("P.spike").events()).build().unwrap();
    let run = over_time.run_steps(steps).unwrap();
    let events = run.events("P.spike").unwrap();
    let mut times = vec![Vec::new(); n];
    events.step.iter().zip(&events.unit).for_each(|(step, unit)| times[*unit].push(*step as f64));
    let rate = events.len() as f64 / n as f64;
    let cvs: Vec<f64> = times.iter().filter(|t| t.len() > 2).map(|t| cv(t)).collect();
    let cv = cvs.iter().sum::<f64>() / cvs.len() as f64;
    println!("{rate} Hz, CV {cv}");
    assert!((30.0..=42.0).contains(&rate), "{rate} Hz");
    assert!((1.8..=2.05).contains(&cv), "CV {cv}");
    assert_eq!(run.output.sum() as usize, events.len());
}

/// The coefficient of variation of the intervals between these times.
fn cv(times: &[f64]) -> f64 {
    let intervals: Vec<f64> = times.windows(2).map(|w| w[1] - w[0]).collect();
    let mean = intervals.iter().sum::<f64>() / intervals.len() as f64;
    let variance = intervals.iter().map(|i| (i - mean) * (i - mean)).sum::<f64>() / intervals.len() as f64;
    variance.sqrt() / mean
}
