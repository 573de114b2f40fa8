//! The curves that a file has no values of.

use super::columns::Recorded;
use crate::exit_code::usage;
use crate::plot::{Panel, Source};
use crate::run::spec::Spec;
use overtime_model::SystemSpec as System;
use overtime_model::out_vars::OutVar;

/// Most units of a panel that are named.
const NAMED: usize = 6;

/// The variables asked for that the file does not have. Events and bits have no panel, and the input has a
/// panel without values in the file.
pub(super) fn asked(asked: &[OutVar], recorded: &[Recorded]) -> Vec<String> {
    let has = |want: &OutVar| {
        recorded.iter().any(|own| own.var == want.var && (!want.histogram || (own.name == own.var && own.is_whole())))
    };
    let missing = asked.iter().filter(|want| want.has_values() && want.var != "input" && !has(want));
    let name = |want: &OutVar| format!("`{}{}`", want.name, if want.histogram { ":histogram" } else { "" });
    missing.map(name).collect()
}

/// Takes the curves without values out of the panels, and the panels without curves. Returns the
/// names of what is missing: `V`, `P.V[2,5]`. `input` says how the file or the arguments would have
/// the input.
pub(super) fn take(
    panels: &mut Vec<Panel>,
    recorded: &[Recorded],
    has_end: bool,
    input: &str,
    spec: &Spec,
) -> Vec<String> {
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
            Source::Output | Source::Input | Source::Raster | Source::Rates | Source::Boxplot(_) => {}
        }
    }
    panels.retain(|panel| !panel.cells.is_empty());
    let asks_input = match &spec.plot.panels {
        Some(panels) => panels.iter().any(|name| name == "input"),
        None => has_input(&spec.system),
    };
    if asks_input && panels.iter().all(|panel| !panel.is_input()) && !missing.iter().any(|name| name.contains("`input"))
    {
        missing.push(format!("`input` ({input})"));
    }
    missing
}

/// Whether the picture of a run has a panel of the input.
fn has_input(system: &System) -> bool {
    match system {
        System::Neurons(group) => group.info().is_ok_and(|info| !info.inputs.is_empty()),
        System::Network(_) => false,
        System::Sequential(_) => true,
    }
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
