//! Arrays that grow along their first axis while a program runs. Each one is an npy file in a
//! folder.

mod folder;
mod growing_array;

use crate::array::Element;
use crate::error::{Error, Result};
use crate::write::{Writer, each_piece};
use folder::{LOCK, files, lock};
use growing_array::GrowingArray;
use ndarray::{ArrayView, Dimension};
use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

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

fn refused(path: &Path, operation: &'static str, source: io::Error) -> Error {
    Error::Io { path: path.to_owned(), entry: String::new(), operation, source }
}

fn unsupported(path: &Path, entry: &str, reason: &str) -> Error {
    Error::Unsupported { path: path.to_owned(), entry: entry.to_owned(), reason: reason.to_owned() }
}

#[cfg(test)]
mod tests;
