//! The picture of results whose model is known: that of the run, as far as the file has its values.

use super::clock::Steps;
use super::columns::{self, Model, Recorded};
use super::file::Results;
use super::left_out;
use super::variables::{Elements, elements};
use crate::args::{PlotArgs, RunArgs};
use crate::exit_code::{of_model, usage};
use crate::plot::{Columns, Drive, Source, Subject, Traces, plan, title};
use crate::run::length::time_axis;
use crate::run::picture;
use crate::run::series::{self, Series};
use crate::run::spec::{Given, Spec};
use crate::spikes::{SPIKES, spikes_of};
use ndarray::{ArrayD, ArrayViewD, Axis as AxisOf};
use overtime::{Number, Schema};
use overtime_model::out_vars::{self, OutVar};
use overtime_model::{Axis, SystemSpec as System};
use std::path::Path;

/// A file with its model.
struct Drawing<'a> {
    results: &'a Results,
    spec: Spec,
    /// Of layers.
    schema: Option<Schema>,
    steps: Steps,
    batched: bool,
    rows: usize,
    /// Elements of a row of the output.
    units: usize,
    input: Option<Series<f64>>,
    recorded: Vec<Recorded>,
}

/// What is drawn: what the run was, the title, the values, and what is left out.
pub(super) struct Drawn {
    pub(super) spec: Spec,
    pub(super) title: String,
    pub(super) traces: Traces,
    pub(super) left_out: Vec<String>,
}

/// The picture of the run.
pub(super) fn draw(args: &PlotArgs, system: &str, out: &Path, results: &Results) -> anyhow::Result<Drawn> {
    let run = RunArgs {
        system: system.to_owned(),
        scale: args.scale,
        steps: Some(results.recorded() as u64),
        input: args.input.clone(),
        dt: args.dt,
        first_axis: args.first_axis,
        out_vars: args.out_vars.clone(),
        plot: Some(out.to_owned()),
        look: args.look.clone(),
        ..RunArgs::default()
    };
    let mut drawing = Drawing::new(Spec::new(&run)?, args, results)?;
    let (traces, left_out) = drawing.traces()?;
    let spec = drawing.spec;
    let default = || title(&spec.system, drawing.batched.then_some(drawing.rows));
    let title = spec.plot.title.clone().or_else(|| spec.title.clone()).unwrap_or_else(default);
    Ok(Drawn { spec, title, traces, left_out })
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
        let mut drawing =
            Self { results, spec, schema, steps, batched, rows, units, input: None, recorded: Vec::new() };
        drawing.input = drawing.series(!args.input.is_empty())?;
        Ok(drawing)
    }

    /// The input, if it is a series. One of another run is not drawn, and is an error if it is
    /// `given` by an argument.
    fn series(&self, given: bool) -> anyhow::Result<Option<Series<f64>>> {
        let (spec, steps, batch_major) = (&self.spec, self.steps.steps, self.is_batch_major());
        let series = match series::from_file::<f64>(&spec.input, "input", false)? {
            Some(values) => {
                let time_axis = time_axis(spec, self.batched, values.shape());
                Some(Series { values, time_axis, repeats: false })
            }
            None => {
                let seed = spec.draw.unwrap_or(spec.seed);
                let run = series::Run { steps: Some(steps), dt: spec.dt, seed, batched: self.batched, batch_major };
                series::made::<f64>(&spec.input, self.units, &run)?
            }
        };
        let Some(series) = series else { return Ok(None) };
        match series.steps() {
            Some(own) if own as u64 != steps && given => Err(usage(format!(
                "--input: a series of {own} steps, and {} has {steps}: give the input of the run",
                self.results.path.display()
            ))),
            Some(own) if own as u64 != steps => Ok(None),
            _ => Ok(Some(series)),
        }
    }

    fn is_batch_major(&self) -> bool {
        self.batched && self.spec.first_axis == Axis::B
    }

    fn values(&self, name: &str) -> Option<ArrayViewD<'_, f64>> {
        self.results.values(name, self.is_batch_major())
    }

    /// Elements of a row of an array.
    fn width(&self, name: &str) -> Option<usize> {
        let values = self.values(name)?;
        Some(values.shape().iter().skip(if self.batched { 2 } else { 1 }).product())
    }

    /// The panels of the run with the curves that the file has values of, and the others' names.
    fn traces(&mut self) -> anyhow::Result<(Traces, Vec<String>)> {
        let asked = self.spec.system.out_vars(self.spec.out_vars.as_deref()).map_err(of_model)?;
        let of_model = |var: &str| elements(&self.spec.system, self.schema.as_ref(), self.units, var);
        let model = Model { system: &self.spec.system, asked: &asked, elements: &of_model };
        let recorded = columns::recorded(self.results, &model, |name| self.width(name))?;
        let wanted = self.wanted(&asked, &recorded);
        let elements = |want: &OutVar| match of_model(&want.var)? {
            // Without values of it the panel shows the input that was given.
            _ if want.var == "input" && self.width("input").is_none() => None,
            Elements::Known(units) => Some(units),
            Elements::Unknown if recorded.iter().any(|own| own.name == want.var && own.is_whole()) => {
                self.width(&want.var)
            }
            Elements::Unknown => Some(usize::MAX),
        };
        let is_noisy =
            matches!(&self.spec.system, System::Neurons(group) if group.noise.is_some_and(|sigma| sigma > 0.0));
        let subject = Subject {
            system: &self.spec.system,
            batch: self.batched.then_some(self.rows),
            output: self.units,
            input: self.input.as_ref().map_or(1, |x| self.features(x)),
            given: match (&self.spec.input, &self.input) {
                // What noise added is not in the file.
                _ if is_noisy => Drive::Unknown,
                (_, Some(x)) if x.values.ndim() == 1 => Drive::Shared,
                (_, Some(_)) => Drive::Series,
                (Given::Constant(_), None) => Drive::Constant,
                _ => Drive::Unknown,
            },
            elements: &elements,
            names: recorded.iter().map(|own| own.name.clone()).collect(),
            out_vars: wanted.as_deref(),
            plot: &self.spec.plot,
        };
        let mut panels = plan(&subject)?;
        let left_out = left_out::take(&mut panels, &recorded, self.has_end(), &self.spec);
        self.recorded = recorded;
        let populations = match &self.spec.system {
            System::Network(net) => net.populations(|_| 0),
            _ => Vec::new(),
        };
        let Steps { begin, steps, t, dt, .. } = self.steps;
        let mut traces =
            picture::traces(&self.spec, panels, (&populations, self.units, self.rows), (begin, t, dt, steps))?;
        self.feed(&mut traces);
        self.spikes(&mut traces)?;
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
        Ok((traces, left_out))
    }

    /// Whether the last step of the run was recorded.
    fn has_end(&self) -> bool {
        let Steps { steps, every, .. } = self.steps;
        let last = (self.results.recorded() as u64).saturating_sub(1).saturating_mul(every);
        last + 1 == steps
    }

    /// The variables asked for that the file has, and others in it.
    fn wanted(&self, asked: &[OutVar], recorded: &[Recorded]) -> Option<String> {
        let text = self.spec.out_vars.as_deref().unwrap_or_default();
        let has = |want: &OutVar| !want.events && recorded.iter().any(|own| own.name == want.name);
        let own = out_vars::split(text).into_iter().map(str::trim).zip(asked).filter(|(_, want)| has(want));
        let mut all: Vec<&str> = own.map(|(text, _)| text).collect();
        let is_new = |name: &&str| {
            name.rsplit('.').next() != Some("spike") && asked.iter().all(|want| want.name != *name || want.events)
        };
        all.extend(recorded.iter().map(|own| own.name.as_str()).filter(is_new));
        (!all.is_empty()).then(|| all.join(","))
    }

    fn features(&self, series: &Series<f64>) -> usize {
        series.values.shape().iter().skip(if self.batched { 2 } else { 1 }).product()
    }

    fn feed(&self, traces: &mut Traces) {
        let Steps { begin, steps, every, .. } = self.steps;
        for k in 0..traces.panels.len() {
            let Some(source) = traces.panels.get(k).map(|panel| panel.source.clone()) else { continue };
            match source {
                Source::Var { var, .. } => {
                    for own in self.recorded.iter().filter(|own| own.var == var) {
                        let Some(values) = self.values(&own.name) else { continue };
                        traces.feed(k, &values, self.batched, own.columns(), |s| begin + s * every);
                    }
                }
                Source::Output => {
                    let Some(values) = self.values("output") else { continue };
                    traces.feed(k, &values, self.batched, Columns::All, |s| begin + s * every);
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
                Source::Raster | Source::Rates | Source::Histogram(_) => {}
            }
        }
    }

    fn spikes(&self, traces: &mut Traces) -> anyhow::Result<()> {
        match &self.spec.system {
            System::Sequential(_) => {}
            System::Network(net) => {
                for group in &net.groups {
                    let mut listed = self.results.spikes(&format!("{}.", group.name))?;
                    if listed.is_none() && net.groups.len() == 1 {
                        listed = self.results.spikes("")?;
                    }
                    traces.spikes(&spikes_of(&group.name), listed.unwrap_or_default().iter().copied());
                }
            }
            System::Neurons(_) => match self.results.spikes("")? {
                Some(listed) => traces.spikes(SPIKES, listed.iter().copied()),
                None => self.spikes_of_output(traces),
            },
        }
        Ok(())
    }

    /// The output of neurons is 1 where they spike; steps that were not recorded are lost.
    fn spikes_of_output(&self, traces: &mut Traces) {
        let Some(values) = self.values("output") else { return };
        for (s, at) in values.axis_iter(AxisOf(0)).enumerate() {
            let step = self.steps.begin + s as u64 * self.steps.every;
            let units = self.units.max(1);
            let spiking = at.iter().enumerate().filter(|(_, x)| **x != 0.0);
            let spiking: Vec<_> = spiking.map(|(k, _)| (step, k / units, k % units)).collect();
            traces.spikes(SPIKES, spiking.iter().copied());
        }
    }
}
