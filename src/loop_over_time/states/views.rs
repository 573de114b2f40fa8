//! Variables that a state contains in the form of their views: an LSTM's `h` and `c` instead of
//! `state`.

use crate::numeric::scalar::Scalar;
use crate::system::VarSpec;
use crate::system::state::Layout;
use ndarray::ArrayViewD;

/// The variables that are given by their views. If a state contains both a variable and a view of
/// it, the variable is not one of these, and the name of the view is unexpected.
#[derive(Debug, Default)]
pub(super) struct Views<'l> {
    /// Each variable, the names of its given views, and the names of its missing views.
    vars: Vec<(&'l VarSpec, Vec<&'l str>, Vec<String>)>,
}

impl<'l> Views<'l> {
    pub(super) fn find<'f, T: 'f>(layout: &'l Layout, find: &impl Fn(&str) -> Option<&'f ArrayViewD<'f, T>>) -> Self {
        let of = |var: &'l VarSpec| {
            let (given, missing): (Vec<_>, Vec<_>) =
                var.views.iter().map(|(name, _)| &**name).partition(|name| find(name).is_some());
            if given.is_empty() || find(&var.name).is_some() {
                return None;
            }
            let mut missing: Vec<String> = missing.into_iter().map(str::to_owned).collect();
            let all = var.views.iter().map(|(_, range)| range.len()).fold(0, usize::saturating_add);
            if all != var.len() {
                missing.push(var.name.to_string());
            }
            Some((var, given, missing))
        };
        Self { vars: layout.vars.iter().filter_map(|(var, _)| of(var)).collect() }
    }

    /// Whether the variable of this name is given by some or all of its views.
    pub(super) fn hold(&self, name: &str) -> bool {
        self.vars.iter().any(|(var, ..)| var.name == name)
    }

    /// Whether this name is that of a given view.
    pub(super) fn given(&self, name: &str) -> bool {
        self.vars.iter().any(|(_, given, _)| given.contains(&name))
    }

    /// The missing views of the variables.
    pub(super) fn missing(&self) -> impl Iterator<Item = String> {
        self.vars.iter().flat_map(|(.., missing)| missing.iter().cloned())
    }

    /// The given views, each with its number of elements in a batch row.
    pub(super) fn all(&self) -> impl Iterator<Item = (&'l str, usize)> {
        let of = |var: &'l VarSpec, view: &str| {
            var.views.iter().find(|(name, _)| name == view).map_or(0, |(_, range)| range.len())
        };
        self.vars.iter().flat_map(move |(var, given, _)| given.iter().map(move |name| (*name, of(var, name))))
    }

    /// Copies the given views of this variable to `place`, `[rows, …]`. Their shapes have been
    /// checked.
    pub(super) fn put<'f, T: Scalar>(
        &self,
        var: &VarSpec,
        place: &mut [T],
        find: &impl Fn(&str) -> Option<&'f ArrayViewD<'f, T>>,
    ) {
        if !self.hold(&var.name) {
            return;
        }
        for (name, range) in &var.views {
            let Some(new) = find(name) else { continue };
            let mut new = new.iter();
            for row in place.chunks_exact_mut(var.len().max(1)) {
                row.get_mut(range.clone())
                    .unwrap_or_default()
                    .iter_mut()
                    .zip(&mut new)
                    .for_each(|(to, from)| *to = *from);
            }
        }
    }
}
