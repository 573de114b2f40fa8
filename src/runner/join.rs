//! Concatenation of the recordings of a run's parts, and monitors that are functions.

use crate::error::{Error, Result};
use crate::memory;
use crate::numeric::scalar::Scalar;
use crate::recording::{Bits, Events, Monitor, Recorded, Recording, monitor};
use crate::system::clock::Clock;
use ndarray::{ArrayD, Axis, IxDyn};

/// A monitor that is a function of variables.
pub(super) struct Watch<T> {
    pub(super) name: String,
    pub(super) variables: Vec<String>,
    pub(super) function: Function<T>,
}

pub(super) type Function<T> = Box<dyn FnMut(&[&[T]]) -> Vec<T> + Send>;

impl<T> Watch<T> {
    /// The monitors that the loop needs for this function. Their labels contain a space, so that
    /// they differ from the name of any variable.
    pub(super) fn monitors(&self) -> impl Iterator<Item = Monitor> {
        self.variables.iter().enumerate().map(|(k, variable)| monitor(variable).named(format!("{k} of {}", self.name)))
    }
}

/// An array that grows in time.
struct GrownArray<T> {
    values: Vec<T>,
    steps: usize,
    /// The axes of one step; `None` before the first step.
    axes: Option<Vec<usize>>,
}

enum Kept<T> {
    Dense(GrownArray<T>),
    Events(Events),
    /// The bits of the first part, without bytes, and the bytes of all parts.
    Bits(Bits, GrownArray<u8>),
}

/// The recordings of all parts of a run so far.
pub(super) struct Joined<T> {
    steps: u64,
    made: u64,
    ts: Vec<f64>,
    output: GrownArray<T>,
    entries: Vec<(String, Kept<T>)>,
    watched: Vec<GrownArray<T>>,
}

impl<T: Copy> GrownArray<T> {
    fn new() -> Self {
        Self { values: Vec::new(), steps: 0, axes: None }
    }

    /// Appends the steps of an array. The first array also reserves memory for `times` arrays of
    /// its size.
    fn push(&mut self, array: ArrayD<T>, times: u64) -> Result<()> {
        let (steps, axes) =
            array.shape().split_first().map_or((0, Vec::new()), |(steps, axes)| (*steps, axes.to_vec()));
        if self.axes.is_none() {
            self.reserve(array.len(), times)?;
        }
        (self.steps, self.axes) = (self.steps + steps, Some(axes));
        if self.values.is_empty() && array.is_standard_layout() && times <= 1 {
            self.values = array.into_raw_vec_and_offset().0;
            return Ok(());
        }
        match array.as_slice() {
            Some(all) => memory::extend("recording", &mut self.values, all)?,
            None => {
                memory::grow("recording", &mut self.values, array.len())?;
                self.values.extend(array.iter().copied());
            }
        }
        Ok(())
    }

    fn reserve(&mut self, len: usize, times: u64) -> Result<()> {
        if times <= 1 {
            return Ok(());
        }
        let all = usize::try_from(times).map_or(usize::MAX, |times| len.saturating_mul(times));
        memory::reserve("recording", &mut self.values, all)
    }

    fn into_array(self) -> Result<ArrayD<T>> {
        let axes: Vec<usize> = [self.steps].into_iter().chain(self.axes.unwrap_or_else(|| vec![0])).collect();
        ArrayD::from_shape_vec(IxDyn(&axes), self.values)
            .map_err(|e| Error::Internal(format!("the recording of shape {axes:?}: {e}")))
    }
}

impl<T: Scalar> Joined<T> {
    pub(super) fn new(steps: u64) -> Self {
        Self { steps, made: 0, ts: Vec::new(), output: GrownArray::new(), entries: Vec::new(), watched: Vec::new() }
    }

    /// Appends the recording of the next part. Its last entries are the variables of `watches`.
    pub(super) fn push(&mut self, mut part: Recording<T>, watches: &mut [Watch<T>]) -> Result<()> {
        let times = if part.steps == 0 { 1 } else { self.steps.div_ceil(part.steps) };
        self.made += part.steps;
        let hidden: usize = watches.iter().map(|w| w.variables.len()).sum();
        let mut seen = part.entries.split_off(part.entries.len().saturating_sub(hidden)).into_iter();
        self.watched.resize_with(watches.len(), GrownArray::new);
        for (watch, grown) in watches.iter_mut().zip(&mut self.watched) {
            let arrays = seen.by_ref().take(watch.variables.len()).map(|(_, recorded)| match recorded {
                Recorded::Dense(array) => array,
                Recorded::Events(_) | Recorded::Bits(_) => ArrayD::default(vec![0]),
            });
            watch.call(&arrays.collect::<Vec<_>>(), grown)?;
        }
        self.output.push(part.output, times)?;
        memory::extend("recording", &mut self.ts, &part.ts)?;
        if self.entries.is_empty() {
            self.entries = (part.entries.iter())
                .map(|(name, recorded)| match recorded {
                    Recorded::Dense(_) => (name.clone(), Kept::Dense(GrownArray::new())),
                    Recorded::Events(_) => (name.clone(), Kept::Events(Events::default())),
                    Recorded::Bits(bits) => {
                        let first = bits.with_bytes(ArrayD::default(vec![0]));
                        (name.clone(), Kept::Bits(first, GrownArray::new()))
                    }
                })
                .collect();
        }
        for ((_, kept), (_, recorded)) in self.entries.iter_mut().zip(part.entries) {
            match (kept, recorded) {
                (Kept::Dense(grown), Recorded::Dense(array)) => grown.push(array, times)?,
                (Kept::Events(all), Recorded::Events(new)) => {
                    memory::extend("recording of events", &mut all.step, &new.step)?;
                    memory::extend("recording of events", &mut all.row, &new.row)?;
                    memory::extend("recording of events", &mut all.unit, &new.unit)?;
                }
                (Kept::Bits(_, grown), Recorded::Bits(bits)) => grown.push(bits.into_bytes(), times)?,
                _ => {}
            }
        }
        Ok(())
    }

    pub(super) fn finish(self, clock: Clock, watches: &[Watch<T>]) -> Result<Recording<T>> {
        let mut entries = Vec::new();
        for (name, kept) in self.entries {
            entries.push(match kept {
                Kept::Dense(grown) => (name, Recorded::Dense(grown.into_array()?)),
                Kept::Events(events) => (name, Recorded::Events(events)),
                Kept::Bits(first, bytes) => (name, Recorded::Bits(first.with_bytes(bytes.into_array()?))),
            });
        }
        for (watch, grown) in watches.iter().zip(self.watched) {
            entries.push((watch.name.clone(), Recorded::Dense(grown.into_array()?)));
        }
        let (i, t) = (clock.i(), clock.t());
        Ok(Recording {
            output: self.output.into_array()?,
            ts: self.ts,
            steps: self.made,
            i,
            t,
            entries,
            structure: None,
            clock,
        })
    }
}

impl<T: Scalar> Watch<T> {
    /// Calls the function for each step of these arrays.
    fn call(&mut self, arrays: &[ArrayD<T>], grown: &mut GrownArray<T>) -> Result<()> {
        let steps = arrays.first().map_or(0, |array| array.shape().first().copied().unwrap_or(0));
        for k in 0..steps {
            let views: Vec<_> = arrays.iter().map(|array| array.index_axis(Axis(0), k)).collect();
            let slices: Vec<&[T]> = views.iter().map(|view| view.to_slice().unwrap_or_default()).collect();
            let values = (self.function)(&slices);
            let expected = grown.axes.get_or_insert_with(|| vec![values.len()])[0];
            if values.len() != expected {
                let argument = format!("monitor `{}`", self.name);
                return Err(Error::Shape { argument, axis: "values".into(), expected, given: values.len() });
            }
            memory::extend("recording", &mut grown.values, &values)?;
            grown.steps += 1;
        }
        Ok(())
    }
}
