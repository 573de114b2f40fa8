//! Runs a session slice by slice. A split does not change a bit of a run. Slices are short enough
//! for signals and for progress, and long enough to cost nothing.

use super::picture::{self, Shape};
use super::progress::Progress;
use super::session::Session;
use super::signals::Stop;
use crate::console::Manner;
use crate::exit_code::Failure;
use crate::run::element::Element;
use crate::run::spec::{Given, Lengths};
use overtime::{Coupling, Input, LoopOverTime, Recording};
use overtime_model::Loaded;
use std::time::{Duration, Instant};

/// The approximate duration of a slice.
const SLICE: Duration = Duration::from_millis(50);
/// The approximate number of elements that the first slice computes, whose speed is unknown.
const FIRST: usize = 1 << 20;

/// The progress of a run, and the signals that stop it.
pub(crate) struct Control {
    stop: Stop,
    progress: Progress,
}

/// The time of a run.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Timing {
    /// The time inside the loop, without files and pictures.
    pub(crate) wall: Duration,
    /// The steps made in that time.
    pub(crate) steps: u64,
}

impl Control {
    /// `header` are the lines above the progress.
    pub(crate) fn new(steps: u64, done: u64, manner: Manner, header: Vec<String>) -> anyhow::Result<Self> {
        Ok(Self { stop: Stop::listen()?, progress: Progress::new(steps, done, manner, header) })
    }
}

/// Runs the rest of the session.
pub(crate) fn run<T: Element>(session: &mut Session<T>, control: &Control) -> anyhow::Result<Timing> {
    let result = slices(session, control);
    control.progress.end();
    result
}

fn slices<T: Element>(session: &mut Session<T>, control: &Control) -> anyhow::Result<Timing> {
    let every = session.every()?;
    let mut most = session.room.steps;
    // Each part of a sequence depends on all other parts.
    let whole = session.over_time.schema().coupling == Coupling::Sequence;
    if whole {
        // Nothing shows the progress of the only slice.
        control.progress.announce();
        if control.stop.at_once() {
            return Err(interrupted(session));
        }
    }
    let mut length = (FIRST / session.elements().max(1)).clamp(1, 16) as u64;
    let mut timing = Timing { wall: Duration::ZERO, steps: 0 };
    let started_at = session.done;
    // A run of no steps runs too, so that its results have their shapes.
    loop {
        let mut n = length.min(most).min(session.steps - session.done);
        if whole {
            n = session.steps - session.done;
        } else if let Some(every) = every {
            n = n.min(every - session.done % every);
        }
        let started = Instant::now();
        let recording = match slice(session, (session.done - started_at) as usize, n as usize) {
            // No step has run, because memory is allocated before.
            Err(e)
                if n > 1
                    && !whole
                    && is_short_of_memory(&e)
                    && session.over_time.i() == session.begin + session.done =>
            {
                most = n / 2;
                continue;
            }
            result => result?,
        };
        let took = started.elapsed();
        timing.wall += took;
        timing.steps += n;
        let first = session.begin + session.done;
        session.done += n;
        keep(session, &recording, first, (first - session.begin - started_at) as usize)?;
        drop(recording);
        control.progress.at(session.done);
        tracing::debug!(steps = n, microseconds = took.as_micros() as u64, "slice");
        if session.done >= session.steps {
            return Ok(timing);
        }
        let due = every.is_some_and(|every| session.done.is_multiple_of(every));
        let stop = control.stop.came();
        if due || stop {
            session.room.give();
            super::checkpoint::write(session, (session.done - started_at) as usize)?;
            // If the memory is gone, its later use is the error.
            let _ = session.room.set_aside();
        }
        if stop {
            return Err(interrupted(session));
        }
        let factor = SLICE.as_secs_f64() / took.as_secs_f64().max(1e-9);
        length = (n.max(1) as f64 * factor.clamp(0.25, 4.0)).clamp(1.0, 1e12) as u64;
    }
}

fn is_short_of_memory(error: &anyhow::Error) -> bool {
    matches!(error.downcast_ref(), Some(overtime::Error::OutOfMemory { .. }))
}

/// The rest of each row's length within the next `n` steps. A length beyond the run's end stays as
/// it is, and is refused.
fn left<T: Element>(session: &Session<T>, n: usize) -> Option<Vec<usize>> {
    let Some(Lengths::Known(lengths)) = &session.spec.lengths else { return None };
    let (done, all) = (session.done as usize, session.steps as usize);
    Some(lengths.iter().map(|len| if *len > all { *len } else { len.saturating_sub(done).min(n) }).collect())
}

/// Refuses an input with a wrong shape before any step. Otherwise the first slice would be refused,
/// with the slice's shape in the error.
pub(crate) fn check<T: Element>(session: &mut Session<T>) -> anyhow::Result<()> {
    let steps = usize::try_from(session.steps).unwrap_or(usize::MAX);
    with_input(session, 0, steps, |over_time, input| over_time.check(input))?;
    Ok(())
}

/// Runs one slice. `from` counts within the rest of the input.
fn slice<T: Element>(session: &mut Session<T>, from: usize, n: usize) -> anyhow::Result<Recording<T>> {
    Ok(with_input(session, from, n, |over_time, input| over_time.run(input))?)
}

/// Calls `act` with the loop and `n` steps of the input.
fn with_input<T: Element, R>(
    session: &mut Session<T>,
    from: usize,
    n: usize,
    act: impl FnOnce(&mut LoopOverTime<T, Loaded<T>>, Input<'_, T>) -> R,
) -> R {
    let lengths = left(session, n);
    match (&session.input, &session.spec.input) {
        (Some(series), _) => {
            let input = Input::from(series.part(from, n));
            act(&mut session.over_time, lengths.iter().fold(input, |input, lengths| input.lengths(lengths)))
        }
        (None, Given::Constant(x)) => act(&mut session.over_time, Input::steps(n as u64).constant(T::from_f64(*x))),
        (None, Given::Named(all)) => {
            let parts: Vec<_> = session.named.iter().map(|(name, series)| (name, series.part(from, n))).collect();
            let constants = all.iter().filter_map(|(name, given)| match given {
                Given::Constant(x) => Some((name, T::from_f64(*x))),
                _ => None,
            });
            let input = constants.fold(Input::steps(n as u64), |input, (name, x)| input.named_constant(name, x));
            act(
                &mut session.over_time,
                parts.iter().fold(input, |input, (name, part)| input.named(name.as_str(), part)),
            )
        }
        (None, _) => act(&mut session.over_time, Input::steps(n as u64)),
    }
}

fn keep<T: Element>(session: &mut Session<T>, recording: &Recording<T>, first: u64, from: usize) -> anyhow::Result<()> {
    let keeps = session.keeps();
    session.recorder.append(recording, keeps)?;
    if let Some(spikes) = &mut session.spikes {
        spikes.append(recording)?;
    }
    if let Some(traces) = &mut session.traces {
        let constant = match session.spec.input {
            Given::Constant(x) => x,
            _ => 0.0,
        };
        let (batch_major, every) = (session.recorder.batch_major, session.spec.record_every);
        let shape = Shape { batched: session.over_time.batch().is_some(), batch_major, constant, every };
        let input = session.input.as_ref().map(|series| {
            let mut part = series.part(from, recording.steps as usize);
            part.swap_axes(0, series.time_axis.min(part.ndim().saturating_sub(1)));
            part
        });
        picture::feed(traces, first, recording, input, shape)?;
    }
    Ok(())
}

fn interrupted<T: Element>(session: &Session<T>) -> anyhow::Error {
    let at = format!("interrupted after {} of {} steps", session.done, session.steps);
    let message = match &session.spec.files.checkpoint {
        Some(path) => format!("{at}; `overtime resume {}` continues", path.display()),
        None => match &session.spec.files.stream {
            Some(folder) => {
                format!("{at}; the recordings are in {} (a run with --checkpoint FILE can continue)", folder.display())
            }
            None => format!("{at}; no file was written (a run with --checkpoint FILE can continue)"),
        },
    };
    Failure::Interrupted(message).into()
}
