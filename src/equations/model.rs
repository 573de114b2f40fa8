//! What a text says: a graph, and the places of its expressions in a step.

use super::graph::{Graph, Id, Leaf};
use super::step::Added;
use crate::network::plan::rule::Owner;

/// A parameter.
#[derive(Clone, Debug)]
pub(crate) struct ParamSpec {
    pub(crate) name: String,
    pub(crate) default: f64,
    pub(crate) unit: String,
}

/// An input.
#[derive(Clone, Debug)]
pub(crate) struct InputSpec {
    pub(crate) name: String,
    pub(crate) unit: String,
}

/// A state variable.
#[derive(Clone, Debug)]
pub(crate) struct StateSpec {
    pub(crate) name: String,
    pub(crate) unit: String,
    /// The value at the start: of parameters, random numbers, and states before this one in `order`.
    pub(crate) initial: Id,
    /// Its derivative by time, in units per ms; `None` for a variable that only assignments change.
    pub(crate) slope: Option<Id>,
    /// Whether it stays constant in the refractory period.
    pub(crate) held: bool,
}

/// When a unit spikes.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Spike {
    /// When a state reaches a threshold from below.
    Crosses { state: usize, threshold: Id },
    /// When a condition is not 0.
    When(Id),
}

/// What the synapses of a source transmit, in a text of synapses.
#[derive(Clone, Debug)]
pub(crate) struct Release {
    /// The values of states after a spike of the source, from their values before it.
    pub(crate) on_spike: Vec<(usize, Id)>,
    pub(crate) transmit: Transmit,
}

/// When a source transmits, and the amount.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Transmit {
    /// At a spike. The amount follows from the states before the spike.
    AtSpikes(Id),
    /// In each step. The amount follows from the states after it.
    InEachStep(Id),
}

/// How the weights of synapses change, in a text of plasticity.
#[derive(Clone, Debug)]
pub(crate) struct Plasticity {
    /// The state that is the weight.
    pub(crate) weight: usize,
    /// The least and the largest weight, of parameters alone.
    pub(crate) bounds: [Id; 2],
    /// The values of states after the arrival of a spike of the source, from their values before it.
    pub(crate) on_pre: Vec<(usize, Id)>,
    /// The values of states after a spike of the target, from their values before it.
    pub(crate) on_post: Vec<(usize, Id)>,
    /// What has a value of each state.
    pub(crate) owners: Vec<Owner>,
}

/// A model in the form of a graph. The leaves of an expression are the values at the place where the step
/// computes it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Model {
    pub(crate) graph: Graph,
    pub(crate) params: Vec<ParamSpec>,
    pub(crate) inputs: Vec<InputSpec>,
    pub(crate) states: Vec<StateSpec>,
    /// The states in an order in which each comes after those that its initial value needs.
    pub(crate) order: Vec<usize>,
    pub(crate) spike: Option<Spike>,
    /// The values of states after a spike, from their values before it.
    pub(crate) reset: Vec<(usize, Id)>,
    /// The refractory period in ms, of parameters alone.
    pub(crate) refractory: Option<Id>,
    /// The values of states after `each step`, from their values before it.
    pub(crate) each_step: Vec<(usize, Id)>,
    /// What a source transmits, if the text describes synapses.
    pub(crate) release: Option<Release>,
    /// How weights change, if the text describes plasticity. The state behind those of the text is then
    /// the potential of the target, if the text has this input.
    pub(crate) plasticity: Option<Plasticity>,
    /// The current into the neuron in µA/cm², if the text describes an ion channel.
    pub(crate) current: Option<Id>,
    /// The named values between, in the order of the text, with their units.
    pub(crate) lets: Vec<(String, Id, String)>,
    /// The numbers of the normal leaves that are white noise. A step scales them by √dt.
    pub(crate) noises: Vec<u16>,
    /// The number of normal leaves, and of uniform ones.
    pub(crate) normals: u16,
    pub(crate) uniforms: u16,
}

impl Model {
    /// The input of a text of synapses that is 1 in a step in which a spike of the source arrives, and
    /// otherwise 0. It follows the inputs of the text.
    pub(crate) fn spiked(&self) -> Leaf {
        Leaf::Input(self.inputs.len() as u16)
    }

    /// The name of a leaf in the text.
    pub(crate) fn name(&self, leaf: Leaf) -> String {
        let named = |name: Option<&String>, other: &str| name.cloned().unwrap_or_else(|| other.to_owned());
        match leaf {
            Leaf::State(k) => {
                let k = usize::from(k);
                let added = k.checked_sub(self.states.len()).and_then(|k| self.added().get(k).copied());
                named(self.states.get(k).map(|state| &state.name), added.map_or("?", Added::name))
            }
            Leaf::Param(k) => named(self.params.get(usize::from(k)).map(|param| &param.name), "hold"),
            Leaf::Input(k) if self.release.is_some() && usize::from(k) == self.inputs.len() => "spiked".to_owned(),
            Leaf::Input(k) => named(self.inputs.get(usize::from(k)).map(|input| &input.name), "?"),
            Leaf::Time => "t".to_owned(),
            Leaf::Dt => "dt".to_owned(),
            Leaf::Normal(k) => format!("normal{k}"),
            Leaf::Uniform(k) => format!("uniform{k}"),
        }
    }
}
