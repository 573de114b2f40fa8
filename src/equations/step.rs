//! A step of a model as one graph: integration, noise, the refractory period, spikes and resets.

use super::graph::{Binary, Graph, Id, Leaf, NODES, Unary};
use super::model::{Model, Release, Spike, Transmit};
use crate::error::{Error, Result};
use crate::integrator::Method;
use crate::numeric::scalar::Real;
use std::collections::HashSet;

/// The step of all states. The leaves are the values at its start.
#[derive(Clone, Debug)]
pub(crate) struct StepGraph {
    pub(crate) graph: Graph,
    /// The states after the step: those of the model, then `spike`, `refractory` and `below` as far as
    /// the model has them.
    pub(crate) after: Vec<Id>,
    /// The output: 1 where the unit spiked, or the first state without spikes.
    pub(crate) output: Id,
    /// The nodes that decide about a spike, if the model has spikes.
    pub(crate) spike: Option<SpikeNodes>,
}

/// The nodes that decide whether a unit spikes, and what a spike changes.
#[derive(Clone, Debug)]
pub(crate) struct SpikeNodes {
    /// The condition of a spike, or the comparison of the new value with the threshold of a crossing.
    pub(crate) test: Id,
    /// 1 where the unit spikes, before the refractory period is heeded, and afterwards.
    pub(crate) fires: [Id; 2],
    /// The states after the reset, as far as it changes them.
    pub(crate) resets: Vec<Id>,
}

/// The states that a step adds to those of a model.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Added {
    /// 1 where the unit spiked.
    Spike,
    /// How many steps of the refractory period are left, with the one just made.
    Refractory,
    /// 1 if the variable was below the threshold at the start and at the end of the step.
    Below,
    /// The potential of the target of synapses in the step before.
    Potential,
}

impl Added {
    /// The name of the variable.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Spike => "spike",
            Self::Refractory => "refractory",
            Self::Below => "below",
            Self::Potential => "V",
        }
    }
}

impl Model {
    /// The states that a step adds, in their order.
    pub(crate) fn added(&self) -> Vec<Added> {
        let mut added = Vec::new();
        if self.plasticity.is_some() && !self.inputs.is_empty() {
            added.push(Added::Potential);
        }
        if let Some(spike) = self.spike {
            added.push(Added::Spike);
            if self.refractory.is_some() {
                added.push(Added::Refractory);
            }
            if matches!(spike, Spike::Crosses { .. }) {
                added.push(Added::Below);
            }
        }
        added
    }
}

/// A step of `dt` by a method. The number of steps after a spike is parameter number `hold`.
///
/// # Errors
/// If the step has too many operations, or the method cannot have the noise of the model.
pub(crate) fn step<R: Real>(model: &Model, method: Method, dt: f64, hold: u16) -> Result<StepGraph> {
    let mut step = Step { model, graph: model.graph.clone(), dt: 0.0 };
    step.dt = R::of(dt).to_f64();
    step.all::<R>(method, hold)
}

pub(super) struct Step<'m> {
    pub(super) model: &'m Model,
    pub(super) graph: Graph,
    dt: f64,
}

impl Step<'_> {
    fn all<R: Real>(mut self, method: Method, hold: u16) -> Result<StepGraph> {
        self.check_noise(method)?;
        let count = self.model.states.len();
        let start: Vec<Id> = (0..count).map(|k| self.graph.leaf(Leaf::State(k as u16))).collect();
        let (zero, one) = (self.graph.constant(0.0), self.graph.constant(1.0));
        let added = self.model.added();
        let state_of = |added_state| added.iter().position(|a| *a == added_state).map(|k| (count + k) as u16);
        let left = state_of(Added::Refractory).map(|k| self.graph.leaf(Leaf::State(k)));
        let held = left.map(|left| self.graph.binary(Binary::Less, one, left));
        let mut now = match method.tableau() {
            None => self.exponential_euler(&start)?,
            Some(tableau) => {
                let stepper = tableau.stepper(R::of(self.dt));
                let (rows, weights) = stepper.weights();
                let rows: Vec<Vec<f64>> = rows.iter().map(|row| row.iter().map(|a| a.to_f64()).collect()).collect();
                let weights: Vec<f64> = weights.iter().map(|b| b.to_f64()).collect();
                self.runge_kutta(&start, held, &rows, &weights)?
            }
        };
        self.add_noise(&mut now)?;

        if let Some(held) = held {
            for (k, spec) in self.model.states.iter().enumerate() {
                // The stages of a Runge-Kutta method hold a state without noise.
                let noisy = spec.slope.is_some_and(|slope| !self.noises_of(slope).is_empty());
                if spec.held && (noisy || method.tableau().is_none()) {
                    now[k] = self.graph.select(held, start[k], now[k]);
                }
            }
        }
        self.assign(&self.model.each_step, &mut now, None)?;
        if let Some(release) = &self.model.release {
            return self.released(release, now);
        }
        if let Some(plasticity) = &self.model.plasticity {
            return self.plastic(plasticity, &start, now);
        }

        let Some(spike) = self.model.spike else {
            self.check_size()?;
            let output = now.first().copied().unwrap_or(zero);
            return Ok(StepGraph { output, graph: self.graph, after: now, spike: None });
        };
        let mut below = None;
        let (test, free) = match spike {
            Spike::When(condition) => {
                let condition = self.at(&[condition], &now)[0];
                (condition, self.graph.select(condition, one, zero))
            }
            Spike::Crosses { state, threshold } => {
                let threshold = self.at(&[threshold], &now)[0];
                let was_below = state_of(Added::Below).map_or(zero, |k| self.graph.leaf(Leaf::State(k)));
                let was = self.graph.binary(Binary::LessEqual, threshold, start[state]);
                let is = self.graph.binary(Binary::LessEqual, threshold, now[state]);
                let lifted = self.graph.binary(Binary::Equal, was_below, one);
                let end_below = self.graph.select(is, zero, one);
                below = Some(self.graph.select(was, zero, end_below));
                (is, self.graph.select(was, lifted, is))
            }
        };
        let fires = held.map_or(free, |held| self.graph.select(held, zero, free));
        self.assign(&self.model.reset, &mut now, Some(fires))?;
        let resets = self.model.reset.iter().map(|(state, _)| now[*state]).collect();
        let mut after = now;
        after.push(fires);
        if let (Some(left), Some(held)) = (left, held) {
            let less = self.graph.binary(Binary::Sub, left, one);
            let rest = self.graph.select(held, less, zero);
            let hold = self.graph.leaf(Leaf::Param(hold));
            after.push(self.graph.select(fires, hold, rest));
        }
        after.extend(below);
        self.check_size()?;
        let spike = Some(SpikeNodes { test, fires: [free, fires], resets });
        Ok(StepGraph { graph: self.graph, after, output: fires, spike })
    }

    /// The step of a source of synapses, after the equations. The output is the amount that is transmitted.
    fn released(mut self, release: &Release, mut now: Vec<Id>) -> Result<StepGraph> {
        let zero = self.graph.constant(0.0);
        let spiked = self.graph.leaf(self.model.spiked());
        let output = match release.transmit {
            Transmit::AtSpikes(amount) => {
                let amount = self.at(&[amount], &now)[0];
                self.assign(&release.on_spike, &mut now, Some(spiked))?;
                self.graph.select(spiked, amount, zero)
            }
            Transmit::InEachStep(amount) => {
                self.assign(&release.on_spike, &mut now, Some(spiked))?;
                self.at(&[amount], &now)[0]
            }
        };
        self.check_size()?;
        Ok(StepGraph { graph: self.graph, after: now, output, spike: None })
    }

    /// Checks that the graph is not too large.
    pub(super) fn check_size(&self) -> Result<()> {
        if self.graph.is_too_large() {
            return Err(Error::Unsupported(format!("the step has more than {NODES} operations")));
        }
        Ok(())
    }

    /// Checks that the coefficients of white noise depend on no state, if the method has several stages.
    fn check_noise(&mut self, method: Method) -> Result<()> {
        if matches!(method, Method::ExpAuto | Method::Euler) {
            return Ok(());
        }
        for spec in &self.model.states {
            let Some(slope) = spec.slope else { continue };
            for noise in self.noises_of(slope) {
                let coefficient = self.graph.derivative(slope, Leaf::Normal(noise));
                if self.graph.leaves(&[coefficient]).iter().any(|leaf| matches!(leaf, Leaf::State(_))) {
                    return Err(Error::Unsupported(format!(
                        "method `{method}`: the white noise of `{}` has a factor that depends on a state; `exp_auto` and \
                         `euler` take such noise",
                        spec.name
                    )));
                }
                self.check_size()?;
            }
        }
        Ok(())
    }

    /// The numbers of the noises in a slope.
    fn noises_of(&mut self, slope: Id) -> Vec<u16> {
        let leaves: HashSet<Leaf> = self.graph.leaves(&[slope]).into_iter().collect();
        let noises = self.model.noises.iter().copied();
        noises.filter(|noise| leaves.contains(&Leaf::Normal(*noise))).collect()
    }

    /// Expressions at these values of the states.
    fn at(&mut self, ids: &[Id], now: &[Id]) -> Vec<Id> {
        self.graph.replaced(ids, |leaf| match leaf {
            Leaf::State(k) => now.get(usize::from(k)).copied(),
            _ => None,
        })
    }

    /// Assigns the values that follow from the present ones, where a condition holds.
    pub(super) fn assign(&mut self, values: &[(usize, Id)], now: &mut [Id], condition: Option<Id>) -> Result<()> {
        let ids: Vec<Id> = values.iter().map(|(_, id)| *id).collect();
        let new = self.at(&ids, now);
        for ((state, _), value) in values.iter().zip(new) {
            now[*state] = match condition {
                Some(condition) => self.graph.select(condition, value, now[*state]),
                None => value,
            };
        }
        self.check_size()
    }

    /// The slope of each state at these values and at this time, without noise.
    fn drifts(&mut self, now: &[Id], time: Id) -> Vec<Option<Id>> {
        let zero = self.graph.constant(0.0);
        let noises = &self.model.noises;
        let slopes = self.model.states.iter().map(|spec| spec.slope);
        let known: Vec<Id> = slopes.clone().flatten().collect();
        let mut new = self.graph.replaced(&known, |leaf| match leaf {
            Leaf::State(k) => now.get(usize::from(k)).copied(),
            Leaf::Time => Some(time),
            Leaf::Normal(number) if noises.contains(&number) => Some(zero),
            _ => None,
        });
        new.reverse();
        slopes.map(|slope| slope.and_then(|_| new.pop())).collect()
    }

    /// x + f·φ, where φ is (1 − e^{−s·dt})/s for the slope's own derivative −s, and dt where that is 0. A
    /// slope that is linear in x is a − s·x.
    fn exponential_euler(&mut self, start: &[Id]) -> Result<Vec<Id>> {
        let dt = self.graph.constant(self.dt);
        let time = self.graph.leaf(Leaf::Time);
        let drifts = self.drifts(start, time);
        let mut now = start.to_vec();
        for (k, drift) in drifts.into_iter().enumerate() {
            let Some(drift) = drift else { continue };
            let own = self.graph.derivative(drift, Leaf::State(k as u16));
            let (mut slope, mut factor) = (drift, dt);
            if self.graph.value(own) != Some(0.0) {
                let leak = self.graph.unary(Unary::Neg, own);
                factor = self.graph.binary(Binary::Relax, leak, dt);
                slope = self.linear(drift, leak, Leaf::State(k as u16), start[k]).unwrap_or(drift);
            }
            now[k] = self.graph.fma(slope, factor, start[k]);
            self.check_size()?;
        }
        Ok(now)
    }

    /// The slope of a state as a − s·x, if it is linear in the state x and s is not known when the loop is
    /// built: s has other uses.
    fn linear(&mut self, slope: Id, leak: Id, state: Leaf, x: Id) -> Option<Id> {
        if self.graph.is_fixed(leak) || self.graph.degree(slope, |leaf| leaf == state) != 1 {
            return None;
        }
        let zero = self.graph.constant(0.0);
        let constant = self.graph.replaced(&[slope], |leaf| (leaf == state).then_some(zero))[0];
        let product = self.graph.binary(Binary::Mul, leak, x);
        Some(self.graph.binary(Binary::Sub, constant, product))
    }

    /// A step of an explicit method, whose coefficients are already times dt. Where `held` is not 0, the
    /// states that the refractory period holds have slope 0 in each stage.
    fn runge_kutta(&mut self, start: &[Id], held: Option<Id>, rows: &[Vec<f64>], weights: &[f64]) -> Result<Vec<Id>> {
        let (zero, time) = (self.graph.constant(0.0), self.graph.leaf(Leaf::Time));
        let mut slopes: Vec<Vec<Option<Id>>> = Vec::new();
        for row in rows {
            let at = self.advanced(start, &slopes, row);
            let ahead = self.graph.constant(row.iter().sum());
            let time = self.graph.binary(Binary::Add, time, ahead);
            let mut drifts = self.drifts(&at, time);
            for (drift, spec) in drifts.iter_mut().zip(&self.model.states) {
                if let (Some(drift), Some(held), true) = (drift, held, spec.held) {
                    *drift = self.graph.select(held, zero, *drift);
                }
            }
            slopes.push(drifts);
            self.check_size()?;
        }
        Ok(self.advanced(start, &slopes, weights))
    }

    fn advanced(&mut self, start: &[Id], slopes: &[Vec<Option<Id>>], by: &[f64]) -> Vec<Id> {
        let mut now = start.to_vec();
        for (slopes, by) in slopes.iter().zip(by) {
            if *by == 0.0 {
                continue;
            }
            let by = self.graph.constant(*by);
            for (now, slope) in now.iter_mut().zip(slopes) {
                if let Some(slope) = slope {
                    *now = self.graph.fma(by, *slope, *now);
                }
            }
        }
        now
    }

    /// Adds coefficient·√dt·N to each state with white noise (Itô's sense: the coefficient at the start).
    fn add_noise(&mut self, now: &mut [Id]) -> Result<()> {
        let root = self.graph.constant(self.dt.sqrt());
        for (now, spec) in now.iter_mut().zip(&self.model.states) {
            let Some(slope) = spec.slope else { continue };
            for noise in self.noises_of(slope) {
                let coefficient = self.graph.derivative(slope, Leaf::Normal(noise));
                if self.graph.value(coefficient) == Some(0.0) {
                    continue;
                }
                let scaled = self.graph.binary(Binary::Mul, coefficient, root);
                let normal = self.graph.leaf(Leaf::Normal(noise));
                *now = self.graph.fma(scaled, normal, *now);
                self.check_size()?;
            }
        }
        Ok(())
    }
}
