//! Selection of the widest SIMD vectors of this CPU, at run time.
//!
//! The compiler compiles and vectorises the loops of a [`SimdLoop`] once for each width. This
//! module selects the copy to run. All copies give the same bits: see [`crate::Real`].

use std::ops::Range;

/// Straight-line loops over slices. `run` and all functions that it calls must be
/// `#[inline(always)]`. Otherwise they are compiled for the narrowest vectors.
pub(crate) trait SimdLoop {
    /// The result of `run`.
    type Output;
    /// Runs the loops.
    fn run(self) -> Self::Output;
    /// Runs the loops with vectors of 64 bytes. Implementations differ from `run` where the number of
    /// elements that are processed together follows from the size of a vector.
    #[inline(always)]
    fn run_wide(self) -> Self::Output
    where
        Self: Sized,
    {
        self.run()
    }
    /// Runs the loops on an x86 CPU without fused multiply-add. Each fused operation is a function
    /// call there, so that vectors give no gain. Implementations use simple loops, because unrolled
    /// copies of these calls take long to compile.
    fn run_scalar(self) -> Self::Output
    where
        Self: Sized,
    {
        self.run()
    }
}

/// Whether the CPU has AVX-512, with 32 registers of 64 bytes.
#[inline]
pub(crate) fn wide() -> bool {
    #[cfg(target_arch = "x86_64")]
    {
        std::is_x86_feature_detected!("avx512f")
            && std::is_x86_feature_detected!("avx512vl")
            && std::is_x86_feature_detected!("avx512dq")
            && std::is_x86_feature_detected!("avx512bw")
            && std::is_x86_feature_detected!("avx2")
            && std::is_x86_feature_detected!("fma")
            && std::is_x86_feature_detected!("f16c")
            && std::is_x86_feature_detected!("bmi2")
    }
    #[cfg(not(target_arch = "x86_64"))]
    false
}

/// Runs `kernel` with the widest vectors of this CPU.
#[inline]
pub(crate) fn vectorize<K: SimdLoop>(kernel: K) -> K::Output {
    #[cfg(target_arch = "x86_64")]
    {
        if wide() {
            // SAFETY: the features that `avx512` is compiled for were detected on this CPU just
            // now; it has no other requirement.
            return unsafe { avx512(kernel) };
        }
        if std::is_x86_feature_detected!("avx2")
            && std::is_x86_feature_detected!("fma")
            && std::is_x86_feature_detected!("f16c")
        {
            // SAFETY: as above, for `avx2`.
            return unsafe { avx2(kernel) };
        }
    }
    #[cfg(target_arch = "x86_64")]
    {
        kernel.run_scalar()
    }
    // Every aarch64 CPU has NEON with fused multiply-add.
    #[cfg(not(target_arch = "x86_64"))]
    {
        kernel.run()
    }
}

/// The values of this range: `W` if they are a `WHOLE` tile, and otherwise fewer, followed by zeros. The
/// loads of a whole tile are vectors, and its values can stay in registers.
#[inline(always)]
pub(crate) fn take<V: Copy + Default, const W: usize, const WHOLE: bool>(values: &[V], range: &Range<usize>) -> [V; W] {
    let values = &values[range.clone()];
    let mut taken = [V::default(); W];
    if WHOLE {
        if let Ok(values) = values.try_into() {
            taken = values;
        }
    } else {
        taken[..values.len()].copy_from_slice(values);
    }
    taken
}

/// Stores values of [`take`] in this range.
#[inline(always)]
pub(crate) fn put<V: Copy, const W: usize, const WHOLE: bool>(to: &mut [V], range: &Range<usize>, values: &[V; W]) {
    let to = &mut to[range.clone()];
    if WHOLE {
        if let Ok(to) = to.try_into() {
            let to: &mut [V; W] = to;
            *to = *values;
        }
    } else {
        to.copy_from_slice(&values[..to.len()]);
    }
}

/// Copies the first values to `to`, of which there are at most `N`. If there are `N`, the stores are
/// vectors and not a call of `memcpy`.
#[inline(always)]
pub(crate) fn store<V: Copy, const N: usize>(to: &mut [V], values: &[V; N]) {
    match <&mut [V; N]>::try_from(&mut *to) {
        Ok(to) => *to = *values,
        Err(_) => to.copy_from_slice(&values[..to.len()]),
    }
}

/// Copies values to the beginning of `to`. There are at most `N`. If there are `N`, the loads are vectors
/// and not a call of `memcpy`.
#[inline(always)]
pub(crate) fn load<V: Copy, const N: usize>(to: &mut [V; N], values: &[V]) {
    match <&[V; N]>::try_from(values) {
        Ok(values) => *to = *values,
        Err(_) => to[..values.len()].copy_from_slice(values),
    }
}

/// Asks for the memory of element `at` in L1, which is needed soon. It has no effect beyond the end.
#[inline(always)]
pub(crate) fn prefetch<V>(values: &[V], at: usize) {
    #[cfg(target_arch = "x86_64")]
    if let Some(value) = values.get(at) {
        use std::arch::x86_64::{_MM_HINT_T0, _mm_prefetch};
        // SAFETY: a prefetch reads nothing and never faults; every x86-64 CPU has the instruction.
        unsafe { _mm_prefetch(std::ptr::from_ref(value).cast::<i8>(), _MM_HINT_T0) };
    }
    #[cfg(not(target_arch = "x86_64"))]
    let _ = (values, at);
}

/// Asks for the memory of element `at` in L2, which is needed later. It has no effect beyond the end.
#[inline(always)]
pub(crate) fn prefetch_l2<V>(values: &[V], at: usize) {
    #[cfg(target_arch = "x86_64")]
    {
        use std::arch::x86_64::{_MM_HINT_T1, _mm_prefetch};
        // SAFETY: as for `prefetch`. The address may lie beyond the end, and is not read.
        unsafe { _mm_prefetch(values.as_ptr().wrapping_add(at).cast::<i8>(), _MM_HINT_T1) };
    }
    #[cfg(not(target_arch = "x86_64"))]
    let _ = (values, at);
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx512f,avx512vl,avx512dq,avx512bw,avx2,fma,f16c,bmi2")]
fn avx512<K: SimdLoop>(kernel: K) -> K::Output {
    kernel.run_wide()
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2,fma,f16c")]
fn avx2<K: SimdLoop>(kernel: K) -> K::Output {
    kernel.run()
}
