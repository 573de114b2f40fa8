//! A value of a model: a number, a distribution, or an array in a file.

use crate::sequence::Sequence;
use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};

/// Where values come from.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Value {
    /// A number for all.
    Number(f64),
    /// Zeros.
    Zeros,
    /// Normal numbers of Xavier's variance.
    XavierNormal,
    /// Uniform between a low end and a high one.
    Uniform(f64, f64),
    /// Normal, of a mean and a deviation.
    Normal(f64, f64),
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
        /// The array in it; the only one if there is no name.
        array: Option<String>,
        /// The line of the model file that says so.
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
