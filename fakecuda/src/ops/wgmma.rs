//! `wgmma`: four warps multiply 64 rows by up to 256 columns. The operands are in shared memory,
//! and A may be in registers. Each warp computes 16 of the rows. As for `mma`, sums are in f64 and
//! rounded once.

use super::mma::{Shape, fragment};
use super::round::{Mode, of_half, to_half};
use super::{Decoded, touch};
use crate::exec::tensormap::swizzled;
use crate::exec::{Action, Exec, Kind, Mask, Place, Touch, Value, Violation};
use crate::parse::{Arg, Builder, Statement};
use crate::types::{Space, Type};

pub(super) fn decode(b: &mut Builder<'_>, s: &Statement) -> Decoded {
    if s.name() != "wgmma" {
        return Ok(None);
    }
    b.code.engines = true;
    match s.parts[1].as_str() {
        "fence" => Ok(Some(touch(|e, _| {
            e.products.fenced = true;
            Ok(())
        }))),
        "commit_group" => Ok(Some(touch(|e, _| {
            e.products.commit();
            Ok(())
        }))),
        "wait_group" => {
            let keep = s.row(b, 0)?;
            Ok(Some(touch(move |e, _| {
                e.wait_products(e.lanes.rows[keep as usize][0] as u32);
                Ok(())
            })))
        }
        "mma_async" => product(b, s),
        _ => s.not_done(),
    }
}

/// The layout of a matrix in shared memory: the descriptor's fields, and whether the matrix is
/// stored transposed (`across`), so that neighbouring rows of A, or columns of B, are adjacent in
/// memory.
#[derive(Clone, Copy)]
struct Layout {
    start: u64,
    leading: u64,
    stride: u64,
    /// The swizzle mode, 0 to 3: a swizzled row has `1 << swizzle` units of 16 bytes.
    swizzle: u32,
    across: bool,
}

impl Layout {
    fn new(d: u64, across: bool) -> Result<Layout, Violation> {
        let field = |at: u32| (d >> at & 0x3fff) << 4;
        if d >> 49 & 7 != 0 {
            return Err(Violation::new(
                Kind::Misuse,
                0,
                "a matrix descriptor with a base offset, which is not supported",
            ));
        }
        let swizzle = [0, 3, 2, 1][(d >> 62) as usize];
        Ok(Layout { start: field(0), leading: field(16), stride: field(32), swizzle, across })
    }

    /// The address of element (`row`, `k`), with `n` bytes an element. Addresses are relative to
    /// the block's shared memory.
    fn at(&self, row: u64, k: u64, n: u64) -> u64 {
        let (unit, width) = (16 / n, 1 << self.swizzle);
        let offset = if !self.across {
            let (row8, rows, chunk) = (row % 8, row / 8, k / unit);
            let chunk = if self.swizzle == 0 { chunk * self.leading } else { chunk * 16 };
            row8 * 16 * width + rows * self.stride + chunk + k % unit * n
        } else {
            // Without a swizzle, the two strides change places.
            let (far, next) = if self.swizzle == 0 { (self.stride, self.leading) } else { (self.leading, self.stride) };
            row % unit * n + row / unit % width * 16 + row / unit / width * far + k % 8 * 16 * width + k / 8 * next
        };
        swizzled(self.start + offset, self.swizzle)
    }
}

#[derive(Clone)]
enum A {
    Descriptor(u32),
    Registers(Vec<u32>),
}

struct Product {
    ty: Type,
    half_sums: bool,
    d: Vec<u32>,
    a: A,
    b: u32,
    columns: usize,
    inner: usize,
    /// The operand scale-d: a predicate, or a constant.
    scale: Result<(u32, bool), bool>,
    /// The sign of the products: A's sign times B's.
    sign: f64,
    across: [bool; 2],
}

fn product(b: &mut Builder<'_>, s: &Statement) -> Decoded {
    let shape = s.modifiers().find(|m| m.starts_with("m64n")).unwrap_or("m64n0k0").to_string();
    s.only(&format!("mma_async sync aligned {shape}"))?;
    let (columns, inner) = shape["m64n".len()..].split_once('k').unwrap_or(("0", "0"));
    let (columns, inner): (usize, usize) = (columns.parse().unwrap_or(0), inner.parse().unwrap_or(0));
    let types: Vec<_> = s.types().collect();
    let (out, ty) = match types[..] {
        [d @ (Type::F32 | Type::F16), Type::F16, Type::F16] => (d, Type::F16),
        [Type::F32, Type::Bf16, Type::Bf16] => (Type::F32, Type::Bf16),
        [Type::F32, Type::Tf32, Type::Tf32] => (Type::F32, Type::Tf32),
        _ => return s.not_done(),
    };
    let wide = ty == Type::Tf32;
    if inner != if wide { 8 } else { 16 } || columns == 0 || columns > 256 || columns % 8 != 0 {
        return s.not_done();
    }
    let (d, half_sums) = (s.vector(b, 0)?, out == Type::F16);
    let a = match s.arg(1)? {
        Arg::Vector(_) => A::Registers(s.vector(b, 1)?),
        _ => A::Descriptor(s.row(b, 1)?),
    };
    if d.len() != columns / if half_sums { 4 } else { 2 } || matches!(&a, A::Registers(r) if r.len() != 4) {
        return s.wrong("wrong number of registers");
    }
    let scale = match s.arg(3)? {
        Arg::Row(row) => match b.code.constants.iter().find(|c| c.0 == *row) {
            Some(c) => Err(c.1 != 0),
            None => return s.wrong("a predicate expected for scale-d"),
        },
        _ => Ok(s.pred(3)?),
    };
    let mut given = Vec::new();
    for n in 4..s.args.len() {
        let row = s.row(b, n)?;
        match b.code.constants.iter().find(|c| c.0 == row) {
            Some(c) => given.push(c.1 as i32),
            None => return s.wrong("constants expected for scales and transposes"),
        }
    }
    let from_registers = matches!(a, A::Registers(_));
    let across = match (given.get(2..).unwrap_or(&[]), wide, from_registers) {
        ([], true, _) => [false; 2],
        ([b], false, true) => [false, *b != 0],
        ([a, b], false, false) => [*a != 0, *b != 0],
        _ => return s.wrong("the wrong number of operands"),
    };
    let sign = match given[..] {
        [a @ (1 | -1), b @ (1 | -1), ..] => (a * b) as f64,
        _ => return s.wrong("scales of 1 or -1 expected"),
    };
    let p = Product { ty, half_sums, d, a, b: s.row(b, 2)?, columns, inner, scale, sign, across };
    let run: Touch = Box::new(move |e, _| p.run(e));
    Ok(Some(Action::Together { members: None, run }))
}

impl Product {
    fn run(&self, e: &mut Exec<'_>) -> Result<(), Violation> {
        let misuse = |what: &str| Err(Violation::new(Kind::Misuse, 0, what));
        if e.warp / 4 * 4 + 4 > e.cluster.warps {
            return misuse("wgmma by warps that do not form a group of four");
        }
        if !e.products.fenced {
            return misuse("wgmma.mma_async with no wgmma.fence before it");
        }
        let scale = match self.scale {
            Ok(p) => e.lanes.pred(p),
            Err(always) => {
                if always {
                    Mask::MAX
                } else {
                    0
                }
            }
        };
        if scale != 0 && scale != Mask::MAX {
            return misuse("scale-d differs between lanes");
        }
        let a = match &self.a {
            A::Registers(rows) => fragment(e.lanes, self.ty, &Shape::of(self.inner, self.ty), rows),
            A::Descriptor(d) => {
                let m = self.read(e, *d, e.warp as usize % 4 * 16, 16, self.across[0])?;
                std::array::from_fn(|r| {
                    std::array::from_fn(|k| if k < self.inner { m[r * self.inner + k] } else { 0.0 })
                })
            }
        };
        let b = self.read(e, self.b, 0, self.columns, self.across[1])?;
        let dot = |row: usize, column: usize, c: f64| {
            let b = &b[column * self.inner..][..self.inner];
            a[row].iter().zip(b).fold(c, |s, (x, y)| s + self.sign * x * y)
        };
        let adds = scale != 0;
        for (n, &row) in self.d.iter().enumerate() {
            let mut value = e.products.sum(e.lanes, row);
            for (lane, x) in value.iter_mut().enumerate() {
                let (g, t) = (lane / 4, lane % 4 * 2);
                *x = if self.half_sums {
                    let (i, j) = (g + 8 * (n % 2), n / 2 * 8 + t);
                    let one = |h: usize| {
                        let c = if adds { of_half(Type::F16, (*x >> (16 * h)) as u16) } else { 0.0 };
                        to_half(Type::F16, dot(i, j + h, c), Mode::Nearest) as u64
                    };
                    one(0) | one(1) << 16
                } else {
                    let (i, j) = (g + 8 * (n / 2 % 2), n / 4 * 8 + t + n % 2);
                    (dot(i, j, if adds { f32::of(*x) as f64 } else { 0.0 }) as f32).bits()
                };
            }
            e.products.send(e.lanes, row, value);
        }
        Ok(())
    }

    /// Reads `rows` rows from row `first` on, each of `inner` elements, of a matrix in shared
    /// memory.
    fn read(
        &self,
        e: &mut Exec<'_>,
        descriptor: u32,
        first: usize,
        rows: usize,
        across: bool,
    ) -> Result<Vec<f64>, Violation> {
        let row = &e.lanes.rows[descriptor as usize];
        if row.iter().any(|d| *d != row[0]) {
            return Err(Violation::new(Kind::Misuse, 0, "a matrix descriptor that differs between lanes"));
        }
        let layout = Layout::new(row[0], across)?;
        let n = if self.ty == Type::Tf32 { 4 } else { 2 };
        let mut out = vec![0.0; rows * self.inner];
        // Both layouts are contiguous in units of 16 bytes.
        let (step_row, step_k) = if across { (8, 1) } else { (1, 16 / n) };
        for r in (0..rows).step_by(step_row) {
            for k in (0..self.inner).step_by(step_k) {
                let address = layout.at((first + r) as u64, k as u64, n as u64);
                let Place::Shared(at) = e.place(Space::Shared, address, 16, 0)? else { continue };
                e.note_product(at, 16)?;
                let bytes: [u8; 16] = std::array::from_fn(|i| e.cluster.shared[at + i]);
                for (i, x) in bytes.chunks_exact(n).enumerate() {
                    let value = match self.ty {
                        Type::Tf32 => f32::from_bits(u32::from_le_bytes([x[0], x[1], x[2], x[3]]) & 0xffff_e000) as f64,
                        ty => of_half(ty, u16::from_le_bytes([x[0], x[1]])),
                    };
                    let (r, k) = if across { (r + i, k) } else { (r, k + i) };
                    out[r * self.inner + k] = value;
                }
            }
        }
        Ok(out)
    }
}
