//! The summary of a run, for people and for programs.

use crate::console::{SHORT, harmless};
use crate::run::element::Element;
use crate::run::progress::short;
use crate::run::session::{Place, Session};
use crate::run::slices::Timing;
use crate::run::spike_trains::{correlations, statistics, synaptic_events};
use overtime::Number;
use overtime_model::network::Network;
use serde::Serialize;
use std::fmt::Write;
use std::path::PathBuf;

#[derive(Debug, Serialize)]
pub(crate) struct Summary {
    system: String,
    kind: String,
    /// Size and batch in words.
    #[serde(skip)]
    size: String,
    device: String,
    why_not_gpu: Option<String>,
    /// How the loop ran, and the reason.
    strategy: String,
    dtype: String,
    batch: Option<usize>,
    dt: f64,
    /// The steps of the whole run, and the steps that this process made.
    steps: u64,
    steps_here: u64,
    /// The time and the index of the clock.
    t: f64,
    i: u64,
    wall_ms: f64,
    ms_per_step: Option<f64>,
    /// Wall time over simulated time, if the run is in ms.
    real_time_factor: Option<f64>,
    spikes: Option<u64>,
    /// The populations of a network.
    populations: Vec<Population>,
    /// The number of synapses, and the number of synaptic events: each neuron's spikes times the
    /// mean number of its synapses.
    synapses: Option<f64>,
    synaptic_events: Option<f64>,
    /// Synaptic events of this process, per second of wall time.
    synaptic_events_per_s: Option<f64>,
    wrote: Vec<PathBuf>,
}

/// A population of a network.
#[derive(Debug, Serialize)]
struct Population {
    name: String,
    neurons: u64,
    /// All spikes of the run.
    spikes: u64,
    /// The mean rate of a neuron, Hz, from `statistics_from` on, as the CV is.
    rate: Option<f64>,
    /// The mean coefficient of variation of the intervals, over the neurons with two or more
    /// intervals.
    cv: Option<f64>,
    /// The mean correlation coefficient of the spike counts of pairs of its first neurons.
    correlation: Option<f64>,
}

/// The largest number of populations that the summary lists.
const TOLD: usize = 32;

fn populations<T: Element>(session: &Session<T>) -> Vec<Population> {
    let all = session.populations();
    // In seconds, of the steps that count.
    let begin = session.spec.statistics_begin(session.clock()).unwrap_or(session.begin);
    let steps = (session.begin + session.done).saturating_sub(begin);
    let time = steps as f64 * session.over_time.dt() / 1000.0;
    let trains = &session.recorder.trains;
    let of_both = statistics(trains, &all).into_iter().zip(correlations(trains, &all));
    let all_of = of_both.zip(all).map(|((s, correlation), p)| Population {
        name: p.name,
        neurons: s.neurons,
        spikes: s.before + s.spikes,
        rate: (time > 0.0 && s.neurons > 0).then(|| s.spikes as f64 / (s.neurons as f64 * time)),
        cv: s.cv,
        correlation,
    });
    all_of.collect()
}

impl Summary {
    pub(crate) fn new<T: Element>(
        session: &Session<T>,
        place: &Place,
        timing: Timing,
        is_neurons: bool,
        wrote: Vec<PathBuf>,
    ) -> Self {
        let wall_ms = timing.wall.as_secs_f64() * 1e3;
        let steps = timing.steps as f64;
        let some = timing.steps > 0;
        let network_populations = session.populations();
        let is_network = !network_populations.is_empty();
        let events = synaptic_events(&session.recorder.trains, &network_populations);
        let here = (events - session.events_before) / timing.wall.as_secs_f64().max(1e-9);
        Self {
            system: session.spec.name.clone(),
            kind: session.spec.kind().to_owned(),
            size: session.describe(),
            device: place.device.to_string(),
            why_not_gpu: place.why_not_gpu.clone(),
            strategy: session.over_time.strategy(),
            dtype: T::DTYPE.to_string(),
            batch: session.over_time.batch(),
            dt: session.over_time.dt(),
            steps: session.steps,
            steps_here: timing.steps,
            t: session.over_time.t(),
            i: session.over_time.i(),
            wall_ms,
            ms_per_step: some.then_some(wall_ms / steps),
            real_time_factor: (some && is_neurons).then_some(wall_ms / (steps * session.over_time.dt())),
            spikes: session.recorder.spikes,
            populations: populations(session),
            synapses: is_network.then(|| Network::synapses(&network_populations)),
            synaptic_events: is_network.then_some(events),
            synaptic_events_per_s: (is_network && some).then_some(here),
            wrote,
        }
    }

    pub(crate) fn json(&self) -> anyhow::Result<String> {
        Ok(format!("{}\n", serde_json::to_string(self)?))
    }

    /// Whether one line has it all: a short run of neurons or layers.
    fn is_short(&self) -> bool {
        self.wall_ms < SHORT.as_secs_f64() * 1e3 && self.populations.is_empty()
    }

    /// The summary of a short run.
    fn line(&self) -> String {
        let (steps, dt) = (self.steps_here, Number(self.dt));
        let mut text = format!("{}: {}, {}, on {}: ", harmless(&self.system), self.size, self.dtype, self.device);
        let _ = write!(text, "{steps} steps of {dt} ms in {}", time(self.wall_ms));
        if self.steps != self.steps_here {
            let _ = write!(text, " (of {} in all)", self.steps);
        }
        if let Some(spikes) = self.spikes {
            let _ = write!(text, ", {spikes} spikes");
        }
        for (k, path) in self.wrote.iter().enumerate() {
            let start = if k == 0 { "; wrote" } else { "," };
            let _ = write!(text, "{start} {}", harmless(&relative(path).to_string_lossy()));
        }
        text.push('\n');
        text
    }

    pub(crate) fn text(&self, verbose: bool) -> String {
        if self.is_short() && !verbose {
            return self.line();
        }
        let mut text = format!("{} steps of {} ms in {}", self.steps_here, Number(self.dt), time(self.wall_ms));
        if self.steps != self.steps_here {
            let _ = write!(text, " (of {} in all)", self.steps);
        }
        text.push('\n');
        if let Some(ms) = self.ms_per_step {
            let _ = writeln!(text, "  {:<18}{} ms", "a step", significant(ms));
        }
        if let Some(factor) = self.real_time_factor {
            let _ = writeln!(text, "  {:<18}{} (wall/biological)", "real-time factor", significant(factor));
        }
        if let Some(spikes) = self.spikes {
            let _ = writeln!(text, "  {:<18}{spikes}", "spikes");
        }
        for p in self.populations.iter().take(TOLD) {
            let rate = p.rate.map_or_else(|| "–".to_owned(), |rate| format!("{} Hz", significant(rate)));
            let cv = p.cv.map_or_else(|| "–".to_owned(), significant);
            let correlation = p.correlation.map_or_else(|| "–".to_owned(), significant);
            let _ = writeln!(
                text,
                "  {:<17} {rate}, CV of intervals {cv}, correlation {correlation}, {} neurons",
                harmless(&p.name),
                p.neurons
            );
        }
        if let Some(more) = self.populations.len().checked_sub(TOLD).filter(|more| *more > 0) {
            let _ = writeln!(text, "  {:<18}{more} more; --json has all of them", "populations");
        }
        if let (Some(events), Some(rate)) = (self.synaptic_events, self.synaptic_events_per_s) {
            let _ =
                writeln!(text, "  {:<18}{}, {} per second of computing", "synaptic events", short(events), short(rate));
        }
        for path in &self.wrote {
            let _ = writeln!(text, "  {:<18}{}", "wrote", harmless(&relative(path).to_string_lossy()));
        }
        text
    }
}

/// Three significant digits, plainly where that is short.
fn significant(x: f64) -> String {
    if x < 0.0 {
        return format!("-{}", significant(-x));
    }
    if x >= 1e5 || (x < 1e-4 && x > 0.0) {
        return format!("{x:.2e}");
    }
    let before = if x > 0.0 { x.log10().floor() } else { 0.0 };
    format!("{x:.*}", (2.0 - before).clamp(0.0, 8.0) as usize)
}

fn time(ms: f64) -> String {
    if ms < 1000.0 { format!("{} ms", significant(ms)) } else { format!("{} s", short(ms / 1e3)) }
}

/// The path relative to the current folder, if it is below it.
fn relative(path: &std::path::Path) -> &std::path::Path {
    std::env::current_dir().ok().and_then(|here| path.strip_prefix(here).ok()).unwrap_or(path)
}

#[cfg(test)]
mod tests {
    use super::significant;

    #[test]
    fn three_digits() {
        for (x, text) in [
            (0.0, "0.00"),
            (0.012_345, "0.0123"),
            (12.345, "12.3"),
            (1234.5, "1234"),
            (1e-7, "1.00e-7"),
            (1.0, "1.00"),
            (-0.012_345, "-0.0123"),
        ] {
            assert_eq!(significant(x), text);
        }
    }
}
