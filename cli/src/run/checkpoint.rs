//! Checkpoints. A checkpoint is the loop's state file, with its clock and seed, and has in addition
//! the run's specification, the rest of the input, and all recordings. The names of tensors that
//! are not state begin with `run/`.

use super::initial_state;
use super::initial_state::{RUN, without_run};
use super::length;
use super::memory_need;
use super::picture;
use super::recorder::{Buffer, Kept};
use super::saved_statistics;
use super::series::Series;
use super::session::{Place, Session};
use super::setup;
use super::spec::{Given, Spec};
use super::spike_trains::synaptic_events;
use super::streams;
use super::tensors::{bytes, indices, numbers, read_bytes, read_indices, read_numbers, read_whole, whole};
use crate::exit_code::{Failure, of_model};
use crate::plot::Grid;
use crate::run::element::Element;
use ndarray::{Array2, ArrayD};
use overtime::states::{self, Tensor};
use overtime::{Error, Events};
use overtime_model::Arrays;
use overtime_model::files::{self, Kind};
use serde::{Deserialize, Serialize};
use std::path::Path;

const VERSION: u32 = 1;
const SPEC: &str = "run.spec";
const PROGRESS: &str = "run.progress";

/// The progress of the run.
#[derive(Debug, Serialize, Deserialize)]
struct Progress {
    version: u32,
    begin: u64,
    steps: u64,
    done: u64,
    time_axis: usize,
    spikes: Option<u64>,
    grid: Option<Grid>,
    /// The time at which the run began.
    #[serde(default)]
    t: f64,
    /// The rows of each streamed array of the results, and of the spikes.
    #[serde(default)]
    stream: Vec<(String, u64)>,
    #[serde(default)]
    spike_stream: Vec<(String, u64)>,
}

/// Writes the session's checkpoint, if it has one. `from` is the number of used steps of the
/// session's input.
pub(crate) fn write<T: Element>(session: &mut Session<T>, from: usize) -> anyhow::Result<()> {
    if session.spec.files.checkpoint.is_none() {
        return Ok(());
    }
    // The streams come before the checkpoint, which has their lengths.
    let (stream, spikes) = streams::sync(session)?;
    let session = &*session;
    let Some(path) = &session.spec.files.checkpoint else { return Ok(()) };
    let mut file = initial_state::file(session)?;
    let mut add = |name: String, tensor: Tensor| file.tensors.push((format!("{RUN}{name}"), tensor));
    if let Some(series) = &session.input {
        add("input".into(), Tensor::try_from_array(series.rest(from))?);
    }
    for (name, series) in &session.named {
        add(format!("input/{name}"), Tensor::try_from_array(series.rest(from))?);
    }
    for (name, array) in &session.arrays.0 {
        add(format!("arrays/{name}"), Tensor::try_from_array(array.view())?);
    }
    if session.keeps() && session.recorder.stream.is_none() {
        let recorder = &session.recorder;
        add("ts".into(), numbers(&recorder.ts)?);
        add("output".into(), Tensor::try_from_array(recorder.output.time_major()?)?);
        for (name, kept) in &recorder.vars {
            match kept {
                Kept::Dense(buffer) => add(format!("var/{name}"), Tensor::try_from_array(buffer.time_major()?)?),
                Kept::Events(events) => {
                    add(format!("var/{name}/step"), whole(&events.step)?);
                    add(format!("var/{name}/row"), whole(&indices(&events.row)?)?);
                    add(format!("var/{name}/unit"), whole(&indices(&events.unit)?)?);
                }
                Kept::Bits(bits) => add(format!("var/{name}/bits"), bytes(bits.bytes.time_major()?)?),
            }
        }
    }
    for (k, train) in session.recorder.trains.iter().enumerate() {
        train.save(|name, tensor| add(format!("train/{k}/{name}"), tensor))?;
    }
    if let Some(traces) = &session.traces {
        add("plot/counts".into(), Tensor::from_array(traces.raster.counts.view().into_dyn()));
        add("plot/low".into(), Tensor::from_array(traces.low.view().into_dyn()));
        add("plot/high".into(), Tensor::from_array(traces.high.view().into_dyn()));
        add(
            "plot/dots".into(),
            whole(traces.raster.dots.iter().flat_map(|(step, cell)| [*step, *cell as u64]).collect::<Vec<_>>())?,
        );
        let marks = traces.marks.iter().flat_map(|(row, bin)| [*row as u64, *bin as u64]);
        add("plot/marks".into(), whole(marks.collect::<Vec<_>>())?);
        for (k, sample) in traces.samples.populations().iter().enumerate() {
            if let Some(neurons) = &sample.neurons {
                saved_statistics::save(neurons, |name, tensor| add(format!("plot/neurons/{k}/{name}"), tensor))?;
            }
            if let Some(pairs) = &sample.pairs {
                add(format!("plot/pairs/{k}"), saved_statistics::save_pairs(pairs)?);
            }
        }
    }
    let progress = Progress {
        version: VERSION,
        begin: session.begin,
        steps: session.steps,
        done: session.done,
        time_axis: session.input.as_ref().map_or(0, |series| series.time_axis),
        spikes: session.recorder.spikes,
        stream,
        spike_stream: spikes,
        grid: session.traces.as_ref().map(|t| t.grid),
        t: session.t,
    };
    file.metadata.insert("overtime.content".into(), "checkpoint".into());
    file.metadata.insert(SPEC.into(), serde_json::to_string(&session.spec)?);
    file.metadata.insert(PROGRESS.into(), serde_json::to_string(&progress)?);
    states::write(path, &file)?;
    tracing::info!(steps = session.done, "checkpoint written to {}", path.display());
    Ok(())
}

/// The content of a checkpoint.
pub(crate) struct Checkpoint {
    pub(crate) spec: Spec,
    progress: Progress,
    file: states::File,
}

pub(crate) fn read(path: &Path) -> anyhow::Result<Checkpoint> {
    let file = match files::kind(path).map_err(of_model)? {
        Kind::Safetensors => states::read(path)?,
        Kind::Npz | Kind::Npy => {
            return Err(Failure::Io(format!(
                "{} is not a checkpoint: a checkpoint is a safetensors file",
                path.display()
            ))
            .into());
        }
    };
    let corrupt = |reason: String| Error::Corrupt { path: path.to_owned(), reason };
    let (Some(spec), Some(progress)) = (file.metadata.get(SPEC), file.metadata.get(PROGRESS)) else {
        let reason = "not a checkpoint: it has no specification of a run (a state file is for `run --state`)";
        return Err(corrupt(reason.into()).into());
    };
    let progress: Progress =
        serde_json::from_str(progress).map_err(|e| corrupt(format!("where the run stands: {e}")))?;
    if progress.version > VERSION {
        let newer = format!(
            "{}: a checkpoint of version {}, this program knows up to {VERSION}",
            path.display(),
            progress.version
        );
        return Err(Failure::Io(newer).into());
    }
    if progress.done > progress.steps || progress.grid.is_some_and(|g| g.width == 0) {
        return Err(corrupt("where the run stands makes no sense".into()).into());
    }
    let spec: Spec = serde_json::from_str(spec).map_err(|e| corrupt(format!("the run's specification: {e}")))?;
    Ok(Checkpoint { spec, progress, file })
}

impl Checkpoint {
    /// The session at the checkpoint.
    pub(crate) fn session<T: Element>(self, place: &Place) -> anyhow::Result<Session<T>> {
        let Self { spec, progress, file } = self;
        let arrays: Vec<(String, ArrayD<f64>)> = (file.tensors.iter())
            .filter_map(|(name, tensor)| Some((name.strip_prefix(RUN)?.strip_prefix("arrays/")?.to_owned(), tensor)))
            .map(|(name, tensor)| Ok((name, tensor.to_array()?)))
            .collect::<anyhow::Result<_>>()?;
        let arrays = Arrays(arrays.into_iter().collect());
        let system = spec.system.build_with::<T>(&arrays, spec.seed, spec.dt).map_err(of_model)?;
        let batch = spec.batch.map(usize::try_from).transpose()?;
        let mut session = setup::build::<T>(spec, place, system, batch)?;
        session.arrays = arrays;
        (session.begin, session.t) = (progress.begin, progress.t);
        (session.steps, session.done) = (progress.steps, progress.done);
        let get = |name: &str| {
            let found = file.get(&format!("{RUN}{name}"));
            found.ok_or_else(|| anyhow::Error::from(Failure::Io(format!("this checkpoint lacks `{RUN}{name}`"))))
        };
        if file.get(&format!("{RUN}input")).is_some() {
            let repeats = matches!(session.spec.input, Given::Sequence(_));
            session.input = Some(Series { values: get("input")?.to_array()?, time_axis: progress.time_axis, repeats });
        }
        if let Given::Named(all) = &session.spec.input {
            let series = all.iter().filter(|(_, given)| given.varies());
            session.named = series
                .map(|(name, given)| {
                    let values: ArrayD<T> = get(&format!("input/{name}"))?.to_array()?;
                    let time_axis = length::time_axis(&session.spec, batch.is_some(), values.shape());
                    Ok((name.clone(), Series { values, time_axis, repeats: matches!(given, Given::Sequence(_)) }))
                })
                .collect::<anyhow::Result<_>>()?;
        }
        session.recorder.spikes = progress.spikes;
        if session.keeps() && session.spec.files.stream.is_none() {
            session.recorder.ts = read_numbers(get("ts")?)?;
            session.recorder.output = Buffer::from_time_major(get("output")?.to_array()?)?;
            for (name, kept) in &mut session.recorder.vars {
                match kept {
                    Kept::Dense(buffer) => *buffer = Buffer::from_time_major(get(&format!("var/{name}"))?.to_array()?)?,
                    Kept::Events(events) => {
                        let read = |part: &str| {
                            let all = read_whole(get(&format!("var/{name}/{part}"))?)?;
                            all.ok_or_else(|| wrong_type(name))
                        };
                        let indices = |part: &str| read_indices(&read(part)?);
                        *events = Events { step: read("step")?, row: indices("row")?, unit: indices("unit")? };
                    }
                    Kept::Bits(bits) => {
                        let all = read_bytes(get(&format!("var/{name}/bits"))?)?;
                        bits.bytes = Buffer::from_time_major(all.ok_or_else(|| wrong_type(name))?)?;
                    }
                }
            }
        }
        session.start_statistics()?;
        for (k, train) in session.recorder.trains.iter_mut().enumerate() {
            train.load(|name| get(&format!("train/{k}/{name}")))?;
        }
        session.events_before = synaptic_events(&session.recorder.trains, &session.populations());
        if let Some(grid) = progress.grid {
            let axes = session.input.as_ref().map(|series| series.values.ndim());
            let panels = picture::panels(&session.spec, session.over_time.schema(), batch, axes)?;
            let mut traces = session.traces(panels)?;
            let (low, high) = (get("plot/low")?.to_array()?, get("plot/high")?.to_array()?);
            let (low, high): (Array2<f64>, Array2<f64>) = (low.into_dimensionality()?, high.into_dimensionality()?);
            if low.dim() == traces.low.dim() && high.dim() == traces.high.dim() && traces.grid == grid {
                (traces.low, traces.high) = (low, high);
            }
            let counts: Array2<f64> = get("plot/counts")?.to_array()?.into_dimensionality()?;
            if counts.dim() == traces.raster.counts.dim() {
                traces.raster.counts = counts;
            }
            let dots = read_whole(get("plot/dots")?)?.unwrap_or_default();
            let pairs = |all: Vec<u64>| -> Vec<(u64, usize)> {
                all.chunks_exact(2).filter_map(|pair| Some((*pair.first()?, *pair.get(1)? as usize))).collect()
            };
            traces.raster.resume(pairs(dots));
            let marks = read_whole(get("plot/marks")?)?.unwrap_or_default();
            traces.marks = pairs(marks).into_iter().map(|(row, bin)| (row as usize, bin)).collect();
            for (k, sample) in traces.samples.populations_mut().iter_mut().enumerate() {
                if let Some(neurons) = &mut sample.neurons {
                    saved_statistics::load(neurons, |name| get(&format!("plot/neurons/{k}/{name}")))?;
                }
                if let Some(pairs) = &mut sample.pairs {
                    saved_statistics::load_pairs(pairs, get(&format!("plot/pairs/{k}"))?)?;
                }
            }
            session.traces = Some(traces);
        }
        session.over_time.load_states_file(&without_run(file), true)?;
        memory_need::reserve(&mut session)?;
        streams::open(&mut session, &progress.stream, &progress.spike_stream)?;
        Ok(session)
    }
}

fn wrong_type(name: &str) -> anyhow::Error {
    Failure::Io(format!("`{name}` of this checkpoint is of a wrong type")).into()
}
