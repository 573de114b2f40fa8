//! The input of a run: series of values, constants, and a duration.

mod by_port;
mod check_shape;
mod time_major;

use crate::engine::device_array::DeviceArray;
use crate::error::{Error, Result};
use crate::numeric::scalar::Scalar;
use crate::recording::FirstAxis;
use crate::system::{InputSpec, MAX_PORTS, Schema};
pub(crate) use by_port::{InputByPort, PortValues, ValidInput};
use check_shape::{check_lengths, same_length, steps as steps_of_series};
use ndarray::{Array3, ArrayBase, ArrayView, ArrayViewD, Data, Dimension};
use time_major::{constants_to_time_major, strides, to_time_major};

/// The number of steps of a run.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Length {
    /// The number of steps in the series.
    Series,
    /// The number of steps in a duration.
    Duration(f64),
    /// This number of steps.
    Steps(u64),
}

#[derive(Clone, Debug)]
enum Values<'a, T> {
    Series(ArrayViewD<'a, T>),
    Constant(T),
    /// One value for each unit, the same at every step.
    Constants(ArrayViewD<'a, T>),
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
/// let _ = Input::duration(100.0).constants(&[5.0_f32, 6.0]); // 5 for unit 0 and 6 for unit 1
/// let _ = Input::steps(2).named("i", &x); //              several inputs go by their names
/// ```
#[derive(Clone, Debug)]
pub struct Input<'a, T> {
    length: Length,
    values: Vec<(Option<String>, Values<'a, T>)>,
    lengths: Option<Vec<usize>>,
}

impl<'a, T: Scalar> Input<'a, T> {
    /// A run of this duration, in the unit of `dt`.
    #[must_use]
    pub fn duration(duration: f64) -> Self {
        Self { length: Length::Duration(duration), values: Vec::new(), lengths: None }
    }

    /// A run of this number of steps.
    #[must_use]
    pub fn steps(steps: u64) -> Self {
        Self { length: Length::Steps(steps), values: Vec::new(), lengths: None }
    }

    /// A run with as many steps as the series that are added next.
    #[must_use]
    pub fn series() -> Self {
        Self { length: Length::Series, values: Vec::new(), lengths: None }
    }

    /// Adds the same value at every step and for every unit, for the system's only input. If the
    /// system has several inputs of which only `x` is required, the value is for `x`.
    #[must_use]
    pub fn constant(mut self, value: T) -> Self {
        self.values.push((None, Values::Constant(value)));
        self
    }

    /// Adds the same value at every step and for every unit, for the input of this name.
    #[must_use]
    pub fn named_constant(mut self, name: impl Into<String>, value: T) -> Self {
        self.values.push((Some(name.into()), Values::Constant(value)));
        self
    }

    /// Adds one value for each unit, the same at every step, for the system's only input. If the
    /// system has several inputs of which only `x` is required, the values are for `x`. The values
    /// have the shape of the input, such as `[N]`, or, in a batch, `[B, N]`. They are read in place.
    ///
    /// ```
    /// # use overtime::{Input, LoopOverTime, models::Lif};
    /// # fn main() -> overtime::Result<()> {
    /// let currents: Vec<f32> = (0..20).map(|k| k as f32 * 2.0).collect(); // mV, for R = 1
    /// let mut over_time = LoopOverTime::builder(Lif::new(20)).out_vars("spike").build()?;
    /// let run = over_time.run(Input::duration(1000.0).constants(&currents))?;
    /// let spikes = run["spike"].sum_axis(ndarray::Axis(0)); // the F-I curve, for 1 s
    /// assert!(spikes[0] == 0.0 && spikes[19] > 9.0);
    /// # Ok(()) }
    /// ```
    #[must_use]
    pub fn constants<D: Dimension>(mut self, values: impl Into<ArrayView<'a, T, D>>) -> Self {
        self.values.push((None, Values::Constants(values.into().into_dyn())));
        self
    }

    /// Does the same as [`Input::constants`] for the input of this name.
    #[must_use]
    pub fn named_constants<D: Dimension>(
        mut self,
        name: impl Into<String>,
        values: impl Into<ArrayView<'a, T, D>>,
    ) -> Self {
        self.values.push((Some(name.into()), Values::Constants(values.into().into_dyn())));
        self
    }

    /// Adds a series for the input of this name.
    #[must_use]
    pub fn named<S: Data<Elem = T>, D: Dimension>(mut self, name: impl Into<String>, x: &'a ArrayBase<S, D>) -> Self {
        self.values.push((Some(name.into()), Values::Series(x.view().into_dyn())));
        self
    }

    /// Adds a series for the system's only input. If the system has several inputs of which only
    /// `x` is required, the series is for `x`.
    #[must_use]
    pub fn values<S: Data<Elem = T>, D: Dimension>(mut self, x: &'a ArrayBase<S, D>) -> Self {
        self.values.push((None, Values::Series(x.view().into_dyn())));
        self
    }

    /// Adds a series in the memory of a GPU, for the input of this name.
    #[must_use]
    pub fn named_on_device(mut self, name: impl Into<String>, x: &'a DeviceArray<T>) -> Self {
        self.values.push((Some(name.into()), Values::Device(x)));
        self
    }

    /// Sets the number of steps that each batch row makes: row `row` uses the first `lengths[row]`
    /// steps of the series, from 0 to all of them. In later steps its state does not change and its
    /// output is 0, whatever the series contains. The reverse direction of a layer begins at the
    /// row's own end. Recurrent cells and layers, functions of rows, and sequences of these support
    /// lengths.
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
        self.values.iter().any(|(_, v)| !matches!(v, Values::Constant(_) | Values::Constants(_)))
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

/// The properties of the loop that the checks need.
pub(crate) struct Expect<'s> {
    pub(crate) schema: &'s Schema,
    pub(crate) batch: Option<usize>,
    pub(crate) first_axis: FirstAxis,
}

impl<'a, T: Scalar> Input<'a, T> {
    /// Checks names, shapes and lengths. `steps_of` converts a duration to a number of steps.
    pub(crate) fn check(
        self,
        expect: &Expect<'_>,
        steps_of: impl Fn(f64) -> Result<u64>,
    ) -> Result<InputByPort<'a, T>> {
        let ValidInput { steps, ports, lengths } = self.validated(expect, steps_of)?;
        let given = |(spec, values): (&InputSpec, Option<Values<'a, T>>)| {
            Ok(match values {
                None => None,
                Some(Values::Constant(value)) => Some(PortValues::Host(Array3::from_elem((1, 1, 1), value).into())),
                Some(Values::Constants(view)) => Some(PortValues::Host(constants_to_time_major(view, spec, expect)?)),
                Some(Values::Series(view)) => Some(PortValues::Host(to_time_major(view, spec, expect)?)),
                Some(Values::Device(array)) => Some(PortValues::Device(array, strides(array.shape(), spec, expect)?.1)),
            })
        };
        let ports = expect.schema.inputs.iter().zip(ports).map(given).collect::<Result<_>>()?;
        Ok(InputByPort { steps, ports, lengths })
    }

    /// Makes the same checks, but leaves the values as they were given.
    pub(crate) fn validated(
        self,
        expect: &Expect<'_>,
        steps_of: impl Fn(f64) -> Result<u64>,
    ) -> Result<ValidInput<'a, T>> {
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
                    return Err(Error::Unsupported(format!(
                        "this system needs the input `{}`; a duration or a number of steps is not enough",
                        spec.name
                    )));
                }
                Some(Values::Constant(_)) => {}
                Some(Values::Constants(view)) => drop(constants_to_time_major(view.view(), spec, expect)?),
                Some(Values::Series(view)) => {
                    same_length(&mut steps, spec, steps_of_series(view.shape(), spec, expect)?)?
                }
                Some(Values::Device(array)) => same_length(&mut steps, spec, strides(array.shape(), spec, expect)?.0)?,
            }
        }
        let steps = steps.ok_or_else(|| {
            Error::Unsupported(
                "a run needs a series, a duration or a number of steps, but this input has none of them".into(),
            )
        })?;
        if let Some(lengths) = &self.lengths {
            check_lengths(lengths, self.length == Length::Series, steps, expect.batch)?;
        }
        Ok(ValidInput { steps, ports: by_port, lengths: self.lengths })
    }
}

/// The name of the main input, such as a neuron's current. If all other inputs are optional, a
/// value without a name is for this input.
const MAIN: &str = "x";

fn find_port(specs: &[InputSpec], name: Option<&str>) -> Result<usize> {
    let names = || specs.iter().map(|s| &*s.name);
    match name {
        Some(name) => names().position(|n| n == name).ok_or_else(|| Error::unknown("input", name, names())),
        None if specs.len() == 1 => Ok(0),
        None if specs.is_empty() => {
            Err(Error::Unsupported("this system has no input; use a duration or a number of steps".into()))
        }
        None if specs.iter().all(|s| s.optional || s.name == MAIN) && names().any(|n| n == MAIN) => {
            find_port(specs, Some(MAIN))
        }
        None => Err(Error::Unsupported(format!(
            "this system has several inputs; name each: {}",
            names().collect::<Vec<_>>().join(", ")
        ))),
    }
}
