//! Arrays that grow along their first axis while a program runs. Each one is an npy file in a
//! folder.

use crate::array::Element;
use crate::error::{Error, Result};
use crate::header::{self, Header};
use crate::write::{Writer, each_piece};
use crc32fast::Hasher;
use ndarray::{ArrayView, Dimension};
use std::fs::{self, File, OpenOptions};
use std::io::{self, BufWriter, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

/// The number of bytes that are read at a time.
const PIECE: usize = 1 << 16;
const LOCK: &str = ".lock";

/// Arrays that grow along their first axis, in a folder of npy files: array `V` is in `V.npy`.
/// Memory holds 64 KiB of each array.
///
/// NumPy can read the files after each [`Stream::sync`], and after the stream was dropped. It can
/// also map them without loading them (`np.load(…, mmap_mode="r")`). [`Stream::pack`] makes one npz
/// file from them. After a crash, a program continues with [`Stream::open`] from the
/// [lengths](Stream::lengths) that it stored at its last sync. Only one process at a time can write
/// a folder.
///
/// ```
/// # fn main() -> Result<(), overtime_npz::Error> {
/// # let folder = std::env::temp_dir().join(format!("overtime-stream-{}", std::process::id()));
/// let mut stream = overtime_npz::Stream::create(&folder)?;
/// stream.append("V", ndarray::array![[1.0, 2.0]].view())?;
/// stream.append("V", ndarray::array![[3.0, 4.0], [5.0, 6.0]].view())?;
/// stream.sync()?;
/// assert_eq!(stream.lengths(), [("V".to_owned(), 3)]);
/// assert_eq!(overtime_npz::read(folder.join("V.npy"))?[0].1.shape, [3, 2]);
/// stream.remove()
/// # }
/// ```
#[derive(Debug)]
pub struct Stream {
    folder: PathBuf,
    arrays: Vec<GrowingArray>,
    /// The lock prevents other processes from writing here.
    _lock: File,
}

#[derive(Debug)]
struct GrowingArray {
    name: String,
    path: PathBuf,
    /// NumPy's kind of the elements.
    kind: char,
    /// The number of bytes in an element.
    size: usize,
    /// The axes after the first.
    axes: Vec<usize>,
    rows: u64,
    /// The number of bytes in the header. It does not change while the array grows.
    header: usize,
    /// The checksum of the data, if it is known.
    crc: Option<Hasher>,
    /// `None` after a failed write, which may have left an incomplete row.
    file: Option<BufWriter<File>>,
}

impl Stream {
    /// Starts a folder, whose parent must exist. If the folder exists, its npy files are removed.
    ///
    /// # Errors
    /// If the operating system refuses, another process writes there, or the folder contains other
    /// files.
    pub fn create(folder: impl AsRef<Path>) -> Result<Self> {
        let folder = folder.as_ref();
        match fs::create_dir(folder) {
            Err(e) if e.kind() != io::ErrorKind::AlreadyExists || !folder.is_dir() => {
                return Err(refused(folder, "create", e));
            }
            _ => {}
        }
        let lock = lock(folder)?;
        for path in files(folder)? {
            fs::remove_file(&path).map_err(|e| refused(&path, "remove", e))?;
        }
        Ok(Self { folder: folder.to_owned(), arrays: Vec::new(), _lock: lock })
    }

    /// Continues the arrays of a folder. `lengths` is an earlier result of [`Stream::lengths`]:
    /// each array is truncated to its number of rows, and the arrays have this order. Other arrays
    /// are removed.
    ///
    /// # Errors
    /// If the folder does not exist, another process writes there, or an array is missing, is
    /// damaged, or has fewer rows.
    pub fn open<S: AsRef<str>>(folder: impl AsRef<Path>, lengths: &[(S, u64)]) -> Result<Self> {
        let folder = folder.as_ref();
        let lock = lock(folder)?;
        let arrays: Vec<GrowingArray> = lengths
            .iter()
            .map(|(name, rows)| GrowingArray::open(folder, name.as_ref(), *rows))
            .collect::<Result<_>>()?;
        for path in files(folder)?.into_iter().filter(|path| arrays.iter().all(|a| a.path != *path)) {
            fs::remove_file(&path).map_err(|e| refused(&path, "remove", e))?;
        }
        Ok(Self { folder: folder.to_owned(), arrays, _lock: lock })
    }

    /// The folder of the files.
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Appends rows to the array of this name. The first call creates the array, and may have no
    /// rows.
    ///
    /// # Errors
    /// If the array has no axis, or its type or its other axes differ from those of earlier rows.
    /// If the operating system refuses; afterwards this array accepts no more rows.
    pub fn append<E: Element, D: Dimension>(&mut self, name: &str, rows: ArrayView<'_, E, D>) -> Result<()> {
        let Some((count, axes)) = rows.shape().split_first() else {
            return Err(unsupported(&self.folder, name, "a single number has no axis along which it can grow"));
        };
        let known = self.arrays.iter().position(|a| a.name == name);
        let at = match known {
            Some(at) => at,
            None => {
                self.arrays.push(GrowingArray::create(&self.folder, name, (E::KIND, size_of::<E>()), axes)?);
                self.arrays.len() - 1
            }
        };
        let Some(array) = self.arrays.get_mut(at) else { return Ok(()) };
        if (array.kind, array.size) != (E::KIND, size_of::<E>()) || array.axes != axes {
            let reason = format!(
                "rows of shape {axes:?} and type {} cannot be appended to rows of shape {:?} and type {}{}",
                E::NAME,
                array.axes,
                array.kind,
                array.size * 8
            );
            return Err(unsupported(&array.path, "", &reason));
        }
        let Some(file) = &mut array.file else {
            return Err(unsupported(&array.path, "", "an earlier write failed"));
        };
        let crc = &mut array.crc;
        let written = each_piece(&rows, |bytes| {
            if let Some(crc) = crc {
                crc.update(bytes);
            }
            file.write_all(bytes)
        });
        if let Err(e) = written {
            array.file = None;
            return Err(refused(&array.path, "write", e));
        }
        array.rows += *count as u64;
        Ok(())
    }

    /// The arrays and their numbers of rows, in the order of the first calls of [`Stream::append`].
    #[must_use]
    pub fn lengths(&self) -> Vec<(String, u64)> {
        self.arrays.iter().map(|a| (a.name.clone(), a.rows)).collect()
    }

    /// Makes all rows durable that were appended so far.
    ///
    /// # Errors
    /// If the operating system refuses.
    pub fn sync(&mut self) -> Result<()> {
        for array in &mut self.arrays {
            array.flush()?;
            let synced = array.file.as_ref().map_or(Ok(()), |file| file.get_ref().sync_all());
            synced.map_err(|e| refused(&array.path, "sync", e))?;
        }
        // Systems other than Unix cannot open a folder; the folder is then left to the system.
        #[cfg(unix)]
        match File::open(&self.folder).and_then(|folder| folder.sync_all()) {
            Err(e) if !matches!(e.kind(), io::ErrorKind::InvalidInput | io::ErrorKind::Unsupported) => {
                return Err(refused(&self.folder, "sync", e));
            }
            _ => {}
        }
        Ok(())
    }

    /// Adds all arrays to an npz file, in small pieces. The file has the same bytes as if each
    /// array had been added as a whole.
    ///
    /// # Errors
    /// If the operating system refuses, an earlier write failed, or the content of a file differs
    /// from the appended rows.
    pub fn pack(&mut self, npz: &mut Writer) -> Result<()> {
        self.arrays.iter_mut().try_for_each(|array| array.pack(npz))
    }

    /// Removes the files and the folder.
    ///
    /// # Errors
    /// If the operating system refuses, for example because the folder contains other files.
    pub fn remove(mut self) -> Result<()> {
        for array in std::mem::take(&mut self.arrays) {
            fs::remove_file(&array.path).map_err(|e| refused(&array.path, "remove", e))?;
        }
        let lock = self.folder.join(LOCK);
        fs::remove_file(&lock).map_err(|e| refused(&lock, "remove", e))?;
        fs::remove_dir(&self.folder).map_err(|e| refused(&self.folder, "remove", e))
    }
}

impl Drop for Stream {
    fn drop(&mut self) {
        for array in &mut self.arrays {
            let _ = array.flush();
        }
    }
}

impl GrowingArray {
    fn create(folder: &Path, name: &str, (kind, size): (char, usize), axes: &[usize]) -> Result<Self> {
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

    fn open(folder: &Path, name: &str, rows: u64) -> Result<Self> {
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
    fn flush(&mut self) -> Result<()> {
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

    fn pack(&mut self, npz: &mut Writer) -> Result<()> {
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

/// The npy files of a folder, or an error if the folder contains other files.
fn files(folder: &Path) -> Result<Vec<PathBuf>> {
    let io = |e| refused(folder, "list", e);
    let mut all = Vec::new();
    for entry in fs::read_dir(folder).map_err(io)? {
        let entry = entry.map_err(io)?;
        if entry.file_name() == LOCK {
            continue;
        }
        let path = entry.path();
        if path.extension().is_none_or(|e| e != "npy") || !entry.file_type().map_err(io)?.is_file() {
            return Err(unsupported(folder, "", &format!("{} is not a file of a stream", path.display())));
        }
        all.push(path);
    }
    Ok(all)
}

fn lock(folder: &Path) -> Result<File> {
    let path = folder.join(LOCK);
    let file = OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(false)
        .open(&path)
        .map_err(|e| refused(&path, "open", e))?;
    match file.try_lock() {
        Err(fs::TryLockError::WouldBlock) => Err(unsupported(folder, "", "another process writes to this folder")),
        // A file system without locks cannot detect another process.
        _ => Ok(file),
    }
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

fn refused(path: &Path, operation: &'static str, source: io::Error) -> Error {
    Error::Io { path: path.to_owned(), entry: String::new(), operation, source }
}

fn unsupported(path: &Path, entry: &str, reason: &str) -> Error {
    Error::Unsupported { path: path.to_owned(), entry: entry.to_owned(), reason: reason.to_owned() }
}

#[cfg(test)]
mod tests;
