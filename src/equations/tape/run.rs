//! The interpreter: each operation is one loop over the units of a block.

use super::code::{Code, Op};
use super::load::Load;
use crate::numeric::math;
use crate::numeric::scalar::Real;
use crate::numeric::simd::SimdLoop;
use std::cell::Cell;

/// The values that are computed together, as many as fill some vectors.
pub(super) const W: usize = 16;
/// The bytes of all registers of a block, within an L1 of 32 KiB.
const BLOCK: usize = 24 << 10;

/// The number of groups of `W` values in a register of a block, if a step has this number of registers,
/// states and output included. Longer blocks have less work for each operation, and shorter ones stay
/// in L1.
pub(super) fn groups_of_block(registers: usize, size: usize) -> usize {
    (BLOCK / (registers * W * size).max(1)).clamp(8, 128)
}

/// Runs operations, block by block.
pub(super) struct Run<'r, R> {
    pub(super) ops: &'r [Op<R>],
    /// The states' memory and the output.
    pub(super) memory: &'r [&'r [Cell<[R; W]>]],
    /// The registers of a block, `capacity` groups each.
    pub(super) block: &'r [Cell<[R; W]>],
    pub(super) capacity: usize,
    /// The values of the first of these registers.
    pub(super) loads: &'r [Load<'r, R>],
    /// The first unit, from which `loads` count.
    pub(super) first: usize,
    /// The number of groups.
    pub(super) groups: usize,
}

impl<R: Real> SimdLoop for Run<'_, R> {
    type Output = ();
    #[inline(always)]
    fn run(self) {
        self.blocks(W);
    }

    fn run_scalar(self) {
        // A number of values that the compiler does not know: it then unrolls no loop.
        self.blocks(std::hint::black_box(W));
    }
}

impl<R: Real> Run<'_, R> {
    /// Runs all blocks. `width` is `W`.
    #[inline(always)]
    fn blocks(self, width: usize) {
        // Blocks of about the same length.
        let size = self.groups.div_ceil(self.groups.div_ceil(self.capacity));
        let mut start = 0;
        while start < self.groups {
            let groups = size.min(self.groups - start);
            for (load, to) in self.loads.iter().zip(self.block.chunks(self.capacity)) {
                load.fill(self.first + start * W, &to[..groups]);
            }
            self.block(start, groups, width);
            start += groups;
        }
    }

    #[inline(always)]
    fn block(&self, start: usize, groups: usize, width: usize) {
        let register = |number: u16| {
            let number = usize::from(number);
            match self.memory.get(number) {
                Some(memory) => &memory[start..start + groups],
                None => &self.block[(number - self.memory.len()) * self.capacity..][..groups],
            }
        };
        // The loops are in the arms, and not in a function that takes a closure: LLVM does not always
        // inline such a closure, and would then compile it for the narrowest vectors.
        macro_rules! one {
            ($op:ident, |$x:ident| $value:expr) => {{
                let (d, a) = (register($op.d), register($op.registers[0]));
                for j in 0..groups {
                    let xs = a[j].get();
                    let mut out = [R::default(); W];
                    for i in 0..width {
                        let $x = xs[i];
                        out[i] = $value;
                    }
                    d[j].set(out);
                }
            }};
        }
        macro_rules! two {
            ($op:ident, |$x:ident, $y:ident| $value:expr) => {{
                let (d, a, b) = (register($op.d), register($op.registers[0]), register($op.registers[1]));
                for j in 0..groups {
                    let (xs, ys) = (a[j].get(), b[j].get());
                    let mut out = [R::default(); W];
                    for i in 0..width {
                        let ($x, $y) = (xs[i], ys[i]);
                        out[i] = $value;
                    }
                    d[j].set(out);
                }
            }};
        }
        macro_rules! three {
            ($op:ident, |$x:ident, $y:ident, $z:ident| $value:expr) => {{
                let (d, a) = (register($op.d), register($op.registers[0]));
                let (b, c) = (register($op.registers[1]), register($op.registers[2]));
                for j in 0..groups {
                    let (xs, ys, zs) = (a[j].get(), b[j].get(), c[j].get());
                    let mut out = [R::default(); W];
                    for i in 0..width {
                        let ($x, $y, $z) = (xs[i], ys[i], zs[i]);
                        out[i] = $value;
                    }
                    d[j].set(out);
                }
            }};
        }
        let (zero, yes) = (R::of(0.0), R::of(1.0));
        for op in self.ops {
            let [k, l, m, n, o] = op.constants;
            match op.code {
                Code::Affine => one!(op, |x| x.mul_add(k, l)),
                Code::FmaRKR => two!(op, |x, y| x.mul_add(k, y)),
                Code::FmaRRK => two!(op, |x, y| x.mul_add(y, k)),
                Code::FmaRRR => three!(op, |x, y, z| x.mul_add(y, z)),
                Code::FmaAffine => two!(op, |x, y| x.mul_add(k, y.mul_add(l, m))),
                Code::FmaFma => three!(op, |x, y, z| x.mul_add(k, y.mul_add(l, z))),
                Code::AffineFma => two!(op, |x, y| x.mul_add(k, l).mul_add(m, y)),
                Code::SumFma => three!(op, |x, y, z| x.mul_add(k, y.mul_add(l, m)).mul_add(n, z)),
                Code::MulMul => three!(op, |x, y, z| x * y * z),
                Code::Square => two!(op, |x, y| (x * y) * (x * y)),
                Code::DivKR => one!(op, |x| m / x.mul_add(k, l)),
                Code::DivRK => one!(op, |x| x / k),
                Code::DivRR => two!(op, |x, y| x / y),
                Code::Abs => one!(op, |x| x.abs()),
                Code::Sqrt => one!(op, |x| x.sqrt()),
                Code::Exp => one!(op, |x| math::exp(x.mul_add(k, l))),
                Code::Expm1 => one!(op, |x| math::expm1(x)),
                Code::Log => one!(op, |x| math::log(x)),
                Code::Tanh => one!(op, |x| math::tanh(x)),
                Code::Sin => one!(op, |x| math::sin(x)),
                Code::Cos => one!(op, |x| math::cos(x)),
                Code::Exprel => one!(op, |x| math::exprel(x)),
                Code::ExprelSlope => one!(op, |x| math::exprel_slope(x)),
                Code::InvExprel => one!(op, |x| math::inv_exprel(x)),
                Code::InvExprelOf => two!(op, |x, y| math::inv_exprel_of(x.mul_add(k, l), y * m)),
                Code::Relax => one!(op, |x| math::relax(x.mul_add(l, m), k)),
                Code::RelaxKR => one!(op, |x| math::relax(k, x)),
                Code::RelaxRR => two!(op, |x, y| math::relax(x, y)),
                Code::RelaxFma => three!(op, |x, y, z| x.mul_add(math::relax(y.mul_add(l, m), k), z)),
                Code::RelaxLinear => {
                    three!(op, |x, y, z| (-z).mul_add(y, x * l).mul_add(math::relax(y, k), z));
                }
                Code::ExpNeg => one!(op, |x| math::exp_neg(x)),
                Code::InvExprelNear => one!(op, |x| math::inv_exprel_near(x)),
                Code::Reciprocal => one!(op, |x| math::reciprocal(x)),
                Code::MinRR => two!(op, |x, y| x.min(y)),
                Code::MinRK => one!(op, |x| x.min(k)),
                Code::MaxRR => two!(op, |x, y| x.max(y)),
                Code::MaxRK => one!(op, |x| x.max(k)),
                Code::Within => one!(op, |x| k.max(l.min(x))),
                Code::WithinMul => two!(op, |x, y| k.max(l.min(x * y))),
                Code::Less => two!(op, |x, y| if x < y { yes } else { zero }),
                Code::LessEqual => two!(op, |x, y| if x <= y { yes } else { zero }),
                Code::Equal => two!(op, |x, y| if x == y { yes } else { zero }),
                Code::ChooseRR => three!(op, |x, y, z| if (k <= x) & (x <= l) { y } else { z }),
                Code::ChooseRK => two!(op, |x, y| if (k <= x) & (x <= l) { y } else { m }),
                Code::ChooseKR => two!(op, |x, y| if (k <= x) & (x <= l) { m } else { y }),
                Code::ChooseKK => one!(op, |x| if (k <= x) & (x <= l) { m } else { n }),
                Code::ChooseAffine => two!(op, |x, y| if (k <= x) & (x <= l) { y.mul_add(m, n) } else { o }),
                Code::NotInAndIn => {
                    two!(op, |x, y| if !((k <= x) & (x <= l)) & (m <= y) & (y <= n) { yes } else { zero });
                }
                Code::Copy => one!(op, |x| x),
                Code::Fill => {
                    for d in register(op.d) {
                        d.set([k; W]);
                    }
                }
            }
        }
    }
}
