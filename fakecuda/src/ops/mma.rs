//! `mma.sync`: a warp multiplies two small matrices whose elements are in its lanes' registers.
//! Products are exact, summed in f64, and rounded once. A GPU rounds its sums in an undocumented
//! order. In f64, each step is one `fma`, in ascending order of k.

use super::Decoded;
use super::round::{Mode, of_half, to_half};
use crate::exec::{Action, Lanes, Touch, Value};
use crate::parse::{Builder, Statement};
use crate::types::Type;

/// `m16n8k…`: the rows, the inner size, and the elements in one register.
pub(super) struct Shape {
    rows: usize,
    inner: usize,
    packed: usize,
}

impl Shape {
    /// The share of one warp in a larger product.
    pub(super) fn of(inner: usize, ty: Type) -> Shape {
        Shape { rows: 16, inner, packed: if ty == Type::Tf32 { 1 } else { 2 } }
    }
}

pub(super) fn decode(b: &mut Builder<'_>, s: &Statement) -> Decoded {
    if s.name() != "mma" {
        return Ok(None);
    }
    s.only("sync aligned row col m16n8k8 m16n8k16 m16n8k4 m8n8k4")?;
    let types: Vec<_> = s.types().collect();
    let [d_type, a_type, b_type, c_type] = types[..] else { return s.not_done() };
    let size = s.modifiers().find(|m| m.starts_with('m')).unwrap_or("");
    let shape = match (size, a_type) {
        ("m16n8k16", Type::F16 | Type::Bf16) => Shape { rows: 16, inner: 16, packed: 2 },
        ("m16n8k8", Type::F16 | Type::Bf16) => Shape { rows: 16, inner: 8, packed: 2 },
        ("m16n8k8", Type::Tf32) => Shape { rows: 16, inner: 8, packed: 1 },
        ("m16n8k4", Type::Tf32) => Shape { rows: 16, inner: 4, packed: 1 },
        ("m8n8k4", Type::F64) => Shape { rows: 8, inner: 4, packed: 1 },
        ("m16n8k4", Type::F64) => Shape { rows: 16, inner: 4, packed: 1 },
        ("m16n8k8", Type::F64) => Shape { rows: 16, inner: 8, packed: 1 },
        ("m16n8k16", Type::F64) => Shape { rows: 16, inner: 16, packed: 1 },
        _ => return s.not_done(),
    };
    let double = a_type == Type::F64;
    let sums = |t: Type| if double { t == Type::F64 } else { t == Type::F32 || t == Type::F16 && a_type == Type::F16 };
    if a_type != b_type || d_type != c_type || !sums(d_type) {
        return s.not_done();
    }
    let (dv, av, bv, cv) = (s.vector(b, 0)?, s.vector(b, 1)?, s.vector(b, 2)?, s.vector(b, 3)?);
    let (halves, blocks) = (shape.rows / 8, shape.inner / (4 * shape.packed));
    let out = if d_type == Type::F16 { 2 } else { 2 * halves };
    if av.len() != halves * blocks || bv.len() != blocks || dv.len() != out || cv.len() != out {
        return s.wrong("the wrong number of registers");
    }
    let run: Touch = Box::new(move |e, _| {
        let (a, b) = operands(e.lanes, a_type, &shape, &av, &bv);
        // Lane `4 g + t` holds rows `g` and `g + 8`, columns `2 t` and `2 t + 1`.
        for lane in 0..32 {
            let sum = |n: usize, c: f64| {
                let (row, column) = (lane / 4 + 8 * (n / 2), lane % 4 * 2 + n % 2);
                let step = |s: f64, k: usize| {
                    if double { a[row][k].mul_add(b[k][column], s) } else { s + a[row][k] * b[k][column] }
                };
                (0..shape.inner).fold(c, step)
            };
            if double {
                for n in 0..out {
                    let c = f64::of(e.lanes.rows[cv[n] as usize][lane]);
                    e.lanes.rows[dv[n] as usize][lane] = sum(n, c).bits();
                }
                continue;
            }
            if d_type == Type::F32 {
                let new: Vec<u64> = (0..4)
                    .map(|n| (sum(n, f32::of(e.lanes.rows[cv[n] as usize][lane]) as f64) as f32).bits())
                    .collect();
                (0..4).for_each(|n| e.lanes.rows[dv[n] as usize][lane] = new[n]);
            } else {
                let half = |n: usize| {
                    let c = (e.lanes.rows[cv[n / 2] as usize][lane] >> (16 * (n % 2))) as u16;
                    to_half(Type::F16, sum(n, of_half(Type::F16, c)), Mode::Nearest) as u64
                };
                let new = [half(0) | half(1) << 16, half(2) | half(3) << 16];
                (0..2).for_each(|n| e.lanes.rows[dv[n] as usize][lane] = new[n]);
            }
        }
        Ok(())
    });
    Ok(Some(Action::Together { members: None, run }))
}

type Matrices = ([[f64; 16]; 16], [[f64; 8]; 16]);

fn value(l: &Lanes, ty: Type, row: u32, lane: usize, h: usize) -> f64 {
    let bits = l.rows[row as usize][lane];
    match ty {
        Type::F64 => f64::of(bits),
        // The low 13 bits of a tf32 operand are ignored.
        Type::Tf32 => f32::from_bits(bits as u32 & 0xffff_e000) as f64,
        _ => of_half(ty, (bits >> (16 * h)) as u16),
    }
}

/// Matrix A, from the lanes' registers.
pub(super) fn fragment(l: &Lanes, ty: Type, shape: &Shape, av: &[u32]) -> [[f64; 16]; 16] {
    let mut a = [[0.0; 16]; 16];
    let (p, halves) = (shape.packed, shape.rows / 8);
    for lane in 0..32 {
        let (g, t) = (lane / 4, lane % 4);
        for h in 0..p {
            for (n, &row) in av.iter().enumerate() {
                a[g + 8 * (n % halves)][t * p + h + 4 * p * (n / halves)] = value(l, ty, row, lane, h);
            }
        }
    }
    a
}

fn operands(l: &Lanes, ty: Type, shape: &Shape, av: &[u32], bv: &[u32]) -> Matrices {
    let (mut b, p) = ([[0.0; 8]; 16], shape.packed);
    for lane in 0..32 {
        let (g, t) = (lane / 4, lane % 4);
        for h in 0..p {
            for (n, &row) in bv.iter().enumerate() {
                b[t * p + h + 4 * p * n][g] = value(l, ty, row, lane, h);
            }
        }
    }
    (fragment(l, ty, shape, av), b)
}
