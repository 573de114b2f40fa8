//! The picture of results whose model is known: that of the run, as far as the file has its values.

use super::file::{Results, Steps};
use crate::args::{PlotArgs, RunArgs};
use crate::exit_code::{of_model, usage};
use crate::plot::{Columns, Drive, Source, Subject, Traces, plan, title};
use crate::run::length::time_axis;
use crate::run::picture;
use crate::run::series::{self, Series};
use crate::run::spec::{Given, Spec};
use crate::spikes::{SPIKES, spikes_of};
use ndarray::{ArrayViewD, Axis as AxisOf};
use overtime_model::out_vars::{self, OutVar};
use overtime_model::{Axis, SystemSpec as System};
use std::path::Path;

/// A file with its model.
struct Drawing<'a> {
    results: &'a Results,
    spec: Spec,
    steps: Steps,
    batched: bool,
    rows: usize,
    /// Elements of a row of the output.
    units: usize,
    input: Option<Series<f64>>,
}

/// What the run was, the title, and the values.
pub(super) fn draw(
    args: &PlotArgs,
    system: &str,
    out: &Path,
    results: &Results,
) -> anyhow::Result<(Spec, String, Traces)> {
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
    let mut drawing = Drawing::new(Spec::new(&run)?, results)?;
    let traces = drawing.traces()?;
    let spec = drawing.spec;
    let default = || title(&spec.system, drawing.batched.then_some(drawing.rows));
    let title = spec.plot.title.clone().or_else(|| spec.title.clone()).unwrap_or_else(default);
    Ok((spec, title, traces))
}

impl<'a> Drawing<'a> {
    fn new(mut spec: Spec, results: &'a Results) -> anyhow::Result<Self> {
        let batch_major = spec.first_axis == Axis::B;
        let output = results.values("output", batch_major);
        let output = output.ok_or_else(|| {
            results.corrupt(
                "no results of a run: there is no array `output` with a value for each time in `ts`".to_owned(),
            )
        })?;
        // Axes of the output of a single step.
        let own = match &spec.system {
            System::Neurons(_) | System::Network(_) => 1,
            System::Sequential(_) => {
                let built = spec.system.build::<f64>(spec.seed, spec.dt).map_err(of_model)?;
                built.schema().output.len()
            }
        };
        let batched = output.ndim() == own + 2;
        if output.ndim() != own + 1 && !batched {
            let (axes, kind) = (output.ndim(), spec.kind());
            return Err(results.corrupt(format!(
                "`output` has {axes} axes, and that of a {kind} has {} or {}",
                own + 1,
                own + 2
            )));
        }
        let rows = if batched { output.shape().get(1).copied().unwrap_or(1) } else { 1 };
        let units: usize = output.shape().iter().skip(if batched { 2 } else { 1 }).product();
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
        let steps = results.steps(Some(spec.dt))?;
        let batch_major = spec.first_axis == Axis::B;
        let input = match series::from_file::<f64>(&spec.input, "input", false)? {
            Some(values) => {
                let time_axis = time_axis(&spec, batched, values.shape());
                Some(Series { values, time_axis, repeats: false })
            }
            None => {
                let seed = spec.draw.unwrap_or(spec.seed);
                let run = series::Run { steps: Some(steps.steps), dt: spec.dt, seed, batched, batch_major };
                series::made::<f64>(&spec.input, units, &run)?
            }
        };
        // A series of another run is not drawn.
        let input = input.filter(|series| series.steps().is_none_or(|own| own as u64 == steps.steps));
        Ok(Self { results, spec, steps, batched, rows, units, input })
    }

    fn values(&self, name: &str) -> Option<ArrayViewD<'_, f64>> {
        self.results.values(name, self.spec.first_axis == Axis::B)
    }

    /// Elements of a row of an array.
    fn width(&self, name: &str) -> Option<usize> {
        let values = self.values(name)?;
        Some(values.shape().iter().skip(if self.batched { 2 } else { 1 }).product())
    }

    /// Those of a variable of which some units were recorded.
    fn picked(&self, name: &str, shown: &[OutVar]) -> Option<Vec<usize>> {
        let want = shown.iter().find(|want| want.name == name)?;
        let units: Vec<usize> = want.units.as_ref()?.iter().cloned().flatten().collect();
        (Some(units.len()) == self.width(name)).then_some(units)
    }

    fn traces(&mut self) -> anyhow::Result<Traces> {
        let asked = self.spec.system.out_vars(self.spec.out_vars.as_deref()).map_err(of_model)?;
        let wanted = self.wanted(&asked);
        let shown = self.spec.system.out_vars(wanted.as_deref()).map_err(of_model)?;
        let elements = |want: &OutVar| match self.picked(&want.name, &shown) {
            Some(units) => units.iter().max().map(|last| last + 1),
            None => self.width(&want.name),
        };
        let is_noisy =
            matches!(&self.spec.system, System::Neurons(group) if group.noise.is_some_and(|sigma| sigma > 0.0));
        let reserved = ["ts", "t", "i", "output"];
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
            names: self
                .results
                .names()
                .filter(|name| !reserved.contains(name) && self.values(name).is_some())
                .map(str::to_owned)
                .collect(),
            out_vars: wanted.as_deref(),
            plot: &self.spec.plot,
        };
        let mut panels = plan(&subject)?;
        panels.retain(|panel| match &panel.source {
            Source::Var { name, .. } | Source::Histogram(name) => self.values(name).is_some(),
            _ => true,
        });
        let populations = match &self.spec.system {
            System::Network(net) => net.populations(|_| 0),
            _ => Vec::new(),
        };
        let Steps { begin, steps, t, dt, .. } = self.steps;
        let mut traces =
            picture::traces(&self.spec, panels, (&populations, self.units, self.rows), (begin, t, dt, steps))?;
        self.feed(&mut traces, &shown);
        self.spikes(&mut traces)?;
        traces.end(|name| {
            let last = self.values(name).and_then(|values| {
                let last = values.shape().first()?.checked_sub(1)?;
                Some(values.index_axis_move(AxisOf(0), last).iter().copied().collect())
            });
            Ok(last.unwrap_or_default())
        })?;
        Ok(traces)
    }

    /// The variables asked for that the file has, and others in it.
    fn wanted(&self, asked: &[OutVar]) -> Option<String> {
        let text = self.spec.out_vars.as_deref().unwrap_or_default();
        let has = |want: &OutVar| self.values(&want.name).is_some() && !want.events;
        let own = out_vars::split(text).into_iter().map(str::trim).zip(asked).filter(|(_, want)| has(want));
        let mut all: Vec<&str> = own.map(|(text, _)| text).collect();
        let is_new = |name: &&str| {
            !["ts", "t", "i", "output"].contains(name)
                && !name.contains("spike")
                && asked.iter().all(|want| want.name != *name)
                && self.values(name).is_some()
                && self.spec.system.out_vars(Some(name)).is_ok()
        };
        all.extend(self.results.names().filter(is_new));
        (!all.is_empty()).then(|| all.join(","))
    }

    fn features(&self, series: &Series<f64>) -> usize {
        series.values.shape().iter().skip(if self.batched { 2 } else { 1 }).product()
    }

    fn feed(&self, traces: &mut Traces, shown: &[OutVar]) {
        let Steps { begin, steps, every, .. } = self.steps;
        for k in 0..traces.panels.len() {
            let Some(source) = traces.panels.get(k).map(|panel| panel.source.clone()) else { continue };
            match source {
                Source::Var { name, .. } => {
                    let Some(values) = self.values(&name) else { continue };
                    let mut picked = self.picked(&name, shown);
                    let columns = match &mut picked {
                        Some(units) => Columns::Of(units),
                        None => Columns::All,
                    };
                    traces.feed(k, &values, self.batched, columns, |s| begin + s * every);
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
