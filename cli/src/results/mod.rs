//! `overtime plot`: the picture of a run from its file of results.

mod file;
mod model;
mod plain;

use crate::args::PlotArgs;
use crate::console::say;
use crate::paths::absolute;
use crate::plot::{Size, write};
use crate::run::spec::Files;
use file::Results;
use std::path::PathBuf;

pub(crate) fn command(args: &PlotArgs) -> anyhow::Result<()> {
    let out = args
        .out
        .clone()
        .unwrap_or_else(|| PathBuf::from(args.file.with_extension("png").file_name().unwrap_or_default()));
    let results = Results::read(&args.file)?;
    let (title, traces, size) = match &args.model {
        Some(system) => {
            let (spec, title, traces) = model::draw(args, system, &out, &results)?;
            (title, traces, Size::new(&spec.plot)?)
        }
        None => {
            Files { plot: absolute(Some(&out))?, ..Files::default() }.check()?;
            let look = args.look.plot()?;
            let (title, traces) = plain::draw(&results, &look)?;
            (title, traces, Size::new(&look)?)
        }
    };
    write(&out, &title, &traces, &size)?;
    if !args.quiet {
        say(format_args!("wrote {}", out.display()));
    }
    Ok(())
}
