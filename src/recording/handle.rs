//! Monitors whose names are resolved.

use super::Monitor;
use super::monitor::Form;
use crate::error::{Error, Result};
use crate::system::state::Layout;

/// A [`Monitor`] whose names are resolved.
#[derive(Clone, Debug)]
pub(crate) struct Handle {
    pub(crate) label: String,
    pub(crate) var: usize,
    /// The recorded elements of each batch row, in ascending order; `None` means all.
    pub(crate) pick: Option<Vec<usize>>,
    /// For each requested element its position among the recorded elements; `None` if they are in
    /// the requested order already.
    pub(super) order: Option<Vec<usize>>,
    pub(crate) every: u64,
    pub(crate) form: Form,
    /// The shape for one batch row.
    shape: Vec<usize>,
}

impl Handle {
    pub(crate) fn resolve(monitor: &Monitor, layout: &Layout, every: u64) -> Result<Self> {
        let names =
            || layout.vars.iter().flat_map(|(v, _)| std::iter::once(&v.name).chain(v.views.iter().map(|(n, _)| n)));
        let find = |name: &str| {
            layout.vars.iter().enumerate().find_map(|(index, (var, _))| {
                if var.name == name {
                    return Some((index, 0..var.len(), var.shape.clone()));
                }
                var.views.iter().find(|(n, _)| n == name).map(|(_, r)| (index, r.clone(), vec![r.len()]))
            })
        };
        let (var, range, mut shape) =
            find(&monitor.var).ok_or_else(|| Error::unknown("variable", &monitor.var, names()))?;
        let every = monitor.every.unwrap_or(every);
        if every == 0 {
            return Err(Error::value(
                format!("out_vars `{}`: every", monitor.var),
                0,
                "is not a positive number of steps",
            ));
        }
        let whole = range.len() == layout.vars[var].0.len();
        let (mut pick, mut order) = ((!whole).then(|| range.clone().collect::<Vec<_>>()), None);
        if let Some(units) = &monitor.units {
            if let Some(&unit) = units.iter().find(|u| **u >= range.len()) {
                let reason = format!("is outside the variable, which has {} units", range.len());
                return Err(Error::value(format!("out_vars `{}`: unit", monitor.var), unit, reason));
            }
            let mut sorted: Vec<usize> = units.iter().map(|u| range.start + u).collect();
            sorted.sort_unstable();
            sorted.dedup();
            let places: Vec<usize> = units.iter().map(|u| sorted.partition_point(|s| *s < range.start + u)).collect();
            order = (!places.iter().enumerate().all(|(k, p)| k == *p)).then_some(places);
            shape = vec![units.len()];
            pick = Some(sorted);
        }
        Ok(Self { label: monitor.label().to_owned(), var, pick, order, every, form: monitor.form, shape })
    }

    /// The number of recorded elements in each batch row.
    pub(crate) fn width(&self, layout: &Layout) -> usize {
        self.pick.as_ref().map_or_else(|| layout.vars[self.var].0.len(), Vec::len)
    }

    /// For each requested element its position among the recorded elements; `None` if they are in
    /// the requested order already.
    pub(crate) fn order(&self) -> Option<&[usize]> {
        self.order.as_deref()
    }

    /// The shape of one batch row that the user receives.
    pub(crate) fn shape(&self) -> &[usize] {
        &self.shape
    }
}
