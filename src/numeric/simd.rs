//! Run-time choice of the widest vectors this CPU has.
//!
//! A [`Kernel`]'s loops are compiled once for each width and vectorised by the compiler; which copy runs is decided here.
//! All copies give the same bits: see [`crate::Real`].

/// Straight-line loops over slices. `run` must be `#[inline(always)]`, as must everything it calls, or it is compiled for the
/// narrowest vectors.
pub(crate) trait Kernel {
    /// What `run` returns.
    type Output;
    /// The loops.
    fn run(self) -> Self::Output;
    /// The same for an x86 CPU without fused multiply-add, where each is a call and vectors are no gain: simple loops, since
    /// many copies of unrolled calls take long to compile.
    fn run_plain(self) -> Self::Output
    where
        Self: Sized,
    {
        self.run()
    }
}

/// Whether there are 32 registers of 64 bytes: AVX-512.
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

/// Runs `kernel` with the widest vectors there are.
#[inline]
pub(crate) fn vectorize<K: Kernel>(kernel: K) -> K::Output {
    #[cfg(target_arch = "x86_64")]
    {
        if wide() {
            // SAFETY: the features that `avx512` is compiled for were detected on this CPU just now; it has no other
            // requirement.
            return unsafe { avx512(kernel) };
        }
        if std::is_x86_feature_detected!("avx2") && std::is_x86_feature_detected!("fma") && std::is_x86_feature_detected!("f16c") {
            // SAFETY: as above, for `avx2`.
            return unsafe { avx2(kernel) };
        }
    }
    #[cfg(target_arch = "x86_64")]
    {
        kernel.run_plain()
    }
    // NEON and its fused multiply-add are part of every aarch64.
    #[cfg(not(target_arch = "x86_64"))]
    {
        kernel.run()
    }
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx512f,avx512vl,avx512dq,avx512bw,avx2,fma,f16c,bmi2")]
fn avx512<K: Kernel>(kernel: K) -> K::Output {
    kernel.run()
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2,fma,f16c")]
fn avx2<K: Kernel>(kernel: K) -> K::Output {
    kernel.run()
}
