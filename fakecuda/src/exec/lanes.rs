//! The registers of a warp as rows of 32 lanes, and the loops over rows that carry out all
//! arithmetic.

use std::cell::Cell;

use super::Mask;

/// The 32 lanes of one register. A narrower value is in the low bits.
pub(crate) type Row = [u64; 32];

pub(crate) struct Lanes {
    pub(crate) rows: Vec<Row>,
    pub(crate) preds: Vec<Mask>,
    /// The carry flag of `add.cc` and similar instructions.
    pub(crate) carry: Mask,
}

/// A type that a register can hold.
pub(crate) trait Value: Copy + Send + Sync + 'static {
    fn of(bits: u64) -> Self;
    fn bits(self) -> u64;
}

macro_rules! whole {
    ($($t:ty as $u:ty),*) => {$(
        impl Value for $t {
            #[inline(always)]
            fn of(bits: u64) -> Self { bits as $t }
            #[inline(always)]
            fn bits(self) -> u64 { self as $u as u64 }
        }
    )*};
}
whole!(u8 as u8, u16 as u16, u32 as u32, u64 as u64, i8 as u8, i16 as u16, i32 as u32, i64 as u64);

impl Value for f32 {
    #[inline(always)]
    fn of(bits: u64) -> Self {
        f32::from_bits(bits as u32)
    }
    /// A GPU's arithmetic returns one canonical NaN.
    #[inline(always)]
    fn bits(self) -> u64 {
        if self.is_nan() { 0x7fff_ffff } else { self.to_bits() as u64 }
    }
}

impl Value for f64 {
    #[inline(always)]
    fn of(bits: u64) -> Self {
        f64::from_bits(bits)
    }
    #[inline(always)]
    fn bits(self) -> u64 {
        self.to_bits()
    }
}

pub(crate) trait Fused {
    fn fused(self, y: Self, z: Self) -> Self;
}

impl Fused for f32 {
    #[inline(always)]
    fn fused(self, y: f32, z: f32) -> f32 {
        self.mul_add(y, z)
    }
}

impl Fused for f64 {
    #[inline(always)]
    fn fused(self, y: f64, z: f64) -> f64 {
        self.mul_add(y, z)
    }
}

/// The indices of the lanes in a mask, in ascending order.
pub(crate) fn each(mut mask: Mask) -> impl Iterator<Item = usize> {
    std::iter::from_fn(move || {
        let lane = mask.trailing_zeros() as usize;
        mask &= mask.wrapping_sub(1);
        (lane < 32).then_some(lane)
    })
}

/// Sets a row lane by lane. Each lane is read before it is written, so the source and the
/// destination may be the same row.
#[inline(always)]
fn set(row: &[Cell<u64>], mask: Mask, f: impl Fn(usize) -> u64) {
    if mask == Mask::MAX {
        for (lane, x) in row.iter().enumerate() {
            x.set(f(lane));
        }
    } else {
        for lane in each(mask) {
            row[lane].set(f(lane));
        }
    }
}

impl Lanes {
    #[inline(always)]
    fn cells<const N: usize>(&mut self, rows: [u32; N]) -> [&[Cell<u64>]; N] {
        let all = Cell::from_mut(self.rows.as_flattened_mut()).as_slice_of_cells();
        rows.map(|r| &all[r as usize * 32..][..32])
    }

    #[inline(always)]
    pub(crate) fn map1<A: Value, R: Value>(&mut self, rows: [u32; 2], mask: Mask, f: impl Fn(A) -> R) {
        let [d, a] = self.cells(rows);
        set(d, mask, |i| f(A::of(a[i].get())).bits());
    }

    #[inline(always)]
    pub(crate) fn map2<A: Value, B: Value, R: Value>(&mut self, rows: [u32; 3], mask: Mask, f: impl Fn(A, B) -> R) {
        let [d, a, b] = self.cells(rows);
        set(d, mask, |i| f(A::of(a[i].get()), B::of(b[i].get())).bits());
    }

    #[inline(always)]
    pub(crate) fn map3<A: Value, B: Value, C: Value, R: Value>(
        &mut self,
        rows: [u32; 4],
        mask: Mask,
        f: impl Fn(A, B, C) -> R,
    ) {
        let [d, a, b, c] = self.cells(rows);
        set(d, mask, |i| f(A::of(a[i].get()), B::of(b[i].get()), C::of(c[i].get())).bits());
    }

    /// `x y + z` with one rounding; uses the CPU's FMA instruction where it exists.
    #[inline]
    pub(crate) fn fused<T: Value + Fused>(&mut self, rows: [u32; 4], mask: Mask) {
        #[cfg(target_arch = "x86_64")]
        if std::arch::is_x86_feature_detected!("fma") {
            // SAFETY: the check above has found that this CPU has the FMA instructions.
            return unsafe { self.fused_fast::<T>(rows, mask) };
        }
        self.map3(rows, mask, T::fused);
    }

    #[cfg(target_arch = "x86_64")]
    #[target_feature(enable = "avx,fma")]
    fn fused_fast<T: Value + Fused>(&mut self, rows: [u32; 4], mask: Mask) {
        self.map3(rows, mask, |x: T, y: T, z: T| x.fused(y, z));
    }

    /// The lanes of `mask` for which `f` holds.
    #[inline(always)]
    pub(crate) fn test2<A: Value>(&self, [a, b]: [u32; 2], mask: Mask, f: impl Fn(A, A) -> bool) -> Mask {
        let (a, b) = (&self.rows[a as usize], &self.rows[b as usize]);
        let mut out = 0;
        for i in 0..32 {
            out |= (f(A::of(a[i]), A::of(b[i])) as Mask) << i;
        }
        out & mask
    }

    pub(crate) fn pred(&self, (p, negated): (u32, bool)) -> Mask {
        if negated { !self.preds[p as usize] } else { self.preds[p as usize] }
    }

    pub(crate) fn set_pred(&mut self, p: u32, mask: Mask, value: Mask) {
        let x = &mut self.preds[p as usize];
        *x = *x & !mask | value & mask;
    }
}
