//! A network with all names resolved: what a step works from, on any device.

use super::postsynaptic::Course;
use super::presynaptic::Terminal;
use super::stdp::Plastic;
use crate::connectivity::{Recipe, Wiring};
use crate::error::Result;
use crate::init::Init;
use crate::numeric::scalar::Real;
use crate::system::System;
use crate::system::param::Param;
use std::ops::{Range, RangeInclusive};
use std::sync::OnceLock;

/// A group.
pub(crate) struct Pool<T> {
    pub(crate) name: String,
    pub(crate) model: Box<dyn System<T>>,
    /// Neurons.
    pub(crate) units: usize,
    /// Which of the network's variables are the model's.
    pub(crate) vars: Range<usize>,
    /// In the order given; their variables stand behind the model's.
    pub(crate) receptors: Vec<Felt<T>>,
    /// Of projections that start here; their variables stand behind those.
    pub(crate) terminals: Vec<Terminal>,
    /// The network's variable that holds its spikes.
    pub(crate) flight: usize,
    /// Steps that it holds.
    pub(crate) slots: usize,
    pub(crate) current: Option<Param<T>>,
    /// Which of the network's inputs is its own.
    pub(crate) input: Option<usize>,
    /// Intensity of its noise.
    pub(crate) noise: Option<f64>,
    pub(crate) poisson: Vec<Rain<T>>,
    /// The model's inputs, and which of them is the conductance.
    pub(crate) ports: usize,
    pub(crate) conductance: Option<usize>,
}

/// A receptor.
pub(crate) struct Felt<T> {
    pub(crate) name: String,
    /// The network's variable that spikes add to.
    pub(crate) var: usize,
    /// Its own: what is felt and, where it rises, what that comes from; of gap junctions Σ w·V and Σ w.
    pub(crate) own: Range<usize>,
    /// The network's variable that counts the steps for which `var` stays as it is, if one does.
    pub(crate) held_by: Option<usize>,
    pub(crate) acts: Acts<T>,
    pub(crate) init: Init,
}

/// What a receptor does in each step.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Acts<T> {
    /// A current or a conductance.
    Course(Course<T>),
    /// Nothing: its variable is the model's.
    Delta,
    /// Of gap junctions: a current of what arrived in the step before, which is then gone, and a conductance that stays.
    Gap,
}

/// A Poisson drive.
pub(crate) struct Rain<T> {
    /// Which of the group's receptors.
    pub(crate) receptor: usize,
    pub(crate) weight: T,
    /// A word from `thresholds[k]` on means more than k spikes.
    pub(crate) thresholds: Vec<u32>,
}

/// A projection.
pub(crate) struct Link {
    pub(crate) recipe: Recipe,
    /// Group of the sources.
    pub(crate) from: usize,
    /// Group of the targets.
    pub(crate) to: usize,
    /// Which of that group's receptors, and the network's variable that this adds to.
    pub(crate) receptor: usize,
    pub(crate) var: usize,
    /// Shortest and longest, in steps.
    pub(crate) delays: RangeInclusive<u32>,
    /// What a sum is multiplied by.
    pub(crate) quantum: f64,
    /// Which of its sources' group's terminals are its own, if it has any.
    pub(crate) terminal: Option<usize>,
    /// Its synapses on the host, once they are needed there.
    pub(crate) wiring: OnceLock<Wiring>,
    /// If its weights are state.
    pub(crate) plastic: Option<Plastic>,
}

/// Neurons of an element of a `flight`.
pub(crate) const WORD: usize = 16;

impl<T> Acts<T> {
    /// Whether it gives the model a conductance.
    pub(crate) fn is_conductance(&self) -> bool {
        match self {
            Self::Course(course) => course.reversal.is_some(),
            Self::Delta => false,
            Self::Gap => true,
        }
    }
}

impl<T: Real> Felt<T> {
    /// Whether it keeps nothing.
    pub(crate) fn is_graded(&self) -> bool {
        matches!(self.acts, Acts::Course(course) if course.decay == T::of(0.0))
    }

    /// What its variables are called.
    pub(crate) fn vars(&self, group: &str) -> impl Iterator<Item = String> {
        let name = format!("{group}.{}", self.name);
        let second = if matches!(self.acts, Acts::Gap) { "g" } else { "rise" };
        let second = format!("{name}.{second}");
        [name, second].into_iter().take(self.own.len())
    }
}

impl<T> Pool<T> {
    /// Elements of a slot.
    pub(crate) fn words(&self) -> usize {
        self.units.div_ceil(WORD)
    }

    /// Where in `flight` the spikes of a batch row in this step begin.
    pub(crate) fn slot(&self, row: usize, step: u64) -> usize {
        (row * self.slots + (step % self.slots as u64) as usize) * self.words()
    }

    /// The spikes in `flight` that arrive in this step after so many steps.
    pub(crate) fn arriving<'f>(&self, flight: &'f [T], row: usize, step: u64, delay: u32) -> &'f [T] {
        // A whole round on, which is the same slot, so that it is there before step `delay` too: still empty.
        let slots = self.slots as u64;
        &flight[self.slot(row, step % slots + slots - u64::from(delay))..][..self.words()]
    }
}

impl Link {
    /// Whether it is gap junctions.
    pub(crate) fn is_gap(&self, pools: &[Pool<impl Real>]) -> bool {
        matches!(pools[self.to].receptors[self.receptor].acts, Acts::Gap)
    }

    /// The synapses, made if they are not there.
    pub(crate) fn wiring(&self) -> Result<&Wiring> {
        if let Some(wiring) = self.wiring.get() {
            return Ok(wiring);
        }
        let wiring = self.recipe.build()?;
        Ok(self.wiring.get_or_init(|| wiring))
    }
}
