//! A file of tensors, and the checks of its content.

use super::tensor::{Tensor, Type};
use crate::error::{Error, Result};
use overtime_atomic::AtomicFile;
use safetensors::tensor::{Metadata, TensorInfo};
use std::collections::{BTreeMap, BTreeSet};
use std::io::{BufWriter, Read, Write};
use std::path::Path;

/// The format number of files that this version writes. This version reads all formats that were
/// ever released.
pub const FORMAT: u32 = 1;

/// The maximum length of a header in bytes. A parsed header needs several times its length in
/// memory, whatever the length of the file. This length suffices for some 50,000 tensors.
const MAX_HEADER: u64 = 4 << 20;
const FORMAT_KEY: &str = "overtime.format";
const HEADER_KEY: &str = "overtime.header";
const CRC: &str = "crc32.";

/// The content of a file: tensors by name, and texts by name. `{:?}` prints names, types and shapes.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct File {
    /// The tensors, in the order of the file.
    pub tensors: Vec<(String, Tensor)>,
    /// The texts. A file that this crate wrote has the text `overtime.format`; [`write()`] adds it.
    pub metadata: BTreeMap<String, String>,
}

impl File {
    /// The tensor of this name, if there is one.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Tensor> {
        self.tensors.iter().find(|(n, _)| n == name).map(|(_, t)| t)
    }

    /// All tensors as arrays of f64, by name, in the form in which weights are loaded.
    ///
    /// # Errors
    /// If the shape of a tensor does not fit its bytes, or memory is short.
    pub fn to_arrays(&self) -> Result<Vec<(String, ndarray::ArrayD<f64>)>> {
        self.tensors.iter().map(|(name, tensor)| Ok((name.clone(), tensor.to_array()?))).collect()
    }
}

/// Reads a file and checks all its checksums.
///
/// # Errors
/// If the file cannot be read, is truncated or damaged anywhere, has a newer format, or claims
/// sizes that it does not have. No memory is allocated for such sizes.
pub fn read(path: impl AsRef<Path>) -> Result<File> {
    let path = path.as_ref();
    let corrupt = |reason: String| Error::Corrupt { path: path.to_owned(), reason };
    let io = |source: std::io::Error| match source.kind() {
        std::io::ErrorKind::UnexpectedEof => corrupt("the file is truncated".to_owned()),
        _ => Error::File { path: path.to_owned(), operation: "read", source },
    };
    // This check comes before the file is opened, because opening a pipe waits for a writer.
    let meta = std::fs::metadata(path).map_err(io)?;
    if meta.is_dir() {
        return Err(io(std::io::ErrorKind::IsADirectory.into()));
    }
    if !meta.is_file() {
        return Err(corrupt("not a regular file: its length is unknown".to_owned()));
    }
    let mut file = std::fs::File::open(path).map_err(io)?;
    let len = file.metadata().map_err(io)?.len();
    let mut n = [0; 8];
    file.read_exact(&mut n).map_err(io)?;
    let n = u64::from_le_bytes(n);
    if n > len.saturating_sub(8) {
        return Err(corrupt(format!(
            "not a safetensors file, or truncated: the header would have {n} bytes, but the file has {len} bytes"
        )));
    }
    if n > MAX_HEADER {
        return Err(corrupt(format!("the header has {n} bytes, but the maximum is {MAX_HEADER}")));
    }
    let mut header: Vec<u8> = crate::memory::zeros("a file's header", n as usize)?;
    file.read_exact(&mut header).map_err(io)?;
    let header: Metadata =
        serde_json::from_slice(&header).map_err(|e| corrupt(format!("the header is damaged: {e}")))?;
    let data = header.data_len() as u64;
    if Some(len) != data.checked_add(8 + n) {
        return Err(corrupt(format!(
            "the header has {n} bytes and the tensors have {data}, but the file has {len} bytes"
        )));
    }
    crate::memory::require(&format!("reading {}", path.display()), data)?;
    let mut tensors = Vec::new();
    // The name is part of the order, since tensors without elements have the same offset.
    let mut infos: Vec<(String, &TensorInfo)> = header.tensors().into_iter().collect();
    infos.sort_by(|(a, x), (b, y)| x.data_offsets.cmp(&y.data_offsets).then(a.cmp(b)));
    for (name, info) in infos {
        let Some(dtype) = Type::from_file(info.dtype) else {
            return Err(Error::Unsupported(format!(
                "{}: tensor `{name}` is {:?}, which this version cannot read",
                path.display(),
                info.dtype
            )));
        };
        // All lengths have been checked against the length of the file.
        let (from, to) = info.data_offsets;
        let mut bytes: Vec<u8> =
            crate::memory::zeros(&format!("tensor `{name}` of {}", path.display()), to.saturating_sub(from))?;
        file.read_exact(&mut bytes).map_err(io)?;
        tensors.push((name, Tensor { dtype, shape: info.shape.clone(), bytes }));
    }
    let metadata = header.metadata().iter().flatten().map(|(k, v)| (k.clone(), v.clone())).collect();
    check(path, File { tensors, metadata })
}

/// Checks format and checksums, and removes the checksums from the metadata.
fn check(path: &Path, mut file: File) -> Result<File> {
    let corrupt = |reason: String| Err(Error::Corrupt { path: path.to_owned(), reason });
    let Some(format) = file.metadata.get(FORMAT_KEY) else {
        if file.metadata.keys().any(|k| k == HEADER_KEY || k.starts_with(CRC)) {
            return corrupt(format!("checksums without `{FORMAT_KEY}`: the header is damaged"));
        }
        return Ok(file);
    };
    // A newer format may use other checksums, so the format is checked first. So far 1 is the only
    // one.
    match format.parse::<u32>() {
        Ok(1) => {}
        Ok(newer) if newer > FORMAT => {
            let path = path.display();
            return Err(Error::Unsupported(format!(
                "{path}: format {newer}, written by a newer version; this one reads up to {FORMAT}"
            )));
        }
        _ => return corrupt(format!("`{FORMAT_KEY}` is {format:?}")),
    }
    let Some(written) = file.metadata.remove(HEADER_KEY) else {
        return corrupt(format!("`{HEADER_KEY}` is missing: the header is damaged"));
    };
    let found = header_crc(&file);
    if written != found {
        return corrupt(format!("the header is damaged: its checksum is {found}, but the file says {written}"));
    }
    for (name, tensor) in &file.tensors {
        let (found, key) = (crc(&tensor.bytes), format!("{CRC}{name}"));
        match file.metadata.remove(&key) {
            Some(written) if written == found => {}
            Some(written) => {
                return corrupt(format!(
                    "tensor `{name}` is damaged: its checksum is {found}, but the file says {written}"
                ));
            }
            None => return corrupt(format!("tensor `{name}` has no checksum")),
        }
    }
    Ok(file)
}

fn crc(bytes: &[u8]) -> String {
    format!("{:08x}", crc32fast::hash(bytes))
}

/// The checksum of all names, types, shapes and texts, sorted by name. The texts include the
/// checksums of the tensors.
fn header_crc(file: &File) -> String {
    let mut crc = crc32fast::Hasher::new();
    let mut text = |s: &str| {
        crc.update(&(s.len() as u64).to_le_bytes());
        crc.update(s.as_bytes());
    };
    let mut tensors: Vec<&(String, Tensor)> = file.tensors.iter().collect();
    tensors.sort_by(|(a, _), (b, _)| a.cmp(b));
    for (name, tensor) in tensors {
        text(name);
        text(tensor.dtype.name());
        text(&format!("{:?}", tensor.shape));
    }
    for (key, value) in &file.metadata {
        text(key);
        text(value);
    }
    format!("{:08x}", crc.finalize())
}

/// Writes a file. The file is replaced as a whole or not at all. Its mode follows the umask.
///
/// # Errors
/// If two tensors have the same name, if the shape of a tensor does not fit its bytes, or if the
/// operating system refuses: the path is a folder, the disk is full, … A previous file then is
/// unchanged.
pub fn write(path: impl AsRef<Path>, file: &File) -> Result<()> {
    let path = path.as_ref();
    // Tensors with larger elements come first, so that every tensor is aligned in the file. Tensors
    // of one element size keep the given order.
    let mut tensors: Vec<&(String, Tensor)> = file.tensors.iter().collect();
    tensors.sort_by_key(|(_, t)| std::cmp::Reverse(t.dtype.size()));
    let header = header(file, &tensors)?;
    let from_atomic =
        |e: overtime_atomic::Error| Error::File { path: e.path, operation: e.operation, source: e.source };
    let io = |source| Error::File { path: path.to_owned(), operation: "write", source };
    let mut out = BufWriter::with_capacity(1 << 16, AtomicFile::create(path).map_err(from_atomic)?);
    out.write_all(&(header.len() as u64).to_le_bytes()).map_err(io)?;
    out.write_all(&header).map_err(io)?;
    for (_, tensor) in tensors {
        out.write_all(&tensor.bytes).map_err(io)?;
    }
    out.into_inner().map_err(|e| io(e.into_error()))?.commit().map_err(from_atomic)
}

fn header(file: &File, tensors: &[&(String, Tensor)]) -> Result<Vec<u8>> {
    let mut names = BTreeSet::new();
    let mut infos = Vec::with_capacity(tensors.len());
    // The content that the checksum of the header covers.
    let mut seen = File { tensors: Vec::new(), metadata: file.metadata.clone() };
    seen.metadata.retain(|key, _| key != HEADER_KEY && !key.starts_with(CRC));
    seen.metadata.insert(FORMAT_KEY.to_owned(), FORMAT.to_string());
    let mut at = 0_usize;
    for (name, tensor) in tensors {
        if !names.insert(name) || name == "__metadata__" {
            return Err(Error::value("tensor", format!("`{name}`"), "is used twice, or is reserved by the format"));
        }
        if tensor.len().is_none() {
            return Err(Error::value(
                format!("tensor `{name}`"),
                format!("{:?}", tensor.shape),
                format!("of {} is not {} bytes", tensor.dtype, tensor.bytes.len()),
            ));
        }
        let to = at.saturating_add(tensor.bytes.len());
        infos.push((
            name.clone(),
            TensorInfo { dtype: tensor.dtype.to_file(), shape: tensor.shape.clone(), data_offsets: (at, to) },
        ));
        at = to;
        seen.metadata.insert(format!("{CRC}{name}"), crc(&tensor.bytes));
        seen.tensors
            .push((name.clone(), Tensor { dtype: tensor.dtype, shape: tensor.shape.clone(), bytes: Vec::new() }));
    }
    let sum = header_crc(&seen);
    seen.metadata.insert(HEADER_KEY.to_owned(), sum);
    let invalid = |e: &dyn std::fmt::Display| Error::Unsupported(format!("these tensors cannot be written: {e}"));
    let metadata = Metadata::new(Some(seen.metadata.into_iter().collect()), infos).map_err(|e| invalid(&e))?;
    // The sorted tree ensures that the same state gives the same bytes.
    let mut header =
        serde_json::to_value(&metadata).and_then(|tree| serde_json::to_vec(&tree)).map_err(|e| invalid(&e))?;
    header.resize(header.len().next_multiple_of(8), b' ');
    if header.len() as u64 > MAX_HEADER {
        return Err(invalid(&format!(
            "names, shapes and texts take {} bytes, but the maximum is {MAX_HEADER}",
            header.len()
        )));
    }
    Ok(header)
}
