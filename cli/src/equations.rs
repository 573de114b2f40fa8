//! `overtime equations`: the step of a text of equations.

use crate::args::EquationsArgs;
use crate::console::print;
use crate::exit_code::{Failure, usage};
use anyhow::Context;
use overtime::models::Param;
use overtime::{AdjointOptions, Equations, Error, StepText};
use std::fmt::Write;

pub(crate) fn command(args: &EquationsArgs) -> anyhow::Result<()> {
    if !(args.dt.is_finite() && args.dt > 0.0) {
        return Err(usage(format!("--dt must be positive, not {}", args.dt)));
    }
    let file = args.file.display().to_string();
    let text = std::fs::read_to_string(&args.file).with_context(|| format!("cannot read {file}"))?;
    let equations = match Equations::new(&text) {
        Ok(equations) => equations.method(args.method),
        Err(Error::Equations(error)) => return Err(Failure::Equations(error.report(Some(&file), 1)).into()),
        Err(error) => return Err(error.into()),
    };
    let step = match (args.adjoint, args.dtype.as_str()) {
        (false, "f64") => equations.step_text::<f64>(args.dt),
        (false, _) => equations.step_text::<f32>(args.dt),
        (true, "f64") => equations.adjoint_text::<f64>(args.dt, &adjoint_options(args)),
        (true, _) => equations.adjoint_text::<f32>(args.dt, &adjoint_options(args)),
    };
    let step = step.with_context(|| file.clone())?;
    if args.cuda { print(&step.cuda) } else { print(&page(&equations, &step, args)) }
}

fn adjoint_options(args: &EquationsArgs) -> AdjointOptions {
    let mut options = AdjointOptions::default().by(&args.gradient);
    if let Some(surrogate) = args.surrogate {
        options = options.surrogate(surrogate);
    }
    if args.detach_reset { options.detach_reset() } else { options }
}

/// The page about a text.
fn page(equations: &Equations, step: &StepText, args: &EquationsArgs) -> String {
    let unit = |name: &str, unit: &str| if unit == "1" { name.to_owned() } else { format!("{name} ({unit})") };
    let list = |all: Vec<String>| if all.is_empty() { "none".to_owned() } else { all.join(", ") };
    let mut page = String::new();
    let pairs = |all: Vec<(&str, &str)>| list(all.into_iter().map(|(name, of)| unit(name, of)).collect());
    let _ = writeln!(page, "Variables   {}", pairs(equations.variables()));
    let _ = writeln!(page, "Inputs      {}", pairs(equations.inputs()));
    let parameters = equations.parameters().into_iter().map(|(name, of, value)| {
        let value = if let Param::All(value) = value { overtime::Number(*value).to_string() } else { String::new() };
        if of == "1" { format!("{name} = {value}") } else { format!("{name} = {value} {of}") }
    });
    let _ = writeln!(page, "Parameters  {}", list(parameters.collect()));
    let mut what = if args.adjoint { "The adjoint of a step" } else { "A step" }.to_owned();
    if equations.describes_channel() {
        what += " of a neuron whose only channel is the text,";
    }
    let _ = writeln!(page, "\n{what} of {} ms by {} in {}", overtime::Number(args.dt), args.method, args.dtype);
    for line in &step.lines {
        let _ = writeln!(page, "  {line}");
    }
    let total: usize = step.operations.iter().map(|(_, count)| count).sum();
    let counts = step.operations.iter().map(|(name, count)| format!("{count} {name}"));
    let _ = writeln!(page, "\nOperations  {total}: {}", counts.collect::<Vec<_>>().join(", "));
    let _ = writeln!(page, "CPU         {} loops over units, {} values at a time", step.loops, step.registers);
    if !step.without_gradient.is_empty() {
        let _ = writeln!(page, "No gradient {}", step.without_gradient.join(", "));
    }
    let _ = writeln!(page, "\nCUDA C\n{}", step.cuda.trim_end());
    page
}
