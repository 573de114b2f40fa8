//! What a text describes: a neuron, an ion channel, the kinetics of synapses, or their plasticity.

use super::syntax::{Item, Syntax};
use super::{channel, kinetics, plasticity};
use crate::error::Mistake;

/// What a text describes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum TextKind {
    /// A neuron or a rate model.
    Neuron,
    /// An ion channel of a neuron.
    Channel,
    /// The kinetics of synapses.
    Kinetics,
    /// The plasticity of synapses.
    Plasticity,
}

impl TextKind {
    /// What an expression of the text follows from, if it has neither noise nor a clock.
    pub(super) fn follows(self) -> Option<&'static str> {
        match self {
            Self::Neuron | Self::Channel => None,
            Self::Kinetics => Some("they follow from spikes and the potential of the source"),
            Self::Plasticity => Some("weights follow from spikes and the potential of the target"),
        }
    }

    /// The subject of a sentence about the text: `kinetics have no noise`.
    pub(super) fn has(self) -> &'static str {
        match self {
            Self::Neuron => "a neuron has",
            Self::Channel => "a channel has",
            Self::Kinetics => "kinetics have",
            Self::Plasticity => "plasticity has",
        }
    }
}

/// What a text describes, and the mistakes of the lines that it has or lacks.
pub(super) fn kind(syntax: &Syntax) -> (TextKind, Vec<Mistake>) {
    let first = |is: fn(&Item) -> bool| syntax.items.iter().any(is);
    if first(channel::is_own) {
        (TextKind::Channel, channel::check(syntax))
    } else if first(plasticity::is_own) {
        (TextKind::Plasticity, plasticity::check(syntax))
    } else if first(kinetics::is_own) {
        (TextKind::Kinetics, kinetics::check(syntax))
    } else {
        (TextKind::Neuron, Vec::new())
    }
}

/// Whether only a neuron has this line.
pub(super) fn is_of_neuron(item: &Item) -> bool {
    matches!(
        item,
        Item::Crossing { .. }
            | Item::Condition(_)
            | Item::Reset(_)
            | Item::Refractory { .. }
            | Item::Slope { holds: true, .. }
    )
}
