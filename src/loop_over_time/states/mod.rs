//! Saving and loading the state of a loop, in memory and in files.

mod views;

use super::nodes::VarKind;
use super::{AnyLoop, LoopOverTime};
use crate::checkpoint;
use crate::checkpoint::{Stamp, StateDict, Tensor, Type, Unmatched};
use crate::error::{Error, Result};
use crate::memory;
use crate::numeric::scalar::Scalar;
use crate::system::clock::Clock;
use crate::system::state::State;
use crate::system::torch;
use crate::system::{Schema, Shared, System};
use ndarray::{ArrayD, ArrayView, ArrayViewD, IxDyn};
use std::path::Path;

/// The prefix of shared values in a file's metadata.
const SHARED: &str = "shared.";

impl<T: Scalar, S: System<T>> LoopOverTime<T, S> {
    /// The whole state by name: variables (`V`, `l1.state`; `[batch, …]`, without the batch axis if
    /// there is none), weights (`l1.Wi`), registered variables, and the clock with step index,
    /// time, seed and shared values.
    ///
    /// # Errors
    /// If the device cannot return the state.
    pub fn state_dict(&self) -> Result<StateDict<T>> {
        self.any().to_dict()
    }

    /// Loads a state: the same bits and the same position in time, so that the next run continues
    /// from the point at which the state was taken. If the `dt` of the loop differs from that of
    /// the state, index and time continue from that point, and a reset returns to it.
    ///
    /// Returns the names that did not match. If `strict`, such names are an error, except for
    /// missing variables that a start does not need ([`VarSpec::optional`](crate::VarSpec): a
    /// neuron's `spike`, `input`, …). These variables then have the values of a new loop. All views
    /// of a variable may replace the variable itself: an LSTM's `h` and `c` replace its `state`.
    ///
    /// # Errors
    /// If names do not match (with `strict`); if an array has another shape; if an array contains a
    /// NaN or an infinity (unless the loop allows them); if the dict has no clock, because it was
    /// made by hand, but contains values that depend on the step
    /// ([`VarSpec::of_its_step`](crate::VarSpec): a network's spikes in flight). Nothing has
    /// changed then.
    pub fn load_state_dict(&mut self, dict: &StateDict<T>, strict: bool) -> Result<Unmatched> {
        self.any_mut().take_dict(dict, strict)
    }

    /// Loads only weights, by name (`l1.Wi`), from values of any float type.
    ///
    /// # Errors
    /// The same as for [`LoopOverTime::load_state_dict`]. If `strict`, the names must be exactly
    /// those of the weights.
    pub fn load_weights(&mut self, weights: &[(String, ArrayD<f64>)], strict: bool) -> Result<Unmatched> {
        self.any_mut().take_weights(weights, strict)
    }

    /// Loads all weights of a torch model's `state_dict`. [`torch`] describes how names are matched
    /// to layers.
    ///
    /// # Errors
    /// The same as for [`LoopOverTime::load_weights`], with torch's names. In addition: if torch
    /// has no module for a part of the system.
    pub fn load_torch_weights(&mut self, weights: &[(String, ArrayD<f64>)]) -> Result<()> {
        let own = torch::weights::<T>(&self.system, weights)?;
        self.load_weights(&own, true)?;
        Ok(())
    }

    /// Saves the whole state to a safetensors file. The file is replaced as a whole or not at all;
    /// see [`states`](crate::states).
    ///
    /// # Errors
    /// If the operating system refuses to write the file. A previous file then is unchanged.
    pub fn save_states(&self, path: impl AsRef<Path>) -> Result<()> {
        checkpoint::write(path, &self.states_file()?)
    }

    /// Loads a file of [`LoopOverTime::save_states`].
    ///
    /// # Errors
    /// If the file is damaged, belongs to another model or another element type, or does not fit
    /// otherwise (see [`LoopOverTime::load_state_dict`]). Nothing has changed then.
    pub fn load_states(&mut self, path: impl AsRef<Path>) -> Result<Unmatched> {
        self.load_states_file(&checkpoint::read(path)?, true)
    }

    /// Does the same as [`LoopOverTime::load_states`], but loads only matching names, converts from
    /// other element types, and returns the names that did not match.
    ///
    /// # Errors
    /// If the file is damaged, or if an array with a matching name has another shape or is not
    /// finite.
    pub fn load_states_lenient(&mut self, path: impl AsRef<Path>) -> Result<Unmatched> {
        self.load_states_file(&checkpoint::read(path)?, false)
    }

    /// The content of a file of [`LoopOverTime::save_states`], for programs that add data to it.
    ///
    /// # Errors
    /// If the device cannot return the state.
    pub fn states_file(&self) -> Result<checkpoint::File> {
        self.any().to_file()
    }

    /// Loads the content of a file that [`checkpoint::read`] has read.
    ///
    /// # Errors
    /// The same as for [`LoopOverTime::load_states`].
    pub fn load_states_file(&mut self, file: &checkpoint::File, strict: bool) -> Result<Unmatched> {
        self.any_mut().take_file(file, strict)
    }
}

impl<T: Scalar> AnyLoop<'_, T> {
    pub(super) fn to_dict(&self) -> Result<StateDict<T>> {
        let mut dict = StateDict::new();
        for (_, name, array) in self.arrays()? {
            let copy = memory::copied(&format!("a copy of `{name}`"), array)?;
            dict.arrays.push((name, copy));
        }
        let Clock { i0, t0, dt, done } = self.clock;
        let shared = self.shared.iter().map(|(n, v)| (n.to_owned(), v)).collect();
        dict.stamp = Some(Stamp { i0, t0, dt, done, seed: self.shared.seed, shared });
        Ok(dict)
    }

    pub(super) fn take_dict(&mut self, dict: &StateDict<T>, strict: bool) -> Result<Unmatched> {
        let given: Vec<(&str, ArrayViewD<'_, T>)> = dict.iter().map(|(n, a)| (n, a.view())).collect();
        let clock = dict.stamp.as_ref().map(|s| self.clock_from(s)).transpose()?;
        if clock.is_none() {
            self.check_without_clock(&given)?;
        }
        let unmatched = self.take_arrays(&given, strict, &|_| true)?;
        if let (Some(clock), Some(stamp)) = (clock, &dict.stamp) {
            self.clock = clock;
            self.started.set(false);
            self.shared = Shared::new(stamp.seed);
            stamp.shared.iter().for_each(|(name, value)| self.shared.set(name.as_str(), *value));
        }
        Ok(unmatched)
    }

    /// Checks that no array depends on the step at which it was saved, since that step is unknown.
    fn check_without_clock(&self, given: &[(&str, ArrayViewD<'_, T>)]) -> Result<()> {
        let of_step = |name: &str| self.layout.vars.iter().any(|(var, _)| var.of_its_step && var.name == *name);
        match given.iter().find(|(name, array)| of_step(name) && array.iter().any(|x| *x != T::zeroed())) {
            Some((name, _)) => Err(Error::Unsupported(format!(
                "`{name}` depends on the step at which it was saved, but this state has no clock: omit `{name}`, or load the whole state, as it was \
                 saved"
            ))),
            None => Ok(()),
        }
    }

    pub(super) fn take_weights(&mut self, weights: &[(String, ArrayD<f64>)], strict: bool) -> Result<Unmatched> {
        let convert = |(name, array): &'_ (String, ArrayD<f64>)| {
            memory::converted(&format!("weight `{name}`"), array.view(), T::from_f64)
        };
        let converted = weights.iter().map(convert).collect::<Result<Vec<_>>>()?;
        let given: Vec<(&str, ArrayViewD<'_, T>)> =
            weights.iter().zip(&converted).map(|((n, _), a)| (n.as_str(), a.view())).collect();
        self.take_arrays(&given, strict, &|source| source == VarKind::Weight)
    }

    pub(super) fn to_file(&self) -> Result<checkpoint::File> {
        let mut file = checkpoint::File::default();
        for (_, name, array) in self.arrays()? {
            file.tensors.push((name, Tensor::try_from_array(array)?));
        }
        let Clock { i0, t0, dt, done } = self.clock;
        // Rust writes a float as the shortest text that reads back as the same bits.
        for (key, value) in [("t0", t0), ("dt", dt), ("t", self.clock.t())] {
            file.metadata.insert(key.to_owned(), format!("{value:?}"));
        }
        for (key, value) in [("i0", i0), ("done", done), ("i", self.clock.i()), ("seed", self.shared.seed)] {
            file.metadata.insert(key.to_owned(), value.to_string());
        }
        file.metadata.insert("kind".to_owned(), self.system.kind().to_owned());
        file.metadata.extend(self.shared.iter().map(|(name, value)| (format!("{SHARED}{name}"), format!("{value:?}"))));
        Ok(file)
    }

    pub(super) fn take_file(&mut self, file: &checkpoint::File, strict: bool) -> Result<Unmatched> {
        let own = Type::from(T::DTYPE);
        let mut dict = StateDict { stamp: stamp(file)?, ..StateDict::new() };
        for (name, tensor) in &file.tensors {
            if strict && tensor.dtype != own && self.has(name)? {
                let reason = format!("in the file, but {own} in this loop; load_states_lenient converts it");
                return Err(Error::value(format!("`{name}`"), tensor.dtype, reason));
            }
            // Names in a file are distinct.
            dict.arrays.push((name.clone(), tensor.to_array()?));
        }
        self.take_dict(&dict, strict)
    }

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
    fn has(&self, name: &str) -> Result<bool> {
        let mut views = self.layout.vars.iter().flat_map(|(var, _)| &var.views);
        Ok(views.any(|(view, _)| view == name) || self.arrays()?.iter().any(|(_, n, _)| n == name))
    }

    fn clock_from(&self, stamp: &Stamp) -> Result<Clock> {
        let Stamp { i0, t0, dt, done, .. } = *stamp;
        Clock::new(i0, t0, dt)?;
        if i0.checked_add(done).is_none() {
            return Err(Error::value("state: i", done, "exceeds the largest step index"));
        }
        if dt.to_bits() == self.clock.dt.to_bits() {
            return Ok(Clock { i0, t0, dt, done });
        }
        Clock::new(i0 + done, stamp.t(), self.clock.dt)
    }

    /// Checks all arrays and then copies all of them. `wanted` selects which of the loop's arrays
    /// to load.
    fn take_arrays(
        &mut self,
        given: &[(&str, ArrayViewD<'_, T>)],
        strict: bool,
        wanted: &dyn Fn(VarKind) -> bool,
    ) -> Result<Unmatched> {
        let own = self.arrays()?;
        let own: Vec<(VarKind, &String, &ArrayViewD<'_, T>)> =
            own.iter().map(|(s, n, a)| (*s, n, a)).filter(|(s, ..)| wanted(*s)).collect();
        let find = |name: &str| given.iter().find(|(g, _)| *g == name).map(|(_, array)| array);
        let views =
            if wanted(VarKind::State) { views::Views::find(&self.layout, &find) } else { views::Views::default() };
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
pub(super) fn check_names<T: Scalar>(system: &dyn System<T>, schema: &Schema) -> Result<()> {
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

/// Reads clock and seed from the metadata of a file. The result is `None` if the file has neither,
/// like files of other programs.
fn stamp(file: &checkpoint::File) -> Result<Option<Stamp>> {
    const KEYS: [&str; 5] = ["i0", "t0", "dt", "done", "seed"];
    if !KEYS.iter().any(|key| file.metadata.contains_key(*key)) {
        return Ok(None);
    }
    fn number<V: std::str::FromStr>(file: &checkpoint::File, key: &str) -> Result<V> {
        let text = file.metadata.get(key).map_or("nothing", String::as_str);
        text.parse().map_err(|_| Error::value(format!("state: {key}"), format!("`{text}`"), "is not a number"))
    }
    let mut shared = Vec::new();
    for key in file.metadata.keys() {
        if let Some(name) = key.strip_prefix(SHARED) {
            shared.push((name.to_owned(), number(file, key)?));
        }
    }
    Ok(Some(Stamp {
        i0: number(file, "i0")?,
        t0: number(file, "t0")?,
        dt: number(file, "dt")?,
        done: number(file, "done")?,
        seed: number(file, "seed")?,
        shared,
    }))
}
