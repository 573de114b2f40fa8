//! The file of `--spikes`, which is written during the run.

use super::recorder::Recorder;
use super::spec::{Spec, parts_folder};
use super::tensors::indices;
use crate::exit_code::usage;
use crate::spikes::{SPIKES, spikes_of};
use ndarray::ArrayView1;
use overtime::{Recording, Scalar};
use overtime_model::SystemSpec as System;
use overtime_npz::{Stream, Writer};
use std::path::Path;

/// Spikes as SONATA shapes them: for each population the neurons and the times, in the order of
/// time.
pub(crate) struct Spikes {
    stream: Stream,
    /// What each population is called here, and in a recording.
    trains: Vec<(String, String)>,
    batched: bool,
}

impl Spikes {
    /// The file of `--spikes`, if there is one. `make` makes the stream in its folder.
    pub(super) fn new<T>(
        spec: &Spec,
        recorder: &Recorder<T>,
        make: impl Fn(&Path) -> anyhow::Result<Stream>,
    ) -> anyhow::Result<Option<Self>> {
        let trains = Self::trains(spec, recorder)?;
        let stream = spec.files.spikes.as_deref().map(|file| make(&parts_folder(file))).transpose()?;
        Ok(stream.map(|stream| Self { stream, trains, batched: recorder.batched }))
    }

    /// Makes durable what was streamed. Returns the rows of each array.
    pub(super) fn sync(&mut self) -> anyhow::Result<Vec<(String, u64)>> {
        self.stream.sync()?;
        Ok(self.stream.lengths())
    }

    /// The populations of a run, if their spikes are asked for.
    fn trains<T>(spec: &Spec, recorder: &Recorder<T>) -> anyhow::Result<Vec<(String, String)>> {
        if spec.files.spikes.is_none() {
            return Ok(Vec::new());
        }
        if !recorder.trains.is_empty() {
            return Ok(recorder.trains.iter().map(|t| (t.group.clone(), spikes_of(&t.group))).collect());
        }
        match (&spec.system, recorder.spikes) {
            (System::Neurons(group), Some(_)) => Ok(vec![(group.kind.clone(), SPIKES.to_owned())]),
            _ => Err(usage(format!("--spikes: {} has none", spec.name))),
        }
    }

    /// Adds those of a slice.
    pub(crate) fn append<T: Scalar>(&mut self, slice: &Recording<T>) -> anyhow::Result<()> {
        for (population, monitor) in &self.trains {
            let new = slice.events(monitor)?;
            self.stream.append(&format!("spikes/{population}/node_ids"), ArrayView1::from(&indices(&new.unit)?))?;
            self.stream.append(&format!("spikes/{population}/timestamps"), ArrayView1::from(&slice.times(monitor)?))?;
            if self.batched {
                self.stream.append(&format!("spikes/{population}/rows"), ArrayView1::from(&indices(&new.row)?))?;
            }
        }
        Ok(())
    }

    /// Makes one file of them.
    pub(crate) fn pack(mut self, path: &Path) -> anyhow::Result<()> {
        let mut npz = Writer::create(path)?;
        self.stream.pack(&mut npz)?;
        npz.finish()?;
        Ok(self.stream.remove()?)
    }
}
