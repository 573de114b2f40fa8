//! Results that go to disk while the run goes on: those of `--out` with `--stream`, and spikes of
//! `--spikes`.

use super::output::{indices, names};
use super::recorder::{Kept, Recorder};
use super::session::Session;
use super::spec::Spec;
use crate::exit::usage;
use crate::paths::extension;
use crate::run::element::Element;
use crate::spikes::{SPIKES, spikes_of};
use ndarray::ArrayView1;
use overtime::{Recording, Scalar};
use overtime_model::Axis;
use overtime_model::SystemSpec as System;
use overtime_npz::{Stream, Writer};
use std::path::{Path, PathBuf};

/// Where the parts of a file are until it is whole.
pub(crate) fn folder(file: &Path) -> PathBuf {
    let mut name = file.as_os_str().to_owned();
    name.push(".parts");
    name.into()
}

/// Whether what is to be streamed can be.
pub(crate) fn check(spec: &Spec) -> anyhow::Result<()> {
    if let (Some(_), Some(out)) = (&spec.files.stream, &spec.files.out) {
        if extension(out) != "npz" {
            return Err(usage(format!("--stream makes an .npz, and --out is {}", out.display())));
        }
        if spec.first_axis == Axis::B {
            return Err(usage("--stream: results that grow in time are time-major, and --first-axis is B"));
        }
    }
    Ok(())
}

/// Starts what is to be streamed.
pub(crate) fn create<T: Element>(session: &mut Session<T>) -> anyhow::Result<()> {
    start(session, |folder, _| Ok(Stream::create(folder)?), (&[], &[]))
}

/// Goes on with what was streamed, from these lengths.
pub(crate) fn open<T: Element>(
    session: &mut Session<T>,
    out: &[(String, u64)],
    spikes: &[(String, u64)],
) -> anyhow::Result<()> {
    start(session, |folder, lengths| Ok(Stream::open(folder, lengths)?), (out, spikes))
}

/// The arrays of a stream, and how many rows each has.
type Rows = Vec<(String, u64)>;
type Lengths = [(String, u64)];

fn start<T: Element>(
    session: &mut Session<T>,
    make: impl Fn(&Path, &Lengths) -> anyhow::Result<Stream>,
    (out, spikes): (&Lengths, &Lengths),
) -> anyhow::Result<()> {
    let trains = Spikes::trains(session)?;
    let files = &session.spec.files;
    session.recorder.stream = files.stream.as_deref().map(|folder| make(folder, out)).transpose()?;
    let stream = files.spikes.as_deref().map(|file| make(&folder(file), spikes)).transpose()?;
    session.spikes = stream.map(|stream| Spikes { stream, trains, batched: session.recorder.batched });
    Ok(())
}

/// Makes durable what was streamed. Returns how much that is.
pub(crate) fn sync<T: Element>(session: &mut Session<T>) -> anyhow::Result<(Rows, Rows)> {
    let lengths = |stream: Option<&mut Stream>| match stream {
        Some(stream) => stream.sync().map(|()| stream.lengths()),
        None => Ok(Vec::new()),
    };
    Ok((lengths(session.recorder.stream.as_mut())?, lengths(session.spikes.as_mut().map(|s| &mut s.stream))?))
}

/// Adds what a slice recorded, in the order and by the names of a file that is written at once.
pub(crate) fn append<T: Element>(
    stream: &mut Stream,
    recorder: &Recorder<T>,
    slice: &Recording<T>,
) -> anyhow::Result<()> {
    stream.append("ts", ArrayView1::from(&slice.ts))?;
    T::grow(stream, "output", slice.output.view())?;
    for (name, kept) in &recorder.vars {
        match kept {
            Kept::Dense(_) => T::grow(stream, name, slice.get(name)?.view())?,
            Kept::Events(_) => {
                let new = slice.events(name)?;
                stream.append(&format!("{name}_step"), ArrayView1::from(&new.step))?;
                stream.append(&format!("{name}_row"), ArrayView1::from(&indices(&new.row)?))?;
                stream.append(&format!("{name}_unit"), ArrayView1::from(&indices(&new.unit)?))?;
            }
        }
    }
    for train in &recorder.trains {
        let new = slice.events(&spikes_of(&train.group))?;
        let [unit, step, row] = names(recorder, train);
        if let Some(name) = unit {
            stream.append(&name, ArrayView1::from(&indices(&new.unit)?))?;
        }
        if let Some(name) = step {
            stream.append(&name, ArrayView1::from(&new.step))?;
        }
        if let Some(name) = row {
            stream.append(&name, ArrayView1::from(&indices(&new.row)?))?;
        }
    }
    Ok(())
}

/// Spikes as SONATA shapes them: for each population the neurons and the times, in the order of
/// time.
pub(crate) struct Spikes {
    stream: Stream,
    /// What each population is called here, and in a recording.
    trains: Vec<(String, String)>,
    batched: bool,
}

impl Spikes {
    /// The populations of a session, if their spikes are asked for.
    fn trains<T: Element>(session: &Session<T>) -> anyhow::Result<Vec<(String, String)>> {
        if session.spec.files.spikes.is_none() {
            return Ok(Vec::new());
        }
        if !session.recorder.trains.is_empty() {
            return Ok(session.recorder.trains.iter().map(|t| (t.group.clone(), spikes_of(&t.group))).collect());
        }
        match (&session.spec.system, session.recorder.spikes) {
            (System::Neurons(group), Some(_)) => Ok(vec![(group.kind.clone(), SPIKES.to_owned())]),
            _ => Err(usage(format!("--spikes: {} has none", session.spec.name))),
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
