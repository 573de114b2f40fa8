//! The values of a model: numbers, or arrays in files.

use super::{ParseError, System, Value};
use crate::data;
use anyhow::Context;
use ndarray::ArrayD;
use overtime::{Init, memory};
use std::collections::BTreeMap;
use std::path::Path;

/// The arrays that a model's values refer to, by the value's name (`parameters.gL`).
#[derive(Clone, Debug, Default)]
pub(crate) struct Arrays(pub(crate) BTreeMap<String, ArrayD<f64>>);

impl Arrays {
    /// Reads every array that this system refers to. `model` is the file that does.
    pub(crate) fn read(system: &System, model: Option<&Path>) -> anyhow::Result<Self> {
        let mut arrays = BTreeMap::new();
        for (name, value) in system.values() {
            if let Value::File { file, array, line } = value {
                let values = data::one(file, array.as_deref()).with_context(|| {
                    let model = model.map_or_else(String::new, |m| format!("{}:{line}: ", m.display()));
                    format!("{model}{name}")
                })?;
                arrays.insert(name, values);
            }
        }
        Ok(Self(arrays))
    }

    /// The array of this value.
    pub(crate) fn get(&self, name: &str) -> anyhow::Result<&ArrayD<f64>> {
        self.0.get(name).ok_or_else(|| crate::exit::Failure::Io(format!("the array of `{name}` is not in this checkpoint")).into())
    }

    /// The value as an initialiser.
    pub(crate) fn init(&self, name: &str, value: &Value) -> anyhow::Result<Init> {
        Ok(match value {
            Value::Number(x) => Init::Constant(*x),
            Value::Zeros => Init::Zeros,
            Value::XavierNormal => Init::XavierNormal,
            Value::Uniform(a, b) => Init::Uniform(*a, *b),
            Value::Normal(m, s) => Init::Normal(*m, *s),
            Value::Orthogonal(gain) => Init::Orthogonal(*gain),
            Value::File { .. } => match self.get(name)? {
                array if array.ndim() == 0 => Init::Constant(array.iter().next().copied().unwrap_or_default()),
                array => Init::Values(memory::collect(&format!("the values of `{name}`"), array.iter().copied())?),
            },
        })
    }
}

/// Says that an error is about a model file, for what only comes out when the system is built.
pub(crate) fn in_file(error: anyhow::Error, model: Option<&Path>) -> anyhow::Error {
    match model {
        Some(path) if error.downcast_ref::<ParseError>().is_none() => error.context(path.display().to_string()),
        _ => error,
    }
}
