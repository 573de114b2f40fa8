//! What a picture shows: for neurons their potentials, spikes and input; for networks spikes, rates
//! and the variables asked for; for layers the output, the variables asked for, and the input.

mod colours;
mod curves;
mod layers;
mod network;
mod neurons;
pub(crate) mod plain;

use super::boxplot::Quantity;
use super::colour::Hue;
use super::draw::fits;
use super::grid::Clock;
use crate::exit_code::usage;
pub(crate) use colours::paint;
use overtime::{Monitor, models, monitor};
use overtime_model::out_vars::OutVar;
use overtime_model::{Plot, SystemSpec as System};

/// Most curves in a panel.
const CURVES: usize = 5;
/// Most panels of variables that were asked for.
const PANELS: usize = 3;

/// The source of a variable's values.
fn source_of(want: &OutVar) -> Source {
    Source::Var { name: want.name.clone(), var: want.var.clone() }
}

/// One panel of a picture.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Panel {
    /// What its axis says: name and unit.
    pub(crate) label: String,
    /// What the colour bar of a heat map says; its axis has the units.
    pub(crate) bar: String,
    pub(crate) source: Source,
    pub(crate) form: Form,
    /// The curves, or rows of a heat map: batch row, and unit within it.
    pub(crate) cells: Vec<(usize, usize)>,
    /// The legend, a line for each curve; empty where one needs no name.
    pub(crate) legend: Vec<String>,
    /// The populations beside its axis, from top to bottom; empty where the axis has numbers.
    pub(crate) names: Vec<String>,
    pub(crate) hues: Vec<Hue>,
    /// How high it is, compared with the others.
    pub(crate) weight: u32,
    /// How spikes are marked in a trace of V, where the model resets V.
    pub(crate) spikes: Option<Marks>,
}

/// Where a panel's values come from.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Source {
    /// A variable, by its name in the results and in the system.
    Var {
        name: String,
        var: String,
    },
    Output,
    Input,
    /// Spikes of these units, a dot each.
    Raster,
    /// Spikes of populations by time, in Hz.
    Rates,
    /// Values that a variable has at the end.
    Histogram(String),
    /// A box for each population.
    Boxplot(Quantity),
}

/// How values are drawn.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Form {
    /// Lines from value to value.
    Lines,
    /// Values that hold for a step.
    Steps,
    /// Colours, of units by time.
    Heat,
}

/// The spikes of a trace: the recording that they are in, and the potential that marks them.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Marks {
    pub(crate) recording: String,
    /// The potential of a spike's peak; none where the model has no upstroke, and marks stand above
    /// the trace.
    pub(crate) peak: Option<f64>,
}

impl Panel {
    /// What the loop must record for it, as the panel of this number.
    pub(crate) fn monitor(&self, number: usize) -> Option<Monitor> {
        let Source::Var { var, .. } = &self.source else { return None };
        Some(monitor(var).named(monitor_name(number)).units(self.units()).every(1))
    }

    /// Whether the loop must record a variable for it.
    pub(crate) fn is_recorded(&self) -> bool {
        matches!(self.source, Source::Var { .. })
    }

    /// Whether it shows the spikes of populations.
    pub(crate) fn is_of_spikes(&self) -> bool {
        matches!(self.source, Source::Raster | Source::Rates | Source::Boxplot(_))
    }

    /// Whether it has a horizontal axis of its own, which is not that of time.
    pub(super) fn has_own_axis(&self) -> bool {
        matches!(self.source, Source::Histogram(_) | Source::Boxplot(_))
    }

    /// Whether it is what the system is given.
    pub(crate) fn is_input(&self) -> bool {
        match &self.source {
            Source::Input => true,
            Source::Var { name, .. } => name == "input",
            _ => false,
        }
    }

    /// Whether it has one curve of the input, which has no colour of its own.
    pub(super) fn is_single_input(&self) -> bool {
        self.is_input() && self.cells.len() == 1
    }

    /// Keeps the curves of these units, and returns the other units.
    pub(crate) fn keep(&mut self, has: impl Fn(usize) -> bool) -> Vec<usize> {
        let kept: Vec<bool> = self.cells.iter().map(|cell| has(cell.1)).collect();
        let mut others: Vec<usize> = self.cells.iter().map(|cell| cell.1).filter(|unit| !has(*unit)).collect();
        others.sort_unstable();
        others.dedup();
        retain(&mut self.cells, &kept);
        retain(&mut self.hues, &kept);
        retain(&mut self.legend, &kept);
        others
    }

    /// The units that the curves are of, each once, in ascending order.
    pub(crate) fn units(&self) -> Vec<usize> {
        let mut units: Vec<usize> = self.cells.iter().map(|c| c.1).collect();
        units.sort_unstable();
        units.dedup();
        units
    }
}

/// Keeps the items with `true` at their place. A list without items stays so.
fn retain<T>(all: &mut Vec<T>, kept: &[bool]) {
    let mut kept = kept.iter();
    all.retain(|_| kept.next().copied().unwrap_or(true));
}

/// The name of the recording of a panel: no variable has a space in its name.
pub(crate) fn monitor_name(panel: usize) -> String {
    format!("plot {panel}")
}

/// What there is to be drawn: of a run, or in a file of results.
pub(crate) struct Subject<'a> {
    pub(crate) system: &'a System,
    /// Batch rows, if there is a batch.
    pub(crate) batch: Option<usize>,
    /// Elements of a row of the output, and of the input.
    pub(crate) output: usize,
    pub(crate) input: usize,
    pub(crate) given: Drive,
    /// Elements of a row of a variable, if there is one, and all names.
    pub(crate) elements: &'a dyn Fn(&OutVar) -> Option<usize>,
    pub(crate) names: Vec<String>,
    /// The variables of which the units of the columns are not known.
    pub(crate) columns: Vec<String>,
    pub(crate) out_vars: Option<&'a str>,
    pub(crate) plot: &'a Plot,
}

/// What the input is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Drive {
    /// Not known.
    Unknown,
    /// One number.
    Constant,
    /// A series for all units, or for each.
    Shared,
    Series,
}

/// What the axis of time counts.
pub(crate) fn clock(system: &System) -> Clock {
    if matches!(system, System::Sequential(_)) { Clock::Steps } else { Clock::Milliseconds }
}

/// What to draw.
pub(crate) fn plan(subject: &Subject<'_>) -> anyhow::Result<Vec<Panel>> {
    let asked = subject.system.out_vars(subject.out_vars)?;
    let (last, asked): (Vec<_>, Vec<_>) = asked.into_iter().partition(|want| want.histogram);
    let histograms = last.iter().map(|want| subject.histogram(want, "out-vars")).collect::<anyhow::Result<Vec<_>>>()?;
    let mut panels = match &subject.plot.panels {
        Some(names) => {
            let panel = |name: &String| subject.named(name, &asked);
            names.iter().map(panel).collect::<anyhow::Result<Vec<_>>>()?
        }
        None => {
            let mut all = match subject.system {
                System::Neurons(group) => neurons::usual(subject, group, &asked)?,
                System::Network(net) => network::usual(subject, net, &asked),
                System::Sequential(_) => layers::usual(subject, &asked),
            };
            all.extend(histograms.into_iter().take(PANELS));
            all
        }
    };
    panels.retain(|p| !p.cells.is_empty());
    paint(&mut panels, matches!(subject.system, System::Network(_)));
    size_fits(&panels, subject.plot)?;
    // A curve alone needs a name where the variable has more units or rows.
    let is_one = |p: &Panel| match &p.source {
        Source::Var { var, .. } => subject.rows() == 1 && (subject.elements)(&OutVar::new(var)) == Some(1),
        _ => true,
    };
    let is_alone = |p: &Panel| p.cells.len() < 2 && (p.is_input() || is_one(p));
    for panel in panels.iter_mut().filter(|p| is_alone(p) || p.form == Form::Heat) {
        panel.legend.clear();
    }
    Ok(panels)
}

/// Refuses panels that have no room, where a size or panels were asked for.
pub(crate) fn size_fits(panels: &[Panel], plot: &Plot) -> anyhow::Result<()> {
    if plot.size.is_some() || plot.panels.is_some() { fits(panels, plot) } else { Ok(()) }
}

impl Subject<'_> {
    fn rows(&self) -> usize {
        self.batch.unwrap_or(1)
    }

    /// The panels that have names of their own.
    fn own(&self) -> &'static [&'static str] {
        match self.system {
            System::Neurons(_) => &["spike", "rate", "rate_boxplot", "cv_boxplot", "correlation_boxplot", "input"],
            System::Network(_) => &["spike", "rate", "rate_boxplot", "cv_boxplot", "correlation_boxplot"],
            System::Sequential(_) => &["output", "input"],
        }
    }

    /// The panel of this name in `plot.panels`.
    fn named(&self, name: &str, asked: &[OutVar]) -> anyhow::Result<Panel> {
        if self.own().contains(&name) {
            return match self.system {
                System::Neurons(group) => neurons::own(self, group, name),
                System::Network(net) => Ok(network::own(net, name)),
                System::Sequential(_) => Ok(layers::own(self, name)),
            };
        }
        let wrong = |e: &dyn std::fmt::Display| {
            usage(format!("plot.panels: {}", e.to_string().trim_start_matches("out-vars: ")))
        };
        let want = match self.system.out_vars(Some(name)).map_err(|e| wrong(&e))?.as_slice() {
            [one] => one.clone(),
            _ => return Err(wrong(&format!("`{}` is not one variable", name.escape_debug()))),
        };
        if !want.has_values() {
            let form = if want.bits { "bits" } else { "events" };
            return Err(wrong(&format!("`{}`: {form} have no values; `spike` is the raster", name.escape_debug())));
        }
        if want.histogram {
            return self.histogram(&want, "plot.panels");
        }
        if self.own().contains(&want.name.as_str()) && (self.elements)(&want).is_none() {
            let name = want.name.escape_debug();
            return Err(wrong(&format!("the panel `{name}` has all units; write `{name}`")));
        }
        let Some(len) = (self.elements)(&want) else { return Err(self.unknown("plot.panels", "panel", &want.name)) };
        if let Some(beyond) = want.units.iter().flatten().find(|range| range.end > len) {
            let unit = beyond.end - 1;
            return Err(wrong(&format!("`{}` has {len} units, and no unit {unit}", want.name.escape_debug())));
        }
        // Without units of its own, those that are recorded.
        let is_recorded = |other: &&OutVar| other.name == want.name && other.has_values() && !name.contains('[');
        let recorded = asked.iter().find(is_recorded);
        let want = recorded.unwrap_or(&want);
        match self.system {
            System::Neurons(group) => neurons::variable(self, group, want),
            System::Network(net) => Ok(network::variable(self, net, want)),
            System::Sequential(_) => Ok(layers::variable(self, want)),
        }
    }

    fn histogram(&self, want: &OutVar, place: &str) -> anyhow::Result<Panel> {
        if (self.elements)(want).is_none() {
            return Err(self.unknown(place, "variable", &want.name));
        }
        Ok(Panel { weight: 3, ..curves::alone("number", Source::Histogram(want.var.clone())) })
    }

    fn unknown(&self, place: &str, what: &str, name: &str) -> anyhow::Error {
        let of = if place == "out-vars" { " for a histogram" } else { "" };
        let own: &[&str] = if what == "panel" { self.own() } else { &[] };
        let others = self.names.iter().map(String::as_str).filter(|name| !own.contains(name));
        let known: Vec<&str> = own.iter().copied().chain(others).collect();
        // In a network, `V` is short of the name of a group.
        let same = |known: &&str| known.rsplit_once('.').is_some_and(|(_, var)| var == name);
        let near = models::nearest(name, known.iter().copied())
            .or_else(|| known.iter().copied().find(same))
            .map_or_else(String::new, |near| format!(" (did you mean `{near}`?)"));
        let (name, known) = (name.escape_debug(), known.join(", "));
        usage(format!("{place}: no {what} named `{name}`{of}{near}; there is: {known}"))
    }
}

/// What an axis says.
fn with_unit(name: &str, unit: &str) -> String {
    if unit.is_empty() { name.to_owned() } else { format!("{name} ({unit})") }
}
