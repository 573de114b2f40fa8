//! Sets up a run: reads its files, builds the loop, and finds its length and its batch.

use super::advice;
use super::initial_state::{self, Start};
use super::length;
use super::memory_need;
use super::picture;
use super::recorder::{Buffer, Kept, KeptBits, Recorder, first_axis};
use super::reserved_memory::Room;
use super::series::{self, Series};
use super::session::{Place, Session};
use super::spec::{Given, Lengths, Spec};
use super::spike_trains::Train;
use super::streams;
use crate::exit_code::{in_file, of_model, usage};
use crate::run::element::Element;
use crate::spikes::SPIKES;
use anyhow::Context;
use ndarray::ArrayD;
use overtime::{LoopOverTime, Monitor, Strategy, monitor};
use overtime_model::{Arrays, Axis, Loaded, SystemSpec as System, files};

/// Reads all files, builds the loop, and finds the length of the run.
pub(crate) fn new<T: Element>(mut spec: Spec, place: &Place) -> anyhow::Result<Session<T>> {
    if let Some(Lengths::File(path, name)) = &spec.lengths {
        let array = files::one(path, name.as_deref()).map_err(of_model).context("lengths");
        let rows = array.and_then(|array| length::of_rows(&array));
        spec.lengths = Some(Lengths::Known(rows.map_err(|e| spec.of_setting("lengths", e))?));
    }
    let input = series::from_file::<T>(&spec.input, "input", spec.lengths.is_some());
    let input = input.map_err(|e| spec.of_setting("input", e))?;
    let named = match &spec.input {
        Given::Named(all) => all
            .iter()
            .filter_map(|(name, given)| {
                Some((name.clone(), series::from_file::<T>(given, &format!("input of `{name}`"), false).transpose()?))
            })
            .map(|(name, series)| Ok((name, series?)))
            .collect::<anyhow::Result<Vec<_>>>()
            .map_err(|e| spec.of_setting("input", e))?,
        _ => Vec::new(),
    };
    advice::check_constants::<T>(&spec.input).map_err(|e| spec.of_setting("input", e))?;
    let arrays = spec.system.arrays(spec.model.as_deref()).map_err(of_model)?;
    advice::check_values::<T>(&spec, &arrays)?;
    let state = match &spec.state {
        Some(path) => Some((path.clone(), Start::read(path).map_err(|e| spec.of_setting("state", e))?)),
        None => None,
    };
    // The synapses come from the seed of the state, whatever the seed of later random numbers is.
    if let Some(seed) = state.as_ref().and_then(|(_, state)| state.made_by()) {
        spec.seed = seed;
    }
    if let Some(t) = state.as_ref().and_then(|(_, state)| state.time()).filter(|_| spec.own_t0) {
        return Err(usage(format!(
            "--t0 (`t0`) is given beside a state, whose clock goes on from t = {t} ms: leave it out, or give the state as an npz of its \
             variables, which has no clock"
        )));
    }
    let system = spec.system.build_with::<T>(&arrays, spec.seed, spec.dt);
    let system = system.map_err(|e| in_file(of_model(e), spec.model.as_deref()))?;
    let schema = system.schema();
    let first = schema.inputs.first().zip(input.as_ref().map(ArrayD::shape));
    let by_name = named
        .iter()
        .filter_map(|(name, x)| Some((schema.inputs.iter().find(|port| port.name == name.as_str())?, x.shape())));
    let inputs: Vec<_> = first.into_iter().chain(by_name).collect();
    let batch = length::batch(&spec, &inputs)?;
    length::unambiguous(&spec, &inputs)?;
    length::has_rows(&spec, batch)?;
    let weights = spec.weights.clone();
    let mut session = build(spec, place, system, batch)?;
    session.arrays = arrays;
    if let Some(path) = weights {
        initial_state::weights(&mut session, &path).map_err(|e| session.spec.of_setting("weights", e))?;
    }
    if let Some((path, state)) = state {
        initial_state::state(&mut session, &path, state).map_err(|e| session.spec.of_setting("state", e))?;
    }
    set_inputs(&mut session, input, named)?;
    (session.begin, session.t) = (session.over_time.i(), session.over_time.t());
    session.every()?;
    session.start_statistics()?;
    memory_need::reserve(&mut session)?;
    if session.spec.files.plot.is_some() {
        let axes = session.input.as_ref().map(|series| series.values.ndim());
        let panels = picture::panels(&session.spec, session.over_time.schema(), batch, axes)?;
        session.traces = Some(session.traces(panels)?);
    }
    streams::create(&mut session)?;
    Ok(session)
}

/// Sets the inputs of the session, from files or from sequences and stimuli, and the length of the
/// run.
fn set_inputs<T: Element>(
    session: &mut Session<T>,
    first: Option<ArrayD<T>>,
    named: Vec<(String, ArrayD<T>)>,
) -> anyhow::Result<()> {
    let mut run = series::Run {
        steps: None,
        dt: session.over_time.dt(),
        seed: session.spec.draw.unwrap_or(session.spec.seed),
        batched: session.over_time.batch().is_some(),
        batch_major: session.recorder.batch_major,
    };
    let of_file = |spec: &Spec, values: ArrayD<T>| {
        let time_axis = length::time_axis(spec, run.batched, values.shape());
        Series { values, time_axis, repeats: false }
    };
    session.input = first.map(|values| of_file(&session.spec, values));
    session.named = named.into_iter().map(|(name, values)| (name, of_file(&session.spec, values))).collect();
    // A stimulus with a duration determines the length of the run, which determines the length of
    // the other stimuli.
    make_inputs(session, &run)?;
    let mut given = session.input.as_ref().and_then(Series::steps);
    for (name, series) in &session.named {
        let Some(own) = series.steps() else { continue };
        let expected = *given.get_or_insert(own);
        if own != expected {
            let argument = format!("input of `{name}`");
            return Err(overtime::Error::Shape { argument, axis: "time".into(), expected, given: own }.into());
        }
    }
    session.steps = length::steps(&session.spec, given, |d| session.over_time.steps_of(d))?;
    run.steps = Some(session.steps);
    make_inputs(session, &run)
}

/// Makes the arrays of sequences and stimuli that are possible now and missing.
fn make_inputs<T: Element>(session: &mut Session<T>, run: &series::Run) -> anyhow::Result<()> {
    let schema = session.over_time.schema().clone();
    let spec = &session.spec;
    let in_model = |e| spec.of_setting("input", e);
    let units = |port: usize| if port < schema.inputs.len() { schema.input_len(port) } else { 1 };
    match &session.spec.input {
        Given::Named(all) => {
            for (name, given) in all {
                if session.named.iter().all(|(own, _)| own != name) {
                    let port = schema.inputs.iter().position(|port| port.name == name.as_str());
                    let units = port.map_or(1, units);
                    session.named.extend(
                        series::made(given, units, run).map_err(in_model)?.map(|series| (name.clone(), series)),
                    );
                }
            }
        }
        given if session.input.is_none() => session.input = series::made(given, units(0), run).map_err(in_model)?,
        _ => {}
    }
    Ok(())
}

/// A session before its first step.
pub(crate) fn build<T: Element>(
    mut spec: Spec,
    place: &Place,
    system: Loaded<T>,
    batch: Option<usize>,
) -> anyhow::Result<Session<T>> {
    // A resumed run has the same device and batch, so that a checkpoint needs them.
    spec.device = place.device.to_string();
    spec.batch = batch.map(|rows| rows as u64);
    let schema = system.schema();
    spec.warnings.extend(spec.files.check_pieces(&schema)?);
    let wanted = spec.recorded()?;
    let keeps = spec.files.out.is_some();
    let mut monitors: Vec<Monitor> = Vec::new();
    let mut vars = Vec::new();
    // The loop gets all monitors even if nothing is kept: a wrong name is an error either way.
    for want in &wanted {
        monitors.push(want.monitor(&schema).map_err(|e| spec.of_setting("out_vars", e.into()))?);
        if keeps {
            let empty = match (want.events, want.bits) {
                (true, _) => Kept::Events(Default::default()),
                (_, true) => Kept::Bits(KeptBits { bytes: Buffer::new(), units: want.width(&schema) as u64 }),
                _ => Kept::Dense(Buffer::new()),
            };
            vars.push((want.name.clone(), empty));
        }
    }
    let spikes = schema.state.iter().find(|v| v.name == "spike");
    if let Some(var) = spikes {
        monitors.push(monitor(var.name.clone()).named(SPIKES).events().every(1));
    }
    let rows = batch.unwrap_or(1);
    let counted = match &spec.system {
        System::Network(net) => net.groups.iter().fold(0_u64, |sum, group| sum.saturating_add(group.neurons.size)),
        _ => 0,
    };
    memory_need::of_state::<T>(&schema, rows, counted)?;
    let trains = match &spec.system {
        System::Network(net) => Train::all(net, rows, keeps && spec.files.stream.is_none())?,
        _ => Vec::new(),
    };
    monitors.extend(trains.iter().map(Train::monitor));
    // The picture is planned even if it is not drawn, for the same reason.
    let mut panels = picture::panels(&spec, &schema, batch, None)?;
    panels.retain(|_| spec.files.plot.is_some());
    monitors.extend(panels.iter().enumerate().filter_map(|(k, panel)| panel.monitor(k)));
    let strategy: Strategy = spec.strategy.parse()?;
    let batch_major = spec.first_axis == Axis::B;
    let builder = LoopOverTime::<T, _>::builder(system)
        .device(place.device)
        .strategy(strategy)
        .batch(batch)
        .dt(spec.dt)
        .t0(spec.t0)
        .seed(spec.seed)
        .first_axis(first_axis(batch_major))
        .record_every(spec.record_every)
        .record_output(keeps || !panels.is_empty())
        .out_vars(monitors);
    let over_time = builder.build().map_err(|e| match &e {
        overtime::Error::Unknown { .. } => spec.of_setting("out_vars", e.into()),
        overtime::Error::Value { argument, .. } if argument == "dt" => spec.of_setting("dt", e.into()),
        _ => in_file(e.into(), spec.model.as_deref()),
    })?;
    let recorder = Recorder {
        ts: Vec::new(),
        output: Buffer::new(),
        vars,
        spikes: spikes.map(|_| 0),
        trains,
        stream: None,
        batched: batch.is_some(),
        batch_major,
    };
    let (steps, done, begin, t) = (0, 0, over_time.i(), over_time.t());
    let arrays = Arrays::default();
    let (input, traces, spikes) = (None, None, None);
    let named = Vec::new();
    let room = Room::default();
    Ok(Session {
        over_time,
        spec,
        arrays,
        input,
        named,
        steps,
        done,
        begin,
        t,
        events_before: 0.0,
        recorder,
        traces,
        spikes,
        room,
    })
}
