//! Kinds of distributions, sequences and stimuli.

use super::{Family, Key, Kind, kind, needs, takes};
use overtime::{Distribution, DistributionInfo};

pub(super) fn values() -> Vec<Kind> {
    let of = |name, about, keys, example| kind(Family::Distribution, name, about, keys, example);
    let ends = || {
        vec![
            needs("from", "", "first value"),
            needs("to", "", "last value, included"),
            needs("num", "", "number of values"),
        ]
    };
    let spaced = |name, about, keys, example| kind(Family::Sequence, name, about, keys, example);
    let random = |info: DistributionInfo| {
        let keys = info.parameters.map(|(name, about)| needs(name, "", about));
        let bounds = vec![
            takes("min", "", "none", "least value"),
            takes("max", "", "none", "largest value"),
            takes(
                "outside",
                "",
                "redraw",
                "redraw: a value outside is drawn again; clip: it becomes the nearest bound",
            ),
        ];
        Kind { bounds, ..of(info.name, info.about, keys.into(), info.example) }
    };
    let mut all: Vec<Kind> = Distribution::all().map(random).collect();
    all.extend([
        of("zeros", "zeros; for layers", Vec::new(), "b_init = \"zeros\""),
        of(
            "xavier_normal",
            "normal with Glorot & Bengio's variance; for layers",
            Vec::new(),
            "Wi_init = \"xavier_normal\"",
        ),
        of(
            "orthogonal",
            "orthonormal rows or columns times a gain; for layers",
            vec![takes("gain", "", 1, "gain")],
            "Wh_init = { orthogonal = 1.0 }",
        ),
        spaced("linspace", "equal differences, as numpy's linspace", ends(), "gL = { linspace = [0.1, 0.5, 20] }"),
        spaced(
            "logspace",
            "equal ratios between powers of ten, as numpy's logspace",
            vec![
                needs("from", "", "decimal logarithm of the first value"),
                needs("to", "", "decimal logarithm of the last value, included"),
                needs("num", "", "number of values"),
            ],
            "tau = { logspace = [0, 2, 20] }",
        ),
        spaced("geomspace", "equal ratios, as numpy's geomspace", ends(), "tau = { geomspace = [1.0, 100.0, 20] }"),
        spaced(
            "arange",
            "steps of equal size, as numpy's arange",
            vec![
                needs("start", "", "first value"),
                needs("stop", "", "end, not included"),
                needs("step", "", "difference of consecutive values"),
            ],
            "input = { arange = [0.0, 10.0, 0.5] }",
        ),
    ]);
    all
}

pub(super) fn stimuli() -> Vec<Kind> {
    let of = |name, about, keys, example| kind(Family::Stimulus, name, about, keys, example);
    let unit = "of the input";
    let interval = |keys: Vec<Key>| {
        let more = [takes("t_start", "ms", 0, "start"), takes("t_end", "ms", "the end of the run", "end")];
        keys.into_iter().chain(more).collect::<Vec<_>>()
    };
    let wave = || {
        interval(vec![
            needs("amplitude", unit, "amplitude"),
            needs("frequency", "Hz", "frequency"),
            takes("bias", "", "false", "true: shifted up by the amplitude"),
        ])
    };
    let seed = || takes("seed", "", "the seed of the run", "seed");
    vec![
        of(
            "constant",
            "pairs of a value and its duration in ms, one after the other",
            Vec::new(),
            "input = { constant = [[0.0, 10.0], [5.0, 80.0], [0.0, 10.0]] }",
        ),
        of(
            "section",
            "values with their durations; a value may be a list or a sequence, one for each neuron",
            vec![needs("values", unit, "values"), needs("durations", "ms", "durations")],
            "input = { section = { values = [0, 5, 0], durations = [10, 80, 10] } }",
        ),
        of(
            "spike",
            "pulses",
            vec![
                needs("sp_times", "ms", "starts"),
                needs("sp_lens", "ms", "lengths: a number or a list"),
                needs("sp_sizes", unit, "sizes: a number or a list"),
            ],
            "input = { spike = { sp_times = [10, 20, 60], sp_lens = 1.0, sp_sizes = 20.0 } }",
        ),
        of(
            "ramp",
            "a ramp",
            interval(vec![
                needs("c_start", unit, "value of the first step"),
                needs("c_end", unit, "value of the last step"),
            ]),
            "input = { ramp = { c_start = 0, c_end = 10 } }",
        ),
        of("sinusoidal", "a sine wave", wave(), "input = { sinusoidal = { amplitude = 5, frequency = 20 } }"),
        of("square", "a square wave", wave(), "input = { square = { amplitude = 5, frequency = 20, bias = true } }"),
        of(
            "ou_process",
            "an Ornstein-Uhlenbeck process for each neuron",
            interval(vec![
                needs("mean", unit, "mean, and first value"),
                needs("sigma", "of the input per √ms", "intensity"),
                needs("tau", "ms", "time constant"),
                seed(),
            ]),
            "input = { ou_process = { mean = 5, sigma = 1, tau = 10 } }",
        ),
        of(
            "wiener_process",
            "the increments of a Wiener process for each neuron, with variance dt",
            interval(vec![seed()]),
            "input = { wiener_process = {} }",
        ),
    ]
}
