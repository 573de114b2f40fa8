//! What a whole run takes of memory, known before its first step: the library sees a slice at a time, and would refuse the slice, hours later,
//! that is one too many.

use super::recorder::kept;
use super::session::Session;
use super::spec::extension;
use super::trains::Train;
use super::wanted;
use crate::exit::Failure;
use crate::model::Build;
use overtime::{Coupling, Device, Schema, VarSpec, memory};
use std::fmt::Write;

/// Bytes, by what they are for.
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

/// Refuses a state, with the statistics of its spikes, that does not fit.
pub(crate) fn of_state<T>(schema: &Schema, rows: usize, counted: u64) -> anyhow::Result<()> {
    let cells = counted.saturating_mul(rows as u64);
    let statistics = cells.saturating_mul(Train::BYTES);
    let what = if statistics > 0 { "the state, with the statistics of its spikes," } else { "the state" };
    Ok(memory::require(what, state::<T>(schema, rows).saturating_add(statistics))?)
}

fn state<T>(schema: &Schema, rows: usize) -> u64 {
    let elements = schema.state.iter().map(VarSpec::len).fold(0_u64, |sum, n| sum.saturating_add(n as u64));
    elements.saturating_mul(rows as u64).saturating_mul(size_of::<T>() as u64)
}

/// Refuses what is left of a run if it does not fit beside what is there already.
pub(crate) fn of_run<T: Build>(session: &Session<T>) -> anyhow::Result<()> {
    let (spec, files) = (&session.spec, &session.spec.files);
    let (schema, rows) = (session.over_time.schema(), session.over_time.batch().unwrap_or(1));
    let wanted = wanted::recorded(spec.out_vars.as_deref())?;
    let vars = wanted.iter().filter(|want| !want.events).fold(0_usize, |sum, want| sum.saturating_add(want.width(schema)));
    // Variables that go nowhere are asked for all the same, but for those that a picture shows.
    let astray = files.out.is_none() && files.plot.is_none() && files.spikes.is_none();
    let (width, times) = match &files.out {
        Some(_) if files.stream.is_some() => (0, 0),
        Some(_) => (vars.saturating_add(schema.output_len()), size_of::<f64>()),
        None => (if astray { vars } else { 0 }, 0),
    };
    let step = [rows, size_of::<T>()].iter().fold(width, |n, by| n.saturating_mul(*by)).saturating_add(times) as u64;
    let recorded = |from: u64, steps: u64| kept(from, steps, spec.record_every).saturating_mul(step);
    let all = recorded(session.begin, session.steps);

    let mut need = Need::default();
    need.add(recorded(session.begin + session.done, session.steps - session.done), "for recordings");
    // Of a sequence the loop holds all steps at once.
    if schema.coupling == Coupling::Sequence && !session.keeps_nothing() {
        need.add(all.max(session.steps.saturating_mul(session.bytes_per_step() as u64)), "for the slice of all steps");
    }
    let state = state::<T>(schema, rows);
    if schema.coupling == Coupling::Network && session.over_time.device() == Device::Cpu {
        need.add(state, "for the copy of the state that a step with a NaN is found by");
    }
    if files.checkpoint.is_some() {
        let elements = |n: usize, size: usize| (n as u64).saturating_mul(size as u64);
        let series = session.input.as_ref().map_or(0, |x| elements(x.len(), size_of::<T>()));
        let arrays = session.arrays.0.values().fold(series, |sum, x| sum.saturating_add(elements(x.len(), size_of::<f64>())));
        let trains = session.recorder.trains.iter().fold(arrays, |sum, train| sum.saturating_add(train.bytes()));
        need.add(all.saturating_add(state).saturating_add(trains), "for the copy that a checkpoint is made of");
    } else if files.out.as_deref().is_some_and(|out| extension(out) == "safetensors") {
        need.add(all, "for the copy that a safetensors file is made of");
    }
    let drawn = files.plot.is_some()
        && wanted::parse(spec.out_vars.as_deref().unwrap_or_default()).is_ok_and(|all| all.iter().any(|w| w.histogram));
    if files.save_state.is_some() || drawn {
        need.add(state, "for a copy of the state");
    }
    refuse(&need, all > 0 || files.checkpoint.is_some(), astray && vars > 0)
}

fn refuse(need: &Need, recordings: bool, astray: bool) -> anyhow::Result<()> {
    let all = need.all();
    let Err(overtime::Error::OutOfMemory { need: bytes, free, .. }) = memory::require("this run", all) else { return Ok(()) };
    let mut ways = String::new();
    for (bytes, what) in &need.0 {
        let _ = write!(ways, "{} {bytes} {what}", if ways.is_empty() { ":" } else { "," });
    }
    if astray {
        ways.push_str(", which --out-vars asks for and no --out says where to write");
    }
    if recordings {
        ways.push_str(
            ". --stream (with --out FILE.npz) writes recordings to disk while the run goes on; --record-every K keeps one step in K; \
             --out-vars takes fewer variables, or some units of them, V[0..5], or events, spike:events",
        );
    }
    Err(Failure::Memory { what: "this run".to_owned(), need: bytes, free, ways }.into())
}
