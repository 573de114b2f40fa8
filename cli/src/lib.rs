//! The command `overtime`.

mod args;
mod console;
mod devices;
mod equations;
mod exit_code;
mod inspect;
mod kernels;
mod models;
mod new;
mod paths;
mod plot;
mod report;
mod results;
mod resume;
mod run;
mod spikes;

use args::{Args, Command};
use clap::Parser;
use std::process::ExitCode;

/// Reads the arguments, runs the subcommand, and returns the exit code.
#[must_use]
pub fn main() -> ExitCode {
    if let Err(code) = exit_code::memory_to_start() {
        return code;
    }
    exit_code::on_abort();
    let args = match Args::try_parse() {
        Ok(args) => args,
        Err(e) => {
            // Help and version are such errors too, on stdout and with code 0. A closed stream is
            // no failure.
            let _ = e.print();
            return ExitCode::from(u8::try_from(e.exit_code()).unwrap_or(exit_code::USAGE));
        }
    };
    console::log(args.verbose);
    let result = match args.command {
        Command::Run(run) => run::command(&run, args.verbose > 0),
        Command::Resume(resume) => resume::command(&resume, args.verbose > 0),
        Command::Equations(args) => equations::command(&args),
        Command::Devices => devices::command(),
        Command::Kernels(args) => kernels::command(&args),
        Command::Inspect(args) => inspect::command(&args),
        Command::Plot(args) => results::command(&args),
        Command::Models(args) => models::command(&args),
        Command::New(args) => new::command(&args),
    };
    exit_code::of(result)
}
