//! Elementary functions from straight-line IEEE operations. They vectorise, and give the same bits
//! for every vector width.

mod numbers;

use super::arithmetic::Arithmetic;
use super::scalar::Real;
pub(crate) use numbers::{GROWTH, divisible};
pub use numbers::{decay, inv_exprel_of, normal_cdf, relax};

/// Declares the functions that equations can use: each computes a number, or records a call.
macro_rules! functions {
    ($($(#[$about:meta])* $name:ident)*) => {
        /// The functions of this module, for each type of arithmetic.
        #[doc(hidden)]
        pub trait Functions: Sized {
            $(fn $name(x: Self) -> Self;)*
        }

        impl<R: Real> Functions for R {
            $(
                #[inline(always)]
                fn $name(x: Self) -> Self {
                    numbers::$name(x)
                }
            )*
        }

        $(
            $(#[$about])*
            #[inline(always)]
            #[must_use]
            pub fn $name<R: Arithmetic>(x: R) -> R {
                <R as Functions>::$name(x)
            }
        )*
    };
}

functions! {
    /// eˣ with an error of at most 2 ulp. The result saturates: it is at most e⁸⁸ (f32) or e⁷⁰⁹ (f64),
    /// and at least e⁻⁸⁷ or e⁻⁷⁰⁸. NaN gives NaN.
    exp
    /// eˣ − 1 without cancellation near 0, with an error of at most 4 ulp. It saturates like [`exp`].
    expm1
    /// e^{−z}, for models. It saturates like [`exp`]. The error is at most 2 ulp for |z| ≤ 7, and at
    /// most 6 ulp for larger |z|.
    exp_neg
    /// (eˣ − 1)/x, with the limit 1 at x = 0. This is SciPy's `exprel`.
    exprel
    /// The derivative of [`exprel`]: (eˣ − exprel(x))/x, with the limit ½ at x = 0. The error is at most
    /// 5 ulp in the range of [`exp`], and the result is finite for every finite x. NaN gives NaN.
    exprel_slope
    /// x/(1 − e⁻ˣ) = 1/exprel(−x), with the limit 1 at x = 0. Rates of ion channels have this form. The
    /// error is at most 3 ulp. The result is finite for every finite x: for x below the range of [`exp`]
    /// it is the value at the end of this range, which is almost 0. NaN gives NaN.
    inv_exprel
    /// x/(1 − e⁻ˣ) = 1/exprel(−x) for |x| ≤ ½, as a Bernoulli series. It avoids the cancellation in
    /// 1 − e⁻ˣ.
    inv_exprel_near
    /// The natural logarithm, with an error of at most 1 ulp. It is −∞ at 0, NaN below 0, ∞ at ∞, and NaN
    /// for NaN. The method is fdlibm's.
    log
    /// The hyperbolic tangent.
    tanh
    /// The sine. The error is at most 2 ulp for |x| ≤ 1e5 (`f32`) or |x| ≤ 1e9 (`f64`). The result is
    /// between −1 and 1 for every finite x. It is NaN for NaN, ∞ and −∞.
    sin
    /// The cosine. The error is at most 2 ulp for |x| ≤ 1e5 (`f32`) or |x| ≤ 1e9 (`f64`). The result is
    /// between −1 and 1 for every finite x. It is NaN for NaN, ∞ and −∞.
    cos
    /// 1/x for 2⁻¹²⁶ ≤ |x| < 2¹²⁶ or NaN. A GPU has a faster reciprocal for this range.
    reciprocal
}

/// The logistic function 1/(1 + e⁻ˣ).
#[inline(always)]
#[must_use]
pub fn sigmoid<R: Arithmetic>(x: R) -> R {
    R::of(1.0) / (R::of(1.0) + exp(-x))
}
