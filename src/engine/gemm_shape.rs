//! The sizes of a matrix product, and the number of elements in each of its arrays.

use crate::error::{Error, Result};
use crate::models::Activation;

/// The shape of a matrix product C = f(A·B): A is `[m, k]`, B is `[k, n]`, C is `[m, n]`.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Shape {
    pub(crate) m: usize,
    pub(crate) k: usize,
    pub(crate) n: usize,
    pub(crate) batch: usize,
    pub(crate) transpose_a: bool,
    pub(crate) transpose_b: bool,
    pub(crate) share_a: bool,
    pub(crate) share_b: bool,
    pub(crate) activation: Activation,
}

impl Shape {
    pub(crate) fn new(m: usize, k: usize, n: usize) -> Self {
        let (transpose_a, transpose_b, share_a, share_b) = (false, false, false, false);
        Self { m, k, n, batch: 1, transpose_a, transpose_b, share_a, share_b, activation: Activation::Identity }
    }

    /// Checks that the bytes of each array can be addressed for the largest element type, and that
    /// the activation is element-wise.
    pub(crate) fn check(&self) -> Result<()> {
        if self.activation == Activation::Softmax {
            return Err(Error::Unsupported("softmax is not element-wise: apply it after the product".into()));
        }
        let Self { m, k, n, batch, .. } = *self;
        for (what, sizes) in [("A", [m, k]), ("B", [k, n]), ("C", [m, n])] {
            let all = sizes.into_iter().try_fold(batch.max(1), usize::checked_mul).and_then(|all| all.checked_mul(8));
            if all.is_none_or(|bytes| isize::try_from(bytes).is_err()) {
                let given = format!("{batch} of {} × {}", sizes[0], sizes[1]);
                return Err(Error::value(what, given, "has more bytes than can be addressed"));
            }
        }
        Ok(())
    }

    /// The number of elements from one A to the next, and from one B to the next.
    pub(crate) fn apart(&self) -> [usize; 2] {
        [if self.share_a { 0 } else { self.m * self.k }, if self.share_b { 0 } else { self.k * self.n }]
    }

    /// The number of elements in A, B and C.
    pub(crate) fn lens(&self) -> [usize; 3] {
        let times = |shared: bool| if shared { 1 } else { self.batch };
        [self.m * self.k * times(self.share_a), self.k * self.n * times(self.share_b), self.m * self.n * self.batch]
    }

    /// Checks that arrays have these lengths.
    pub(crate) fn fit(&self, a: usize, b: usize, bias: Option<usize>, c: Option<usize>) -> Result<()> {
        let lens = self.lens();
        let given = [("A", lens[0], Some(a)), ("B", lens[1], Some(b)), ("bias", self.n, bias), ("C", lens[2], c)];
        for (argument, expected, given) in given {
            if let Some(given) = given.filter(|given| *given != expected) {
                return Err(Error::Shape { argument: argument.into(), axis: "elements".into(), expected, given });
            }
        }
        Ok(())
    }
}
