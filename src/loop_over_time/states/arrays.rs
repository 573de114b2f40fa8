//! The arrays of a saved state: their names and shapes, and their replacement.

use super::super::AnyLoop;
use super::super::nodes::VarKind;
use super::views::Views;
use crate::error::{Error, Result};
use crate::memory;
use crate::numeric::scalar::Scalar;
use crate::states::Unmatched;
use crate::system::state::State;
use crate::system::{Schema, System};
use ndarray::{ArrayView, ArrayViewD, IxDyn};

impl<T: Scalar> AnyLoop<'_, T> {
    /// All arrays of a saved state, in order.
    pub(crate) fn arrays(&self) -> Result<Vec<(VarKind, String, ArrayViewD<'_, T>)>> {
        let (mut arrays, state) = (Vec::new(), self.host_state()?);
        let mut add = |source, name: String, shape: Vec<usize>, values| {
            // `check_names` has checked the lengths.
            if let Ok(view) = ArrayView::from_shape(IxDyn(&shape), values) {
                arrays.push((source, name, view));
            }
        };
        for (var, at) in &self.layout.vars {
            let values = state.get(*at..at + var.len() * self.layout.rows).unwrap_or_default();
            add(VarKind::State, var.name.to_string(), self.shape_of(&var.shape), values);
        }
        self.system.weights().into_iter().for_each(|w| add(VarKind::Weight, w.name, w.shape, w.values));
        for (node, system) in &self.implicit.nodes {
            system
                .weights()
                .into_iter()
                .for_each(|w| add(VarKind::NodeWeight, format!("{node}.{}", w.name), w.shape, w.values));
        }
        arrays.extend(self.implicit.vars.iter().map(|(name, array)| (VarKind::Implicit, name.clone(), array.view())));
        Ok(arrays)
    }

    /// The shape of a variable, including the batch axis.
    fn shape_of(&self, shape: &[usize]) -> Vec<usize> {
        self.batch.iter().chain(shape).copied().collect()
    }

    /// Whether the loop has an array, or a view of a variable, of this name.
    pub(super) fn has(&self, name: &str) -> Result<bool> {
        let mut views = self.layout.vars.iter().flat_map(|(var, _)| &var.views);
        Ok(views.any(|(view, _)| view == name) || self.arrays()?.iter().any(|(_, n, _)| n == name))
    }

    /// Checks all arrays and then copies all of them. `wanted` selects which of the loop's arrays
    /// to load.
    pub(super) fn take_arrays(
        &mut self,
        given: &[(&str, ArrayViewD<'_, T>)],
        strict: bool,
        wanted: &dyn Fn(VarKind) -> bool,
    ) -> Result<Unmatched> {
        let own = self.arrays()?;
        let own: Vec<(VarKind, &String, &ArrayViewD<'_, T>)> =
            own.iter().map(|(s, n, a)| (*s, n, a)).filter(|(s, ..)| wanted(*s)).collect();
        let find = |name: &str| given.iter().find(|(g, _)| *g == name).map(|(_, array)| array);
        let views = if wanted(VarKind::State) { Views::find(&self.layout, &find) } else { Views::default() };
        let is_missing = |name: &str| find(name).is_none() && !views.hold(name);
        let missing = own.iter().filter(|(_, n, _)| is_missing(n)).map(|(_, n, _)| (*n).clone()).chain(views.missing());
        let known = |name: &str| own.iter().any(|(_, n, _)| *n == name) || views.given(name);
        let unexpected = given.iter().filter(|(g, _)| !known(g)).map(|(g, _)| (*g).to_owned());
        let unmatched = Unmatched { missing: missing.collect(), unexpected: unexpected.collect() };
        let optional = |name: &String| self.layout.vars.iter().any(|(var, _)| var.optional && var.name == *name);
        if strict && !(unmatched.unexpected.is_empty() && unmatched.missing.iter().all(optional)) {
            let missing = unmatched.missing.iter().filter(|name| !optional(name)).cloned().collect();
            return Err(Error::Keys { missing, unexpected: unmatched.unexpected });
        }
        let all = own.iter().filter_map(|(source, name, old)| {
            let batched = *source == VarKind::State && self.batch.is_some();
            Some((*source, name.as_str(), old.shape().to_vec(), batched, find(name)?))
        });
        let of_views = views.all().map(|(name, len)| (name, self.shape_of(&[len]), self.batch.is_some()));
        let of_views =
            of_views.filter_map(|(name, shape, batched)| Some((VarKind::State, name, shape, batched, find(name)?)));
        for (source, name, shape, batched, new) in all.chain(of_views) {
            let what = if matches!(source, VarKind::Weight | VarKind::NodeWeight) { "weight" } else { "state" };
            same_shape(&format!("{what} `{name}`"), &shape, new.shape(), batched)?;
            if !self.allow_non_finite
                && let Some((index, value)) = new.iter().enumerate().find(|(_, x)| !x.is_finite())
            {
                return Err(Error::NotFinite { variable: name.to_owned(), step: None, index, value: value.to_f64() });
            }
        }
        let put = |source: VarKind, name: &str, place: &mut [T]| {
            if let Some(new) = find(name)
                && wanted(source)
            {
                place.iter_mut().zip(new).for_each(|(p, x)| *p = *x);
            }
        };
        let mut state = memory::collect("the state", self.host_state()?.iter().copied())?;
        if strict && !unmatched.missing.is_empty() {
            self.renew(&mut state, &unmatched.missing)?;
        }
        for (var, at) in &self.layout.vars {
            let place = state.get_mut(*at..at + var.len() * self.layout.rows).unwrap_or_default();
            put(VarKind::State, &var.name, place);
            views.put(var, place, &find);
        }
        self.set_host_state(state)?;
        self.system.weights_mut().into_iter().for_each(|w| put(VarKind::Weight, &w.name, w.values));
        for (node, system) in &mut self.implicit.nodes {
            system
                .weights_mut()
                .into_iter()
                .for_each(|w| put(VarKind::NodeWeight, &format!("{node}.{}", w.name), w.values));
        }
        for (name, array) in &mut self.implicit.vars {
            if let Some(new) = find(name)
                && wanted(VarKind::Implicit)
            {
                array.assign(new);
            }
        }
        self.weights_changed()?;
        Ok(unmatched)
    }

    /// Sets the variables of these names to the values of a new loop.
    fn renew(&self, state: &mut [T], names: &[String]) -> Result<()> {
        let mut fresh = crate::memory::zeroed("the state", self.layout.len)?;
        self.system.init(&self.shared, &mut State::new(self.layout.split(&mut fresh), 0, self.schema.output_len()));
        for (var, at) in self.layout.vars.iter().filter(|(var, _)| names.iter().any(|name| var.name == *name)) {
            let all = *at..at + var.len() * self.layout.rows;
            if let (Some(place), Some(new)) = (state.get_mut(all.clone()), fresh.get(all)) {
                place.copy_from_slice(new);
            }
        }
        Ok(())
    }
}

/// Checks that variables and weights have distinct names, and that the number of values of a weight
/// fits its shape.
pub(in crate::loop_over_time) fn check_names<T: Scalar>(system: &dyn System<T>, schema: &Schema) -> Result<()> {
    let weights = system.weights();
    let mut names: Vec<&str> =
        schema.state.iter().map(|v| &*v.name).chain(weights.iter().map(|w| w.name.as_str())).collect();
    names.sort_unstable();
    if let Some(pair) = names.windows(2).find(|w| w[0] == w[1]) {
        return Err(Error::Unsupported(format!("two variables or weights named `{}`", pair[0])));
    }
    match weights.iter().find(|w| w.shape.iter().product::<usize>() != w.values.len()) {
        Some(w) => {
            Err(Error::Unsupported(format!("weight `{}` of shape {:?} has {} values", w.name, w.shape, w.values.len())))
        }
        None => Ok(()),
    }
}

fn same_shape(argument: &str, expected: &[usize], given: &[usize], batched: bool) -> Result<()> {
    if expected.len() != given.len() {
        return Err(Error::Rank {
            argument: argument.to_owned(),
            expected: format!("{expected:?}"),
            given: given.to_vec(),
        });
    }
    match (0..given.len()).find(|&a| given[a] != expected[a]) {
        None => Ok(()),
        Some(axis) => Err(Error::Shape {
            argument: argument.to_owned(),
            axis: if batched && axis == 0 { "batch".to_owned() } else { axis.to_string() },
            expected: expected[axis],
            given: given[axis],
        }),
    }
}
