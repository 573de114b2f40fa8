//! The kinds of systems there are, as users name and set them.

/// A kind of neuron.
pub(crate) struct Neuron {
    pub(crate) kind: &'static str,
    pub(crate) about: &'static str,
    /// Name, unit, meaning.
    pub(crate) variables: &'static [(&'static str, &'static str, &'static str)],
    pub(crate) parameters: &'static [Parameter],
    /// Variables that may be given an initial value.
    pub(crate) initial: &'static [&'static str],
    /// Which of `method`, `noise` and `reset` it takes.
    pub(crate) takes: &'static [&'static str],
}

/// A parameter: its name, default, unit and meaning.
pub(crate) struct Parameter {
    pub(crate) name: &'static str,
    pub(crate) default: f64,
    pub(crate) unit: &'static str,
    pub(crate) about: &'static str,
}

pub(super) const fn p(name: &'static str, default: f64, unit: &'static str, about: &'static str) -> Parameter {
    Parameter { name, default, unit, about }
}

/// All kinds of neurons.
pub(crate) fn neurons() -> impl Iterator<Item = &'static Neuron> {
    NEURONS.iter().chain(super::equations::NEURONS)
}

const NEURONS: &[Neuron] = &[
    Neuron {
        kind: "HH",
        about: "Hodgkin and Huxley's neuron",
        variables: &[
            ("V", "mV", "membrane potential"),
            ("m", "", "sodium activation"),
            ("h", "", "sodium inactivation"),
            ("n", "", "potassium activation"),
            ("spike", "", "1 where V crossed V_th from below; also the output"),
            ("input", "µA/cm²", "the current of this step, noise included"),
            ("below", "", "1 where V was below V_th at the start and at the end of the step"),
        ],
        parameters: &[
            p("ENa", 50.0, "mV", "sodium reversal potential"),
            p("gNa", 120.0, "mS/cm²", "sodium conductance"),
            p("EK", -77.0, "mV", "potassium reversal potential"),
            p("gK", 36.0, "mS/cm²", "potassium conductance"),
            p("EL", -54.387, "mV", "leak reversal potential"),
            p("gL", 0.03, "mS/cm²", "leak conductance"),
            p("C", 1.0, "µF/cm²", "membrane capacitance"),
            p("V_th", 20.0, "mV", "threshold that counts as a spike"),
        ],
        initial: &["V", "m", "h", "n"],
        takes: &["method", "noise"],
    },
    Neuron {
        kind: "TraubMiles",
        about: "the neuron of Traub and Miles, the cell of COBAHH",
        variables: &[
            ("V", "mV", "membrane potential"),
            ("m", "", "sodium activation"),
            ("h", "", "sodium inactivation"),
            ("n", "", "potassium activation"),
            ("spike", "", "1 where V is above V_th, tau_ref or longer after the last; also the output"),
            ("refractory", "", "in how many steps the next spike can be, at the soonest"),
        ],
        parameters: &[
            p("ENa", 50.0, "mV", "sodium reversal potential"),
            p("gNa", 20_000.0, "nS", "sodium conductance"),
            p("EK", -90.0, "mV", "potassium reversal potential"),
            p("gK", 6000.0, "nS", "potassium conductance"),
            p("EL", -60.0, "mV", "leak reversal potential"),
            p("gL", 10.0, "nS", "leak conductance"),
            p("C", 200.0, "pF", "membrane capacitance"),
            p("V_th", -20.0, "mV", "threshold of a spike"),
            p("V_T", -63.0, "mV", "moves all rates"),
            p("tau_ref", 3.0, "ms", "refractory period of spikes"),
        ],
        initial: &["V", "m", "h", "n"],
        takes: &["method"],
    },
    Neuron {
        kind: "CondNeuGroup",
        about: "a neuron assembled of ion channels: [[channel]] in a model file",
        variables: &[
            ("V", "mV", "membrane potential"),
            // Between the two come the channels' gates, NAME.p and NAME.q.
            ("spike", "", "1 where V crossed V_th from below; also the output"),
            ("below", "", "1 where V was below V_th at the start and at the end of the step"),
        ],
        parameters: &[
            p("C", 1.0, "µF/cm²", "membrane capacitance"),
            p("A", 1e-3, "cm²", "the membrane's area, for currents in nA"),
            p("V_th", 0.0, "mV", "threshold that counts as a spike"),
        ],
        initial: &["V"],
        takes: &["method"],
    },
    Neuron {
        kind: "PoissonGroup",
        about: "units that spike at random",
        variables: &[("spike", "", "1 where the unit spikes; also the output")],
        parameters: &[p("freqs", 10.0, "Hz", "mean rate of spikes")],
        initial: &[],
        takes: &[],
    },
    Neuron {
        kind: "SpikeTimeGroup",
        about: "units that spike in the steps nearest to given times: indices and times are arrays from a file",
        variables: &[
            ("spike", "", "1 where the unit spikes; also the output"),
            ("past", "", "how many of its times belong to this step or those before"),
        ],
        parameters: &[p("indices", 0.0, "", "which unit spikes"), p("times", 0.0, "ms", "at which of these")],
        initial: &[],
        takes: &[],
    },
    Neuron {
        kind: "InputGroup",
        about: "units that spike where their input is 1, and not where it is 0",
        variables: &[("spike", "", "1 where the unit spikes; also the output")],
        parameters: &[],
        initial: &[],
        takes: &[],
    },
    Neuron {
        kind: "LIF",
        about: "the leaky integrate-and-fire neuron with a refractory period",
        variables: &[
            ("V", "mV", "membrane potential, after the reset"),
            ("spike", "", "1 where V reached V_th; also the output"),
            ("refractory", "", "steps of the refractory period that are left"),
        ],
        parameters: &[
            p("V_rest", 0.0, "mV", "resting potential"),
            p("V_reset", -5.0, "mV", "potential after a spike"),
            p("V_th", 20.0, "mV", "threshold"),
            p("R", 1.0, "MΩ (for an input in nA)", "membrane resistance"),
            p("tau", 10.0, "ms", "membrane time constant"),
            p("tau_ref", 0.0, "ms", "refractory period"),
        ],
        initial: &["V"],
        takes: &["method", "reset"],
    },
];

/// A kind of layer.
pub(crate) struct Layer {
    pub(crate) kind: &'static str,
    pub(crate) about: &'static str,
    /// Weights and their shapes.
    pub(crate) weights: &'static str,
    pub(crate) state: &'static str,
    /// Keys that must be there.
    pub(crate) needs: &'static [&'static str],
    /// Keys that may be.
    pub(crate) takes: &'static [&'static str],
}

const CELL: &[&str] = &["activation", "bias", "Wi_init", "Wh_init", "b_init", "state_init"];

const LAYERS_OF_CELLS: &[&str] = &["num_layers", "bidirectional", "activation", "bias", "Wi_init", "Wh_init", "b_init", "state_init"];

/// All kinds of layers but the functions, which are named as their activation is.
pub(crate) const LAYERS: &[Layer] = &[
    Layer {
        kind: "RNNCell",
        about: "h ← f(x Wi + h Wh + b)",
        weights: "Wi [num_in, num_out], Wh [num_out, num_out], b [num_out]",
        state: "state [num_out]",
        needs: &["num_in", "num_out"],
        takes: CELL,
    },
    Layer {
        kind: "GRUCell",
        about: "gated recurrent unit, reset before the product; gates z, r, a",
        weights: "Wi [num_in, 3·num_out], Wh [num_out, 3·num_out], b [3·num_out]",
        state: "state [num_out]",
        needs: &["num_in", "num_out"],
        takes: CELL,
    },
    Layer {
        kind: "LSTMCell",
        about: "long short-term memory; gates i, g, f, o, forget +1",
        weights: "Wi [num_in, 4·num_out], Wh [num_out, 4·num_out], b [4·num_out]",
        state: "state [2·num_out], its views h and c",
        needs: &["num_in", "num_out"],
        takes: CELL,
    },
    Layer {
        kind: "GRUCellTorch",
        about: "gated recurrent unit as PyTorch has it, reset after the product",
        weights: "Wi [num_in, 3·num_out], Wh [num_out, 3·num_out], b [3·num_out], bh [num_out]",
        state: "state [num_out]",
        needs: &["num_in", "num_out"],
        takes: CELL,
    },
    Layer {
        kind: "LSTMCellTorch",
        about: "long short-term memory as PyTorch has it, nothing added to the forget gate; gates i, g, f, o",
        weights: "Wi [num_in, 4·num_out], Wh [num_out, 4·num_out], b [4·num_out]",
        state: "state [2·num_out], its views h and c",
        needs: &["num_in", "num_out"],
        takes: CELL,
    },
    Layer {
        kind: "RNN",
        about: "num_layers layers of h ← f(x Wi + h Wh + b), in one direction of time or both, as PyTorch has them (tanh)",
        weights: "l0.Wi [num_in, hidden], l0.Wh [hidden, hidden], l0.b [hidden]; l0_reverse.Wi, l1.Wi, …",
        state: "l0.state [hidden], l0_reverse.state, l1.state, …",
        needs: &["num_in", "hidden"],
        takes: LAYERS_OF_CELLS,
    },
    Layer {
        kind: "GRU",
        about: "num_layers layers of GRUCellTorch, in one direction of time or both",
        weights: "l0.Wi [num_in, 3·hidden], l0.Wh [hidden, 3·hidden], l0.b [3·hidden], l0.bh [hidden]; l0_reverse.Wi, l1.Wi, …",
        state: "l0.state [hidden], l0_reverse.state, l1.state, …",
        needs: &["num_in", "hidden"],
        takes: LAYERS_OF_CELLS,
    },
    Layer {
        kind: "LSTM",
        about: "num_layers layers of LSTMCellTorch, in one direction of time or both",
        weights: "l0.Wi [num_in, 4·hidden], l0.Wh [hidden, 4·hidden], l0.b [4·hidden]; l0_reverse.Wi, l1.Wi, …",
        state: "l0.state [2·hidden], its views l0.h and l0.c; l0_reverse.state, l1.state, …",
        needs: &["num_in", "hidden"],
        takes: LAYERS_OF_CELLS,
    },
    Layer {
        kind: "GRUBrainpy",
        about: "as GRU, of GRUCell",
        weights: "l0.Wi [num_in, 3·hidden], l0.Wh [hidden, 3·hidden], l0.b [3·hidden]; l0_reverse.Wi, l1.Wi, …",
        state: "l0.state [hidden], l0_reverse.state, l1.state, …",
        needs: &["num_in", "hidden"],
        takes: LAYERS_OF_CELLS,
    },
    Layer {
        kind: "LSTMBrainpy",
        about: "as LSTM, of LSTMCell",
        weights: "l0.Wi [num_in, 4·hidden], l0.Wh [hidden, 4·hidden], l0.b [4·hidden]; l0_reverse.Wi, l1.Wi, …",
        state: "l0.state [2·hidden], its views l0.h and l0.c; l0_reverse.state, l1.state, …",
        needs: &["num_in", "hidden"],
        takes: LAYERS_OF_CELLS,
    },
    Layer {
        kind: "Dense",
        about: "y = x W + b",
        weights: "W [num_in, num_out], b [num_out]",
        state: "",
        needs: &["num_in", "num_out"],
        takes: &["bias", "W_init", "b_init"],
    },
    Layer {
        kind: "Conv2d",
        about: "2-D convolution, NHWC, kernel HWIO",
        weights: "w [kernel height, kernel width, in_channels/groups, out_channels], b [1, 1, out_channels]",
        state: "",
        needs: &["in_channels", "out_channels", "kernel_size", "input_size"],
        takes: &["stride", "padding", "dilation", "groups", "bias", "W_init", "b_init"],
    },
];

/// The kind of neuron of this name, in whatever case.
pub(crate) fn neuron(name: &str) -> Option<&'static Neuron> {
    neurons().find(|k| k.kind.eq_ignore_ascii_case(name))
}

/// The kind of layer of this name.
pub(crate) fn layer(name: &str) -> Option<&'static Layer> {
    LAYERS.iter().find(|k| k.kind == name)
}

/// The names of all kinds of neurons.
pub(crate) fn neuron_names() -> String {
    neurons().map(|k| k.kind).collect::<Vec<_>>().join(", ")
}
