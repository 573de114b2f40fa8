//! What comes after the last step: files, picture, summary.

use super::initial_state;
use super::output;
use super::session::{Place, Session};
use super::slices::Timing;
use crate::console::{self, Manner};
use crate::plot;
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
            Some(stream) => output::pack(&path, stream, t, i)?,
            None => output::write(&path, &session.recorder, t, i)?,
        }
        wrote.push(path);
    }
    if let (Some(path), Some(spikes)) = (session.spec.files.spikes.clone(), session.spikes.take()) {
        spikes.pack(&path)?;
        wrote.push(path);
    }
    let (session, spec, files) = (&*session, &session.spec, &session.spec.files);
    if let Some(path) = &files.save_state {
        overtime::states::write(path, &initial_state::file(session)?)?;
        wrote.push(path.clone());
    }
    if let (Some(path), Some(traces)) = (&files.plot, &session.traces) {
        let mut traces = traces.clone();
        let states = if traces.has_histogram() { Some(session.over_time.state_dict()?) } else { None };
        traces.end(|name| match states.as_ref().and_then(|states| states.get(name)) {
            Some(all) => Ok(memory::collect("a histogram", all.iter().map(|x| x.to_f64()))?),
            None => Ok(Vec::new()),
        })?;
        plot::write(path, &title(session), &traces)?;
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
        console::print(&summary.text())
    }
}

fn title<T: Element>(session: &Session<T>) -> String {
    let spec = &session.spec;
    if let Some(title) = &spec.title {
        return title.clone();
    }
    match &spec.system {
        System::Neurons(group) => {
            let kind = match group.kind.as_str() {
                "HH" => "Hodgkin-Huxley neuron",
                "TraubMiles" => "Traub-Miles neuron",
                "CondNeuGroup" => "Conductance-based neuron",
                "LIF" => "Leaky integrate-and-fire neuron",
                other => other,
            };
            let many = if group.size == 1 { String::new() } else { format!("s, {} of them", group.size) };
            match session.over_time.batch() {
                Some(rows) => format!("{kind}{many}, batch of {rows}"),
                None => format!("{kind}{many}"),
            }
        }
        System::Sequential(_) | System::Network(_) => spec.name.trim_end_matches(".toml").to_owned(),
    }
}
