//! The data of an npy file. Their length must agree with the header and with the container.

use crate::array::{Array, Values};
use crate::error::Fault;
use crate::header::Header;
use bytemuck::Pod;
use half::f16;
use std::io::Read;

/// The number of bytes in the first allocation for data whose length only their own header claims.
const PIECE: usize = 1 << 16;

/// The trust in the claimed length of data.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Trust {
    /// The file contains this number of bytes. Memory is allocated at once.
    Stored,
    /// The bytes are not yet inflated. Memory is allocated as they arrive.
    Inflated,
}

/// Checks NumPy's name of a type. Returns its kind, its size, and whether its bytes must be
/// swapped.
fn dtype(descr: &str) -> Result<(char, usize, bool), Fault> {
    let mut chars = descr.chars();
    let (order, kind) = (chars.next(), chars.next());
    let size = chars.as_str().parse::<usize>();
    let swapped = match order {
        Some('<') => cfg!(target_endian = "big"),
        Some('>') => cfg!(target_endian = "little"),
        Some('=' | '|') => false,
        _ => return Fault::unsupported(format!("type {descr:?}")),
    };
    match (kind, size) {
        (Some('O'), _) => Fault::unsupported("Python objects; only numbers are supported"),
        (Some('f'), Ok(size @ (2 | 4 | 8))) => Ok(('f', size, swapped)),
        (Some(kind @ ('i' | 'u')), Ok(size @ (1 | 2 | 4 | 8))) => Ok((kind, size, swapped)),
        (Some('b'), Ok(1)) => Ok(('b', 1, false)),
        _ => Fault::unsupported(format!(
            "type {descr:?}; the supported types are f2 f4 f8 i1 i2 i4 i8 u1 u2 u4 u8 b1, of either byte order"
        )),
    }
}

/// The name of a type, such as `f64`, or NumPy's own name if the type is not supported.
pub(crate) fn type_name(descr: &str) -> String {
    match dtype(descr) {
        Ok(('b', ..)) => "bool".to_owned(),
        Ok((kind, size, _)) => format!("{kind}{}", size * 8),
        Err(_) => descr.to_owned(),
    }
}

/// Checks that header and data together have `available` bytes.
fn check_length(header: &Header, size: usize, available: u64) -> Result<(), Fault> {
    let expected = (header.len as u64).checked_mul(size as u64).and_then(|n| n.checked_add(header.bytes as u64));
    if expected == Some(available) {
        return Ok(());
    }
    let expected = expected.map_or_else(|| "more than can be counted".to_owned(), |n| n.to_string());
    Fault::corrupt(format!(
        "an array of shape {:?} and type {} takes {expected} bytes, but the file has {available}",
        header.shape, header.descr
    ))
}

/// Reads header and data, which have `available` bytes in total.
pub(crate) fn read(from: &mut impl Read, available: u64, trust: Trust) -> Result<Array, Fault> {
    let header = Header::read(from, available)?;
    let (kind, size, swapped) = dtype(&header.descr)?;
    check_length(&header, size, available)?;
    macro_rules! values {
        ($variant:ident, $t:ty, $swap:expr) => {{
            let mut values: Vec<$t> = elements(from, header.len, trust)?;
            if swapped {
                values.iter_mut().for_each($swap);
            }
            Values::$variant(row_major(values, &header)?)
        }};
    }
    let values = match (kind, size) {
        ('f', 8) => values!(F64, f64, |x| *x = f64::from_bits(x.to_bits().swap_bytes())),
        ('f', 4) => values!(F32, f32, |x| *x = f32::from_bits(x.to_bits().swap_bytes())),
        ('f', _) => values!(F16, f16, |x| *x = f16::from_bits(x.to_bits().swap_bytes())),
        ('i', 8) => values!(I64, i64, |x| *x = x.swap_bytes()),
        ('i', 4) => values!(I32, i32, |x| *x = x.swap_bytes()),
        ('i', 2) => values!(I16, i16, |x| *x = x.swap_bytes()),
        ('i', _) => values!(I8, i8, |_| ()),
        ('u', 8) => values!(U64, u64, |x| *x = x.swap_bytes()),
        ('u', 4) => values!(U32, u32, |x| *x = x.swap_bytes()),
        ('u', 2) => values!(U16, u16, |x| *x = x.swap_bytes()),
        ('u', _) => values!(U8, u8, |_| ()),
        _ => {
            let bytes: Vec<u8> = row_major(elements(from, header.len, trust)?, &header)?;
            if let Some(odd) = bytes.iter().find(|b| **b > 1) {
                return Fault::corrupt(format!("a bool has the value {odd}"));
            }
            // This converts in place, since both types have one byte.
            Values::Bool(bytes.into_iter().map(|b| b == 1).collect())
        }
    };
    Ok(Array { shape: header.shape, values })
}

/// Reserves memory for `more` additional elements.
pub(crate) fn take<E>(values: &mut Vec<E>, more: usize) -> Result<(), Fault> {
    let need = (values.len() as u64 + more as u64).saturating_mul(size_of::<E>() as u64);
    values.try_reserve_exact(more).map_err(|_| Fault::OutOfMemory { need })
}

/// Reads `len` elements in the order of the file.
fn elements<E: Pod>(from: &mut impl Read, len: usize, trust: Trust) -> Result<Vec<E>, Fault> {
    let mut values: Vec<E> = Vec::new();
    let mut piece = if trust == Trust::Stored { len } else { PIECE.div_ceil(size_of::<E>()) };
    while values.len() < len {
        let more = piece.min(len - values.len());
        take(&mut values, more)?;
        let from_here = values.len();
        values.resize(from_here + more, E::zeroed());
        from.read_exact(bytemuck::cast_slice_mut(&mut values[from_here..]))?;
        piece = values.len();
    }
    Ok(values)
}

/// Converts Fortran order to row-major order.
fn row_major<E: Copy>(values: Vec<E>, header: &Header) -> Result<Vec<E>, Fault> {
    let axes = header.shape.iter().filter(|n| **n > 1).count();
    if !header.fortran || axes < 2 || values.is_empty() {
        return Ok(values);
    }
    let mut strides = Vec::with_capacity(header.shape.len());
    let mut stride = 1;
    for n in &header.shape {
        strides.push(stride);
        stride *= n;
    }
    let mut turned = Vec::new();
    take(&mut turned, values.len())?;
    let mut index = vec![0; header.shape.len()];
    let mut at = 0;
    for _ in 0..values.len() {
        turned.push(values[at]);
        // The last axis varies fastest.
        for axis in (0..index.len()).rev() {
            index[axis] += 1;
            at += strides[axis];
            if index[axis] < header.shape[axis] {
                break;
            }
            at -= strides[axis] * header.shape[axis];
            index[axis] = 0;
        }
    }
    Ok(turned)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::header;

    fn file(descr: &str, fortran: bool, shape: &str, data: &[u8]) -> Vec<u8> {
        let order = if fortran { "True" } else { "False" };
        let dict = format!("{{'descr': '{descr}', 'fortran_order': {order}, 'shape': {shape}, }}\n");
        let mut bytes = b"\x93NUMPY\x01\x00".to_vec();
        bytes.extend((dict.len() as u16).to_le_bytes());
        bytes.extend(dict.bytes());
        bytes.extend(data);
        bytes
    }

    fn load(bytes: &[u8]) -> Result<Array, Fault> {
        let array = read(&mut &bytes[..], bytes.len() as u64, Trust::Stored);
        let inflated = read(&mut &bytes[..], bytes.len() as u64, Trust::Inflated);
        assert_eq!(format!("{array:?}"), format!("{inflated:?}"));
        array
    }

    #[test]
    fn both_byte_orders_and_both_array_orders_are_read() {
        let data: Vec<u8> = (1..=6_i16).flat_map(i16::to_be_bytes).collect();
        let array = load(&file(">i2", false, "(2, 3)", &data)).unwrap();
        assert_eq!(array, Array { shape: vec![2, 3], values: Values::I16(vec![1, 2, 3, 4, 5, 6]) });
        let array = load(&file(">i2", true, "(2, 3)", &data)).unwrap();
        assert_eq!(array, Array { shape: vec![2, 3], values: Values::I16(vec![1, 3, 5, 2, 4, 6]) });
        let array = load(&file("|b1", true, "(1, 2, 2)", &[1, 0, 0, 0])).unwrap();
        assert_eq!(array.values, Values::Bool(vec![true, false, false, false]));
        let array = load(&file("<f8", false, "()", &2.5_f64.to_le_bytes())).unwrap();
        assert_eq!((array.to_f64().ndim(), array.to_f64().sum()), (0, 2.5));
    }

    #[test]
    fn what_is_no_plain_number_is_refused() {
        for descr in [
            "|O",
            "<U8",
            "|S3",
            "<c16",
            "<M8[ns]",
            "|V2",
            "<f16",
            "<f3",
            "f8",
            "",
            "<",
            "<f-8",
            "<f99999999999999999999",
            "é8",
        ] {
            assert!(matches!(load(&file(descr, false, "(2,)", &[0; 16])), Err(Fault::Unsupported(_))), "{descr}");
        }
    }

    #[test]
    fn claims_that_do_not_fit_the_bytes_there_are_take_no_memory() {
        for shape in
            ["(3,)", "(1,)", "(1000000000000,)", "(2, 9223372036854775807)", "(4294967296, 4294967296, 4)", "(0,)"]
        {
            assert!(matches!(load(&file("<f8", false, shape, &[0; 16])), Err(Fault::Corrupt(_))), "{shape}");
        }
        assert!(matches!(load(&file("|b1", false, "(2,)", &[1, 2])), Err(Fault::Corrupt(_))));
        assert!(load(&header::write('f', 8, &[0, 3])).unwrap().is_empty());
    }
}
