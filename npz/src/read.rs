//! Files as a whole: npz or npy, found by their first bytes.

use crate::array::Array;
use crate::error::{Fault, Result};
use crate::header::Header;
use crate::npy::{self, Trust};
use crate::zip::{self, Member};
use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::path::Path;

/// How much a file may inflate to. Stored arrays need no limit: they are as long as they lie in the file.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Limit(Option<u64>);

impl Limit {
    /// All compressed arrays together may take this many bytes. The default is 256 MiB or 64 times the file, whichever is more.
    #[must_use]
    pub fn inflated(bytes: u64) -> Self {
        Self(Some(bytes))
    }

    fn of(self, file: u64) -> u64 {
        self.0.unwrap_or_else(|| file.saturating_mul(64).max(256 << 20))
    }
}

/// What a header says of an array.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Its name; empty in an npy file.
    pub name: String,
    /// Its type: `f64`, `i32`, …, or as numpy writes it (`<U8`) if it is none that is read.
    pub dtype: String,
    /// Its shape.
    pub shape: Vec<usize>,
}

/// Reads all arrays of an npz file, in the file's order and by their names; or the one of an npy file, whose name is empty.
///
/// # Errors
/// If the file cannot be read, is damaged, or holds something else than numbers; before memory is taken for any of that.
pub fn read(path: impl AsRef<Path>) -> Result<Vec<(String, Array)>> {
    read_with(path, Limit::default())
}

/// As [`read`], with another limit to what compressed arrays may inflate to.
///
/// # Errors
/// As [`read`].
pub fn read_with(path: impl AsRef<Path>, limit: Limit) -> Result<Vec<(String, Array)>> {
    let path = path.as_ref();
    let (file, len, kind) = open(path).map_err(|e| e.at(path, ""))?;
    if kind == Kind::Npy {
        let array = npy::read(&mut &file, len, Trust::Stored).map_err(|e| e.at(path, ""))?;
        return Ok(vec![(String::new(), array)]);
    }
    let members = zip::members(&file, len).map_err(|e| e.at(path, ""))?;
    let need = members.iter().filter(|m| m.deflated).try_fold(0_u64, |sum, m| sum.checked_add(m.size)).unwrap_or(u64::MAX);
    let limit = limit.of(len);
    if need > limit {
        return Err(Fault::TooLarge { need, limit }.at(path, ""));
    }
    let mut arrays = Vec::new();
    for member in members {
        let array = array(&file, len, &member).map_err(|e| e.at(path, &member.name))?;
        arrays.push((member.name, array));
    }
    Ok(arrays)
}

/// Names, types and shapes of the arrays in a file, without reading them.
///
/// # Errors
/// If the file cannot be read, is damaged, or holds something else than arrays.
pub fn headers(path: impl AsRef<Path>) -> Result<Vec<Entry>> {
    let path = path.as_ref();
    let (file, len, kind) = open(path).map_err(|e| e.at(path, ""))?;
    let entry = |name: &str, header: Header| Entry { name: name.to_owned(), dtype: npy::type_name(&header.descr), shape: header.shape };
    if kind == Kind::Npy {
        let header = Header::read(&mut &file, len).map_err(|e| e.at(path, ""))?;
        return Ok(vec![entry("", header)]);
    }
    let members = zip::members(&file, len).map_err(|e| e.at(path, ""))?;
    let header = |m: &Member| Header::read(&mut m.open(&file, len)?, m.size);
    members.iter().map(|m| header(m).map(|h| entry(&m.name, h)).map_err(|e| e.at(path, &m.name))).collect()
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Npz,
    Npy,
}

fn open(path: &Path) -> std::result::Result<(File, u64, Kind), Fault> {
    // Asked before the file is opened: opening a pipe would wait for someone to write to it.
    let meta = std::fs::metadata(path)?;
    if meta.is_dir() {
        return Err(Fault::Io(std::io::ErrorKind::IsADirectory.into()));
    }
    if !meta.is_file() {
        return Fault::unsupported("no regular file: its length is not known beforehand");
    }
    let mut file = File::open(path)?;
    let meta = file.metadata()?;
    let mut start = Vec::new();
    (&mut file).take(6).read_to_end(&mut start)?;
    file.seek(SeekFrom::Start(0))?;
    let kind = match start.as_slice() {
        b"\x93NUMPY" => Kind::Npy,
        [b'P', b'K', 3, 4, ..] | [b'P', b'K', 5, 6, ..] => Kind::Npz,
        _ => return Fault::corrupt("neither an npz nor an npy file"),
    };
    Ok((file, meta.len(), kind))
}

fn array(file: &File, len: u64, member: &Member) -> std::result::Result<Array, Fault> {
    let mut contents = member.open(file, len)?;
    let trust = if member.deflated { Trust::Inflated } else { Trust::Stored };
    let array = npy::read(&mut contents, member.size, trust)?;
    member.close(contents)?;
    Ok(array)
}
