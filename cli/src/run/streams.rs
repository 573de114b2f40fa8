//! The streams of a session: the results of `--out` with `--stream`, and the spikes of `--spikes`.

use super::session::Session;
use super::spike_file::Spikes;
use crate::run::element::Element;
use overtime_npz::Stream;
use std::path::Path;

/// Starts the streams.
pub(crate) fn create<T: Element>(session: &mut Session<T>) -> anyhow::Result<()> {
    start(session, |folder, _| Ok(Stream::create(folder)?), (&[], &[]))
}

/// Continues the streams from these lengths.
pub(crate) fn open<T: Element>(
    session: &mut Session<T>,
    out: &[(String, u64)],
    spikes: &[(String, u64)],
) -> anyhow::Result<()> {
    start(session, |folder, lengths| Ok(Stream::open(folder, lengths)?), (out, spikes))
}

/// The arrays of a stream, with the rows of each.
type Rows = Vec<(String, u64)>;
type Lengths = [(String, u64)];

fn start<T: Element>(
    session: &mut Session<T>,
    make: impl Fn(&Path, &Lengths) -> anyhow::Result<Stream>,
    (out, spikes): (&Lengths, &Lengths),
) -> anyhow::Result<()> {
    let spikes = Spikes::new(&session.spec, &session.recorder, |folder| make(folder, spikes))?;
    session.recorder.stream = session.spec.files.stream.as_deref().map(|folder| make(folder, out)).transpose()?;
    session.spikes = spikes;
    Ok(())
}

/// Syncs the streams. Returns the rows of each array: of the results, and of the spikes.
pub(crate) fn sync<T: Element>(session: &mut Session<T>) -> anyhow::Result<(Rows, Rows)> {
    let results = match session.recorder.stream.as_mut() {
        Some(stream) => stream.sync().map(|()| stream.lengths())?,
        None => Rows::new(),
    };
    Ok((results, session.spikes.as_mut().map_or(Ok(Rows::new()), Spikes::sync)?))
}
