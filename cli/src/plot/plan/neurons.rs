//! Panels of a group of neurons.

use super::curves::{alone, boxplot, cells, names, of_cells};
use super::{CURVES, Drive, Form, Hue, Marks, PANELS, Panel, Source, Subject, source_of, with_unit};
use crate::plot::boxplot::Quantity;
use crate::spikes::SPIKES;
use overtime_model::out_vars::OutVar;
use overtime_model::{Neurons, Value};

pub(super) fn usual(subject: &Subject<'_>, group: &Neurons, asked: &[OutVar]) -> anyhow::Result<Vec<Panel>> {
    let mut panels = Vec::new();
    if group.info()?.variable("V").is_some() {
        let want = asked.iter().find(|want| want.var == "V" && want.has_values()).cloned();
        panels.push(variable(subject, group, &want.unwrap_or_else(|| OutVar::new("V")))?);
    }
    // A source has nothing but spikes.
    if subject.rows().saturating_mul(subject.output) > CURVES || panels.is_empty() {
        panels.push(own(subject, group, "spike")?);
    }
    let others = asked.iter().filter(|want| want.has_values() && !["V", "input", "spike"].contains(&&*want.var));
    for want in others.take(PANELS) {
        panels.push(variable(subject, group, want)?);
    }
    if !group.info()?.inputs.is_empty() {
        panels.push(own(subject, group, "input")?);
    }
    Ok(panels)
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
    let unit = info.variable(&want.var).map_or("", |variable| variable.unit);
    let is_potential = want.var == "V";
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
    if !info.takes("reset") {
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

fn input(subject: &Subject<'_>, group: &Neurons, want: Option<&OutVar>) -> anyhow::Result<Panel> {
    let info = group.info()?;
    let label = info.inputs.first().map_or_else(|| "I".to_owned(), |port| with_unit("I", port.unit));
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
