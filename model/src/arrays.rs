//! The arrays of a model, from files and from sequences.

use crate::error::{Error, Result};
use crate::files;
use crate::value::Value;
use ndarray::{Array1, ArrayD};
use overtime::{Init, memory};
use std::collections::BTreeMap;
use std::path::Path;

/// The arrays that a model's values refer to, by the value's name (`parameters.gL`).
#[derive(Clone, Debug, Default)]
pub struct Arrays(pub BTreeMap<String, ArrayD<f64>>);

impl Arrays {
    /// Reads the arrays of these values, each with its name. `model` is the file that names them.
    ///
    /// # Errors
    /// If a file cannot be read, or does not have the array.
    pub fn read<'v>(values: impl IntoIterator<Item = (String, &'v Value)>, model: Option<&Path>) -> Result<Self> {
        let mut arrays = BTreeMap::new();
        for (name, value) in values {
            let place = |line: &usize| {
                let model = model.map_or_else(String::new, |m| format!("{}:{line}: ", m.display()));
                format!("{model}{name}")
            };
            if let Value::Sequence { values, line } = value {
                let values = values.values().map_err(|e| e.within(place(line)))?;
                arrays.insert(name, Array1::from(values).into_dyn());
            } else if let Value::File { file, array, line } = value {
                let values = files::one(file, array.as_deref()).map_err(|e| e.within(place(line)))?;
                arrays.insert(name, values);
            }
        }
        Ok(Self(arrays))
    }

    /// The array of this value.
    ///
    /// # Errors
    /// If it is missing.
    pub fn get(&self, name: &str) -> Result<&ArrayD<f64>> {
        self.0.get(name).ok_or_else(|| Error::File(format!("the array of `{name}` is not in this checkpoint")))
    }

    /// The value as an initialiser; `name` is its name.
    ///
    /// # Errors
    /// If it is an array that is missing.
    pub fn init(&self, name: &str, value: &Value) -> Result<Init> {
        Ok(match value {
            Value::Number(x) => Init::Constant(*x),
            Value::Zeros => Init::Zeros,
            Value::XavierNormal => Init::XavierNormal,
            Value::Random(bounded) => Init::Random(*bounded),
            Value::Orthogonal(gain) => Init::Orthogonal(*gain),
            Value::File { .. } | Value::Sequence { .. } => match self.get(name)? {
                array if array.ndim() == 0 => Init::Constant(array.iter().next().copied().unwrap_or_default()),
                array => Init::Values(memory::collect(&format!("the values of `{name}`"), array.iter().copied())?),
            },
        })
    }
}
