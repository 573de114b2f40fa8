//! Files of other kinds: the kind of each, and the remedy.

use super::Kind;
use crate::Error;
use std::path::Path;

/// The kind of file that begins with these bytes, or what the file is instead.
pub(super) fn kind(start: &[u8]) -> Result<Kind, &'static str> {
    match start {
        [] => Err("an empty file"),
        [b'P', b'K', ..] => archive(start),
        [0x93, b'N', b'U', b'M', b'P', b'Y', ..] => Ok(Kind::Npy),
        // The length of a header, which is JSON.
        [_, _, _, _, _, _, _, _, b'{', ..] if start.get(..8).is_some_and(|length| length.contains(&0)) => {
            Ok(Kind::Safetensors)
        }
        _ if start.starts_with(b"MATLAB") => {
            Err("a MATLAB file (scipy.io.loadmat reads it, numpy.savez writes an npz)")
        }
        _ if start.starts_with(b"\x89HDF") => {
            Err("an HDF5 file, or one of MATLAB 7.3 (h5py reads it, numpy.savez writes an npz)")
        }
        [0x80, 2..=5, ..] => {
            Err("a pickle of Python objects (numpy.savez writes an npz; of torch, safetensors.torch.save_file)")
        }
        _ if is_text(start) => Err("a text, such as csv (numpy.loadtxt reads it, numpy.save writes an npy)"),
        _ => Err("no file of arrays"),
    }
}

/// Whether the bytes may be words or numbers. The last character may be incomplete.
fn is_text(start: &[u8]) -> bool {
    let valid = match std::str::from_utf8(start) {
        Ok(text) => text,
        Err(e) if e.error_len().is_none() => return is_text(start.get(..e.valid_up_to()).unwrap_or_default()),
        Err(_) => return false,
    };
    !valid.is_empty() && valid.chars().all(|c| !c.is_control() || c.is_whitespace())
}

/// The kind of a zip archive whose first entry is no array. The reader reports damaged archives.
fn archive(start: &[u8]) -> Result<Kind, &'static str> {
    match first_entry(start) {
        Some(name) if name.ends_with(b"data.pkl") => Err(
            "a file of torch.save, a pickle of Python objects (safetensors.torch.save_file writes a state_dict as safetensors)",
        ),
        Some(name) if !name.ends_with(b".npy") => Err("a zip archive of something else than arrays"),
        _ => Ok(Kind::Npz),
    }
}

/// The name of a zip archive's first entry.
fn first_entry(start: &[u8]) -> Option<&[u8]> {
    let [b'P', b'K', 3, 4, ..] = start else { return None };
    let length = u16::from_le_bytes([*start.get(26)?, *start.get(27)?]);
    start.get(30..30 + usize::from(length))
}

/// The error with the kind of the file and the kinds that the reader accepts.
pub(super) fn error(path: &Path, what: &str) -> Error {
    Error::File(format!("{} is {what}; arrays are read from npz, npy and safetensors files", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_told_apart() {
        for (start, expected) in [
            (&b"PK\x03\x04"[..], Ok(Kind::Npz)),
            (b"PK\x03\x04\x14\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x06\0\0\0in.npy", Ok(Kind::Npz)),
            (
                b"PK\x03\x04\x14\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x0a\0\0\0x/data.pkl",
                Err("a file of torch.save"),
            ),
            (b"PK\x03\x04\x14\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x05\0\0\0a.txt", Err("a zip archive")),
            (b"\x93NUMPY\x01\x00", Ok(Kind::Npy)),
            (b"\x48\x00\x00\x00\x00\x00\x00\x00{\"a\"", Ok(Kind::Safetensors)),
            (b"", Err("an empty file")),
            (b"1.0,2.0,{\"a\": 3}", Err("a text")),
            (b"caf\xc3", Err("a text")),
            (b"MATLAB 5.0 MAT-file, Platform: posix\x00\x00", Err("a MATLAB file")),
            (b"\x89HDF\r\n\x1a\n", Err("an HDF5 file")),
            (b"\x80\x04\x95\x1a\x00\x00", Err("a pickle")),
            (b"\x00\x01\x02", Err("no file of arrays")),
        ] {
            match (kind(start), expected) {
                (Ok(got), Ok(right)) => assert_eq!(got, right, "{start:?}"),
                (Err(got), Err(right)) => assert!(got.starts_with(right), "{start:?}: {got}"),
                (got, _) => panic!("{start:?}: {got:?}"),
            }
        }
    }
}
