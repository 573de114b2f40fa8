//! A run that is set up: the loop, its input, and what is kept of it.

use super::progress::short;
use super::recorder::{Buffer, Kept, Recorder, first_axis, kept};
use super::room::Room;
use super::spec::{Given, Lengths, Spec};
use super::start::{self, Start};
use super::streams::{self, Spikes};
use super::trains::Train;
use super::{advice, length, need, picture};
use crate::exit::usage;
use crate::exit::{in_file, of_model};
use crate::plot::{Panel, Traces};
use crate::run::element::Element;
use crate::spikes::SPIKES;
use anyhow::Context;
use ndarray::ArrayD;
use overtime::{Device, LoopOverTime, Monitor, Number, Strategy, Survey, memory, monitor};
use overtime_model::Axis;
use overtime_model::files;
use overtime_model::network::{Network, Population};
use overtime_model::out_vars;
use overtime_model::{Arrays, Loaded, SystemSpec as System};

/// Where a run takes place, and why not on a GPU.
#[derive(Clone, Debug)]
pub(crate) struct Place {
    pub(crate) device: Device,
    pub(crate) why_not_gpu: Option<String>,
}

impl Place {
    /// From `auto`, `cpu`, `cuda:0`.
    pub(crate) fn find(name: &str) -> anyhow::Result<Self> {
        if name == "auto" {
            let survey = Survey::new();
            let device = survey.best();
            let why_not_gpu = survey.why_not_cuda(0).filter(|_| device == Device::Cpu).map(|reason| reason.to_string());
            return Ok(Self { device, why_not_gpu });
        }
        let device: Device = name.parse()?;
        if let Device::Cuda(ordinal) = device {
            Device::cuda(ordinal)?;
        }
        Ok(Self { device, why_not_gpu: (device == Device::Cpu).then(|| "the CPU was asked for".to_owned()) })
    }
}

/// The array of a file, if the input is one.
pub(crate) fn series<T: Element>(given: &Given, what: &str, padded: bool) -> anyhow::Result<Option<ArrayD<T>>> {
    let Given::Series(path, name) = given else { return Ok(None) };
    let series = match name {
        Some(name) => files::one(path, Some(name)),
        None => files::input(path),
    };
    let series = series.map_err(of_model).with_context(|| what.to_owned())?;
    // What rows hold beyond their lengths is not looked at.
    if !padded {
        advice::check_array::<T>(path, name.as_deref(), &series, "an input")?;
    }
    Ok(Some(memory::converted("the input", series.view(), T::from_f64)?))
}

/// A run that is set up.
pub(crate) struct Session<T: Element> {
    pub(crate) over_time: LoopOverTime<T, Loaded<T>>,
    pub(crate) spec: Spec,
    /// Values that the model took from files.
    pub(crate) arrays: Arrays,
    /// The series that is still to come, if there is one.
    pub(crate) input: Option<ArrayD<T>>,
    /// Which of its axes is time.
    pub(crate) time_axis: usize,
    /// Likewise of groups by name.
    pub(crate) named: Vec<(String, ArrayD<T>)>,
    /// All steps of the run, those done, and the index of the first.
    pub(crate) steps: u64,
    pub(crate) done: u64,
    pub(crate) begin: u64,
    /// The time of the first.
    pub(crate) t: f64,
    /// Synaptic events before this process began.
    pub(crate) events_before: f64,
    /// What goes into the results; nothing is kept if nobody asked for a file of them.
    pub(crate) recorder: Recorder<T>,
    pub(crate) traces: Option<Traces>,
    /// Spikes that go to a file of their own.
    pub(crate) spikes: Option<Spikes>,
    /// What it may take beside what it keeps.
    pub(crate) room: Room,
}

impl<T: Element> Session<T> {
    /// Reads everything, builds the loop, and finds out how long the run is.
    pub(crate) fn new(mut spec: Spec, place: &Place) -> anyhow::Result<Self> {
        if let Some(Lengths::File(path, name)) = &spec.lengths {
            let array = files::one(path, name.as_deref()).map_err(of_model).context("lengths")?;
            spec.lengths = Some(Lengths::Known(length::of_rows(&array)?));
        }
        let input = series(&spec.input, "input", spec.lengths.is_some())?;
        let named = match &spec.input {
            Given::Named(all) => all
                .iter()
                .filter_map(|(name, given)| {
                    Some((name.clone(), series(given, &format!("input of `{name}`"), false).transpose()?))
                })
                .map(|(name, series)| Ok((name, series?)))
                .collect::<anyhow::Result<Vec<_>>>()?,
            _ => Vec::new(),
        };
        advice::check_constants::<T>(&spec.input)?;
        let arrays = Arrays::read(&spec.system, spec.model.as_deref()).map_err(of_model)?;
        advice::check_values::<T>(&spec.system, &arrays).map_err(|e| in_file(e, spec.model.as_deref()))?;
        let state = match &spec.state {
            Some(path) => Some((path.clone(), Start::read(path)?)),
            None => None,
        };
        // The synapses of a state are those that it was made with, whatever is drawn from there on.
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
        let mut session = Self::build(spec, place, system, batch)?;
        session.arrays = arrays;
        if let Some(path) = weights {
            start::weights(&mut session, &path)?;
        }
        if let Some((path, state)) = state {
            start::state(&mut session, &path, state)?;
        }
        if let Some(input) = &input {
            session.time_axis = length::time_axis(&session.spec, batch.is_some(), input.shape());
        }
        let mut given = input.as_ref().map(|x| x.shape().get(session.time_axis).copied().unwrap_or(0));
        for (name, x) in &named {
            let own = x.shape().get(length::time_axis(&session.spec, batch.is_some(), x.shape())).copied().unwrap_or(0);
            let expected = *given.get_or_insert(own);
            if own != expected {
                return Err(overtime::Error::Shape {
                    argument: format!("input of `{name}`"),
                    axis: "time".into(),
                    expected,
                    given: own,
                }
                .into());
            }
        }
        (session.input, session.named) = (input, named);
        session.steps = length::steps(&session.spec, given, |d| session.over_time.steps_of(d))?;
        (session.begin, session.t) = (session.over_time.i(), session.over_time.t());
        session.every()?;
        session.reserve()?;
        if session.spec.files.plot.is_some() {
            let axes = session.input.as_ref().map(ArrayD::ndim);
            let panels = picture::panels(&session.spec, session.over_time.schema(), batch, axes)?;
            session.traces = Some(session.traces(panels)?);
        }
        streams::create(&mut session)?;
        Ok(session)
    }

    /// The loop, with nothing run yet.
    pub(crate) fn build(
        mut spec: Spec,
        place: &Place,
        system: Loaded<T>,
        batch: Option<usize>,
    ) -> anyhow::Result<Self> {
        // What a checkpoint is to say: a resumed run has the same device and batch.
        spec.device = place.device.to_string();
        spec.batch = batch.map(|rows| rows as u64);
        let schema = system.schema();
        spec.warnings.extend(spec.files.check_pieces(&schema)?);
        let wanted = out_vars::recorded(spec.out_vars.as_deref())?;
        let keeps = spec.files.out.is_some();
        let mut monitors: Vec<Monitor> = Vec::new();
        let mut vars = Vec::new();
        // Asked for whether kept or not: a wrong name is an error either way.
        for want in &wanted {
            monitors.push(want.monitor(&schema)?);
            if keeps {
                let empty = if want.events { Kept::Events(Default::default()) } else { Kept::Dense(Buffer::new()) };
                vars.push((want.var.clone(), empty));
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
        need::of_state::<T>(&schema, rows, counted)?;
        let trains = match &spec.system {
            System::Network(net) => Train::all(net, rows, keeps && spec.files.stream.is_none())?,
            _ => Vec::new(),
        };
        monitors.extend(trains.iter().map(Train::monitor));
        // Planned whether drawn or not, for the same reason.
        let mut panels = picture::panels(&spec, &schema, batch, None)?;
        panels.retain(|_| spec.files.plot.is_some());
        monitors.extend(panels.iter().filter_map(Panel::monitor));
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
        let over_time = builder.build().map_err(|e| in_file(e.into(), spec.model.as_deref()))?;
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
        Ok(Self {
            over_time,
            spec,
            arrays,
            input,
            named,
            time_axis: 0,
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

    /// Room for the picture of the whole run.
    pub(crate) fn traces(&self, panels: Vec<Panel>) -> anyhow::Result<Traces> {
        let (rows, units) = (self.over_time.batch().unwrap_or(1), self.over_time.schema().output_len());
        let clock = (self.begin, self.t, self.over_time.dt(), self.steps);
        picture::traces(&self.spec, panels, (&self.populations(), units, rows), clock)
    }

    /// Which axis of a group's series is time.
    pub(crate) fn time_axis_of(&self, series: &ArrayD<T>) -> usize {
        length::time_axis(&self.spec, self.over_time.batch().is_some(), series.shape())
    }

    /// Steps from one checkpoint to the next, if there are to be several.
    pub(crate) fn every(&self) -> anyhow::Result<Option<u64>> {
        let Some(ms) = self.spec.files.checkpoint_every else { return Ok(None) };
        match self.over_time.steps_of(ms) {
            Ok(steps) if ms > 0.0 => Ok(Some(steps.max(1))),
            _ => Err(usage(format!(
                "--checkpoint-every {} is not a time above 0 ms, of so many steps as can be counted",
                Number(ms)
            ))),
        }
    }

    /// Whether results are kept.
    pub(crate) fn keeps(&self) -> bool {
        self.spec.files.out.is_some()
    }

    /// Makes room for all that is still to be recorded, and for the run's end, or refuses the run.
    pub(crate) fn reserve(&mut self) -> anyhow::Result<()> {
        self.room = need::of_run(self)?;
        if self.keeps() && self.spec.files.stream.is_none() {
            self.reserve_recordings()?;
        }
        self.room.set_aside()
    }

    fn reserve_recordings(&mut self) -> anyhow::Result<()> {
        let steps = kept(self.over_time.i(), self.steps - self.done, self.spec.record_every);
        memory::reserve("recording the times", &mut self.recorder.ts, usize::try_from(steps).unwrap_or(usize::MAX))?;
        let schema = self.over_time.schema();
        let rows = self.over_time.batch().unwrap_or(1);
        self.recorder.output.reserve("recording the output", steps, schema.output_len().saturating_mul(rows))?;
        let wanted = out_vars::recorded(self.spec.out_vars.as_deref())?;
        for (want, (name, kept)) in wanted.iter().zip(&mut self.recorder.vars) {
            if let Kept::Dense(buffer) = kept {
                buffer.reserve(&format!("recording `{name}`"), steps, want.width(schema).saturating_mul(rows))?;
            }
        }
        Ok(())
    }

    /// Elements that a step computes, more or less.
    pub(crate) fn elements(&self) -> usize {
        let schema = self.over_time.schema();
        let state: usize =
            schema.state.iter().map(overtime::VarSpec::len).fold(schema.output_len(), usize::saturating_add);
        state.saturating_mul(self.over_time.batch().unwrap_or(1))
    }

    /// A network's populations.
    pub(crate) fn populations(&self) -> Vec<Population> {
        let System::Network(net) = &self.spec.system else { return Vec::new() };
        net.populations(|p| self.arrays.0.get(&format!("{}.pre", p.name)).map_or(0, |pre| pre.len() as u64))
    }

    /// Size and batch in words.
    pub(crate) fn describe(&self) -> String {
        let what = match &self.spec.system {
            System::Neurons(group) if group.size == 1 => format!("1 {} neuron", group.kind),
            System::Neurons(group) => format!("{} {} neurons", group.size, group.kind),
            System::Network(net) => {
                let neurons: u64 = net.groups.iter().map(|g| g.neurons.size).sum();
                format!("{neurons} neurons, {} synapses", short(Network::synapses(&self.populations())))
            }
            System::Sequential(layers) if layers.len() == 1 => "1 layer".to_owned(),
            System::Sequential(layers) => format!("{} layers", layers.len()),
        };
        match self.over_time.batch() {
            Some(rows) => format!("{what}, batch of {rows}"),
            None => what,
        }
    }
}

/// A usage error about something this run was not started with.
pub(crate) fn was_not_kept(what: &str) -> anyhow::Error {
    usage(format!("this run was started without {what}, so nothing was kept for it"))
}
