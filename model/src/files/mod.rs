//! Arrays in npz, npy and safetensors files, which their first bytes distinguish.

mod foreign;

use crate::error::spec;
use crate::{Error as ModelError, Result};
use ndarray::ArrayD;
use overtime::{Error, memory};
use std::fs::File;
use std::io::Read;
use std::path::Path;

/// The kind of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Arrays in a zip archive.
    Npz,
    /// One array.
    Npy,
    /// Tensors by name.
    Safetensors,
}

/// The kind of a file from its first bytes.
///
/// # Errors
/// If the file cannot be read, or has another kind.
pub fn kind(path: &Path) -> Result<Kind> {
    let fail = |source, operation| overtime::Error::File { path: path.to_owned(), operation, source };
    // The check comes before the file is opened, because opening a pipe waits for a writer.
    let meta = std::fs::metadata(path).map_err(|e| fail(e, "open"))?;
    if meta.is_dir() {
        return Err(fail(std::io::ErrorKind::IsADirectory.into(), "read").into());
    }
    if !meta.is_file() {
        return Err(ModelError::File(format!("{}: not a regular file", path.display())));
    }
    let file = File::open(path).map_err(|e| fail(e, "open"))?;
    let mut start = Vec::new();
    file.take(512).read_to_end(&mut start).map_err(|e| fail(e, "read"))?;
    foreign::kind(&start).map_err(|what| foreign::error(path, what))
}

/// All arrays of a file by name.
///
/// # Errors
/// If the file cannot be read.
pub fn all(path: &Path) -> Result<Vec<(String, ArrayD<f64>)>> {
    some(path, &|_| true)
}

/// The arrays of a file whose names `wanted` accepts.
fn some(path: &Path, wanted: &dyn Fn(&str) -> bool) -> Result<Vec<(String, ArrayD<f64>)>> {
    match kind(path)? {
        Kind::Npz | Kind::Npy => {
            // A file larger than the free memory is refused before it is read. Compressed arrays
            // need more.
            let len = std::fs::metadata(path).map_or(0, |meta| meta.len());
            memory::require(&format!("reading {}", path.display()), len)?;
            let convert = |(name, array): (String, overtime_npz::Array)| {
                let (what, len) = (format!("array `{name}` of {}", path.display()), array.len() as u64);
                let need = if array.dtype() == "f64" { 0 } else { len.saturating_mul(size_of::<f64>() as u64) };
                memory::require(&what, need)?;
                let refused = |_| Error::OutOfMemory { what, need, free: memory::free() };
                Ok((name, array.into_f64().map_err(refused)?))
            };
            read(path, wanted)?.into_iter().map(convert).collect()
        }
        Kind::Safetensors => {
            let file = overtime::states::read(path)?;
            file.tensors.into_iter().filter(|(n, _)| wanted(n)).map(|(n, t)| Ok((n, t.to_array::<f64>()?))).collect()
        }
    }
}

/// Reads an npz or npy file. Compressed arrays may inflate to the free memory.
fn read(path: &Path, wanted: &dyn Fn(&str) -> bool) -> Result<Vec<(String, overtime_npz::Array)>> {
    use overtime_npz::{Error as E, Limit, read_some};
    let free = memory::free();
    match read_some(path, Limit::inflated(free), wanted) {
        Err(E::TooLarge { need, .. } | E::OutOfMemory { need, .. }) => Err(Error::OutOfMemory {
            what: format!("reading {}", path.display()),
            need,
            free: memory::free().min(free),
        }
        .into()),
        result => Ok(result?),
    }
}

/// One array of a file: the one of this name, or the only one. Other arrays may have elements that
/// are no numbers.
///
/// # Errors
/// If the file cannot be read, or lacks the array.
pub fn one(path: &Path, name: Option<&str>) -> Result<ArrayD<f64>> {
    let names = names(path)?;
    let name = match (name, &names[..]) {
        (Some(name), _) => name,
        (None, [only]) => only,
        (None, _) => {
            let all = names.join(", ");
            return Err(spec(format!("{} holds {} arrays ({all}): name one", path.display(), names.len())));
        }
    };
    let found = some(path, &|other| other == name)?.pop();
    found
        .map(|(_, array)| array)
        .ok_or_else(|| spec(format!("{} has no array named `{name}`; there is: {}", path.display(), names.join(", "))))
}

/// The names of the arrays of a file.
fn names(path: &Path) -> Result<Vec<String>> {
    Ok(match kind(path)? {
        Kind::Npz | Kind::Npy => overtime_npz::headers(path)?.into_iter().map(|entry| entry.name).collect(),
        Kind::Safetensors => overtime::states::read(path)?.tensors.into_iter().map(|(name, _)| name).collect(),
    })
}

/// The array of a file that is an input: `in`, or the only one.
///
/// # Errors
/// If the file cannot be read, or lacks the array.
pub fn input(path: &Path) -> Result<ArrayD<f64>> {
    let has_in = names(path)?.iter().any(|name| name == "in");
    one(path, has_in.then_some("in"))
}

/// The bytes of a small file.
///
/// # Errors
/// If the file cannot be read, or is longer than `most` bytes.
pub fn read_capped(path: &Path, most: u64, what: &str) -> Result<Vec<u8>> {
    let fail = |source, operation| overtime::Error::File { path: path.to_owned(), operation, source };
    let file = File::open(path).map_err(|e| fail(e, "open"))?;
    let mut bytes = Vec::new();
    file.take(most + 1).read_to_end(&mut bytes).map_err(|e| fail(e, "read"))?;
    if bytes.len() as u64 > most {
        return Err(spec(format!("{}: longer than {what} can be ({most} bytes)", path.display())));
    }
    Ok(bytes)
}
