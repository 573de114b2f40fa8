//! What a device is told of a network: as `crate::network`'s own plan, but values as bytes.

use super::Source;
use crate::connectivity::columns::Columns;
use crate::connectivity::spec::Recipe;
use std::ops::Range;
use std::sync::Arc;

/// A network. Its variables are those of its groups, one group after another, then those of plastic projections.
#[derive(Clone, Debug)]
pub(crate) struct Network {
    pub(crate) groups: Vec<Group>,
    pub(crate) projections: Vec<Projection>,
}

/// A number in the type of arithmetic, as bytes; those beyond it are 0.
pub(crate) type Value = [u8; 8];

/// A group of neurons.
#[derive(Clone, Debug)]
pub(crate) struct Group {
    pub(crate) name: String,
    /// Its model.
    pub(crate) source: Source,
    pub(crate) units: usize,
    /// All of its variables: the model's, those of receptors, those of terminals, and last the ring of spikes.
    pub(crate) vars: Range<usize>,
    /// How many are the model's.
    pub(crate) own: usize,
    /// How many are terminals', and whether it has any, which may have none.
    pub(crate) terminals: usize,
    pub(crate) transmits: bool,
    /// Which of the model's variables is the potential, if one is.
    pub(crate) membrane: Option<usize>,
    /// Inputs of the model, which of them is a conductance, and bits of those that are given.
    pub(crate) ports: usize,
    pub(crate) conductance: Option<usize>,
    pub(crate) given: u32,
    pub(crate) receptors: Vec<Receptor>,
    /// Steps that the ring holds, and its elements for a step.
    pub(crate) slots: usize,
    pub(crate) words: usize,
    /// A constant current, one value or one for each neuron.
    pub(crate) current: Option<Vec<u8>>,
    /// Which of the network's inputs is its own.
    pub(crate) input: Option<usize>,
    /// What a normal draw is multiplied by to give a noise current.
    pub(crate) noise: Option<Value>,
    pub(crate) poisson: Vec<Poisson>,
    /// Whether weights of synapses from or to it are state.
    pub(crate) plastic: bool,
}

/// What spikes act on.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Receptor {
    Course {
        decay: Value,
        /// Of a conductance.
        reversal: Option<Value>,
        /// What is left in a step of what it rises from, and how much that adds.
        rise: Option<[Value; 2]>,
        block: Option<Block>,
    },
    /// This variable of the model, which stays as it is where the other is above 1.
    Delta { var: usize, held_by: Option<usize> },
    /// Gap junctions.
    Gap,
}

/// By magnesium.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Block {
    pub(crate) scale: Value,
    pub(crate) alpha: Value,
}

/// Of a projection.
#[derive(Clone, Debug)]
pub(crate) struct Terminal {
    /// The first of the network's variables that are its own.
    pub(crate) var: usize,
    pub(crate) law: u32,
    pub(crate) constants: [Value; 7],
}

/// Spikes from outside.
#[derive(Clone, Debug)]
pub(crate) struct Poisson {
    /// Which of the group's receptors.
    pub(crate) receptor: usize,
    pub(crate) weight: Value,
    pub(crate) thresholds: Vec<u32>,
}

/// Synapses from one group to a receptor of one.
#[derive(Clone, Debug)]
pub(crate) struct Projection {
    pub(crate) recipe: Recipe,
    pub(crate) from: usize,
    pub(crate) to: usize,
    /// Which of that group's receptors.
    pub(crate) receptor: usize,
    /// Shortest and longest delay, in steps.
    pub(crate) delays: (u32, u32),
    pub(crate) quantum: Value,
    pub(crate) terminal: Option<Terminal>,
    /// If its weights are state.
    pub(crate) plastic: Option<Plastic>,
}

/// What a projection has whose weights are state.
#[derive(Clone, Debug)]
pub(crate) struct Plastic {
    /// The network's variable that holds its weights; its sources' and targets' traces follow.
    pub(crate) var: usize,
    pub(crate) synapses: usize,
    pub(crate) columns: Arc<Columns>,
    /// `decay_pre, decay_post, a_pre, a_post, low, high, per_unit`: see `stdp.cuh`.
    pub(crate) values: [Value; 7],
}
