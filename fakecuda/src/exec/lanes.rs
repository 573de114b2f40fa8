//! The registers of a warp: rows of 32 lanes, and the loops over them that every arithmetic operation is made of.

use super::Mask;

/// The lanes of one register. A narrower value lies in the low bits.
pub(crate) type Row = [u64; 32];

pub(crate) struct Lanes {
    pub(crate) rows: Vec<Row>,
    pub(crate) preds: Vec<Mask>,
    /// The carry of `add.cc` and its kin.
    pub(crate) carry: Mask,
}

/// What a register can hold.
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
    /// A GPU's arithmetic makes one NaN.
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

/// The lanes of a mask, lowest first.
pub(crate) fn each(mut mask: Mask) -> impl Iterator<Item = usize> {
    std::iter::from_fn(move || {
        let lane = mask.trailing_zeros() as usize;
        mask &= mask.wrapping_sub(1);
        (lane < 32).then_some(lane)
    })
}

impl Lanes {
    #[inline(always)]
    fn set(&mut self, d: u32, mask: Mask, f: impl Fn(usize) -> u64) {
        let row = &mut self.rows[d as usize];
        if mask == Mask::MAX {
            for (lane, x) in row.iter_mut().enumerate() {
                *x = f(lane);
            }
        } else {
            for lane in each(mask) {
                row[lane] = f(lane);
            }
        }
    }

    #[inline(always)]
    pub(crate) fn map1<A: Value, R: Value>(&mut self, [d, a]: [u32; 2], mask: Mask, f: impl Fn(A) -> R) {
        let a = self.rows[a as usize];
        self.set(d, mask, |i| f(A::of(a[i])).bits());
    }

    #[inline(always)]
    pub(crate) fn map2<A: Value, B: Value, R: Value>(&mut self, [d, a, b]: [u32; 3], mask: Mask, f: impl Fn(A, B) -> R) {
        let (a, b) = (self.rows[a as usize], self.rows[b as usize]);
        self.set(d, mask, |i| f(A::of(a[i]), B::of(b[i])).bits());
    }

    #[inline(always)]
    pub(crate) fn map3<A: Value, B: Value, C: Value, R: Value>(&mut self, [d, a, b, c]: [u32; 4], mask: Mask, f: impl Fn(A, B, C) -> R) {
        let (a, b, c) = (self.rows[a as usize], self.rows[b as usize], self.rows[c as usize]);
        self.set(d, mask, |i| f(A::of(a[i]), B::of(b[i]), C::of(c[i])).bits());
    }

    /// The lanes for which `f` holds; lanes outside `mask` are not set.
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
