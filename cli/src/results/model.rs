//! The picture of results whose model is known: that of the run, as far as the file has its values.

use super::clock::Steps;
use super::columns::{self, Model, Recorded};
use super::file::Results;
use super::left_out;
use super::variables::{self, Elements, elements};
use crate::args::{PlotArgs, RunArgs};
use crate::exit_code::{of_model, usage};
use crate::plot::{Columns, Source, Subject, Traces, plan, title};
use crate::run::picture;
use crate::run::series::Series;
use crate::run::spec::{Given, Spec};
use ndarray::{ArrayD, ArrayViewD, Axis as AxisOf};
use overtime::{Number, Schema, models};
use overtime_model::out_vars::{self, OutVar};
use overtime_model::{Axis, SystemSpec as System};
use std::collections::BTreeSet;
use std::path::Path;

/// A file with its model.
pub(super) struct Drawing<'a> {
    pub(super) results: &'a Results,
    pub(super) spec: Spec,
    /// Of layers.
    pub(super) schema: Option<Schema>,
    pub(super) steps: Steps,
    pub(super) batched: bool,
    pub(super) rows: usize,
    /// Elements of a row of the output.
    pub(super) units: usize,
    pub(super) input: Option<Series<f64>>,
    recorded: Vec<Recorded>,
}

/// What is drawn: what the run was, the title, the values, and warnings.
pub(super) struct Drawn {
    pub(super) spec: Spec,
    pub(super) title: String,
    pub(super) traces: Traces,
    pub(super) warnings: Vec<String>,
}

/// The picture of the run.
pub(super) fn draw(args: &PlotArgs, system: &str, out: &Path, results: &Results) -> anyhow::Result<Drawn> {
    let run = |steps| RunArgs {
        system: system.to_owned(),
        scale: args.scale,
        scale_in_degrees: args.scale_in_degrees,
        steps,
        input: args.input.clone(),
        dt: args.dt,
        seed: args.seed,
        first_axis: args.first_axis,
        statistics_from: args.statistics_from,
        out_vars: args.out_vars.clone(),
        plot: Some(out.to_owned()),
        look: args.look.clone(),
        ..RunArgs::default()
    };
    let mut drawing = Drawing::new(Spec::new(&run(Some(results.recorded() as u64)))?, args, results)?;
    // The length that the model file gives, if it gives one.
    drawing.find_input(!args.input.is_empty(), || Some(Spec::new(&run(None)).ok()?.length))?;
    let (traces, warnings) = drawing.traces()?;
    let spec = drawing.spec;
    let default = || title(&spec.system, drawing.batched.then_some(drawing.rows));
    let title = spec.plot.title.clone().or_else(|| spec.title.clone()).unwrap_or_else(default);
    Ok(Drawn { spec, title, traces, warnings })
}

impl<'a> Drawing<'a> {
    fn new(mut spec: Spec, args: &PlotArgs, results: &'a Results) -> anyhow::Result<Self> {
        let schema = match &spec.system {
            System::Neurons(_) | System::Network(_) => None,
            System::Sequential(_) => Some(spec.system.build::<f64>(spec.seed, spec.dt).map_err(of_model)?.schema()),
        };
        // Axes of the output of a single step.
        let own = schema.as_ref().map_or(1, |schema| schema.output.len());
        let axes = results.get("output").map_or(0, ArrayD::ndim);
        let batched = axes == own + 2;
        let batch_major = batched && spec.first_axis == Axis::B;
        let output = results.values("output", batch_major).ok_or_else(|| {
            results.corrupt(
                "no results of a run: there is no array `output` with a value for each time in `ts`".to_owned(),
            )
        })?;
        if axes != own + 1 && !batched {
            let kind = spec.kind();
            return Err(results.corrupt(format!(
                "`output` has {axes} axes, and that of a {kind} has {} or {}",
                own + 1,
                own + 2
            )));
        }
        if let Some(axis) = args.first_axis {
            results.check_first_axis(axis, batched)?;
        }
        if let Some(reason) = args.dt.and_then(|dt| results.contradicts(dt, spec.t0)) {
            return Err(usage(format!("--dt {}: {reason}", Number(spec.dt))));
        }
        let rows = if batched { output.shape().get(1).copied().unwrap_or(1) } else { 1 };
        let shape: Vec<usize> = output.shape().iter().skip(if batched { 2 } else { 1 }).copied().collect();
        let units: usize = shape.iter().product();
        match &mut spec.system {
            System::Neurons(group) => group.size = units as u64,
            System::Network(net) if net.groups.len() != units => {
                let n = net.groups.len();
                return Err(usage(format!(
                    "--model: the model has {n} groups, and `output` of {} has {units}: it is of another model",
                    results.path.display()
                )));
            }
            _ => {}
        }
        if let Some(schema) = schema.as_ref().filter(|schema| schema.output != shape) {
            let (own, file) = (&schema.output, results.path.display());
            return Err(usage(format!(
                "--model: a step of the model's output has the shape {own:?}, and that of {file} has {shape:?}: it is \
                 of another model"
            )));
        }
        let steps = results.steps(Some(spec.dt), spec.t0)?;
        spec.dt = steps.dt;
        Ok(Self { results, spec, schema, steps, batched, rows, units, input: None, recorded: Vec::new() })
    }

    pub(super) fn is_batch_major(&self) -> bool {
        self.batched && self.spec.first_axis == Axis::B
    }

    pub(super) fn values(&self, name: &str) -> Option<ArrayViewD<'_, f64>> {
        self.results.values(name, self.is_batch_major())
    }

    /// Elements of a row of an array.
    pub(super) fn width(&self, name: &str) -> Option<usize> {
        let values = self.values(name)?;
        Some(values.shape().iter().skip(if self.batched { 2 } else { 1 }).product())
    }

    /// The panels of the run with the curves that the file has values of, and warnings.
    fn traces(&mut self) -> anyhow::Result<(Traces, Vec<String>)> {
        let asked = self.spec.system.out_vars(self.spec.out_vars.as_deref()).map_err(of_model)?;
        let of_model = |var: &str| elements(&self.spec.system, self.schema.as_ref(), self.units, var);
        let model = Model { system: &self.spec.system, asked: &asked, elements: &of_model };
        let recorded = columns::recorded(self.results, &model, |name| self.width(name))?;
        self.check_rows(&recorded)?;
        self.check_asked(&asked, &of_model)?;
        let is_unknown = |own: &&Recorded| own.is_whole() && of_model(&own.var) == Some(Elements::Unknown);
        let wanted = self.wanted(&asked, &recorded);
        let elements = |want: &OutVar| match of_model(&want.var)? {
            // Without all values of it the panel shows the input that was given, if it is known.
            _ if want.var == "input" && !self.draws_recorded_input(&recorded) => None,
            Elements::Known(units) => Some(units),
            Elements::Unknown if recorded.iter().any(|own| own.name == want.var && own.is_whole()) => {
                self.width(&want.var)
            }
            Elements::Unknown => Some(usize::MAX),
        };
        let subject = Subject {
            system: &self.spec.system,
            batch: self.batched.then_some(self.rows),
            output: self.units,
            input: self.input.as_ref().map_or(1, |x| self.features(x)),
            given: self.drive(),
            elements: &elements,
            names: recorded.iter().map(|own| own.name.clone()).collect(),
            columns: recorded.iter().filter(|own| is_unknown(own)).map(|own| own.name.clone()).collect(),
            out_vars: wanted.as_deref(),
            plot: &self.spec.plot,
        };
        let mut panels = plan(&subject)?;
        let mut left_out = Vec::new();
        if self.without_spikes(&mut panels)? {
            left_out.push("`spike` (record `spike:events`)".to_owned());
        }
        if self.spec.plot.panels.is_none() {
            left_out.extend(left_out::asked(&asked, &recorded));
        }
        left_out.extend(left_out::take(&mut panels, &recorded, self.has_end(), self.why_no_input(), &self.spec));
        let mut seen = BTreeSet::new();
        left_out.retain(|name| seen.insert(name.clone()));
        self.recorded = recorded;
        let populations = match &self.spec.system {
            System::Network(net) => net.populations(|_| 0),
            _ => Vec::new(),
        };
        let Steps { begin, steps, t, dt, .. } = self.steps;
        let mut traces =
            picture::traces(&self.spec, panels, (&populations, self.units, self.rows), (begin, t, dt, steps))?;
        self.feed(&mut traces);
        let outside = self.feed_spikes(&mut traces)?;
        traces.end(|name| {
            let last = self.values(name).and_then(|values| {
                let last = values.shape().first()?.checked_sub(1)?;
                Some(values.index_axis_move(AxisOf(0), last).iter().copied().collect())
            });
            Ok(last.unwrap_or_default())
        })?;
        if traces.panels.is_empty() {
            return Err(left_out::all(&left_out, &self.recorded, &self.spec));
        }
        let file = self.results.path.display();
        let mut warnings = Vec::new();
        if !left_out.is_empty() {
            let all = left_out.join(", ");
            warnings.push(format!("the picture has no {all}: {file} does not have the values"));
        }
        if outside > 0 {
            warnings
                .push(format!("{file} lists {outside} spikes of neurons, rows or steps that the run does not have"));
        }
        Ok((traces, warnings))
    }

    /// Whether the last step of the run was recorded.
    fn has_end(&self) -> bool {
        let steps = self.steps;
        let last = steps.index((self.results.recorded() as u64).saturating_sub(1));
        last + 1 == steps.begin + steps.steps
    }

    /// Refuses arrays with another number of batch rows than `output`.
    fn check_rows(&self, recorded: &[Recorded]) -> anyhow::Result<()> {
        for own in recorded.iter().filter(|_| self.batched) {
            let rows = self.values(&own.name).and_then(|values| values.shape().get(1).copied());
            if let Some(rows) = rows.filter(|rows| *rows != self.rows) {
                let (name, all) = (own.name.escape_debug(), self.rows);
                return Err(self.results.corrupt(format!("`{name}` has {rows} batch rows, and `output` has {all}")));
            }
        }
        Ok(())
    }

    /// Refuses variables that the model does not have.
    fn check_asked(&self, asked: &[OutVar], elements: &dyn Fn(&str) -> Option<Elements>) -> anyhow::Result<()> {
        let Some(want) = asked.iter().find(|want| elements(&want.var).is_none()) else { return Ok(()) };
        let known = variables::names(&self.spec.system, self.schema.as_ref());
        let near = models::nearest(&want.name, known.iter().map(String::as_str))
            .map_or_else(String::new, |near| format!(" (did you mean `{near}`?)"));
        let (name, known) = (want.name.escape_debug(), known.join(", "));
        Err(usage(format!("--out-vars: no variable named `{name}`{near}; there is: {known}")))
    }

    /// The variables asked for that the file has, and others in it.
    fn wanted(&self, asked: &[OutVar], recorded: &[Recorded]) -> Option<String> {
        let text = self.spec.out_vars.as_deref().unwrap_or_default();
        let has = |want: &OutVar| want.has_values() && recorded.iter().any(|own| own.name == want.name);
        let own = out_vars::split(text).into_iter().map(str::trim).zip(asked).filter(|(_, want)| has(want));
        let mut all: Vec<&str> = own.map(|(text, _)| text).collect();
        let is_new = |name: &&str| {
            name.rsplit('.').next() != Some("spike")
                && asked.iter().all(|want| want.name != *name || !want.has_values())
        };
        all.extend(recorded.iter().map(|own| own.name.as_str()).filter(is_new));
        (!all.is_empty()).then(|| all.join(","))
    }

    fn feed(&self, traces: &mut Traces) {
        let Steps { begin, steps, .. } = self.steps;
        for k in 0..traces.panels.len() {
            let Some(source) = traces.panels.get(k).map(|panel| panel.source.clone()) else { continue };
            match source {
                Source::Var { var, .. } => {
                    for own in self.recorded.iter().filter(|own| own.var == var) {
                        let Some(values) = self.values(&own.name) else { continue };
                        traces.feed(k, &values, self.batched, own.columns(), |s| self.steps.index(s));
                    }
                }
                Source::Output => {
                    let Some(values) = self.values("output") else { continue };
                    traces.feed(k, &values, self.batched, Columns::All, |s| self.steps.index(s));
                }
                Source::Input => match (&self.input, &self.spec.input) {
                    (Some(series), _) => {
                        let mut values = series.part(0, usize::try_from(steps).unwrap_or(usize::MAX));
                        values.swap_axes(0, series.time_axis.min(values.ndim() - 1));
                        let (batched, columns) = if series.values.ndim() == 1 {
                            (false, Columns::One)
                        } else {
                            (self.batched, Columns::All)
                        };
                        traces.feed(k, &values, batched, columns, |s| begin + s);
                    }
                    (None, Given::Constant(x)) => traces.hold(k, begin..begin.saturating_add(steps), *x),
                    _ => {}
                },
                Source::Raster | Source::Rates | Source::Boxplot(_) | Source::Histogram(_) => {}
            }
        }
    }
}
