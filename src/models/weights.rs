//! A weight of a model. An initialiser computes its values when they are first read, or a caller
//! gives them.

use crate::error::{Error, Result};
use crate::init::Init;
use crate::numeric::rng::Stream;
use crate::numeric::scalar::Scalar;
use crate::system::{Weight, WeightMut};
use std::sync::OnceLock;

/// The maximum number of elements of a weight. A larger number comes from a mistake in a size.
const MOST: usize = 1 << 40;

/// A named array of fixed shape.
#[derive(Clone)]
pub(super) struct Array<T> {
    name: &'static str,
    shape: Vec<usize>,
    init: Init,
    seed: u64,
    /// Whether a caller gave the values. A new seed does not change them.
    given: bool,
    values: OnceLock<Vec<T>>,
}

impl<T> std::fmt::Debug for Array<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}{:?}", self.name, self.shape)
    }
}

impl<T: Scalar> Array<T> {
    pub(crate) fn new(name: &'static str, shape: &[usize], init: Init) -> Self {
        Self { name, shape: shape.to_vec(), init, seed: 0, given: false, values: OnceLock::new() }
    }

    /// Returns the number of elements, or `None` if it exceeds `MOST`.
    fn len(&self) -> Option<usize> {
        let len = self.shape.iter().try_fold(1_usize, |len, n| len.checked_mul(*n))?;
        (len <= MOST).then_some(len)
    }

    /// Returns the values; an empty slice if they cannot be allocated.
    pub(crate) fn values(&self) -> &[T] {
        self.values.get_or_init(|| {
            let mut values = self.len().and_then(|len| crate::memory::zeroed(self.name, len).ok()).unwrap_or_default();
            if !values.is_empty() {
                self.init.fill_checked(&mut values, &self.shape, Stream::named(self.seed, self.name));
            }
            values
        })
    }

    pub(crate) fn weight(&self) -> Weight<'_, T> {
        Weight { name: self.name.into(), shape: self.shape.clone(), values: self.values() }
    }

    pub(crate) fn weight_mut(&mut self) -> WeightMut<'_, T> {
        self.values();
        let values = self.values.get_mut().map_or(&mut [][..], Vec::as_mut_slice);
        WeightMut { name: self.name.into(), shape: self.shape.clone(), values }
    }

    pub(crate) fn set_init(&mut self, init: Init) {
        (self.init, self.given) = (init, false);
        self.values.take();
    }

    pub(crate) fn set_seed(&mut self, seed: u64) {
        self.seed = seed;
        if !self.given {
            self.values.take();
        }
    }

    /// Returns a weight of the same name, initialiser and seed, with another shape.
    pub(crate) fn anew(&self, shape: &[usize]) -> Self {
        Self {
            name: self.name,
            shape: shape.to_vec(),
            init: self.init.clone(),
            seed: self.seed,
            given: false,
            values: OnceLock::new(),
        }
    }

    /// Sets the values. Their number must be that of the elements.
    pub(crate) fn give<S: Scalar>(&mut self, values: &[S]) -> Result<()> {
        let expected = self.len().unwrap_or(usize::MAX);
        if values.len() != expected {
            let axis = format!("of {:?}, flat", self.shape);
            return Err(Error::Shape { argument: self.argument(), axis, expected, given: values.len() });
        }
        self.values =
            OnceLock::from(crate::memory::collect(&self.argument(), values.iter().map(|v| T::from_f64(v.to_f64())))?);
        self.given = true;
        Ok(())
    }

    fn argument(&self) -> String {
        format!("weight `{}`", self.name)
    }

    /// Checks the shape, the initialiser, and that all values are finite.
    pub(crate) fn check(&self) -> Result<()> {
        if self.shape.contains(&0) {
            return Err(Error::value(self.argument(), format!("{:?}", self.shape), "has an axis of length 0"));
        }
        let Some(len) = self.len() else {
            let need = self.shape.iter().fold(size_of::<T>() as u64, |bytes, n| bytes.saturating_mul(*n as u64));
            return Err(Error::OutOfMemory {
                what: format!("{} {:?}", self.argument(), self.shape),
                need,
                free: crate::memory::free(),
            });
        };
        if !self.given {
            self.init.check(&self.argument(), &self.shape)?;
        }
        let values = self.values();
        if values.len() != len {
            // The allocation failed. Allocate again for an error with the size.
            crate::memory::zeroed::<T>(&self.argument(), len)?;
        }
        match values.iter().position(|v| !v.is_finite()) {
            None => Ok(()),
            Some(index) => {
                Err(Error::NotFinite { variable: self.argument(), step: None, index, value: values[index].to_f64() })
            }
        }
    }
}

/// Sets the values of the weight of this name.
pub(crate) fn give<'a, T: Scalar + 'a, S: Scalar>(
    arrays: impl IntoIterator<Item = &'a mut Array<T>>,
    name: &str,
    values: &[S],
) -> Result<()> {
    let mut known = Vec::new();
    for array in arrays {
        if array.name == name {
            return array.give(values);
        }
        known.push(array.name);
    }
    Err(Error::unknown("weight", name, known))
}
