//! Reading of whole files. The first bytes of a file show whether it is npz or npy.

use crate::array::Array;
use crate::error::{Fault, Result};
use crate::header::Header;
use crate::npy::{self, Trust};
use crate::zip::{self, Member};
use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::path::Path;

/// The limit for the size of inflated data. Stored arrays need no limit, because they are as long
/// as their bytes in the file.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Limit(Option<u64>);

impl Limit {
    /// Limits all compressed arrays together to this number of bytes. The default is the larger of
    /// 256 MiB and 64 times the size of the file.
    #[must_use]
    pub fn inflated(bytes: u64) -> Self {
        Self(Some(bytes))
    }

    fn of(self, file: u64) -> u64 {
        self.0.unwrap_or_else(|| file.saturating_mul(64).max(256 << 20))
    }
}

/// The description of an array in its header.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// The name; empty for an npy file.
    pub name: String,
    /// The element type: `f64`, `i32`, …, or NumPy's own name (`<U8`) if the type is not supported.
    pub dtype: String,
    /// The shape.
    pub shape: Vec<usize>,
}

/// Reads all arrays of an npz file by name, in the order of the file, or the single array of an npy
/// file, whose name is empty.
///
/// # Errors
/// If the file cannot be read, is damaged, or contains elements other than numbers. No memory is
/// allocated for such content.
pub fn read(path: impl AsRef<Path>) -> Result<Vec<(String, Array)>> {
    read_with(path, Limit::default())
}

/// Does the same as [`read`], with another limit for the size of inflated arrays.
///
/// # Errors
/// The same as for [`read`].
pub fn read_with(path: impl AsRef<Path>, limit: Limit) -> Result<Vec<(String, Array)>> {
    read_some(path, limit, |_| true)
}

/// Does the same as [`read_with`] for the arrays whose names `wanted` accepts. Other arrays may have
/// elements of any type.
///
/// # Errors
/// The same as for [`read`].
pub fn read_some(path: impl AsRef<Path>, limit: Limit, wanted: impl Fn(&str) -> bool) -> Result<Vec<(String, Array)>> {
    let path = path.as_ref();
    let (file, len, kind) = open(path).map_err(|e| e.at(path, ""))?;
    if kind == Kind::Npy {
        if !wanted("") {
            return Ok(Vec::new());
        }
        let array = npy::read(&mut &file, len, Trust::Stored).map_err(|e| e.at(path, ""))?;
        return Ok(vec![(String::new(), array)]);
    }
    let mut members = zip::members(&file, len).map_err(|e| e.at(path, ""))?;
    members.retain(|member| wanted(&member.name));
    let need =
        members.iter().filter(|m| m.deflated).try_fold(0_u64, |sum, m| sum.checked_add(m.size)).unwrap_or(u64::MAX);
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

/// Reads the names, types and shapes of the arrays in a file, without their elements.
///
/// # Errors
/// If the file cannot be read, is damaged, or contains entries other than arrays.
pub fn headers(path: impl AsRef<Path>) -> Result<Vec<Entry>> {
    let path = path.as_ref();
    let (file, len, kind) = open(path).map_err(|e| e.at(path, ""))?;
    let entry = |name: &str, header: Header| Entry {
        name: name.to_owned(),
        dtype: npy::type_name(&header.descr),
        shape: header.shape,
    };
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
    // This check comes before the file is opened, because opening a pipe waits for a writer.
    let meta = std::fs::metadata(path)?;
    if meta.is_dir() {
        return Err(Fault::Io(std::io::ErrorKind::IsADirectory.into()));
    }
    if !meta.is_file() {
        return Fault::unsupported("not a regular file: its length is unknown");
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
