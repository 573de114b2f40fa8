//! The words of model files that are no models: kinds of receptors, kinetics, plasticity,
//! connectivity, distributions, sequences and stimuli. The parser takes names of kinds and of
//! parameters from here.

use overtime::network::{Ampa, BioNmda, Nmda, Stp};
use std::sync::LazyLock;

/// What a kind is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Family {
    /// The `kind` of a `[[group.receptor]]`.
    Receptor,
    /// The `kinetics` of a `[[projection]]`.
    Kinetics,
    /// The plasticity of a `[[projection]]`.
    Plasticity,
    /// The `kind` of the `connect` of a `[[projection]]`.
    Connectivity,
    /// A distribution of values.
    Distribution,
    /// Evenly spaced values, one for each unit.
    Sequence,
    /// An input that changes in time.
    Stimulus,
}

/// A kind: its name, and the keys that it takes.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Kind {
    /// What it is for.
    pub family: Family,
    /// The name.
    pub name: &'static str,
    /// One line that says what it is.
    pub about: &'static str,
    /// The keys, or the numbers of a list.
    pub keys: Vec<Key>,
    /// The variables of a projection that can be given an initial value.
    pub variables: &'static [&'static str],
    /// An example, as a model file has it.
    pub example: &'static str,
}

/// A key of a kind.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Key {
    /// The name.
    pub name: &'static str,
    /// The unit; empty if it has none.
    pub unit: &'static str,
    /// The default value; empty if the key must be given.
    pub default: String,
    /// The meaning, in a few words.
    pub about: &'static str,
}

impl Family {
    /// All families, in the order of [`all`].
    pub const ALL: [Self; 7] = [
        Self::Receptor,
        Self::Kinetics,
        Self::Plasticity,
        Self::Connectivity,
        Self::Distribution,
        Self::Sequence,
        Self::Stimulus,
    ];

    /// The title of a list of its kinds.
    #[must_use]
    pub fn title(self) -> &'static str {
        match self {
            Self::Receptor => "Receptors",
            Self::Kinetics => "Synapse kinetics",
            Self::Plasticity => "Plasticity",
            Self::Connectivity => "Connectivity",
            Self::Distribution => "Distributions",
            Self::Sequence => "Sequences",
            Self::Stimulus => "Stimuli",
        }
    }

    /// Where a model file has it.
    #[must_use]
    pub fn place(self) -> &'static str {
        match self {
            Self::Receptor => "[[group.receptor]], kind = …",
            Self::Kinetics => "[[projection]], kinetics = …",
            Self::Plasticity => "[[projection]]",
            Self::Connectivity => "[[projection]], connect = { kind = … }",
            Self::Distribution => "initial values, weights and delays",
            Self::Sequence => "parameters, initial values and inputs, one value for each neuron",
            Self::Stimulus => "input = { … }",
        }
    }
}

static ALL: LazyLock<Vec<Kind>> = LazyLock::new(|| {
    let mut all = receptors();
    all.extend(kinetics());
    all.extend(plasticity());
    all.extend(connectivity());
    all.extend(values());
    all.extend(stimuli());
    all
});

/// Every kind, family by family.
#[must_use]
pub fn all() -> &'static [Kind] {
    &ALL
}

/// The kinds of a family.
pub fn of(family: Family) -> impl Iterator<Item = &'static Kind> + Clone {
    all().iter().filter(move |kind| kind.family == family)
}

fn kind(family: Family, name: &'static str, about: &'static str, keys: Vec<Key>, example: &'static str) -> Kind {
    Kind { family, name, about, keys, variables: &[], example }
}

/// A key that must be given.
fn needs(name: &'static str, unit: &'static str, about: &'static str) -> Key {
    Key { name, unit, default: String::new(), about }
}

/// A key with a default.
fn takes(name: &'static str, unit: &'static str, default: impl ToString, about: &'static str) -> Key {
    Key { name, unit, default: default.to_string(), about }
}

fn receptors() -> Vec<Kind> {
    let filter = |keys: Vec<Key>| {
        let more = [
            takes("reversal", "mV", "none", "reversal potential: with it a conductance, else a current"),
            takes("magnesium", "mM", "none", "concentration for the magnesium block of a conductance"),
        ];
        keys.into_iter().chain(more).collect::<Vec<_>>()
    };
    let of = |name, about, keys, example| kind(Family::Receptor, name, about, keys, example);
    vec![
        of(
            "exponential",
            "a spike adds its weight, which decays exponentially; the default kind",
            filter(vec![needs("tau", "ms", "time constant of the decay")]),
            "[[group.receptor]]\nname = \"ge\"\nkind = \"exponential\"\ntau = 5.0\nreversal = 0.0",
        ),
        of(
            "dual_exponential",
            "an exponential rise and decay; the peak is the weight",
            filter(vec![
                needs("tau_rise", "ms", "time constant of the rise"),
                needs("tau", "ms", "time constant of the decay"),
            ]),
            "[[group.receptor]]\nname = \"ge\"\nkind = \"dual_exponential\"\ntau_rise = 1.0\ntau = 5.0\nreversal = 0.0",
        ),
        of(
            "alpha",
            "the alpha function",
            filter(vec![needs("tau", "ms", "time constant")]),
            "[[group.receptor]]\nname = \"ge\"\nkind = \"alpha\"\ntau = 2.0\nreversal = 0.0",
        ),
        of(
            "graded",
            "the sum of this step's transmission, for the kinetics ampa, gaba_a, nmda and bio_nmda",
            filter(Vec::new()),
            "[[group.receptor]]\nname = \"nmda\"\nkind = \"graded\"\nreversal = 0.0\nmagnesium = 1.2",
        ),
        of(
            "gap",
            "gap junctions: w·(V_source − V) in every step, for |V| up to 512 mV",
            Vec::new(),
            "[[group.receptor]]\nname = \"gap\"\nkind = \"gap\"",
        ),
        of(
            "delta",
            "a spike adds its weight to a variable at once; a file has `variable` instead of `kind`",
            vec![needs("variable", "", "the variable of the neuron")],
            "[[group.receptor]]\nname = \"kick\"\nvariable = \"V\"",
        ),
    ]
}

fn kinetics() -> Vec<Kind> {
    let (s, n, b) = (Stp::default(), Nmda::default(), BioNmda::default());
    let transmitter = |a: Ampa| {
        vec![
            takes("alpha", "1/(ms·mM)", a.alpha, "binding rate"),
            takes("beta", "1/ms", a.beta, "unbinding rate"),
            takes("T", "mM", a.t, "concentration of transmitter"),
            takes("T_dur", "ms", a.t_dur, "duration of a pulse of transmitter"),
        ]
    };
    let of = |name, about, keys, variables, example| Kind {
        variables,
        ..kind(Family::Kinetics, name, about, keys, example)
    };
    vec![
        of(
            "stp",
            "short-term plasticity (Tsodyks, Pawelzik & Markram 1998)",
            vec![
                takes("U", "", s.release, "fraction of the resources that a spike uses"),
                takes("tau_f", "ms", s.tau_f, "time constant of facilitation; 0: none"),
                takes("tau_d", "ms", s.tau_d, "time constant of recovery from depression; 0: none"),
            ],
            &["u", "x"],
            "[[projection]]\n…\nkinetics = \"stp\"\nparameters = { U = 0.5, tau_f = 20.0, tau_d = 700.0 }",
        ),
        of(
            "ampa",
            "receptors that a pulse of transmitter opens, brainpy's AMPA",
            transmitter(Ampa::default()),
            &["g", "left"],
            "[[projection]]\n…\nkinetics = \"ampa\"",
        ),
        of(
            "gaba_a",
            "receptors that a pulse of transmitter opens, brainpy's GABAa",
            transmitter(Ampa::gaba_a()),
            &["g", "left"],
            "[[projection]]\n…\nkinetics = \"gaba_a\"",
        ),
        of(
            "nmda",
            "receptors of second order (Brunel & Wang 2001), brainpy's NMDA",
            vec![
                takes("a", "1/ms", n.a, "rate of opening"),
                takes("tau_decay", "ms", n.tau_decay, "time constant of the decay"),
                takes("tau_rise", "ms", n.tau_rise, "time constant of the rise"),
            ],
            &["g", "x"],
            "[[projection]]\n…\nkinetics = \"nmda\"",
        ),
        of(
            "bio_nmda",
            "receptors of second order that a pulse of transmitter opens, brainpy's BioNMDA",
            vec![
                takes("alpha1", "1/ms", b.alpha1, "rate of opening"),
                takes("beta1", "1/ms", b.beta1, "rate of closing"),
                takes("alpha2", "1/(ms·mM)", b.alpha2, "binding rate"),
                takes("beta2", "1/ms", b.beta2, "unbinding rate"),
                takes("T", "mM", b.t, "concentration of transmitter"),
                takes("T_dur", "ms", b.t_dur, "duration of a pulse of transmitter"),
            ],
            &["g", "x", "left"],
            "[[projection]]\n…\nkinetics = \"bio_nmda\"",
        ),
    ]
}

fn plasticity() -> Vec<Kind> {
    let keys = vec![
        needs("max", "of a weight", "largest weight"),
        takes("min", "of a weight", 0, "smallest weight"),
        takes("tau_pre", "ms", 20, "time constant of the trace of the source"),
        takes("tau_post", "ms", 20, "time constant of the trace of the target"),
        takes("a_pre", "of a weight", "0.01·(max − min)", "amount that a spike of the source adds to its trace"),
        takes("a_post", "of a weight", "−0.0105·(max − min)", "amount that a spike of the target adds to its trace"),
    ];
    let example =
        "[[projection]]\n…\nstdp = { max = 10.0, tau_pre = 20.0, tau_post = 20.0, a_pre = 0.1, a_post = -0.105 }";
    vec![kind(
        Family::Plasticity,
        "stdp",
        "additive spike-timing-dependent plasticity, all pairs of spikes",
        keys,
        example,
    )]
}

fn connectivity() -> Vec<Kind> {
    let of = |name, about, keys, example| kind(Family::Connectivity, name, about, keys, example);
    vec![
        of(
            "fixed_prob",
            "each pair of a source and a target, with a probability",
            vec![needs("p", "", "probability, 0 to 1")],
            "connect = { kind = \"fixed_prob\", p = 0.02 }",
        ),
        of(
            "fixed_num_pre",
            "each target has the same number of sources",
            vec![needs("num", "", "number of sources")],
            "connect = { kind = \"fixed_num_pre\", num = 80 }",
        ),
        of(
            "fixed_num_post",
            "each source has the same number of targets",
            vec![needs("num", "", "number of targets")],
            "connect = { kind = \"fixed_num_post\", num = 80 }",
        ),
        of("one_to_one", "the k-th source and the k-th target", Vec::new(), "connect = { kind = \"one_to_one\" }"),
        of("all_to_all", "all pairs", Vec::new(), "connect = { kind = \"all_to_all\" }"),
        of(
            "arrays",
            "the pairs of two arrays, numbered within the parts",
            vec![
                needs("file", "", "an npz or safetensors file"),
                needs("pre", "", "name of the array of sources"),
                needs("post", "", "name of the array of targets"),
            ],
            "connect = { kind = \"arrays\", file = \"net.npz\", pre = \"pre\", post = \"post\" }",
        ),
    ]
}

fn values() -> Vec<Kind> {
    let of = |name, about, keys, example| kind(Family::Distribution, name, about, keys, example);
    let ends = || {
        vec![
            needs("from", "", "first value"),
            needs("to", "", "last value, included"),
            needs("num", "", "number of values"),
        ]
    };
    let spaced = |name, about, keys, example| kind(Family::Sequence, name, about, keys, example);
    vec![
        of(
            "uniform",
            "uniform between two numbers",
            vec![needs("low", "", "lower end"), needs("high", "", "upper end")],
            "V = { uniform = [-70.0, -60.0] }",
        ),
        of(
            "normal",
            "normal",
            vec![needs("mean", "", "mean"), needs("deviation", "", "standard deviation")],
            "V = { normal = [-65.0, 5.0] }",
        ),
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
    ]
}

fn stimuli() -> Vec<Kind> {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_those_of_the_parser() {
        let names = |family| of(family).map(|kind| kind.name).collect::<Vec<_>>();
        assert_eq!(names(Family::Sequence), crate::Sequence::NAMES);
        assert_eq!(names(Family::Stimulus), crate::Stimulus::NAMES);
        let mut families: Vec<Family> = all().iter().map(|kind| kind.family).collect();
        families.dedup();
        assert_eq!(families, Family::ALL);
    }

    /// Every example is part of a file that parses.
    #[test]
    fn examples_parse() {
        let group = "[[group]]\nname = 'P'\nkind = 'HH'\nsize = 20\n";
        let receptor = "[[group.receptor]]\nname = 'r'\nkind = 'graded'\n";
        let ends = "from = 'P'\nto = 'P.r'\n";
        for kind in all() {
            let example = kind.example;
            let text = match kind.family {
                Family::Receptor => format!("{group}{example}\n"),
                Family::Kinetics | Family::Plasticity => {
                    let rest = example.strip_prefix("[[projection]]\n…\n").unwrap();
                    format!(
                        "{group}{receptor}[[projection]]\nname = 's'\n{ends}connect = {{ kind = 'one_to_one' }}\n{rest}\n"
                    )
                }
                Family::Connectivity => format!("{group}{receptor}[[projection]]\nname = 's'\n{ends}{example}\n"),
                Family::Stimulus => format!("kind = 'HH'\nduration = 100.0\n{example}\n"),
                Family::Sequence if example.starts_with("input") => format!("kind = 'HH'\n{example}\n"),
                Family::Sequence => {
                    let neuron = if example.starts_with("gL") { "HH" } else { "LIF" };
                    format!("kind = '{neuron}'\n[parameters]\n{example}\n")
                }
                Family::Distribution if example.starts_with("V") => format!("kind = 'HH'\n[initial]\n{example}\n"),
                Family::Distribution => {
                    format!("[[layer]]\nname = 'l'\nkind = 'RNNCell'\nnum_in = 2\nnum_out = 2\n{example}\n")
                }
            };
            if let Err(e) = crate::ModelFile::parse(&text) {
                panic!("{}: {e}\n{text}", kind.name);
            }
        }
    }
}
