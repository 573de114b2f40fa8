//! The values of a run that its picture needs.

use super::recorder::time_major;
use super::spec::Spec;
use crate::exit_code::in_file;
use crate::plot::{Columns, Drive, Grid, Panel, Raster, Source, Subject, Traces, clock, monitor_name, plan};
use ndarray::ArrayViewD;
use overtime::{Recording, Scalar, Schema};
use overtime_model::SystemSpec as System;
use overtime_model::network::Population;
use overtime_model::out_vars;

/// The panels of a run. `axes` is how many the input has, where it has been read.
pub(crate) fn panels(
    spec: &Spec,
    schema: &Schema,
    batch: Option<usize>,
    axes: Option<usize>,
) -> anyhow::Result<Vec<Panel>> {
    let given = match (&spec.input, axes) {
        (given, Some(1)) if given.varies() => Drive::Shared,
        (given, _) if given.varies() => Drive::Series,
        _ => Drive::Constant,
    };
    let subject = Subject {
        system: &spec.system,
        batch,
        output: schema.output_len(),
        input: if schema.inputs.is_empty() { 0 } else { schema.input_len(0) },
        given,
        elements: &|want| out_vars::elements(schema, &want.var),
        names: spec.system.names(schema),
        columns: Vec::new(),
        out_vars: spec.out_vars.as_deref(),
        plot: &spec.plot,
    };
    plan(&subject).map_err(|e| if spec.plot_in_file { in_file(e, spec.model.as_deref()) } else { e })
}

/// Room for the values of these panels, of a run of `steps` from a step of this index and time on.
pub(crate) fn traces(
    spec: &Spec,
    panels: Vec<Panel>,
    (populations, units, rows): (&[Population], usize, usize),
    (begin, t, dt, steps): (u64, f64, f64, u64),
) -> anyhow::Result<Traces> {
    let clock = clock(&spec.system);
    let grid = Grid::new(clock, (begin, t, dt, steps), spec.plot.window);
    let grid = grid.map_err(|e| if spec.plot_in_file { in_file(e, spec.model.as_deref()) } else { e })?;
    let ms = grid.steps as f64 * dt;
    // A window of the picture is that of its box plots.
    let counted = match spec.plot.window {
        Some(_) => grid.begin,
        None => spec.statistics_begin((begin, t, dt, steps))?,
    };
    let raster = match &spec.system {
        System::Network(_) => Raster::network(populations, rows, ms),
        System::Neurons(_) => Raster::group(units, rows, ms),
        System::Sequential(_) => Raster::network(&[], rows, ms),
    };
    Traces::new(panels, clock, grid, (raster, counted))
}

/// How the arrays of a run lie.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Shape {
    pub(crate) batched: bool,
    pub(crate) batch_major: bool,
    /// The input at every step, where it is no series.
    pub(crate) constant: f64,
    /// Output is recorded at steps whose index is a multiple of this.
    pub(crate) every: u64,
}

/// Takes what the picture needs of a slice that began at step `first`. `input` is the slice of the
/// series given, if one was.
pub(crate) fn feed<T: Scalar>(
    traces: &mut Traces,
    first: u64,
    slice: &Recording<T>,
    input: Option<ArrayViewD<'_, T>>,
    shape: Shape,
) -> anyhow::Result<()> {
    for k in 0..traces.panels.len() {
        let Some(panel) = traces.panels.get(k).cloned() else { continue };
        match (&panel.source, &input) {
            (Source::Var { .. }, _) => {
                let values = time_major(slice.get(&monitor_name(k))?, shape.batch_major);
                traces.feed(k, &values, shape.batched, Columns::Of(&panel.units()), |s| first + s);
            }
            (Source::Output, _) => {
                let values = time_major(&slice.output, shape.batch_major);
                // Only steps whose index is a multiple of `every` are there.
                let (start, every) = (first.next_multiple_of(shape.every.max(1)), shape.every.max(1));
                traces.feed(k, &values, shape.batched, Columns::All, |s| start + s * every);
            }
            (Source::Input, Some(values)) if values.ndim() == 1 => {
                traces.feed(k, values, false, Columns::One, |s| first + s);
            }
            (Source::Input, Some(values)) => traces.feed(k, values, shape.batched, Columns::All, |s| first + s),
            (Source::Input, None) => traces.hold(k, first..first + slice.steps, shape.constant),
            // Spikes come below, values of histograms at the end.
            (Source::Raster | Source::Rates | Source::Boxplot(_) | Source::Histogram(_), _) => {}
        }
    }
    for name in traces.recordings() {
        let events = slice.events(&name)?;
        let all = events.step.iter().zip(events.row.iter().zip(&events.unit));
        traces.spikes(&name, all.map(|(step, (row, unit))| (*step, *row, *unit)));
    }
    Ok(())
}
