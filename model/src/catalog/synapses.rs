//! Kinds of receptors, kinetics, plasticity and connectivity.

use super::{Family, Key, Kind, kind, needs, takes};
use overtime::network::{Ampa, BioNmda, Nmda, Stdp, Stp};

pub(super) fn receptors() -> Vec<Kind> {
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
            "the sum of this step's transmission, for the kinetics ampa, gaba_a, nmda, bio_nmda and texts with `transmit`",
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

pub(super) fn kinetics() -> Vec<Kind> {
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

pub(super) fn plasticity() -> Vec<Kind> {
    let [pre, post] = Stdp::AMPLITUDES.map(|amplitude| format!("{amplitude}·(max − min)").replace('-', "−"));
    let keys = vec![
        needs("max", "of a weight", "largest weight"),
        takes("min", "of a weight", 0, "smallest weight"),
        takes("tau_pre", "ms", Stdp::TAU, "time constant of the trace of the source"),
        takes("tau_post", "ms", Stdp::TAU, "time constant of the trace of the target"),
        takes("a_pre", "of a weight", pre, "amount that a spike of the source adds to its trace"),
        takes("a_post", "of a weight", post, "amount that a spike of the target adds to its trace"),
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

pub(super) fn connectivity() -> Vec<Kind> {
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
            "each target has the same number of sources, all different without `multapses = true`",
            vec![needs("num", "", "number of sources")],
            "connect = { kind = \"fixed_num_pre\", num = 80 }",
        ),
        of(
            "fixed_num_post",
            "each source has the same number of targets, all different without `multapses = true`",
            vec![needs("num", "", "number of targets")],
            "connect = { kind = \"fixed_num_post\", num = 80 }",
        ),
        of(
            "fixed_total_number",
            "a number of pairs in all, each drawn independently, so that pairs may repeat (multapses)",
            vec![
                takes("num", "", "from p", "number of synapses"),
                takes("p", "", "from num", "probability that a pair has at least one synapse"),
            ],
            "connect = { kind = \"fixed_total_number\", num = 300000 }",
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
