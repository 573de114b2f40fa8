//! A value of a model: a number, a distribution, a sequence, or an array in a file.

use crate::sequence::Sequence;
use overtime::Bounded;
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
    /// Random numbers of this distribution, within these bounds.
    Random(#[serde(with = "named")] Bounded),
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

/// A distribution in a checkpoint: its name, its parameters and, if it has any, its bounds.
mod named {
    use overtime::{Bounded, Distribution, Outside};
    use serde::de::{Deserializer, Error};
    use serde::ser::Serializer;
    use serde::{Deserialize, Serialize};

    #[derive(Serialize, Deserialize)]
    #[serde(untagged)]
    enum Named {
        Unbounded(String, [f64; 2]),
        Bounded(String, [f64; 2], Option<f64>, Option<f64>, String),
    }

    pub(super) fn serialize<S: Serializer>(bounded: &Bounded, to: S) -> Result<S::Ok, S::Error> {
        let Bounded { distribution, min, max, outside } = *bounded;
        let (name, parameters) = (distribution.info().name.to_owned(), distribution.parameters());
        let named = match (min, max) {
            (None, None) => Named::Unbounded(name, parameters),
            _ => Named::Bounded(name, parameters, min, max, outside.name().to_owned()),
        };
        named.serialize(to)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Bounded, D::Error> {
        let of = |name: &str, parameters| Distribution::named(name, parameters).map_err(D::Error::custom);
        Ok(match Named::deserialize(from)? {
            Named::Unbounded(name, parameters) => of(&name, parameters)?.unbounded(),
            Named::Bounded(name, parameters, min, max, outside) => {
                let outside = Outside::named(&outside).map_err(D::Error::custom)?;
                Bounded { distribution: of(&name, parameters)?, min, max, outside }
            }
        })
    }
}
