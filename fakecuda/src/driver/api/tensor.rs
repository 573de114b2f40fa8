//! Tensor maps.

use super::put;
use crate::driver::Code;
use crate::exec::tensormap::TensorMap;

/// `CUtensorMap`.
#[derive(Clone, Copy)]
#[repr(C, align(64))]
pub struct Map([u8; 128]);

impl Default for Map {
    fn default() -> Map {
        Map([0; 128])
    }
}

impl Map {
    /// The bytes, for use as a kernel's argument.
    pub fn bytes(&self) -> [u8; 128] {
        self.0
    }
}

/// The bytes of an element of a `CUtensorMapDataType`.
fn element(kind: u32) -> Option<usize> {
    Some(match kind {
        0 => 1,
        1 | 6 | 9 => 2,
        2 | 3 | 7 | 10..=12 => 4,
        4 | 5 | 8 => 8,
        _ => return None,
    })
}

entries! {
    Initialised fn cuTensorMapEncodeTiled(s, map: *mut Map, kind: u32, rank: u32, address: u64, dims: *const u64, strides: *const u64, tile: *const u32, steps: *const u32, interleave: u32, swizzle: u32, promotion: u32, fill: u32) {
        let bad = |what: String| Err(Code::ERROR_INVALID_VALUE.why(format!("a tensor map: {what}")));
        let not_done = |what: &str| Err(Code::ERROR_NOT_SUPPORTED.why(format!("a tensor map with {what}, which is not supported")));
        if s.config.arch.as_ref().is_none_or(|a| a.major < 9) {
            return Err(Code::ERROR_NOT_SUPPORTED.why("tensor maps, which this architecture does not have"));
        }
        if map.is_null() || !(map as usize).is_multiple_of(64) {
            return bad(format!("the address {map:?} to write it to is not a multiple of 64"));
        }
        if !(1..=5).contains(&rank) || dims.is_null() || tile.is_null() || steps.is_null() || rank > 1 && strides.is_null() {
            return bad(format!("{rank} dimensions, or a null pointer"));
        }
        let Some(element) = element(kind) else { return not_done("elements of this type") };
        let n = rank as usize;
        let list = |from: *const u32| std::slice::from_raw_parts(from, n).to_vec();
        let (dims, tile, steps) = (std::slice::from_raw_parts(dims, n).to_vec(), list(tile), list(steps));
        let strides = if n > 1 { std::slice::from_raw_parts(strides, n - 1).to_vec() } else { Vec::new() };
        if interleave != 0 || steps.iter().any(|&s| s != 1) {
            return not_done("interleaving, or steps other than 1");
        }
        if swizzle > 3 {
            return not_done("this swizzle");
        }
        if address == 0 || !address.is_multiple_of(16) {
            return bad(format!("address {address:#x} is not a multiple of 16"));
        }
        if let Some(d) = dims.iter().find(|d| !(1..=1 << 32).contains(*d)) {
            return bad(format!("a dimension of {d}"));
        }
        if let Some(s) = strides.iter().find(|s| **s % 16 != 0 || **s >= 1 << 40 || **s == 0) {
            return bad(format!("a stride of {s} bytes, which must be a multiple of 16 below 2^40"));
        }
        if let Some(t) = tile.iter().find(|t| !(1..=256).contains(*t)) {
            return bad(format!("a box size of {t}, which must be 1 to 256"));
        }
        let (row, span) = (tile[0] as usize * element, 16 << swizzle);
        if row % 16 != 0 {
            return bad(format!("{row} bytes in a box's row, which must be a multiple of 16"));
        }
        if swizzle > 0 && row > span {
            return bad(format!("{row} bytes in a box's row, but the swizzle allows {span}"));
        }
        if swizzle > 0 && row < span {
            return not_done("rows narrower than its swizzle");
        }
        if fill > 1 || fill == 1 && !matches!(kind, 6..=12) {
            return bad("NaN as the fill of integer elements".into());
        }
        // All bits set are a NaN in each floating-point type.
        let fill = if fill == 1 { 0xffff } else { 0 };
        put(map, Map(TensorMap { address, dims, strides, tile, element, swizzle, fill }.encode()))?;
    }
}
