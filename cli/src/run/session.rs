//! A run that is ready: the loop, its input, and its recordings.

use super::picture;
use super::progress::short;
use super::recorder::{Kept, Recorder, kept};
use super::reserved_memory::Room;
use super::series::Series;
use super::spec::Spec;
use super::spike_file::Spikes;
use crate::exit_code::usage;
use crate::plot::{Panel, Traces};
use crate::run::element::Element;
use overtime::{Device, LoopOverTime, Number, Survey, memory};
use overtime_model::network::{Network, Population};
use overtime_model::{Arrays, Loaded, SystemSpec as System};

/// The device of a run, and the reason if it is no GPU.
#[derive(Clone, Debug)]
pub(crate) struct Place {
    pub(crate) device: Device,
    pub(crate) why_not_gpu: Option<String>,
}

impl Place {
    /// The device of this name: `auto`, `cpu`, `cuda:0`.
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
        Ok(Self { device, why_not_gpu: (device == Device::Cpu).then(|| "the CPU was requested".to_owned()) })
    }
}

/// A run that is ready.
pub(crate) struct Session<T: Element> {
    pub(crate) over_time: LoopOverTime<T, Loaded<T>>,
    pub(crate) spec: Spec,
    /// The arrays of the model's values.
    pub(crate) arrays: Arrays,
    /// The rest of the input series, if there is one.
    pub(crate) input: Option<Series<T>>,
    /// The same for groups by name.
    pub(crate) named: Vec<(String, Series<T>)>,
    /// All steps of the run, the steps made so far, and the index of the first step.
    pub(crate) steps: u64,
    pub(crate) done: u64,
    pub(crate) begin: u64,
    /// The time of the first step.
    pub(crate) t: f64,
    /// The number of synaptic events before this process.
    pub(crate) events_before: f64,
    /// The recordings; nothing is kept without a file of results.
    pub(crate) recorder: Recorder<T>,
    pub(crate) traces: Option<Traces>,
    /// The spikes for a file of their own.
    pub(crate) spikes: Option<Spikes>,
    /// The memory beside the recordings.
    pub(crate) room: Room,
}

impl<T: Element> Session<T> {
    /// Index and time of the first step of the run, the length of a step, and the number of steps.
    pub(crate) fn clock(&self) -> (u64, f64, f64, u64) {
        (self.begin, self.t, self.over_time.dt(), self.steps)
    }

    /// Starts the statistics of populations, at `statistics_from` if there is such a time.
    ///
    /// # Errors
    /// If no step of the run is left.
    pub(super) fn start_statistics(&mut self) -> anyhow::Result<()> {
        let from = self.spec.statistics_begin(self.clock())?;
        let (steps, populations) = ((self.begin, from..self.begin.saturating_add(self.steps)), self.populations());
        let dt = self.over_time.dt();
        self.recorder.trains.iter_mut().try_for_each(|train| train.start(steps.clone(), dt, &populations))
    }

    /// Room for the picture of the whole run.
    pub(crate) fn traces(&self, panels: Vec<Panel>) -> anyhow::Result<Traces> {
        let (rows, units) = (self.over_time.batch().unwrap_or(1), self.over_time.schema().output_len());
        picture::traces(&self.spec, panels, (&self.populations(), units, rows), self.clock())
    }

    /// The number of steps between two checkpoints, if there are several.
    pub(crate) fn every(&self) -> anyhow::Result<Option<u64>> {
        let Some(ms) = self.spec.files.checkpoint_every else { return Ok(None) };
        match self.over_time.steps_of(ms) {
            Ok(steps) if ms > 0.0 => Ok(Some(steps.max(1))),
            _ => Err(usage(format!(
                "--checkpoint-every {} must be a time above 0 ms, and at most 9e15 steps",
                Number(ms)
            ))),
        }
    }

    /// Whether results are kept.
    pub(crate) fn keeps(&self) -> bool {
        self.spec.files.out.is_some()
    }

    /// Reserves the memory of the remaining recordings.
    pub(super) fn reserve_recordings(&mut self) -> anyhow::Result<()> {
        let steps = kept(self.over_time.i(), self.steps - self.done, self.spec.record_every);
        memory::reserve("recording the times", &mut self.recorder.ts, usize::try_from(steps).unwrap_or(usize::MAX))?;
        let schema = self.over_time.schema();
        let rows = self.over_time.batch().unwrap_or(1);
        self.recorder.output.reserve("recording the output", steps, schema.output_len().saturating_mul(rows))?;
        let wanted = self.spec.recorded()?;
        for (want, (name, kept)) in wanted.iter().zip(&mut self.recorder.vars) {
            let what = format!("recording `{name}`");
            match kept {
                Kept::Dense(buffer) => buffer.reserve(&what, steps, want.width(schema).saturating_mul(rows))?,
                Kept::Bits(bits) => {
                    bits.bytes.reserve(&what, steps, want.width(schema).div_ceil(8).saturating_mul(rows))?
                }
                Kept::Events(_) => {}
            }
        }
        Ok(())
    }

    /// The approximate number of elements that a step computes.
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
            System::Neurons(group) if group.size == 1 => format!("1 {} neuron", group.label()),
            System::Neurons(group) => format!("{} {} neurons", group.size, group.label()),
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

/// A usage error about a file that the first run did not have.
pub(crate) fn was_not_kept(what: &str) -> anyhow::Error {
    usage(format!("the first run had no {what}, so that the checkpoint has nothing for it"))
}
