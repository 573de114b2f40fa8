//! The work after the last step: files, picture, summary.

use super::csv;
use super::initial_state;
use super::output;
use super::session::{Place, Session};
use super::slices::Timing;
use crate::console::{self, Manner};
use crate::paths::extension;
use crate::plot::{self, Size};
use crate::report::Summary;
use crate::run::element::Element;
use overtime::memory;
use overtime_model::SystemSpec as System;

pub(crate) fn write<T: Element>(
    session: &mut Session<T>,
    place: &Place,
    timing: Timing,
    manner: Manner,
) -> anyhow::Result<()> {
    session.room.give();
    let (t, i) = (session.over_time.t(), session.over_time.i());
    let mut wrote = Vec::new();
    if let Some(path) = session.spec.files.out.clone() {
        match session.recorder.stream.take() {
            Some(stream) => output::pack(&path, stream, &session.recorder, t, i)?,
            None if extension(&path) == "csv" => csv::traces(&path, &session.recorder, &session.spec.recorded()?)?,
            None => output::write(&path, &session.recorder, t, i)?,
        }
        wrote.push(path);
    }
    if let (Some(path), Some(spikes)) = (session.spec.files.spikes.clone(), session.spikes.take()) {
        spikes.pack(&path)?;
        wrote.push(path);
    }
    let drawn = session.traces.take();
    let (session, spec, files) = (&*session, &session.spec, &session.spec.files);
    if let Some(path) = &files.save_state {
        overtime::states::write(path, &initial_state::file(session)?)?;
        wrote.push(path.clone());
    }
    if let (Some(path), Some(mut traces)) = (&files.plot, drawn) {
        let states = if traces.has_histogram() { Some(session.over_time.state_dict()?) } else { None };
        traces.end(|name| match states.as_ref().and_then(|states| states.get(name)) {
            Some(all) => Ok(memory::collect("a histogram", all.iter().map(|x| x.to_f64()))?),
            None => Ok(Vec::new()),
        })?;
        let default = || plot::title(&spec.system, session.over_time.batch());
        let title = spec.plot.title.clone().or_else(|| spec.title.clone()).unwrap_or_else(default);
        plot::write(path, &title, &traces, &Size::new(&spec.plot)?)?;
        wrote.push(path.clone());
    }
    tracing::info!(files = wrote.len(), "written");
    let is_neurons = matches!(spec.system, System::Neurons(_) | System::Network(_));
    let summary = Summary::new(session, place, timing, is_neurons, wrote);
    if manner.json {
        console::print(&summary.json()?)
    } else if manner.quiet {
        Ok(())
    } else {
        console::print(&summary.text(manner.verbose))
    }
}
