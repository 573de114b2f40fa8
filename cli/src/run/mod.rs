//! `overtime run`: runs the system of the arguments, and writes the results.

pub(crate) mod advice;
pub(crate) mod checkpoint;
pub(crate) mod csv;
pub(crate) mod element;
pub(crate) mod initial_state;
pub(crate) mod length;
pub(crate) mod memory_need;
pub(crate) mod output;
pub(crate) mod picture;
pub(crate) mod progress;
pub(crate) mod recorder;
pub(crate) mod reserved_memory;
pub(crate) mod results;
mod saved_statistics;
pub(crate) mod series;
pub(crate) mod session;
pub(crate) mod setup;
pub(crate) mod signals;
pub(crate) mod slice_memory;
pub(crate) mod slices;
pub(crate) mod spec;
pub(crate) mod spike_file;
pub(crate) mod spike_trains;
pub(crate) mod streams;
pub(crate) mod tensors;

use crate::args::RunArgs;
use crate::console::{Manner, say};
use crate::run::element::Element;
use half::{bf16, f16};
use overtime_model::Type;
use session::{Place, Session};
use slices::Control;
use spec::Spec;

pub(crate) fn command(args: &RunArgs, verbose: bool) -> anyhow::Result<()> {
    let spec = Spec::new(args)?;
    let manner = Manner { quiet: args.quiet, json: args.json, verbose };
    match spec.dtype {
        Type::F64 => start::<f64>(spec, manner),
        Type::F32 => start::<f32>(spec, manner),
        Type::F16 => start::<f16>(spec, manner),
        Type::Bf16 => start::<bf16>(spec, manner),
    }
}

fn start<T: Element>(spec: Spec, manner: Manner) -> anyhow::Result<()> {
    let place = Place::find(&spec.device)?;
    let mut session = setup::new::<T>(spec, &place)?;
    slices::check(&mut session)?;
    go(session, &place, manner)
}

/// Runs a session to its end, and writes its files.
pub(crate) fn go<T: Element>(mut session: Session<T>, place: &Place, manner: Manner) -> anyhow::Result<()> {
    let mut header = vec![format!("{}: {}, {}, on {}", session.spec.name, session.describe(), T::DTYPE, place.device)];
    match &place.why_not_gpu {
        // The reason without its details, which `overtime devices` lists.
        Some(why) if manner.verbose => header.push(format!("not on a GPU: {}", crate::devices::short(why))),
        Some(_) => {}
        None => header.push(session.over_time.strategy()),
    }
    let control = Control::new(session.steps, session.done, manner, header)?;
    if !manner.quiet {
        for warning in session.spec.warnings.iter().chain(session.over_time.warnings()) {
            say(format_args!("warning: {warning}"));
        }
    }
    let timing = slices::run(&mut session, &control).map_err(|e| advice::of_run(e, &session.spec))?;
    results::write(&mut session, place, timing, manner).map_err(|e| advice::of_run(e, &session.spec))
}
