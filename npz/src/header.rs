//! The header of an npy file: magic bytes, a version, and a Python dict with type, order and shape.

use crate::error::Fault;
use std::io::Read;

/// The maximum length of a header in bytes. NumPy's own headers have 128 bytes, and NumPy reads at
/// most 10,000 bytes as well.
const MAX_HEADER: usize = 10_000;
/// The maximum number of axes, which is NumPy's own limit.
const MAX_AXES: usize = 64;

/// The content of an npy header.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Header {
    /// NumPy's name of the type, e.g. `<f8`.
    pub(crate) descr: String,
    pub(crate) fortran: bool,
    pub(crate) shape: Vec<usize>,
    /// The number of elements.
    pub(crate) len: usize,
    /// The number of bytes in the header, including the magic bytes.
    pub(crate) bytes: usize,
}

impl Header {
    /// Reads a header from a source of `available` bytes.
    pub(crate) fn read(from: &mut impl Read, available: u64) -> Result<Self, Fault> {
        let mut start = [0; 8];
        if available < 10 {
            return Fault::corrupt(format!("{available} bytes are too few for an npy header"));
        }
        from.read_exact(&mut start)?;
        if start[..6] != *b"\x93NUMPY" {
            return Fault::corrupt("not an npy file: the magic bytes are missing");
        }
        let (len, prefix) = match start[6] {
            1 => {
                let mut len = [0; 2];
                from.read_exact(&mut len)?;
                (usize::from(u16::from_le_bytes(len)), 10)
            }
            2 | 3 => {
                let mut len = [0; 4];
                from.read_exact(&mut len)?;
                (u32::from_le_bytes(len) as usize, 12)
            }
            other => {
                return Fault::unsupported(format!(
                    "npy format version {other}; the supported versions are 1, 2 and 3"
                ));
            }
        };
        if len > MAX_HEADER || (prefix + len) as u64 > available {
            return Fault::corrupt(format!(
                "the header has {len} bytes, but {available} bytes are available and the maximum is {MAX_HEADER}"
            ));
        }
        let mut text = vec![0; len];
        from.read_exact(&mut text)?;
        let Ok(text) = std::str::from_utf8(&text) else {
            return Fault::corrupt("the npy header is not text");
        };
        let (descr, fortran, shape) = Parser { rest: text }.dict()?;
        let len = elements(&shape)?;
        let bytes = prefix + text.len();
        Ok(Self { descr, fortran, shape, len, bytes })
    }
}

/// The number of elements in a shape, or an error if no array can have that many. An axis of length
/// 0 does not make other axes valid.
fn elements(shape: &[usize]) -> Result<usize, Fault> {
    if shape.len() > MAX_AXES {
        return Fault::corrupt(format!("the array has {} axes, but the maximum is {MAX_AXES}", shape.len()));
    }
    let solid = shape.iter().filter(|n| **n > 0).try_fold(1_usize, |all, n| all.checked_mul(*n));
    match solid {
        Some(n) if n <= isize::MAX as usize => Ok(if shape.contains(&0) { 0 } else { n }),
        _ => Fault::corrupt(format!("shape {shape:?} has more elements than can be counted")),
    }
}

/// Parses `{'descr': '<f8', 'fortran_order': False, 'shape': (3, 4), }` with the keys in any order,
/// and nothing else.
struct Parser<'a> {
    rest: &'a str,
}

impl<'a> Parser<'a> {
    fn dict(mut self) -> Result<(String, bool, Vec<usize>), Fault> {
        let (mut descr, mut fortran, mut shape) = (None, None, None);
        self.expect('{')?;
        while !self.takes('}') {
            let key = self.string()?;
            self.expect(':')?;
            let twice = match key {
                "descr" if self.starts('[') || self.starts('(') => return Fault::unsupported("an array of records"),
                "descr" => descr.replace(self.string()?).is_some(),
                "fortran_order" => fortran.replace(self.boolean()?).is_some(),
                "shape" => shape.replace(self.tuple()?).is_some(),
                other => return Fault::corrupt(format!("unknown key {other:?} in the npy header")),
            };
            if twice {
                return Fault::corrupt(format!("key `{key}` occurs twice in the npy header"));
            }
            if !self.takes(',') {
                self.expect('}')?;
                break;
            }
        }
        if !self.rest.trim().is_empty() {
            return Fault::corrupt("the npy header has text after its end");
        }
        match (descr, fortran, shape) {
            (Some(descr), Some(fortran), Some(shape)) => Ok((descr.to_owned(), fortran, shape)),
            _ => Fault::corrupt("the npy header lacks `descr`, `fortran_order` or `shape`"),
        }
    }

    fn starts(&mut self, c: char) -> bool {
        self.rest = self.rest.trim_start_matches([' ', '\t', '\n', '\r']);
        self.rest.starts_with(c)
    }

    fn takes(&mut self, c: char) -> bool {
        let found = self.starts(c);
        if found {
            self.rest = &self.rest[c.len_utf8()..];
        }
        found
    }

    fn expect(&mut self, c: char) -> Result<(), Fault> {
        if self.takes(c) { Ok(()) } else { Fault::corrupt(format!("`{c}` is missing in the npy header")) }
    }

    fn string(&mut self) -> Result<&'a str, Fault> {
        let quote = if self.takes('\'') { '\'' } else { '"' };
        if quote == '"' {
            self.expect('"')?;
        }
        match self.rest.split_once(quote) {
            Some((text, rest)) if !text.contains('\\') => {
                self.rest = rest;
                Ok(text)
            }
            _ => Fault::corrupt("a string in the npy header does not end"),
        }
    }

    fn boolean(&mut self) -> Result<bool, Fault> {
        self.starts(' ');
        for (word, value) in [("True", true), ("False", false)] {
            if let Some(rest) = self.rest.strip_prefix(word) {
                self.rest = rest;
                return Ok(value);
            }
        }
        Fault::corrupt("`fortran_order` is neither True nor False")
    }

    fn tuple(&mut self) -> Result<Vec<usize>, Fault> {
        self.expect('(')?;
        let mut shape = Vec::new();
        while !self.takes(')') {
            let digits = self.rest.bytes().take_while(u8::is_ascii_digit).count();
            let Ok(axis) = self.rest[..digits].parse() else {
                return Fault::corrupt("a length in `shape` is not a whole number, is negative, or is too large");
            };
            // Python 2 wrote long integers with an L at the end.
            self.rest = &self.rest[digits..];
            self.rest = self.rest.strip_prefix('L').unwrap_or(self.rest);
            shape.push(axis);
            if !self.takes(',') {
                self.expect(')')?;
                if shape.len() == 1 {
                    return Fault::corrupt("`shape` is a number, not a tuple");
                }
                break;
            }
            self.starts(' ');
        }
        Ok(shape)
    }
}

/// The header of a row-major array, including the magic bytes. Padding aligns the data after it to
/// 64 bytes.
pub(crate) fn write(kind: char, size: usize, shape: &[usize]) -> Vec<u8> {
    padded(kind, size, shape, 0)
}

/// The same header, padded to at least `at_least` bytes, a multiple of 64.
pub(crate) fn padded(kind: char, size: usize, shape: &[usize], at_least: usize) -> Vec<u8> {
    let order = if size == 1 { '|' } else { '<' };
    let axes: String = shape.iter().map(|n| format!("{n}, ")).collect();
    let axes = if shape.len() == 1 { axes.trim_end() } else { axes.trim_end_matches(", ") };
    let mut dict = format!("{{'descr': '{order}{kind}{size}', 'fortran_order': False, 'shape': ({axes}), }}");
    let version = if dict.len() + 75 < usize::from(u16::MAX) { 1 } else { 2 };
    let prefix = if version == 1 { 10 } else { 12 };
    let len = (prefix + dict.len() + 1).next_multiple_of(64).max(at_least);
    dict.push_str(&" ".repeat(len - prefix - dict.len() - 1));
    dict.push('\n');
    let mut bytes = b"\x93NUMPY".to_vec();
    bytes.extend([version, 0]);
    if version == 1 {
        bytes.extend((dict.len() as u16).to_le_bytes());
    } else {
        bytes.extend((dict.len() as u32).to_le_bytes());
    }
    bytes.extend(dict.bytes());
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<(String, bool, Vec<usize>), Fault> {
        Parser { rest: text }.dict()
    }

    #[test]
    fn headers_as_numpy_writes_them_are_read() {
        let ok = |text: &str| parse(text).unwrap();
        assert_eq!(
            ok("{'descr': '<f8', 'fortran_order': False, 'shape': (3, 4), }   \n"),
            ("<f8".into(), false, vec![3, 4])
        );
        assert_eq!(ok("{'shape': (3,), \"descr\": \"|b1\", 'fortran_order': True}"), ("|b1".into(), true, vec![3]));
        assert_eq!(ok("{'descr': '>i2', 'fortran_order': False, 'shape': ()}"), (">i2".into(), false, vec![]));
        assert_eq!(ok("{'descr': '<f4', 'fortran_order': False, 'shape': (10L, 2L)}").2, [10, 2]);
    }

    #[test]
    fn forged_headers_are_refused() {
        for text in [
            "",
            "{",
            "{}",
            "{'descr': '<f8', 'fortran_order': False, 'shape': (-3, 4)}",
            "{'descr': '<f8', 'fortran_order': False, 'shape': (3 4)}",
            "{'descr': '<f8', 'fortran_order': False, 'shape': (3)}",
            "{'descr': '<f8', 'fortran_order': False, 'shape': (99999999999999999999,)}",
            "{'descr': '<f8', 'fortran_order': False, 'shape': 3}",
            "{'descr': '<f8', 'fortran_order': Maybe, 'shape': (3,)}",
            "{'descr': '<f8', 'descr': '<f8', 'fortran_order': False, 'shape': (3,)}",
            "{'descr': '<f8', 'fortran_order': False, 'shape': (3,), 'more': 1}",
            "{'descr': '<f8', 'fortran_order': False, 'shape': (3,)} + 1",
            "{'descr': '<f8, 'fortran_order': False, 'shape': (3,)}",
            "{'descr': '<f8', 'fortran_order': False}",
            "{'descr': '\u{e9}\u{20ac}', \u{20ac}",
        ] {
            assert!(matches!(parse(text), Err(Fault::Corrupt(_))), "{text}");
        }
        let records = "{'descr': [('a', '<f8')], 'fortran_order': False, 'shape': (3,)}";
        assert!(matches!(parse(records), Err(Fault::Unsupported(_))));
        let huge = usize::MAX / 2;
        assert!(elements(&[huge, 3]).is_err() && elements(&[0, huge, 3]).is_err() && elements(&[1; 65]).is_err());
        assert_eq!((elements(&[0, 7]).unwrap(), elements(&[]).unwrap()), (0, 1));
    }

    #[test]
    fn written_headers_are_read_back_and_aligned() {
        for shape in [vec![], vec![5], vec![3, 4], vec![0, 1, 2], vec![123_456_789; 60]] {
            let bytes = write('f', 8, &shape);
            assert_eq!(bytes.len() % 64, 0);
            let header = Header::read(&mut bytes.as_slice(), bytes.len() as u64);
            match header {
                Ok(header) => assert_eq!((header.shape, header.bytes), (shape, bytes.len())),
                Err(Fault::Corrupt(reason)) => {
                    assert!(reason.contains("more elements") && shape.len() == 60, "{reason}")
                }
                other => panic!("{other:?}"),
            }
        }
    }
}
