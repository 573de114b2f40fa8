//! A picture of results of which nothing is known but what the file says: its names, and no units.

use super::clock::Steps;
use super::file::{Results, Spikes};
use crate::exit_code::usage;
use crate::plot::{Clock, Columns, Grid, Panel, Quantity, Raster, Source, Traces, paint, plain, size_fits};
use crate::spikes::spikes_of;
use overtime::models;
use overtime_model::Plot;
use overtime_model::network::Population;
use overtime_model::out_vars::{self, OutVar};

/// Most panels of variables.
const PANELS: usize = 5;

pub(super) fn draw(results: &Results, look: &Plot) -> anyhow::Result<(String, Traces)> {
    let steps = results.steps(None, 0.0)?;
    let groups = spikes(results, &steps)?;
    // The output of a network is its numbers of spikes, which the raster has already.
    let is_value = |name: &&str| {
        !["ts", "t", "i"].contains(name)
            && (*name != "output" || groups.is_empty())
            && results.of_other_form(name).is_none()
            && results.values(name, false).is_some()
    };
    let known: Vec<&str> = results.names().filter(is_value).collect();
    let mut panels: Vec<Panel> = Vec::new();
    let named = |name: &str| -> anyhow::Result<Vec<Panel>> {
        let populations = || groups.iter().map(|(name, _)| name.trim_end_matches('.').to_owned()).collect::<Vec<_>>();
        if !groups.is_empty() && ["spike", "rate"].contains(&name) {
            return Ok(vec![plain::spikes(name, &populations())]);
        }
        if !known.contains(&name) && !groups.is_empty() && Quantity::PANELS.contains(&name) {
            // The file does not have the number of neurons.
            return Err(usage(format!("plot.panels: `{name}` needs the model of the run: give --model")));
        }
        // The names of arrays of other programs may have brackets, colons and commas.
        let want = match known.contains(&name) {
            true => vec![OutVar::new(name)],
            false => out_vars::parse(name)
                .map_err(|e| usage(format!("plot.panels: {}", e.to_string().trim_start_matches("out-vars: "))))?,
        };
        let first = want.first();
        let Some(want) = first.filter(|want| known.contains(&want.var.as_str())) else {
            let all: Vec<&str> =
                known.iter().copied().chain(["spike", "rate"].into_iter().filter(|_| !groups.is_empty())).collect();
            if let Some(own) = first.map(|want| want.var.as_str()).filter(|own| all.contains(own)) {
                let (name, own) = (name.escape_debug(), own.escape_debug());
                return Err(usage(format!("plot.panels: `{name}`: the panel `{own}` has all units; write `{own}`")));
            }
            let near = models::nearest(name, all.iter().copied())
                .map_or_else(String::new, |near| format!(" (did you mean `{near}`?)"));
            let (name, all) = (name.escape_debug(), all.join(", "));
            return Err(usage(format!("plot.panels: no panel named `{name}`{near}; there is: {all}")));
        };
        if !want.has_values() || want.histogram {
            let name = name.escape_debug();
            return Err(usage(format!("plot.panels: `{name}` needs the model of the run: give --model")));
        }
        let Some(values) = results.values(&want.var, false) else { return Ok(Vec::new()) };
        let batched = values.ndim() > 2;
        let rows = if batched { values.shape().get(1).copied().unwrap_or(1) } else { 1 };
        let len: usize = values.shape().iter().skip(if batched { 2 } else { 1 }).product();
        if let Some(beyond) = want.units.iter().flatten().find(|range| range.end > len) {
            let (name, column) = (want.var.escape_debug(), beyond.end - 1);
            return Err(usage(format!("plot.panels: `{name}` has {len} columns in the file, and no column {column}")));
        }
        Ok(vec![plain::variable(&want.var, rows, len, want)])
    };
    match &look.panels {
        Some(names) => {
            for name in names {
                panels.extend(named(name)?);
            }
        }
        None => {
            let of_spikes = ["spike", "rate"].into_iter().filter(|_| !groups.is_empty());
            for name in of_spikes.chain(known.iter().copied().take(PANELS)) {
                panels.extend(named(name)?);
            }
        }
    }
    panels.retain(|panel| !panel.cells.is_empty());
    paint(&mut panels, false);
    size_fits(&panels, look)?;
    let grid = Grid::new(Clock::Milliseconds, (steps.begin, steps.t, steps.dt, steps.steps), look.window)?;
    let populations: Vec<Population> = groups
        .iter()
        .enumerate()
        .map(|(group, (name, spikes))| {
            let units = 0..spikes.iter().map(|spike| spike.2 as u64 + 1).max().unwrap_or(1);
            Population { name: name.clone(), group, of: name.clone(), units, degree: 0.0 }
        })
        .collect();
    let rows = groups.iter().flat_map(|(_, spikes)| spikes.iter().map(|spike| spike.1 + 1)).max().unwrap_or(1);
    let raster = Raster::network(&populations, rows, grid.steps as f64 * grid.dt);
    let mut traces = Traces::new(panels, Clock::Milliseconds, grid, (raster, grid.begin))?;
    for k in 0..traces.panels.len() {
        let source = traces.panels.get(k).map(|panel| panel.source.clone());
        if let Some(Source::Var { name, .. }) = source
            && let Some(values) = results.values(&name, false)
        {
            traces.feed(k, &values, values.ndim() > 2, Columns::All, |s| steps.begin + s * steps.every);
        }
    }
    for (name, spikes) in &groups {
        traces.spikes(&spikes_of(name), spikes.iter().copied());
    }
    let title = results.path.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default();
    Ok((look.title.clone().unwrap_or(title), traces))
}

/// The spikes of each group, by the name before `spike_step` or `spike_bits`. Bits of some steps are
/// only a part of the spikes, and are no raster.
fn spikes(results: &Results, steps: &Steps) -> anyhow::Result<Vec<(String, Spikes)>> {
    let lists = ["spike_step", "spike_i", "spike_unit", "spike_bits"];
    let groups = results.names().filter_map(|name| lists.iter().find_map(|list| name.strip_suffix(list)));
    let mut all: Vec<(String, Spikes)> = Vec::new();
    for group in groups.filter(|of| of.is_empty() || of.ends_with('.')) {
        if all.iter().all(|(own, _)| own != group) {
            let spikes = match results.spikes(group)? {
                None if steps.every == 1 => results.spikes_of_bits(group, |recorded| steps.index(recorded))?,
                listed => listed,
            };
            all.extend(spikes.map(|spikes| (group.to_owned(), spikes)));
        }
    }
    Ok(all)
}
