//! A value of a model: a number, a distribution, a sequence, or an array in a file.

use crate::sequence::Sequence;
use overtime::Distribution;
use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};

/// The source of values.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Value {
    /// The same number for all units.
    Number(f64),
    /// Zeros.
    Zeros,
    /// Normal numbers with Xavier's variance.
    XavierNormal,
    /// Random numbers of this distribution.
    Random(#[serde(with = "named")] Distribution),
    /// Orthonormal rows or columns times a gain.
    Orthogonal(f64),
    /// One value for each unit, evenly spaced.
    Sequence {
        /// The values.
        values: Sequence,
        /// The line of the model file.
        line: usize,
    },
    /// An array in a file.
    File {
        /// The file.
        file: PathBuf,
        /// The array in it; without a name the only one.
        array: Option<String>,
        /// The line of the model file.
        line: usize,
    },
}

impl Value {
    /// Makes the name of the file relative to this folder.
    pub(crate) fn rebase(&mut self, folder: &Path) {
        if let Self::File { file, .. } = self {
            *file = folder.join(&*file);
        }
    }
}

/// A distribution in a checkpoint: its name and its parameters.
mod named {
    use overtime::Distribution;
    use serde::de::{Deserialize, Deserializer, Error};
    use serde::ser::{Serialize, Serializer};

    pub(super) fn serialize<S: Serializer>(distribution: &Distribution, to: S) -> Result<S::Ok, S::Error> {
        (distribution.info().name, distribution.parameters()).serialize(to)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Distribution, D::Error> {
        let (name, parameters) = <(String, [f64; 2])>::deserialize(from)?;
        Distribution::named(&name, parameters).map_err(D::Error::custom)
    }
}
