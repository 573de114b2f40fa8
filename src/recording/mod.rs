//! The result of a run: its output, monitored variables, events, and times.

pub(crate) mod every;

use crate::error::{Error, Result};
use crate::memory;
use crate::numeric::scalar::Scalar;
use crate::system::clock::Clock;
use crate::system::state::Layout;
use ndarray::{ArrayD, Axis, IxDyn};

/// The variables to monitor: one, a list, or a map by name, with any nesting. A recording returns
/// the arrays in the same structure.
///
/// ```
/// use overtime::{OutVars, monitor};
/// let _ = OutVars::from("V");
/// let _ = OutVars::from(["V", "m"]);
/// let _ = OutVars::map([("gates", ["m", "h", "n"].into()), ("spikes", monitor("spike").events().into())]);
/// ```
#[derive(Clone, Debug, PartialEq)]
pub enum Tree<L> {
    /// One variable.
    Leaf(L),
    /// Several, in order.
    List(Vec<Tree<L>>),
    /// Several, by name.
    Map(Vec<(String, Tree<L>)>),
}

/// The structure of monitors that a loop is built with.
pub type OutVars = Tree<Monitor>;

impl<L> Tree<L> {
    /// Creates a map by name.
    pub fn map<N: Into<String>>(entries: impl IntoIterator<Item = (N, Self)>) -> Self {
        Self::Map(entries.into_iter().map(|(n, t)| (n.into(), t)).collect())
    }

    /// The leaves, in order.
    #[must_use]
    pub fn leaves(&self) -> Vec<&L> {
        match self {
            Self::Leaf(leaf) => vec![leaf],
            Self::List(list) => list.iter().flat_map(Self::leaves).collect(),
            Self::Map(map) => map.iter().flat_map(|(_, t)| t.leaves()).collect(),
        }
    }

    /// The same structure, with `f` applied to each leaf.
    pub fn transform<'s, M>(&'s self, f: &mut impl FnMut(&'s L) -> M) -> Tree<M> {
        match self {
            Self::Leaf(leaf) => Tree::Leaf(f(leaf)),
            Self::List(list) => Tree::List(list.iter().map(|t| t.transform(f)).collect()),
            Self::Map(map) => Tree::Map(map.iter().map(|(n, t)| (n.clone(), t.transform(f))).collect()),
        }
    }

    /// The entry of this name, if this is a map that contains it.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Self> {
        match self {
            Self::Map(map) => map.iter().find(|(n, _)| n == name).map(|(_, t)| t),
            _ => None,
        }
    }

    /// The leaf, if this is a leaf.
    #[must_use]
    pub fn leaf(&self) -> Option<&L> {
        match self {
            Self::Leaf(leaf) => Some(leaf),
            _ => None,
        }
    }
}

impl From<&str> for Monitor {
    fn from(variable: &str) -> Self {
        monitor(variable)
    }
}
impl From<String> for Monitor {
    fn from(variable: String) -> Self {
        monitor(variable)
    }
}
impl From<Monitor> for OutVars {
    fn from(m: Monitor) -> Self {
        Self::Leaf(m)
    }
}
impl From<&str> for OutVars {
    fn from(name: &str) -> Self {
        Self::Leaf(monitor(name))
    }
}
impl From<String> for OutVars {
    fn from(name: String) -> Self {
        Self::Leaf(monitor(name))
    }
}
impl<V: Into<Self>, const N: usize> From<[V; N]> for OutVars {
    fn from(list: [V; N]) -> Self {
        Self::List(list.into_iter().map(Into::into).collect())
    }
}
impl<V: Into<Self>> From<Vec<V>> for OutVars {
    fn from(list: Vec<V>) -> Self {
        Self::List(list.into_iter().map(Into::into).collect())
    }
}

/// A request to record a variable: all units or some, every step or each k-th step, values or
/// events.
#[derive(Clone, Debug, PartialEq)]
pub struct Monitor {
    pub(crate) var: String,
    pub(crate) label: Option<String>,
    pub(crate) units: Option<Vec<usize>>,
    pub(crate) every: Option<u64>,
    pub(crate) events: bool,
}

/// Monitors all units of a variable after every step.
#[must_use]
pub fn monitor(var: impl Into<String>) -> Monitor {
    Monitor { var: var.into(), label: None, units: None, every: None, events: false }
}

impl Monitor {
    /// Records these units only: flat indices within one batch row, in any order.
    #[must_use]
    pub fn units(mut self, units: impl IntoIterator<Item = usize>) -> Self {
        self.units = Some(units.into_iter().collect());
        self
    }

    /// Records only steps whose index is a multiple of `k`. The index counts from the last reset,
    /// so that split runs record the same steps. The default is
    /// [`Builder::record_every`](crate::Builder::record_every).
    #[must_use]
    pub fn every(mut self, k: u64) -> Self {
        self.every = Some(k);
        self
    }

    /// Records events (step, batch row, unit) in place of values: one for each non-zero value of
    /// the variable. This suits spikes.
    #[must_use]
    pub fn events(mut self) -> Self {
        self.events = true;
        self
    }

    /// Sets the name in the recording. The default is the name of the variable; a second monitor of
    /// the same variable needs another name.
    #[must_use]
    pub fn named(mut self, label: impl Into<String>) -> Self {
        self.label = Some(label.into());
        self
    }

    /// The name in the recording.
    #[must_use]
    pub fn label(&self) -> &str {
        self.label.as_deref().unwrap_or(&self.var)
    }
}

/// A [`Monitor`] whose names are resolved.
#[derive(Clone, Debug)]
pub(crate) struct Handle {
    pub(crate) label: String,
    pub(crate) var: usize,
    /// The recorded elements of each batch row, in ascending order; `None` means all.
    pub(crate) pick: Option<Vec<usize>>,
    /// For each requested element its position among the recorded elements; `None` if they are in
    /// the requested order already.
    order: Option<Vec<usize>>,
    pub(crate) every: u64,
    pub(crate) events: bool,
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
        Ok(Self { label: monitor.label().to_owned(), var, pick, order, every, events: monitor.events, shape })
    }

    /// The number of recorded elements in each batch row.
    pub(crate) fn width(&self, layout: &Layout) -> usize {
        self.pick.as_ref().map_or_else(|| layout.vars[self.var].0.len(), Vec::len)
    }
}

/// The non-zero values of a variable. Event `e` occurred at step `step[e]`, in batch row `row[e]`,
/// in unit `unit[e]`. The events are sorted by step, then by row, then by unit.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Events {
    /// The index of the step, counted from the last reset.
    pub step: Vec<u64>,
    /// The batch row.
    pub row: Vec<usize>,
    /// The unit within the batch row.
    pub unit: Vec<usize>,
}

impl Events {
    /// The number of events.
    #[must_use]
    pub fn len(&self) -> usize {
        self.step.len()
    }

    /// Whether there are no events.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.step.is_empty()
    }

    pub(crate) fn extend(&mut self, mut found: Vec<(u64, usize)>, width: usize) -> Result<()> {
        let what = "recording of events";
        memory::grow(what, &mut self.step, found.len())?;
        memory::grow(what, &mut self.row, found.len())?;
        memory::grow(what, &mut self.unit, found.len())?;
        found.sort_unstable();
        for (step, cell) in found {
            self.step.push(step);
            self.row.push(cell / width.max(1));
            self.unit.push(cell % width.max(1));
        }
        Ok(())
    }
}

/// The recording of one monitored variable.
#[derive(Clone, Debug, PartialEq)]
pub enum Recorded<T> {
    /// The values: `[steps, batch, …]`, or `[batch, steps, …]`, without the batch axis if the loop
    /// has none.
    Dense(ArrayD<T>),
    /// The events: the non-zero values.
    Events(Events),
}

/// The recording of a run.
///
/// Output and variables are time-major or batch-major, as set by [`FirstAxis`] when the loop was
/// built. A batch-major array is a view of time-major memory with other strides, not a copy.
#[derive(Clone, Debug)]
pub struct Recording<T> {
    /// The output, `[T, B, …]`, `[B, T, …]` or `[T, …]`. Its time axis has length 0 if the loop
    /// does not record the output.
    pub output: ArrayD<T>,
    /// The start time of each recorded step of the output, `t0 + i·dt`.
    pub ts: Vec<f64>,
    /// The number of steps that this run made.
    pub steps: u64,
    /// The index of the next step.
    pub i: u64,
    /// The time of the next step.
    pub t: f64,
    pub(crate) entries: Vec<(String, Recorded<T>)>,
    pub(crate) structure: Option<Tree<usize>>,
    pub(crate) clock: Clock,
}

impl<T> Recording<T> {
    /// The values of the monitored variable of this name.
    ///
    /// # Errors
    /// If no monitor has this name, or if it recorded events.
    pub fn get(&self, name: &str) -> Result<&ArrayD<T>> {
        match self.find(name)? {
            Recorded::Dense(array) => Ok(array),
            Recorded::Events(_) => Err(Error::Unsupported(format!("`{name}` was recorded as events"))),
        }
    }

    /// The events of the monitored variable of this name.
    ///
    /// # Errors
    /// If no monitor has this name, or if it recorded values.
    pub fn events(&self, name: &str) -> Result<&Events> {
        match self.find(name)? {
            Recorded::Events(events) => Ok(events),
            Recorded::Dense(_) => Err(Error::Unsupported(format!("`{name}` was recorded densely, not as events"))),
        }
    }

    /// The times of the events of this name: for each event the start time of its step. Together
    /// with [`Events::unit`] these are the spikes in the form of SONATA.
    ///
    /// # Errors
    /// If no monitor has this name, or if it recorded values.
    pub fn times(&self, name: &str) -> Result<Vec<f64>> {
        Ok(self.events(name)?.step.iter().map(|i| self.clock.time_of(*i)).collect())
    }

    /// All monitored variables, in the order of the monitors.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Recorded<T>)> {
        self.entries.iter().map(|(n, r)| (n.as_str(), r))
    }

    /// The monitored variables in the structure of `out_vars`; `None` if there were no monitors.
    #[must_use]
    pub fn out_vars(&self) -> Option<Tree<&Recorded<T>>> {
        self.structure.as_ref().map(|s| s.transform(&mut |k| &self.entries[*k].1))
    }

    fn find(&self, name: &str) -> Result<&Recorded<T>> {
        let found = self.entries.iter().find(|(n, _)| n == name);
        found
            .map(|(_, r)| r)
            .ok_or_else(|| Error::unknown("recorded variable", name, self.entries.iter().map(|(n, _)| n)))
    }
}

/// # Panics
/// If there are no recorded values of this name. [`Recording::get`] returns an error instead.
impl<T> std::ops::Index<&str> for Recording<T> {
    type Output = ArrayD<T>;
    fn index(&self, name: &str) -> &ArrayD<T> {
        match self.get(name) {
            Ok(array) => array,
            Err(e) => panic!("{e}"),
        }
    }
}

/// The memory of a recording: `[kept steps, rows, width]`, flat.
pub(crate) struct Buffer<T> {
    pub(crate) values: Vec<T>,
    pub(crate) kept: usize,
}

impl<T: Scalar> Buffer<T> {
    /// Converts the recording to an array with the shape that the user receives.
    pub(crate) fn into_array(
        self,
        batch: Option<usize>,
        first_axis: FirstAxis,
        handle: Option<&Handle>,
        shape: &[usize],
    ) -> Result<ArrayD<T>> {
        let stored = match handle.and_then(|h| h.pick.as_ref()) {
            Some(pick) => vec![pick.len()],
            None => shape.to_vec(),
        };
        let mut axes = vec![self.kept];
        axes.extend(batch);
        axes.extend(stored);
        let array = ArrayD::from_shape_vec(IxDyn(&axes), self.values);
        let mut array = array.map_err(|e| Error::Unsupported(format!("the recording of shape {axes:?}: {e}")))?;
        if let Some(order) = handle.and_then(|h| h.order.as_ref()) {
            array = array.select(Axis(array.ndim() - 1), order);
        }
        if batch.is_some() && first_axis == FirstAxis::Batch {
            array.swap_axes(0, 1);
        }
        Ok(array)
    }
}

impl Handle {
    /// Whether the units are recorded in the requested order.
    pub(crate) fn in_order(&self) -> bool {
        self.order.is_none()
    }

    /// The shape of one batch row that the user receives.
    pub(crate) fn shape(&self) -> &[usize] {
        &self.shape
    }
}

/// The first axis of input and results.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum FirstAxis {
    /// Time-major, `[T, B, …]`: brainpy's `data_first_axis='T'`.
    #[default]
    Time,
    /// Batch-major, `[B, T, …]`: brainpy's `data_first_axis='B'`.
    Batch,
}
