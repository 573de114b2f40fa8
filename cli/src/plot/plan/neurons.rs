//! Panels of a group of neurons.

use super::curves::{alone, boxplot, cells, names, of_cells};
use super::{CURVES, Drive, Form, Hue, Marks, PANELS, Panel, Source, Subject, source_of, with_unit};
use crate::plot::boxplot::Quantity;
use crate::spikes::SPIKES;
use overtime::Equations;
use overtime::models::{ModelInfo, Port};
use overtime_model::out_vars::OutVar;
use overtime_model::{Neurons, Value};

pub(super) fn usual(subject: &Subject<'_>, group: &Neurons, asked: &[OutVar]) -> anyhow::Result<Vec<Panel>> {
    let mut panels = Vec::new();
    let info = group.info()?;
    let main = main_variable(group, &info);
    if let Some(main) = main {
        let want = asked.iter().find(|want| want.var == main && want.has_values()).cloned();
        panels.push(variable(subject, group, &want.unwrap_or_else(|| OutVar::new(main)))?);
    }
    // A source has nothing but spikes.
    let has_spikes = info.variable("spike").is_some();
    if has_spikes && subject.rows().saturating_mul(subject.output) > CURVES || panels.is_empty() {
        panels.push(own(subject, group, "spike")?);
    }
    let shown = [main.unwrap_or("V"), "input", "spike"];
    let others = asked.iter().filter(|want| want.has_values() && !shown.contains(&&*want.var));
    for want in others.take(PANELS) {
        panels.push(variable(subject, group, want)?);
    }
    // One panel cannot show several inputs.
    let has_input = if group.equations.is_some() { info.inputs.len() == 1 } else { !info.inputs.is_empty() };
    if has_input {
        panels.push(own(subject, group, "input")?);
    }
    Ok(panels)
}

/// The variable that a picture of these units shows: the potential, or the first one of equations.
fn main_variable<'i>(group: &Neurons, info: &'i ModelInfo) -> Option<&'i str> {
    let first = info.variables.first().filter(|_| group.equations.is_some());
    info.variable("V").or(first).map(|variable| &*variable.name)
}

pub(super) fn own(subject: &Subject<'_>, group: &Neurons, name: &str) -> anyhow::Result<Panel> {
    match (name, Quantity::of_panel(name)) {
        (_, Some(quantity)) => Ok(boxplot(quantity, Vec::new(), vec![Hue::default()])),
        ("spike", _) => Ok(alone("neuron", Source::Raster)),
        ("rate", _) => Ok(alone("rate (Hz)", Source::Rates)),
        _ => input(subject, group, None),
    }
}

/// A variable, by name and unit.
pub(super) fn variable(subject: &Subject<'_>, group: &Neurons, want: &OutVar) -> anyhow::Result<Panel> {
    if want.var == "input" {
        return input(subject, group, Some(want));
    }
    let info = group.info()?;
    let unit = info.variable(&want.var).map_or("", |variable| &*variable.unit);
    let is_potential = main_variable(group, &info) == Some(&want.var);
    let len = (subject.elements)(want).unwrap_or(subject.output);
    let cells = cells(subject.rows(), len, Some(want));
    let legend = names(&cells, len, "neuron");
    Ok(Panel {
        weight: if is_potential { 6 } else { 3 },
        spikes: if is_potential { marks(group, SPIKES.to_owned()) } else { None },
        ..of_cells(&with_unit(&want.var, unit), source_of(want), cells, legend)
    })
}

/// How spikes of these neurons are marked: those that a reset takes out of the trace.
pub(super) fn marks(group: &Neurons, recording: String) -> Option<Marks> {
    let info = group.info().ok()?;
    if !resets(group, &info) {
        return None;
    }
    let given = group.parameters.iter().find(|(name, _)| name == "V_th").map(|(_, value)| value);
    let threshold = match given {
        Some(Value::Number(threshold)) => Some(*threshold),
        Some(_) => None,
        None => info.parameter("V_th").map(|parameter| parameter.default),
    };
    // Equations with an upstroke of their own lead up to a threshold above 0 mV: it is the peak.
    Some(Marks { recording, peak: threshold.filter(|threshold| info.name != "LIF" && *threshold >= 0.0) })
}

/// Whether a reset changes the variable that a picture shows.
fn resets(group: &Neurons, info: &ModelInfo) -> bool {
    let Some(equations) = &group.equations else { return info.takes("reset") };
    let Ok(model) = Equations::new(&equations.text) else { return false };
    main_variable(group, info).is_some_and(|main| model.resets(main))
}

fn input(subject: &Subject<'_>, group: &Neurons, want: Option<&OutVar>) -> anyhow::Result<Panel> {
    let info = group.info()?;
    let name = |port: &Port| if group.equations.is_some() { port.name.to_string() } else { "I".to_owned() };
    let label = info.inputs.first().map_or_else(|| "I".to_owned(), |port| with_unit(&name(port), &port.unit));
    let variable = OutVar::new("input");
    let is_variable = (subject.elements)(&variable).is_some();
    let source = if is_variable { source_of(&variable) } else { Source::Input };
    let is_noisy = group.noise.is_some_and(|sigma| sigma > 0.0);
    let mut cells = cells(subject.rows(), subject.output, want);
    if is_noisy || subject.given != Drive::Series {
        // Several would hide each other.
        cells.truncate(1);
    }
    if subject.given == Drive::Unknown && !is_variable {
        cells.clear();
    }
    let legend = names(&cells, subject.output, "neuron");
    let form = if is_noisy { Form::Lines } else { Form::Steps };
    Ok(Panel { weight: 2, form, ..of_cells(&label, source, cells, legend) })
}
