//! The result of a run: its output, monitored variables, events, bits, and times.

pub(crate) mod bits;
mod buffer;
mod events;
mod handle;
mod monitor;
pub(crate) mod stride;
mod structure;

pub(crate) use bits::BitBuffer;
pub use bits::Bits;
pub(crate) use buffer::Buffer;
pub use buffer::FirstAxis;
pub use events::Events;
pub(crate) use handle::Handle;
pub(crate) use monitor::Form;
pub use monitor::{Monitor, monitor};
pub use structure::{OutVars, Structure};

use crate::error::{Error, Result};
use crate::system::clock::Clock;
use ndarray::ArrayD;

/// The recording of one monitored variable.
#[derive(Clone, Debug, PartialEq)]
pub enum Recorded<T> {
    /// The values: `[steps, batch, …]`, or `[batch, steps, …]`, without the batch axis if the loop
    /// has none.
    Dense(ArrayD<T>),
    /// The events: the non-zero values.
    Events(Events),
    /// One bit for each value.
    Bits(Bits),
}

impl<T> Recorded<T> {
    /// The form in the words of an error.
    fn form(&self) -> &'static str {
        match self {
            Self::Dense(_) => "densely",
            Self::Events(_) => "as events",
            Self::Bits(_) => "as bits",
        }
    }
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
    pub(crate) structure: Option<Structure<usize>>,
    pub(crate) clock: Clock,
}

/// The arrays of a [`Recording`], owned by the caller; see [`Recording::into_parts`].
#[derive(Clone, Debug)]
pub struct RecordingParts<T> {
    /// The output, as in [`Recording::output`].
    pub output: ArrayD<T>,
    /// The start time of each recorded step of the output.
    pub ts: Vec<f64>,
    /// All monitored variables by name, in the order of the monitors.
    pub vars: Vec<(String, Recorded<T>)>,
}

impl<T> Recording<T> {
    /// The values of the monitored variable of this name.
    ///
    /// # Errors
    /// If no monitor has this name, or if it recorded events or bits.
    pub fn get(&self, name: &str) -> Result<&ArrayD<T>> {
        match self.find(name)? {
            Recorded::Dense(array) => Ok(array),
            other => Err(not_dense(name, other)),
        }
    }

    /// The events of the monitored variable of this name.
    ///
    /// # Errors
    /// If no monitor has this name, or if it recorded values or bits.
    pub fn events(&self, name: &str) -> Result<&Events> {
        match self.find(name)? {
            Recorded::Events(events) => Ok(events),
            other => Err(not(name, other, "events")),
        }
    }

    /// The bits of the monitored variable of this name.
    ///
    /// # Errors
    /// If no monitor has this name, or if it recorded values or events.
    pub fn bits(&self, name: &str) -> Result<&Bits> {
        match self.find(name)? {
            Recorded::Bits(bits) => Ok(bits),
            other => Err(not(name, other, "bits")),
        }
    }

    /// The times of the events of this name: for each event the start time of its step. Together
    /// with [`Events::unit`] these are the spikes in the form of SONATA.
    ///
    /// # Errors
    /// If no monitor has this name, or if it recorded values or bits.
    pub fn times(&self, name: &str) -> Result<Vec<f64>> {
        Ok(self.events(name)?.step.iter().map(|i| self.clock.time_of(*i)).collect())
    }

    /// All monitored variables, in the order of the monitors.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Recorded<T>)> {
        self.entries.iter().map(|(n, r)| (n.as_str(), r))
    }

    /// The monitored variables in the structure of `out_vars`; `None` if there were no monitors.
    #[must_use]
    pub fn out_vars(&self) -> Option<Structure<&Recorded<T>>> {
        self.structure.as_ref().map(|s| s.transform(&mut |k| &self.entries[*k].1))
    }

    /// Takes the values of the monitored variable of this name out of the recording, without a
    /// copy. The recording then no longer has this variable, neither by name nor in
    /// [`Recording::out_vars`].
    ///
    /// ```
    /// use overtime::{LoopOverTime, models::Hh};
    ///
    /// # fn main() -> overtime::Result<()> {
    /// let mut over_time = LoopOverTime::builder(Hh::<f32>::new(3)).out_vars(["V", "m"]).build()?;
    /// let mut run = over_time.run_steps(100)?;
    /// let v = run.take("V")?; // an owned `ArrayD<f32>`, `[100, 3]`
    /// assert_eq!(v.shape(), [100, 3]);
    /// assert!(run.get("V").is_err() && run.get("m").is_ok());
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// If no monitor has this name, if it recorded events or bits, or if the variable was taken
    /// already. Nothing has changed then.
    pub fn take(&mut self, name: &str) -> Result<ArrayD<T>> {
        self.get(name)?;
        match self.remove(name)? {
            Recorded::Dense(array) => Ok(array),
            other => Err(not_dense(name, &other)),
        }
    }

    /// Takes the events of the monitored variable of this name out of the recording, as
    /// [`Recording::take`] takes values.
    ///
    /// # Errors
    /// If no monitor has this name, if it recorded values or bits, or if the variable was taken
    /// already. Nothing has changed then.
    pub fn take_events(&mut self, name: &str) -> Result<Events> {
        self.events(name)?;
        match self.remove(name)? {
            Recorded::Events(events) => Ok(events),
            other => Err(not(name, &other, "events")),
        }
    }

    /// Takes the bits of the monitored variable of this name out of the recording, as
    /// [`Recording::take`] takes values.
    ///
    /// # Errors
    /// If no monitor has this name, if it recorded values or events, or if the variable was taken
    /// already. Nothing has changed then.
    pub fn take_bits(&mut self, name: &str) -> Result<Bits> {
        self.bits(name)?;
        match self.remove(name)? {
            Recorded::Bits(bits) => Ok(bits),
            other => Err(not(name, &other, "bits")),
        }
    }

    /// Takes the recording apart, without a copy.
    ///
    /// ```
    /// use overtime::{LoopOverTime, Recorded, RecordingParts, models::Hh};
    ///
    /// # fn main() -> overtime::Result<()> {
    /// let mut over_time = LoopOverTime::builder(Hh::<f32>::new(3)).out_vars(["V", "m"]).build()?;
    /// let RecordingParts { output, ts, vars } = over_time.run_steps(100)?.into_parts();
    /// assert_eq!((output.shape(), ts.len()), (&[100, 3][..], 100));
    /// for (name, recorded) in vars {
    ///     if let Recorded::Dense(array) = recorded {
    ///         let (values, _) = array.into_raw_vec_and_offset(); // a `Vec<f32>`, time-major
    ///         println!("{name}: {} values", values.len());
    ///     }
    /// }
    /// # Ok(()) }
    /// ```
    #[must_use]
    pub fn into_parts(self) -> RecordingParts<T> {
        RecordingParts { output: self.output, ts: self.ts, vars: self.entries }
    }

    fn place(&self, name: &str) -> Result<usize> {
        let found = self.entries.iter().position(|(n, _)| n == name);
        found.ok_or_else(|| Error::unknown("recorded variable", name, self.entries.iter().map(|(n, _)| n)))
    }

    fn find(&self, name: &str) -> Result<&Recorded<T>> {
        Ok(&self.entries[self.place(name)?].1)
    }

    fn remove(&mut self, name: &str) -> Result<Recorded<T>> {
        let place = self.place(name)?;
        // The structure counts the entries.
        let mut moved = |k: &usize| (*k != place).then(|| *k - usize::from(*k > place));
        self.structure = self.structure.take().and_then(|s| s.filter_map(&mut moved));
        Ok(self.entries.remove(place).1)
    }
}

fn not_dense<T>(name: &str, recorded: &Recorded<T>) -> Error {
    Error::Unsupported(format!("`{name}` was recorded {}", recorded.form()))
}

fn not<T>(name: &str, recorded: &Recorded<T>, wanted: &str) -> Error {
    Error::Unsupported(format!("`{name}` was recorded {}, not as {wanted}", recorded.form()))
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
