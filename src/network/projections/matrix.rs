//! Values for the pairs of a list of targets and a list of sources.

use crate::error::{Error, Result};
use crate::init::{Bounded, Distribution, Init};

/// A value for each pair of a target and a source, `[targets, sources]`: the first index is that of
/// the target, as in tables of connection probabilities.
///
/// Axes of length 1 are broadcast as in numpy. [`From`] makes a matrix of one value, which is for all
/// pairs.
///
/// ```
/// use overtime::network::Matrix;
///
/// let p = Matrix::of_pairs([[0.1, 0.2], [0.3, 0.4]]);
/// assert_eq!(p.get(1, 0), Some(&0.3)); // to the second target, from the first source
/// assert_eq!(Matrix::of_sources([0.1, 0.2]).get(7, 1), Some(&0.2));
/// assert_eq!(Matrix::of_targets([0.1, 0.2]).get(1, 7), Some(&0.2));
/// assert_eq!(Matrix::from(0.1).get(7, 7), Some(&0.1));
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Matrix<V> {
    rows: Vec<Vec<V>>,
}

impl<V> From<V> for Matrix<V> {
    fn from(value: V) -> Self {
        Self { rows: vec![vec![value]] }
    }
}

impl From<f64> for Matrix<Init> {
    fn from(value: f64) -> Self {
        Init::from(value).into()
    }
}

impl From<Distribution> for Matrix<Init> {
    fn from(distribution: Distribution) -> Self {
        Init::from(distribution).into()
    }
}

impl From<Bounded> for Matrix<Init> {
    fn from(bounded: Bounded) -> Self {
        Init::from(bounded).into()
    }
}

impl<V> Matrix<V> {
    /// A value for each source and target: a row for each target, with a value for each source.
    /// One row is for all targets, and a row of one value is for all sources.
    #[must_use]
    pub fn of_pairs<R: IntoIterator<Item = V>>(rows: impl IntoIterator<Item = R>) -> Self {
        Self { rows: rows.into_iter().map(|row| row.into_iter().collect()).collect() }
    }

    /// A value for each source, whatever the target.
    #[must_use]
    pub fn of_sources(row: impl IntoIterator<Item = V>) -> Self {
        Self::of_pairs([row])
    }

    /// A value for each target, whatever the source.
    #[must_use]
    pub fn of_targets(column: impl IntoIterator<Item = V>) -> Self {
        Self::of_pairs(column.into_iter().map(|value| [value]))
    }

    /// Converts each value.
    #[must_use]
    pub fn map<W>(self, mut to: impl FnMut(V) -> W) -> Matrix<W> {
        Matrix { rows: self.rows.into_iter().map(|row| row.into_iter().map(&mut to).collect()).collect() }
    }

    /// The value of this target and this source; `None` beyond the end of a list.
    #[must_use]
    pub fn get(&self, target: usize, source: usize) -> Option<&V> {
        let row = self.rows.get(if self.rows.len() == 1 { 0 } else { target })?;
        row.get(if row.len() == 1 { 0 } else { source })
    }

    /// Checks that there is a value for each pair, and none beyond. `name` is for the error.
    pub(super) fn check(&self, name: &str, targets: usize, sources: usize) -> Result<()> {
        let wrong = |axis: &str, expected: usize, given: usize| {
            Err(Error::Shape { argument: name.to_owned(), axis: axis.to_owned(), expected, given })
        };
        if ![1, targets].contains(&self.rows.len()) {
            return wrong("of rows: one for all targets, or one for each", targets, self.rows.len());
        }
        match self.rows.iter().find(|row| ![1, sources].contains(&row.len())) {
            Some(row) => wrong("of the values of a row: one for all sources, or one for each", sources, row.len()),
            None => Ok(()),
        }
    }
}
