//! `overtime plot`: the picture of a run from its file of results.

mod clock;
mod columns;
mod file;
mod input;
mod left_out;
mod model;
mod plain;
mod spikes;
mod variables;

use crate::args::PlotArgs;
use crate::console::say;
use crate::paths::absolute;
use crate::plot::{Size, write};
use crate::run::spec::Files;
use file::Results;
use model::Drawn;
use std::path::PathBuf;

pub(crate) fn command(args: &PlotArgs) -> anyhow::Result<()> {
    let out = args
        .out
        .clone()
        .unwrap_or_else(|| PathBuf::from(args.file.with_extension("png").file_name().unwrap_or_default()));
    let results = Results::read(&args.file)?;
    Files { plot: absolute(Some(&out))?, plot_key: Some("--out".to_owned()), ..Files::default() }.check()?;
    let (title, traces, size) = match &args.model {
        Some(system) => {
            let Drawn { spec, title, traces, warnings } = model::draw(args, system, &out, &results)?;
            for warning in warnings.iter().filter(|_| !args.quiet) {
                say(format_args!("warning: {warning}"));
            }
            (title, traces, Size::new(&spec.plot)?)
        }
        None => {
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
