//! The memory of a whole run, known before its first step. The library sees one slice at a time,
//! and would refuse a slice only when memory is full, after hours.

use super::advice;
use super::picture;
use super::recorder::kept;
use super::reserved_memory::Room;
use super::session::Session;
use super::slice_memory::Slice;
use super::spec::Spec;
use super::spike_trains::Train;
use crate::exit_code::Failure;
use crate::paths::extension;
use crate::plot::{Samples, Size};
use crate::run::element::Element;
use overtime::{Coupling, DType, Device, Schema, VarSpec, memory};
use overtime_model::SystemSpec as System;
use overtime_model::out_vars::{self, OutVar};
use std::fmt::Write;

/// The bytes of small allocations during a run: buffers of files, lists of events.
const SMALL: u64 = 8 << 20;

/// Bytes by their purpose.
#[derive(Debug, Default)]
struct Need(Vec<(u64, &'static str)>);

impl Need {
    fn add(&mut self, bytes: u64, what: &'static str) {
        if bytes > 0 {
            self.0.push((bytes, what));
        }
    }

    fn all(&self) -> u64 {
        self.0.iter().fold(0, |sum, (bytes, _)| sum.saturating_add(*bytes))
    }
}

/// Refuses a state that does not fit into memory, with the statistics of its spikes, and an output
/// of a step that does not. A layer without a state and without weights has only the second.
pub(crate) fn of_state<T>(schema: &Schema, rows: usize, counted: u64) -> anyhow::Result<()> {
    let cells = counted.saturating_mul(rows as u64);
    let statistics = cells.saturating_mul(Train::BYTES);
    let what = if statistics > 0 { "the state, with the statistics of its spikes," } else { "the state" };
    memory::require(what, state::<T>(schema, rows).saturating_add(statistics))?;
    let output = [rows, size_of::<T>()].iter().fold(schema.output_len(), |n, by| n.saturating_mul(*by));
    Ok(memory::require("the output of a step", output as u64)?)
}

fn state<T>(schema: &Schema, rows: usize) -> u64 {
    let elements = schema.state.iter().map(VarSpec::len).fold(0_u64, |sum, n| sum.saturating_add(n as u64));
    elements.saturating_mul(rows as u64).saturating_mul(size_of::<T>() as u64)
}

/// Reserves the memory of the remaining recordings and of the run's end, or refuses the run.
pub(crate) fn reserve<T: Element>(session: &mut Session<T>) -> anyhow::Result<()> {
    session.room = of_run(session)?;
    if session.keeps() && session.spec.files.stream.is_none() {
        session.reserve_recordings()?;
    }
    session.room.set_aside()
}

/// Refuses the rest of a run if it does not fit into the free memory. Returns the memory for slices
/// and for the end.
fn of_run<T: Element>(session: &Session<T>) -> anyhow::Result<Room> {
    let (spec, files) = (&session.spec, &session.spec.files);
    let (schema, rows) = (session.over_time.schema(), session.over_time.batch().unwrap_or(1));
    let wanted = spec.recorded()?;
    // The bytes of a step of one batch row.
    let vars = wanted.iter().fold(0_u64, |sum, want| sum.saturating_add(want.bytes::<T>(schema)));
    let output = (schema.output_len() as u64).saturating_mul(size_of::<T>() as u64);
    // Variables without a file are recorded all the same, except those for a picture.
    let astray = files.out.is_none() && files.plot.is_none() && files.spikes.is_none();
    let (width, times) = match &files.out {
        Some(_) if files.stream.is_some() => (0, 0),
        Some(_) => (vars.saturating_add(output), size_of::<f64>() as u64),
        None => (if astray { vars } else { 0 }, 0),
    };
    let step = width.saturating_mul(rows as u64).saturating_add(times);
    let recorded = |from: u64, steps: u64| kept(from, steps, spec.record_every).saturating_mul(step);
    let all = recorded(session.begin, session.steps);

    let mut need = Need::default();
    need.add(recorded(session.begin + session.done, session.steps - session.done), "for recordings");
    let slice = Slice::least(session)?;
    need.add(slice.bytes(), if slice.whole { "for the slice of all steps" } else { "for the recording of a step" });
    if session.steps - session.done > 1 {
        need.add(slice.lingers(), "for the remains of the step before");
    }
    if schema.coupling == Coupling::Network && session.over_time.device() == Device::Cpu {
        need.add(state::<T>(schema, rows), "for the copy of the state that finds the step with a NaN");
    }
    let (gathered, values) = of_boxplots(session)?;
    need.add(gathered, "for the statistics of the picture");
    need.add(SMALL, "for buffers");
    // No slice exists at the end, nor while a checkpoint is written.
    let (end, what) = end(session, all, (gathered, values))?;
    let aside = end.saturating_sub(slice.returned());
    need.add(aside, what);
    let free = memory::free();
    refuse(&need, spec, astray && vars > 0)?;
    Ok(Room::new(slice.bytes(), aside, free.saturating_sub(need.all())))
}

/// The bytes of what a run gathers for box plots, and of the values of a box at the end.
fn of_boxplots<T: Element>(session: &Session<T>) -> anyhow::Result<(u64, u64)> {
    let (schema, batch) = (session.over_time.schema(), session.over_time.batch());
    if session.spec.files.plot.is_none() {
        return Ok((0, 0));
    }
    let populations: Vec<usize> = match &session.spec.system {
        System::Network(_) => session.populations().iter().map(|p| (p.units.end - p.units.start) as usize).collect(),
        _ => vec![schema.output_len()],
    };
    Ok(Samples::bytes(&picture::panels(&session.spec, schema, batch, None)?, &populations, batch.unwrap_or(1)))
}

/// The largest need after the last step or for a checkpoint, beside the recordings, which take
/// `all`.
fn end<T: Element>(
    session: &Session<T>,
    all: u64,
    (gathered, boxes): (u64, u64),
) -> anyhow::Result<(u64, &'static str)> {
    let (spec, files) = (&session.spec, &session.spec.files);
    let (schema, rows) = (session.over_time.schema(), session.over_time.batch().unwrap_or(1));
    let elements = |n: usize, size: usize| (n as u64).saturating_mul(size as u64);
    let weights = session
        .over_time
        .system()
        .weights()
        .iter()
        .fold(0_u64, |sum, w| sum.saturating_add(elements(w.values.len(), size_of::<T>())));
    let state = state::<T>(schema, rows).saturating_add(weights);
    let mut ends = vec![(0, "")];
    if files.checkpoint.is_some() {
        let series = session.input.iter().chain(session.named.iter().map(|(_, x)| x));
        let series = series
            .fold(state.saturating_add(all), |sum, x| sum.saturating_add(elements(x.values.len(), size_of::<T>())));
        let arrays =
            session.arrays.0.values().fold(series, |sum, x| sum.saturating_add(elements(x.len(), size_of::<f64>())));
        let trains = session.recorder.trains.iter().fold(arrays, |sum, train| sum.saturating_add(train.bytes()));
        ends.push((trains.saturating_add(gathered), "for the copy of a checkpoint"));
    }
    match files.out.as_deref().map(extension).as_deref() {
        Some("safetensors") => ends.push((all, "for the copy of a safetensors file")),
        // The file is written array by array.
        Some(_) if T::DTYPE == DType::Bf16 && files.stream.is_none() => {
            let widths = spec.recorded()?.into_iter().filter(OutVar::has_values).map(|want| want.width(schema));
            let widest = widths.max().unwrap_or(0).max(schema.output_len());
            let steps = kept(session.begin, session.steps, spec.record_every);
            ends.push((
                steps.saturating_mul(elements(widest.saturating_mul(rows), size_of::<f32>())),
                "for a recording in f32",
            ));
        }
        _ => {}
    }
    if files.save_state.is_some() {
        ends.push((state, "for a copy of the state"));
    }
    if let Some(path) = &files.plot {
        let vars = spec.system.out_vars(spec.out_vars.as_deref())?;
        let largest =
            vars.iter().filter(|want| want.histogram).filter_map(|want| out_vars::elements(schema, &want.var)).max();
        let values =
            largest.map_or(0, |len| state.saturating_add(elements(len.saturating_mul(rows), size_of::<f64>())));
        ends.push((Size::new(&spec.plot)?.bytes(path).saturating_add(values).saturating_add(boxes), "for the picture"));
    }
    Ok(ends.into_iter().max_by_key(|(bytes, _)| *bytes).unwrap_or_default())
}

fn refuse(need: &Need, spec: &Spec, astray: bool) -> anyhow::Result<()> {
    let Err(overtime::Error::OutOfMemory { need: all, free, .. }) = memory::require("this run", need.all()) else {
        return Ok(());
    };
    let mut ways = String::new();
    for (bytes, what) in &need.0 {
        let _ = write!(ways, "{} {bytes} {what}", if ways.is_empty() { ":" } else { "," });
    }
    if astray {
        ways.push_str("; --out-vars names variables, and no --out has a file for them");
    }
    ways.push_str(&advice::of_memory(spec));
    Err(Failure::Memory { what: "this run".to_owned(), need: all, free, ways }.into())
}
