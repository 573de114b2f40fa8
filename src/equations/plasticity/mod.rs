//! The rule of a text of plasticity: its programs for the synapses of a projection. A program numbers the
//! variables as [`RuleShape`] does.

mod step;
mod text;

use super::graph::{Graph, Id, Leaf, Node};
use super::program::StepProgram;
use super::step::Added;
use super::system::Equations;
use super::tape::{Tape, Units, compile_all};
use crate::error::{Error, Result};
use crate::network::plan::rule::{Owner, RuleShape};
use crate::numeric::scalar::Real;
use crate::system::Tick;
use crate::system::param::Param;
use std::ops::Range;

/// The values of some variables after a step or a spike.
#[derive(Debug)]
pub(crate) struct Change<R> {
    /// The variables that the program reads, and those that it changes.
    pub(crate) reads: Vec<usize>,
    pub(crate) writes: Vec<usize>,
    tape: Tape<R>,
}

/// The variables of which a [`Change`] reads values: one array for each variable of the rule, which may be
/// empty if the program does not read it.
pub(crate) type Variables<'a, R> = [&'a [R]];

impl<R: Real> Change<R> {
    /// Computes the variables that change, in their order. All arrays that are read have the length of the
    /// results.
    pub(crate) fn run(&self, at: Tick<'_>, variables: &Variables<'_, R>, results: &mut [&mut [R]]) {
        let units = Units { first: 0, row: results.first().map_or(0, |array| array.len()), node: 0 };
        self.tape.step_with_results(at, units, variables, &[], &mut [], results);
    }
}

/// A step of the variables of one owner, in place.
#[derive(Debug)]
pub(crate) struct InPlace<R> {
    /// The variables of other owners that the program reads.
    pub(crate) reads: Vec<usize>,
    tape: Tape<R>,
}

impl<R: Real> InPlace<R> {
    /// Makes a step of the owner's variables `own`. `others` has an array for each variable of the rule,
    /// as for [`Change::run`].
    pub(crate) fn run(&self, at: Tick<'_>, others: &Variables<'_, R>, own: &mut [&mut [R]]) {
        let units = Units { first: 0, row: own.first().map_or(0, |array| array.len()), node: 0 };
        self.tape.step_with_results(at, units, others, &[], own, &mut []);
    }
}

/// The programs of a rule. A program that changes nothing is `None`.
#[derive(Debug)]
pub(crate) struct Rule<R> {
    pub(crate) shape: RuleShape,
    /// The step of synapses, of sources and of targets.
    pub(crate) steps: [Option<InPlace<R>>; 3],
    /// A synapse and a source after a spike of the source.
    pub(crate) synapse_on_pre: Option<Change<R>>,
    pub(crate) source_on_pre: Option<Change<R>>,
    /// A synapse and a target after a spike of the target.
    pub(crate) synapse_on_post: Option<Change<R>>,
    pub(crate) target_on_post: Option<Change<R>>,
    roots: Roots,
}

/// The graph of a rule. Leaf number k of the states is variable number k.
#[derive(Debug)]
struct Roots {
    graph: Graph,
    /// Each variable after a step, after a spike of the source, and after a spike of the target. The last
    /// two have no potential.
    step: Vec<Id>,
    on_pre: Vec<Id>,
    on_post: Vec<Id>,
}

impl Roots {
    /// Whether a variable has another value than before.
    fn changes(&self, roots: &[Id], variable: usize) -> bool {
        roots.get(variable).is_some_and(|id| self.graph.node(*id) != Node::Leaf(Leaf::State(variable as u16)))
    }

    fn changed(&self, roots: &[Id], of: Range<usize>) -> Vec<usize> {
        of.filter(|k| self.changes(roots, *k)).collect()
    }

    /// The variables that some of the roots depend on.
    fn reads(&self, roots: &[Id]) -> Vec<usize> {
        let reached = self.graph.reached(roots);
        let leaf = |(id, node): (Id, Node)| match node {
            Node::Leaf(Leaf::State(k)) if reached[id.index()] => Some(usize::from(k)),
            _ => None,
        };
        let mut reads: Vec<usize> = self.graph.all().filter_map(leaf).collect();
        reads.sort_unstable();
        reads
    }

    fn change<R: Real>(&self, roots: &[Id], of: Range<usize>) -> Result<Option<Change<R>>> {
        let writes = self.changed(roots, of);
        if writes.is_empty() {
            return Ok(None);
        }
        let results: Vec<Id> = writes.iter().map(|k| roots[*k]).collect();
        let graph = self.graph.relabelled(|leaf| if let Leaf::State(k) = leaf { Leaf::Input(k) } else { leaf });
        let tape = compile_all(&graph, &[], &results).ok_or_else(too_many)?;
        Ok(Some(Change { reads: self.reads(&results), writes, tape }))
    }

    fn in_place<R: Real>(&self, of: Range<usize>) -> Result<Option<InPlace<R>>> {
        if self.changed(&self.step, of.clone()).is_empty() {
            return Ok(None);
        }
        let graph = self.graph.relabelled(|leaf| match leaf {
            Leaf::State(k) if of.contains(&usize::from(k)) => Leaf::State(k - of.start as u16),
            Leaf::State(k) => Leaf::Input(k),
            leaf => leaf,
        });
        let after = &self.step[of.clone()];
        let tape = compile_all(&graph, after, &[]).ok_or_else(too_many)?;
        let reads = self.reads(after).into_iter().filter(|k| !of.contains(k)).collect();
        Ok(Some(InPlace { reads, tape }))
    }
}

fn too_many() -> Error {
    Error::Unsupported("a step of the plasticity has more than 65,535 values at a time".into())
}

impl Equations {
    /// Whether the text has `weight`, `on pre` or `on post`, and so describes how the weights of synapses
    /// change: [`Projection::plasticity`](crate::network::Projection::plasticity) takes it.
    #[must_use]
    pub fn describes_plasticity(&self) -> bool {
        self.model.plasticity.is_some()
    }

    /// Checks that the text can be the plasticity of this projection.
    pub(crate) fn check_rule(&self, projection: &str) -> Result<()> {
        if !self.describes_plasticity() {
            return Err(Error::Unsupported(format!(
                "the plasticity of projection `{projection}` is a text without `weight`, `on pre` and `on post`"
            )));
        }
        for (spec, param) in self.model.params.iter().zip(&self.params) {
            if matches!(param, Param::Each(_)) {
                return Err(Error::Unsupported(format!(
                    "`{}` of projection `{projection}` has several values, but plasticity has one for all synapses",
                    spec.name
                )));
            }
        }
        self.check_parameters(1).map_err(|error| error.within(&format!("projection `{projection}`")))
    }

    /// The name of the weight of a text of plasticity.
    pub(crate) fn weight_name(&self) -> &str {
        let weight = self.model.plasticity.as_ref().and_then(|own| self.model.states.get(own.weight));
        weight.map_or("", |state| state.name.as_str())
    }

    /// The programs of the rule for steps of `dt`.
    pub(crate) fn to_rule<R: Real>(&self, dt: f64) -> Result<Rule<R>> {
        let (roots, shape) = self.roots(&self.step_program::<R>(dt)?)?;
        let [synapse, source, target] = Owner::ALL.map(|owner| shape.of(owner));
        Ok(Rule {
            steps: [roots.in_place(synapse.clone())?, roots.in_place(source.clone())?, roots.in_place(target.clone())?],
            synapse_on_pre: roots.change(&roots.on_pre, synapse.clone())?,
            source_on_pre: roots.change(&roots.on_pre, source)?,
            synapse_on_post: roots.change(&roots.on_post, synapse)?,
            target_on_post: roots.change(&roots.on_post, target)?,
            shape,
            roots,
        })
    }

    /// The graph with variables in the order of a rule.
    fn roots(&self, program: &StepProgram) -> Result<(Roots, RuleShape)> {
        let Some(plasticity) = &self.model.plasticity else {
            return Err(Error::Internal("a text without plasticity has no rule".into()));
        };
        let count = self.model.states.len();
        let of = |owner: Owner| (0..count).filter(move |k| plasticity.owners[*k] == owner);
        let mut order: Vec<usize> = vec![plasticity.weight];
        order.extend(of(Owner::Synapse).filter(|k| *k != plasticity.weight));
        order.extend(of(Owner::Source));
        order.extend(of(Owner::Target));
        let reads_potential = self.model.added().contains(&Added::Potential);
        let counts = Owner::ALL.map(|owner| of(owner).count());
        let counts = [counts[0], counts[1], counts[2] + usize::from(reads_potential)];
        let place = |state: u16| order.iter().position(|k| *k == usize::from(state)).unwrap_or(count) as u16;
        let graph =
            program.graph.relabelled(|leaf| if let Leaf::State(k) = leaf { Leaf::State(place(k)) } else { leaf });
        let [step, on_pre, on_post, bounds] =
            [0, 1, 2, 3].map(|part| program.after.get(part * count..).unwrap_or_default());
        let sorted = |ids: &[Id]| order.iter().filter_map(|k| ids.get(*k).copied()).collect::<Vec<Id>>();
        let mut names: Vec<String> = order.iter().map(|k| self.model.states[*k].name.clone()).collect();
        names.extend(reads_potential.then(|| Added::Potential.name().to_owned()));
        let initial = order.iter().skip(1).map(|k| self.initial_of_parameters(*k)).collect();
        let value = |id: Option<&Id>| id.and_then(|id| graph.value(*id)).unwrap_or(f64::NAN);
        let shape = RuleShape {
            names,
            initial,
            counts,
            reads_potential,
            bounds: [value(bounds.first()), value(bounds.get(1))],
        };
        let mut step = sorted(step);
        let mut graph = graph;
        if reads_potential {
            // The potential stays in the equations.
            step.push(graph.leaf(Leaf::State(count as u16)));
        }
        let (on_pre, on_post) = (sorted(on_pre), sorted(on_post));
        Ok((Roots { graph, step, on_pre, on_post }, shape))
    }
}
