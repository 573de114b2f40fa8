//! Memory that begins at a cache line.

use super::zeroed;
use crate::error::Result;
use crate::numeric::scalar::Scalar;
use std::ops::{Deref, DerefMut};

/// The bytes of a cache line, and of the largest vectors.
const LINE: usize = 64;

/// Elements of which the first one is at the start of a cache line. Vectors of 64 bytes that begin in the middle
/// of a line are slower, because each one is in two lines.
#[derive(Debug, Default)]
pub(crate) struct Aligned<T> {
    values: Vec<T>,
    start: usize,
    len: usize,
}

impl<T: Scalar> Aligned<T> {
    /// Allocates zeros.
    ///
    /// # Errors
    /// [`Error::OutOfMemory`](crate::Error::OutOfMemory) if memory is short.
    pub(crate) fn zeroed(what: &str, len: usize) -> Result<Self> {
        let values: Vec<T> = zeroed(what, len.saturating_add(LINE / size_of::<T>()))?;
        let start = values.as_ptr().align_offset(LINE).min(values.len() - len);
        Ok(Self { values, start, len })
    }

    /// Copies elements.
    ///
    /// # Errors
    /// [`Error::OutOfMemory`](crate::Error::OutOfMemory) if memory is short.
    pub(crate) fn copied(what: &str, from: &[T]) -> Result<Self> {
        let mut copy = Self::zeroed(what, from.len())?;
        copy.copy_from_slice(from);
        Ok(copy)
    }
}

impl<T> Deref for Aligned<T> {
    type Target = [T];
    fn deref(&self) -> &[T] {
        &self.values[self.start..self.start + self.len]
    }
}

impl<T> DerefMut for Aligned<T> {
    fn deref_mut(&mut self) -> &mut [T] {
        &mut self.values[self.start..self.start + self.len]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn elements_begin_at_a_cache_line() {
        for len in [0, 1, 3, 17, 1000, 100_003] {
            let mut zeros = Aligned::<f32>::zeroed("zeros", len).unwrap();
            assert_eq!((zeros.len(), zeros.as_ptr().addr() % LINE), (len, 0));
            zeros.fill(2.0);
            let halves = Aligned::<half::f16>::zeroed("zeros", len).unwrap();
            assert_eq!((halves.len(), halves.as_ptr().addr() % LINE), (len, 0));
            let copy = Aligned::copied("a copy", &zeros).unwrap();
            assert_eq!((copy.as_ptr().addr() % LINE, &*copy), (0, &*zeros));
        }
    }
}
