//! A system of any kind, behind a pointer.

use crate::error::{Result, spec};
use overtime::{DType, Scalar, System};
use std::any::Any;

/// A system of any kind.
pub type Loaded<T> = Box<dyn System<T>>;

/// The system in the type `T`, from the constructor of this type. Integrators do not take halves.
pub(crate) fn of_reals<T: Scalar>(
    double: impl FnOnce() -> Result<Loaded<f64>>,
    single: impl FnOnce() -> Result<Loaded<f32>>,
    kind: &str,
) -> Result<Loaded<T>> {
    let made: Box<dyn Any> = match T::DTYPE {
        DType::F64 => Box::new(double()?),
        DType::F32 => Box::new(single()?),
        _ => Box::new(()),
    };
    match made.downcast::<Loaded<T>>() {
        Ok(system) => Ok(*system),
        Err(_) => Err(spec(format!(
            "{kind} cannot run in {}: a step changes V by less than a half's rounding; use f32 or f64 (halves are for cells and layers)",
            T::DTYPE
        ))),
    }
}
