//! The recording of a run, slice after slice.

use super::spike_trains::{Train, add};
use super::tensors::indices;
use crate::run::element::Element;
use crate::spikes::{SPIKES, spikes_of};
use ndarray::{ArrayD, ArrayView1, ArrayViewD, Axis, IxDyn};
use overtime::{Events, FirstAxis, Recording, memory};
use overtime_npz::Stream;

/// The name of this memory in an error.
const RECORDING: &str = "recording";

/// An array that grows in time.
#[derive(Clone, Debug)]
pub(crate) struct Buffer<T> {
    /// Time-major.
    pub(crate) values: Vec<T>,
    /// The number of steps in it.
    pub(crate) steps: usize,
    /// The shape of a step, batch first; unknown before the first step.
    pub(crate) shape: Option<Vec<usize>>,
}

/// A recorded variable.
#[derive(Clone, Debug)]
pub(crate) enum Kept<T> {
    Dense(Buffer<T>),
    Events(Events),
    Bits(KeptBits),
}

/// Recorded bits.
#[derive(Clone, Debug)]
pub(crate) struct KeptBits {
    pub(crate) bytes: Buffer<u8>,
    /// The number of units in a batch row.
    pub(crate) units: u64,
}

/// The content of the results.
#[derive(Debug)]
pub(crate) struct Recorder<T> {
    pub(crate) ts: Vec<f64>,
    pub(crate) output: Buffer<T>,
    pub(crate) vars: Vec<(String, Kept<T>)>,
    /// The number of non-zero values of `spike`, if there is such a variable.
    pub(crate) spikes: Option<u64>,
    /// The spikes of a network's groups.
    pub(crate) trains: Vec<Train>,
    /// The stream that takes everything at once, if there is one.
    pub(crate) stream: Option<Stream>,
    /// Whether there is a batch.
    pub(crate) batched: bool,
    /// Whether arrays are batch-major.
    pub(crate) batch_major: bool,
}

impl<T: Copy> Buffer<T> {
    pub(crate) fn new() -> Self {
        Self { values: Vec::new(), steps: 0, shape: None }
    }

    /// Reserves memory for a number of steps.
    pub(crate) fn reserve(&mut self, what: &str, steps: u64, width: usize) -> anyhow::Result<()> {
        let len = usize::try_from(steps).map_or(usize::MAX, |n| n.saturating_mul(width));
        Ok(memory::reserve(what, &mut self.values, len)?)
    }

    fn append(&mut self, array: ArrayViewD<'_, T>, batch_major: bool) -> anyhow::Result<()> {
        let mut array = array;
        if batch_major && array.ndim() >= 2 {
            array.swap_axes(0, 1);
        }
        let Some((steps, rest)) = array.shape().split_first() else { return Ok(()) };
        self.steps += steps;
        self.shape = Some(rest.to_vec());
        match array.as_slice() {
            Some(all) => memory::extend(RECORDING, &mut self.values, all)?,
            None => {
                memory::grow(RECORDING, &mut self.values, array.len())?;
                self.values.extend(array.iter().copied());
            }
        }
        Ok(())
    }

    /// The array in the order of axes that users see.
    pub(crate) fn view(&self, batch_major: bool) -> anyhow::Result<ArrayViewD<'_, T>> {
        let mut axes = vec![self.steps];
        axes.extend(self.shape.iter().flatten());
        let mut view = ArrayViewD::from_shape(IxDyn(&axes), &self.values)?;
        if batch_major && view.ndim() >= 2 {
            view.swap_axes(0, 1);
        }
        Ok(view)
    }

    /// The array in the order of memory.
    pub(crate) fn time_major(&self) -> anyhow::Result<ArrayViewD<'_, T>> {
        self.view(false)
    }

    pub(crate) fn from_time_major(array: ArrayD<T>) -> anyhow::Result<Self> {
        let steps = array.shape().first().copied().unwrap_or(0);
        let shape = array.shape().split_first().map(|(_, rest)| rest.to_vec());
        let array = if array.is_standard_layout() { array } else { memory::copied(RECORDING, array.view())? };
        Ok(Self { values: array.into_raw_vec_and_offset().0, steps, shape })
    }
}

impl<T: Element> Recorder<T> {
    /// Adds the recording of a slice. Spikes are counted in any case.
    pub(crate) fn append(&mut self, slice: &Recording<T>, keeps: bool) -> anyhow::Result<()> {
        if let (Some(spikes), true) = (&mut self.spikes, self.trains.is_empty()) {
            *spikes += slice.events(SPIKES)?.len() as u64;
        }
        for train in &mut self.trains {
            let new = train.append(slice)?;
            self.spikes = Some(self.spikes.unwrap_or(0) + new);
        }
        if !keeps {
            return Ok(());
        }
        if let Some(mut stream) = self.stream.take() {
            let appended = append(&mut stream, self, slice);
            self.stream = Some(stream);
            return appended;
        }
        memory::extend(RECORDING, &mut self.ts, &slice.ts)?;
        self.output.append(slice.output.view(), self.batch_major)?;
        for (name, kept) in &mut self.vars {
            match kept {
                Kept::Dense(buffer) => buffer.append(slice.get(name)?.view(), self.batch_major)?,
                Kept::Events(events) => add(events, slice.events(name)?)?,
                Kept::Bits(bits) => bits.bytes.append(slice.bits(name)?.bytes().view(), self.batch_major)?,
            }
        }
        Ok(())
    }
}

impl<T> Recorder<T> {
    /// The numbers of units of the arrays of bits, by name.
    pub(crate) fn units_of_bits(&self) -> impl Iterator<Item = (String, u64)> {
        self.vars.iter().filter_map(|(name, kept)| match kept {
            Kept::Bits(bits) => Some((format!("{name}_units"), bits.units)),
            _ => None,
        })
    }

    /// The names of a group's arrays of spikes: `spike_i`, `spike_step`, and `spike_row` in a
    /// batch, after the group's name if there are several groups.
    pub(crate) fn spike_names(&self, train: &Train) -> [Option<String>; 3] {
        let several = self.trains.len() > 1;
        let name = |what: &str| Some(if several { format!("{}.{what}", train.group) } else { what.to_owned() });
        // Events of `spike` in --out-vars have the same names.
        let is_spike = |(name, kept): &(String, Kept<T>)| {
            matches!(kept, Kept::Events(_)) && *name == format!("{}.spike", train.group)
        };
        let twice = several && self.vars.iter().any(is_spike);
        [name("spike_i"), name("spike_step").filter(|_| !twice), name("spike_row").filter(|_| !twice && self.batched)]
    }
}

/// Adds the recording of a slice to a stream, in the order and by the names of a file without a
/// stream.
fn append<T: Element>(stream: &mut Stream, recorder: &Recorder<T>, slice: &Recording<T>) -> anyhow::Result<()> {
    stream.append("ts", ArrayView1::from(&slice.ts))?;
    T::grow(stream, "output", slice.output.view())?;
    for (name, kept) in &recorder.vars {
        match kept {
            Kept::Dense(_) => T::grow(stream, name, slice.get(name)?.view())?,
            Kept::Events(_) => {
                let new = slice.events(name)?;
                stream.append(&format!("{name}_step"), ArrayView1::from(&new.step))?;
                stream.append(&format!("{name}_row"), ArrayView1::from(&indices(&new.row)?))?;
                stream.append(&format!("{name}_unit"), ArrayView1::from(&indices(&new.unit)?))?;
            }
            Kept::Bits(_) => stream.append(&format!("{name}_bits"), slice.bits(name)?.bytes().view())?,
        }
    }
    for train in &recorder.trains {
        let new = slice.events(&spikes_of(&train.group))?;
        let [unit, step, row] = recorder.spike_names(train);
        if let Some(name) = unit {
            stream.append(&name, ArrayView1::from(&indices(&new.unit)?))?;
        }
        if let Some(name) = step {
            stream.append(&name, ArrayView1::from(&new.step))?;
        }
        if let Some(name) = row {
            stream.append(&name, ArrayView1::from(&indices(&new.row)?))?;
        }
    }
    Ok(())
}

/// The array of a slice in time-major order.
pub(crate) fn time_major<T>(array: &ArrayD<T>, batch_major: bool) -> ArrayViewD<'_, T> {
    let mut view = array.view();
    if batch_major && view.ndim() >= 2 {
        view.swap_axes(0, 1);
    }
    view
}

/// The library's name of the order of axes.
pub(crate) fn first_axis(batch_major: bool) -> FirstAxis {
    if batch_major { FirstAxis::Batch } else { FirstAxis::Time }
}

/// The number of steps in `[from, from + steps)` whose index is a multiple of `every`.
pub(crate) fn kept(from: u64, steps: u64, every: u64) -> u64 {
    let below = |i: u64| i.div_ceil(every.max(1));
    below(from.saturating_add(steps)) - below(from)
}

/// The part of an input for these steps.
pub(crate) fn steps_of<T>(input: &ArrayD<T>, time_axis: usize, from: usize, n: usize) -> ArrayViewD<'_, T> {
    let len = input.shape().get(time_axis).copied().unwrap_or(0);
    let to = from.saturating_add(n).min(len);
    let from = from.min(to);
    let mut view = input.view();
    if time_axis < view.ndim() {
        view.slice_axis_inplace(Axis(time_axis), (from..to).into());
    }
    view
}

#[cfg(test)]
mod tests {
    use super::kept;

    #[test]
    fn kept_counts_multiples() {
        for (from, steps, every) in [(0, 10, 1), (0, 10, 3), (5, 7, 3), (6, 1, 3), (7, 2, 5), (0, 0, 2)] {
            let expected = (from..from + steps).filter(|i| i % every == 0).count() as u64;
            assert_eq!(kept(from, steps, every), expected, "{from} {steps} {every}");
        }
    }
}
