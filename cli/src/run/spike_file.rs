//! The file of `--spikes`, which is written during the run.

use super::csv;
use super::recorder::Recorder;
use super::spec::{Spec, parts_folder};
use super::tensors::indices;
use crate::exit_code::{of_model, usage};
use crate::paths::extension;
use crate::spikes::{SPIKES, spikes_of};
use ndarray::ArrayView1;
use overtime::{Recording, Scalar, memory};
use overtime_model::{SystemSpec as System, files};
use overtime_npz::{Stream, Writer};
use std::path::Path;

/// Spikes in SONATA's layout: for each population the neurons and the times, in the order of time.
pub(crate) struct Spikes {
    stream: Stream,
    /// The name of each population in the file, and in a recording.
    trains: Vec<(String, String)>,
    batched: bool,
    /// Whether the file is text: its spikes are in the order of time, whatever their population.
    csv: bool,
    /// Whether the populations are groups of a network, which a text names.
    of_network: bool,
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
        let csv = spec.files.spikes.as_deref().is_some_and(|file| extension(file) == "csv");
        let of_network = matches!(spec.system, System::Network(_));
        Ok(stream.map(|stream| Self { stream, trains, batched: recorder.batched, csv, of_network }))
    }

    /// Syncs the stream. Returns the rows of each array.
    pub(super) fn sync(&mut self) -> anyhow::Result<Vec<(String, u64)>> {
        self.stream.sync()?;
        Ok(self.stream.lengths())
    }

    /// The populations of a run, if it has a file of spikes.
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

    /// Adds the spikes of a slice.
    pub(crate) fn append<T: Scalar>(&mut self, slice: &Recording<T>) -> anyhow::Result<()> {
        if self.csv {
            return self.append_lines(slice);
        }
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

    /// Adds the spikes of a slice, in the order of time, then of populations.
    fn append_lines<T: Scalar>(&mut self, slice: &Recording<T>) -> anyhow::Result<()> {
        let mut all: Vec<(f64, u64, u64, u64)> = Vec::new();
        for (population, (_, monitor)) in self.trains.iter().enumerate() {
            let (new, times) = (slice.events(monitor)?, slice.times(monitor)?);
            memory::grow("the spikes of a slice", &mut all, times.len())?;
            let places = new.row.iter().zip(&new.unit);
            all.extend(
                times.iter().zip(places).map(|(t, (row, unit))| (*t, population as u64, *row as u64, *unit as u64)),
            );
        }
        all.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
        let mut column = |name: &str, of: fn(&(f64, u64, u64, u64)) -> u64| {
            let values: Vec<u64> = memory::collect("the spikes of a slice", all.iter().map(of))?;
            Ok::<(), anyhow::Error>(self.stream.append(name, ArrayView1::from(&values))?)
        };
        column("group", |spike| spike.1)?;
        column("row", |spike| spike.2)?;
        column("neuron", |spike| spike.3)?;
        let times: Vec<f64> = memory::collect("the spikes of a slice", all.iter().map(|spike| spike.0))?;
        Ok(self.stream.append("time_ms", ArrayView1::from(&times))?)
    }

    /// Writes the text.
    fn pack_lines(mut self, path: &Path) -> anyhow::Result<()> {
        self.stream.sync()?;
        let column = |name: &str| -> anyhow::Result<Vec<f64>> {
            let array = files::one(&self.stream.folder().join(format!("{name}.npy")), None).map_err(of_model)?;
            Ok(array.into_raw_vec_and_offset().0)
        };
        let [times, groups, rows, neurons] = [column("time_ms")?, column("group")?, column("row")?, column("neuron")?];
        let lines = times.into_iter().zip(groups).zip(rows.into_iter().zip(neurons));
        let lines = lines.map(|((t, group), (row, neuron))| (t, group as u64, row as u64, neuron as u64));
        let names: Vec<String> = self.trains.iter().map(|(population, _)| population.clone()).collect();
        csv::spikes(path, self.of_network.then_some(names.as_slice()), self.batched, lines)?;
        Ok(self.stream.remove()?)
    }

    /// Writes the file, and removes the stream's folder.
    pub(crate) fn pack(mut self, path: &Path) -> anyhow::Result<()> {
        if self.csv {
            return self.pack_lines(path);
        }
        let mut npz = Writer::create(path)?;
        self.stream.pack(&mut npz)?;
        npz.finish()?;
        Ok(self.stream.remove()?)
    }
}
