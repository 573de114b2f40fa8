//! The plan of a plastic projection.

use crate::equations::Rule;
use crate::error::{Error, Result};
use crate::init::Init;
use crate::network::plan::plastic::PlasticPlan;
use crate::network::plan::{GroupPlan, ProjectionPlan};
use crate::network::projections::plasticity::{Plasticity, check_bounds};
use crate::numeric::scalar::Real;
use std::collections::HashMap;

/// The rules of a network.
pub(super) struct Rules<T> {
    pub(super) all: Vec<Rule<T>>,
    /// The number of the rule with this text.
    numbers: HashMap<String, usize>,
}

impl<T> Rules<T> {
    pub(super) fn new() -> Self {
        Self { all: Vec::new(), numbers: HashMap::new() }
    }
}

/// The plan. Its variables are the network's from `var` on. The programs of its rule are added to `rules`,
/// if none of these has the same ones.
pub(super) fn plastic_plan<T: Real>(
    plasticity: &Plasticity,
    initial: &[(String, Init)],
    (plan, to): (&ProjectionPlan, &GroupPlan),
    (rules, var): (&mut Rules<T>, usize),
    dt: f64,
) -> Result<PlasticPlan> {
    let name = &plan.spec.name;
    let mut text = plasticity.equations(name, dt)?;
    let weight = text.weight_name().to_owned();
    for (variable, init) in initial {
        if *variable == weight {
            return Err(Error::Unsupported(format!(
                "`{name}.{weight}` is the weight of projection `{name}`, whose initial values are its weights"
            )));
        }
        text.put_init(variable, init.clone()).map_err(|error| error.within(&format!("projection `{name}`")))?;
    }
    let rule = text.to_rule::<T>(dt).map_err(|error| error.within(&format!("projection `{name}`")))?;
    check_bounds(name, rule.shape.bounds)?;
    if rule.shape.reads_potential && to.membrane.is_none() {
        return Err(Error::Unsupported(format!(
            "the plasticity of projection `{name}` reads the potential of its targets, and `{}` has none",
            to.name
        )));
    }
    let count = rules.all.len();
    let number = *rules.numbers.entry(rule.cuda(0)).or_insert(count);
    let plastic = PlasticPlan::new((number, rule.shape.clone()), &plan.spec, plan.table()?, &plan.delays, var)?;
    plastic.check_initial(name)?;
    if number == count {
        rules.all.push(rule);
    }
    Ok(plastic)
}
