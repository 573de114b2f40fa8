//! The curves that a file has no values of.

use super::columns::Recorded;
use crate::exit_code::usage;
use crate::plot::{Panel, Source};
use crate::run::spec::Spec;
use std::collections::BTreeSet;

/// Most units of a panel that are named.
const NAMED: usize = 6;

/// Takes the curves without values out of the panels, and the panels without curves. Returns the
/// names of what is missing: `V`, `P.V[2,5]`.
pub(super) fn take(panels: &mut Vec<Panel>, recorded: &[Recorded], has_end: bool, spec: &Spec) -> Vec<String> {
    let mut missing: Vec<String> = Vec::new();
    for panel in panels.iter_mut() {
        match panel.source.clone() {
            Source::Var { name, var } => {
                let of_var = || recorded.iter().filter(|own| own.var == var);
                let units = panel.keep(|unit| of_var().any(|own| own.has(unit)));
                if of_var().next().is_none() {
                    missing.push(format!("`{name}`"));
                } else if !units.is_empty() {
                    missing.push(with_units(&name, &units, spec));
                }
            }
            Source::Histogram(var) => {
                let is_there = has_end && recorded.iter().any(|own| own.name == var && own.is_whole());
                if !is_there {
                    panel.keep(|_| false);
                    missing.push(format!("`{var}:histogram`"));
                }
            }
            Source::Output | Source::Input | Source::Raster | Source::Rates => {}
        }
    }
    panels.retain(|panel| !panel.cells.is_empty());
    let asks_input = spec.plot.panels.iter().flatten().any(|name| name == "input");
    if asks_input && panels.iter().all(|panel| !panel.is_input()) {
        missing.push("`input` (give --input)".to_owned());
    }
    let mut seen = BTreeSet::new();
    missing.retain(|name| seen.insert(name.clone()));
    missing
}

/// The error of a picture of which no panel is left.
pub(super) fn all(missing: &[String], recorded: &[Recorded], spec: &Spec) -> anyhow::Error {
    let whole = |name: &str| match spec.system.out_vars(Some(name)).as_deref() {
        Ok([want]) => want.units.as_ref().map(|units| units.iter().cloned().flatten().collect::<Vec<_>>()),
        _ => None,
    };
    let there = recorded.iter().map(|own| match &own.units {
        Some(units) if whole(&own.name).as_ref() != Some(units) => with_units(&own.name, units, spec),
        _ => format!("`{}`", own.name),
    });
    let or = |all: Vec<String>, none: &str| if all.is_empty() { none.to_owned() } else { all.join(", ") };
    let (missing, there) = (or(missing.to_vec(), "any panel"), or(there.collect(), "no variable"));
    usage(format!("no panel is left: the file has no values of {missing}; it has {there}"))
}

/// Units of a variable, as `out_vars` writes them: those of a population count from its first.
fn with_units(name: &str, units: &[usize], spec: &Spec) -> String {
    let first = match spec.system.out_vars(Some(name)).as_deref() {
        Ok([want]) => want.first,
        _ => 0,
    };
    let mut all: Vec<String> = units.iter().take(NAMED).map(|unit| unit.saturating_sub(first).to_string()).collect();
    all.extend((units.len() > NAMED).then(|| "…".to_owned()));
    format!("`{name}[{}]`", all.join(","))
}
