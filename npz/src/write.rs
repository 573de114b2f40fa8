//! Writing of npz files. Entries are stored and aligned like NumPy's. The file is replaced as a
//! whole.

use crate::array::Element;
use crate::error::{Error, Result};
use crate::header;
use ndarray::{ArrayView, Dimension};
use overtime_atomic::AtomicFile;
use std::collections::BTreeSet;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

/// 1 January 1980, the first day of the zip format. With a fixed date, the same arrays give the
/// same bytes.
const DATE: u32 = 0x0021_0000;
const FULL16: u64 = 0xffff;
/// The number of elements that are copied at a time if an array is not contiguous in memory.
const PIECE: usize = 8192;
const OVER: &str = "the file is finished, or could not be written";

/// Writes arrays to an npz file. The file appears in its place, complete, when [`Writer::finish`]
/// succeeds.
#[derive(Debug)]
pub struct Writer {
    path: PathBuf,
    file: Option<BufWriter<AtomicFile>>,
    entries: Vec<Record>,
    names: BTreeSet<String>,
    at: u64,
    /// The threshold from which sizes go into zip64 fields.
    full32: u64,
}

#[derive(Debug)]
struct Record {
    name: String,
    crc: u32,
    size: u64,
    offset: u64,
}

impl Writer {
    /// Starts a file. An existing file of this name does not change before [`Writer::finish`].
    ///
    /// # Errors
    /// If no file can be created there.
    pub fn create(path: impl AsRef<Path>) -> Result<Self> {
        let path = path.as_ref();
        let file = AtomicFile::create(path).map_err(|e| from_atomic(e, ""))?;
        let file = Some(BufWriter::with_capacity(1 << 16, file));
        Ok(Self {
            path: path.to_owned(),
            file,
            entries: Vec::new(),
            names: BTreeSet::new(),
            at: 0,
            full32: 0xffff_ffff,
        })
    }

    /// Adds an array of any memory layout. In the file it is row-major.
    ///
    /// # Errors
    /// If the name is empty, too long, contains a NUL or is used already, or if the operating
    /// system refuses.
    pub fn add<E: Element, D: Dimension>(&mut self, name: &str, array: ArrayView<'_, E, D>) -> Result<&mut Self> {
        let header = header::write(E::KIND, size_of::<E>(), array.shape());
        let mut crc = crc32fast::Hasher::new();
        each_piece(&array, |bytes| {
            crc.update(bytes);
            Ok(())
        })
        .map_err(|e| self.io(name, e))?;
        let size = array.len() as u64 * size_of::<E>() as u64;
        self.put(name, &header, (size, &crc), |to| each_piece(&array, |bytes| to.write_all(bytes)))
    }

    /// Adds an array with this header. `data` writes the data, which have this size and this
    /// checksum.
    pub(crate) fn put(
        &mut self,
        name: &str,
        header: &[u8],
        (size, data_crc): (u64, &crc32fast::Hasher),
        data: impl FnOnce(&mut dyn Write) -> std::io::Result<()>,
    ) -> Result<&mut Self> {
        let refuse = |reason: &str| {
            Err(Error::Unsupported { path: self.path.clone(), entry: name.to_owned(), reason: reason.to_owned() })
        };
        if name.is_empty() || name.contains('\0') || name.len() > 60_000 {
            return refuse("the name is empty, too long, or contains a NUL");
        }
        if !self.names.insert(name.to_owned()) {
            return refuse("the name is used already");
        }
        let mut crc = crc32fast::Hasher::new();
        crc.update(header);
        crc.combine(data_crc);
        let size = header.len() as u64 + size;
        let record = Record { name: format!("{name}.npy"), crc: crc.finalize(), size, offset: self.at };
        let local = record.local(self.full32);
        self.at += local.len() as u64 + size;
        let Some(file) = &mut self.file else {
            return refuse(OVER);
        };
        let written = file.write_all(&local).and_then(|()| file.write_all(header));
        if let Err(e) = written.and_then(|()| data(file)) {
            // An incomplete entry must not become part of a finished file.
            self.file = None;
            return Err(self.io(name, e));
        }
        self.entries.push(record);
        Ok(self)
    }

    /// Makes it impossible to finish this file.
    pub(crate) fn spoil(&mut self) {
        self.file = None;
    }

    /// Writes the table of contents, makes the file durable and moves it to its place. Afterwards
    /// no array can be added.
    ///
    /// # Errors
    /// If the operating system refuses. A previous file then is unchanged.
    pub fn finish(&mut self) -> Result<()> {
        let Some(mut file) = self.file.take() else {
            return Err(Error::Unsupported { path: self.path.clone(), entry: String::new(), reason: OVER.to_owned() });
        };
        let mut table = Vec::new();
        for record in &self.entries {
            record.central(self.full32, &mut table);
        }
        self.end(&mut table);
        file.write_all(&table).map_err(|e| self.io("", e))?;
        let file = file.into_inner().map_err(|e| self.io("", e.into_error()))?;
        file.commit().map_err(|e| from_atomic(e, ""))
    }

    /// Writes the records after the table of contents.
    fn end(&self, table: &mut Vec<u8>) {
        let (count, size) = (self.entries.len() as u64, table.len() as u64);
        if count >= FULL16 || size >= self.full32 || self.at >= self.full32 {
            table.extend(b"PK\x06\x06");
            table.extend(44_u64.to_le_bytes());
            table.extend([45, 0, 45, 0]);
            table.extend([0; 8]);
            for number in [count, count, size, self.at] {
                table.extend(number.to_le_bytes());
            }
            // The zip64 locator: the position of the record above, on the first disk of one.
            table.extend(b"PK\x06\x07\0\0\0\0");
            table.extend((self.at + size).to_le_bytes());
            table.extend(1_u32.to_le_bytes());
        }
        table.extend(b"PK\x05\x06\0\0\0\0");
        let count = count.min(FULL16) as u16;
        table.extend(count.to_le_bytes());
        table.extend(count.to_le_bytes());
        table.extend(capped(size, self.full32));
        table.extend(capped(self.at, self.full32));
        table.extend([0; 2]);
    }

    fn io(&self, entry: &str, source: std::io::Error) -> Error {
        Error::Io { path: self.path.clone(), entry: entry.to_owned(), operation: "write", source }
    }
}

fn from_atomic(e: overtime_atomic::Error, entry: &str) -> Error {
    Error::Io { path: e.path, entry: entry.to_owned(), operation: e.operation, source: e.source }
}

/// Calls `with` with the bytes of an array in row-major order, in several pieces.
pub(crate) fn each_piece<E: Element, D: Dimension>(
    array: &ArrayView<'_, E, D>,
    mut with: impl FnMut(&[u8]) -> std::io::Result<()>,
) -> std::io::Result<()> {
    if let Some(all) = array.as_slice() {
        return with(bytemuck::cast_slice(all));
    }
    let mut piece: Vec<E> = Vec::with_capacity(PIECE.min(array.len()));
    for x in array {
        piece.push(*x);
        if piece.len() == PIECE {
            with(bytemuck::cast_slice(&piece))?;
            piece.clear();
        }
    }
    with(bytemuck::cast_slice(&piece))
}

/// A number in 32 bits, or all ones if a zip64 field contains the number.
fn capped(number: u64, full32: u64) -> [u8; 4] {
    if number >= full32 { [0xff; 4] } else { (number as u32).to_le_bytes() }
}

impl Record {
    /// The common fields: required version, flags, method, time and date, checksum, sizes, and the
    /// length of the name.
    fn common(&self, full32: u64, zip64: bool) -> Vec<u8> {
        let flags: u16 = if self.name.is_ascii() { 0 } else { 0x800 };
        let mut bytes = vec![if zip64 { 45 } else { 20 }, 0];
        bytes.extend(flags.to_le_bytes());
        bytes.extend([0; 2]);
        bytes.extend(DATE.to_le_bytes());
        bytes.extend(self.crc.to_le_bytes());
        bytes.extend(capped(self.size, full32));
        bytes.extend(capped(self.size, full32));
        bytes.extend((self.name.len() as u16).to_le_bytes());
        bytes
    }

    fn local(&self, full32: u64) -> Vec<u8> {
        let large = self.size >= full32;
        let mut bytes = b"PK\x03\x04".to_vec();
        bytes.extend(self.common(full32, large));
        bytes.extend(if large { 20_u16 } else { 0 }.to_le_bytes());
        bytes.extend(self.name.bytes());
        if large {
            bytes.extend([1, 0, 16, 0]);
            bytes.extend(self.size.to_le_bytes());
            bytes.extend(self.size.to_le_bytes());
        }
        bytes
    }

    fn central(&self, full32: u64, bytes: &mut Vec<u8>) {
        let mut extra = Vec::new();
        if self.size >= full32 {
            extra.extend(self.size.to_le_bytes());
            extra.extend(self.size.to_le_bytes());
        }
        if self.offset >= full32 {
            extra.extend(self.offset.to_le_bytes());
        }
        if !extra.is_empty() {
            let len = extra.len() as u8;
            extra.splice(0..0, [1, 0, len, 0]);
        }
        bytes.extend(b"PK\x01\x02\x2d\x03");
        bytes.extend(self.common(full32, !extra.is_empty()));
        bytes.extend((extra.len() as u16).to_le_bytes());
        // No comment, disk 0, no internal attributes. The external attributes give mode 644.
        bytes.extend([0; 6]);
        bytes.extend((0o100_644_u32 << 16).to_le_bytes());
        bytes.extend(capped(self.offset, full32));
        bytes.extend(self.name.bytes());
        bytes.extend(extra);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{headers, read};
    use ndarray::{Array0, array};

    #[test]
    fn sizes_beyond_32_bits_go_into_zip64_fields() {
        for full32 in [0, 200, 400] {
            let path = std::env::temp_dir().join(format!("overtime-npz-zip64-{}-{full32}.npz", std::process::id()));
            let mut writer = Writer::create(&path).unwrap();
            writer.full32 = full32;
            writer.add("a", array![1.0, 2.0].view()).unwrap().add("é", array![[1_u8], [2]].view()).unwrap();
            writer.add("l1.Wi", Array0::from_elem((), true).view()).unwrap().finish().unwrap();
            let names: Vec<String> = headers(&path).unwrap().into_iter().map(|e| e.name).collect();
            assert_eq!(names, ["a", "é", "l1.Wi"]);
            assert_eq!(read(&path).unwrap()[0].1.to_f64(), array![1.0, 2.0].into_dyn());
            if std::env::var_os("OVERTIME_KEEP").is_none() {
                std::fs::remove_file(path).unwrap();
            }
        }
    }
}
