//! `overtime resume`: continues a run from a checkpoint to its results.

use crate::args::ResumeArgs;
use crate::console::Manner;
use crate::paths::absolute;
use crate::run::checkpoint::{self, Checkpoint};
use crate::run::element::Element;
use crate::run::go;
use crate::run::session::{Place, was_not_kept};
use half::{bf16, f16};
use overtime_model::Type;

pub(crate) fn command(args: &ResumeArgs, verbose: bool) -> anyhow::Result<()> {
    let mut checkpoint = checkpoint::read(&args.file)?;
    let spec = &mut checkpoint.spec;
    let files = &mut spec.files;
    if args.out.is_some() && files.out.is_none() {
        return Err(was_not_kept("--out"));
    }
    if args.plot.is_some() && files.plot.is_none() {
        return Err(was_not_kept("--plot"));
    }
    for (mine, theirs) in
        [(&args.out, &mut files.out), (&args.plot, &mut files.plot), (&args.save_state, &mut files.save_state)]
    {
        if mine.is_some() {
            *theirs = absolute(mine.as_deref())?;
        }
    }
    files.checkpoint = absolute(Some(&args.file))?;
    files.check()?;
    if let Some(device) = &args.device {
        spec.device.clone_from(device);
    }
    let manner = Manner { quiet: args.quiet, json: args.json, verbose };
    match spec.dtype {
        Type::F64 => resume::<f64>(checkpoint, manner),
        Type::F32 => resume::<f32>(checkpoint, manner),
        Type::F16 => resume::<f16>(checkpoint, manner),
        Type::Bf16 => resume::<bf16>(checkpoint, manner),
    }
}

fn resume<T: Element>(checkpoint: Checkpoint, manner: Manner) -> anyhow::Result<()> {
    let place = Place::find(&checkpoint.spec.device)?;
    let session = checkpoint.session::<T>(&place)?;
    go(session, &place, manner)
}
