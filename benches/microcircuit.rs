//! The cortical microcircuit of Potjans and Diesmann (2014), with constant currents in place of its
//! Poisson input.

use overtime::models::Lif;
use overtime::network::{Connect, Group, Network, Projection, Receptor};
use overtime::{Init, Result};

/// A population: its name and size, its current in pA, and the mean and the standard deviation of
/// the initial potentials in mV.
const POPULATIONS: [(&str, usize, f32, [f64; 2]); 8] = [
    ("L23E", 20_683, 561.974_36, [-68.28, 5.36]),
    ("L23I", 5_834, 526.850_96, [-63.16, 4.57]),
    ("L4E", 21_915, 737.591_37, [-63.33, 4.74]),
    ("L4I", 5_479, 667.344_54, [-63.45, 4.94]),
    ("L5E", 4_850, 702.467_96, [-63.11, 4.94]),
    ("L5I", 1_065, 667.344_54, [-61.66, 4.55]),
    ("L6E", 14_395, 1_018.578_5, [-66.72, 5.46]),
    ("L6I", 2_948, 737.591_37, [-61.43, 4.48]),
];

/// The synapses of a neuron of each population, from each population.
const INDEGREES: [[usize; 8]; 8] = [
    [2200, 1079, 979, 468, 159, 0, 110, 0],
    [2990, 860, 704, 290, 381, 0, 61, 0],
    [160, 35, 1117, 795, 33, 0, 667, 0],
    [1481, 17, 1813, 953, 16, 0, 1608, 0],
    [2188, 375, 1136, 31, 421, 496, 297, 0],
    [1166, 159, 571, 12, 300, 404, 124, 0],
    [325, 39, 467, 92, 286, 21, 582, 752],
    [767, 6, 75, 3, 136, 9, 980, 459],
];

/// The number of neurons of the network whose populations are a part of `1/scale`.
pub(crate) fn neurons(scale: usize) -> usize {
    POPULATIONS.iter().map(|(_, size, ..)| size / scale).sum()
}

/// The network with populations and numbers of synapses divided by `scale`: 77,169 neurons and 299
/// million synapses for 1.
pub(crate) fn network(scale: usize) -> Result<Network<f32>> {
    let mut builder = Network::builder(0.1);
    for (name, size, current, [mean, deviation]) in POPULATIONS {
        let mut cells = Lif::new(size / scale).v(Init::normal(mean, deviation));
        for (parameter, value) in
            [("V_rest", -65.0), ("V_reset", -65.0), ("V_th", -50.0), ("tau", 10.0), ("R", 0.04), ("tau_ref", 2.0)]
        {
            cells = cells.param(parameter, value)?;
        }
        builder = builder.group(Group::new(name, cells).receptor(Receptor::exponential("s", 0.5)).current(current));
    }
    for ((to, ..), indegrees) in POPULATIONS.iter().zip(INDEGREES) {
        for ((from, ..), indegree) in POPULATIONS.iter().zip(indegrees).filter(|(_, indegree)| *indegree >= scale) {
            // Inhibition is four times as strong and arrives in half the time; one projection has
            // twice the weight.
            let (weight, delay) = match (*from, *to) {
                ("L4E", "L23E") => (175.616_987, 1.5),
                (name, _) if name.ends_with('E') => (87.808_493_5, 1.5),
                _ => (-351.233_974, 0.75),
            };
            let projection = Projection::new(format!("{from}_{to}"), *from, (*to, "s"))
                .connect(Connect::FixedNumPre(indegree / scale))
                .weight(Init::normal(weight, f64::abs(weight) / 10.0))
                .delay(Init::normal(delay, delay / 2.0));
            builder = builder.project(projection);
        }
    }
    builder.build()
}
