//! Whose values the columns of a file's arrays are.

use super::file::Results;
use super::variables::Elements;
use crate::exit_code::usage;
use crate::plot::Columns;
use overtime_model::SystemSpec as System;
use overtime_model::out_vars::OutVar;

/// The arrays that are no variables.
const OTHERS: [&str; 4] = ["ts", "t", "i", "output"];

/// An array with the values of a variable in each recorded step.
#[derive(Clone, Debug)]
pub(super) struct Recorded {
    /// The name of the array.
    pub(super) name: String,
    /// The variable of the model.
    pub(super) var: String,
    /// The units of its columns, in their order; none if it has all units.
    pub(super) units: Option<Vec<usize>>,
}

impl Recorded {
    /// Whether it has all units.
    pub(super) fn is_whole(&self) -> bool {
        self.units.is_none()
    }

    /// Whether it has the values of this unit.
    pub(super) fn has(&self, unit: usize) -> bool {
        self.units.as_ref().is_none_or(|units| units.contains(&unit))
    }

    pub(super) fn columns(&self) -> Columns<'_> {
        self.units.as_deref().map_or(Columns::All, Columns::Of)
    }
}

/// What the model says of an array.
pub(super) struct Model<'a> {
    pub(super) system: &'a System,
    /// The variables of the run's `out_vars`.
    pub(super) asked: &'a [OutVar],
    /// The elements of a variable, if there is such a variable.
    pub(super) elements: &'a dyn Fn(&str) -> Option<Elements>,
}

/// The arrays with values of variables. `width` is the number of columns of an array that has
/// values in each recorded step. Other arrays are not looked at.
///
/// # Errors
/// A usage error if the model has no such variable, or fewer units.
pub(super) fn recorded(
    results: &Results,
    model: &Model<'_>,
    width: impl Fn(&str) -> Option<usize>,
) -> anyhow::Result<Vec<Recorded>> {
    let mut all = Vec::new();
    for name in results.names().filter(|name| !OTHERS.contains(name)) {
        if let Some(of) = results.of_other_form(name) {
            model.check_events(results, of)?;
        } else if let Some(width) = width(name) {
            let want = model.variable(results, name)?;
            let units = model.units(results, &want, width)?;
            all.push(Recorded { name: name.to_owned(), var: want.var, units });
        }
    }
    Ok(all)
}

impl Model<'_> {
    /// What the array of this name is: as `out_vars` asks for it, if it does.
    fn variable(&self, results: &Results, name: &str) -> anyhow::Result<OutVar> {
        let is_asked = |want: &&OutVar| want.name == name && want.has_values() && !want.histogram;
        let want = match self.asked.iter().find(is_asked) {
            Some(want) => want.clone(),
            None => match self.system.out_vars(Some(name)).as_deref() {
                Ok([want]) if want.name == name => want.clone(),
                _ => return Err(unknown_array(results, name)),
            },
        };
        (self.elements)(&want.var).map(|_| want).ok_or_else(|| unknown_array(results, name))
    }

    /// Refuses events and bits of a variable that the model does not have. Those of the only group of a
    /// network have no group in their names.
    fn check_events(&self, results: &Results, of: &str) -> anyhow::Result<()> {
        match self.system {
            System::Network(net) if net.groups.len() == 1 && of == "spike" => Ok(()),
            _ => self.variable(results, of).map(|_| ()),
        }
    }

    /// The units of the columns of an array; none for all units.
    fn units(&self, results: &Results, want: &OutVar, width: usize) -> anyhow::Result<Option<Vec<usize>>> {
        let picked = || want.units.iter().flatten().cloned().flatten();
        if let Some(Elements::Known(units)) = (self.elements)(&want.var)
            && let Some(beyond) = want.units.iter().flatten().find(|range| range.end > units)
        {
            let (name, unit) = (want.var.escape_debug(), beyond.end - 1);
            return Err(usage(format!("--out-vars: `{name}` has {units} units, and no unit {unit}")));
        }
        if want.units.is_some() && picked().count() == width {
            return Ok(Some(picked().collect()));
        }
        match (self.elements)(&want.var) {
            Some(Elements::Known(units)) if units != width || want.name != want.var => {
                let (name, file) = (want.name.escape_debug(), results.path.display());
                let count = if want.name == want.var { units } else { picked().count() };
                let scale = if matches!(self.system, System::Network(_)) { ", --scale" } else { "" };
                Err(usage(format!(
                    "--model: `{name}` of {file} has {width} values in each step, and the model has {count} units: give \
                     --out-vars{scale} and --model as in the run"
                )))
            }
            _ => Ok(None),
        }
    }
}

fn unknown_array(results: &Results, name: &str) -> anyhow::Error {
    let (name, file) = (name.escape_debug(), results.path.display());
    usage(format!("--model: {file} has `{name}`, which is no variable of the model: give the model of the run"))
}
