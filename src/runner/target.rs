//! The targets of a runner's sources: inputs of the system, and variables of its state.

use super::source::{Kind, Source};
use crate::error::{Error, Result};
use crate::numeric::scalar::Scalar;
use crate::recording::{Handle, monitor};
use crate::stimuli::Level;
use crate::system::state::Layout;
use crate::system::{Schema, Tick};
use ndarray::{ArrayD, IxDyn};

/// A target with its sources, in the order of application.
#[derive(Debug)]
pub(super) struct InputTarget {
    pub(super) name: String,
    pub(super) place: Place,
    pub(super) sources: Vec<Source>,
}

#[derive(Debug)]
/// An input of the system, or elements of a variable.
pub(super) enum Place {
    /// The number of an input.
    Port(usize),
    /// Elements of a variable: the position of the variable in the state, its number of elements in
    /// a batch row, and the selected elements of a row.
    Variable { at: usize, len: usize, pick: Vec<usize> },
}

impl InputTarget {
    /// Finds the input or else the variable of this name. Brainpy's variable `input` is an input
    /// here.
    pub(super) fn find(name: &str, schema: &Schema, layout: &Layout) -> Result<Self> {
        let port = |name: &str| schema.inputs.iter().position(|i| i.name == name);
        let group = name.strip_suffix(".input");
        let own = group.or((name == "input").then_some("x"));
        let place = match port(name).or_else(|| own.and_then(port)) {
            Some(port) => Place::Port(port),
            // The group's step would overwrite the variable.
            None if group.is_some() => {
                return Err(Error::unknown("input", name, schema.inputs.iter().map(|i| &*i.name)));
            }
            None => {
                let names = || schema.inputs.iter().map(|i| &*i.name).chain(schema.state.iter().map(|v| &*v.name));
                let handle = Handle::resolve(&monitor(name), layout, 1);
                let handle = handle.map_err(|_| Error::unknown("input or variable", name, names()))?;
                let (spec, at) = &layout.vars[handle.var];
                Place::Variable {
                    at: *at,
                    len: spec.len(),
                    pick: handle.pick.unwrap_or_else(|| (0..spec.len()).collect()),
                }
            }
        };
        Ok(Self { name: name.to_owned(), place, sources: Vec::new() })
    }

    pub(super) fn is_variable(&self) -> bool {
        matches!(self.place, Place::Variable { .. })
    }

    /// Whether the sources have the same values in every step.
    pub(super) fn is_fixed(&self) -> bool {
        self.sources.iter().all(|s| matches!(s.kind, Kind::Fix(_)))
    }

    /// Whether both targets are the same input or variable.
    pub(super) fn same_place(&self, other: &Self) -> bool {
        match (&self.place, &other.place) {
            (Place::Port(a), Place::Port(b)) => a == b,
            (Place::Variable { .. }, Place::Variable { .. }) => self.name == other.name,
            _ => false,
        }
    }

    /// Whether the sources are known to have the same value for all units.
    pub(super) fn is_uniform(&self) -> bool {
        self.sources.iter().all(|s| match &s.kind {
            Kind::Fix(level) => width(level) == 1,
            Kind::Series(array) => array.shape().iter().skip(1).product::<usize>() == 1,
            Kind::Func(_) | Kind::Iter(_) => false,
        })
    }

    /// The number of elements in a batch row.
    pub(super) fn extent(&self, schema: &Schema) -> usize {
        match &self.place {
            Place::Port(port) => schema.input_len(*port),
            Place::Variable { pick, .. } => pick.len(),
        }
    }

    /// Rejects sources of a wrong width, and series with fewer than `from + steps` steps.
    pub(super) fn check(&self, extent: usize, rows: usize, from: u64, steps: u64) -> Result<()> {
        for source in &self.sources {
            let width = match &source.kind {
                Kind::Fix(level) => width(level),
                Kind::Series(array) => {
                    let need = from.saturating_add(steps);
                    let given = array.shape().first().copied().unwrap_or(0);
                    if (given as u64) < need {
                        let expected = usize::try_from(need).unwrap_or(usize::MAX);
                        return Err(Error::Shape { argument: self.argument(), axis: "time".into(), expected, given });
                    }
                    self.has_rows(array.shape(), extent, rows)?;
                    array.shape().iter().skip(1).product()
                }
                Kind::Func(_) | Kind::Iter(_) => continue,
            };
            self.fits(width, extent, rows)?;
        }
        Ok(())
    }

    fn fits(&self, width: usize, extent: usize, rows: usize) -> Result<()> {
        if width == 1 || width == extent || width == extent * rows {
            return Ok(());
        }
        Err(Error::Shape { argument: self.argument(), axis: "units".into(), expected: extent, given: width })
    }

    /// Rejects a series with a fitting number of values whose axes do not fit rows and units.
    fn has_rows(&self, shape: &[usize], extent: usize, rows: usize) -> Result<()> {
        let Some((first, others)) = shape.get(1..).and_then(<[usize]>::split_first) else { return Ok(()) };
        let others = if others.is_empty() { None } else { Some(others.iter().product::<usize>()) };
        let wrong = match others {
            None => false,
            // One value for each row does not fit if there are several units.
            Some(1) => *first == rows && extent > 1,
            Some(all) => first * all == extent * rows && *first != rows,
        };
        if rows == 1 || !wrong {
            return Ok(());
        }
        let expected = format!("[T], [T, {extent}] or [T, {rows}, {extent}]");
        Err(Error::Rank { argument: self.argument(), expected, given: shape.to_vec() })
    }

    fn argument(&self) -> String {
        format!("input `{}`", self.name)
    }

    /// Applies all sources to `values`, `[rows, extent]`, for the step `at`, which is step `k`
    /// since the last reset.
    pub(super) fn apply<T: Scalar>(
        &mut self,
        values: &mut [T],
        (rows, extent): (usize, usize),
        at: Tick<'_>,
        k: u64,
    ) -> Result<()> {
        let mut sources = std::mem::take(&mut self.sources);
        let applied = sources.iter_mut().try_for_each(|source| {
            let op = source.op;
            let mut with = |width: usize, of: &dyn Fn(usize) -> f64| -> Result<()> {
                self.fits(width, extent, rows)?;
                for (n, x) in values.iter_mut().enumerate() {
                    let value = T::from_f64(of(n % width.max(1))).to_f64();
                    *x = T::from_f64(op.apply(x.to_f64(), value));
                }
                Ok(())
            };
            let mut level = |level: &Level| match level {
                Level::All(value) => with(1, &|_| *value),
                Level::Each(each) => with(each.len(), &|n| each[n]),
            };
            match &mut source.kind {
                Kind::Fix(fixed) => level(fixed),
                Kind::Func(function) => level(&function(at)),
                Kind::Iter(iterator) => match iterator.next() {
                    Some(next) => level(&next),
                    None => {
                        Err(Error::value(self.argument(), "an iterator", format!("has ended before step {}", at.i)))
                    }
                },
                Kind::Series(array) => {
                    let width: usize = array.shape().iter().skip(1).product();
                    let row =
                        array.as_slice().unwrap_or_default().chunks(width.max(1)).nth(k as usize).unwrap_or_default();
                    with(width, &|n| row.get(n).copied().unwrap_or_default())
                }
            }
        });
        self.sources = sources;
        applied
    }
}

fn width(level: &Level) -> usize {
    match level {
        Level::All(_) => 1,
        Level::Each(each) => each.len(),
    }
}

/// The array of an input for `n` steps: `[n, B, …]`, or `[n, …]` without a batch.
pub(super) fn series<T: Scalar>(values: Vec<T>, n: usize, batch: Option<usize>, shape: &[usize]) -> Result<ArrayD<T>> {
    let axes: Vec<usize> = [n].into_iter().chain(batch).chain(shape.iter().copied()).collect();
    ArrayD::from_shape_vec(IxDyn(&axes), values)
        .map_err(|e| Error::Internal(format!("the input of shape {axes:?}: {e}")))
}
