//! What a picture shows: for neurons their potentials, spikes and input; for layers the variables
//! asked for, output and input.

use crate::exit_code::usage;
use crate::run::spec::Spec;
use overtime::{Monitor, Schema, monitor};
use overtime_model::SystemSpec as System;
use overtime_model::out_vars;
use serde::{Deserialize, Serialize};

/// Most curves in a panel.
const CURVES: usize = 5;
/// Most panels of variables that were asked for.
const PANELS: usize = 3;

/// One panel of a picture.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Panel {
    /// What its axis says: name and unit.
    pub(crate) label: String,
    pub(crate) source: Source,
    /// The curves: batch row, and unit within it.
    pub(crate) cells: Vec<(usize, usize)>,
    /// The legend, a line for each curve.
    pub(crate) legend: Vec<String>,
    /// How high it is, compared with the others.
    pub(crate) weight: u32,
}

/// Where a panel's values come from.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) enum Source {
    Var(String),
    Output,
    Input,
    /// Spikes of these units, a dot each.
    Raster,
    /// Spikes of a network's populations by time, in Hz.
    Rates,
    /// Values that a variable has at the end.
    Histogram(String),
}

impl Panel {
    /// What the loop must record for it.
    pub(crate) fn monitor(&self) -> Option<Monitor> {
        let Source::Var(name) = &self.source else { return None };
        Some(monitor(name).named(self.monitor_name()).units(self.units()).every(1))
    }

    /// The name of that recording: no variable has a space in its name.
    pub(crate) fn monitor_name(&self) -> String {
        match &self.source {
            Source::Var(name) => format!("plot {name}"),
            _ => String::new(),
        }
    }

    /// The units that the curves are of, each once.
    pub(crate) fn units(&self) -> Vec<usize> {
        let mut units: Vec<usize> = self.cells.iter().map(|c| c.1).collect();
        units.sort_unstable();
        units.dedup();
        units
    }
}

/// What to draw of a run.
pub(crate) fn plan(spec: &Spec, schema: &Schema, batch: Option<usize>) -> anyhow::Result<Vec<Panel>> {
    let all = spec.out_vars.as_deref().map(out_vars::parse).transpose()?.unwrap_or_default();
    let (last, asked): (Vec<_>, Vec<_>) = all.into_iter().partition(|w| w.histogram);
    let mut panels = Vec::new();
    let rows = batch.unwrap_or(1);
    match &spec.system {
        System::Neurons(group) => {
            let info = group.info()?;
            let units = schema.output_len();
            let one = |what: &str| curves(rows, units, batch.is_some(), what);
            if let Some(v) = info.variable("V") {
                panels.push(panel(&with_unit("V", v.unit), Source::Var("V".into()), one("neuron"), 6));
            }
            if rows.saturating_mul(units) > CURVES {
                panels.push(panel("neuron", Source::Raster, (vec![(0, 0)], vec!["spikes".into()]), 3));
            }
            for want in asked.iter().filter(|w| !w.events && !["V", "input", "spike"].contains(&&*w.var)).take(PANELS) {
                panels.push(panel(&want.var, Source::Var(want.var.clone()), one("neuron"), 3));
            }
            let has_input = schema.state.iter().any(|v| v.name == "input");
            let source = if has_input { Source::Var("input".into()) } else { Source::Input };
            let label = info.inputs.first().map_or_else(|| "I".to_owned(), |port| with_unit("I", port.unit));
            let mut input = panel(&label, source, one("neuron"), 2);
            if group.noise.is_some_and(|sigma| sigma > 0.0) {
                // Several would hide each other.
                input.cells.truncate(1);
                input.legend.truncate(1);
            } else if !spec.input.varies() {
                input.cells.truncate(1);
                input.legend = vec!["input current".into()];
            }
            if !info.inputs.is_empty() {
                panels.push(input);
            }
        }
        System::Network(net) => {
            let populations = net.populations(|_| 0);
            let all = || {
                ((0..populations.len()).map(|p| (0, p)).collect(), populations.iter().map(|p| p.name.clone()).collect())
            };
            panels.push(panel("neuron", Source::Raster, all(), 7));
            panels.push(panel("rate (Hz)", Source::Rates, all(), 3));
            for want in asked.iter().filter(|w| !w.events).take(PANELS) {
                if let Some(len) = out_vars::elements(schema, &want.var) {
                    let units: Vec<usize> = match &want.units {
                        Some(units) => units.iter().cloned().flatten().take(CURVES).collect(),
                        None => (0..len.min(CURVES)).collect(),
                    };
                    let cells: Vec<_> = units.into_iter().map(|unit| (0, unit)).collect();
                    let of_group = net.groups.iter().any(|g| want.var.split('.').next() == Some(g.name.as_str()));
                    let what = if of_group { "neuron" } else { "synapse" };
                    let legend = cells.iter().map(|(_, unit)| format!("{what} {unit}")).collect();
                    panels.push(panel(&want.var, Source::Var(want.var.clone()), (cells, legend), 3));
                }
            }
        }
        System::Sequential(_) => {
            panels.push(panel("output", Source::Output, curves(rows, schema.output_len(), batch.is_some(), "unit"), 4));
            for want in asked.iter().filter(|w| !w.events).take(PANELS) {
                if let Some(len) = out_vars::elements(schema, &want.var) {
                    let source = Source::Var(want.var.clone());
                    panels.push(panel(&want.var, source, curves(rows, len, batch.is_some(), "unit"), 4));
                }
            }
            panels.push(panel(
                "input",
                Source::Input,
                curves(rows, schema.input_len(0), batch.is_some(), "feature"),
                3,
            ));
        }
    }
    for want in last.iter().take(PANELS) {
        if out_vars::elements(schema, &want.var).is_none() {
            let known = schema.state.iter().map(|v| v.name.as_ref()).collect::<Vec<_>>().join(", ");
            return Err(usage(format!(
                "out-vars: no variable named `{}` for a histogram; there is: {known}",
                want.var.escape_debug()
            )));
        }
        panels.push(panel("number", Source::Histogram(want.var.clone()), (vec![(0, 0)], vec![want.var.clone()]), 3));
    }
    panels.retain(|p| !p.cells.is_empty());
    Ok(panels)
}

/// What an axis says.
fn with_unit(name: &str, unit: &str) -> String {
    if unit.is_empty() { name.to_owned() } else { format!("{name} ({unit})") }
}

fn panel(label: &str, source: Source, (cells, legend): (Vec<(usize, usize)>, Vec<String>), weight: u32) -> Panel {
    Panel { label: label.to_owned(), source, cells, legend, weight }
}

/// The first few units of the first row; of further rows too if there are fewer units than curves.
fn curves(rows: usize, units: usize, batched: bool, what: &str) -> (Vec<(usize, usize)>, Vec<String>) {
    let all = (0..rows).flat_map(|row| (0..units).map(move |unit| (row, unit)));
    let cells: Vec<(usize, usize)> = all.take(if units >= CURVES { CURVES.min(units) } else { CURVES }).collect();
    let several_rows = cells.iter().any(|c| c.0 > 0);
    let name = |&(row, unit): &(usize, usize)| match (batched && several_rows, units) {
        (true, 1) => format!("row {row}"),
        (true, _) => format!("row {row}, {what} {unit}"),
        (false, _) => format!("{what} {unit}"),
    };
    let legend = cells.iter().map(name).collect();
    (cells, legend)
}
