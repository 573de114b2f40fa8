//! A value of a model: a number, a distribution, a sequence, or an array in a file.

use crate::sequence::Sequence;
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
    /// Uniform numbers between the first and the second number.
    Uniform(f64, f64),
    /// Normal numbers with this mean and standard deviation.
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
