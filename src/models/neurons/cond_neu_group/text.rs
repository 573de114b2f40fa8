//! Neurons with a channel that is a text: all their equations are one model.

use super::{CondNeuGroup, Parameters};
use crate::equations::{Equations, Membrane, wide};
use crate::numeric::scalar::Real;
use std::sync::OnceLock;

/// The model of all channels, once it has been made.
#[derive(Debug, Default)]
pub(super) struct Whole(OnceLock<Equations>);

// A copy may have other parameters.
impl Clone for Whole {
    fn clone(&self) -> Self {
        Self::default()
    }
}

impl<R: Real> CondNeuGroup<R> {
    /// The model of all channels, if one of them is a text.
    pub(super) fn whole(&self) -> Option<&Equations> {
        let has_text = self.channels.iter().any(|(_, channel)| channel.equations().is_some());
        has_text.then(|| self.whole.0.get_or_init(|| self.assembled()))
    }

    fn assembled(&self) -> Equations {
        let Parameters { c, area, v_th } = &self.params;
        let mut neuron = Membrane::new(self.v.clone(), [wide(c), wide(area), wide(v_th)]);
        for (name, channel) in &self.channels {
            if let Some(text) = channel.equations() {
                neuron.add_text(name, text);
            } else if let Some((kind, params)) = channel.of_kind()
                && let Some(record) = kind.record()
            {
                let params = kind.parameters().iter().zip(params);
                let params = params.map(|(spec, value)| (spec.name.to_string(), spec.unit.to_string(), wide(value)));
                neuron.add_record::<R>(name, &record, kind.gates(), params);
            }
        }
        neuron.neurons(self.size, self.method, self.conductance)
    }
}
