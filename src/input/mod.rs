//! What a run is given: series of values, constants, a duration.

mod arrange;

use crate::engine::device_array::DeviceArray;
use crate::error::{Error, Result};
use crate::numeric::scalar::Scalar;
use crate::recording::FirstAxis;
use crate::system::{InputSpec, MAX_PORTS, Schema};
use arrange::{arrange, steps as steps_of_series, strides};
use ndarray::{Array3, ArrayBase, ArrayView, ArrayView3, ArrayViewD, Axis, CowArray, Data, Dimension, Ix3, s};
use rayon::prelude::*;

/// How many steps a run makes.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Length {
    /// As many as the series have.
    Series,
    /// As many as a duration takes.
    Duration(f64),
    /// This many.
    Steps(u64),
}

#[derive(Clone, Debug)]
enum Values<'a, T> {
    Series(ArrayViewD<'a, T>),
    Constant(T),
    Device(&'a DeviceArray<T>),
}

/// The input of a run.
///
/// ```
/// # use overtime::Input;
/// let x = ndarray::array![[1.0_f32, 2.0], [3.0, 4.0]];
/// let _ = Input::from(&x); //                             two steps of a series
/// let _ = Input::<f32>::duration(100.0); //               no input, 100 ms
/// let _ = Input::duration(100.0).constant(5.0_f32); //    5 at every step
/// let _ = Input::steps(2).named("i", &x); //              several inputs go by their names
/// ```
#[derive(Clone, Debug)]
pub struct Input<'a, T> {
    length: Length,
    values: Vec<(Option<String>, Values<'a, T>)>,
    lengths: Option<Vec<usize>>,
}

impl<'a, T: Scalar> Input<'a, T> {
    /// As many steps as a duration takes, in the unit of `dt`.
    #[must_use]
    pub fn duration(duration: f64) -> Self {
        Self { length: Length::Duration(duration), values: Vec::new(), lengths: None }
    }

    /// This many steps.
    #[must_use]
    pub fn steps(steps: u64) -> Self {
        Self { length: Length::Steps(steps), values: Vec::new(), lengths: None }
    }

    /// As many steps as the series that follow have.
    #[must_use]
    pub fn series() -> Self {
        Self { length: Length::Series, values: Vec::new(), lengths: None }
    }

    /// The same value at every step, for every unit, for the system's only input, or its `x` if it can do without the others.
    #[must_use]
    pub fn constant(mut self, value: T) -> Self {
        self.values.push((None, Values::Constant(value)));
        self
    }

    /// The same value at every step, for every unit, for the input of this name.
    #[must_use]
    pub fn named_constant(mut self, name: impl Into<String>, value: T) -> Self {
        self.values.push((Some(name.into()), Values::Constant(value)));
        self
    }

    /// A series for the input of this name.
    #[must_use]
    pub fn named<S: Data<Elem = T>, D: Dimension>(mut self, name: impl Into<String>, x: &'a ArrayBase<S, D>) -> Self {
        self.values.push((Some(name.into()), Values::Series(x.view().into_dyn())));
        self
    }

    /// A series for the system's only input, or its `x` if it can do without the others.
    #[must_use]
    pub fn values<S: Data<Elem = T>, D: Dimension>(mut self, x: &'a ArrayBase<S, D>) -> Self {
        self.values.push((None, Values::Series(x.view().into_dyn())));
        self
    }

    /// A series in a GPU's memory for the input of this name.
    #[must_use]
    pub fn named_on_device(mut self, name: impl Into<String>, x: &'a DeviceArray<T>) -> Self {
        self.values.push((Some(name.into()), Values::Device(x)));
        self
    }

    /// For each row of the batch how many of the series' steps it takes: its first `lengths[row]`, from 0 to all. In the others, whatever
    /// they hold, its state stays as it is, and its output is 0; a layer's reverse direction begins at the row's own end. For recurrent
    /// cells and layers, functions of rows, and sequences of them.
    ///
    /// ```
    /// # use overtime::{Input, LoopOverTime, models::Lstm};
    /// # fn main() -> overtime::Result<()> {
    /// let mut over_time = LoopOverTime::builder(Lstm::<f32>::new(5, 8)).batch(3).build()?;
    /// let x = ndarray::Array3::<f32>::ones((10, 3, 5)); // [T, B, in]
    /// let run = over_time.run(Input::from(&x).lengths(&[10, 4, 0]))?;
    /// assert!(run.output.slice(ndarray::s![4.., 1, ..]).iter().all(|y| *y == 0.0));
    /// # Ok(()) }
    /// ```
    #[must_use]
    pub fn lengths(mut self, lengths: &[usize]) -> Self {
        self.lengths = Some(lengths.to_vec());
        self
    }

    pub(crate) fn has_series(&self) -> bool {
        self.values.iter().any(|(_, v)| !matches!(v, Values::Constant(_)))
    }
}

impl<'a, T: Scalar, S: Data<Elem = T>, D: Dimension> From<&'a ArrayBase<S, D>> for Input<'a, T> {
    fn from(x: &'a ArrayBase<S, D>) -> Self {
        Self::series().values(x)
    }
}

impl<'a, T: Scalar, D: Dimension> From<ArrayView<'a, T, D>> for Input<'a, T> {
    fn from(x: ArrayView<'a, T, D>) -> Self {
        Self { length: Length::Series, values: vec![(None, Values::Series(x.into_dyn()))], lengths: None }
    }
}

impl<'a, T: Scalar> From<&'a DeviceArray<T>> for Input<'a, T> {
    fn from(x: &'a DeviceArray<T>) -> Self {
        Self { length: Length::Series, values: vec![(None, Values::Device(x))], lengths: None }
    }
}

impl<'a, T: Scalar> From<&'a [T]> for Input<'a, T> {
    fn from(x: &'a [T]) -> Self {
        ArrayView::from(x).into()
    }
}

impl<'a, T: Scalar> From<&'a Vec<T>> for Input<'a, T> {
    fn from(x: &'a Vec<T>) -> Self {
        x.as_slice().into()
    }
}

/// An input whose names, shapes and lengths are right: values by port, as they were given.
pub(crate) struct Fitting<'a, T> {
    pub(crate) steps: u64,
    ports: [Option<Values<'a, T>>; MAX_PORTS],
    pub(crate) lengths: Option<Vec<usize>>,
}

/// An input after its checks.
pub(crate) struct Checked<'a, T> {
    pub(crate) steps: u64,
    pub(crate) ports: Vec<Option<Given<'a, T>>>,
    /// Steps that each row takes, if not all.
    pub(crate) lengths: Option<Vec<usize>>,
}

/// What one port was given.
pub(crate) enum Given<'a, T> {
    /// `[time or 1, rows or 1, features or 1]`.
    Host(CowArray<'a, T, Ix3>),
    /// An array of the device, and the elements from one step, row and feature to the next; 0 where it stretches.
    Device(&'a DeviceArray<T>, [usize; 3]),
}

impl<T: Scalar> Checked<'_, T> {
    /// Makes finite what rows are given beyond their lengths, which nobody looks at: padding may be anything.
    pub(crate) fn pad(&mut self, lengths: &[usize]) -> Result<()> {
        for given in self.ports.iter_mut().flatten() {
            let Given::Host(values) = given else { continue };
            if values.len_of(Axis(0)) as u64 != self.steps || values.len_of(Axis(1)) != lengths.len() {
                continue;
            }
            let padding = |row: usize| s![lengths[row].., row, ..];
            if (0..lengths.len()).any(|row| values.slice(padding(row)).iter().any(|x| !x.is_finite())) {
                let mut owned = crate::memory::copied("a padded input", values.view())?;
                (0..lengths.len()).for_each(|row| owned.slice_mut(padding(row)).fill(T::zeroed()));
                *values = owned.into();
            }
        }
        Ok(())
    }

    /// For each port `[time, rows, features]`, of any strides (0 where it broadcasts), or nothing.
    pub(crate) fn views(&self, rows: usize, schema: &Schema) -> Result<Vec<Option<ArrayView3<'_, T>>>> {
        let steps = usize::try_from(self.steps).map_err(|_| Error::value("steps", self.steps, "are more than can be addressed"))?;
        (self.ports.iter().enumerate())
            .map(|(port, values)| {
                let values = match values {
                    None => return Ok(None),
                    Some(Given::Host(values)) => values,
                    Some(Given::Device(array, _)) => {
                        let reason = format!("is in the memory of {}; run_on_device takes it, or to_host() brings it here", array.device());
                        return Err(Error::value("input", &schema.inputs[port].name, reason));
                    }
                };
                let whole = (steps, rows, schema.input_len(port));
                let view = values.broadcast(whole);
                view.map(Some)
                    .ok_or_else(|| Error::value("input", format!("{:?}", values.shape()), format!("does not stretch to {whole:?}")))
            })
            .collect()
    }

    /// Refuses NaN and infinity, in parallel over time.
    pub(crate) fn check_finite(&self, schema: &Schema, first_step: u64) -> Result<()> {
        for (values, spec) in self.ports.iter().zip(&schema.inputs) {
            let Some(Given::Host(values)) = values else { continue };
            // Without a branch, and without a sum of floats, whose order would be kept: so it runs at the speed of memory.
            let finite = |step: ndarray::ArrayView2<'_, T>| match step.to_slice() {
                Some(all) => all.iter().fold(true, |all, x| all & x.is_finite()),
                None => step.iter().all(|x| x.is_finite()),
            };
            let (steps, at) = (values.len_of(Axis(0)), |k: usize| values.index_axis(Axis(0), k));
            let bad = if values.len() > 1 << 16 {
                let few = (1 << 14) / (values.len() / steps.max(1)).max(1);
                crate::memory::threads::run(|| (0..steps).into_par_iter().with_min_len(few + 1).position_first(|k| !finite(at(k))))?
            } else {
                (0..steps).position(|k| !finite(at(k)))
            };
            if let Some(k) = bad {
                let step = values.index_axis(Axis(0), k);
                let found = step.iter().enumerate().find(|(_, x)| !x.is_finite());
                let (index, value) = found.map_or((0, f64::NAN), |(index, x)| (index, x.to_f64()));
                let variable = format!("input `{}`", spec.name);
                return Err(Error::NotFinite { variable, step: Some(first_step + k as u64), index, value });
            }
        }
        Ok(())
    }
}

/// What the checks need to know of the loop.
pub(crate) struct Expect<'s> {
    pub(crate) schema: &'s Schema,
    pub(crate) batch: Option<usize>,
    pub(crate) first_axis: FirstAxis,
}

impl<'a, T: Scalar> Input<'a, T> {
    /// Checks names, shapes and lengths. `steps_of` says how many steps a duration is.
    pub(crate) fn check(self, expect: &Expect<'_>, steps_of: impl Fn(f64) -> Result<u64>) -> Result<Checked<'a, T>> {
        let Fitting { steps, ports, lengths } = self.fitting(expect, steps_of)?;
        let given = |(spec, values): (&InputSpec, Option<Values<'a, T>>)| {
            Ok(match values {
                None => None,
                Some(Values::Constant(value)) => Some(Given::Host(Array3::from_elem((1, 1, 1), value).into())),
                Some(Values::Series(view)) => Some(Given::Host(arrange(view, spec, expect)?)),
                Some(Values::Device(array)) => Some(Given::Device(array, strides(array.shape(), spec, expect)?.1)),
            })
        };
        let ports = expect.schema.inputs.iter().zip(ports).map(given).collect::<Result<_>>()?;
        Ok(Checked { steps, ports, lengths })
    }

    /// The same without a look at values, or a copy of them.
    pub(crate) fn fitting(self, expect: &Expect<'_>, steps_of: impl Fn(f64) -> Result<u64>) -> Result<Fitting<'a, T>> {
        let specs = &expect.schema.inputs;
        let mut by_port: [Option<Values<'a, T>>; MAX_PORTS] = std::array::from_fn(|_| None);
        for (name, values) in self.values {
            let port = find_port(specs, name.as_deref())?;
            if by_port[port].replace(values).is_some() {
                return Err(Error::value("input", &specs[port].name, "was given twice"));
            }
        }
        let mut steps = match self.length {
            Length::Series => None,
            Length::Duration(d) => Some(steps_of(d)?),
            Length::Steps(n) => Some(n),
        };
        for (spec, values) in specs.iter().zip(&by_port) {
            match values {
                None if spec.optional => {}
                None => {
                    return Err(Error::Unsupported(format!("this system needs its input `{}`; a length alone is not enough", spec.name)));
                }
                Some(Values::Constant(_)) => {}
                Some(Values::Series(view)) => same_length(&mut steps, spec, steps_of_series(view.shape(), spec, expect)?)?,
                Some(Values::Device(array)) => same_length(&mut steps, spec, strides(array.shape(), spec, expect)?.0)?,
            }
        }
        let steps = steps.ok_or_else(|| Error::Unsupported("a run needs a series or a length, this input has neither".into()))?;
        if let Some(lengths) = &self.lengths {
            check_lengths(lengths, self.length == Length::Series, steps, expect.batch)?;
        }
        Ok(Fitting { steps, ports: by_port, lengths: self.lengths })
    }
}

/// One for each row of a batch, none beyond the series' end.
fn check_lengths(lengths: &[usize], is_series: bool, steps: u64, batch: Option<usize>) -> Result<()> {
    if !is_series {
        return Err(Error::Unsupported("lengths are of the rows of a series; this run was given a duration or a number of steps".into()));
    }
    let Some(batch) = batch else {
        return Err(Error::Unsupported("lengths are of the rows of a batch, and this loop has none: give batch(…)".into()));
    };
    if lengths.len() != batch {
        return Err(Error::Shape { argument: "lengths".into(), axis: "batch".into(), expected: batch, given: lengths.len() });
    }
    match lengths.iter().position(|len| *len as u64 > steps) {
        None => Ok(()),
        Some(row) => Err(Error::value(format!("lengths[{row}]"), lengths[row], format!("is more than the series' {steps} steps"))),
    }
}

/// What systems call the input that needs no name where the others are optional: a neuron's current.
const MAIN: &str = "x";

fn find_port(specs: &[InputSpec], name: Option<&str>) -> Result<usize> {
    let names = || specs.iter().map(|s| &*s.name);
    match name {
        Some(name) => names().position(|n| n == name).ok_or_else(|| Error::unknown("input", name, names())),
        None if specs.len() == 1 => Ok(0),
        None if specs.is_empty() => Err(Error::Unsupported("this system takes no input; give a duration or a number of steps".into())),
        None if specs.iter().all(|s| s.optional || s.name == MAIN) && names().any(|n| n == MAIN) => find_port(specs, Some(MAIN)),
        None => Err(Error::Unsupported(format!("this system has several inputs; name each: {}", names().collect::<Vec<_>>().join(", ")))),
    }
}

fn shape(spec: &InputSpec, axis: impl Into<String>, expected: usize, given: usize) -> Error {
    Error::Shape { argument: format!("input `{}`", spec.name), axis: axis.into(), expected, given }
}

/// All series of a run have as many steps.
fn same_length(steps: &mut Option<u64>, spec: &InputSpec, given: usize) -> Result<()> {
    let expected = *steps.get_or_insert(given as u64);
    if given as u64 == expected { Ok(()) } else { Err(shape(spec, "time", usize::try_from(expected).unwrap_or(usize::MAX), given)) }
}
