//! One array of a stream, and its npy file.

use super::{refused, unsupported};
use crate::error::{Error, Result};
use crate::header::{self, Header};
use crate::write::Writer;
use crc32fast::Hasher;
use std::fs::{File, OpenOptions};
use std::io::{self, BufWriter, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

/// The number of bytes that are read at a time.
const PIECE: usize = 1 << 16;

/// An array and its file.
#[derive(Debug)]
pub(super) struct GrowingArray {
    pub(super) name: String,
    pub(super) path: PathBuf,
    /// NumPy's kind of the elements.
    pub(super) kind: char,
    /// The number of bytes in an element.
    pub(super) size: usize,
    /// The axes after the first.
    pub(super) axes: Vec<usize>,
    pub(super) rows: u64,
    /// The number of bytes in the header. It does not change while the array grows.
    pub(super) header: usize,
    /// The checksum of the data, if it is known.
    pub(super) crc: Option<Hasher>,
    /// `None` after a failed write, which may have left an incomplete row.
    pub(super) file: Option<BufWriter<File>>,
}

impl GrowingArray {
    pub(super) fn create(folder: &Path, name: &str, (kind, size): (char, usize), axes: &[usize]) -> Result<Self> {
        let path = folder.join(file_name(name));
        let header = header_of(kind, size, axes, usize::MAX, 0).len();
        let mut array = Self {
            name: name.to_owned(),
            path,
            kind,
            size,
            axes: axes.to_vec(),
            rows: 0,
            header,
            crc: Some(Hasher::new()),
            file: None,
        };
        let file = OpenOptions::new().read(true).write(true).create_new(true).open(&array.path);
        let file = file.map_err(|e| refused(&array.path, "create", e))?;
        array.file = Some(BufWriter::with_capacity(PIECE, file));
        array.flush()?;
        Ok(array)
    }

    pub(super) fn open(folder: &Path, name: &str, rows: u64) -> Result<Self> {
        let path = folder.join(file_name(name));
        let io = |e| refused(&path, "open", e);
        let mut file = OpenOptions::new().read(true).write(true).open(&path).map_err(io)?;
        let len = file.metadata().map_err(io)?.len();
        let corrupt = |reason: String| Error::Corrupt { path: path.clone(), entry: String::new(), reason };
        let head = Header::read(&mut file, len).map_err(|fault| fault.at(&path, ""))?;
        let mut descr = head.descr.chars();
        let (order, kind) = (descr.next(), descr.next().unwrap_or_default());
        let size = descr.as_str().parse::<usize>().unwrap_or(0);
        let axes = head.shape.get(1..).unwrap_or_default().to_vec();
        let own = header_of(kind, size, &axes, usize::MAX, 0).len();
        if head.shape.is_empty() || head.fortran || size == 0 || own != head.bytes || order == Some('>') {
            return Err(corrupt("not an array of a stream".into()));
        }
        let array = Self {
            name: name.to_owned(),
            path: path.clone(),
            kind,
            size,
            axes,
            rows,
            header: own,
            crc: None,
            file: None,
        };
        let need = array.bytes().and_then(|n| n.checked_add(own as u64)).filter(|n| *n <= len);
        let Some(need) = need else {
            return Err(corrupt(format!("{rows} rows are more than the {len} bytes of the file contain")));
        };
        file.set_len(need).map_err(io)?;
        file.seek(SeekFrom::End(0)).map_err(io)?;
        Ok(Self { file: Some(BufWriter::with_capacity(PIECE, file)), ..array })
    }

    /// The number of bytes of the data.
    fn bytes(&self) -> Option<u64> {
        self.axes.iter().try_fold(self.rows.checked_mul(self.size as u64)?, |n, axis| n.checked_mul(*axis as u64))
    }

    /// Writes the buffered bytes, and the number of rows in the header.
    pub(super) fn flush(&mut self) -> Result<()> {
        let Some(writer) = &mut self.file else {
            return Err(unsupported(&self.path, "", "an earlier write failed"));
        };
        let header = header_of(self.kind, self.size, &self.axes, self.rows as usize, self.header);
        let mut all = || {
            writer.flush()?;
            let file = writer.get_mut();
            file.seek(SeekFrom::Start(0))?;
            file.write_all(&header)?;
            file.seek(SeekFrom::End(0)).map(|_| ())
        };
        all().map_err(|e| refused(&self.path, "write", e))
    }

    pub(super) fn pack(&mut self, npz: &mut Writer) -> Result<()> {
        self.flush()?;
        let io = |e| refused(&self.path, "read", e);
        let mut file = File::open(&self.path).map_err(io)?;
        let size = self.bytes().unwrap_or(u64::MAX);
        let known = match &self.crc {
            Some(crc) => crc.clone(),
            None => each_read(&mut file, self.header, size, |_| Ok(())).map_err(io)?,
        };
        let header = header_of(self.kind, self.size, &self.axes, self.rows as usize, 0);
        let mut found = None;
        npz.put(&self.name, &header, (size, &known), |to| {
            found = Some(each_read(&mut file, self.header, size, |bytes| to.write_all(bytes))?);
            Ok(())
        })?;
        if found.map(Hasher::finalize) == Some(known.finalize()) {
            return Ok(());
        }
        npz.spoil();
        Err(Error::Corrupt {
            path: self.path.clone(),
            entry: String::new(),
            reason: "the content differs from the appended rows".into(),
        })
    }
}

/// Calls `with` with all data of a file, in small pieces. Returns their checksum.
fn each_read(
    file: &mut File,
    header: usize,
    size: u64,
    mut with: impl FnMut(&[u8]) -> io::Result<()>,
) -> io::Result<Hasher> {
    file.seek(SeekFrom::Start(header as u64))?;
    let (mut crc, mut left, mut piece) = (Hasher::new(), size, vec![0; PIECE]);
    while left > 0 {
        let n = left.min(PIECE as u64) as usize;
        file.read_exact(&mut piece[..n])?;
        crc.update(&piece[..n]);
        with(&piece[..n])?;
        left -= n as u64;
    }
    Ok(crc)
}

/// The header of an array with this number of rows, padded to at least `at_least` bytes.
fn header_of(kind: char, size: usize, axes: &[usize], rows: usize, at_least: usize) -> Vec<u8> {
    let shape: Vec<usize> = [rows].into_iter().chain(axes.iter().copied()).collect();
    header::padded(kind, size, &shape, at_least)
}

/// The file name for the name of an array. Letters, digits, `.`, `_` and `-` stay; other bytes, and
/// a dot at the beginning, become `%2F` and the like.
fn file_name(name: &str) -> String {
    let mut text = String::new();
    for (k, byte) in name.bytes().enumerate() {
        match byte {
            b'.' if k == 0 => text.push_str("%2E"),
            b'.' | b'_' | b'-' | b'0'..=b'9' | b'a'..=b'z' | b'A'..=b'Z' => text.push(char::from(byte)),
            _ => text.push_str(&format!("%{byte:02X}")),
        }
    }
    text + ".npy"
}
