//! A step with the values of the parameters: the graph of which both programs, the tape and the CUDA
//! text, are made.

use super::evaluate::Evaluator;
use super::graph::{Graph, Id, Leaf, Node};
use super::model::Model;
use super::print::expression;
use super::step::{StepGraph, step};
use crate::error::{Error, Result};
use crate::integrator::Method;
use crate::numeric::scalar::Real;
use crate::system::param::Param;
use crate::system::refractory::{check_steps, steps_in};

/// The step of one unit. Its leaves are states, inputs, the time, random numbers, and parameters by
/// their numbers in `each`.
#[derive(Clone, Debug)]
pub(crate) struct StepProgram {
    pub(crate) graph: Graph,
    /// The states after the step, in the order of the schema.
    pub(crate) after: Vec<Id>,
    pub(crate) output: Id,
    /// The values of expressions of parameters that differ between units.
    pub(crate) each: Vec<Vec<f64>>,
}

/// A step as a graph of its parameters.
pub(super) struct Valued {
    pub(super) step: StepGraph,
    /// The values of the parameters, and of the number of steps after a spike.
    pub(super) params: Vec<Param<f64>>,
    /// The length of the step in the arithmetic of its element type.
    pub(super) dt: f64,
}

/// Expressions for parameters of known values.
pub(super) struct Specialised {
    pub(super) graph: Graph,
    pub(super) roots: Vec<Id>,
    /// The values of expressions of parameters that differ between units, by the numbers of their leaves.
    pub(super) each: Vec<Vec<f64>>,
}

impl Model {
    /// The step of length `dt` by a method, for parameters of these values.
    pub(crate) fn program<R: Real>(&self, method: Method, dt: f64, params: &[Param<f64>]) -> Result<StepProgram> {
        let Valued { step, params, dt } = self.valued_step::<R>(method, dt, params)?;
        let mut roots = step.after;
        roots.push(step.output);
        let Specialised { graph, roots: mut after, each } =
            specialised::<R>(&step.graph, &roots, dt, &params, |leaf| leaf)?;
        let output = after.pop().unwrap_or(step.output);
        Ok(StepProgram { graph, after, output, each })
    }

    /// The step of length `dt` as a graph of its parameters, whose values are possible ones.
    pub(super) fn valued_step<R: Real>(&self, method: Method, dt: f64, params: &[Param<f64>]) -> Result<Valued> {
        let mut params = params.to_vec();
        let hold = params.len() as u16;
        params.push(self.hold::<R>(dt, &params)?);
        let step = step::<R>(self, method, dt, hold)?;
        let roots: Vec<Id> = step.after.iter().copied().chain([step.output]).collect();
        let dt = R::of(dt).to_f64();
        check_finite::<R>(self, &step.graph, &roots, dt, &params)?;
        Ok(Valued { step, params, dt })
    }

    /// The number of steps after a spike, with the step of the spike.
    fn hold<R: Real>(&self, dt: f64, params: &[Param<f64>]) -> Result<Param<f64>> {
        let Some(refractory) = self.refractory else { return Ok(Param::All(0.0)) };
        let rounded = R::of(dt);
        let times: Vec<R> =
            of_units(&self.graph, refractory, rounded.to_f64(), params).into_iter().map(R::of).collect();
        if let Some(time) = times.iter().find(|time| !(time.is_finite() && **time >= R::of(0.0))) {
            return Err(Error::value("the refractory period", time, "is not a time of at least 0 ms"));
        }
        let one = R::of(1.0);
        let steps = |time: R| (one + steps_in(time, rounded)).to_f64();
        let hold = match *times {
            [time] => Param::All(steps(time)),
            _ => Param::Each(times.iter().map(|time| steps(*time)).collect()),
        };
        check_steps(&Param::Each(times), dt).map_err(|error| match error {
            Error::Value { given, reason, .. } => Error::value("the refractory period", given, reason),
            error => error,
        })?;
        Ok(hold)
    }
}

/// The same expressions for parameters of these values, with shared and fused operations. Leaves beside
/// parameters and `dt` become others.
pub(super) fn specialised<R: Real>(
    graph: &Graph,
    roots: &[Id],
    dt: f64,
    params: &[Param<f64>],
    renamed: impl Fn(Leaf) -> Leaf,
) -> Result<Specialised> {
    // Parameters of one value are constants.
    let (graph, roots) = graph.rebuilt(roots, |graph, leaf| match leaf {
        Leaf::Dt => graph.constant(dt),
        Leaf::Param(k) => match params.get(usize::from(k)) {
            Some(Param::All(value)) => graph.constant(*value),
            _ => graph.leaf(leaf),
        },
        leaf => graph.leaf(renamed(leaf)),
    });
    let mut each = Vec::new();
    let (hoisted, roots) = graph.hoisted(&roots, |id| {
        each.push(id);
        (each.len() - 1) as u16
    });
    if each.len() > usize::from(u16::MAX) {
        return Err(Error::Unsupported(format!("the step has {} expressions of parameters", each.len())));
    }
    // Each of these depends on a parameter that differs between units.
    let mut values = vec![Vec::new(); each.len()];
    all_of_units(&graph, &each, dt, params, |evaluator| {
        for (values, id) in values.iter_mut().zip(&each) {
            values.push(evaluator.value(*id));
        }
    });
    let (shared, roots) = hoisted.shared::<R>(&roots);
    let (graph, roots) = shared.fused(&roots);
    Ok(Specialised { graph, roots, each: values })
}

/// The number of units whose values an expression of parameters has: 1, if all units have the same
/// parameters.
fn units_of(graph: &Graph, reached: &[bool], params: &[Param<f64>]) -> usize {
    let units = graph.all().filter(|(id, _)| reached[id.index()]).filter_map(|(_, node)| match node {
        Node::Leaf(Leaf::Param(k)) => match params.get(usize::from(k)) {
            Some(Param::Each(each)) => Some(each.len()),
            _ => None,
        },
        _ => None,
    });
    units.max().unwrap_or(1)
}

/// The values of expressions of parameters for each unit, or one of each, if all units have the same
/// parameters.
fn all_of_units(graph: &Graph, ids: &[Id], dt: f64, params: &[Param<f64>], mut see: impl FnMut(&Evaluator)) {
    let units = units_of(graph, &graph.reached(ids), params);
    let mut evaluator = Evaluator::new(graph, ids);
    for unit in 0..units {
        evaluator.run(|leaf| match leaf {
            Leaf::Param(k) => params.get(usize::from(k)).map_or(0.0, |param| param.at(unit)),
            _ => dt,
        });
        see(&evaluator);
    }
}

/// The values of an expression of parameters: one, if all units have the same parameters.
fn of_units(graph: &Graph, id: Id, dt: f64, params: &[Param<f64>]) -> Vec<f64> {
    let mut values = Vec::new();
    all_of_units(graph, &[id], dt, params, |evaluator| values.push(evaluator.value(id)));
    values
}

/// Checks that all expressions of parameters alone have finite values in an element type.
fn check_finite<R: Real>(model: &Model, graph: &Graph, roots: &[Id], dt: f64, params: &[Param<f64>]) -> Result<()> {
    let reached = graph.reached(roots);
    let is_constant = |(id, node): &(Id, Node)| reached[id.index()] && matches!(node, Node::Const(_));
    let mut fixed: Vec<Id> = graph.all().filter(is_constant).map(|(id, _)| id).collect();
    graph.hoisted(roots, |id| {
        fixed.push(id);
        0
    });
    let mut first: Option<(Id, f64)> = None;
    all_of_units(graph, &fixed, dt, params, |evaluator| {
        let values = fixed.iter().map(|id| (*id, evaluator.value(*id)));
        first = first.or_else(|| values.into_iter().find(|(_, value)| !R::of(*value).is_finite()));
    });
    if let Some((id, value)) = first {
        let of_type = if value.is_finite() { format!(" in {}", R::DTYPE) } else { String::new() };
        return Err(Error::Unsupported(format!(
            "the parameters are impossible: `{}` is {}{of_type}",
            expression(graph, id, &|leaf| model.name(leaf)),
            R::of(value)
        )));
    }
    Ok(())
}
