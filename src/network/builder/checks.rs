//! Checks that groups, receptors and projections share.

use crate::error::{Error, Result};

pub(super) fn check_name<'a>(what: &str, name: &str, mut others: impl Iterator<Item = &'a str>) -> Result<()> {
    if name.is_empty() || name.contains('.') || others.any(|other| other == name) {
        return Err(Error::value(
            format!("{what} name"),
            format!("`{name}`"),
            "is empty, has a dot, or is there twice",
        ));
    }
    Ok(())
}

/// The error for spikes that `what` adds to a graded receptor, whose value lasts for one step.
pub(super) fn lasts_a_step(what: &str, group: &str, receptor: &str) -> Error {
    Error::Unsupported(format!(
        "{what} adds spikes to `{group}.{receptor}`, which keeps no value for the next step: the effect of a spike \
         would be proportional to dt. A receptor that decays, such as an exponential one, keeps it; a projection with \
         AMPA, GABAa, NMDA or BioNMDA kinetics, or with a text that has a line `transmit`, transmits in each step"
    ))
}
